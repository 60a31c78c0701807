//! Ctrl-C while a board is prepared: nothing is measured yet, so it ends the program, as if nobody had caught it.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The signal that came. Dropping it leaves signals to those who caught them before.
#[derive(Debug)]
pub(super) struct Interrupt {
    came: Arc<AtomicUsize>,
    ids: Vec<SigId>,
}

impl Interrupt {
    pub(super) fn catch() -> Self {
        let came = Arc::new(AtomicUsize::new(0));
        let ids = [SIGINT, SIGTERM, SIGHUP]
            .into_iter()
            .filter_map(|signal| flag::register_usize(signal, came.clone(), signal as usize).ok())
            .collect();
        Self { came, ids }
    }

    /// Ends this process if one came. What is under way on the board ends with the connection.
    pub(super) fn heed(&self) {
        let signal = self.came.load(Ordering::Relaxed);
        if signal != 0 {
            let _ = low_level::emulate_default_handler(signal as i32);
        }
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        for id in self.ids.drain(..) {
            low_level::unregister(id);
        }
    }
}
