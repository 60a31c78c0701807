//! When a variant is profiled, for how long, and whether it ran where it had to.
//!
//! A burst is a block of its own between measured ones, followed by settling. While its files are read nobody measures:
//! reading takes a millisecond per 100 kB, and on a small board that is a core less for the model.

use nntop_core::event::{Block, Burst, Bursts, Fault, OpProfile, Plan, Profiler, Slot};
use nntop_core::unit::Nanos;

/// Measured time between two bursts: what an operator takes changes no faster than clocks and temperature do.
const EVERY: Nanos = Nanos::from_millis(10_000);

/// … and at least this many times as long as the last burst took, so that bursts are a hundredth of the time however
/// slow the model is.
const SPARSE: u64 = 100;

/// No inference of a burst begins after this time where measuring goes on after it …
const LONGEST: Nanos = Nanos::from_millis(100);

/// … and where nothing more is measured: one inference of a slow model tells less than several.
const LONGEST_AT_END: Nanos = Nanos::from_millis(1_000);

/// Each inference writes a file of about 1 kB per operator; more inferences than this tell little more.
const MOST: u64 = 20;

/// What a burst is limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) inferences: u64,
    pub(super) duration: Nanos,
}

/// How far the burst in hand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Progress {
    /// There is none.
    #[default]
    None,
    /// A second session runs.
    Session,
    /// The worker's own session runs, or findings are being read.
    Under,
}

/// A variant's bursts in its current run.
#[derive(Debug, Default)]
pub(super) struct Profiling {
    /// How its runtime can be profiled.
    pub(super) profiler: Profiler,
    /// The execution provider that was asked for first.
    pub(super) provider: Option<String>,
    /// A command has asked for one.
    asked: bool,
    progress: Progress,
    /// Bursts begun and bursts that found something.
    tried: u64,
    found: u64,
    /// Measured time from which on the next one is due.
    due: Nanos,
    /// How long the burst in hand took.
    took: Nanos,
}

impl Profiling {
    /// A command asks for a burst.
    pub(super) fn ask(&mut self) {
        self.asked = true;
    }

    /// Whether a burst is under way; its files may still be read.
    pub(super) fn is_under_way(&self) -> bool {
        self.progress != Progress::None
    }

    /// Whether a second session runs for the burst.
    pub(super) fn in_session(&self) -> bool {
        self.progress == Progress::Session
    }

    /// The second session has ended; what it found is still to be read.
    pub(super) fn session_done(&mut self) {
        if self.in_session() {
            self.progress = Progress::Under;
        }
    }

    /// Whether a burst is wanted now, after `busy` of measured time; `complete`: nothing more is measured.
    pub(super) fn is_wanted(&self, plan: &Plan, busy: Nanos, complete: bool) -> bool {
        // Figures under each other's load must not have a profiler in it: there the only time is before.
        let before = plan.require_ep || (plan.parallel && plan.bursts != Bursts::OnDemand);
        let due = match plan.bursts {
            _ if before && self.tried == 0 => true,
            _ if plan.parallel => false,
            Bursts::AtEnd => complete && self.tried == 0,
            // A second session costs a load of the model and its memory: once, and when asked.
            Bursts::Regular if self.profiler == Profiler::Session => self.tried == 0,
            // What failed once would fail again, and be reported again.
            Bursts::Regular => !complete && busy >= self.due && self.found == self.tried,
            Bursts::OnDemand | Bursts::Other => false,
        };
        !self.is_under_way() && (self.asked || due)
    }

    /// Begins a burst of inferences that take about `mean` without a profiler; `complete`: nothing is measured after it.
    pub(super) fn begin(&mut self, mean: Nanos, complete: bool) -> Limits {
        let duration = if complete { LONGEST_AT_END } else { LONGEST };
        let session = self.profiler == Profiler::Session;
        self.progress = if session { Progress::Session } else { Progress::Under };
        (self.asked, self.tried, self.took) = (false, self.tried + 1, Nanos::ZERO);
        Limits { inferences: (duration.0 / mean.0.max(1)).clamp(1, MOST), duration }
    }

    /// Nothing can be profiled any more.
    pub(super) fn withdraw(&mut self) {
        self.asked = false;
    }

    /// A block of the burst.
    pub(super) fn block(&mut self, block: &Block) {
        self.took = self.took + block.duration();
    }

    /// The burst is over, after `busy` of measured time.
    pub(super) fn end(&mut self, busy: Nanos) {
        self.progress = Progress::None;
        self.due = busy + EVERY.max(Nanos(self.took.0.saturating_mul(SPARSE)));
    }

    /// Its findings as an event's, numbered.
    pub(super) fn number(&mut self, variant: Slot, run: u32, profile: OpProfile) -> Burst {
        self.found += 1;
        Burst { variant, run, burst: self.found, profile }
    }
}

/// What is wrong where operators ran on another provider than `asked`, by their types.
pub(super) fn misplaced(name: &str, profile: &OpProfile, asked: Option<&str>) -> Option<Fault> {
    let asked = asked?;
    let total = profile.executed_ops().count();
    if total == 0 {
        return Some(unknown(name, "the profile holds no operator"));
    }
    let mut types: Vec<(String, usize)> = Vec::new();
    for row in profile.executed_ops() {
        let on = row.provider.as_deref().unwrap_or("an unknown provider");
        if !on.eq_ignore_ascii_case(asked) {
            let what = format!("{} on {on}", row.op_type);
            match types.iter_mut().find(|(t, _)| *t == what) {
                Some((_, n)) => *n += 1,
                None => types.push((what, 1)),
            }
        }
    }
    if types.is_empty() {
        return None;
    }
    types.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let elsewhere: usize = types.iter().map(|(_, n)| n).sum();
    let list: Vec<String> = types.iter().map(|(what, n)| format!("{n} {what}")).collect();
    let message =
        format!("{name}: --require-ep: {elsewhere} of {total} operators did not run on {asked}: {}", list.join(", "));
    Some(Fault::run(message).hint(format!(
        "the model needs operators, data types or shapes that {asked} has (simplify it, or convert it to another opset or \
         precision); without --require-ep it is measured as it is"
    )))
}

/// It is not known where operators ran, though it has to be.
pub(super) fn unknown(name: &str, reason: &str) -> Fault {
    Fault::run(format!("{name}: --require-ep: where operators ran is not known: {reason}"))
        .hint("leave out --require-ep to measure it anyway")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::OpRow;

    fn plan(bursts: Bursts) -> Plan {
        Plan { bursts, ..Plan::default() }
    }

    const SECOND: Nanos = Nanos::from_millis(1_000);

    /// When bursts come within `seconds` of measuring in steps of a second, each taking `took`.
    fn times(plan: &Plan, profiler: Profiler, took: Nanos, seconds: u64) -> Vec<u64> {
        let mut profiling = Profiling { profiler, ..Profiling::default() };
        (0..=seconds)
            .filter(|&s| {
                let busy = Nanos(SECOND.0 * s);
                let wanted = profiling.is_wanted(plan, busy, s == seconds);
                if wanted {
                    profiling.begin(Nanos(1), false);
                    profiling.took = took;
                    profiling.number(Slot(0), 1, OpProfile::default());
                    profiling.end(busy);
                }
                wanted
            })
            .collect()
    }

    #[test]
    fn bursts_are_a_hundredth_of_the_time() {
        let regular = plan(Bursts::Regular);
        assert_eq!(times(&regular, Profiler::Inference, Nanos::from_millis(100), 35), [0, 10, 20, 30]);
        assert_eq!(times(&regular, Profiler::Inference, Nanos::from_millis(300), 70), [0, 30, 60]);
        assert_eq!(times(&regular, Profiler::Session, Nanos::from_millis(1), 35), [0], "a load of the model each");
    }

    #[test]
    fn a_headless_run_profiles_when_all_is_measured() {
        assert_eq!(times(&plan(Bursts::AtEnd), Profiler::Inference, Nanos(1), 9), [9]);
        assert!(times(&plan(Bursts::OnDemand), Profiler::Inference, Nanos(1), 9).is_empty());
        let strict = Plan { require_ep: true, ..plan(Bursts::AtEnd) };
        assert_eq!(times(&strict, Profiler::Inference, Nanos(1), 9), [0], "a wrong provider is found at once");
    }

    #[test]
    fn in_parallel_only_before_anything_is_measured() {
        for bursts in [Bursts::AtEnd, Bursts::Regular] {
            let parallel = Plan { parallel: true, ..plan(bursts) };
            assert_eq!(times(&parallel, Profiler::Inference, Nanos(1), 40), [0]);
        }
    }

    #[test]
    fn what_failed_is_not_tried_again_unless_asked() {
        let mut profiling = Profiling::default();
        profiling.begin(Nanos(1), false);
        profiling.end(Nanos::ZERO);
        assert!(!profiling.is_wanted(&plan(Bursts::Regular), Nanos(u64::MAX), false));
        profiling.ask();
        assert!(profiling.is_wanted(&plan(Bursts::Regular), Nanos::ZERO, false));
    }

    #[test]
    fn a_burst_of_a_slow_model_is_one_inference() {
        let inferences = |mean, complete| Profiling::default().begin(Nanos::from_millis(mean), complete).inferences;
        assert_eq!((inferences(5_000, false), inferences(30, false), inferences(0, false)), (1, 3, 20));
        assert_eq!((inferences(5_000, true), inferences(100, true), inferences(30, true)), (1, 10, 20));
    }

    #[test]
    fn operators_elsewhere_are_counted_by_type() {
        let row =
            |op_type: &str, on: &str| OpRow { op_type: op_type.into(), provider: Some(on.into()), ..OpRow::default() };
        let rows = vec![row("Conv", "cuda"), row("TopK", "cpu"), row("Loop", "cpu"), row("TopK", "cpu")];
        let profile = OpProfile { rows, ..OpProfile::default() };
        let fault = misplaced("net", &profile, Some("cuda")).unwrap();
        assert!(
            fault.message.contains("3 of 4 operators did not run on cuda: 2 TopK on cpu, 1 Loop on cpu"),
            "{fault:?}"
        );
        assert!(fault.hint.is_some());
        let all = OpProfile { rows: vec![row("Conv", "cpu")], ..OpProfile::default() };
        assert!(misplaced("net", &all, Some("CPU")).is_none());
        assert!(misplaced("net", &OpProfile::default(), Some("cpu")).is_some(), "no operators are no proof");
    }
}
