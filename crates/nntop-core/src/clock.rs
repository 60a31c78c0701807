//! Clocks: the machine's monotonic one, and a virtual one that makes every statistical claim testable.

use crate::unit::Nanos;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Where "now" comes from. The timed loop is generic over it.
pub trait Clock {
    /// Nanoseconds since the stream's start.
    fn now(&self) -> Nanos;
}

/// A clock that can be waited on: what an open loop needs between two arrivals.
pub trait Wait: Clock {
    /// Returns at `t`, or soon after `stop` is set; at once where `t` has passed.
    fn wait_until(&self, t: Nanos, stop: &AtomicBool);

    /// The same with nothing but sleep, so that what sleeps does not keep a core awake: it ends as late as the system
    /// wakes it.
    fn sleep_until(&self, t: Nanos, stop: &AtomicBool) {
        self.wait_until(t, stop);
    }

    /// The CPU time of all threads of this process so far; absent where the clock is not this machine's.
    fn cpu(&self) -> Option<Nanos> {
        None
    }
}

/// A sleep may end so much late: 50 µs of timer slack (prctl(2)) and the way back onto a core. The rest is spun.
const SPUN: Nanos = Nanos(150_000);

/// A sleeper looks up this often for whether it is to stop.
const NAP: Nanos = Nanos::from_millis(50);

/// CLOCK_MONOTONIC, counted from the start of the event stream. All processes of a host share that
/// clock, so a worker that is handed `origin` stamps its events on the agent's time axis.
#[derive(Debug, Clone, Copy)]
pub struct MonotonicClock {
    origin: u64,
}

impl MonotonicClock {
    /// A clock that reads zero now.
    pub fn start() -> Self {
        Self { origin: raw() }
    }

    /// A clock that read zero when CLOCK_MONOTONIC read `origin` nanoseconds.
    pub const fn with_origin(origin: u64) -> Self {
        Self { origin }
    }

    /// What CLOCK_MONOTONIC read at this clock's zero, in nanoseconds.
    pub const fn origin(&self) -> u64 {
        self.origin
    }
}

impl Clock for MonotonicClock {
    #[inline]
    fn now(&self) -> Nanos {
        Nanos(raw().saturating_sub(self.origin))
    }
}

impl Wait for MonotonicClock {
    fn wait_until(&self, t: Nanos, stop: &AtomicBool) {
        loop {
            let now = self.now();
            if now >= t || stop.load(Ordering::Relaxed) {
                return;
            }
            match t.since(now).since(SPUN) {
                Nanos::ZERO => std::hint::spin_loop(),
                // To a point in time, not for a time: being interrupted before it begins makes no difference.
                nap => sleep_until(self.origin + now.0 + nap.min(NAP).0),
            }
        }
    }

    fn sleep_until(&self, t: Nanos, stop: &AtomicBool) {
        loop {
            let now = self.now();
            if now >= t || stop.load(Ordering::Relaxed) {
                return;
            }
            sleep_until(self.origin + now.0 + t.since(now).min(NAP).0);
        }
    }

    fn cpu(&self) -> Option<Nanos> {
        let t = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(Nanos(t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64))
    }
}

#[inline]
fn raw() -> u64 {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// Sleeps until CLOCK_MONOTONIC reads so many nanoseconds. Woken early by a signal the caller looks at the clock again.
fn sleep_until(raw: u64) {
    const SECOND: u64 = 1_000_000_000;
    let t = rustix::time::Timespec { tv_sec: (raw / SECOND) as i64, tv_nsec: (raw % SECOND) as _ };
    let _ = rustix::thread::clock_nanosleep_absolute(rustix::thread::ClockId::Monotonic, &t);
}

/// A clock that moves only when it is told to. Clones share their time.
#[derive(Debug, Clone, Default)]
pub struct VirtualClock(Arc<AtomicU64>);

impl VirtualClock {
    /// Moves time on.
    pub fn advance(&self, by: Nanos) {
        self.0.fetch_add(by.0, Ordering::Relaxed);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Nanos {
        Nanos(self.0.load(Ordering::Relaxed))
    }
}

impl Wait for VirtualClock {
    fn wait_until(&self, t: Nanos, _stop: &AtomicBool) {
        self.advance(t.since(self.now()));
    }
}

/// The smallest step that `clock` shows between two reads, the least of `tries` observed.
/// Two latencies that differ by less cannot be told apart.
pub fn precision(clock: &impl Clock, tries: usize) -> Nanos {
    let mut least = u64::MAX;
    for _ in 0..tries {
        let a = clock.now();
        for _ in 0..1_000 {
            let b = clock.now();
            if b > a {
                least = least.min(b.0 - a.0);
                break;
            }
        }
    }
    Nanos(if least == u64::MAX { 0 } else { least })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_that_share_an_origin_share_their_time() {
        let agent = MonotonicClock::start();
        let worker = MonotonicClock::with_origin(agent.origin());
        let (a, b, c) = (agent.now(), worker.now(), agent.now());
        assert!(a <= b && b <= c);
    }

    #[test]
    fn a_virtual_clock_moves_only_when_told() {
        let clock = VirtualClock::default();
        clock.clone().advance(Nanos(7));
        assert_eq!(clock.now(), Nanos(7));
        assert_eq!(precision(&clock, 3), Nanos(0));
    }

    #[test]
    fn waiting_ends_at_the_time_or_when_told_to_stop() {
        let (go, stop) = (AtomicBool::new(false), AtomicBool::new(true));
        let clock = VirtualClock::default();
        clock.wait_until(Nanos(9), &go);
        clock.wait_until(Nanos(5), &go);
        assert_eq!(clock.now(), Nanos(9));
        let clock = MonotonicClock::start();
        clock.wait_until(Nanos::from_millis(1), &go);
        assert!(clock.now() >= Nanos::from_millis(1));
        clock.sleep_until(Nanos::from_millis(2), &go);
        assert!(clock.now() >= Nanos::from_millis(2) && clock.cpu() > Some(Nanos::ZERO));
        clock.sleep_until(Nanos(u64::MAX), &stop);
        clock.wait_until(Nanos(u64::MAX), &stop);
    }
}
