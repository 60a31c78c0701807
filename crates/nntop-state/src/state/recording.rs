//! What is recorded of a run, and what is lost of it.

use super::{Finding, FindingId, FindingLevel};
use nntop_core::event::{Recorder, RecorderStatus};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};

/// The recording of this run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Recording {
    /// The file that is being written, and since when.
    pub file: Option<(String, Nanos)>,
    /// What was lost and why, of the latest recording that lost something; it stays for the rest of the run.
    pub lost: Option<String>,
}

impl Recording {
    pub(super) fn take(&mut self, said: &Recorder, t: Nanos) {
        match (said.status, &self.file) {
            (RecorderStatus::Recording, Some((path, _))) if *path == said.path => {}
            (RecorderStatus::Recording, _) => self.file = Some((said.path.clone(), t)),
            // What was saved beside it does not end it.
            (_, Some((path, _))) if *path != said.path => {}
            _ => self.file = None,
        }
        if let Some(lost) = &said.lost {
            self.lost = Some(format!("{}: {lost}", said.path));
        }
    }

    /// What is to be known about it, where something is.
    pub(super) fn finding(&self) -> Option<Finding> {
        let lost = self.lost.as_ref()?;
        let hint = "the figures are not touched by it; make room, or name another file with --record";
        Some(Finding {
            id: FindingId::RecordingLost,
            level: FindingLevel::Warning,
            variant: None,
            text: format!("recording {lost}"),
            hint: Some(hint.into()),
        })
    }
}
