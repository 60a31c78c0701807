//! The contract: every event that a worker, the agent or a front end says, and every command that goes back.
//!
//! One envelope, `{t, host, seq, kind, …}`, one JSON object a line. Live view, headless run, recording,
//! replay and remote all consume exactly this stream. Times are nanoseconds of CLOCK_MONOTONIC since the
//! stream's start; only the agent's hub assigns `seq`.

mod about;
mod accuracy;
mod agreement;
mod block;
mod command;
mod control;
mod counters;
mod custom_metric;
mod digest;
mod engine_options;
mod family;
mod fault;
mod hello;
pub mod line;
mod metric;
mod ops;
mod outputs;
mod plan;
mod plan_builder;
mod playback;
mod processes;
mod profiling;
mod provider;
mod recorder;
mod scenario;
mod score;
mod sweep;
mod target;
mod tensor_sig;
mod variant;

pub use about::{About, Fact};
pub use accuracy::{ACCURACY_METRICS, Accuracy, ClassScore, Evaluation, Example, InferenceTime, Reference};
pub use agreement::{Agreement, OutputAgreement};
pub use block::{Block, BlockKind, Samples};
pub use command::{Answer, Command, Order, Reply, WorkerOrder};
pub use control::ControlState;
pub use counters::{Counters, HardwareCounters, Usage};
pub use custom_metric::{CustomMetric, CustomValue, check_metric_name, with_unit};
pub use digest::{Digest, EXACT_SAMPLES, Values};
pub use engine_options::{EngineOptions, GraphOptimization};
pub use family::Family;
pub use fault::{Blame, Fault};
pub use hello::{Hello, HostInfo, PROTOCOL, Protocol};
pub use metric::{
    Absent, JsonKey, Lack, MetricDecl, MetricFamily, MetricId, MetricKey, MetricRow, Part, PartId, Quantity, Rail,
    RailRole, Readings, Template, TotalPower,
};
pub use ops::{Burst, Method, ModelWork, OpProfile, OpRow, RowKind, RowStatus, Track};
pub use outputs::{MOST_OUTPUTS, MOST_VALUES, OutputSample, Outputs};
pub use plan::{Plan, Stop, VariantSpec, Warmup};
pub use plan_builder::{MEASURED, SAMPLE_EVERY, TIMEOUT, UNTIL_CI, name_of};
pub use playback::{Playback, Playhead};
pub use processes::{DiskSpace, Process, Processes, System};
pub use profiling::{Bursts, Found, Profiled};
pub use provider::short_provider;
pub use recorder::{Recorder, RecorderStatus};
pub use scenario::{Age, Frames, Queries, Scenario};
pub use score::{Score, error_shown, is_lower_better, is_share};
pub use sweep::{Sweep, SweepAxis};
pub use target::{Relation, Target, TargetMetric, no_figure};
pub use tensor_sig::{ModelNode, TensorSig};
pub use variant::{
    EngineInfo, LogLine, LogSource, Memory, ModelInfo, Outcome, Phase, Port, Ready, Severity, Slot, Stage, Startup,
};

pub use crate::catalog::Profiler;

use crate::unit::{Bytes, Nanos};
use serde::{Deserialize, Serialize};

/// Which host said it, when several share a stream. A single host is 0.
pub type HostId = u16;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, on the stream's clock.
    pub t: Nanos,
    /// Where.
    #[serde(default)]
    pub host: HostId,
    /// Its place in the stream; 0 until the hub has assigned it.
    #[serde(default)]
    pub seq: u64,
    /// What.
    #[serde(flatten)]
    pub kind: Kind,
}

impl Event {
    /// An event that the hub has not numbered yet.
    pub fn new(t: Nanos, kind: Kind) -> Self {
        Self { t, host: 0, seq: 0, kind }
    }

    /// The event as one line of NDJSON, newline included.
    pub fn to_line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("events hold nothing that JSON cannot");
        line.push('\n');
        line
    }

    /// Reads one line of NDJSON. A kind that this version does not know comes back as [`Kind::Unknown`]; of
    /// another major's hello at least the version is read, whatever else it holds, so that it can be refused.
    pub fn from_line(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(line).or_else(|e| match Hello::of_another_major(line) {
            Some(hello) => Ok(Self::new(Nanos::ZERO, Kind::Hello(hello))),
            None => Err(e),
        })
    }
}

/// What happened. The figures of a run are folded from [`Kind::Block`] alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// The first event of a stream: version, host, wall-clock anchor.
    Hello(Hello),
    /// A metric that will be sampled.
    Metric(MetricDecl),
    /// A source of metrics that is not there, and why.
    Absent(Absent),
    /// What the machine has beside: its module, libraries, addresses.
    About(About),
    /// Values of declared metrics.
    Readings(Readings),
    /// What can be changed here, where that was allowed: all controls as they stand, after each change anew.
    Controls {
        /// The controls.
        controls: Vec<ControlState>,
    },
    /// The processes that use most of the machine, while somebody looks.
    Processes(Processes),
    /// What the run is expected to reach. Before the variants, where there are targets.
    Targets {
        /// The targets, each for every variant.
        targets: Vec<Target>,
    },
    /// How narrow the interval of every median has to become for the run to end. Before the variants, where it is asked.
    UntilCi {
        /// Half its width, as a share of the median.
        share: f64,
    },
    /// All variants measure at once instead of in turns: each is measured under the load of the others.
    Parallel,
    /// The variants are the points of a grid, measured one after the other, each alone. Before the variants.
    Sweep(Sweep),
    /// The machine rested, nothing of the run had started: what power rails gave then is the idle power.
    Idle {
        /// From when.
        begin: Nanos,
        /// Until when.
        end: Nanos,
    },
    /// A variant takes a slot, or restarts in it.
    Variant {
        /// Its slot.
        variant: Slot,
        /// Counts (re)starts from 1.
        run: u32,
        /// What is to be measured.
        spec: Box<VariantSpec>,
    },
    /// What a variant answered to its first inference, where several are held against each other.
    Outputs(Outputs),
    /// What the model file holds.
    Model {
        /// Whose.
        variant: Slot,
        /// In which run.
        run: u32,
        /// The facts.
        model: ModelInfo,
    },
    /// A stage of loading begins.
    Loading {
        /// Whose.
        variant: Slot,
        /// In which run.
        run: u32,
        /// Which stage.
        stage: Stage,
    },
    /// The model is loaded and has answered once.
    Ready(Ready),
    /// A variant enters a phase.
    Phase {
        /// Whose.
        variant: Slot,
        /// In which run.
        run: u32,
        /// Which phase.
        phase: Phase,
    },
    /// A variant begins to warm up.
    WarmingUp {
        /// Whose.
        variant: Slot,
        /// In which run.
        run: u32,
        /// How long that can last; `None` where it is counted in inferences.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<Nanos>,
    },
    /// A warm-up that was to last until the level is steady is over.
    Warm {
        /// Whose.
        variant: Slot,
        /// In which run.
        run: u32,
        /// Whether the level became steady; otherwise the bound was reached.
        steady: bool,
    },
    /// One block of inferences: the truth that all figures are folded from.
    Block(Block),
    /// What a profiling burst found, operator by operator.
    Ops(Burst),
    /// Why a profiling burst found nothing.
    Unprofiled {
        /// Whose.
        variant: Slot,
        /// In which run.
        run: u32,
        /// A sentence fragment.
        reason: String,
    },
    /// What a burst left, for the agent alone.
    Profiled(Profiled),
    /// Single samples for the live chart; may be thinned or lost.
    Samples(Samples),
    /// The worker's own memory, read between blocks.
    Memory(Memory),
    /// What its measured blocks have cost the system so far.
    Counters(Counters),
    /// A line that a runtime or nntop itself printed.
    Log(LogLine),
    /// The worker has done the blocks of its turn.
    TurnDone {
        /// Whose turn it was.
        variant: Slot,
        /// In which run.
        run: u32,
    },
    /// How right a variant's answers are, of the examples until now; at the end with `done`.
    Accuracy {
        /// Whose.
        variant: Slot,
        /// In which run.
        run: u32,
        /// The figures.
        accuracy: Box<Accuracy>,
    },
    /// A run of a variant has ended.
    Finished {
        /// Whose.
        variant: Slot,
        /// In which run.
        run: u32,
        /// How.
        outcome: Outcome,
    },
    /// All variants have ended; nothing more is measured unless a command asks for it.
    Done,
    /// The work was paused (`true`) or goes on (`false`).
    Paused {
        /// Whether already paused now.
        paused: bool,
    },
    /// Long work that is no inference: fetching a runtime.
    Progress {
        /// What is being done, as a sentence fragment: `fetching onnxruntime 1.31.1`.
        what: String,
        /// How much is done.
        done: Bytes,
        /// Of how much, where that is known.
        total: Option<Bytes>,
        /// Whether it has ended.
        finished: bool,
    },
    /// A command was done or refused.
    Answer(Answer),
    /// Once a second, from the front end: what watching costs.
    Tick(Tick),
    /// A recording began or ended, or lost something.
    Recorder(Recorder),
    /// What a metric of the user's own came to for a variant.
    CustomMetric(CustomMetric),
    /// A person marked this moment.
    Mark {},
    /// A kind that a newer version says and this one does not know.
    #[serde(other)]
    Unknown,
}

/// The front end's own cost over the last second. Without a dashboard there are no ticks.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Tick {
    /// Percent of one core, of the process that draws (the agent's threads included).
    pub cpu_percent: f64,
    /// Its resident memory.
    pub rss: Bytes,
    /// Bytes written to the terminal per second.
    pub terminal_bytes_per_s: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_flat_json_object() {
        let event = Event::new(Nanos(5), Kind::Paused { paused: true });
        assert_eq!(event.to_line(), "{\"t\":5,\"host\":0,\"seq\":0,\"kind\":\"paused\",\"paused\":true}\n");
        assert_eq!(Event::from_line(&event.to_line()).unwrap(), event);
    }

    #[test]
    fn a_kind_of_a_newer_version_is_read_as_unknown() {
        let event = Event::from_line(r#"{"t":1,"host":0,"seq":9,"kind":"teleport","to":"mars"}"#).unwrap();
        assert_eq!((event.seq, event.kind), (9, Kind::Unknown));
    }
}
