//! The device's samplers, as the agent runs them: what they declare, what they read, and what that costs.

use super::Supervisor;
use nntop_core::clock::Clock;
use nntop_core::event::{Kind, Readings, Severity, Slot};
use nntop_core::unit::Nanos;
use nntop_device::sampler::{Source, about};
use std::time::Duration;
use tokio::time::Instant;

/// The loop waits for a reading no longer than this, once: a device that hangs must not hold up turns, orders and the end.
const AT_ONCE: Duration = Duration::from_secs(1);

impl Supervisor {
    /// Looks what the device has. What does not answer at once is declared when it does.
    pub(super) fn probe(&mut self) {
        self.sampling = self.reader.is_some();
        self.ask(|source| {
            source.samplers();
        });
        self.declare_metrics();
        self.report_about();
    }

    /// Says once what the machine has beside; later where something hangs.
    fn report_about(&mut self) {
        if !self.reported_about
            && let Some(about) = self.ask(|source| about(source.root()))
        {
            self.reported_about = true;
            self.hub.report(Kind::About(about));
        }
    }

    /// Watches a worker's process.
    pub(super) fn watch_worker(&mut self, slot: Slot, pid: u32) {
        if let Some(reader) = &mut self.reader {
            reader.watch(slot, pid);
        }
        // It takes its turn on the reading thread, and declares the worker's metrics.
        self.ask(|_| ());
        self.declare_metrics();
    }

    pub(super) fn unwatch(&mut self, slot: Slot) {
        if let Some(reader) = &mut self.reader {
            reader.unwatch(slot);
        }
    }

    pub(super) fn declare_metrics(&mut self) {
        let Some(reader) = &mut self.reader else { return };
        let (declared, absent) = reader.take_new();
        declared.into_iter().for_each(|d| self.hub.report(Kind::Metric(d)));
        absent.into_iter().for_each(|a| self.hub.report(Kind::Absent(a)));
    }

    /// Has something read; `None` where it does not answer at once. Says what hangs.
    fn ask<T: Send + 'static>(&mut self, job: impl FnOnce(&mut Source) -> T + Send + 'static) -> Option<T> {
        let reader = self.reader.as_mut()?;
        let answer = reader.ask(AT_ONCE, job);
        for text in reader.take_hung() {
            self.hub.log(None, Severity::Warning, text);
        }
        answer
    }

    pub(super) fn sample(&mut self) {
        let clock = self.hub.clock();
        let read = self.ask(move |source| {
            let begin = clock.now();
            source.sample(begin).map(|readings| (readings, clock.now().since(begin).0))
        });
        let readings = match read {
            // Nothing can be said yet: what hangs is found out later.
            None => return,
            Some(Ok((readings, cost))) => {
                let cost_ns = cost + std::mem::take(&mut self.rails_cost);
                Readings { cost_ns, ..readings }
            }
            // Said once: from then on the recording is not asked again, and its metrics stay as they were.
            Some(Err(e)) => {
                (self.reader, self.sampling) = (None, false);
                let text = format!("the recorded board cannot be read any more: {e}");
                return self.hub.log(None, Severity::Error, text);
            }
        };
        self.report_about();
        // What came late is declared before its first value.
        self.declare_metrics();
        self.hub.report(Kind::Readings(readings));
    }

    /// Looks at processes from now on; at once, then every so often. A period below a tenth of a second is one of a tenth.
    pub(super) fn watch(&mut self, every: Nanos, filter: String) {
        let every = Duration::from(every);
        let same_filter = self.searched == filter;
        self.searched = filter;
        self.watching = match self.watching {
            _ if every.is_zero() => None,
            Some((same, at)) if same == every && same_filter => Some((same, at)),
            _ => Some((every.max(Duration::from_millis(100)), Instant::now())),
        };
    }

    pub(super) fn look(&mut self) {
        let Some((every, _)) = self.watching else { return };
        let clock = self.hub.clock();
        let filter = self.searched.clone();
        let seen = self.ask(move |source| {
            let begin = clock.now();
            let mut processes = source.samplers().processes(begin, &filter);
            processes.cost_ns = clock.now().since(begin).0;
            processes
        });
        // From now, not from when it was due: what was late is not caught up with.
        self.watching = Some((every, Instant::now() + every));
        if let Some(processes) = seen {
            self.hub.report(Kind::Processes(processes));
        }
    }

    pub(super) fn sample_rails(&mut self) {
        let clock = self.hub.clock();
        let read = self.ask(move |source| {
            let begin = clock.now();
            let readings = source.samplers().sample_rails(begin);
            (readings, clock.now().since(begin).0)
        });
        if let Some((Some(readings), cost)) = read {
            self.rails_cost += cost;
            self.hub.report(Kind::Readings(readings));
        }
    }
}
