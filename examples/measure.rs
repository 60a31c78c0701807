//! Measures a model and prints its figures.
//!
//! `cargo run --example measure -- squeezenet.onnx`; without a model it measures a synthetic engine.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use nntop::event::{Kind, Plan};
use nntop::session::Session;
use nntop::unit::Nanos;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The model runs in a process of its own: this program, started again. Then this line does the work and ends the process.
    nntop::worker_if_asked();

    let model = std::env::args().nth(1).unwrap_or_else(|| "synthetic:lognormal,median=2ms".into());
    let session = Session::new(Plan::of(model).runs(200));
    let finished = session.run(|event| {
        if let Kind::Phase { phase, .. } = &event.kind {
            eprintln!("{phase:?}");
        }
    })?;

    // A model that cannot be measured fails by itself: the session goes on with the others.
    for fault in finished.faults() {
        eprintln!("error: {fault}");
    }
    for variant in &finished.result.variants {
        if let Some(latency) = variant.latency_ns {
            let (p50, p99) = (Nanos(latency.p50), Nanos(latency.p99));
            println!("{}: p50 {p50}, p99 {p99}, from {} inferences", variant.name, latency.n);
        }
    }
    Ok(())
}
