//! The device's samplers, as the agent runs them: what they declare, what they read, and what that costs.

use super::Supervisor;
use crate::clock::Clock;
use crate::event::{Kind, Slot};

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
        let mut readings = samplers.sample(begin);
        readings.cost_ns = clock.now().since(begin).0 + std::mem::take(&mut self.rails_cost);
        // What came late is declared before its first value.
        self.declare_metrics();
        self.hub.say(Kind::Readings(readings));
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
