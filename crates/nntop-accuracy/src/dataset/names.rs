//! Names of classes: `classes.txt`, `labels.txt`, `synset.txt`, `*.names`, one a line in the order of their numbers.

use std::collections::HashMap;
use std::path::Path;

/// The names in a folder's list, where it has one.
pub(super) fn list(folder: &Path) -> Option<Vec<String>> {
    let fixed = ["classes.txt", "labels.txt", "synset.txt", "synsets.txt"].map(|name| folder.join(name));
    let other = super::entries(folder, false).ok()?.into_iter().filter(|p| super::ends(p, &["names"]));
    let path = fixed.into_iter().find(|p| p.is_file()).or_else(|| other.into_iter().next())?;
    let text = std::fs::read_to_string(path).ok()?;
    let names: Vec<String> = text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
    // A table of files is no list of names.
    (!names.is_empty() && !names.iter().all(|n| n.split_whitespace().nth(1).is_some_and(|w| w.parse::<u64>().is_ok())))
        .then_some(names)
}

/// From words to numbers: of a list, else in the order of the words.
#[derive(Debug)]
pub(super) struct Numbers {
    /// The names in the order of their numbers.
    pub(super) names: Vec<String>,
    by_word: HashMap<String, usize>,
}

impl Numbers {
    /// Of these words; `list` is what the data set says about their order. Words that are all numbers are numbers.
    pub(super) fn of<'a>(words: impl Iterator<Item = &'a str>, list: Option<Vec<String>>) -> Self {
        let mut words: Vec<&str> = words.collect();
        words.sort_unstable();
        words.dedup();
        let numbers: Vec<Option<usize>> = words.iter().map(|w| w.parse().ok()).collect();
        if let (Some(list), false) = (&list, numbers.iter().all(Option::is_some)) {
            let mut by_word = HashMap::new();
            for (i, line) in list.iter().enumerate() {
                // `n01440764 tench, Tinca tinca`: by the synset, by the whole line, and by the first of the names.
                let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
                for word in [line.as_str(), first, rest.split(',').next().unwrap_or("")] {
                    by_word.entry(word.trim().to_owned()).or_insert(i);
                }
            }
            if words.iter().all(|w| by_word.contains_key(*w)) {
                return Self { names: list.clone(), by_word };
            }
        }
        if numbers.iter().all(Option::is_some) && !words.is_empty() {
            let by_word = words.iter().zip(&numbers).filter_map(|(w, n)| Some(((*w).to_owned(), (*n)?))).collect();
            return Self { names: list.unwrap_or_default(), by_word };
        }
        let names: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        let by_word = names.iter().enumerate().map(|(i, w)| (w.clone(), i)).collect();
        Self { names, by_word }
    }

    pub(super) fn get(&self, word: &str) -> Option<usize> {
        self.by_word.get(word).copied()
    }
}
