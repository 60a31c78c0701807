//! What the scheduler takes in and what it gives out.

use nntop_core::event::{Block, Fault, Kind, OpProfile, Plan, Profiler, Slot, WorkerOrder};
use nntop_core::unit::Nanos;

/// One run of one variant. What arrives about an earlier run of the same slot is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId {
    /// The variant's slot.
    pub slot: Slot,
    /// Counts its (re)starts from 1.
    pub run: u32,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened<'a> {
    /// A front end asks for something; it is answered by [`Do::Report`] of an `answer` event.
    Asked {
        /// The number that the answer carries.
        id: u64,
        /// What it asks for.
        request: Request,
    },
    /// The reading that [`Do::Sample`] asked for was taken.
    Sampled,
    /// The engine's library was found, or the engine needs none.
    LibraryFound(RunId),
    /// The model file was described, and the process that did it has ended.
    Described(RunId),
    /// The model is loaded and has answered once.
    Ready {
        /// Whose model.
        of: RunId,
        /// How its runtime can be profiled.
        profiler: Profiler,
        /// The execution provider that was asked for first.
        provider: Option<String>,
    },
    /// A worker that loads has shown that it goes on: it evaluates the model.
    Alive(RunId),
    /// A block was measured.
    Block(&'a Block),
    /// The worker has done all blocks of its turn.
    TurnDone(RunId),
    /// A second session has handed over what its profiler found; that is being read now.
    SessionDone(RunId),
    /// A profiling burst is over and its findings are read, or there are none and this is why.
    Profiled {
        /// Whose burst.
        of: RunId,
        /// The operators, or a sentence fragment.
        result: Result<OpProfile, String>,
    },
    /// A library was not found, a process could not be started, or it ended by itself.
    Failed {
        /// Whose.
        of: RunId,
        /// Why.
        fault: Fault,
    },
    /// The time of [`Schedule::deadline`](super::Schedule::deadline) has come.
    Deadline,
}

impl Happened<'_> {
    /// The run whose worker has shown by this that it goes on.
    pub(super) fn sign_of_life(&self) -> Option<RunId> {
        match self {
            Self::Alive(of)
            | Self::LibraryFound(of)
            | Self::Described(of)
            | Self::TurnDone(of)
            | Self::SessionDone(of) => Some(*of),
            Self::Ready { of, .. } | Self::Profiled { of, .. } => Some(*of),
            Self::Block(block) => Some(RunId { slot: block.variant, run: block.run }),
            Self::Asked { .. } | Self::Sampled | Self::Failed { .. } | Self::Deadline => None,
        }
    }
}

/// What a front end can ask of the scheduler.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Begin. Once.
    Start(Box<Plan>),
    /// End the blocks in hand, then rest.
    Pause,
    /// Go on.
    Resume,
    /// Start a variant anew, as a new run in the same slot.
    Restart(Slot),
    /// Profile a variant's operators; those of all variants where none is named.
    Profile(Option<Slot>),
    /// End the blocks in hand, then everything.
    Stop,
}

/// Something to be done, in the order given.
#[derive(Debug, Clone, PartialEq)]
pub enum Do {
    /// Send an event to the front end.
    Report(Box<Kind>),
    /// Read all metrics of the device. Answered by [`Happened::Sampled`].
    Sample,
    /// Read the power rails: the energy of a block needs a reading on either side.
    SampleRails,
    /// Look for the engine's library, fetching it where that is allowed. Answered by [`Happened::LibraryFound`] or
    /// [`Happened::Failed`].
    FindLibrary(RunId),
    /// Start a process that describes the model file and ends. Answered by [`Happened::Described`] or
    /// [`Happened::Failed`].
    Describe(RunId),
    /// Start the worker, which loads the model. Answered by [`Happened::Ready`] or [`Happened::Failed`].
    Load(RunId),
    /// Hand an order to the worker. A turn is answered by [`Happened::TurnDone`] or [`Happened::Failed`].
    Order(RunId, WorkerOrder),
    /// Stop the worker with SIGSTOP: thread pools of runtimes spin on after an inference.
    Suspend(RunId),
    /// Let a suspended worker run again.
    Resume(RunId),
    /// Profile operators. Answered by [`Happened::Profiled`] or [`Happened::Failed`].
    Profile {
        /// Whose.
        of: RunId,
        /// At most this many inferences …
        inferences: u64,
        /// … and none that begins later than this.
        duration: Nanos,
        /// In a second session, made for this, in a process of its own; otherwise in the worker's session.
        session: bool,
    },
    /// End the process of a second session.
    EndSession(RunId),
    /// End the worker; the run goes on without it.
    EndWorker(RunId),
    /// It has given no sign of life for longer than the plan's limit. Answered by [`Happened::Failed`].
    GiveUp(RunId),
    /// The run is over: end its processes and remove its files.
    End(RunId),
    /// The agent is done.
    Quit,
}
