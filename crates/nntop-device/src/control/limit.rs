//! A limit of time for what a service does in our stead: jtop's.
//!
//! The work is done on a thread of its own, which is left to itself where it takes too long: nothing ends a thread that waits in the
//! kernel. It ends with its work, or with nntop.

use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Work under way.
pub(super) struct Work<T>(Receiver<T>);

impl<T: Send + 'static> Work<T> {
    /// Begins it.
    pub(super) fn begin(work: impl FnOnce() -> T + Send + 'static) -> io::Result<Self> {
        let (say, done) = channel();
        // Whoever no longer waits misses nothing.
        let work = move || drop(say.send(work()));
        std::thread::Builder::new().name("nntop-control".into()).spawn(work)?;
        Ok(Self(done))
    }

    /// What it gave; `None` where it did not end in time.
    pub(super) fn within(self, limit: Duration) -> Option<T> {
        self.0.recv_timeout(limit).ok()
    }
}
