//! Commands: the only arrow that goes back, from the front end to the agent and on to the workers.

use super::{BlockKind, Plan, Recorder, Slot, Tick};
use crate::unit::Nanos;
use serde::{Deserialize, Serialize};

/// A command with the number that its answer carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Chosen by the front end.
    pub id: u64,
    /// What to do.
    pub order: Order,
}

/// What a front end can ask of an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Begin. The first command of a stream, once.
    Start(Plan),
    /// End the block in hand, then rest.
    Pause,
    /// Go on.
    Resume,
    /// Start the variant anew, as a new run in the same slot.
    Restart {
        /// Which.
        variant: Slot,
    },
    /// Profile the variant's operators in a burst; all variants where none is named.
    Profile {
        /// Which.
        variant: Option<Slot>,
    },
    /// End the blocks in hand, report what was measured as interrupted, and end.
    Stop,
    /// Look at the machine's processes so often from now on; zero is not at all. Since protocol 1.1.
    Watch {
        /// How often.
        every: Nanos,
        /// Beside the busiest and the largest also those whose name, command or number has these letters, whatever their case.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        filter: String,
    },
    /// Change the device, where the plan allows it.
    Control {
        /// Which control.
        name: String,
        /// What it is to be set to.
        value: String,
        /// Whether it is left so when the agent ends.
        keep: bool,
    },
    /// What the front end itself costs; it becomes a `tick` event.
    Tick(Tick),
    /// What becomes of the front end's recording; it becomes a `recorder` event.
    Recorder(Recorder),
    /// A person marks this moment; it becomes a `mark` event.
    Mark,
}

/// A command's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The command's number.
    pub id: u64,
    /// What became of it.
    pub reply: Reply,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It was done.
    Done,
    /// It was not, and why.
    Refused(String),
}

/// What an agent asks of a worker, one JSON object a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerOrder {
    /// A turn: blocks of one kind, until a limit is reached or `Hold` comes.
    Turn {
        /// What the blocks count for.
        kind: BlockKind,
        /// How long a block should take.
        block: Nanos,
        /// Inferences of the whole turn; `None` is no limit.
        inferences: Option<u64>,
        /// Time of the whole turn; `None` is no limit.
        duration: Option<Nanos>,
        /// Both limits must be reached, not only the first (warm-up and settling).
        both: bool,
    },
    /// A profiling burst: one block with the runtime's profiler on. It ends with a `profiled` event, not with `turn_done`:
    /// the findings are read first.
    Profile {
        /// Where the runtime may write; the agent's own, emptied and removed by it.
        folder: String,
        /// At most so many inferences …
        inferences: u64,
        /// … and no further one after this time.
        duration: Nanos,
    },
    /// End the turn with the block in hand.
    Hold,
}
