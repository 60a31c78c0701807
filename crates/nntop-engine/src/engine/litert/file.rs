//! What a model's file says, and what to do when LiteRT does not take it.

use super::status::Status;
use crate::graph::TfliteGraph;
use nntop_core::event::Fault;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A model's file.
pub(super) struct File {
    /// LiteRT's.
    pub(super) version: String,
    pub(super) path: String,
    pub(super) graph: TfliteGraph,
    /// Set where compiled models do not run it, though the file is sound: LiteRT's Interpreter may.
    pub(super) refused: Arc<AtomicBool>,
}

impl File {
    /// A fault while reading or compiling it. Variable tensors and outputs whose size only an inference knows are refused here, or by
    /// the first inference; what LiteRT prints beside this is its own reason.
    pub(super) fn failed(&self, status: Status) -> Fault {
        let version = &self.version;
        let is_refused = self.note(status);
        let hint = (!is_refused)
            .then(|| "the file may be damaged, or made by a newer converter: fetch or convert it again".to_owned());
        let state = match self.graph.is_stateful {
            true if is_refused => ": it keeps state in variable tensors, as LSTM, SVDF and streaming models do",
            _ => "",
        };
        Fault::input(format!("{}: LiteRT {version} cannot load it: {status}{state}", self.path)).maybe_hint(hint)
    }

    /// A fault of an inference.
    #[cold]
    pub(super) fn failed_to_infer(&self, status: Status) -> Fault {
        self.note(status);
        Fault::run(format!("the inference failed: {status}"))
    }

    /// Whether the status is one of a sound file that is not run.
    fn note(&self, status: Status) -> bool {
        let is_refused = status.is_refusal();
        self.refused.fetch_or(is_refused, Ordering::Relaxed);
        is_refused
    }
}
