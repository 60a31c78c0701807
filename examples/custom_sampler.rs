//! Adds a source of metrics of your own, and reads it together with nntop's.
//!
//! `cargo run --example custom_sampler`. The sampler reads the number of processes from `/proc/loadavg`; yours could ask a sensor
//! of your board.

#![allow(clippy::print_stdout, reason = "an example prints")]

use nntop::event::{MetricId, Part};
use nntop::sampler::{Reading, Registry, Root, Sampler, Samplers};
use nntop::unit::{Nanos, Unit};

/// How many processes and threads there are.
struct Tasks {
    metric: Option<MetricId>,
}

/// `0.42 0.36 0.30 2/514 12345`: the number behind the stroke.
fn tasks() -> Result<f64, String> {
    let text = std::fs::read_to_string("/proc/loadavg").map_err(|e| format!("/proc/loadavg: {e}"))?;
    let field = text.split_whitespace().nth(3).and_then(|field| field.split_once('/'));
    field.and_then(|(_, all)| all.parse().ok()).ok_or_else(|| format!("/proc/loadavg: not understood: {text}"))
}

impl Sampler for Tasks {
    fn name(&self) -> &'static str {
        "tasks"
    }

    // What is here is declared; what is not is absent, with the reason.
    fn probe(&mut self, registry: &mut Registry) {
        match tasks() {
            Ok(_) => self.metric = Some(registry.declare_custom("tasks", Unit::Count).source("/proc/loadavg").id()),
            Err(reason) => registry.absent(Part::Custom, "tasks", reason),
        }
    }

    // One value per declared metric; `None` where it cannot be read now.
    fn sample(&mut self, _now: Nanos, out: &mut Vec<Reading>) {
        out.extend(self.metric.map(|metric| (metric, tasks().ok())));
    }
}

fn main() {
    let mut samplers = Samplers::probe(&Root::live());
    samplers.add(Box::new(Tasks { metric: None }));
    let readings = samplers.sample(Nanos::ZERO);
    let name = |id: MetricId| samplers.declarations().iter().find(|metric| metric.id == id);
    for (id, value) in &readings.values {
        let (Some(metric), Some(value)) = (name(*id), value) else { continue };
        println!("{:<28} {}", metric.name, metric.unit.format(*value));
    }
}
