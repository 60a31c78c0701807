//! Sizes for the axes that a model leaves free: `--batch-size`, `--dim NAME=N`, `--shape INPUT:1,3,224,224`.

use super::WorkloadError;
use crate::tensor::{Dim, Shape, TensorSpec, join};
use std::collections::{BTreeMap, BTreeSet};

/// Gives every input a shape without free axes.
///
/// A free first axis is the batch: `batch`, or 1. Axes of one name get one size from `--dim`, the batch, or a shape that
/// was given for another input. A shape given for an input comes whole: a name that it gives two sizes is none to go by
/// (exporters call axes `?`), and the runtime says whether it takes them. An input whose rank is open needs one. What is
/// left free is an error that lists every such axis with the option to type.
pub fn resolve_shapes(
    inputs: &[TensorSpec],
    batch: Option<u64>,
    dims: &BTreeMap<String, u64>,
    shapes: &BTreeMap<String, Vec<u64>>,
) -> Result<Vec<(TensorSpec, Shape)>, WorkloadError> {
    let mut names = Names::default();
    for (name, &n) in dims {
        if !inputs.iter().any(|input| input.dims.contains(&Dim::Named(name.clone()))) {
            return Err(WorkloadError::UnknownDim { name: name.clone(), known: dim_names(inputs) });
        }
        names.bind(name, n, || format!("--dim {name}={n}"))?;
    }
    for (name, shape) in shapes {
        let Some(input) = inputs.iter().find(|input| input.name == *name) else {
            let known = inputs.iter().map(|i| i.name.clone()).collect();
            return Err(WorkloadError::UnknownInput { name: name.clone(), known });
        };
        let option = || format!("--shape {name}:{}", join(shape));
        if !fits(input, shape) {
            let (given, takes) = (join(shape), input.describe());
            return Err(WorkloadError::ShapeMismatch { name: name.clone(), given, takes });
        }
        names.bind_shape(input, shape, option)?;
        // The whole shape was given: a batch of another size contradicts it.
        if let (Some(batch), Some(Dim::Unknown), Some(&first)) = (batch, input.dims.first(), shape.first())
            && first != batch
        {
            let (axis, first, second) = (format!("{name}, axis 0"), (first, option()), (batch, batch_option(batch)));
            return Err(WorkloadError::TwoSizes { axis, first, second });
        }
    }
    bind_batch(inputs, batch, &mut names)?;

    let mut resolved = Vec::new();
    let mut open = Open::default();
    for input in inputs {
        let shape = match shapes.get(&input.name) {
            Some(shape) => Some(shape.clone()),
            None => open.resolve(input, batch, &names),
        };
        resolved.extend(shape.map(|shape| (input.clone(), shape)));
    }
    if open.axes.is_empty() { Ok(resolved) } else { Err(open.into_error()) }
}

/// Whether `shape` is one that the input takes.
pub(super) fn fits(input: &TensorSpec, shape: &[u64]) -> bool {
    // Some runtimes do not tell an open rank from a scalar.
    let rank_is_open = input.dims.is_empty() || input.is_rank_open();
    let same = |(dim, n): (&Dim, &u64)| dim.is_free() || *dim == Dim::Fixed(*n);
    rank_is_open || input.dims.len() == shape.len() && input.dims.iter().zip(shape).all(same)
}

/// The sizes of named axes, and who gave them.
#[derive(Default)]
struct Names {
    sizes: BTreeMap<String, (u64, String)>,
    /// Those that whole shapes give several sizes.
    ambiguous: BTreeSet<String>,
}

impl Names {
    fn bind(&mut self, name: &str, n: u64, source: impl Fn() -> String) -> Result<(), WorkloadError> {
        match self.sizes.get(name) {
            Some(first) if first.0 != n => {
                Err(WorkloadError::TwoSizes { axis: name.into(), first: first.clone(), second: (n, source()) })
            }
            Some(_) => Ok(()),
            None => {
                self.sizes.insert(name.into(), (n, source()));
                Ok(())
            }
        }
    }

    /// The sizes that a whole shape gives to the input's named axes.
    fn bind_shape(
        &mut self,
        input: &TensorSpec,
        shape: &[u64],
        source: impl Fn() -> String,
    ) -> Result<(), WorkloadError> {
        for (dim, &n) in input.dims.iter().zip(shape) {
            let Dim::Named(name) = dim else { continue };
            match self.sizes.get(name) {
                // `--dim` says what all of that name have.
                Some((_, first)) if first.starts_with("--dim") => self.bind(name, n, &source)?,
                Some((known, _)) if *known != n => {
                    self.sizes.remove(name);
                    self.ambiguous.insert(name.clone());
                }
                None if !self.ambiguous.contains(name) => self.bind(name, n, &source)?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn batch_option(n: u64) -> String {
    format!("--batch-size {n}")
}

/// Named first axes take the batch, unless `--dim` or `--shape` have given them a size and no batch was asked for.
fn bind_batch(inputs: &[TensorSpec], batch: Option<u64>, names: &mut Names) -> Result<(), WorkloadError> {
    let first = || inputs.iter().filter_map(|input| input.dims.first());
    if let Some(asked) = batch
        && !first().any(|dim| dim.is_free() || *dim == Dim::Fixed(asked))
    {
        let size = |input: &TensorSpec| match input.dims.first() {
            Some(Dim::Fixed(n)) => Some(*n),
            _ => None,
        };
        let takes = inputs.iter().map(|input| (size(input), input.to_string())).collect();
        return Err(WorkloadError::FixedBatch { asked, takes });
    }
    for dim in first() {
        match (dim, batch) {
            (Dim::Named(name), Some(n)) => names.bind(name, n, || batch_option(n))?,
            (Dim::Named(name), None) if !names.sizes.contains_key(name) => {
                names.bind(name, 1, || "the default batch".into())?
            }
            _ => {}
        }
    }
    Ok(())
}

fn dim_names(inputs: &[TensorSpec]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for dim in inputs.iter().flat_map(|input| &input.dims) {
        if let Dim::Named(name) = dim
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    names
}

/// The axes that nobody has given a size, each with the inputs that have it.
#[derive(Default)]
struct Open {
    axes: Vec<(String, Vec<String>)>,
    options: Vec<String>,
}

impl Open {
    /// The input's shape, if every axis has a size.
    fn resolve(&mut self, input: &TensorSpec, batch: Option<u64>, names: &Names) -> Option<Shape> {
        if input.is_rank_open() {
            self.note(format!("\"{}\"", input.name), "the model leaves open how many axes it has".into());
            self.option(format!("--shape {}", quoted(&format!("{}:N,N", input.name))));
            return None;
        }
        let size = |i: usize, dim: &Dim| match dim {
            Dim::Fixed(n) => Some(*n),
            Dim::Named(name) => names.sizes.get(name).map(|(n, _)| *n),
            Dim::Unknown if i == 0 => Some(batch.unwrap_or(1)),
            Dim::Unknown | Dim::Rest => None,
        };
        let sizes: Vec<_> = input.dims.iter().enumerate().map(|(i, dim)| size(i, dim)).collect();
        let mut anonymous = false;
        for (i, dim) in input.dims.iter().enumerate().filter(|(i, _)| sizes[*i].is_none()) {
            let place = format!("{} axis {i}", input.name);
            match dim {
                Dim::Named(name) => {
                    self.note(format!("\"{name}\""), place);
                    self.option(format!("--dim {}=N", quoted(name)));
                }
                _ => {
                    anonymous = true;
                    self.note("an unnamed axis".into(), place);
                }
            }
        }
        if anonymous {
            let template: Vec<_> = sizes.iter().map(|n| n.map_or("N".into(), |n| n.to_string())).collect();
            self.option(format!("--shape {}", quoted(&format!("{}:{}", input.name, template.join(",")))));
        }
        sizes.into_iter().collect()
    }

    fn note(&mut self, axis: String, place: String) {
        match self.axes.iter_mut().find(|(known, _)| *known == axis) {
            Some((_, places)) => places.push(place),
            None => self.axes.push((axis, vec![place])),
        }
    }

    fn option(&mut self, option: String) {
        if !self.options.contains(&option) {
            self.options.push(option);
        }
    }

    fn into_error(self) -> WorkloadError {
        let axes = self.axes.into_iter().map(|(axis, places)| format!("{axis} ({})", places.join(", "))).collect();
        WorkloadError::FreeAxes { axes, options: self.options }
    }
}

/// As a shell takes it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,=@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.into() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::DataType;

    fn input(name: &str, dims: &[&str]) -> TensorSpec {
        let dim = |d: &&str| match d.parse() {
            Ok(n) => Dim::Fixed(n),
            Err(_) if *d == "?" => Dim::Unknown,
            Err(_) => Dim::Named(d.to_string()),
        };
        TensorSpec { name: name.into(), dtype: DataType::F32, dims: dims.iter().map(dim).collect() }
    }

    fn resolve(
        inputs: &[TensorSpec],
        batch: Option<u64>,
        dims: &[(&str, u64)],
        shapes: &[(&str, &[u64])],
    ) -> Result<Vec<Shape>, (String, String)> {
        let dims = dims.iter().map(|(k, n)| (k.to_string(), *n)).collect();
        let shapes = shapes.iter().map(|(k, s)| (k.to_string(), s.to_vec())).collect();
        match resolve_shapes(inputs, batch, &dims, &shapes) {
            Ok(resolved) => Ok(resolved.into_iter().map(|(_, shape)| shape).collect()),
            Err(e) => Err((e.to_string(), e.hint().unwrap())),
        }
    }

    fn bert() -> [TensorSpec; 2] {
        [input("ids", &["N", "seq"]), input("mask", &["N", "seq"])]
    }

    #[test]
    fn the_first_free_axis_is_the_batch() {
        assert_eq!(resolve(&[input("x", &["N", "3"])], None, &[], &[]), Ok(vec![vec![1, 3]]));
        assert_eq!(resolve(&[input("x", &["?", "3"])], Some(8), &[], &[]), Ok(vec![vec![8, 3]]));
        assert_eq!(resolve(&[input("x", &["N", "3"])], None, &[("N", 5)], &[]), Ok(vec![vec![5, 3]]));
        assert_eq!(resolve(&[input("x", &["4", "3"])], Some(4), &[], &[]), Ok(vec![vec![4, 3]]));
        // An input with another first axis does not stand in the way of the batch.
        let mixed = [input("x", &["N", "3"]), input("anchors", &["100", "4"])];
        assert_eq!(resolve(&mixed, Some(2), &[], &[]), Ok(vec![vec![2, 3], vec![100, 4]]));
    }

    #[test]
    fn names_have_one_size_everywhere() {
        assert_eq!(resolve(&bert(), Some(2), &[("seq", 7)], &[]), Ok(vec![vec![2, 7]; 2]));
        assert_eq!(resolve(&bert(), None, &[], &[("ids", &[3, 9])]), Ok(vec![vec![3, 9]; 2]));
        let (message, _) = resolve(&bert(), None, &[("seq", 7)], &[("ids", &[1, 9])]).unwrap_err();
        assert_eq!(message, "axis \"seq\" has two sizes: 7 from --dim seq=7, 9 from --shape ids:1,9");
        let (message, _) = resolve(&bert(), Some(4), &[("N", 2), ("seq", 7)], &[]).unwrap_err();
        assert_eq!(message, "axis \"N\" has two sizes: 2 from --dim N=2, 4 from --batch-size 4");
        let (message, _) = resolve(&[input("x", &["?", "3"])], Some(4), &[], &[("x", &[2, 3])]).unwrap_err();
        assert!(message.starts_with("axis \"x, axis 0\" has two sizes"), "{message}");
    }

    #[test]
    fn every_free_axis_is_listed_with_its_option() {
        let (message, hint) = resolve(&bert(), None, &[], &[]).unwrap_err();
        assert_eq!(message, "no size for \"seq\" (ids axis 1, mask axis 1)");
        assert_eq!(hint, "add --dim seq=N, with a number for each N");
        let image = [input("my image", &["?", "3", "?", "width"])];
        let (message, hint) = resolve(&image, None, &[], &[]).unwrap_err();
        assert_eq!(message, "no size for an unnamed axis (my image axis 2), \"width\" (my image axis 3)");
        assert_eq!(hint, "add --dim width=N --shape 'my image:1,3,N,N', with a number for each N");
    }

    #[test]
    fn zero_is_a_size_and_an_open_rank_takes_any_shape() {
        assert_eq!(resolve(&[input("x", &["2", "0", "3", "0"])], None, &[], &[]), Ok(vec![vec![2, 0, 3, 0]]));
        assert_eq!(resolve(&[input("x", &[])], None, &[], &[]), Ok(vec![vec![]]));
        assert_eq!(resolve(&[input("x", &[])], None, &[], &[("x", &[2, 2])]), Ok(vec![vec![2, 2]]));
        let open = [TensorSpec { dims: vec![Dim::Rest], ..input("x", &[]) }];
        assert_eq!(resolve(&open, None, &[], &[("x", &[4, 2, 2])]), Ok(vec![vec![4, 2, 2]]));
        let (message, hint) = resolve(&open, None, &[], &[]).unwrap_err();
        assert_eq!(message, "no size for \"x\" (the model leaves open how many axes it has)");
        assert_eq!(hint, "add --shape x:N,N, with a number for each N");
    }

    #[test]
    fn a_name_on_two_axes_does_not_make_them_equal() {
        let page = input("x", &["?n", "3", "any", "any"]);
        let shape: (&str, &[u64]) = ("x", &[1, 3, 48, 320]);
        assert_eq!(resolve(std::slice::from_ref(&page), None, &[], &[shape]), Ok(vec![vec![1, 3, 48, 320]]));
        // A name with two sizes is none to go by for another input.
        let (message, _) = resolve(&[page.clone(), input("y", &["1", "any"])], None, &[], &[shape]).unwrap_err();
        assert_eq!(message, "no size for \"any\" (y axis 1)");
        assert_eq!(resolve(&[page], None, &[("any", 32)], &[]), Ok(vec![vec![1, 3, 32, 32]]));
    }

    #[test]
    fn options_that_fit_nothing_are_errors() {
        let (message, hint) = resolve(&bert(), None, &[("sequence", 7)], &[]).unwrap_err();
        assert_eq!(message, "--dim sequence: no input has a free axis of that name");
        assert_eq!(hint, "the names are: N, seq");
        let (message, hint) = resolve(&bert(), None, &[], &[("input", &[1, 7])]).unwrap_err();
        assert_eq!(message, "--shape input: the model has no input of that name");
        assert_eq!(hint, "its inputs are: ids, mask");
        let fixed = [input("x", &["1", "3", "?"])];
        let (message, _) = resolve(&fixed, None, &[], &[("x", &[1, 4, 9])]).unwrap_err();
        assert_eq!(message, "--shape x:1,4,9 does not fit: the model takes float32[1,3,?]");
        assert!(resolve(&fixed, None, &[], &[("x", &[1, 3])]).is_err());
        let (message, hint) = resolve(&[input("x", &["1", "3"])], Some(8), &[], &[]).unwrap_err();
        assert_eq!(message, "--batch-size 8: the model's batch is fixed: axis 0 is 1 in x: float32[1,3]");
        assert!(hint.contains("export the model with a free first axis"));
        assert!(resolve(&[input("x", &["1"])], None, &[("N", 2)], &[]).unwrap_err().1.contains("--shape"));
    }
}
