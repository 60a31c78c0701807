//! What this screen costs: CPU, memory, bytes to the terminal.

use nntop_core::event::Tick;
use nntop_core::unit::{Bytes, Nanos};
use rustix::time::{ClockId, clock_gettime};

/// Measures between two calls.
pub(crate) struct Meter {
    at: Nanos,
    cpu: Nanos,
    bytes: u64,
    sent: Option<Tick>,
}

impl Meter {
    /// Starts at this time.
    pub(crate) fn start(now: Nanos) -> Self {
        Self { at: now, cpu: cpu_time(), bytes: 0, sent: None }
    }

    /// Bytes written until the last call.
    pub(crate) fn written(&self) -> u64 {
        self.bytes
    }

    /// The cost since the last call. While the work rests, only when it is another than the one sent last:
    /// a screen on which nothing happens must not change because of its own cost.
    pub(crate) fn tick(&mut self, now: Nanos, written: u64, resting: bool) -> Option<Tick> {
        let seconds = now.since(self.at).as_secs_f64().max(1e-3);
        let cpu = cpu_time();
        let tick = Tick {
            cpu_percent: cpu.since(self.cpu).as_secs_f64() / seconds * 100.0,
            rss: resident().unwrap_or_default(),
            terminal_bytes_per_s: written.saturating_sub(self.bytes) as f64 / seconds,
        };
        (self.at, self.cpu, self.bytes) = (now, cpu, written);
        if resting && self.sent.is_some_and(|sent| alike(&sent, &tick)) {
            return None;
        }
        self.sent = Some(tick);
        Some(tick)
    }
}

/// Whether two costs read the same to a person who glances at them.
fn alike(a: &Tick, b: &Tick) -> bool {
    let rss = (a.rss.0.abs_diff(b.rss.0)) as f64;
    (a.cpu_percent - b.cpu_percent).abs() < 1.0
        && rss < 0.1 * a.rss.0 as f64
        && (a.terminal_bytes_per_s < 1_000.0) == (b.terminal_bytes_per_s < 1_000.0)
        && (a.terminal_bytes_per_s - b.terminal_bytes_per_s).abs() < 1_000.0
}

/// CPU time of this process, all threads: `/proc/self/stat` counts the same in steps of 10 ms.
fn cpu_time() -> Nanos {
    let t = clock_gettime(ClockId::ProcessCPUTime);
    Nanos(t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64)
}

fn resident() -> Option<Bytes> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(Bytes(kib * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_rest_a_cost_that_stays_is_said_once() {
        let mut meter = Meter::start(Nanos(0));
        let first = meter.tick(Nanos::from_millis(1_000_000), 5_000_000, true).unwrap();
        assert_eq!(first.terminal_bytes_per_s, 5_000.0);
        assert!(first.rss.0 > 100_000);
        let second = meter.tick(Nanos::from_millis(2_000_000), 5_000_000, true);
        assert_eq!(second.unwrap().terminal_bytes_per_s, 0.0, "it has changed");
        assert_eq!(meter.tick(Nanos::from_millis(3_000_000), 5_000_200, true), None);
        assert!(meter.tick(Nanos::from_millis(4_000_000), 5_000_200, false).is_some(), "a run is going");
    }
}
