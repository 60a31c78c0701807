//! What the tools are fed with: seeded random values, or examples of a data set as `nntop eval` prepares them, as `.npy` files.

use nntop_core::event::{Evaluation, Fault, VariantSpec};
use nntop_engine::graph::ModelFile;
use nntop_engine::tensor::{Data, DataType, Shape, Tensor, TensorSpec};
use nntop_engine::workload;
use std::path::{Path, PathBuf};

/// What the samples were made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputSource {
    /// Random values of this seed.
    Random(u64),
    /// Examples: how many of how many, and how they were made.
    Examples {
        /// The data set's path.
        dataset: String,
        /// Samples.
        count: usize,
        /// Examples that it has.
        total: usize,
        /// Examples that are set aside for this and not evaluated, the first of the seed's order.
        set_aside: usize,
        /// The seed that chose them.
        seed: u64,
        /// How inputs were made.
        preprocessing: String,
    },
    /// Arrays of a file.
    File(String),
}

/// Samples in a folder: `00000-0.npy` is input 0 of sample 0.
#[derive(Debug)]
pub struct Samples {
    /// The folder.
    pub folder: PathBuf,
    /// The names of the inputs.
    pub inputs: Vec<String>,
    /// How many there are.
    pub count: usize,
    /// What they were made from.
    pub fed: InputSource,
}

impl Samples {
    /// Examples that are not to be evaluated.
    pub fn set_aside(&self) -> u64 {
        if let InputSource::Examples { set_aside, .. } = self.fed { set_aside as u64 } else { 0 }
    }

    /// Writes `most` samples at most into `folder`; of what `examples` names, a data set or a file of arrays, else random ones.
    ///
    /// # Errors
    /// When the model's shapes are open, the data does not fit them, or the disk is full.
    pub fn write(
        model: &ModelFile,
        spec: &VariantSpec,
        examples: Option<&Evaluation>,
        most: usize,
        folder: &Path,
    ) -> Result<Self, Fault> {
        let about = |e: &dyn std::fmt::Display, hint: Option<String>| {
            Fault::input(format!("{}: {e}", spec.model)).maybe_hint(hint)
        };
        if let Some(text) = model.inputs.iter().find(|i| i.dtype == DataType::String) {
            return Err(about(&format!("its input {text} is text, which these tools cannot be fed with"), None));
        }
        if !model.non_tensor_inputs.is_empty() {
            let names = model.non_tensor_inputs.join(", ");
            return Err(about(
                &format!("its inputs {names} are no tensors, which these tools cannot be fed with"),
                None,
            ));
        }
        std::fs::create_dir_all(folder).map_err(|e| full(folder, &e))?;
        let options = &spec.options;
        let resolve = || {
            let sizes = workload::sizes(&model.inputs, options, 0).map_err(|e| about(&e, e.hint()));
            sizes.map(|(resolved, _)| resolved)
        };
        let names = model.inputs.iter().map(|i| i.name.clone()).collect();
        let made = |count, fed| Ok(Self { folder: folder.to_owned(), inputs: names, count, fed });
        let Some(examples) = examples else {
            let shapes = resolve()?;
            for n in 0..most {
                // Each sample has a seed of its own, apart from those of the measurement's inputs.
                let seed = options.seed.wrapping_add(1 + n as u64);
                for (place, (input, shape)) in shapes.iter().enumerate() {
                    let tensor = workload::random(input, place, shape, seed).map_err(|e| about(&e, e.hint()))?;
                    put(folder, n, place, &tensor)?;
                }
            }
            return made(most, InputSource::Random(options.seed));
        };
        let path = Path::new(&examples.dataset);
        if is_arrays(path) {
            let tensors = workload::from_file(path, &model.inputs).map_err(|e| about(&e, e.hint()))?;
            for (place, tensor) in tensors.iter().enumerate() {
                put(folder, 0, place, tensor)?;
            }
            return made(1, InputSource::File(examples.dataset.clone()));
        }
        let (input, shape) = only(spec, resolve()?)?;
        let mut n = 0;
        let limited = Evaluation { limit: Some(most as u64), ..examples.clone() };
        let found = nntop_accuracy::inputs(&limited, &input, &shape, &mut |tensor| {
            n += 1;
            put(folder, n - 1, 0, &tensor)
        })?;
        let nntop_accuracy::Calibration { count, total, set_aside, preprocessing } = found;
        let (dataset, seed) = (examples.dataset.clone(), examples.seed);
        made(count, InputSource::Examples { dataset, count, total, set_aside, seed, preprocessing })
    }
}

/// Whether this is a file, or a folder, of arrays that are a model's inputs themselves, without labels.
fn is_arrays(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    let is_labelled = || nntop_accuracy::dataset::Dataset::open(path).is_ok();
    path.join("input_0.pb").is_file()
        || path.is_file() && ["npy", "npz", "pb"].iter().any(|e| ending == *e) && !is_labelled()
}

fn only(spec: &VariantSpec, inputs: Vec<(TensorSpec, Shape)>) -> Result<(TensorSpec, Shape), Fault> {
    match <[_; 1]>::try_from(inputs) {
        Ok([one]) => Ok(one),
        Err(all) => Err(Fault::input(format!(
            "{}: {} inputs; a data set's examples are for models with one",
            spec.model,
            all.len()
        ))
        .hint("leave --dataset out, or name an .npz with an array for each input")),
    }
}

fn full(folder: &Path, e: &std::io::Error) -> Fault {
    Fault::run(format!("{}: cannot be written: {e}", folder.display())).hint("name another folder with --save-dir")
}

fn put(folder: &Path, n: usize, place: usize, tensor: &Tensor) -> Result<(), Fault> {
    let path = folder.join(format!("{n:05}-{place}.npy"));
    let bytes = npy(tensor)
        .ok_or_else(|| Fault::input(format!("input {}: NumPy has no type for {}", tensor.name, tensor.dtype.name())))?;
    std::fs::write(&path, bytes).map_err(|e| full(folder, &e))
}

/// A tensor as NumPy's format 1.0 has it; `None` for types that NumPy does not have.
fn npy(tensor: &Tensor) -> Option<Vec<u8>> {
    let Data::Bytes(data) = &tensor.data else { return None };
    let descr = match tensor.dtype {
        DataType::F16 => "<f2",
        DataType::F32 => "<f4",
        DataType::F64 => "<f8",
        DataType::I8 => "|i1",
        DataType::I16 => "<i2",
        DataType::I32 => "<i4",
        DataType::I64 => "<i8",
        DataType::U8 => "|u1",
        DataType::U16 => "<u2",
        DataType::U32 => "<u4",
        DataType::U64 => "<u8",
        DataType::Bool => "|b1",
        _ => return None,
    };
    let axes: String = tensor.shape.iter().map(|n| format!("{n},")).collect();
    let mut head = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({axes}), }}");
    // Magic, version and length are 10 bytes; all of it is a multiple of 64, with a line break at its end.
    let length = (10 + head.len() + 1).next_multiple_of(64) - 10;
    head.extend(std::iter::repeat_n(' ', length - 1 - head.len()));
    head.push('\n');
    let mut out = Vec::with_capacity(10 + length + data.len());
    out.extend_from_slice(b"\x93NUMPY\x01\x00");
    out.extend_from_slice(&u16::try_from(length).ok()?.to_le_bytes());
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(data);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_read_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        for (dtype, shape, bytes) in [
            (DataType::F32, vec![1, 3], 12),
            (DataType::I64, vec![], 8),
            (DataType::U8, vec![2, 0, 5], 0),
            (DataType::Bool, vec![4], 4),
        ] {
            let data = Data::Bytes((0..bytes).map(|i| i % 2).collect());
            let tensor = Tensor { name: String::new(), dtype, shape, data };
            let path = folder.path().join("a.npy");
            std::fs::write(&path, npy(&tensor).unwrap()).unwrap();
            let read = nntop_engine::tensor::npy::read(&path).unwrap();
            assert_eq!((read.dtype, read.shape, read.data), (tensor.dtype, tensor.shape, tensor.data));
        }
    }
}
