//! nntop's own file of profiles, schema `nntop.profile/1`: the rows as they are, with nothing lost.

use super::folded::FOLDED;
use super::{OpenError, PERF};
use nntop_core::event::{OpProfile, OpRow};
use serde::{Deserialize, Serialize};
use std::io::Read;

/// The schema that is written and read.
pub const SCHEMA: &str = "nntop.profile/1";

/// A file of profiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileFile {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of nntop that wrote it.
    pub nntop: String,
    /// One for each variant.
    pub profiles: Vec<Titled>,
}

/// A profile and what it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Titled {
    /// What was profiled: `squeezenet · onnxruntime 1.31.1 · cpu · batch 1`.
    pub title: String,
    /// How much longer a profiled inference takes than one without a profiler (0.06 is 6 %), where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overhead: Option<f64>,
    /// Where its time went.
    pub profile: OpProfile,
}

/// The first profile of a file of nntop's own; that there are more it says itself.
pub(super) fn read(input: impl Read) -> Result<Titled, OpenError> {
    let file: ProfileFile = serde_json::from_reader(input).map_err(|e| match e.classify() {
        serde_json::error::Category::Io => OpenError::Unreadable(e.into()),
        _ => OpenError::Own(e.to_string()),
    })?;
    let major = |schema: &str| schema.split_once('/').map(|(name, version)| (name.to_owned(), version.to_owned()));
    if major(&file.schema) != major(SCHEMA) {
        return Err(OpenError::Newer { schema: file.schema });
    }
    let count = file.profiles.len();
    let Some(mut first) = file.profiles.into_iter().next() else { return Err(OpenError::NoProfile) };
    if count > 1 {
        first.profile.partial.get_or_insert_with(|| format!("the first of {count} profiles of its file"));
    }
    check(&first.profile)?;
    // Versions up to 0.1 did not write them.
    if first.profile.rows.iter().all(|row| row.device_time.0 == 0) {
        first.profile.add_device_times();
    }
    // Where nobody says the wall time it is what the rows add up to: once, and not for each row that is shown.
    first.profile.wall = first.profile.whole();
    // Nor did they say what was counted: samples.
    let of = first.profile.source.as_str();
    let counted = |row: &OpRow| row.self_time.0 == row.calls;
    if first.profile.counts.is_none() && [FOLDED, PERF].contains(&of) && first.profile.rows.iter().all(counted) {
        first.profile.counts = Some("samples".into());
    }
    Ok(first)
}

/// A file that was edited may name parents that are not there; everything below relies on the order.
fn check(profile: &OpProfile) -> Result<(), OpenError> {
    let wrong = profile.rows.iter().enumerate().find(|(i, row)| row.parent.is_some_and(|p| p as usize >= *i));
    wrong.map_or(Ok(()), |(i, _)| Err(OpenError::Own(format!("row {i} stands before the row that encloses it"))))
}
