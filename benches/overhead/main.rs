//! What nntop costs: the same model, threads and input in a bare loop over `ort` and in nntop with its
//! dashboard open, interleaved second by second in one run. Ratios, not times: machines are noisy.
//!
//! `cargo bench --bench overhead [-- --seconds N]`
//!
//! The dashboard is the real program in a pseudo-terminal. While it measures, the bare loop rests; while the
//! bare loop runs, the dashboard is paused with its own key. A second dashboard beside them profiles operators in every
//! one of its seconds: what it measures outside of the profiled inferences has to be the same.

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

mod bare;
mod dashboard;
mod tiny;

use dashboard::Dashboard;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// p50 through nntop over p50 of the bare loop, for a model of about 5 ms on one thread.
const GATE_RATIO: f64 = 1.01;

/// p50 with profiling bursts over p50 without, for the same model.
const GATE_BURSTS: f64 = 1.01;

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

    println!(
        "{:<26} {:>10} {:>10} {:>8}  {:>9}  {:>8} {:>14} {:>9}",
        "case", "bare p50", "nntop p50", "ratio", "loop adds", "bursts", "peak, bursts", "profiled"
    );
    let mut missed = false;
    for case in cases {
        let mut bare = bare::Loop::new(&environment, &case.model, case.batch, case.threads);
        let open = |bursts| Dashboard::open(&library, &case.model, case.batch, case.threads, bursts);
        let (mut dashboard, mut bursting) = (open(false), open(true));
        for round in 0..rounds {
            // There and back, so that neither has the better half of a second.
            if round % 2 == 0 {
                dashboard.measure_for_a_second();
                bursting.measure_for_a_second();
            } else {
                bursting.measure_for_a_second();
                dashboard.measure_for_a_second();
            }
            bare.run_for_a_second();
        }
        let (result, profiled) = (dashboard.close(), bursting.close());
        let variant = &result["variants"][0];
        let ours = variant["latency_ns"]["p50"].as_u64().expect("nntop measured");
        let adds = variant["loop_overhead_ns"].as_u64().expect("nntop measured its loop");
        let theirs = bare.p50();
        let ratio = ours as f64 / theirs as f64;
        let with = &profiled["variants"][0];
        let bursts = with["latency_ns"]["p50"].as_u64().expect("nntop measured") as f64 / ours as f64;
        let peak = |v: &serde_json::Value| v["memory"]["rss_peak_bytes"].as_u64().unwrap_or(0) as f64 / 1e6;
        let cost = with["profile"]["overhead_percent"].as_f64().expect("operators were profiled");
        let over = (case.gated && (ratio > GATE_RATIO || bursts > GATE_BURSTS)) || adds > GATE_LOOP_NS;
        missed |= over;
        println!(
            "{:<26} {:>7.1} µs {:>7.1} µs {:>8.4}  {:>6} ns  {:>8.4} {:>5.1} {:>5.1} MB {:>+8.0}%{}{}",
            case.what,
            theirs as f64 / 1e3,
            ours as f64 / 1e3,
            ratio,
            adds,
            bursts,
            peak(variant),
            peak(with),
            cost,
            if case.gated { format!("  gate {GATE_RATIO}") } else { String::new() },
            if over { "  MISSED" } else { "" },
        );
    }
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
