//! A table of files and labels: CSV with or without a head, or ImageNet's list of `FILE NUMBER` lines.

use super::names::{Numbers, list};
use super::{Dataset, Item, Label, Source, ends, entries, is_picture};
use std::path::{Path, PathBuf};

/// Heads of the column that holds the class, the surest first.
const CLASSES: [&str; 9] =
    ["class_index", "class_id", "index", "target", "synset", "label", "class", "category", "name"];

/// Heads of the column that holds the file.
const FILES: [&str; 6] = ["file", "filename", "file_name", "image", "path", "id"];

pub(super) fn folder(path: &Path) -> Result<Option<Dataset>, String> {
    let files = entries(path, false)?;
    let named =
        |name: &str| files.iter().find(|p| p.file_name().is_some_and(|n| n.eq_ignore_ascii_case(name))).cloned();
    let tables: Vec<PathBuf> = files.iter().filter(|p| ends(p, &["csv"])).cloned().collect();
    let table = named("labels.csv").or_else(|| named("val.txt")).or_else(|| match tables.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    });
    match table {
        Some(table) => file(&table).map(Some),
        None => Ok(None),
    }
}

pub(super) fn file(path: &Path) -> Result<Dataset, String> {
    let root = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = std::fs::read(path).map_err(|e| format!("{name}: {e}"))?;
    let rows = rows(&bytes, ends(path, &["txt"])).map_err(|e| format!("{name}: {e}"))?;
    let lower = |row: &[String]| row.iter().map(|c| c.trim().to_ascii_lowercase()).collect::<Vec<_>>();
    let head = rows.first().map(|row| lower(row)).unwrap_or_default();
    let of = |names: &[&str]| names.iter().find_map(|name| head.iter().position(|h| h == name));
    let (at_file, at_class, first) = match (of(&FILES), of(&CLASSES)) {
        (Some(file), Some(class)) => (file, class, 1),
        _ if head.len() >= 2 => (0, 1, 0),
        _ => return Err(format!("{name}: no columns of files and labels")),
    };
    let mut pairs = Vec::new();
    for (i, row) in rows.iter().enumerate().skip(first) {
        let cell = |at: usize| row.get(at).map(|c| c.trim()).filter(|c| !c.is_empty());
        match (cell(at_file), cell(at_class)) {
            (Some(file), Some(class)) => pairs.push((file.to_owned(), class.to_owned())),
            _ => return Err(format!("{name}: line {}: no file or no label", i + 1)),
        }
    }
    let numbers = Numbers::of(pairs.iter().map(|p| p.1.as_str()), list(root));
    let folders: Vec<PathBuf> = std::iter::once(root.to_owned()).chain(entries(root, true)?).collect();
    let items = pairs
        .into_iter()
        .map(|(file, class)| {
            let found = folders.iter().map(|folder| folder.join(&file)).find(|p| p.is_file());
            let path = found.unwrap_or_else(|| root.join(&file));
            let source = if is_picture(&path) { Source::Picture(path) } else { Source::Bytes(path, None) };
            Item { name: file, label: Label::Class(numbers.get(&class).unwrap_or(0)), source }
        })
        .collect();
    Ok(Dataset { kind: "a table of files and labels", classes: numbers.names, items })
}

fn rows(bytes: &[u8], blanks: bool) -> Result<Vec<Vec<String>>, String> {
    if blanks {
        let text = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
        let lines = text.lines().filter(|l| !l.trim().is_empty());
        return Ok(lines.map(|l| l.split_whitespace().map(str::to_owned).collect()).collect());
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let rows = reader.records().map(|r| r.map(|r| r.iter().map(str::to_owned).collect()));
    rows.collect::<Result<_, _>>().map_err(|e| e.to_string().replace('\n', " "))
}
