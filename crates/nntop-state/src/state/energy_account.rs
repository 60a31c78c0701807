//! What is added up of a variant's energy while it measures.

use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};

/// What is known of a variant's energy so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Account {
    /// Measured blocks that no reading has followed yet: begin, end, inferences.
    pub(super) open: Vec<(Nanos, Nanos, u64)>,
    pub(super) joules: f64,
    pub(super) inferences: u64,
    pub(super) span: Nanos,
    pub(super) updates: u64,
    pub(super) updated: Nanos,
    /// Another variant measured at the same time: nobody can tell whose energy it was.
    pub(super) shared: bool,
}
