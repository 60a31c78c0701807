//! `nntop inputs`: tensors for workers that are not written in Rust, so that all engines get the same bits.
//!
//! A line of JSON comes in, with the variant and its input ports; a line goes out that says what the tensors are, and
//! behind it their bytes, one after the other, little-endian.

use super::inputs::{self, Prepared};
use crate::tensor::{Data, DataType, Dim, TensorSpec};
use crate::workload::{self, WorkloadError};
use nntop_core::event::{Fault, Port, VariantSpec};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

/// What is asked for.
#[derive(Debug, Deserialize)]
struct Request {
    variant: VariantSpec,
    ports: Vec<Port>,
}

/// What is made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Head {
    Fault(Fault),
    #[serde(untagged)]
    Tensors {
        batch: u64,
        inputs: Vec<TensorHead>,
        #[serde(rename = "fed", skip_serializing_if = "Option::is_none")]
        inputs_from: Option<String>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        assumed: BTreeMap<String, u64>,
    },
}

#[derive(Debug, Serialize)]
struct TensorHead {
    name: String,
    dtype: DataType,
    shape: Vec<u64>,
    bytes: usize,
}

/// The `nntop inputs` process.
pub fn main() -> ExitCode {
    let mut line = String::new();
    let request = std::io::stdin().lock().read_line(&mut line).ok().and_then(|_| serde_json::from_str(&line).ok());
    let Some(request) = request else {
        let text = "error: nntop inputs is started by nntop itself\nhint: to measure a model: nntop bench MODEL\n";
        let _ = std::io::stderr().write_all(text.as_bytes());
        return ExitCode::from(2);
    };
    let mut out = std::io::stdout().lock();
    // Nobody who listens is left to be told of an error here.
    match answer(&request) {
        Ok((head, data)) => {
            let _ = say(&mut out, &head).and_then(|()| data.iter().try_for_each(|bytes| out.write_all(bytes)));
        }
        Err(fault) => drop(say(&mut out, &Head::Fault(fault))),
    }
    ExitCode::SUCCESS
}

fn say(out: &mut impl Write, head: &Head) -> std::io::Result<()> {
    writeln!(out, "{}", serde_json::to_string(head).map_err(std::io::Error::other)?)
}

fn answer(request: &Request) -> Result<(Head, Vec<Vec<u8>>), Fault> {
    let mut specs = request.ports.iter().map(spec).collect::<Result<Vec<_>, _>>()?;
    if let Some(file) = &request.variant.options.input {
        adopt_types(Path::new(file), &request.ports, &mut specs);
    }
    let Prepared { tensors, batch, inputs_from, assumed } = inputs::prepare(&specs, &request.variant, 0)?;
    let (mut heads, mut data) = (Vec::new(), Vec::new());
    for tensor in tensors {
        let Data::Bytes(bytes) = tensor.data else {
            return Err(Fault::input(format!("{}: its input {:?} is text", request.variant.model, tensor.name)));
        };
        heads.push(TensorHead {
            name: tensor.name,
            dtype: tensor.dtype,
            shape: tensor.shape.to_vec(),
            bytes: bytes.len(),
        });
        data.push(bytes);
    }
    Ok((Head::Tensors { batch, inputs: heads, inputs_from, assumed }, data))
}

/// The type of an input that its model does not tell: that of the file's values, or float32.
const UNKNOWN: &str = "unknown";

fn named(name: &str) -> Option<DataType> {
    DataType::ALL.iter().copied().find(|dtype| dtype.name() == name)
}

/// Gives inputs of unknown types those that the file holds for them.
fn adopt_types(file: &Path, ports: &[Port], specs: &mut [TensorSpec]) {
    for _ in ports.iter().filter(|port| port.dtype == UNKNOWN) {
        // What else is wrong with the file is said when it is read in earnest.
        let Err(WorkloadError::Unfit { input, held, .. }) = workload::from_file(file, specs) else { return };
        let holds = held.split('[').next().and_then(named);
        let whose = ports.iter().position(|port| port.name == input && port.dtype == UNKNOWN);
        let (Some(place), Some(dtype)) = (whose, holds) else { return };
        specs[place].dtype = dtype;
    }
}

/// A port as a worker declares it: a number is a size, anything else the name of a free axis.
fn spec(port: &Port) -> Result<TensorSpec, Fault> {
    let dtype = match port.dtype.as_str() {
        UNKNOWN => Some(DataType::F32),
        name => named(name),
    };
    let dtype =
        dtype.ok_or_else(|| Fault::run(format!("input {:?} is of an unknown type {:?}", port.name, port.dtype)))?;
    let dim = |text: &String| match text.parse() {
        Ok(size) => Dim::Fixed(size),
        Err(_) if text == "..." => Dim::Rest,
        Err(_) => Dim::Named(text.clone()),
    };
    Ok(TensorSpec { name: port.name.clone(), dtype, dims: port.shape.iter().map(dim).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(shape: &[&str]) -> Request {
        let port =
            Port { name: "x".into(), dtype: "float32".into(), shape: shape.iter().map(ToString::to_string).collect() };
        Request { variant: VariantSpec { model: "net.pt".into(), ..VariantSpec::default() }, ports: vec![port] }
    }

    #[test]
    fn free_axes_are_settled_and_the_bytes_are_those_of_every_engine() {
        let mut request = request(&["N", "3"]);
        request.variant.options.batch = Some(4);
        let (head, data) = answer(&request).unwrap();
        let line = serde_json::to_value(&head).unwrap();
        assert_eq!(
            line,
            serde_json::json!({"batch": 4, "inputs": [{"name": "x", "dtype": "float32", "shape": [4, 3], "bytes": 48}]})
        );
        let specs = [spec(&request.ports[0]).unwrap()];
        let ours = inputs::prepare(&specs, &request.variant, 0).unwrap();
        assert_eq!(ours.tensors[0].data, Data::Bytes(data[0].clone()));
    }

    #[test]
    fn an_input_of_unknown_type_and_shape_has_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ids.npy");
        // Three 64-bit integers, as NumPy writes them.
        let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        let header = "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }";
        bytes.extend(format!("{header:<117}\n").as_bytes());
        bytes.extend([1i64, 2, 3].iter().flat_map(|n| n.to_le_bytes()));
        std::fs::write(&path, bytes).unwrap();
        let mut request = request(&[]);
        request.ports[0].dtype = UNKNOWN.into();
        assert_eq!(serde_json::to_value(answer(&request).unwrap().0).unwrap()["inputs"][0]["dtype"], "float32");
        request.variant.options.input = Some(path.to_str().unwrap().into());
        let (head, data) = answer(&request).unwrap();
        let input = &serde_json::to_value(head).unwrap()["inputs"][0];
        assert_eq!((&input["dtype"], &input["shape"], data[0].len()), (&"int64".into(), &serde_json::json!([3]), 24));
        // A type that the model does tell stays what it is.
        request.ports[0].dtype = "float32".into();
        assert!(answer(&request).is_err());
    }

    #[test]
    fn what_cannot_be_made_is_a_fault_with_its_hint() {
        let mut request = request(&["3"]);
        request.variant.options.input = Some("/nonexistent.npy".into());
        let line = serde_json::to_value(Head::Fault(answer(&request).unwrap_err())).unwrap();
        assert!(line["fault"]["message"].as_str().unwrap().contains("/nonexistent.npy"), "{line}");
    }
}
