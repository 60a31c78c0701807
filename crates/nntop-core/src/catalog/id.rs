//! Which engine a variant asks for: `openvino`, `openvino==2025.4.1`, `onnxruntime-gpu`, `synthetic:normal,median=1ms`.

use super::{EngineKind, Entry};
use serde::{Deserialize, Serialize};

/// An engine as a plan names it: an engine of the catalogue or one that a program brings itself, by its own name or a
/// package's, with a version where that matters, and with the text that some engines take behind a colon.
///
/// It is read from and stored as one string, `NAME[==VERSION][:ARGUMENT]`; every string is one, since a plan may name
/// engines that another program knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct EngineId {
    kind: Option<EngineKind>,
    /// The engine's name, or that of a package which brings it.
    name: String,
    version: Option<String>,
    argument: Option<String>,
}

impl EngineId {
    /// The engine of the catalogue; `None` for one that a program brings itself, and where nothing is named.
    pub fn kind(&self) -> Option<EngineKind> {
        self.kind
    }

    /// Whether it is this engine, whatever its package, version and argument.
    pub fn is(&self, kind: EngineKind) -> bool {
        self.kind == Some(kind)
    }

    /// Its row in the catalogue.
    pub fn entry(&self) -> Option<&'static Entry> {
        self.kind.map(EngineKind::entry)
    }

    /// The engine without package, version and argument: `onnxruntime` of `onnxruntime-gpu==1.31.1`.
    pub fn name(&self) -> &str {
        self.kind.map_or(self.name.as_str(), |kind| kind.name())
    }

    /// As it was named, without version and argument: `onnxruntime-gpu` of `onnxruntime-gpu==1.31.1`.
    pub fn package(&self) -> &str {
        &self.name
    }

    /// The version that was asked for.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// What stands behind the colon.
    pub fn argument(&self) -> Option<&str> {
        self.argument.as_deref()
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<EngineKind> for EngineId {
    fn from(kind: EngineKind) -> Self {
        Self { kind: Some(kind), name: kind.name().into(), version: None, argument: None }
    }
}

impl From<&str> for EngineId {
    fn from(text: &str) -> Self {
        let (head, argument) = match text.split_once(':') {
            Some((head, argument)) => (head, Some(argument.to_owned())),
            None => (text, None),
        };
        let (name, version) = match head.split_once("==") {
            Some((name, version)) => (name, Some(version.to_owned())),
            None => (head, None),
        };
        let kind = EngineKind::of_package(name);
        if argument.is_some() && kind.is_some_and(|kind| kind.entry().argument.is_none()) {
            // One of another kind, whatever its name begins with.
            return Self { kind: None, name: text.to_owned(), version: None, argument: None };
        }
        let name = kind.filter(|kind| kind.entry().aliases.contains(&name)).map_or(name, |kind| kind.name());
        Self { kind, name: name.to_owned(), version, argument }
    }
}

impl From<String> for EngineId {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<EngineId> for String {
    fn from(id: EngineId) -> Self {
        id.to_string()
    }
}

impl std::str::FromStr for EngineId {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

impl std::fmt::Display for EngineId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        if let Some(version) = &self.version {
            write!(f, "=={version}")?;
        }
        if let Some(argument) = &self.argument {
            write!(f, ":{argument}")?;
        }
        Ok(())
    }
}
