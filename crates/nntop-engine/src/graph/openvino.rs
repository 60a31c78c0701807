//! From OpenVINO's own format, an `.xml` file with the graph and a `.bin` with the weights, to what it says about itself.

use super::error::ModelError;
use super::{Format, ModelFile, sniff, weights, whole};
use crate::sha256::sha256_hex_of;
use crate::tensor::{DataType, Dim, TensorSpec, elements};
use nntop_core::unit::Bytes;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;
use std::path::Path;

const FORMAT: &str = "an OpenVINO model";

/// A layer as it is read.
#[derive(Debug, Default)]
struct Layer {
    op_type: String,
    name: String,
    element_type: String,
    shape: String,
    /// Of a constant: where its values end in the `.bin` file.
    end: u64,
}

/// What is gathered of a file.
#[derive(Debug, Default)]
struct Gathered {
    is_net: bool,
    version: i64,
    operators: u64,
    params: BTreeMap<DataType, u64>,
    inputs: Vec<TensorSpec>,
    outputs: Vec<String>,
    producer: Option<String>,
    /// How long the `.bin` file must be.
    weights_end: u64,
}

/// Reads a model file.
pub fn read(path: &Path) -> Result<ModelFile, ModelError> {
    describe(path, &whole::load(path, ".xml")?)
}

/// What the file of these bytes says about itself.
pub(super) fn describe(path: &Path, bytes: &[u8]) -> Result<ModelFile, ModelError> {
    let head = &bytes[..bytes.len().min(512)];
    let damaged = |reason: String| ModelError::Damaged {
        path: path.into(),
        wanted: FORMAT,
        head: sniff::shown(head),
        size: bytes.len() as u64,
        reason,
    };
    let is_xml =
        std::str::from_utf8(head).is_ok_and(|t| t.trim_start_matches('\u{feff}').trim_start().starts_with('<'));
    if let Some(kind) = sniff::foreign(head).or_else(|| sniff::undecodable(head)).filter(|_| !is_xml) {
        let head = sniff::shown(head);
        return Err(ModelError::OtherFormat { path: path.into(), wanted: FORMAT, head, kind: kind.name });
    }
    let net = gather(bytes).map_err(&damaged)?;
    if !net.is_net {
        return Err(damaged("it is an XML file without a <net>".into()));
    }
    let data = path.with_extension("bin");
    let location = || data.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let size = match std::fs::metadata(&data) {
        Ok(m) if m.len() < net.weights_end => {
            let (location, size, needed) = (location(), m.len(), net.weights_end);
            return Err(ModelError::ShortData {
                path: path.into(),
                tensor: "the last one".into(),
                location,
                size,
                needed,
            });
        }
        Ok(m) => m.len(),
        // Without the file OpenVINO would load the graph with no weights, and say nothing.
        Err(_) if net.weights_end > 0 => {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            return Err(ModelError::MissingData { path: path.into(), location: location(), folder });
        }
        Err(_) => 0,
    };
    Ok(ModelFile {
        path: path.into(),
        format: Format::OpenVino,
        sha256: sha256_hex_of(bytes),
        size: Bytes((bytes.len() as u64).saturating_add(size)),
        nodes: Vec::new(),
        data_files: if size > 0 { vec![data] } else { Vec::new() },
        params: net.params.values().fold(0, |sum, &n| sum.saturating_add(n)),
        precision: net.params.iter().max_by_key(|(_, n)| **n).map(|(dtype, _)| dtype.name().into()),
        params_bytes: weights::bytes(&net.params),
        depth: None,
        params_by_type: net.params.into_iter().map(|(dtype, n)| (dtype.name().into(), n)).collect(),
        operators: net.operators,
        opsets: BTreeMap::new(),
        producer: net.producer,
        ir_version: net.version,
        inputs: net.inputs,
        non_tensor_inputs: Vec::new(),
        outputs: net.outputs,
    })
}

fn gather(bytes: &[u8]) -> Result<Gathered, String> {
    let mut reader = Reader::from_reader(bytes);
    let mut net = Gathered::default();
    let (mut layer, mut depth) = (None::<Layer>, 0u32);
    let mut buffer = Vec::new();
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event_into(&mut buffer).map_err(|e| format!("byte {at}: {e}"))?;
        match event {
            Event::Start(tag) => {
                depth += 1;
                begin(&tag, &mut net, &mut layer);
            }
            Event::Empty(tag) => {
                begin(&tag, &mut net, &mut layer);
                if tag.local_name().as_ref() == b"layer" {
                    net.finish(layer.take());
                }
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                if tag.local_name().as_ref() == b"layer" {
                    net.finish(layer.take());
                }
            }
            Event::Eof if depth > 0 => return Err("the file ends within an element".into()),
            Event::Eof => return Ok(net),
            _ => {}
        }
        buffer.clear();
    }
}

fn begin(tag: &BytesStart<'_>, net: &mut Gathered, layer: &mut Option<Layer>) {
    let attribute = |name: &str| {
        let found = tag.try_get_attribute(name).ok().flatten()?;
        Some(String::from_utf8_lossy(&found.value).into_owned())
    };
    let text = |name| attribute(name).unwrap_or_default();
    match tag.local_name().as_ref() {
        b"net" => {
            net.is_net = true;
            net.version = text("version").parse().unwrap_or(0);
        }
        // Layers of a body lie within one: the outer is done, all that counts of it having been read.
        b"layer" => {
            net.finish(layer.take());
            *layer = Some(Layer { op_type: text("type"), name: text("name"), ..Layer::default() });
        }
        b"data" => {
            if let Some(layer) = layer {
                let number = |name| text(name).parse::<u64>().unwrap_or(0);
                layer.end = number("offset").saturating_add(number("size"));
                (layer.element_type, layer.shape) = (text("element_type"), text("shape"));
            }
        }
        b"Runtime_version" => net.producer = attribute("value").map(|v| format!("OpenVINO {v}")),
        // An input's tensor has names, of which the first is what the runtime calls it.
        b"port" => {
            if let (Some(layer), Some(names)) = (layer, attribute("names"))
                && layer.op_type == "Parameter"
                && let Some(first) = names.split(',').next()
            {
                layer.name = first.to_owned();
            }
        }
        _ => {}
    }
}

impl Gathered {
    fn finish(&mut self, layer: Option<Layer>) {
        let Some(layer) = layer else { return };
        let axes = layer.shape.split(',').map(str::trim).filter(|axis| !axis.is_empty());
        match layer.op_type.as_str() {
            "Const" => {
                self.weights_end = self.weights_end.max(layer.end);
                let shape: Option<Vec<u64>> = axes.map(|axis| axis.parse().ok()).collect();
                let n = shape.and_then(|shape| elements(&shape)).unwrap_or(0);
                match data_type(&layer.element_type) {
                    // Shapes, axes, indices.
                    None | Some(DataType::I64 | DataType::I32 | DataType::Bool | DataType::String) => {}
                    Some(_) if n <= 1 => {}
                    Some(dtype) => *self.params.entry(dtype).or_insert(0) += n,
                }
            }
            "Parameter" => {
                let dims = axes.map(|axis| axis.parse().map_or(Dim::Unknown, Dim::Fixed)).collect();
                if let Some(dtype) = data_type(&layer.element_type) {
                    self.inputs.push(TensorSpec { name: layer.name, dtype, dims });
                }
            }
            "Result" => self.outputs.push(layer.name),
            _ => self.operators += 1,
        }
    }
}

/// By OpenVINO's names.
pub(super) fn data_type(name: &str) -> Option<DataType> {
    use DataType::*;
    Some(match name {
        "f32" => F32,
        "f16" => F16,
        "bf16" => BF16,
        "f64" => F64,
        "i64" => I64,
        "i32" => I32,
        "i16" => I16,
        "i8" => I8,
        "i4" => I4,
        "u64" => U64,
        "u32" => U32,
        "u16" => U16,
        "u8" => U8,
        "u4" => U4,
        "u2" => U2,
        "boolean" => Bool,
        "string" => String,
        "f8e4m3" => F8E4M3FN,
        "f8e5m2" => F8E5M2,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NET: &str = r#"<?xml version="1.0"?>
<net name="tiny" version="11"><layers>
<layer id="0" name="in" type="Parameter" version="opset1"><data shape="?,3" element_type="f32"/>
<output><port id="0" precision="FP32" names="x,x:0"><dim>-1</dim></port></output></layer>
<layer id="1" name="w" type="Const" version="opset1"><data element_type="f16" shape="3, 4" offset="0" size="24"/></layer>
<layer id="2" name="axes" type="Const" version="opset1"><data element_type="i64" shape="2" offset="24" size="16"/></layer>
<layer id="3" name="mm" type="MatMul" version="opset1"/>
<layer id="4" name="out/sink" type="Result" version="opset1"/>
</layers><rt_info><Runtime_version value="2026.4.1-22982"/></rt_info></net>"#;

    #[test]
    fn a_net_says_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.xml");
        std::fs::write(&path, NET).unwrap();
        assert!(matches!(read(&path), Err(ModelError::MissingData { .. })), "weights are not optional");
        std::fs::write(path.with_extension("bin"), [0; 30]).unwrap();
        assert!(matches!(read(&path), Err(ModelError::ShortData { needed: 40, size: 30, .. })));
        std::fs::write(path.with_extension("bin"), [0; 40]).unwrap();
        let file = read(&path).unwrap();
        assert_eq!((file.params, file.operators, file.precision.as_deref()), (12, 1, Some("float16")));
        assert_eq!(
            file.inputs,
            [TensorSpec { name: "x".into(), dtype: DataType::F32, dims: vec![Dim::Unknown, Dim::Fixed(3)] }]
        );
        assert_eq!(file.size.0, NET.len() as u64 + 40);
        assert_eq!(file.producer.as_deref(), Some("OpenVINO 2026.4.1-22982"));
    }

    #[test]
    fn what_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.xml");
        let error = |content: &[u8]| {
            std::fs::write(&path, content).unwrap();
            read(&path).unwrap_err()
        };
        assert!(error(&NET.as_bytes()[..300]).to_string().contains("or a damaged one"));
        assert!(error(b"<html><body></body></html>").to_string().contains("without a <net>"));
        assert!(error(b"\x1c\0\0\0TFL3rest").to_string().contains("a TensorFlow Lite model"));
        assert!(matches!(error(b""), ModelError::Empty { .. }));
    }
}
