//! What blocks cost the system: read before and after each block, never within the timed call.
//!
//! getrusage(2) always; the CPU's own counters by perf_event_open(2) where the kernel allows it. They are opened before the engine
//! starts its threads, which inherit them.
#![allow(unsafe_code, reason = "getrusage and perf_event_open have no safe form here")]

use nntop_core::event::{HardwareCounters, Usage};
use nntop_core::unit::Nanos;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::FromRawFd as _;

/// The counters of this process and of all threads that it starts from now on.
#[derive(Debug)]
pub struct ProcessCounters {
    hardware: Result<[Option<File>; 3], String>,
    last: (Usage, HardwareCounters),
    /// Sums since they were opened, over what lay between `begin` and `end`.
    sums: (Usage, HardwareCounters),
}

/// `struct perf_event_attr` of linux/perf_event.h in its first size, which all kernels take.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup: u32,
    breakpoint: u32,
    address: u64,
}

/// PERF_COUNT_HW_CPU_CYCLES, PERF_COUNT_HW_INSTRUCTIONS, PERF_COUNT_HW_CACHE_MISSES.
const EVENTS: [u64; 3] = [0, 1, 3];

/// PERF_FORMAT_TOTAL_TIME_ENABLED and _RUNNING: with more counters than the CPU has they take turns.
const READ_FORMAT: u64 = 1 | 2;

/// `inherit`, `exclude_kernel`, `exclude_hv`: what an unprivileged process may count.
const FLAGS: u64 = 1 << 1 | 1 << 5 | 1 << 6;

/// PERF_FLAG_FD_CLOEXEC.
const CLOSE_ON_EXEC: libc::c_ulong = 8;

impl ProcessCounters {
    /// Opens what the kernel allows.
    pub fn open() -> Self {
        let opened = EVENTS.map(event);
        let hardware = match &opened {
            [Err(cycles), Err(_), Err(_)] => Err(reason(cycles)),
            _ => Ok(opened.map(Result::ok)),
        };
        Self { hardware, last: Default::default(), sums: Default::default() }
    }

    /// A block begins.
    pub(super) fn begin(&mut self) {
        self.last = self.read();
    }

    /// A block has ended; one that counts is added.
    pub(super) fn end(&mut self, counts: bool) {
        let now = self.read();
        if counts {
            self.sums.0.add(self.last.0, now.0);
            self.sums.1.add(self.last.1, now.1);
        }
    }

    /// The sums; of the CPU's counters, why there are none.
    pub(super) fn sums(&self) -> (Usage, Result<HardwareCounters, String>) {
        (self.sums.0, self.hardware.as_ref().map(|_| self.sums.1).map_err(Clone::clone))
    }

    fn read(&self) -> (Usage, HardwareCounters) {
        let of = |i: usize| self.hardware.as_ref().ok()?[i].as_ref().and_then(value);
        (usage(), HardwareCounters { cycles: of(0), instructions: of(1), cache_misses: of(2) })
    }
}

/// A counter of this thread and of those that it starts.
fn event(config: u64) -> std::io::Result<File> {
    let attributes = Attributes {
        size: std::mem::size_of::<Attributes>() as u32,
        config,
        read_format: READ_FORMAT,
        flags: FLAGS,
        ..Attributes::default()
    };
    // SAFETY: the attributes are valid for the call and as large as they say.
    let fd = unsafe { libc::syscall(libc::SYS_perf_event_open, &raw const attributes, 0, -1, -1, CLOSE_ON_EXEC) };
    if fd < 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else has it.
    Ok(unsafe { File::from_raw_fd(fd as i32) })
}

/// A counter's value, for the time in which others had its place taken as for the rest.
fn value(mut event: &File) -> Option<u64> {
    let mut bytes = [0u8; 24];
    event.read_exact(&mut bytes).ok()?;
    let [value, enabled, running] =
        [0, 8, 16].map(|at| bytes[at..at + 8].try_into().map(u64::from_ne_bytes).unwrap_or(0));
    match running {
        0 => None,
        running if running >= enabled => Some(value),
        running => Some((value as f64 * enabled as f64 / running as f64) as u64),
    }
}

/// Why no counter can be opened, and what would grant it.
fn reason(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::EACCES | libc::EPERM) => {
            let level = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").unwrap_or_default();
            match level.trim().parse::<i32>() {
                Ok(level) if level > 2 => format!(
                    "the kernel does not allow it (kernel.perf_event_paranoid is {level}): sysctl kernel.perf_event_paranoid=2, or CAP_PERFMON"
                ),
                _ => "it is forbidden here, by a container's seccomp profile for example: CAP_PERFMON grants it".into(),
            }
        }
        Some(libc::ENOENT | libc::EOPNOTSUPP | libc::ENODEV) => {
            "this CPU, or its virtual machine, offers no such counters".into()
        }
        Some(libc::ENOSYS) => "this kernel has no perf_event_open".into(),
        _ => format!("perf_event_open: {error}"),
    }
}

fn usage() -> Usage {
    let mut of = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the place is valid and of this type; zeroed it is a valid value even where the call fails.
    let of = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, of.as_mut_ptr());
        of.assume_init()
    };
    let time = |t: libc::timeval| Nanos(t.tv_sec as u64 * 1_000_000_000 + t.tv_usec as u64 * 1_000);
    let count = |n: libc::c_long| u64::try_from(n).unwrap_or(0);
    Usage {
        cpu_user: time(of.ru_utime),
        cpu_system: time(of.ru_stime),
        voluntary_switches: count(of.ru_nvcsw),
        involuntary_switches: count(of.ru_nivcsw),
        minor_faults: count(of.ru_minflt),
        major_faults: count(of.ru_majflt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_between_begin_and_end_is_counted_and_the_rest_is_not() {
        let mut counters = ProcessCounters::open();
        let touch = || {
            // New pages, each of which is a fault.
            let pages = vec![1u8; 64 << 20];
            std::hint::black_box(&pages);
        };
        counters.begin();
        touch();
        counters.end(false);
        assert_eq!(counters.sums().0, Usage::default());
        counters.begin();
        touch();
        counters.end(true);
        let (usage, hardware) = counters.sums();
        assert!(usage.minor_faults > 0, "{usage:?}");
        match hardware {
            Ok(of) => assert!(of.cycles.is_none_or(|n| n > 0) && of.instructions.is_none_or(|n| n > 0), "{of:?}"),
            Err(why) => assert!(!why.is_empty()),
        }
    }

    #[test]
    fn a_refusal_says_what_would_grant_it() {
        let of = |code| reason(&std::io::Error::from_raw_os_error(code));
        assert!(of(libc::EACCES).contains("CAP_PERFMON"));
        assert!(of(libc::ENOENT).contains("virtual machine"));
    }
}
