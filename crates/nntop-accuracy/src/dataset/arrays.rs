//! NumPy arrays: an `.npz` with `x` and `y`, or `x.npy` and `y.npy`; of a model with several inputs one array for each, called as
//! it is. Integers of one axis are classes, others are values.

use super::{Dataset, Item, Label, Source};
use nntop_engine::tensor::{Data, Tensor, npy};
use std::path::Path;
use std::sync::Arc;

/// What the array of the right answers may be called.
const ANSWERS: [&str; 5] = ["y", "labels", "label", "targets", "y_test"];

/// What the array of a model's only input may be called, whatever the model calls it.
const EXAMPLES: [&str; 5] = ["x", "images", "data", "inputs", "x_test"];

pub(super) fn folder(path: &Path) -> Result<Option<Dataset>, String> {
    let files = super::entries(path, false)?;
    let stem = |p: &Path| p.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let arrays: Vec<_> = files.iter().filter(|p| super::ends(p, &["npy"])).collect();
    if arrays.len() > 1 && arrays.iter().any(|p| stem(p) == "y") {
        let read = |path: &&std::path::PathBuf| {
            let array = npy::read(path).map_err(|e| e.to_string())?;
            Ok(Tensor { name: stem(path), ..array })
        };
        return of(arrays.iter().map(read).collect::<Result<_, String>>()?).map(Some);
    }
    let archives: Vec<_> = files.into_iter().filter(|p| super::ends(p, &["npz"])).collect();
    match archives.as_slice() {
        // One without labels is an input, and no data set.
        [one] => Ok(archive(one).ok()),
        _ => Ok(None),
    }
}

pub(super) fn archive(path: &Path) -> Result<Dataset, String> {
    of(npy::read_archive(path).map_err(|e| e.to_string())?)
}

/// The arrays that are examples: the one that is called so, else all.
fn examples(mut arrays: Vec<Tensor>) -> Vec<Tensor> {
    let named = |a: &Tensor| EXAMPLES.iter().any(|n| a.name.eq_ignore_ascii_case(n));
    match arrays.iter().position(named) {
        // Arrays beside it are not of this model's, unless one of its other inputs is called like them.
        Some(at) => {
            let one = arrays.remove(at);
            std::iter::once(one).chain(arrays).collect()
        }
        None => arrays,
    }
}

/// Arrays without answers, one row of the first axis per example.
pub(super) fn unlabelled(path: &Path) -> Option<Dataset> {
    let arrays = match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "npz" => npy::read_archive(path).ok()?,
        "npy" => vec![npy::read(path).ok()?],
        _ => return None,
    };
    let x = examples(arrays);
    let n = *x.first()?.shape.first()?;
    let x: Arc<[Tensor]> = x.into_iter().filter(|a| a.shape.first() == Some(&n)).collect();
    let item = |i: usize| Item { name: i.to_string(), label: Label::None, source: Source::Rows(Arc::clone(&x), i) };
    let items = (0..usize::try_from(n).ok()?).map(item).collect();
    Some(Dataset { kind: "NumPy arrays without labels", classes: Vec::new(), items })
}

fn of(mut arrays: Vec<Tensor>) -> Result<Dataset, String> {
    let at = arrays.iter().position(|a| ANSWERS.iter().any(|n| a.name.eq_ignore_ascii_case(n)));
    let y = arrays.remove(at.ok_or("no array y (or labels)")?);
    let x = examples(arrays);
    let count = |a: &Tensor| a.shape.first().copied();
    let n = count(&y).ok_or("y needs an axis of examples")?;
    let Some(first) = x.first() else { return Err("no array x (or images, data, or the names of the inputs)".into()) };
    if count(first) != Some(n) {
        let has = count(first).map_or("no axis of examples".into(), |n| format!("{n} examples"));
        return Err(format!("{} has {has} and {} {n}", first.name, y.name));
    }
    let x: Arc<[Tensor]> = x.into_iter().filter(|a| count(a) == Some(n)).collect();
    let right = y.numbers().ok_or_else(|| format!("{} is not numeric", y.name))?;
    let n = usize::try_from(n).map_err(|e| e.to_string())?;
    let each = right.len() / n.max(1);
    let whole = right.iter().all(|v| v.fract() == 0.0 && *v >= 0.0) && !y.dtype.name().starts_with("float");
    let item = |i: usize| Item {
        name: i.to_string(),
        label: match &right[i * each..(i + 1) * each] {
            [class] if whole => Label::Class(*class as usize),
            values => Label::Values(values.to_vec()),
        },
        source: Source::Rows(Arc::clone(&x), i),
    };
    Ok(Dataset { kind: "NumPy arrays", classes: Vec::new(), items: (0..n).map(item).collect() })
}

/// A row of an array, without the first axis.
pub(crate) fn row(all: &Tensor, at: usize) -> Result<Tensor, String> {
    let Data::Bytes(bytes) = &all.data else { return Err("strings are no numbers".into()) };
    let n = all.shape.first().map_or(1, |n| *n as usize).max(1);
    let each = bytes.len() / n;
    let part = bytes.get(at * each..(at + 1) * each).ok_or("beyond the end of the array")?;
    let shape = all.shape.get(1..).unwrap_or_default().to_vec();
    Ok(Tensor { name: all.name.clone(), dtype: all.dtype, shape, data: Data::Bytes(part.to_vec()) })
}
