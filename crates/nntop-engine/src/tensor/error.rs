//! What can be wrong with a tensor file.

use std::path::{Path, PathBuf};

/// A tensor file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TensorError {
    /// The file cannot be read at all.
    #[error("{}: {}", path.display(), reason(source))]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what its name promises, or is damaged.
    #[error("{}: not a usable {kind} file: {reason}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// `.npy`, `.npz` or `.pb`.
        kind: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is sound, but nntop cannot use such elements.
    #[error("{}: elements of type {dtype} cannot be used as an input", path.display())]
    Unsupported {
        /// Which file.
        path: PathBuf,
        /// The type as the file calls it.
        dtype: String,
    },
}

impl TensorError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Some("check the path; it is taken relative to the current folder".into())
            }
            Self::Io { .. } => None,
            Self::Malformed { kind: ".pb", .. } => {
                Some("a .pb input is one serialised TensorProto, as in the test_data_set folders of ONNX models".into())
            }
            Self::Malformed { .. } => Some("write it again with numpy.save(path, array) or numpy.savez".into()),
            Self::Unsupported { .. } => {
                Some("convert the array first, for example with array.astype('float32'), and save it again".into())
            }
        }
    }

    pub(super) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    pub(super) fn malformed(path: &Path, kind: &'static str, reason: impl Into<String>) -> Self {
        Self::Malformed { path: path.into(), kind, reason: reason.into() }
    }
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".into(),
        std::io::ErrorKind::IsADirectory => "is a folder, not a file".into(),
        std::io::ErrorKind::PermissionDenied => "not readable: permission denied".into(),
        _ => error.to_string(),
    }
}
