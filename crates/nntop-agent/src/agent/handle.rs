//! A front end's hold on an agent.

use nntop_core::event::{Command, Event, Order};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use tokio::sync::mpsc::UnboundedSender;

/// An agent behind pipes that has not ended so long after its input has is killed.
const PATIENCE: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// Sends commands. Clones number them in one sequence.
#[derive(Debug, Clone)]
pub struct Commander {
    to: UnboundedSender<Command>,
    next: Arc<AtomicU64>,
}

impl Commander {
    pub(super) fn new(to: UnboundedSender<Command>) -> Self {
        Self { to, next: Arc::new(AtomicU64::new(1)) }
    }

    /// Passes a command on that another front end has numbered.
    pub(super) fn pass(&self, command: Command) {
        let _ = self.to.send(command);
    }

    /// Sends an order and returns the number that its answer will carry. An agent that has ended takes none;
    /// its last event has said so.
    pub fn send(&self, order: Order) -> u64 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let _ = self.to.send(Command { id, order });
        id
    }
}

/// What keeps the agent going.
#[derive(Debug)]
pub(super) enum Keeper {
    Thread(std::thread::JoinHandle<()>),
    Process(std::process::Child),
}

/// Events out, commands in. The stream of events ends when the agent does.
#[derive(Debug)]
pub struct Handle {
    events: Receiver<Event>,
    commander: Commander,
    keeper: Keeper,
}

impl Handle {
    pub(super) fn new(events: Receiver<Event>, commander: Commander, keeper: Keeper) -> Self {
        Self { events, commander, keeper }
    }

    /// Its parts: the events, the commands, and what to wait for at the end. Dropping the last
    /// [`Commander`] tells the agent that nobody listens any more.
    pub fn split(self) -> (Receiver<Event>, Commander, Ending) {
        (self.events, self.commander, Ending(self.keeper))
    }
}

/// Whether a process ends by itself within `time`, without reaping it.
fn ends_within(child: &std::process::Child, time: Timespec) -> bool {
    let Some(pid) = Pid::from_raw(child.id() as i32) else { return true };
    // A kernel without pidfds (before 5.3) cannot tell; then it has to end by itself.
    let Ok(end) = pidfd_open(pid, PidfdFlags::empty()) else { return true };
    poll(&mut [PollFd::new(&end, PollFlags::IN)], Some(&time)) != Ok(0)
}

/// Waits for an agent's end.
#[derive(Debug)]
#[must_use = "an agent that is not waited for may leave its workers' last words unsaid"]
pub struct Ending(Keeper);

impl Ending {
    /// Waits until the agent has ended and its workers with it. Gives how its process ended, where it has one.
    pub fn wait(self) -> Option<ExitStatus> {
        match self.0 {
            Keeper::Thread(thread) => {
                drop(thread.join());
                None
            }
            Keeper::Process(mut child) => {
                if !ends_within(&child, PATIENCE) {
                    let _ = child.kill();
                }
                child.wait().ok()
            }
        }
    }
}
