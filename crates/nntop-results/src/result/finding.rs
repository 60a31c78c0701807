//! Findings as a result carries them.

use serde::{Deserialize, Serialize};

pub use nntop_state::{FindingId, FindingLevel, Verdict};

/// Something that was looked at, and what was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at, by its stable name.
    pub id: FindingId,
    /// How grave it is.
    pub level: FindingLevel,
    /// One sentence with the figures.
    pub text: String,
    /// What to do about it, or what it means.
    pub hint: Option<String>,
}

impl Finding {
    pub(super) fn of(f: &nntop_state::Finding) -> Self {
        Self { id: f.id, level: f.level, text: f.text.clone(), hint: f.hint.clone() }
    }
}
