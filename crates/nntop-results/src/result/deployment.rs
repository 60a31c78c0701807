//! What it took to bring the agent and the files of a run to another machine.

use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};

/// Bytes of a megabyte, as network speeds count them.
const MEGABYTE: f64 = 1e6;

/// What it took to bring the agent, models and inputs to the machine that measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Deployment {
    /// The machine, as it was named.
    pub host: String,
    /// From the first look for what is there until all was there, in seconds; connecting is not part of it.
    pub seconds: f64,
    /// What was copied, in bytes; what was there already is not part of it.
    pub bytes: u64,
    /// Bytes copied over that time, in MB/s; absent where nothing was copied.
    pub mb_per_s: Option<f64>,
}

impl Deployment {
    /// What was copied within a time.
    pub fn of(host: &str, time: Nanos, bytes: u64) -> Self {
        let seconds = time.0 as f64 / 1e9;
        let mb_per_s = (bytes > 0 && seconds > 0.0).then(|| bytes as f64 / MEGABYTE / seconds);
        Self { host: host.to_owned(), seconds, bytes, mb_per_s }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_copied_has_no_speed() {
        let copied = Deployment::of("board", Nanos::from_millis(500), 10_000_000);
        assert_eq!((copied.seconds, copied.mb_per_s), (0.5, Some(20.0)));
        assert_eq!(Deployment::of("board", Nanos::from_millis(5), 0).mb_per_s, None);
    }
}
