//! How paced frames fared, and what their pace costs, as a result says it.

use super::{Latency, Ratio};
use nntop_core::event::Scenario;
use nntop_state::{State, Variant};
use serde::{Deserialize, Serialize};

/// Frames that arrive at equal distances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PacedResult {
    /// Frames per second.
    pub rate_hz: f64,
    /// A frame that is answered later has missed, in nanoseconds.
    pub deadline_ns: u64,
    /// Frames that may wait; of more the oldest is dropped.
    pub queue: u64,
    /// Frames that were answered.
    pub answered: u64,
    /// Frames of these that were answered after the deadline.
    pub missed: u64,
    /// Frames that were never inferred.
    pub dropped: u64,
    /// How old the newest answer was on average over time, in nanoseconds; absent from one answer.
    pub age_mean_ns: Option<f64>,
    /// The oldest that it became.
    pub age_max_ns: Option<u64>,
    /// How late the system woke the worker for a frame; absent where it never slept. It is a part of the latency.
    pub wakeup_ns: Option<Latency>,
    /// CPU time of the worker from one call to the next, all threads; absent where it cannot be read.
    pub idle_cpu_ns_per_frame: Option<u64>,
    /// The engine's median time at this pace over that back to back, in turns: 1.3 is 30 % slower.
    pub penalty: Option<Ratio>,
    /// Why there is none.
    pub penalty_absent: Option<String>,
}

impl PacedResult {
    pub(super) fn of(state: &State, v: &Variant) -> Option<Self> {
        let frames = v.latency.served.frames.as_ref()?;
        let Scenario::Paced { rate, queue, .. } = v.spec.scenario else { return None };
        let (penalty, penalty_absent) = match state.pace_penalty(v)? {
            Ok(ratio) => (Some(ratio.into()), None),
            Err(why) => (None, Some(why)),
        };
        let mean = frames.mean_age();
        Some(Self {
            rate_hz: rate,
            deadline_ns: v.spec.scenario.deadline().unwrap_or_default().0,
            queue: queue as u64,
            answered: frames.answered,
            missed: frames.missed,
            dropped: frames.dropped,
            age_mean_ns: mean,
            age_max_ns: mean.map(|_| frames.oldest.0),
            wakeup_ns: Latency::of(&frames.lateness, None),
            idle_cpu_ns_per_frame: frames.idle_cpu().map(|ns| ns.0),
            penalty,
            penalty_absent,
        })
    }
}
