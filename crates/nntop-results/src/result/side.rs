//! A variant that is compared, of any origin: measured now, saved, recorded, or another tool's.

use super::{RunResult, VariantResult};
use nntop_core::event::HostInfo;
use serde::{Deserialize, Serialize};

/// Where a side comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// `measured` now, or read from a `result`, a `recording`, the `history`.
    pub kind: String,
    /// The file's path, or the number in the history.
    pub place: Option<String>,
}

impl Source {
    /// Measured now.
    pub fn measured() -> Self {
        Self { kind: "measured".into(), place: None }
    }
}

/// A variant with what its result says about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// What it is called here: its own name, or that of the file that it is from.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// When its run began, nanoseconds since 1970-01-01 UTC.
    pub began_unix_ns: Option<u64>,
    /// What its run was labelled.
    pub label: Option<String>,
    /// The tool that measured it, where that is not nntop.
    pub imported: Option<String>,
    /// The version of nntop that measured it.
    pub nntop: String,
    /// The machine that it was measured on.
    pub host: HostInfo,
    /// Whether all variants of its run measured at once.
    pub parallel: bool,
    /// What was measured.
    pub variant: VariantResult,
}

impl Side {
    /// The measured variants of a result. A single one is called `name`, where there is one.
    pub fn all(result: &RunResult, name: &str, source: Source) -> Vec<Self> {
        let measured: Vec<&VariantResult> = result.variants.iter().filter(|v| v.is_measured()).collect();
        let single = measured.len() == 1;
        let called = |v: &VariantResult| match (name, single) {
            ("", _) => v.name.clone(),
            (name, true) => name.to_owned(),
            (name, false) => format!("{name}:{}", v.name),
        };
        let side = |v: &&VariantResult| Self {
            name: called(v),
            source: source.clone(),
            began_unix_ns: result.began_unix_ns,
            label: result.label.clone(),
            imported: result.imported.clone(),
            nntop: result.nntop.clone(),
            host: result.host.clone(),
            parallel: result.settings.parallel,
            variant: (*v).clone(),
        };
        measured.iter().map(side).collect()
    }
}
