//! Counts in the values of weights, wherever these lie, in bounded memory.

use super::Weight;
use super::values::{self, Counted, PIECE};
use crate::tensor::{DataType, Shape};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Where the values of a weight are.
pub(super) enum Values<'a> {
    /// In memory, or mapped.
    Here(&'a [u8]),
    /// In another file, from this byte on.
    There(&'a Path, u64),
    /// All elements are this one.
    Repeated(&'a [u8]),
    /// Not to be had.
    Unknown,
}

/// A weight, counted. `zero` is the number that stands for zero; absent where there is none for all channels.
pub(super) fn weigh(
    name: &str,
    dtype: DataType,
    shape: Shape,
    elements: u64,
    values: &Values<'_>,
    zero: Option<i64>,
) -> Weight {
    let needed = dtype.byte_len(elements).filter(|_| values::is_countable(dtype));
    let counted = needed.and_then(|needed| match values {
        Values::Here(bytes) => {
            let bytes = bytes.get(..usize::try_from(needed).ok()?)?;
            Some(values::count(dtype, bytes, zero.unwrap_or(0), elements))
        }
        Values::There(path, offset) => there(path, *offset, needed, dtype, zero.unwrap_or(0)),
        Values::Repeated(one) => {
            let one = values::count(dtype, one, zero.unwrap_or(0), 1);
            Some(Counted { zeros: one.zeros * elements, denormals: one.denormals * elements })
        }
        Values::Unknown => None,
    });
    Weight {
        name: name.to_owned(),
        dtype,
        shape,
        elements,
        zeros: counted.filter(|_| zero.is_some()).map(|c| c.zeros),
        denormals: counted.filter(|_| values::has_denormals(dtype)).map(|c| c.denormals),
        is_external: matches!(values, Values::There(..)),
    }
}

/// Reads a part of a file piece by piece.
fn there(path: &Path, offset: u64, length: u64, dtype: DataType, zero: i64) -> Option<Counted> {
    let mut file = File::open(path).ok()?;
    file.seek(SeekFrom::Start(offset)).ok()?;
    let mut piece = vec![0; PIECE.min(usize::try_from(length).ok()?)];
    let mut found = Counted::default();
    let mut left = length;
    while left > 0 {
        let n = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        file.read_exact(&mut piece[..n]).ok()?;
        let one = values::count(dtype, &piece[..n], zero, u64::MAX);
        found = Counted { zeros: found.zeros + one.zeros, denormals: found.denormals + one.denormals };
        left -= n as u64;
    }
    Some(found)
}
