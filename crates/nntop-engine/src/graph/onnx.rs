//! From the bytes of an `.onnx` file to what it says about itself.

use super::error::ModelError;
use super::external::DataFiles;
use super::proto::{GraphProto, ModelProto, ValueInfoProto};
use super::{Format, ModelFile, Shapes, depth, infer, sniff, weights, whole};
use crate::sha256::sha256_hex_of;
use crate::tensor::{DataType, Dim, TensorSpec};
use nntop_core::unit::Bytes;
use prost::Message as _;
use std::collections::{BTreeMap, HashSet};
use std::io::Read as _;
use std::path::Path;

/// How much of the file is looked at to tell what it is.
const HEAD: usize = 512;
/// The most that one protobuf can be.
const LIMIT: u64 = 1 << 31;

pub(super) fn read(path: &Path, shapes: &Shapes<'_>) -> Result<ModelFile, ModelError> {
    let bytes = load(path)?;
    describe(path, &bytes, &decode(path, bytes.clone())?, shapes)
}

/// What the decoded model says about itself.
pub(super) fn describe(
    path: &Path,
    bytes: &[u8],
    model: &ModelProto,
    shapes: &Shapes<'_>,
) -> Result<ModelFile, ModelError> {
    let sha256 = sha256_hex_of(bytes);
    let size = bytes.len() as u64;
    let Some(graph) = &model.graph else { return Err(ModelError::NoGraph { path: path.into(), size }) };
    if model.opset_import.is_empty() {
        return Err(ModelError::NoOpset { path: path.into() });
    }
    let mut files = DataFiles::new(path);
    let operators = check(path, graph, &mut files)?;
    let by_type = weights::count(graph);
    let (inputs, non_tensor_inputs) = inputs(path, graph)?;
    Ok(ModelFile {
        path: path.into(),
        format: Format::Onnx,
        sha256,
        size: Bytes(size.saturating_add(files.size())),
        params_bytes: weights::bytes(&by_type),
        depth: Some(depth::of(graph)),
        data_files: files.paths(),
        nodes: shapes(&inputs).map(|given| infer::nodes(graph, &given)).unwrap_or_default(),
        params: by_type.values().fold(0, |sum, &n| sum.saturating_add(n)),
        precision: by_type.iter().max_by_key(|(_, n)| **n).map(|(dtype, _)| dtype.name().into()),
        params_by_type: by_type.into_iter().map(|(dtype, n)| (dtype.name().into(), n)).collect(),
        operators,
        opsets: opsets(model),
        producer: producer(model),
        ir_version: model.ir_version.unwrap_or_default(),
        inputs,
        non_tensor_inputs,
        outputs: graph.output.iter().filter_map(|o| o.name.clone()).collect(),
    })
}

/// The bytes of a file and the model in them.
pub(super) fn load_model(path: &Path) -> Result<(bytes::Bytes, ModelProto), ModelError> {
    let bytes = load(path)?;
    let model = decode(path, bytes.clone())?;
    Ok((bytes, model))
}

/// The whole file, unless what it is shows without reading it.
pub(super) fn load(path: &Path) -> Result<bytes::Bytes, ModelError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ModelError::Missing { path: path.into() },
        _ => ModelError::Unreadable { path: path.into(), source },
    };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(ModelError::Folder { path: path.into(), models: models_in(path) });
    }
    if !metadata.is_file() {
        return Err(failed(std::io::Error::other("not a regular file")));
    }
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.by_ref().take(HEAD as u64).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.is_empty() {
        return Err(ModelError::Empty { path: path.into() });
    }
    if let Some(kind) = sniff::foreign(&bytes) {
        return Err(not_onnx(path, &bytes, kind));
    }
    if metadata.len() >= LIMIT {
        return Err(ModelError::TooLarge { path: path.into(), size: Bytes(metadata.len()) });
    }
    if let Some(mapped) = whole::mapped(&file, metadata.len()) {
        return Ok(mapped);
    }
    bytes.reserve(metadata.len() as usize);
    file.take(LIMIT).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes.into())
}

/// The models in a folder, the first few.
fn models_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
    let mut models: Vec<_> = names.filter(|name| name.ends_with(".onnx")).collect();
    models.sort();
    models.truncate(5);
    models
}

pub(super) fn decode(path: &Path, bytes: bytes::Bytes) -> Result<ModelProto, ModelError> {
    let decoded = match ModelProto::decode(bytes.clone()) {
        Ok(model) if model.graph.is_some() => return Ok(model),
        other => other,
    };
    let (path, size) = (path.to_path_buf(), bytes.len() as u64);
    let head = &bytes[..bytes.len().min(HEAD)];
    if let Some(kind) = sniff::undecodable(head) {
        return Err(not_onnx(&path, head, kind));
    }
    match decoded {
        Ok(_) => Err(ModelError::NoGraph { path, size }),
        Err(e) => Err(match sniff::truncated(&bytes) {
            Some(needed) => ModelError::Truncated { path, size, needed },
            None => ModelError::Corrupt { path, head: sniff::shown(head), size, reason: e.to_string() },
        }),
    }
}

fn not_onnx(path: &Path, head: &[u8], kind: sniff::Kind) -> ModelError {
    ModelError::NotOnnx { path: path.into(), head: sniff::shown(head), kind: kind.name, hint: kind.hint }
}

/// Whether all weights are whole, in the graph and its subgraphs; how many nodes there are.
fn check<'a>(path: &Path, graph: &'a GraphProto, files: &mut DataFiles<'a>) -> Result<u64, ModelError> {
    let sparse = graph.sparse_initializer.iter().flat_map(|s| [&s.values, &s.indices]).flatten();
    let constants =
        graph.node.iter().flat_map(|n| &n.attribute).flat_map(|a| a.t.as_deref().into_iter().chain(&a.tensors));
    for tensor in graph.initializer.iter().chain(sparse).chain(constants) {
        if tensor.is_external() {
            files.check(tensor)?;
        } else if tensor.dtype().is_ok() {
            // A type that is newer than this version is the runtime's to judge.
            let tensor_name = || tensor.name.clone().unwrap_or_default();
            tensor.check().map_err(|reason| ModelError::Weight { path: path.into(), tensor: tensor_name(), reason })?;
        }
    }
    let mut nodes = graph.node.len() as u64;
    for subgraph in graph.node.iter().flat_map(|n| n.subgraphs()) {
        nodes += check(path, subgraph, files)?;
    }
    Ok(nodes)
}

/// The inputs that the caller gives: older files list the initializers among them.
fn inputs(path: &Path, graph: &GraphProto) -> Result<(Vec<TensorSpec>, Vec<String>), ModelError> {
    let sparse = graph.sparse_initializer.iter().filter_map(|s| s.values.as_ref());
    let given: HashSet<_> = graph.initializer.iter().chain(sparse).filter_map(|t| t.name.as_deref()).collect();
    let (mut tensors, mut others) = (Vec::new(), Vec::new());
    for input in &graph.input {
        let name = input.name.clone().unwrap_or_default();
        if given.contains(name.as_str()) {
            continue;
        }
        match input.r#type.as_ref().and_then(|t| t.tensor_type.as_ref()) {
            Some(tensor) => {
                let number = tensor.elem_type.unwrap_or_default();
                let Some(dtype) = DataType::from_onnx(number) else {
                    return Err(ModelError::InputType { path: path.into(), input: name, number });
                };
                tensors.push(TensorSpec { name, dtype, dims: dims(input) });
            }
            None => others.push(name),
        }
    }
    Ok((tensors, others))
}

/// The axes of a tensor; a negative size, which some exporters write, means a free axis.
pub(super) fn dims(input: &ValueInfoProto) -> Vec<Dim> {
    let shape = input.r#type.as_ref().and_then(|t| t.tensor_type.as_ref()).and_then(|t| t.shape.as_ref());
    let Some(shape) = shape else { return vec![Dim::Rest] };
    let axes = shape.dim.iter();
    axes.map(|dim| match (dim.dim_value.map(u64::try_from), dim.dim_param.as_deref()) {
        (Some(Ok(n)), _) => Dim::Fixed(n),
        (None, Some(name)) if !name.is_empty() => Dim::Named(name.into()),
        _ => Dim::Unknown,
    })
    .collect()
}

/// The inputs of an ONNX file whose number of axes it leaves open, which runtimes do not tell from scalars.
pub(super) fn open_ranks(path: &Path) -> Vec<String> {
    let read = std::fs::read(path).ok().filter(|bytes| bytes.len() as u64 <= LIMIT);
    let model = read.and_then(|bytes| ModelProto::decode(&*bytes).ok());
    let graph = model.and_then(|model| model.graph);
    let inputs = graph.into_iter().flat_map(|graph| graph.input);
    inputs.filter(|input| dims(input) == [Dim::Rest]).filter_map(|input| input.name).collect()
}

fn opsets(model: &ModelProto) -> BTreeMap<String, i64> {
    let sets = model.opset_import.iter().map(|set| {
        let domain = set.domain.as_deref().filter(|d| !d.is_empty()).unwrap_or("ai.onnx");
        (domain.to_owned(), set.version.unwrap_or_default())
    });
    sets.collect()
}

fn producer(model: &ModelProto) -> Option<String> {
    let name = model.producer_name.as_deref().filter(|name| !name.is_empty())?;
    match model.producer_version.as_deref().filter(|version| !version.is_empty()) {
        Some(version) => Some(format!("{name} {version}")),
        None => Some(name.into()),
    }
}
