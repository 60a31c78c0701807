//! Why a model file cannot be used, and what to do about it.

use crate::tensor::join;
use nntop_core::catalog;
use nntop_core::unit::Bytes;
use std::path::PathBuf;

/// A model file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Nothing is there.
    #[error("{}: no such file", path.display())]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// A folder, or something else that is not a file.
    #[error("{}: is a folder, not a model file", path.display())]
    Folder {
        /// The path as given.
        path: PathBuf,
        /// The models in it, by name.
        models: Vec<String>,
    },
    /// The system refused.
    #[error("{}: not readable: {source}", path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No bytes at all.
    #[error("{}: the file is empty (0 bytes)", path.display())]
    Empty {
        /// The path as given.
        path: PathBuf,
    },
    /// Beyond what protobuf can hold.
    #[error("{}: {size} in one file, but ONNX's file format ends at 2 GiB", path.display())]
    TooLarge {
        /// The path as given.
        path: PathBuf,
        /// Its size.
        size: Bytes,
    },
    /// Another format, named by its first bytes.
    #[error("{}: not an ONNX file (first bytes are \"{head}\", {kind})", path.display())]
    NotOnnx {
        /// The path as given.
        path: PathBuf,
        /// The first bytes, readable.
        head: String,
        /// What it is, with its article.
        kind: &'static str,
        /// What to do with such a file.
        hint: String,
    },
    /// The file stops inside a field.
    #[error("{}: truncated: the file ends after {size} bytes, but its contents need at least {needed}", path.display())]
    Truncated {
        /// The path as given.
        path: PathBuf,
        /// Bytes that are there.
        size: u64,
        /// Bytes that there should be.
        needed: u64,
    },
    /// Not a protobuf of this kind.
    #[error("{}: not an ONNX file, or a damaged one (first bytes are \"{head}\", {size} bytes): {reason}", path.display())]
    Corrupt {
        /// The path as given.
        path: PathBuf,
        /// The first bytes, readable.
        head: String,
        /// Bytes that are there.
        size: u64,
        /// The decoder's words.
        reason: String,
    },
    /// Another format than the engine's.
    #[error("{}: not {wanted} (first bytes are \"{head}\", {kind})", path.display())]
    OtherFormat {
        /// The path as given.
        path: PathBuf,
        /// What it should be, with its article.
        wanted: &'static str,
        /// The first bytes, readable.
        head: String,
        /// What it is, with its article.
        kind: &'static str,
    },
    /// Not the format that its name says, or a damaged one.
    #[error("{}: not {wanted}, or a damaged one (first bytes are \"{head}\", {size} bytes): {reason}", path.display())]
    Damaged {
        /// The path as given.
        path: PathBuf,
        /// What it should be, with its article.
        wanted: &'static str,
        /// The first bytes, readable.
        head: String,
        /// Bytes that are there.
        size: u64,
        /// What is wrong.
        reason: String,
    },
    /// A protobuf without a graph.
    #[error("{}: not an ONNX model: it holds no graph ({size} bytes)", path.display())]
    NoGraph {
        /// The path as given.
        path: PathBuf,
        /// Bytes that are there.
        size: u64,
    },
    /// A model that does not say what its operators mean.
    #[error("{}: the model imports no operator set (opset_import is missing)", path.display())]
    NoOpset {
        /// The path as given.
        path: PathBuf,
    },
    /// Weights whose data does not fit.
    #[error("{}: weight \"{tensor}\" is unusable: {reason}", path.display())]
    Weight {
        /// The path as given.
        path: PathBuf,
        /// The initializer or constant.
        tensor: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Weights in another file, which is not there.
    #[error("{}: its weights are in \"{location}\", which is not in {}", path.display(), folder.display())]
    MissingData {
        /// The path as given.
        path: PathBuf,
        /// The file's name as the model has it.
        location: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// Weights in another file, which is too short.
    #[error("{}: weight \"{tensor}\" ends at byte {needed} of \"{location}\", but that file has {size}", path.display())]
    ShortData {
        /// The path as given.
        path: PathBuf,
        /// The initializer.
        tensor: String,
        /// The file's name as the model has it.
        location: String,
        /// The bytes that there are.
        size: u64,
        /// The bytes that there should be.
        needed: u64,
    },
    /// Weights outside the model's folder.
    #[error("{}: its weights are in \"{location}\", outside the model's folder; refused", path.display())]
    EscapingData {
        /// The path as given.
        path: PathBuf,
        /// The path as the model has it.
        location: String,
    },
    /// An input whose type cannot be made.
    #[error("{}: input \"{input}\" has the element type {number}, which nntop does not know", path.display())]
    InputType {
        /// The path as given.
        path: PathBuf,
        /// The input.
        input: String,
        /// ONNX's number of the type.
        number: i32,
    },
}

impl ModelError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Missing { .. } => "check the path; it is taken relative to the current folder".into(),
            Self::Folder { models, .. } if models.is_empty() => "give the path of an .onnx model".into(),
            Self::Folder { models, .. } => format!("give one of the models in it: {}", join(models).replace(',', ", ")),
            Self::Unreadable { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                "ask for read access, for example with `chmod +r`".into()
            }
            Self::Unreadable { .. } => return None,
            Self::Empty { .. } => "a download or an export has failed: make the file again".into(),
            Self::TooLarge { .. } => {
                "save the weights as external data: onnx.save_model(model, path, save_as_external_data=True)".into()
            }
            Self::NotOnnx { hint, .. } => hint.clone(),
            Self::Truncated { .. } => "the download may have been interrupted: fetch the file again".into(),
            Self::Corrupt { .. } => {
                "if it is meant to be ONNX, the download may have been interrupted: fetch or export it again".into()
            }
            Self::OtherFormat { .. } => {
                format!("choose the engine that reads it with --engine: {}", catalog::formats())
            }
            Self::Damaged { .. } => {
                "the download may have been interrupted: fetch or convert it again; another format takes another --engine".into()
            }
            Self::NoGraph { .. } => "give an .onnx model; a .pb test vector or a TensorFlow graph is none".into(),
            Self::NoOpset { .. } => "export the model again, or add it with onnx.helper.make_opsetid(\"\", 17)".into(),
            Self::Weight { .. } => "the file was stripped of its weights or damaged: export it again".into(),
            Self::MissingData { folder, location, .. } => {
                format!(
                    "put the file at {}, or export the model with its weights inside",
                    folder.join(location).display()
                )
            }
            Self::ShortData { .. } => {
                "the data file may have been cut short or belong to another model: fetch it again".into()
            }
            Self::EscapingData { .. } => "keep the data file next to the model and save the model again".into(),
            Self::InputType { .. } => return None,
        })
    }
}
