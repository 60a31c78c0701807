//! Profiling bursts of one variant: when one is due, how long it may take, and what it found.
//!
//! A burst is a block of its own between measured ones, followed by settling. While its files are read nobody measures:
//! reading takes a millisecond per 100 kB, and on a small board that is a core less for the model.

use super::child::Child;
use nntop_core::event::{Block, Burst, Bursts, Fault, Found, OpProfile, Plan, Profiler, Slot};
use nntop_core::unit::Nanos;
use nntop_trace::op_trace::{self, onnxruntime};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Measured time between two bursts: what an operator takes changes no faster than clocks and temperature do.
const EVERY: Nanos = Nanos::from_millis(10_000);

/// … and at least so many times as long as the last burst took, so that bursts are a hundredth of the time however
/// slow the model is.
const SPARSE: u64 = 100;

/// No further inference is begun after this time, while measuring goes on after it …
const LONGEST: Nanos = Nanos::from_millis(100);

/// … and when nothing more is to be measured: one inference of a slow model tells less than some.
const LONGEST_AT_END: Nanos = Nanos::from_millis(1_000);

/// Each inference writes a file of about 1 kB per operator; more inferences than this tell little more.
const MOST: u64 = 20;

/// What a burst is ordered to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Orders {
    pub(super) folder: String,
    pub(super) inferences: u64,
    pub(super) duration: Nanos,
}

/// A variant's bursts in its current run.
#[derive(Debug, Default)]
pub(super) struct Profiling {
    /// How its runtime can be profiled.
    pub(super) profiler: Profiler,
    /// The execution provider that it was asked for first.
    pub(super) provider: Option<String>,
    /// Filters of quantized convolutions, as the model file has them.
    pub(super) filters: Arc<BTreeMap<String, Vec<u64>>>,
    /// A command has asked for one.
    asked: bool,
    /// One is under way, its files perhaps being read.
    pub(super) under_way: bool,
    /// The worker of a second session, where the runtime needs one.
    pub(super) helper: Option<Child>,
    /// What that one said it failed with.
    pub(super) trouble: Option<String>,
    /// Bursts begun and bursts that found something.
    tried: u64,
    found: u64,
    /// Measured time from which on the next one is due.
    due: Nanos,
    /// How long the block in hand took.
    took: Nanos,
    /// Where the runtime writes. Only this user may look; it goes when the run does.
    folder: Option<TempDir>,
}

impl Profiling {
    /// Someone wants a burst.
    pub(super) fn ask(&mut self) {
        self.asked = true;
    }

    /// Whether a burst is wanted now, after `busy` of measured time; `enough`: nothing more is to be measured.
    pub(super) fn wanted(&self, plan: &Plan, busy: Nanos, enough: bool) -> bool {
        // Figures under each other's load must not have a profiler in it: there the only time is before.
        let before = plan.require_ep || (plan.parallel && plan.bursts != Bursts::OnDemand);
        let due = match plan.bursts {
            _ if before && self.tried == 0 => true,
            _ if plan.parallel => false,
            Bursts::AtEnd => enough && self.tried == 0,
            // A second session costs a load of the model and its memory: once, and when asked.
            Bursts::Regular if self.profiler == Profiler::Session => self.tried == 0,
            // What failed once would fail again, and say so again.
            Bursts::Regular => !enough && busy >= self.due && self.found == self.tried,
            Bursts::OnDemand | Bursts::Other => false,
        };
        !self.under_way && (self.asked || due)
    }

    /// Begins a burst of inferences that take about `mean` without a profiler; `at_end` nothing is measured after it.
    ///
    /// # Errors
    /// Why there is no place for the runtime's files.
    pub(super) fn begin(&mut self, mean: Nanos, at_end: bool) -> Result<Orders, String> {
        let longest = if at_end { LONGEST_AT_END } else { LONGEST };
        (self.asked, self.under_way) = (false, true);
        (self.tried, self.took, self.trouble) = (self.tried + 1, Nanos::ZERO, None);
        if self.folder.is_none() {
            let mine = std::fs::Permissions::from_mode(0o700);
            let made = tempfile::Builder::new().prefix("nntop-profile-").permissions(mine).tempdir();
            let place = std::env::temp_dir();
            self.folder = Some(made.map_err(|e| format!("no folder can be made in {}: {e}", place.display()))?);
        }
        let folder = self.path().to_str().map(String::from);
        Ok(Orders {
            folder: folder.ok_or("the name of the folder for temporary files is not UTF-8")?,
            inferences: (longest.0 / mean.0.max(1)).clamp(1, MOST),
            duration: longest,
        })
    }

    /// Where the runtime writes.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.as_ref().map(|f| f.path().to_owned()).unwrap_or_default()
    }

    /// A block of the burst.
    pub(super) fn block(&mut self, block: &Block) {
        self.took = self.took + block.duration();
    }

    /// The burst is over, after `busy` of measured time.
    pub(super) fn end(&mut self, busy: Nanos) {
        (self.under_way, self.helper) = (false, None);
        self.due = busy + EVERY.max(Nanos(self.took.0.saturating_mul(SPARSE)));
    }

    /// Its findings as an event's, numbered.
    pub(super) fn burst(&mut self, variant: Slot, run: u32, profile: OpProfile) -> Burst {
        self.found += 1;
        Burst { variant, run, burst: self.found, profile }
    }
}

/// Reads what a burst left and empties the folder. For a thread that may block. `filters` are the model's own.
///
/// # Errors
/// A sentence: why there is no profile.
pub(super) fn read(folder: &Path, found: Found, filters: &BTreeMap<String, Vec<u64>>) -> Result<OpProfile, String> {
    let mut profile = read_found(folder, found)?;
    op_trace::flops::fill(&mut profile, filters);
    Ok(profile)
}

fn read_found(folder: &Path, found: Found) -> Result<OpProfile, String> {
    match found {
        Found::Rows(profile) => Ok(profile),
        Found::Nothing(reason) => Err(reason),
        Found::Files { skip } => {
            let read = files(folder).and_then(|files| read_files(&files, skip));
            // Whatever else the runtime left there goes, too.
            files(folder).into_iter().flatten().for_each(|path| drop(std::fs::remove_file(path)));
            read
        }
    }
}

/// A file per inference, or one of a whole session whose first inferences do not count.
fn read_files(files: &[PathBuf], skip: u64) -> Result<OpProfile, String> {
    if files.is_empty() {
        return Err("the runtime wrote no profile".into());
    }
    let read = |path: &PathBuf| match skip {
        // Told by content: ONNX Runtime's own, or what PyTorch's profiler writes.
        0 => op_trace::open(path).map(|titled| titled.profile).map_err(|e| e.to_string()),
        _ => File::open(path)
            .map_err(|e| format!("{}: cannot be read: {e}", path.display()))
            .and_then(|file| onnxruntime::read(later_runs(file, skip)).map_err(|e| e.to_string())),
    };
    let profile = op_trace::merge(files.iter().map(read).collect::<Result<Vec<_>, _>>()?);
    if profile.executed_ops().next().is_none() {
        return Err("the runtime's profile holds no operator".into());
    }
    Ok(profile)
}

/// A session's profile without its first `skip` inferences. Each ends with its `model_run` event, one event a line.
fn later_runs(file: impl Read, skip: u64) -> impl Read {
    let mut reader = BufReader::new(file);
    let (mut line, mut ended) = (Vec::new(), 0);
    while ended < skip && matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
        const RUN: &[u8] = b"\"model_run\"";
        ended += u64::from(line.windows(RUN.len()).any(|part| part == RUN));
        line.clear();
    }
    b"[\n".chain(reader)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: cannot be read: {e}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort_unstable();
    Ok(files)
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

/// Where operators ran cannot be told, though it has to be.
pub(super) fn unknown(name: &str, reason: &str) -> Fault {
    Fault::run(format!("{name}: --require-ep: where operators ran is not known: {reason}"))
        .hint("without --require-ep it is measured all the same")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::{OpRow, Stop, Warmup};

    fn plan(bursts: Bursts) -> Plan {
        Plan {
            variants: Vec::new(),
            stop: Stop::default(),
            warmup: Warmup::default(),
            bursts,
            sample_every: Nanos::from_millis(1_000),
            ..Plan::default()
        }
    }

    const SECOND: Nanos = Nanos::from_millis(1_000);

    /// When bursts come within `seconds` of measuring in steps of a second, each taking `took`.
    fn times(plan: &Plan, profiler: Profiler, took: Nanos, seconds: u64) -> Vec<u64> {
        let mut profiling = Profiling { profiler, ..Profiling::default() };
        (0..=seconds)
            .filter(|&s| {
                let busy = Nanos(SECOND.0 * s);
                let wanted = profiling.wanted(plan, busy, s == seconds);
                if wanted {
                    profiling.begin(Nanos(1), false).unwrap();
                    profiling.took = took;
                    profiling.burst(Slot(0), 1, OpProfile::default());
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
        assert_eq!(times(&strict, Profiler::Inference, Nanos(1), 9), [0], "what is not to be is found at once");
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
        profiling.begin(Nanos(1), false).unwrap();
        profiling.end(Nanos::ZERO);
        assert!(!profiling.wanted(&plan(Bursts::Regular), Nanos(u64::MAX), false));
        profiling.ask();
        assert!(profiling.wanted(&plan(Bursts::Regular), Nanos::ZERO, false));
    }

    #[test]
    fn a_burst_of_a_slow_model_is_one_inference() {
        let inferences =
            |mean, at_end| Profiling::default().begin(Nanos::from_millis(mean), at_end).unwrap().inferences;
        assert_eq!((inferences(5_000, false), inferences(30, false), inferences(0, false)), (1, 3, 20));
        assert_eq!((inferences(5_000, true), inferences(100, true), inferences(30, true)), (1, 10, 20));
    }

    #[test]
    fn only_this_user_may_look_into_the_folder_and_it_goes_with_the_run() {
        let mut profiling = Profiling::default();
        let folder = PathBuf::from(profiling.begin(Nanos(1), false).unwrap().folder);
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        drop(profiling);
        assert!(!folder.exists());
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
