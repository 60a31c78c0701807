//! The processes that a program has started, taken together: ended, stopped and continued as one.

use rustix::process::{Pid, Signal, getpid, getppid, kill_process_group};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicI32, Ordering};

/// How many groups job control knows of; those beyond go on when nntop is stopped at the terminal.
const MOST: usize = 128;

/// The groups there are: zero is a free place, a number a group that runs, a negative one a group that its owner has stopped.
/// A signal's handler reads it, so it is neither locked nor allocated.
static GROUPS: [AtomicI32; MOST] = [const { AtomicI32::new(0) }; MOST];

/// The process group of a program. Dropping it kills what is left of it.
#[derive(Debug)]
pub struct Group {
    pid: Pid,
    place: Option<&'static AtomicI32>,
}

impl Group {
    /// The group of a child that was started with `process_group(0)`.
    pub fn of(child: &Child) -> Self {
        Self::led_by(Pid::from_child(child))
    }

    /// The group that a process leads.
    pub fn led_by(pid: Pid) -> Self {
        let number = pid.as_raw_nonzero().get();
        let take = |place: &&AtomicI32| place.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        Self { pid, place: GROUPS.iter().find(take) }
    }

    /// Kills all of it; false where that cannot be done.
    pub fn kill(&self) -> bool {
        kill_process_group(self.pid, Signal::KILL).is_ok()
    }

    /// Stops all of it, and keeps it stopped when nntop itself is stopped and continued.
    pub fn suspend(&self) {
        self.mark(-self.pid.as_raw_nonzero().get());
        let _ = kill_process_group(self.pid, Signal::STOP);
    }

    /// Lets all of it go on.
    pub fn resume(&self) {
        self.mark(self.pid.as_raw_nonzero().get());
        let _ = kill_process_group(self.pid, Signal::CONT);
    }

    fn mark(&self, number: i32) {
        if let Some(place) = self.place {
            place.store(number, Ordering::Relaxed);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        self.mark(0);
    }
}

/// Stops all groups that run: for the handler of the terminal's stop signal, and safe there.
pub fn pause_all() {
    signal_all(Signal::STOP);
}

/// Lets those go on that [`pause_all`] has stopped; those that their owners have stopped stay so. Safe in a signal's handler.
pub fn go_on_all() {
    signal_all(Signal::CONT);
}

fn signal_all(signal: Signal) {
    for place in &GROUPS {
        if let Some(pid) = Some(place.load(Ordering::Relaxed)).filter(|n| *n > 0).and_then(Pid::from_raw) {
            let _ = kill_process_group(pid, signal);
        }
    }
}

/// Lets the kernel end the program when the thread that starts it ends: whatever kills nntop, nothing of its own goes on.
#[allow(unsafe_code, reason = "what a child does between fork and exec")]
pub fn die_with_parent(command: &mut Command) {
    let parent = getpid();
    // SAFETY: between fork and exec only async-signal-safe calls: prctl, getppid.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // It has ended before that was set.
            if getppid() != Some(parent) {
                return Err(std::io::ErrorKind::Interrupted.into());
            }
            Ok(())
        });
    }
}
