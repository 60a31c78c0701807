//! Which call lies in which: calls are kept until the run that they belong to is complete, then folded into rows.
//!
//! Events come in the order of their *ends*, or, from some versions, sorted by their begin; never both at random. On
//! one thread a call lies in another when its interval does. ONNX Runtime rounds begin and duration down to whole
//! microseconds, each by itself, so a call may seem to end one microsecond after what encloses it, but the durations
//! of its children never add up to more than its own. Only the beginnings (or, sorted, the ends) are compared.

use super::ops::{Level, OpId, Ops, TooMany};
use super::rows::{Call, RowId, Rows};
use std::collections::HashMap;

/// Calls that may wait for the end of their run. ONNX Runtime itself stops at a million events.
const MOST_WAITING: usize = 2_000_000;

/// More threads than any machine runs a model on.
const MOST_THREADS: usize = 1024;

/// Calls that wait in vain are given up when a thread has more of them.
const MOST_IN_VAIN: usize = 10_000;

/// In which order the events of a file stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// By begin, as far as they show.
    Begin,
    /// By end: an event began before the one in front of it.
    End,
}

/// The calls of one thread that wait for the end of their run.
#[derive(Debug)]
struct Thread {
    number: u64,
    waiting: Vec<Call>,
    /// The latest end of a run among them.
    run_end: Option<i64>,
}

/// What all the runs came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sums {
    /// Complete runs.
    pub(super) runs: u64,
    /// Their duration, in nanoseconds.
    pub(super) wall: i64,
    /// By how much operators on different threads overlapped.
    pub(super) beside: i64,
    /// Time that calls claim beyond what encloses them.
    pub(super) beyond: i64,
    /// Operator calls in no complete run.
    pub(super) outside: u64,
}

#[derive(Debug)]
pub(super) struct Runs {
    pub(super) rows: Rows,
    pub(super) sums: Sums,
    order: Order,
    newest: i64,
    /// The earliest end of a run that waits, at most.
    first_end: i64,
    threads: Vec<Thread>,
    by_number: HashMap<u64, usize>,
    latest_thread: usize,
    waiting: usize,
    /// The last call that was no kernel: it started those that follow.
    starter: Option<OpId>,
}

/// A call that encloses others, while they are folded.
struct Frame {
    begin: i64,
    end: i64,
    level: Level,
    row: Option<RowId>,
    /// What its children may still take of its time.
    left: i64,
}

/// A run whose operators are not among its own thread's calls.
struct Hollow {
    begin: i64,
    end: i64,
    /// The row that encloses operators: the executor's, or the run's.
    row: RowId,
    left: i64,
}

impl Default for Runs {
    fn default() -> Self {
        Self {
            rows: Rows::default(),
            sums: Sums::default(),
            order: Order::Begin,
            newest: i64::MIN,
            first_end: i64::MAX,
            threads: Vec::new(),
            by_number: HashMap::new(),
            latest_thread: 0,
            waiting: 0,
            starter: None,
        }
    }
}

impl Runs {
    /// Takes the next event of the file.
    pub(super) fn add(&mut self, thread: u64, call: Call, ops: &Ops) -> Result<(), TooMany> {
        let level = ops.get(call.op).level;
        if level >= Level::Api {
            // Its begin is made up; the file has it behind the node that started it.
            if let Some(by) = self.starter {
                self.rows.start(by, &call);
            }
            return Ok(());
        }
        self.starter = Some(call.op);
        let at = self.thread(thread)?;
        if self.order == Order::Begin {
            if call.begin < self.newest {
                self.order = Order::End;
                (0..self.threads.len()).for_each(|at| self.settle(at, ops));
            } else if call.begin > self.first_end {
                self.settle_before(call.begin, ops);
            }
            self.newest = call.begin;
        }
        if self.waiting >= MOST_WAITING {
            self.drop_waiting(ops);
        }
        let thread = &mut self.threads[at];
        thread.waiting.push(call);
        self.waiting += 1;
        if level == Level::Run {
            thread.run_end = thread.run_end.max(Some(call.end()));
            self.first_end = self.first_end.min(call.end());
            if self.order == Order::End {
                self.settle(at, ops);
            }
        }
        Ok(())
    }

    /// No more events: `cut` when the file ends before its end, and with it, perhaps, the last run.
    pub(super) fn end(&mut self, cut: bool, ops: &Ops) {
        let newest = self.newest;
        for at in 0..self.threads.len() {
            // In order of begin, calls of the last run may be missing; in order of end, a run comes last.
            if cut && self.order == Order::Begin && self.threads[at].run_end.is_some_and(|end| end >= newest) {
                continue;
            }
            self.settle(at, ops);
        }
        if self.sums.runs == 0 {
            self.without_runs(ops);
        }
        self.drop_waiting(ops);
    }

    /// The file has no run: what there is stands by itself.
    fn without_runs(&mut self, ops: &Ops) {
        for at in 0..self.threads.len() {
            let mut calls = self.empty(at);
            if self.order == Order::Begin {
                // What is still open there has a duration that its missing children took.
                calls.retain(|call| ops.get(call.op).level == Level::Node || call.end() < self.newest);
            }
            let (rows, wall) = (&mut self.rows, &mut self.sums.wall);
            walk(self.order, &mut calls, None, ops, &mut self.sums.beyond, |parent, call, time| {
                match parent {
                    Some(parent) => rows.take(parent, time),
                    None => *wall = wall.saturating_add(time),
                }
                Some(rows.add(parent, call, time, ops))
            });
        }
    }

    fn thread(&mut self, number: u64) -> Result<usize, TooMany> {
        if self.threads.get(self.latest_thread).is_some_and(|t| t.number == number) {
            return Ok(self.latest_thread);
        }
        if let Some(at) = self.by_number.get(&number) {
            self.latest_thread = *at;
            return Ok(*at);
        }
        if self.threads.len() == MOST_THREADS {
            return Err(TooMany("threads"));
        }
        self.latest_thread = self.threads.len();
        self.by_number.insert(number, self.latest_thread);
        self.threads.push(Thread { number, waiting: Vec::new(), run_end: None });
        Ok(self.latest_thread)
    }

    /// Folds the runs that are over before `begin`, when events come by begin.
    fn settle_before(&mut self, begin: i64, ops: &Ops) {
        for at in 0..self.threads.len() {
            if self.threads[at].run_end.is_some_and(|end| end < begin) {
                self.settle(at, ops);
            }
        }
        self.first_end = self.threads.iter().filter_map(|t| t.run_end).min().unwrap_or(i64::MAX);
    }

    fn empty(&mut self, at: usize) -> Vec<Call> {
        let calls = std::mem::take(&mut self.threads[at].waiting);
        self.waiting -= calls.len();
        calls
    }

    /// Folds all runs of a thread, if it has any; what lies outside of them is counted and gone.
    fn settle(&mut self, at: usize, ops: &Ops) {
        if self.threads[at].run_end.take().is_none() {
            return;
        }
        let mut calls = self.empty(at);
        let mut runs: Vec<Hollow> = Vec::new();
        let mut nodes = 0;
        let (rows, sums) = (&mut self.rows, &mut self.sums);
        let (mut outside, mut beyond) = (0, 0);
        walk(self.order, &mut calls, None, ops, &mut beyond, |parent, call, time| {
            let level = ops.get(call.op).level;
            if parent.is_none() && level != Level::Run {
                outside += u64::from(level == Level::Node);
                return None;
            }
            if let Some(parent) = parent {
                rows.take(parent, time);
            }
            let row = rows.add(parent, call, time, ops);
            match level {
                Level::Run if parent.is_none() => {
                    sums.runs += 1;
                    sums.wall = sums.wall.saturating_add(time);
                    runs.push(Hollow { begin: call.begin, end: call.end(), row, left: time });
                }
                Level::Executor if runs.last().is_some_and(|run| parent == Some(run.row)) => {
                    if let Some(run) = runs.last_mut() {
                        (run.row, run.left) = (row, time);
                    }
                }
                Level::Node => nodes += 1,
                _ => {}
            }
            Some(row)
        });
        sums.outside += outside;
        sums.beyond = sums.beyond.saturating_add(beyond);
        // The room is used again.
        calls.clear();
        self.threads[at].waiting = calls;
        // With ORT_PARALLEL the operators ran on other threads.
        if nodes == 0 {
            runs.iter().for_each(|run| self.fill(run, at, ops));
        }
    }

    /// Gives a run the calls that other threads made meanwhile.
    fn fill(&mut self, run: &Hollow, own: usize, ops: &Ops) {
        let mut busy: Vec<(i64, i64)> = Vec::new();
        for at in (0..self.threads.len()).filter(|at| *at != own) {
            if self.threads[at].run_end.is_some() {
                continue;
            }
            let meanwhile = |call: &Call| (run.begin..=run.end).contains(&call.begin);
            let all = self.empty(at);
            let (mut calls, mut others): (Vec<Call>, Vec<Call>) = all.into_iter().partition(meanwhile);
            if others.len() > MOST_IN_VAIN.max(calls.len().saturating_mul(1000)) {
                self.sums.outside += nodes_among(&others, ops);
                others.clear();
            }
            self.waiting += others.len();
            self.threads[at].waiting = others;
            let rows = &mut self.rows;
            let beyond = &mut self.sums.beyond;
            walk(self.order, &mut calls, Some(run.row), ops, beyond, |parent, call, time| {
                match parent {
                    Some(inner) if inner != run.row => rows.take(inner, time),
                    _ => busy.push((call.begin, call.end())),
                }
                Some(rows.add(parent, call, time, ops))
            });
        }
        let sum = busy.iter().fold(0i64, |sum, (begin, end)| sum.saturating_add(end - begin));
        let covered = union(&mut busy).min(run.left);
        self.rows.take(run.row, covered);
        self.sums.beside = self.sums.beside.saturating_add(sum - covered);
    }

    fn drop_waiting(&mut self, ops: &Ops) {
        for at in 0..self.threads.len() {
            self.threads[at].run_end = None;
            let lost = self.empty(at);
            self.sums.outside += nodes_among(&lost, ops);
        }
    }
}

fn nodes_among(calls: &[Call], ops: &Ops) -> u64 {
    calls.iter().filter(|call| ops.get(call.op).level == Level::Node).count() as u64
}

/// Visits calls of one thread, every one after what encloses it. `visit` gets the enclosing row, the call and the
/// time that counts for it: its duration, or what is left of the enclosing call's.
///
/// It answers with the call's own row, if it gets one.
fn walk(
    order: Order,
    calls: &mut [Call],
    root: Option<RowId>,
    ops: &Ops,
    beyond: &mut i64,
    mut visit: impl FnMut(Option<RowId>, &Call, i64) -> Option<RowId>,
) {
    let level = |call: &Call| ops.get(call.op).level;
    match order {
        // Whatever ends last comes first.
        Order::End => calls.reverse(),
        Order::Begin => calls.sort_unstable_by_key(|call| (call.begin, std::cmp::Reverse(call.duration), level(call))),
    }
    let mut stack: Vec<Frame> = Vec::new();
    for call in calls.iter() {
        let inner = level(call);
        while stack.pop_if(|outer| !encloses(order, outer, call, inner)).is_some() {}
        let (time, parent) = match stack.last_mut() {
            None => (call.duration, root),
            Some(outer) => {
                let time = call.duration.min(outer.left);
                outer.left -= time;
                *beyond = beyond.saturating_add(call.duration - time);
                (time, outer.row)
            }
        };
        let row = visit(parent, call, time);
        stack.push(Frame { begin: call.begin, end: call.end(), level: inner, row, left: time });
    }
}

/// Whether `call` lies in `outer`, of which it is known that it ended later or began earlier, as far as `order` says.
fn encloses(order: Order, outer: &Frame, call: &Call, inner: Level) -> bool {
    if inner == Level::Run {
        return false;
    }
    match order {
        Order::End => {
            // What takes less than a microsecond may seem to lie in what followed it.
            outer.begin < call.begin || outer.begin == call.begin && (call.duration > 0 || outer.level.may_hold(inner))
        }
        Order::Begin => {
            call.begin < outer.end || call.begin == outer.end && call.duration == 0 && outer.level.may_hold(inner)
        }
    }
}

/// How much time at least one of the intervals covers.
fn union(intervals: &mut [(i64, i64)]) -> i64 {
    intervals.sort_unstable();
    let (mut covered, mut to) = (0i64, i64::MIN);
    for &(begin, end) in intervals.iter() {
        covered = covered.saturating_add((end - begin.max(to)).max(0));
        to = to.max(end);
    }
    covered
}
