//! The device's samplers, as the agent runs them: what they declare, what they read, and what that costs.

use super::Supervisor;
use crate::clock::Clock;
use crate::event::{Kind, Severity, Slot};
use crate::unit::Nanos;
use std::time::Duration;
use tokio::time::Instant;

impl Supervisor {
    pub(super) fn unwatch(&mut self, slot: Slot) {
        if let Some(samplers) = &mut self.samplers {
            samplers.unwatch(slot);
        }
    }

    pub(super) fn declare_metrics(&mut self) {
        let Some(samplers) = &mut self.samplers else { return };
        let (declared, absent) = samplers.take_new();
        declared.into_iter().for_each(|d| self.hub.say(Kind::Metric(d)));
        absent.into_iter().for_each(|a| self.hub.say(Kind::Absent(a)));
    }

    pub(super) fn sample(&mut self) {
        let Some(samplers) = &mut self.samplers else { return };
        let clock = self.hub.clock();
        let begin = clock.now();
        let mut readings = match &mut self.tape {
            None => samplers.sample(begin),
            Some(tape) => match tape.sample(samplers) {
                Ok(readings) => readings,
                // Said once: from then on the recording is not asked again, and its metrics stay as they were.
                Err(e) => {
                    self.samplers = None;
                    let text = format!("the recorded board cannot be read any more: {e}");
                    return self.hub.log(None, Severity::Error, text);
                }
            },
        };
        readings.cost_ns = clock.now().since(begin).0 + std::mem::take(&mut self.rails_cost);
        // What came late is declared before its first value.
        self.declare_metrics();
        self.hub.say(Kind::Readings(readings));
    }

    /// Looks at processes from now on; at once, then every so often. A period below a tenth of a second is one of a tenth.
    pub(super) fn watch(&mut self, every: Nanos) {
        let every = Duration::from(every);
        self.watching = match self.watching {
            _ if every.is_zero() => None,
            Some((same, at)) if same == every => Some((same, at)),
            _ => Some((every.max(Duration::from_millis(100)), Instant::now())),
        };
    }

    pub(super) fn look(&mut self) {
        let (Some((every, at)), Some(samplers)) = (&mut self.watching, &mut self.samplers) else { return };
        let clock = self.hub.clock();
        let begin = clock.now();
        let mut processes = samplers.processes(begin);
        processes.cost_ns = clock.now().since(begin).0;
        // From now, not from when it was due: what was late is not caught up with.
        *at = Instant::now() + *every;
        self.hub.say(Kind::Processes(processes));
    }

    pub(super) fn sample_rails(&mut self) {
        let Some(samplers) = &mut self.samplers else { return };
        let clock = self.hub.clock();
        let begin = clock.now();
        if let Some(readings) = samplers.sample_rails(begin) {
            self.rails_cost += clock.now().since(begin).0;
            self.hub.say(Kind::Readings(readings));
        }
    }
}
