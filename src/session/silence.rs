//! An agent behind pipes that says nothing any more: a dead link has no end of its own.

use nntop_core::event::{Fault, Plan};
use nntop_core::unit::Nanos;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The device is sampled every second: so long a silence is none of a busy machine.
const LEAST: Nanos = Nanos::from_millis(5_000);

/// How long an agent may be silent, and whether it was for longer. Clones share that.
#[derive(Debug, Clone)]
pub(super) struct Silence {
    limit: Nanos,
    reached: Arc<AtomicBool>,
}

impl Silence {
    /// The limit of a plan (`--timeout`); none where it has none.
    pub(super) fn of(plan: &Plan) -> Option<Self> {
        (plan.timeout > Nanos::ZERO).then(|| Self { limit: plan.timeout.max(LEAST), reached: Arc::default() })
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit.into()
    }

    pub(super) fn reach(&self) {
        self.reached.store(true, Ordering::Release);
    }

    /// Why the run ended, where it was the silence.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.reached.load(Ordering::Acquire).then(|| {
            Fault::run(format!("the agent has given no sign of life for {}", self.limit))
                .hint("see whether its machine can still be reached; --timeout TIME waits longer")
        })
    }
}
