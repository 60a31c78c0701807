//! Load scenarios, with the names and definitions of MLPerf's LoadGen: what a query is and when the next one comes.

use super::Digest;
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
            Self::SingleStream | Self::Other => 1,
            Self::MultiStream { streams: n }
            | Self::Server { concurrency: n, .. }
            | Self::Offline { concurrency: n } => n.max(1),
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Block, BlockKind, Slot, VariantSpec};
    use crate::unit::Nanos;

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
        assert_eq!(serde_json::from_str::<Scenario>(r#"{"name":"chaos","monkeys":3}"#).unwrap(), Scenario::Other);
    }

    #[test]
    fn what_a_block_says_of_its_queries_lies_flat_in_it() {
        let queries = Queries { service: Some(Digest::of(&[7])), offered: Some(4), waiting: Some(3) };
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
