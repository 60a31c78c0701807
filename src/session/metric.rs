//! Metrics of the user's own: measured after the run, once for each variant.

use super::Stopper;
use nntop_core::event::{CustomMetric, CustomValue, Event, Kind, Outcome, Plan, check_metric_name};
use nntop_results::result::{RunResult, VariantResult};
use nntop_state::State;
use std::fmt;

/// Measures one number of a variant after the run. Closures of the same form are metrics, too:
///
/// ```
/// use nntop::event::{CustomValue, Plan};
/// use nntop::session::{Measured, Session};
///
/// let per_second = |of: &Measured| match of.variant.throughput_ips {
///     Some(n) => CustomValue::new(n * 1e-3, Some("k/s")),
///     None => CustomValue::absent("nothing was measured"),
/// };
/// let session = Session::new(Plan::of("a.onnx")).metric("rate", per_second);
/// ```
pub trait Metric: Send {
    /// The number with its unit, or why there is none. It is called when nothing is measured any more.
    fn measure(&mut self, of: &Measured<'_>) -> CustomValue;
}

impl<F: FnMut(&Measured<'_>) -> CustomValue + Send> Metric for F {
    fn measure(&mut self, of: &Measured<'_>) -> CustomValue {
        self(of)
    }
}

/// What a [`Metric`] is measured of.
#[derive(Debug)]
pub struct Measured<'a> {
    /// The result so far, with the metrics that were measured before this one.
    pub result: &'a RunResult,
    /// The variant, one of the result's.
    pub variant: &'a VariantResult,
    pub(super) stopper: &'a Stopper,
    pub(super) heeded: u32,
}

impl Measured<'_> {
    /// Whether the session was stopped since: a metric that takes long looks at this now and then, and gives up.
    pub fn is_stopped(&self) -> bool {
        self.stopper.asked() > self.heeded
    }
}

/// The metrics of a session, in the order in which they were given.
#[derive(Default)]
pub(super) struct Metrics(Vec<(String, Box<dyn Metric>)>);

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Metrics {
    pub(super) fn add(&mut self, name: String, metric: Box<dyn Metric>) {
        self.0.push((name, metric));
    }

    /// The first name that is not allowed, or given twice, and why.
    pub(super) fn wrong_name(&self) -> Option<String> {
        let twice = |i: usize, name: &str| self.0[..i].iter().any(|(other, _)| other == name);
        self.0.iter().enumerate().find_map(|(i, (name, _))| match check_metric_name(name) {
            Err(why) => Some(why),
            Ok(()) => twice(i, name).then(|| format!("the metric {name} is given twice")),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Measures all of them, variant by variant. Each comes back as an event, which is in the state, too.
    pub(super) fn measure(&mut self, state: &mut State, plan: &Plan, stopper: &Stopper, stopped: bool) -> Vec<Event> {
        let heeded = stopper.asked();
        let mut events = Vec::new();
        for (name, metric) in &mut self.0 {
            for i in 0..state.variants.len() {
                let result = RunResult::of(state, plan);
                let of = Measured { result: &result, variant: &result.variants[i], stopper, heeded };
                let v = &state.variants[i];
                let value = match &v.outcome {
                    _ if stopped || of.is_stopped() => CustomValue::absent("the run was stopped before"),
                    Some(Outcome::Failed { error }) => {
                        CustomValue::absent(format!("the run failed: {}", error.message))
                    }
                    _ if of.variant.latency_ns.is_none() => CustomValue::absent("nothing was measured"),
                    _ => metric.measure(&of),
                };
                let of = CustomMetric { variant: v.slot, run: v.run, name: name.clone(), value };
                let event = Event::new(state.now, Kind::CustomMetric(of));
                state.apply(&event);
                events.push(event);
            }
        }
        events
    }
}
