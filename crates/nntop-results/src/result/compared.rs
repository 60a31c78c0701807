//! `nntop.comparison/1`: variants of several origins, their pairs, and the gates.

use super::{GateResult, Pair, Side};
use serde::{Deserialize, Serialize};

/// The schema's name and major version.
pub const COMPARISON_SCHEMA: &str = "nntop.comparison/1";

/// Variants of several origins, and how they stand to each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonResult {
    /// [`COMPARISON_SCHEMA`].
    pub schema: String,
    /// The version of nntop that compared.
    pub nntop: String,
    /// All variants.
    pub sides: Vec<Side>,
    /// Those that were held against each other.
    pub comparison: Vec<Pair>,
    /// Every gate for every pair.
    pub gates: Vec<GateResult>,
}

impl ComparisonResult {
    /// Of these sides and pairs.
    pub fn new(sides: Vec<Side>, comparison: Vec<Pair>, gates: Vec<GateResult>) -> Self {
        let (schema, nntop) = (COMPARISON_SCHEMA.into(), env!("CARGO_PKG_VERSION").into());
        Self { schema, nntop, sides, comparison, gates }
    }

    /// As pretty JSON, with a newline at the end.
    pub fn to_json(&self) -> String {
        crate::json::pretty(self)
    }
}
