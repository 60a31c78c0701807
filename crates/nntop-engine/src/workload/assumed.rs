//! Sizes for axes that nobody has given one: what models with such axes mostly take.
//!
//! An axis is known by its name, else by its place. `docs/guide/shapes.md` lists the rules. A runtime may refuse a size (a
//! network that halves its pictures five times wants sides of 32), so that there are several [`ATTEMPTS`].

use super::{WorkloadError, resolve_shapes};
use crate::tensor::{DataType, Dim, Shape, TensorSpec};
use nntop_core::event::EngineOptions;
use std::collections::{BTreeMap, HashSet};

/// How often other sizes are tried where a runtime refuses.
pub const ATTEMPTS: usize = 5;

/// What an axis is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Examples.
    Batch,
    /// Rows or columns of a picture.
    Side,
    /// Tokens, frames, samples in time.
    Length,
    /// What was seen before: none.
    Past,
    /// Colors.
    Channels,
    /// Anything else.
    Other,
}

impl Role {
    /// What is taken for it, by attempt.
    fn sizes(self) -> [u64; ATTEMPTS] {
        match self {
            Self::Batch => [1; ATTEMPTS],
            Self::Side => [224, 640, 256, 32, 1],
            Self::Length => [128, 64, 512, 16, 1],
            Self::Past => [0, 0, 0, 1, 1],
            Self::Channels => [3, 3, 1, 3, 1],
            Self::Other => [1, 16, 128, 512, 1_024],
        }
    }

    /// By the axis's name; `None` where that says nothing: `?`, `any`, `dim_2`.
    fn named(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| !w.is_empty()).collect();
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        let is = |all: &[&str]| words.iter().any(|word| all.contains(word));
        // In this order: `past_sequence_length` is of the past.
        Some(match () {
            () if has(&["batch"]) || is(&["n", "b", "bs"]) => Self::Batch,
            // A mask covers what was seen and what is new.
            () if has(&["past", "cache"]) && !has(&["total", "+"]) => Self::Past,
            () if has(&["height", "width", "image", "rows", "cols"]) || is(&["h", "w"]) => Self::Side,
            () if has(&["seq", "token", "len", "time", "frame", "step"]) || is(&["t", "l", "s"]) => Self::Length,
            () if has(&["channel"]) || is(&["c"]) => Self::Channels,
            () => return None,
        })
    }

    /// By its place in the input.
    fn placed(input: &TensorSpec, axis: usize) -> Self {
        let colors = |axis: usize| matches!(input.dims.get(axis), Some(Dim::Fixed(1 | 3 | 4)));
        let whole = matches!(input.dtype, DataType::I32 | DataType::I64 | DataType::U32 | DataType::U64);
        match (input.dims.len(), axis) {
            (_, 0) => Self::Batch,
            // Planes of pixels, unless the last axis is that of the colors.
            (4, 1 | 2) if !colors(1) && colors(3) => Self::Side,
            (4, 2 | 3) => Self::Side,
            (4, 1) => Self::Channels,
            (2, 1) if whole => Self::Length,
            (3, 1 | 2) => Self::Length,
            _ => Self::Other,
        }
    }
}

/// The inputs' shapes, and what was taken for the axes that had no size, as `seq` or `x axis 2`.
pub type Assumed = (Vec<(TensorSpec, Shape)>, BTreeMap<String, u64>);

/// The inputs' shapes by the options of a variant: with sizes assumed unless that is to be refused.
///
/// # Errors
/// As [`resolve_shapes`] has them; with sizes assumed only where no number of axes is known, or options contradict.
pub fn sizes(inputs: &[TensorSpec], o: &EngineOptions, attempt: usize) -> Result<Assumed, WorkloadError> {
    if o.strict_shapes {
        return resolve_shapes(inputs, o.batch, &o.dims, &o.shapes).map(|all| (all, BTreeMap::new()));
    }
    assume_shapes(inputs, o.batch, &o.dims, &o.shapes, attempt)
}

/// As [`resolve_shapes`], but that axes without a size get one that is usual, another one at each attempt.
///
/// # Errors
/// As [`resolve_shapes`], where that says anything else than that axes have no size, and for an input of which not even the
/// number of axes is known.
fn assume_shapes(
    inputs: &[TensorSpec],
    batch: Option<u64>,
    dims: &BTreeMap<String, u64>,
    shapes: &BTreeMap<String, Vec<u64>>,
    attempt: usize,
) -> Result<Assumed, WorkloadError> {
    match resolve_shapes(inputs, batch, dims, shapes) {
        Err(WorkloadError::FreeAxes { .. }) => {}
        other => return other.map(|resolved| (resolved, BTreeMap::new())),
    }
    let attempt = attempt.min(ATTEMPTS - 1);
    let (mut dims, mut shapes, mut assumed) = (dims.clone(), shapes.clone(), BTreeMap::new());
    let open = inputs.iter().filter(|input| !shapes.contains_key(&input.name)).collect::<Vec<_>>();
    // Names that have a size already: as a batch, or by another input's shape.
    let first = inputs.iter().filter_map(|input| input.dims.first());
    let given = inputs.iter().filter(|input| shapes.contains_key(&input.name)).flat_map(|input| &input.dims);
    let settled: HashSet<&Dim> = first.chain(given).collect();
    for input in &open {
        for (axis, dim) in input.dims.iter().enumerate() {
            let Dim::Named(name) = dim else { continue };
            if settled.contains(dim) || dims.contains_key(name) || !is_a_name(name, input) {
                continue;
            }
            let role = Role::named(name).unwrap_or_else(|| Role::placed(input, axis));
            let size = role.sizes()[attempt];
            dims.insert(name.clone(), size);
            assumed.insert(name.clone(), size);
        }
    }
    for input in &open {
        let without = |dim: &Dim| match dim {
            Dim::Unknown => true,
            Dim::Named(name) => !dims.contains_key(name) && !settled.contains(dim),
            Dim::Fixed(_) | Dim::Rest => false,
        };
        if input.is_rank_open() || !input.dims.iter().skip(1).any(without) {
            continue;
        }
        let size = |(axis, dim): (usize, &Dim)| match dim {
            Dim::Fixed(n) => *n,
            Dim::Named(name) if dims.contains_key(name) => dims[name],
            Dim::Named(_) | Dim::Unknown | Dim::Rest if axis == 0 => batch.unwrap_or(1),
            // The batch of another input.
            Dim::Named(_) if settled.contains(dim) => batch.unwrap_or(1),
            Dim::Named(_) | Dim::Unknown | Dim::Rest => Role::placed(input, axis).sizes()[attempt],
        };
        let shape: Vec<u64> = input.dims.iter().enumerate().map(size).collect();
        let taken = input.dims.iter().enumerate().skip(1).filter(|(_, dim)| without(dim));
        assumed.extend(taken.map(|(axis, _)| (format!("{} axis {axis}", input.name), shape[axis])));
        shapes.insert(input.name.clone(), shape);
    }
    resolve_shapes(inputs, batch, &dims, &shapes).map(|resolved| (resolved, assumed))
}

/// Whether axes of this name are the same: not a filler that an exporter writes on several axes of one input.
fn is_a_name(name: &str, input: &TensorSpec) -> bool {
    let times = input.dims.iter().filter(|dim| **dim == Dim::Named(name.into())).count();
    times == 1 && name.contains(|c: char| c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str, dtype: DataType, dims: &[&str]) -> TensorSpec {
        let dim = |d: &&str| match d.parse() {
            Ok(n) => Dim::Fixed(n),
            Err(_) if *d == "-" => Dim::Unknown,
            Err(_) => Dim::Named(d.to_string()),
        };
        TensorSpec { name: name.into(), dtype, dims: dims.iter().map(dim).collect() }
    }

    fn assumed(inputs: &[TensorSpec], attempt: usize) -> (Vec<Shape>, Vec<String>) {
        let (resolved, assumed) = assume_shapes(inputs, None, &BTreeMap::new(), &BTreeMap::new(), attempt).unwrap();
        let words = assumed.iter().map(|(name, n)| format!("{name}={n}")).collect();
        (resolved.into_iter().map(|(_, shape)| shape).collect(), words)
    }

    #[test]
    fn names_say_what_an_axis_is() {
        let ids = ["batch_size", "sequence_length"];
        let bert = [input("ids", DataType::I64, &ids), input("mask", DataType::I64, &ids)];
        assert_eq!(assumed(&bert, 0), (vec![vec![1, 128]; 2], vec!["sequence_length=128".into()]));
        assert_eq!(assumed(&bert, 1).0, vec![vec![1, 64]; 2]);
        let image = [input("x", DataType::F32, &["N", "3", "height", "width"])];
        assert_eq!(assumed(&image, 0), (vec![vec![1, 3, 224, 224]], vec!["height=224".into(), "width=224".into()]));
        let decoder = [
            input("input_ids", DataType::I64, &["batch", "seq"]),
            input("attention_mask", DataType::I64, &["batch", "total_sequence_length"]),
            input("past_key_values.0.key", DataType::F32, &["batch", "8", "past_sequence_length", "64"]),
        ];
        assert_eq!(assumed(&decoder, 0).0, vec![vec![1, 128], vec![1, 128], vec![1, 8, 0, 64]]);
    }

    #[test]
    fn places_do_where_names_say_nothing() {
        let of = |dtype, dims: &[&str]| assumed(&[input("x", dtype, dims)], 0).0.remove(0);
        assert_eq!(of(DataType::F32, &["-", "3", "-", "-"]), [1, 3, 224, 224]);
        assert_eq!(of(DataType::U8, &["-", "-", "-", "3"]), [1, 224, 224, 3]);
        assert_eq!(of(DataType::F32, &["-", "-", "-", "-"]), [1, 3, 224, 224]);
        assert_eq!(of(DataType::I32, &["-", "-"]), [1, 128]);
        assert_eq!(of(DataType::F32, &["-", "-", "80"]), [1, 128, 80]);
        assert_eq!(of(DataType::F32, &["-", "-"]), [1, 1]);
        // Fillers are no names: each axis is known by its place.
        assert_eq!(of(DataType::F32, &["?n", "3", "?", "?"]), [1, 3, 224, 224]);
        assert_eq!(of(DataType::F32, &["b", "any", "32", "any"]), [1, 3, 32, 224]);
        let (_, words) = assumed(&[input("x", DataType::F32, &["-", "3", "-", "7"])], 0);
        assert_eq!(words, ["x axis 2=224"]);
    }

    #[test]
    fn what_was_given_stays_and_an_open_rank_is_an_error() {
        let ids = [input("ids", DataType::I64, &["N", "seq"]), input("mask", DataType::I64, &["N", "seq"])];
        let none = BTreeMap::new();
        let (resolved, taken) = assume_shapes(&ids, Some(4), &BTreeMap::from([("seq".into(), 7)]), &none, 0).unwrap();
        assert_eq!((&resolved[0].1, taken.len()), (&vec![4, 7], 0));
        let shapes = BTreeMap::from([("ids".to_owned(), vec![2, 9])]);
        assert_eq!(assume_shapes(&ids, None, &BTreeMap::new(), &shapes, 0).unwrap().0[1].1, [2, 9]);
        let open = [TensorSpec { dims: vec![Dim::Rest], ..input("x", DataType::F32, &[]) }];
        assert!(assume_shapes(&open, None, &BTreeMap::new(), &BTreeMap::new(), 0).is_err());
    }
}
