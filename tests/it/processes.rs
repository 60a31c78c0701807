//! Other processes seen through /proc: which workers there are, and whether they end.

use crate::support::LIMIT;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

/// A worker of some `nntop`.
pub(crate) struct Worker {
    pub(crate) pid: Pid,
    pub(crate) name: String,
    end: OwnedFd,
}

impl Worker {
    /// Waits until the process has ended.
    #[track_caller]
    pub(crate) fn gone(&self) {
        let limit = Timespec { tv_sec: LIMIT.as_secs() as i64, tv_nsec: 0 };
        // An agent within the tests' own process brings signals of its children with it.
        let ended = retry_on_intr(|| poll(&mut [PollFd::new(&self.end, PollFlags::IN)], Some(&limit))).unwrap();
        assert_eq!(ended, 1, "the worker {} ({:?}) is left behind", self.name, self.pid);
    }
}

/// The workers among the descendants of `ancestor`.
pub(crate) fn workers_of(ancestor: Pid) -> Vec<Worker> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok());
    let parents: BTreeMap<i32, i32> = pids.filter_map(|pid| Some((pid, parent_of(pid)?))).collect();
    let ancestor = ancestor.as_raw_nonzero().get();
    let descends = |pid: i32| std::iter::successors(Some(pid), |p| parents.get(p).copied()).any(|p| p == ancestor);
    parents.keys().copied().filter(|pid| descends(*pid)).filter_map(worker).collect()
}

fn parent_of(pid: i32) -> Option<i32> {
    // `pid (name) state ppid …`; the name may hold anything.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// `nntop worker SLOT NAME`, if `pid` is one.
fn worker(pid: i32) -> Option<Worker> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
    let mut words = line.split('\0').skip(1);
    words.next().filter(|word| *word == "worker")?;
    let pid = Pid::from_raw(pid)?;
    let end = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    Some(Worker { pid, name: words.nth(1)?.to_owned(), end })
}
