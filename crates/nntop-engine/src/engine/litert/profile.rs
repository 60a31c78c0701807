//! LiteRT's profiler: an event for each operator of each inference, in whole microseconds.
//!
//! What LiteRT itself runs has its place in the model's graph, and so its layer's name and shapes. What XNNPACK runs are
//! kernels that it has made of several operators: they have an order and a name, and no place in the graph. What encloses
//! them is timed, too: the graph (`Invoke`), and what LiteRT does with buffers before and after it.

use super::stream::BoundStream;
use super::sys::Event;
use crate::engine::missing::{Walls, missing};
use crate::engine::{Profiling, Stream};
use crate::graph::TfliteGraph;
use crate::tensor::{Dim, Tensor, TensorSpec};
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Fault, Found, Method, OpProfile, OpRow, RowKind, TensorSig};
use nntop_core::unit::Nanos;
use std::path::Path;

/// Bits of `tflite::Profiler::EventType`.
const SCOPE: i32 = 1;
const OPERATOR: i32 = 1 << 1;
const DELEGATE: i32 = 1 << 2;
const IN_DELEGATE: i32 = 1 << 3;

/// A stream of a model that was compiled with the profiler, which is started for a stretch of inferences.
pub(super) struct TimedStream {
    stream: BoundStream,
    /// Whether there is a profiler, or why there is none.
    profiler: Result<(), String>,
}

impl TimedStream {
    /// The profiler is on from the begin, so that the warm-up warms it, too.
    pub(super) fn new(mut stream: BoundStream) -> Self {
        let profiler = stream.start_profiler();
        Self { stream, profiler }
    }
}

impl Stream for TimedStream {
    fn infer(&mut self) -> Result<(), Fault> {
        self.stream.infer()
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        self.stream.outputs()
    }

    fn profiled<'a>(&'a mut self, _folder: &Path, _inferences: u64) -> Result<Box<dyn Profiling + 'a>, Fault> {
        // Started once more it forgets what it has seen so far; reset it would end.
        let profiler = self.profiler.clone().and_then(|()| self.stream.start_profiler());
        let clock = MonotonicClock::start();
        Ok(Box::new(Timed { stream: &mut self.stream, profiler, walls: Walls::default(), clock }))
    }
}

/// A stretch of profiled inferences.
struct Timed<'a> {
    stream: &'a mut BoundStream,
    /// Whether there is a profiler, or why there is none.
    profiler: Result<(), String>,
    walls: Walls,
    clock: MonotonicClock,
}

impl Profiling for Timed<'_> {
    fn infer(&mut self) -> Result<(), Fault> {
        let begin = self.clock.now();
        self.stream.infer()?;
        self.walls.push(self.clock.now().since(begin));
        Ok(())
    }

    fn finish(self: Box<Self>) -> Found {
        if let Err(why) = self.profiler {
            return Found::Nothing(why);
        }
        let calls = self.stream.stop_profiler();
        let calls = calls.map(|events| events.into_iter().filter_map(Call::of).collect::<Vec<_>>());
        let graph = &self.stream.file.graph;
        match calls {
            Ok(calls) if !calls.is_empty() => Found::Rows(profile(&calls, graph, &self.walls)),
            Ok(_) => Found::Nothing("LiteRT's profiler saw no operator".into()),
            Err(status) => Found::Nothing(format!("LiteRT's profiler: {status}")),
        }
    }
}

/// One operator or kernel that ran once.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    kind: i32,
    name: String,
    place: u64,
    elapsed: Nanos,
}

impl Call {
    fn of(event: Event) -> Option<Self> {
        let Event { kind, name, place, elapsed_us } = event;
        if ![SCOPE, OPERATOR, DELEGATE, IN_DELEGATE].contains(&kind) {
            return None;
        }
        // A thousand seconds are none: some events have no end.
        let elapsed = Some(elapsed_us).filter(|us| *us < 1_000_000_000)?;
        Some(Self { kind, name, place, elapsed: Nanos(elapsed * 1_000) })
    }
}

fn profile(calls: &[Call], graph: &TfliteGraph, walls: &Walls) -> OpProfile {
    // Kernels tell of what the delegate's own event would count once more.
    let has_kernels = calls.iter().any(|c| c.kind == IN_DELEGATE);
    let mut keys: Vec<(i32, u64, &str)> = Vec::new();
    let mut rows: Vec<OpRow> = Vec::new();
    for call in calls {
        let is_delegate = call.kind == DELEGATE || call.name.contains("Delegate");
        if (has_kernels && is_delegate) || call.kind == SCOPE {
            continue;
        }
        let key = (call.kind, call.place, call.name.as_str());
        let at = keys.iter().position(|k| *k == key).unwrap_or_else(|| {
            keys.push(key);
            rows.push(row(call, graph));
            rows.len() - 1
        });
        let row = &mut rows[at];
        row.calls += 1;
        row.total = row.total + call.elapsed;
        row.self_time = row.total;
    }
    let operators = sum(&rows);
    let inferences = walls.count();
    let each = rows.iter().fold(0u64, |sum, row| sum + row.calls).div_ceil(inferences.max(1));
    let lost = missing("LiteRT", operators, walls, each);
    rows.extend(around(calls, operators));
    let accounted = sum(&rows);
    let wall = walls.sum().max(accounted);
    OpProfile {
        source: super::NAME.into(),
        method: Method::Aggregated,
        inferences,
        wall,
        gap: Nanos(wall.0 - accounted.0),
        partial: lost,
        rows,
        ..OpProfile::default()
    }
}

fn sum(rows: &[OpRow]) -> Nanos {
    Nanos(rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.self_time.0)))
}

/// What encloses operators or stands beside them: of the graph what no operator took, and what is done with buffers.
fn around(calls: &[Call], operators: Nanos) -> Vec<OpRow> {
    let mut rows: Vec<OpRow> = Vec::new();
    for call in calls.iter().filter(|call| call.kind == SCOPE) {
        // `LiteRT::Run[buffer registration]` is that of a run like any other.
        let name = call.name.strip_prefix("LiteRT::Run[").and_then(|name| name.strip_suffix(']'));
        let name = name.unwrap_or(&call.name).to_lowercase();
        let at = rows.iter().position(|row| row.name == name).unwrap_or_else(|| {
            rows.push(OpRow { name, kind: RowKind::Scope, ..OpRow::default() });
            rows.len() - 1
        });
        rows[at].calls += 1;
        rows[at].total = rows[at].total + call.elapsed;
    }
    for row in &mut rows {
        row.self_time = row.total;
        if row.name == "invoke" {
            row.name = "invoke, in no operator".into();
            row.self_time = Nanos(row.total.0.saturating_sub(operators.0));
            row.total = row.self_time;
        }
    }
    rows.retain(|row| row.self_time > Nanos::ZERO);
    rows
}

fn row(call: &Call, graph: &TfliteGraph) -> OpRow {
    let operator = (call.kind == OPERATOR).then(|| graph.operators.get(call.place as usize)).flatten();
    let shown = |specs: &[TensorSpec]| -> Vec<TensorSig> { specs.iter().filter_map(signature).collect() };
    // `Convolution (NHWC, F32) IGEMM` is a `Convolution`, executed as the rest says.
    let (op_type, exec) = match call.name.split_once(" (") {
        Some((op_type, rest)) if call.kind == IN_DELEGATE => (op_type, format!("xnnpack {}", rest.replace(')', ""))),
        _ if call.kind == IN_DELEGATE => (call.name.as_str(), "xnnpack".into()),
        _ => (call.name.as_str(), "builtin".into()),
    };
    let name = match operator {
        Some(operator) if !operator.name.is_empty() => operator.name.clone(),
        _ => format!("{op_type}/{}", call.place),
    };
    OpRow {
        name,
        kind: RowKind::Op,
        op_type: op_type.to_owned(),
        provider: Some("cpu".into()),
        exec_type: Some(exec),
        inputs: operator.map(|o| shown(&o.inputs)).unwrap_or_default(),
        outputs: operator.map(|o| shown(&o.outputs)).unwrap_or_default(),
        ..OpRow::default()
    }
}

/// A tensor of known shape; a free axis is the batch, whose size the file does not tell.
fn signature(spec: &TensorSpec) -> Option<TensorSig> {
    let size = |d: &Dim| match d {
        Dim::Fixed(n) => Some(*n),
        _ => None,
    };
    let shape = spec.dims.iter().map(size).collect::<Option<_>>()?;
    Some(TensorSig { dtype: spec.dtype.name().into(), shape })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::TfliteOperator;

    fn call(kind: i32, name: &str, place: u64, us: u64) -> Call {
        Call { kind, name: name.into(), place, elapsed: Nanos(us * 1_000) }
    }

    fn walls(micros: &[u64]) -> Walls {
        let mut walls = Walls::default();
        micros.iter().for_each(|us| walls.push(Nanos(us * 1_000)));
        walls
    }

    fn graph() -> TfliteGraph {
        let operator = |name: &str| TfliteOperator { name: name.into(), inputs: Vec::new(), outputs: Vec::new() };
        TfliteGraph {
            inputs: Vec::new(),
            outputs: Vec::new(),
            operators: vec![operator("net/conv"), operator("net/soft")],
            is_stateful: false,
        }
    }

    #[test]
    fn builtin_operators_have_their_layers_names_and_kernels_their_own() {
        let calls = [
            call(IN_DELEGATE, "Convolution (NHWC, F32) IGEMM", 0, 40),
            call(OPERATOR, "TfLiteXNNPackDelegate", 2, 45),
            call(OPERATOR, "SOFTMAX", 1, 5),
            call(IN_DELEGATE, "Convolution (NHWC, F32) IGEMM", 0, 42),
            call(OPERATOR, "SOFTMAX", 1, 5),
            call(SCOPE, "Invoke", 0, 46),
            call(SCOPE, "Invoke", 0, 49),
            call(SCOPE, "LiteRT::Run[Buffer sync]", 0, 1),
        ];
        let profile = profile(&calls, &graph(), &walls(&[50, 50]));
        let told: Vec<_> =
            profile.rows.iter().map(|r| (r.name.as_str(), r.op_type.as_str(), r.calls, r.total.0)).collect();
        assert_eq!(
            told,
            [
                ("Convolution/0", "Convolution", 2, 82_000),
                ("net/soft", "SOFTMAX", 2, 10_000),
                ("invoke, in no operator", "", 2, 3_000),
                ("buffer sync", "", 1, 1_000)
            ]
        );
        assert_eq!(profile.between_operators(), Nanos(8_000));
        assert_eq!(profile.rows[0].exec_type.as_deref(), Some("xnnpack NHWC, F32 IGEMM"));
        assert_eq!(profile.gap, Nanos(4_000));
    }

    #[test]
    fn without_kernels_the_delegate_stands_for_them() {
        let calls = [call(OPERATOR, "TfLiteXNNPackDelegate", 2, 45), call(OPERATOR, "SOFTMAX", 1, 5)];
        assert_eq!(profile(&calls, &graph(), &walls(&[60])).rows.len(), 2);
    }
}
