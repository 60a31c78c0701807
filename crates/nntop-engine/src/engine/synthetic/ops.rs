//! The synthetic engine's operators: a small tree with known shares, and a profiler with a known cost.

use super::Pace;
use crate::engine::{Profiling, Stream};
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Fault, Found, Method, OpProfile, OpRow, RowKind, TensorSig};
use nntop_core::unit::Nanos;

/// A profiled inference takes a tenth longer.
const COST: u64 = 10;

/// An operator: its name, type, enclosing operator, calls per inference, and its own time in percent.
type Op = (&'static str, &'static str, Option<u32>, u64, u64);

/// In all 95 percent: the rest is time between operators.
const OPS: [Op; 8] = [
    ("/stem/Conv", "Conv", None, 1, 30),
    ("/stem/Relu", "Relu", None, 1, 5),
    ("/block/Conv", "Conv", None, 1, 25),
    ("/block/Relu", "Relu", None, 1, 4),
    ("/block/Loop", "Loop", None, 1, 2),
    ("/block/Loop/Add", "Add", Some(4), 4, 8),
    ("/head/MatMul", "MatMul", None, 1, 17),
    ("/head/Softmax", "Softmax", None, 1, 4),
];

/// A synthetic stream that is being profiled.
pub(super) struct Profiled<'a> {
    stream: &'a mut dyn Stream,
    pace: Pace,
    clock: MonotonicClock,
    /// Operators that ran on the CPU.
    fallback: usize,
    inferences: u64,
    wall: Nanos,
}

impl<'a> Profiled<'a> {
    pub(super) fn new(stream: &'a mut dyn Stream, pace: Pace, clock: MonotonicClock, fallback: usize) -> Self {
        Self { stream, pace, clock, fallback, inferences: 0, wall: Nanos::ZERO }
    }

    fn now(&self) -> Nanos {
        match &self.pace {
            Pace::Virtual(clock) => clock.now(),
            Pace::Real => self.clock.now(),
        }
    }
}

impl Profiling for Profiled<'_> {
    fn infer(&mut self) -> Result<(), Fault> {
        let begin = self.now();
        self.stream.infer()?;
        let cost = Nanos(self.now().since(begin).0 / COST);
        match &self.pace {
            Pace::Virtual(clock) => clock.advance(cost),
            Pace::Real => {
                let end = self.now() + cost;
                while self.now() < end {
                    std::hint::spin_loop();
                }
            }
        }
        self.inferences += 1;
        self.wall = self.wall + self.now().since(begin);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Found {
        Found::Rows(profile(self.inferences, self.wall, self.fallback))
    }
}

/// The rows of so many inferences that took `wall` together. The last `fallback` operators ran on the CPU.
fn profile(inferences: u64, wall: Nanos, fallback: usize) -> OpProfile {
    let tensor = || vec![TensorSig { dtype: "float32".into(), shape: vec![1, 16, 8, 8] }];
    let share = |percent: u64| Nanos(wall.0 / 100 * percent);
    let children = |at: usize| OPS.iter().filter(move |op| op.2 == Some(at as u32)).map(|op| op.4).sum::<u64>();
    let rows: Vec<OpRow> = OPS
        .iter()
        .enumerate()
        .map(|(i, (name, op_type, parent, calls, percent))| OpRow {
            name: (*name).into(),
            kind: RowKind::Op,
            op_type: (*op_type).into(),
            parent: *parent,
            provider: Some(if i + fallback >= OPS.len() { "cpu" } else { "synthetic" }.into()),
            calls: calls * inferences,
            total: share(percent + children(i)),
            self_time: share(*percent),
            inputs: tensor(),
            outputs: tensor(),
            threads: 1,
            ..OpRow::default()
        })
        .collect();
    let gap = wall.since(Nanos(rows.iter().map(|r| r.self_time.0).sum()));
    let source = "synthetic".into();
    OpProfile { source, method: Method::Aggregated, inferences, wall, gap, rows, ..OpProfile::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Synthetic;
    use nntop_core::clock::VirtualClock;
    use std::path::Path;

    #[test]
    fn a_profiled_inference_takes_a_tenth_longer_and_its_rows_add_up() {
        let clock = VirtualClock::default();
        let engine =
            Synthetic::parse("synthetic:constant,median=1ms,fallback=2", Pace::Virtual(clock.clone())).unwrap();
        let mut stream = engine.open_stream();
        let mut profiled = stream.profiled(Path::new("/nowhere"), 3).unwrap();
        (0..3).for_each(|_| profiled.infer().unwrap());
        assert_eq!(clock.now(), Nanos(3_300_000));
        let Found::Rows(profile) = profiled.finish() else { panic!("rows") };
        assert_eq!((profile.inferences, profile.wall), (3, Nanos(3_300_000)));
        let own: u64 = profile.rows.iter().map(|r| r.self_time.0).sum();
        assert_eq!(own + profile.gap.0, profile.wall.0);
        assert_eq!(profile.rows[4].total.0, profile.rows[4].self_time.0 + profile.rows[5].total.0, "Loop holds Add");
        assert_eq!(profile.rows.iter().filter(|r| r.provider.as_deref() == Some("cpu")).count(), 2);
        stream.infer().unwrap();
        assert_eq!(clock.now(), Nanos(4_300_000), "the stream itself is as fast as before");
    }
}
