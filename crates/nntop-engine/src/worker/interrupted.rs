//! Blocks in which the worker was stopped and continued from outside: Ctrl-Z and `fg`. Their times are not the model's.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often the process was continued after a stop.
static CONTINUED: AtomicU64 = AtomicU64::new(0);

/// Begins to count.
#[allow(unsafe_code, reason = "a signal handler")]
pub(super) fn listen() {
    extern "C" fn count(_: libc::c_int) {
        CONTINUED.fetch_add(1, Ordering::Relaxed);
    }
    let handler: extern "C" fn(libc::c_int) = count;
    // SAFETY: the handler only adds to an atomic. A zeroed `sigaction` is a valid one, with an empty mask; SA_RESTART lets no
    // call of a runtime's end early because of it.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGCONT, &raw const action, std::ptr::null_mut());
    }
}

/// How often it was continued. The scheduler continues a worker before it gives it a turn, never within one.
pub(super) fn count() -> u64 {
    CONTINUED.load(Ordering::Relaxed)
}

#[cfg(test)]
pub(super) fn pretend() {
    CONTINUED.fetch_add(1, Ordering::Relaxed);
}
