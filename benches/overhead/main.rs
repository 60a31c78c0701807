//! What nntop costs: the same model, threads and input in a bare loop over `ort` and in nntop with its
//! dashboard open, interleaved second by second in one run. Ratios, not times: machines are noisy.
//!
//! `cargo bench --bench overhead [-- --seconds N]`
//!
//! The dashboard is the real program in a pseudo-terminal. While it measures, the bare loop rests; while the
//! bare loop runs, the dashboard is paused with its own key.

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

mod bare;
mod dashboard;
mod tiny;

use dashboard::Dashboard;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// p50 through nntop over p50 of the bare loop, for a model of about 5 ms on one thread.
const GATE_RATIO: f64 = 1.01;

/// What the loop may add to an inference of about 50 µs.
const GATE_LOOP_NS: u64 = 1_000;

struct Case {
    what: &'static str,
    model: PathBuf,
    batch: u64,
    threads: Option<usize>,
    gated: bool,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let rounds = args.iter().position(|a| a == "--seconds").and_then(|i| args.get(i + 1)?.parse().ok()).unwrap_or(20);
    let library = bare::library();
    // One per process: ONNX Runtime's rule.
    let environment = ort::init_from(&library).expect("ONNX Runtime loads").build().expect("an environment");
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tiny = folder.path().join("tiny.onnx");
    std::fs::write(&tiny, tiny::model()).expect("the tiny model can be written");

    let case = |what, model: &Path, batch, threads, gated| Case { what, model: model.into(), batch, threads, gated };
    let fp32 = assets.join("digits-fp32.onnx");
    let cases = [
        case("about 5 ms, 1 thread", &fp32, 2, Some(1), true),
        case("about 5 ms, all threads", &fp32, 2, None, false),
        case("about 50 µs, 1 thread", &tiny, 1, Some(1), false),
    ];

    println!("{:<26} {:>10} {:>10} {:>8}  {:>9}", "case", "bare p50", "nntop p50", "ratio", "loop adds");
    let mut missed = false;
    for case in cases {
        let mut bare = bare::Loop::new(&environment, &case.model, case.batch, case.threads);
        let mut dashboard = Dashboard::open(&library, &case.model, case.batch, case.threads);
        for _ in 0..rounds {
            dashboard.measure_for_a_second();
            bare.run_for_a_second();
        }
        let result = dashboard.close();
        let variant = &result["variants"][0];
        let ours = variant["latency_ns"]["p50"].as_u64().expect("nntop measured");
        let adds = variant["loop_overhead_ns"].as_u64().expect("nntop measured its loop");
        let theirs = bare.p50();
        let ratio = ours as f64 / theirs as f64;
        let over = (case.gated && ratio > GATE_RATIO) || adds > GATE_LOOP_NS;
        missed |= over;
        println!(
            "{:<26} {:>7.1} µs {:>7.1} µs {:>8.4}  {:>6} ns{}{}",
            case.what,
            theirs as f64 / 1e3,
            ours as f64 / 1e3,
            ratio,
            adds,
            if case.gated { format!("  gate {GATE_RATIO}") } else { String::new() },
            if over { "  MISSED" } else { "" },
        );
    }
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
