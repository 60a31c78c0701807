//! One model's outputs against another's, on the same examples.

use crate::dataset::{Dataset, arrays};
use crate::outputs::{Reader, Windows};
use nntop_core::event::{Accuracy, Agreement, Fault, OutputAgreement, Reference, Score};
use nntop_engine::tensor::{Tensor, npy};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Compares outputs with a reference's as they come.
pub(crate) struct Comparison {
    name: String,
    file: String,
    names: BTreeMap<String, String>,
    saved: Saved,
    n: u64,
    outputs: Vec<Tally>,
}

/// Outputs that were saved.
enum Saved {
    /// Example by example, in the order of the evaluation.
    Stream(Reader),
    /// As arrays with a row per example of the data set, and the examples' numbers by their names.
    Arrays(Vec<Tensor>, HashMap<String, usize>),
}

/// What is known of one output.
#[derive(Default)]
struct Tally {
    name: String,
    /// Its place among the reference's outputs, once that is known.
    partner: Option<usize>,
    n: u64,
    elements: u64,
    max: f64,
    sum: f64,
    squares: f64,
    reference_squares: f64,
    cosines: f64,
    with_cosine: u64,
    ranked: u64,
    same_best: u64,
    not_finite: u64,
    reason: Option<String>,
}

impl Comparison {
    /// Opens the saved outputs. `set` is the whole data set: arrays have a row for each of its examples, whichever are evaluated.
    ///
    /// # Errors
    /// When they cannot be read or are not as many as the examples.
    pub(crate) fn open(reference: &Reference, set: &Dataset) -> Result<Self, Fault> {
        let path = Path::new(&reference.outputs);
        let about = |why: String| {
            Fault::input(format!("--reference {}: {why}", reference.name))
                .hint("a model, or outputs as .npz (arrays called like the outputs) or .npy, with a row per example")
        };
        let arrays = match path.extension().and_then(|e| e.to_str()) {
            Some("npz") => Some(npy::read_archive(path)),
            Some("npy") => Some(npy::read(path).map(|array| vec![array])),
            _ => None,
        };
        let saved = match arrays {
            None => Saved::Stream(Reader::open(path).map_err(about)?),
            Some(arrays) => {
                let arrays = arrays.map_err(|e| about(e.to_string()))?;
                let examples = set.items.len();
                if let Some(wrong) = arrays.iter().find(|a| a.shape.first() != Some(&(examples as u64))) {
                    let has = wrong.describe();
                    return Err(about(format!("{:?} is {has}, and there are {examples} examples", wrong.name)));
                }
                let places = set.items.iter().enumerate().map(|(i, item)| (item.name.clone(), i)).collect();
                Saved::Arrays(arrays, places)
            }
        };
        let (name, file) = (reference.name.clone(), reference.outputs.clone());
        Ok(Self { name, file, names: reference.names.clone(), saved, n: 0, outputs: Vec::new() })
    }

    /// Takes in the outputs of an example's windows.
    ///
    /// # Errors
    /// When the saved outputs end, or are damaged.
    pub(crate) fn take(&mut self, example: &str, windows: &[Vec<Tensor>]) -> Result<(), Fault> {
        let broken = |why: String| Fault::run(format!("the outputs of {} ({}): {why}", self.name, self.file));
        // The reference could not read this example: there is nothing to compare with.
        let Some(right) = self.saved.of(example).map_err(broken)? else { return Ok(()) };
        if self.outputs.is_empty() {
            let ours = windows.first().map(Vec::as_slice).unwrap_or_default();
            self.outputs = paired(&self.names, ours, right.first().map(Vec::as_slice).unwrap_or_default());
        }
        self.n += 1;
        for (ours, theirs) in windows.iter().zip(&right) {
            for (tally, output) in self.outputs.iter_mut().zip(ours) {
                if let Some(other) = tally.partner.and_then(|at| theirs.get(at)) {
                    tally.take(output, other);
                }
            }
        }
        Ok(())
    }

    /// Adds what was found to the figures: those of the first output that was compared, and all outputs'.
    pub(crate) fn put_into(self, found: &mut Accuracy) {
        let outputs: Vec<_> = self.outputs.into_iter().map(Tally::figures).collect();
        if let Some(first) = outputs.iter().find(|o| o.n > 0) {
            let plain = |value| Score { value, low: None, high: None };
            let figures = [
                ("agreement", first.top1),
                ("cosine", first.cosine.map(plain)),
                ("max_error", Some(plain(first.max_error))),
                ("mean_error", Some(plain(first.mean_error))),
            ];
            found.metrics.extend(figures.into_iter().filter_map(|(name, score)| Some((name.to_owned(), score?))));
        }
        found.agreement = Some(Box::new(Agreement { reference: self.name, n: self.n, outputs }));
    }
}

impl Saved {
    fn of(&mut self, example: &str) -> Result<Option<Windows>, String> {
        match self {
            Self::Stream(reader) => {
                // In the same order; what only the reference could read is passed over.
                while let Some((name, windows)) = reader.next()? {
                    if name == example {
                        return Ok(Some(windows));
                    }
                }
                Ok(None)
            }
            Self::Arrays(all, places) => {
                let at = *places.get(example).ok_or_else(|| format!("no row for {example}"))?;
                Ok(Some(vec![all.iter().map(|array| arrays::row(array, at)).collect::<Result<_, _>>()?]))
            }
        }
    }
}

/// Outputs with those of the reference: by name; where no name is the same, in their order.
fn paired(names: &BTreeMap<String, String>, ours: &[Tensor], theirs: &[Tensor]) -> Vec<Tally> {
    let at: HashMap<&str, usize> = theirs.iter().enumerate().map(|(i, t)| (t.name.as_str(), i)).collect();
    let place = |name: &String| at.get(names.get(name).unwrap_or(name).as_str()).copied();
    let by_name = ours.iter().any(|t| place(&t.name).is_some());
    let one = |(i, t): (usize, &Tensor)| {
        let partner = if by_name { place(&t.name) } else { Some(i).filter(|_| ours.len() == theirs.len()) };
        let has = || theirs.iter().map(|t| t.name.as_str()).take(8).collect::<Vec<_>>().join(", ");
        let reason = partner.is_none().then(|| format!("the reference has no output of this name: {}", has()));
        Tally { name: t.name.clone(), partner, reason, ..Tally::default() }
    };
    ours.iter().enumerate().map(one).collect()
}

/// The axes of more than one element.
fn wide(shape: &[u64]) -> Vec<u64> {
    shape.iter().copied().filter(|n| *n != 1).collect()
}

/// The reference's elements in our order: axes of one element are nothing, and channels may be first here and last there.
fn in_our_order(ours: &[u64], theirs: &[u64], values: Vec<f64>) -> Option<Vec<f64>> {
    let (ours, theirs) = (wide(ours), wide(theirs));
    if ours == theirs {
        return Some(values);
    }
    let (&first, rest) = theirs.split_first()?;
    let (&last, front) = theirs.split_last()?;
    // As a matrix of `rows` lines: [channels, area] or [area, channels]; transposed it is in the other order.
    let rows = if theirs.len() < 3 {
        return None;
    } else if ours.starts_with(rest) && ours.last() == Some(&first) {
        first as usize
    } else if ours.first() == Some(&last) && ours.ends_with(front) {
        front.iter().product::<u64>() as usize
    } else {
        return None;
    };
    let columns = values.len() / rows.max(1);
    Some((0..values.len()).map(|i| values[i % rows * columns + i / rows]).collect())
}

/// The place of the highest value, the first of equal ones.
fn best(values: &[f64]) -> Option<usize> {
    let finite = values.iter().enumerate().filter(|(_, v)| !v.is_nan());
    finite.reduce(|best, one| if *one.1 > *best.1 { one } else { best }).map(|(i, _)| i)
}

impl Tally {
    fn take(&mut self, output: &Tensor, other: &Tensor) {
        let (Some(a), Some(b)) = (output.numbers(), other.numbers()) else {
            self.reason = Some("it is no numbers".into());
            return;
        };
        let Some(b) = in_our_order(&output.shape, &other.shape, b).filter(|b| b.len() == a.len()) else {
            self.reason = Some(format!("{} and not {}, as the reference's", output.describe(), other.describe()));
            return;
        };
        self.n += 1;
        let (mut dot, mut ours, mut theirs) = (0.0, 0.0, 0.0);
        for (&a, &b) in a.iter().zip(&b) {
            if !(a.is_finite() && b.is_finite()) {
                self.not_finite += u64::from(a != b && !(a.is_nan() && b.is_nan()));
                continue;
            }
            let off = (a - b).abs();
            self.elements += 1;
            self.max = self.max.max(off);
            self.sum += off;
            self.squares += off * off;
            dot += a * b;
            ours += a * a;
            theirs += b * b;
        }
        self.reference_squares += theirs;
        if ours > 0.0 || theirs > 0.0 {
            self.with_cosine += 1;
            self.cosines += if ours > 0.0 && theirs > 0.0 { dot / (ours.sqrt() * theirs.sqrt()) } else { 0.0 };
        }
        if wide(&output.shape).len() == 1
            && let (Some(ours), Some(theirs)) = (best(&a), best(&b))
        {
            self.ranked += 1;
            self.same_best += u64::from(ours == theirs);
        }
    }

    fn figures(self) -> OutputAgreement {
        OutputAgreement {
            name: self.name,
            n: self.n,
            max_error: self.max,
            mean_error: self.sum / self.elements.max(1) as f64,
            relative_error: (self.reference_squares > 0.0).then(|| (self.squares / self.reference_squares).sqrt()),
            cosine: (self.with_cosine > 0).then(|| self.cosines / self.with_cosine as f64),
            top1: Score::share(self.same_best, self.ranked),
            not_finite: self.not_finite,
            reason: self.reason.filter(|_| self.n == 0),
        }
    }
}

#[cfg(test)]
mod tests;
