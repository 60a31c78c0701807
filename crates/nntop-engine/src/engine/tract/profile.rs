//! Where tract's time goes: it calls its operators one by one, and lets others make these calls. Each is timed.

use super::sys::Run;
use super::types::data_type;
use crate::engine::Profiling;
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Fault, Found, Method, OpProfile, OpRow, TensorSig};
use nntop_core::unit::Nanos;
use tract_onnx::tract_core::internal::TypedFact;
use tract_onnx::tract_core::plan;

/// A run whose operators are timed.
pub(super) struct TimedRun<'a> {
    run: &'a mut Run,
    /// By node: when it first began, how often it ran, how long it took.
    nodes: Vec<(Nanos, u64, Nanos)>,
    begun: Option<Nanos>,
    inferences: u64,
    wall: Nanos,
    clock: MonotonicClock,
}

impl<'a> TimedRun<'a> {
    pub(super) fn new(run: &'a mut Run) -> Self {
        let nodes = vec![(Nanos::ZERO, 0, Nanos::ZERO); run.model().nodes().len()];
        Self { run, nodes, begun: None, inferences: 0, wall: Nanos::ZERO, clock: MonotonicClock::start() }
    }
}

impl Profiling for TimedRun<'_> {
    fn infer(&mut self) -> Result<(), Fault> {
        let (clock, nodes) = (&self.clock, &mut self.nodes);
        let begin = clock.now();
        let first = *self.begun.get_or_insert(begin);
        let answer = self.run.infer_with(|session, state, node, inputs| {
            let called = clock.now();
            let outputs = plan::eval(session, state, node, inputs);
            let took = clock.now().since(called);
            if let Some((start, calls, total)) = nodes.get_mut(node.id) {
                if *calls == 0 {
                    *start = called.since(first);
                }
                *calls += 1;
                *total = *total + took;
            }
            outputs
        });
        self.wall = self.wall + self.clock.now().since(begin);
        answer.map_err(super::failed)?;
        self.inferences += 1;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Found {
        let model = self.run.model();
        let signature = |fact: &TypedFact| TensorSig {
            dtype: data_type(fact.datum_type).map_or_else(|| format!("{:?}", fact.datum_type), |t| t.name().to_owned()),
            shape: fact.shape.iter().map(|axis| axis.to_i64().map_or(0, i64::unsigned_abs)).collect(),
        };
        let mut rows: Vec<OpRow> = Vec::new();
        for (node, &(start, calls, total)) in model.nodes().iter().zip(&self.nodes) {
            // Inputs are handed over by a node of their own, which computes nothing.
            if calls == 0 || node.op.name() == "Source" {
                continue;
            }
            let inputs = model.node_input_facts(node.id).unwrap_or_default();
            rows.push(OpRow {
                name: node.name.clone(),
                op_type: node.op.name().into_owned(),
                provider: Some("cpu".into()),
                calls,
                total,
                self_time: total,
                start: Some(start),
                inputs: inputs.into_iter().map(signature).collect(),
                outputs: node.outputs.iter().map(|output| signature(&output.fact)).collect(),
                ..OpRow::default()
            });
        }
        if rows.is_empty() {
            return Found::Nothing("tract ran no operator".into());
        }
        rows.sort_by_key(|row| row.start);
        let accounted = rows.iter().fold(Nanos::ZERO, |sum, row| sum + row.total);
        Found::Rows(OpProfile {
            source: super::NAME.into(),
            method: Method::Traced,
            inferences: self.inferences,
            wall: self.wall,
            gap: self.wall.since(accounted),
            partial: None,
            rows,
            ..OpProfile::default()
        })
    }
}
