//! The arguments of an event, as far as they matter: what links host and device, and the inputs of operators.

use crate::op_trace::import::json::{Json, Stop};
use nntop_core::event::TensorSig;
use std::io::Read;

/// Operators with more inputs, and shapes of more axes, are shown without them.
const MOST_INPUTS: usize = 64;

/// Arguments that matter.
#[derive(Default)]
pub(super) struct Args {
    pub(super) external: u64,
    pub(super) correlation: u64,
    pub(super) device: u16,
    /// Of an event that names a thread: its name.
    pub(super) name: Option<String>,
    dims: Vec<Option<Vec<u64>>>,
    types: Vec<String>,
}

impl Args {
    /// Reads the value of `args`.
    pub(super) fn read(&mut self, json: &mut Json<impl Read>) -> Result<(), Stop> {
        if !json.object()? {
            return Ok(());
        }
        let keys =
            ["External id", "external id", "correlation", "device", "Input Dims", "Input dims", "Input type", "name"];
        while let Some(key) = json.key(&keys)? {
            match key {
                0 | 1 => self.external = json.count()?.unwrap_or(0),
                2 => self.correlation = json.count()?.unwrap_or(0),
                3 => self.device = json.count()?.and_then(|n| n.try_into().ok()).unwrap_or(0),
                4 | 5 => self.dims = dims(json)?,
                6 => self.types = types(json)?,
                _ => self.name = json.text()?,
            }
        }
        Ok(())
    }

    /// The inputs; what is no tensor is left out.
    pub(super) fn inputs(&mut self) -> Vec<TensorSig> {
        let dims = std::mem::take(&mut self.dims).into_iter();
        dims.zip(&self.types)
            .filter_map(|(shape, name)| Some(TensorSig { dtype: data_type(name)?, shape: shape? }))
            .collect()
    }
}

fn types(json: &mut Json<impl Read>) -> Result<Vec<String>, Stop> {
    let mut all = Vec::new();
    if json.array()? {
        while json.more()? {
            let name = json.text()?.unwrap_or_default();
            if all.len() < MOST_INPUTS {
                all.push(name);
            }
        }
    }
    Ok(all)
}

/// `[[1, 3, 224, 224], [], [[1, 2], [3]]]`; what is no shape of one tensor is none.
fn dims(json: &mut Json<impl Read>) -> Result<Vec<Option<Vec<u64>>>, Stop> {
    let mut all = Vec::new();
    if !json.array()? {
        return Ok(all);
    }
    while json.more()? {
        let mut shape = json.array()?.then(Vec::new);
        if shape.is_some() {
            while json.more()? {
                let axis = json.count()?;
                shape = shape.zip(axis).filter(|(s, _)| s.len() < MOST_INPUTS).map(|(mut shape, axis)| {
                    shape.push(axis);
                    shape
                });
            }
        }
        if all.len() < MOST_INPUTS {
            all.push(shape);
        }
    }
    Ok(all)
}

/// nntop's name of PyTorch's element type; absent for scalars and lists.
fn data_type(name: &str) -> Option<String> {
    Some(
        match name {
            "float" => "float32",
            "double" => "float64",
            "c10::Half" => "float16",
            "c10::BFloat16" => "bfloat16",
            "signed char" => "int8",
            "unsigned char" => "uint8",
            "short" | "short int" => "int16",
            "int" => "int32",
            "long" | "long int" | "long long" => "int64",
            "bool" => "bool",
            "c10::complex<float>" => "complex64",
            "c10::complex<double>" => "complex128",
            "c10::Float8_e4m3fn" => "float8_e4m3fn",
            "c10::Float8_e5m2" => "float8_e5m2",
            "c10::qint8" => "int8",
            "c10::quint8" => "uint8",
            _ => return None,
        }
        .to_owned(),
    )
}
