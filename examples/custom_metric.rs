//! Adds numbers of your own to a result: one as a Rust closure, one by a program.
//!
//! `cargo run --example custom_metric`. They stand in the result beside nntop's own figures, a target can name them, and
//! `nntop compare` and `nntop report` show them.

#![allow(clippy::print_stdout, reason = "an example prints")]

use nntop::event::{CustomValue, Plan};
use nntop::session::{Measured, MetricCommand, Session};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    nntop::worker_if_asked();

    // A metric gets the result of the run and one of its variants, and gives a number with its unit, or the reason why not.
    let jitter = |of: &Measured| match of.variant.latency_ns {
        Some(latency) => CustomValue::new((latency.p99 - latency.p50) as f64 / 1e6, Some("ms")),
        None => CustomValue::absent("nothing was measured"),
    };
    // A program gets the same as JSON on its standard input: any script can be a metric.
    let accuracy = MetricCommand::new("echo 93.1 %");

    let plan = Plan::of("synthetic:lognormal,median=2ms").runs(200).target("jitter<1000".parse()?);
    let finished = Session::new(plan).metric("jitter", jitter).metric("accuracy", accuracy).run(|_event| {})?;
    for (name, value) in &finished.result.variants[0].custom_metrics {
        println!("{name}: {value}");
    }
    for target in &finished.result.targets {
        println!("{target}");
    }
    Ok(())
}
