//! What a worker needs of the system that Rust has no safe form for.
#![allow(unsafe_code, reason = "a descriptor that was handed over, and two ends of the process without destructors")]

use super::spec::EVENTS_FD;
use std::fs::File;

/// Where its events go. To be called once.
pub(super) fn events() -> File {
    use std::os::fd::FromRawFd;
    // SAFETY: the agent hands this descriptor over for this process alone; nothing else here owns it.
    unsafe { File::from_raw_fd(EVENTS_FD) }
}

/// Ends the process at once: no destructor of a busy engine runs.
pub(super) fn end() -> ! {
    // SAFETY: it has no preconditions.
    unsafe { libc::_exit(0) }
}

/// Ends the process after a failure. What the runtime has printed so far is not lost, and no destructor of a runtime that
/// has just failed is waited for.
pub(super) fn fail() -> ! {
    // SAFETY: fflush of all streams and _exit have no preconditions.
    unsafe {
        libc::fflush(std::ptr::null_mut());
        libc::_exit(1)
    }
}
