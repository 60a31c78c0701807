//! What ssh and the agent say on standard error: the last of it is kept for an error, and shown where nobody else shows it.

use nntop_core::program::Lines;
use nntop_core::text;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::process::ChildStderr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Lines that are kept.
const KEPT: usize = 8;
/// No line is longer.
const LONGEST: usize = 1_000;
/// A master of several connections may keep the pipe open after this one has ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// What was said last.
#[derive(Debug)]
pub(super) struct Heard {
    last: Arc<Mutex<VecDeque<String>>>,
    loud: Arc<AtomicBool>,
    end: Receiver<()>,
}

impl Heard {
    /// Listens to `from`.
    pub(super) fn listen(mut from: ChildStderr) -> std::io::Result<Self> {
        let last: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let loud = Arc::new(AtomicBool::new(false));
        let (ended, end) = channel();
        let (kept, is_loud) = (last.clone(), loud.clone());
        std::thread::Builder::new().name("nntop-ssh".into()).spawn(move || {
            let (mut lines, mut chunk) = (Lines::new(LONGEST), [0; 4_096]);
            let mut each = |line: nntop_core::program::Line| {
                let line = text::clean(line.text.trim()).into_owned();
                if is_loud.load(Ordering::Relaxed) {
                    let _ = writeln!(std::io::stderr(), "{line}");
                }
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if !line.is_empty() {
                    kept.push_back(line);
                }
                if kept.len() > KEPT {
                    kept.pop_front();
                }
                true
            };
            while let Ok(n @ 1..) = from.read(&mut chunk) {
                lines.push(&chunk[..n], &mut each);
            }
            lines.end().map(&mut each);
            let _ = ended.send(());
        })?;
        Ok(Self { last, loud, end })
    }

    /// From now on all of it is shown as it comes.
    pub(super) fn be_loud(&self) {
        self.loud.store(true, Ordering::Relaxed);
    }

    /// The last lines, once the other side has ended.
    pub(super) fn last(&self) -> Vec<String> {
        let _ = self.end.recv_timeout(PATIENCE);
        self.last.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
