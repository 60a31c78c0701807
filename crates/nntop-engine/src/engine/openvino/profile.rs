//! OpenVINO's counters, with their averaging undone.
//!
//! On processors a counter is the mean of all runs since the model was compiled, in whole microseconds; a new request
//! does not reset it. So what some inferences took is their mean times all runs after them, less the mean times the runs
//! before. On other devices a counter is that of the last run (not tried on one), and is added up run by run.

use super::properties;
use super::stream::BoundStream;
use super::sys::Counter;
use crate::engine::missing::{Walls, missing};
use crate::engine::{Profiling, Stream};
use crate::tensor::Tensor;
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{EngineInfo, Fault, Found, Method, OpProfile, OpRow, RowStatus};
use nntop_core::unit::Nanos;
use std::path::Path;

/// A stream of a model that was compiled with counters. It counts its inferences.
pub(super) struct CountedStream {
    stream: BoundStream,
    runs: u64,
    /// Whether counters are means since compiling.
    means: bool,
    /// Where all operators run, if that is one device.
    device: Option<String>,
    /// Why this is not the very model that was measured.
    note: Option<String>,
}

impl CountedStream {
    pub(super) fn new(stream: BoundStream, info: &EngineInfo) -> Self {
        let device = <[String; 1]>::try_from(info.providers.clone()).ok().map(|[device]| device);
        Self { stream, runs: 0, means: properties::on_cpu(info), device, note: None }
    }

    fn read(&self) -> Result<Vec<OpRow>, Fault> {
        let counters = self.stream.counters().map_err(|why| Fault::run(format!("OpenVINO has no counters: {why}")))?;
        Ok(counters.into_iter().map(|counter| row(counter, self.device.as_deref())).collect())
    }
}

impl Stream for CountedStream {
    fn infer(&mut self) -> Result<(), Fault> {
        self.runs += 1;
        self.stream.infer()
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        self.stream.outputs()
    }

    fn profiled<'a>(&'a mut self, _folder: &Path, _inferences: u64) -> Result<Box<dyn Profiling + 'a>, Fault> {
        let (before, runs) = (self.read(), self.runs);
        let clock = MonotonicClock::start();
        Ok(Box::new(Counted { stream: self, before, runs, sum: Vec::new(), walls: Walls::default(), clock }))
    }
}

/// A stretch of inferences whose counters count.
struct Counted<'a> {
    stream: &'a mut CountedStream,
    /// What the counters said before, after so many runs.
    before: Result<Vec<OpRow>, Fault>,
    runs: u64,
    /// Counters of the last run, added up.
    sum: Vec<OpRow>,
    walls: Walls,
    clock: MonotonicClock,
}

impl Profiling for Counted<'_> {
    fn infer(&mut self) -> Result<(), Fault> {
        let begin = self.clock.now();
        self.stream.infer()?;
        self.walls.push(self.clock.now().since(begin));
        if !self.stream.means {
            let last = self.stream.read()?;
            if self.sum.is_empty() {
                self.sum = last;
            } else {
                self.sum.iter_mut().zip(last).for_each(|(sum, last)| sum.total = sum.total + last.total);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Found {
        // A mean over all runs is cut to whole microseconds, and so is each call's time.
        let cuts = if self.stream.means { 1 + self.stream.runs.div_ceil(self.walls.count().max(1)) } else { 1 };
        let counted = match (self.stream.means, self.before) {
            (false, _) => Ok(self.sum),
            (true, Ok(before)) => {
                self.stream.read().map(|after| difference(&before, self.runs, after, self.stream.runs))
            }
            (true, Err(fault)) => Err(fault),
        };
        match counted {
            Ok(rows) if rows.iter().any(OpRow::is_executed_op) => {
                Found::Rows(profile(rows, &self.walls, cuts, self.stream.note.clone()))
            }
            Ok(_) => Found::Nothing("OpenVINO counts no operator that ran".into()),
            Err(fault) => Found::Nothing(fault.message),
        }
    }
}

/// One operator's counter, its time as it stands.
fn row(counter: Counter, device: Option<&str>) -> OpRow {
    let status = match counter.status {
        0 => RowStatus::NotRun,
        1 => RowStatus::OptimizedOut,
        2 => RowStatus::Executed,
        _ => RowStatus::Other,
    };
    OpRow {
        name: counter.node_name,
        op_type: counter.node_type,
        exec_type: Some(counter.exec_type).filter(|e| !e.is_empty() && e != "undef"),
        provider: device.map(String::from),
        status,
        total: Nanos(u64::try_from(counter.real_time).unwrap_or(0).saturating_mul(1_000)),
        ..OpRow::default()
    }
}

/// What the runs after `runs_before` took: `k · mean(k)` is the sum over all of them.
fn difference(before: &[OpRow], runs_before: u64, mut after: Vec<OpRow>, runs_after: u64) -> Vec<OpRow> {
    for (i, row) in after.iter_mut().enumerate() {
        // The same model has the same operators in the same order.
        let earlier = before.get(i).filter(|b| b.name == row.name).map_or(0, |b| b.total.0.saturating_mul(runs_before));
        row.total = Nanos(row.total.0.saturating_mul(runs_after).saturating_sub(earlier));
    }
    after
}

fn profile(mut rows: Vec<OpRow>, walls: &Walls, cuts: u64, note: Option<String>) -> OpProfile {
    let inferences = walls.count();
    for row in &mut rows {
        row.self_time = row.total;
        row.calls = if row.status == RowStatus::Executed { inferences } else { 0 };
    }
    let accounted = Nanos(rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.self_time.0)));
    let wall = walls.sum().max(accounted);
    let ran = rows.iter().filter(|row| row.is_executed_op()).count() as u64;
    let notes: Vec<String> = note.into_iter().chain(missing("OpenVINO", accounted, walls, ran * cuts)).collect();
    OpProfile {
        source: super::NAME.into(),
        method: Method::Aggregated,
        inferences,
        wall,
        gap: Nanos(wall.0 - accounted.0),
        partial: (!notes.is_empty()).then(|| notes.join("; ")),
        rows,
        ..OpProfile::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(micros: &[u64]) -> Vec<OpRow> {
        let row =
            |(i, us): (usize, &u64)| OpRow { name: format!("n{i}"), total: Nanos(us * 1_000), ..OpRow::default() };
        micros.iter().enumerate().map(row).collect()
    }

    #[test]
    fn the_mean_over_all_runs_is_undone() {
        // Three runs of 900, 60 and 60 µs, then two of 60 and 40: means of 340 and 224.
        let all = difference(&rows(&[340, 5]), 3, rows(&[224, 5]), 5);
        assert_eq!(all.iter().map(|r| r.total.0).collect::<Vec<_>>(), [100_000, 10_000]);
        // Rounded means never become a negative time.
        assert_eq!(difference(&rows(&[7]), 3, rows(&[4]), 5)[0].total, Nanos::ZERO);
    }

    #[test]
    fn what_no_operator_took_is_the_gap() {
        let mut walls = Walls::default();
        walls.push(Nanos(60_000));
        walls.push(Nanos(40_000));
        let profile = profile(rows(&[60, 0]), &walls, 2, None);
        assert_eq!((profile.gap, profile.wall), (Nanos(40_000), Nanos(100_000)));
        assert!(profile.partial.unwrap().contains("whole microseconds"));
    }
}
