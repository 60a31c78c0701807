//! Load scenarios: what a query is and when the next one comes. All but `paced` have the names and definitions of MLPerf's
//! LoadGen.

use super::Digest;
use crate::unit::Nanos;
use serde::{Deserialize, Serialize};

/// How a model is put under load.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Scenario {
    /// One inference after the other, each as soon as the last one is done.
    #[default]
    SingleStream,
    /// A query is one inference on each of several streams, issued together; its latency ends with the last of them.
    /// The next query follows at once.
    MultiStream {
        /// Streams, and so inferences of a query.
        streams: usize,
    },
    /// Queries of one inference arrive at random (a Poisson process) whether or not the ones before are done.
    /// Latency counts from when a query was to arrive.
    Server {
        /// Queries per second, on average.
        rate: f64,
        /// Streams that serve them.
        concurrency: usize,
    },
    /// As much as goes through: streams that infer back to back.
    Offline {
        /// Streams.
        concurrency: usize,
    },
    /// Frames of one inference arrive at equal distances, as a camera's do, and the machine is idle between them.
    /// Latency counts from when a frame was to arrive.
    Paced {
        /// Frames per second.
        rate: f64,
        /// A frame that is answered later than this has missed; absent: the time between two frames.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Nanos>,
        /// Frames that wait while one is inferred; of more the oldest is dropped.
        queue: usize,
    },
    /// A scenario of a newer version.
    #[serde(other)]
    Other,
}

impl Scenario {
    /// Whether it is the scenario of those who ask for none.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Streams that it needs.
    pub fn streams(self) -> usize {
        match self {
            Self::SingleStream | Self::Paced { .. } | Self::Other => 1,
            Self::MultiStream { streams: n }
            | Self::Server { concurrency: n, .. }
            | Self::Offline { concurrency: n } => n.max(1),
        }
    }

    /// The time between two frames, of a paced one with a rate that can be: from one in eleven days to one a nanosecond.
    pub fn period(self) -> Option<Nanos> {
        match self {
            Self::Paced { rate, .. } if (1e-6..=1e9).contains(&rate) => Some(Nanos((1e9 / rate) as u64)),
            _ => None,
        }
    }

    /// How late the answer to a frame may be, of a paced one.
    pub fn deadline(self) -> Option<Nanos> {
        match self {
            Self::Paced { deadline, .. } => deadline.or(self.period()),
            _ => None,
        }
    }

    /// Inferences of a query, which is what latencies and counts are of.
    pub fn per_query(self) -> u64 {
        match self {
            Self::MultiStream { streams } => streams.max(1) as u64,
            _ => 1,
        }
    }
}

/// `single-stream`, `multi-stream of 8`, `server at 400/s`, `offline on 2 streams`.
impl std::fmt::Display for Scenario {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match *self {
            Self::SingleStream => "single-stream".into(),
            Self::MultiStream { streams } => format!("multi-stream of {streams}"),
            Self::Server { rate, concurrency: 0 | 1 } => format!("server at {rate}/s"),
            Self::Server { rate, concurrency } => format!("server at {rate}/s on {concurrency} streams"),
            Self::Offline { concurrency: 0 | 1 } => "offline on 1 stream".into(),
            Self::Offline { concurrency } => format!("offline on {concurrency} streams"),
            Self::Paced { rate, .. } => format!("paced at {rate}/s"),
            Self::Other => "another scenario".into(),
        };
        f.pad(&text)
    }
}

/// What a block tells beside the latency of its queries. Nothing where a query is one call of the engine at once.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Queries {
    /// The time of each call of the engine alone, waiting left out (server, multi-stream).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Digest>,
    /// Queries that arrived in the block's time (server).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<u64>,
    /// Queries that had arrived at the block's end and waited for a stream (server).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
    /// How its frames fared (paced).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<Frames>,
}

/// How the frames of a block fared that arrive at equal distances.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Frames {
    /// Frames that were answered after their deadline.
    pub missed: u64,
    /// Frames that were never inferred: newer ones took their place while they waited.
    pub dropped: u64,
    /// How late the system woke the sleeper for a frame, for the frames that it slept for; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lateness: Option<Digest>,
    /// How old the newest answer was over time; absent before the second answer of a turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
    /// CPU time of the process within the engine's calls, all threads; absent where it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_cpu: Option<Nanos>,
    /// The same between them: what the engine's threads spin, and little of nntop's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_cpu: Option<Nanos>,
}

/// How old the newest answer is: the time since the frame that it answers was to arrive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Age {
    /// Its mean over time, in nanoseconds.
    pub mean: f64,
    /// The oldest that it became, just before the next answer.
    pub max: Nanos,
    /// The time that this is about.
    pub over: Nanos,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Block, BlockKind, Slot, VariantSpec};

    #[test]
    fn a_variant_without_a_scenario_is_single_stream_and_says_nothing_of_it() {
        let spec = VariantSpec { name: "net".into(), ..VariantSpec::default() };
        let json = serde_json::to_string(&spec).unwrap();
        assert!(!json.contains("scenario"), "{json}");
        assert_eq!(serde_json::from_str::<VariantSpec>(&json).unwrap().scenario, Scenario::SingleStream);
    }

    #[test]
    fn a_scenario_travels_with_its_parameters_and_one_of_tomorrow_is_tolerated() {
        let server = Scenario::Server { rate: 400.0, concurrency: 2 };
        let json = serde_json::to_string(&server).unwrap();
        assert_eq!(json, r#"{"name":"server","rate":400.0,"concurrency":2}"#);
        assert_eq!(serde_json::from_str::<Scenario>(&json).unwrap(), server);
        let paced = Scenario::Paced { rate: 30.0, deadline: None, queue: 1 };
        let json = serde_json::to_string(&paced).unwrap();
        assert_eq!(json, r#"{"name":"paced","rate":30.0,"queue":1}"#);
        assert_eq!(serde_json::from_str::<Scenario>(&json).unwrap(), paced);
        assert_eq!((paced.deadline(), server.deadline()), (Some(Nanos(33_333_333)), None));
        assert_eq!(serde_json::from_str::<Scenario>(r#"{"name":"chaos","monkeys":3}"#).unwrap(), Scenario::Other);
    }

    #[test]
    fn what_a_block_says_of_its_queries_lies_flat_in_it() {
        let queries =
            Queries { service: Some(Digest::of(&[7])), offered: Some(4), waiting: Some(3), ..Queries::default() };
        let (variant, latency) = (Slot(0), Digest::of(&[9]));
        let (phase, t0, t1) = (BlockKind::Measure, Nanos(0), Nanos(9));
        let block = Block { variant, run: 1, index: 0, phase, t0, t1, drops: 0, latency, queries };
        let json = serde_json::to_string(&block).unwrap();
        assert!(json.contains(r#""offered":4,"waiting":3"#), "{json}");
        assert_eq!(serde_json::from_str::<Block>(&json).unwrap(), block);
        let plain = serde_json::to_string(&Block { queries: Queries::default(), ..block }).unwrap();
        assert!(plain.ends_with(r#"{"exact":[9]}}}"#), "nothing is added where there is nothing to say: {plain}");
    }
}
