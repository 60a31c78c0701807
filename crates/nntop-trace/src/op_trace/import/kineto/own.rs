//! Which threads are the inferences' own, and when inferences were.

use super::category::Cat;
use super::events::{Event, Events};
use crate::op_trace::import::intervals::Intervals;
use std::collections::{BTreeSet, HashMap};

/// The inferences' own threads.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// Those that have steps; without steps the one that operators took longest on.
    threads: BTreeSet<u32>,
    /// Number and sum of the steps; none without annotations.
    pub(super) steps: u64,
    pub(super) wall: u64,
    /// When they were: all of them, and those of a process. Without steps the time from the host's first event to the end
    /// of its last.
    pub(super) windows: Intervals,
    by_process: HashMap<String, Intervals>,
}

impl Own {
    /// `host`: events in the order of threads and begins; `device` where there are no others.
    pub(super) fn of(host: &[Event], device: &[Event], events: &Events) -> Self {
        let mut own = Self::default();
        let mut all = Vec::new();
        let mut by_process: HashMap<String, Vec<(i64, i64)>> = HashMap::new();
        for thread in host.chunk_by(|a, b| a.thread == b.thread) {
            let mut within = i64::MIN;
            for step in thread.iter().filter(|e| e.cat == Cat::Step) {
                // A step in a step is the same one again.
                if step.begin < within {
                    continue;
                }
                within = step.end();
                own.threads.insert(step.thread);
                own.steps += 1;
                own.wall = own.wall.saturating_add(step.duration.max(0) as u64);
                all.push((step.begin, within));
                let process = events.threads[step.thread as usize].process.clone();
                by_process.entry(process).or_default().push((step.begin, within));
            }
        }
        if own.steps > 0 {
            own.windows = Intervals::of(all);
            own.by_process = by_process.into_iter().map(|(process, all)| (process, Intervals::of(all))).collect();
            return own;
        }
        let counted = if host.is_empty() { device } else { host };
        let begin = counted.iter().map(|e| e.begin).min().unwrap_or(0);
        let end = counted.iter().map(Event::end).max().unwrap_or(0).max(begin);
        own.wall = begin.abs_diff(end);
        own.windows = Intervals::of(vec![(begin, end)]);
        let any_ops = host.iter().any(|e| e.cat == Cat::Op);
        let mut longest = 0;
        for thread in host.chunk_by(|a, b| a.thread == b.thread) {
            let counts = thread.iter().filter(|e| !any_ops || e.cat == Cat::Op);
            let busy = Intervals::of(counts.map(|e| (e.begin, e.end())).collect()).length();
            if busy > longest || own.threads.is_empty() {
                longest = busy;
                own.threads = BTreeSet::from([thread[0].thread]);
            }
        }
        own
    }

    pub(super) fn has(&self, thread: u32) -> bool {
        self.threads.contains(&thread)
    }

    /// When the inferences of this process were; of all, where it has none itself.
    pub(super) fn windows_of(&self, process: &str) -> &Intervals {
        self.by_process.get(process).unwrap_or(&self.windows)
    }
}
