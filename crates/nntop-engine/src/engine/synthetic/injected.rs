//! What goes wrong with a synthetic engine when it is asked to: errors, crashes, prints, a stall, a leak.

use nntop_core::event::Fault;

/// What goes wrong at one inference (counted from 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InjectedFault {
    /// The engine returns an error.
    Fail,
    /// The process aborts, as a runtime's failed assertion does.
    Abort,
    /// The process touches memory that it must not.
    Segfault,
    /// The engine prints a line to standard error.
    Print,
    /// The inference takes longer.
    Stall,
}

/// All that goes wrong.
#[derive(Debug, Clone, Default)]
pub(super) struct InjectedFaults {
    /// What happens at which inference.
    pub(super) at: Vec<(InjectedFault, u64)>,
    /// By how much a stall is longer, in nanoseconds.
    pub(super) stall_ns: Option<f64>,
    /// Bytes that each inference keeps.
    pub(super) leak: usize,
}

impl InjectedFaults {
    /// Lets happen what is to happen at inference `now`; returns the nanoseconds that it stalls.
    #[allow(unsafe_code, reason = "one of the faults is to touch memory that it must not")]
    pub(super) fn happen(&self, now: u64) -> Result<f64, Fault> {
        let mut stalls = 0.0;
        for (fault, at) in self.at.iter().filter(|(_, at)| *at == now) {
            match fault {
                InjectedFault::Fail => {
                    return Err(Fault::run(format!("synthetic engine: failed at inference {at}, as asked")));
                }
                InjectedFault::Print => {
                    let line = format!("synthetic engine: inference {at}\n");
                    // Straight to the descriptor, as a native runtime prints.
                    let _ = rustix::io::write(rustix::stdio::stderr(), line.as_bytes());
                }
                InjectedFault::Abort => {
                    let _ = rustix::io::write(rustix::stdio::stderr(), b"synthetic engine: assertion failed\n");
                    std::process::abort();
                }
                // SAFETY: none: the point is to die as a faulty runtime does, and only when the user asks for it.
                InjectedFault::Segfault => unsafe { std::ptr::null_mut::<u8>().write_volatile(1) },
                InjectedFault::Stall => stalls += self.stall_ns.unwrap_or(0.0),
            }
        }
        Ok(stalls)
    }
}
