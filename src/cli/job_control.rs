//! Ctrl-Z at the terminal stops what nntop has started as well, and `fg` lets it go on.
//!
//! Workers lead process groups of their own, so that Ctrl-C is nntop's to handle; the terminal's stop does not reach them either.

use nntop_core::program::{go_on_all, pause_all};
use signal_hook::consts::{SIGTSTP, SIGTTIN, SIGTTOU};
use signal_hook::low_level::{emulate_default_handler, register};

/// From here on the terminal's stop signals are handled.
#[allow(unsafe_code, reason = "signal handlers")]
pub(super) fn follow() {
    for signal in [SIGTSTP, SIGTTIN, SIGTTOU] {
        let stop = move || {
            pause_all();
            // It returns when nntop goes on.
            let _ = emulate_default_handler(signal);
            go_on_all();
        };
        // Where it cannot be set up, a stop is nntop's own alone.
        // SAFETY: all that the handler does is to read atomics and to send signals.
        let _ = unsafe { register(signal, stop) };
    }
}
