//! What a model's file says, and what to do when LiteRT does not take it.

use super::status::Status;
use crate::graph::TfliteGraph;
use nntop_core::event::Fault;

/// A model's file.
pub(super) struct File {
    /// LiteRT's.
    pub(super) version: String,
    pub(super) path: String,
    pub(super) graph: TfliteGraph,
}

impl File {
    /// A fault while reading or compiling it.
    pub(super) fn failed(&self, status: Status) -> Fault {
        let version = &self.version;
        // Nothing is advised that was not seen to work: what LiteRT prints beside this is its own reason.
        let hint = match status.0 {
            3 | 5 | 504 if self.graph.is_stateful => Some(
                "it keeps state in variable tensors, as LSTM, SVDF and streaming models do, which LiteRT's compiled models do not run; its Interpreter \
                 does (Python: ai_edge_litert.interpreter), and nntop does not drive that",
            ),
            3 | 5 | 504 => None,
            _ => Some("the file may be damaged, or made by a newer converter: fetch or convert it again"),
        };
        Fault::input(format!("{}: LiteRT {version} cannot load it: {status}", self.path))
            .maybe_hint(hint.map(str::to_owned))
    }
}
