//! Weights that lie in files next to the model: they must be there, be long enough and stay in its folder.

use super::error::ModelError;
use super::proto::TensorProto;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// The data files met so far, each looked at once.
pub(super) struct DataFiles<'a> {
    model: &'a Path,
    folder: PathBuf,
    sizes: HashMap<&'a str, u64>,
}

impl<'a> DataFiles<'a> {
    pub(super) fn new(model: &'a Path) -> Self {
        let folder = match model.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.into(),
            _ => PathBuf::from("."),
        };
        Self { model, folder, sizes: HashMap::new() }
    }

    /// All of them, as paths.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let mut paths: Vec<_> = self.sizes.keys().map(|location| self.folder.join(location)).collect();
        paths.sort();
        paths
    }

    /// Bytes of all data files together.
    pub(super) fn size(&self) -> u64 {
        self.sizes.values().fold(0, |sum, &n| sum.saturating_add(n))
    }

    /// Checks that the values of `tensor` are where it says.
    pub(super) fn check(&mut self, tensor: &'a TensorProto) -> Result<(), ModelError> {
        let name = || tensor.name.clone().unwrap_or_default();
        let wrong = |reason: String| ModelError::Weight { path: self.model.into(), tensor: name(), reason };
        let entry = |key: &str| {
            let found = tensor.external_data.iter().find(|e| e.key.as_deref() == Some(key));
            found.and_then(|e| e.value.as_deref())
        };
        let number = |key: &str| match entry(key) {
            Some(text) => {
                text.parse::<u64>().map(Some).map_err(|_| wrong(format!("its {key} \"{text}\" is no number")))
            }
            None => Ok(None),
        };
        let location = entry("location").ok_or_else(|| wrong("it does not say which file holds its data".into()))?;
        let (offset, length) = (number("offset")?.unwrap_or(0), number("length")?);
        // A type that is newer than this version is the runtime's to judge.
        let need = match tensor.dtype() {
            Ok(dtype) => dtype.byte_len(tensor.shape().map_err(wrong)?.iter().product()),
            Err(_) => None,
        };
        if let (Some(need), Some(length)) = (need, length)
            && need != length
        {
            return Err(wrong(format!("its data in \"{location}\" has {length} bytes, but its shape needs {need}")));
        }
        let size = self.size_of(location)?;
        let needed = offset.saturating_add(length.or(need).unwrap_or(0));
        if needed > size {
            let (path, location) = (self.model.into(), location.into());
            return Err(ModelError::ShortData { path, tensor: name(), location, size, needed });
        }
        Ok(())
    }

    fn size_of(&mut self, location: &'a str) -> Result<u64, ModelError> {
        if let Some(&size) = self.sizes.get(location) {
            return Ok(size);
        }
        if escapes(location) {
            return Err(ModelError::EscapingData { path: self.model.into(), location: location.into() });
        }
        match std::fs::metadata(self.folder.join(location)) {
            Ok(m) if m.is_file() => {
                self.sizes.insert(location, m.len());
                Ok(m.len())
            }
            _ => Err(ModelError::MissingData {
                path: self.model.into(),
                location: location.into(),
                folder: self.folder.clone(),
            }),
        }
    }
}

/// Whether a path leaves the folder it is relative to. Links are followed: caches store data behind them.
fn escapes(location: &str) -> bool {
    let mut depth = 0;
    Path::new(location).components().any(|part| {
        match part {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return true,
        }
        depth < 0
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_stay_in_the_folder() {
        for inside in ["weights.bin", "./w", "data/w", "data/../w"] {
            assert!(!super::escapes(inside), "{inside}");
        }
        for outside in ["/etc/passwd", "../w", "data/../../w"] {
            assert!(super::escapes(outside), "{outside}");
        }
    }
}
