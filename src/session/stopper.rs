//! Stops a session from elsewhere.

use super::Input;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::SyncSender;

/// Stops a session: the first [`stop`](Self::stop) after the block in hand, a second one at once. Clones stop the same session.
#[derive(Debug, Clone)]
pub struct Stopper {
    asked: Arc<AtomicU32>,
    wake: SyncSender<Input>,
}

impl Stopper {
    pub(super) fn new(wake: SyncSender<Input>) -> Self {
        Self { asked: Arc::default(), wake }
    }

    /// Asks for the end. It does not wait, and does nothing once the session has ended.
    pub fn stop(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        // A full queue keeps the session awake by itself.
        let _ = self.wake.try_send(Input::Stop);
    }

    /// How often that was asked for.
    pub(super) fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}
