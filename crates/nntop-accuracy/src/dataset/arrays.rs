//! NumPy arrays: an `.npz` with `x` and `y`, or `x.npy` and `y.npy`; integers of one axis are classes, others are values.

use super::{Dataset, Item, Label, Source};
use nntop_engine::tensor::{Data, Tensor, npy};
use std::path::Path;
use std::sync::Arc;

pub(super) fn folder(path: &Path) -> Result<Option<Dataset>, String> {
    let (x, y) = (path.join("x.npy"), path.join("y.npy"));
    if x.is_file() && y.is_file() {
        let read = |path: &Path| npy::read(path).map_err(|e| e.to_string());
        return of(read(&x)?, &read(&y)?).map(Some);
    }
    let archives: Vec<_> = super::entries(path, false)?.into_iter().filter(|p| super::ends(p, &["npz"])).collect();
    match archives.as_slice() {
        // One without labels is an input, and no data set.
        [one] => Ok(archive(one).ok()),
        _ => Ok(None),
    }
}

pub(super) fn archive(path: &Path) -> Result<Dataset, String> {
    let mut arrays = npy::read_archive(path).map_err(|e| e.to_string())?;
    let mut take = |names: &[&str]| {
        let at = arrays.iter().position(|a| names.iter().any(|n| a.name.eq_ignore_ascii_case(n)))?;
        Some(arrays.remove(at))
    };
    let y = take(&["y", "labels", "label", "targets", "y_test"]).ok_or("no array y (or labels)")?;
    let x = take(&["x", "images", "data", "inputs", "x_test"]);
    let x = match x {
        Some(x) => x,
        None if arrays.len() == 1 => arrays.remove(0),
        None => return Err("no array x (or images, data)".into()),
    };
    of(x, &y)
}

fn of(x: Tensor, y: &Tensor) -> Result<Dataset, String> {
    let (Some(n), Some(of)) = (x.shape.first().copied(), y.shape.first().copied()) else {
        return Err("x and y need an axis of examples".into());
    };
    if n != of {
        return Err(format!("x has {n} examples and y {of}"));
    }
    let right = y.numbers().ok_or("y is not numeric")?;
    let n = usize::try_from(n).map_err(|e| e.to_string())?;
    let each = right.len() / n.max(1);
    let whole = right.iter().all(|v| v.fract() == 0.0 && *v >= 0.0) && !y.dtype.name().starts_with("float");
    let x = Arc::new(x);
    let item = |i: usize| Item {
        name: i.to_string(),
        label: match &right[i * each..(i + 1) * each] {
            [class] if whole => Label::Class(*class as usize),
            values => Label::Values(values.to_vec()),
        },
        source: Source::Row(Arc::clone(&x), i),
    };
    Ok(Dataset { kind: "NumPy arrays", classes: Vec::new(), items: (0..n).map(item).collect() })
}

/// A row of an array, without the first axis.
pub(super) fn row(all: &Tensor, at: usize) -> Result<Tensor, String> {
    let Data::Bytes(bytes) = &all.data else { return Err("strings are no numbers".into()) };
    let n = all.shape.first().map_or(1, |n| *n as usize).max(1);
    let each = bytes.len() / n;
    let part = bytes.get(at * each..(at + 1) * each).ok_or("beyond the end of the array")?;
    let shape = all.shape.get(1..).unwrap_or_default().to_vec();
    Ok(Tensor { name: all.name.clone(), dtype: all.dtype, shape, data: Data::Bytes(part.to_vec()) })
}
