//! What nntop costs: the same model, threads and input in a bare loop over `ort`, in nntop without a dashboard and in
//! nntop with its dashboard open, interleaved second by second in one run. Ratios, not times: machines are noisy.
//!
//! `cargo bench --bench overhead [-- --seconds N] [--aa]`
//!
//! The dashboard is the real program in a pseudo-terminal, paused with its own key while others measure; the headless
//! run is what `nntop bench` drives, paused by orders. A second dashboard beside them profiles operators in every one of
//! its seconds: what it measures outside of the profiled inferences has to be the same. Ends with 1 when a gate is
//! missed. `--aa` measures a model against itself instead, and always ends with 0: whether the ratio lies within
//! 1 ± 0.01 is a report about the machine.

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

mod alike;
mod bare;
mod dashboard;
mod headless;
mod tiny;

use dashboard::Dashboard;
use headless::Headless;
use nntop::event::Stop;
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
    let rounds =
        args.iter().position(|a| a == "--seconds").and_then(|i| args.get(i + 1)?.parse().ok()).unwrap_or(20_u64);
    let library = bare::library();
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    if args.iter().any(|a| a == "--aa") {
        alike::report(&library, &assets.join("digits-fp32.onnx"), 2, rounds);
        alike::report(&library, &assets.join("digits-int8.onnx"), 2, rounds);
        return ExitCode::SUCCESS;
    }
    // One per process: ONNX Runtime's rule.
    let environment = ort::init_from(&library).expect("ONNX Runtime loads").build().expect("an environment");
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

    let columns = ["bare p50", "headless", "ratio", "dashboard", "ratio", "bursts", "loop adds", "profiled"];
    println!("{:<24}{}", "case", columns.map(|c| format!(" {c:>11}")).concat());
    let mut missed = false;
    for case in cases {
        let mut bare = bare::Loop::new(&environment, &case.model, case.batch, case.threads);
        let open = |bursts| Dashboard::open(&library, &case.model, case.batch, case.threads, bursts);
        let (mut dashboard, mut bursting) = (open(false), open(true));
        let plan = headless::plan(&["headless"], Stop::default(), &library, &case.model, case.batch, case.threads);
        let headless = Headless::open(plan);
        for round in 0..rounds {
            // There and back: what wanders over a round hits none of them more than another.
            let order = if round % 2 == 0 { [0, 1, 2, 3] } else { [3, 2, 1, 0] };
            for who in order {
                match who {
                    0 => dashboard.measure_for_a_second(),
                    1 => bare.run_for_a_second(),
                    2 => headless.measure_for_a_second(),
                    _ => bursting.measure_for_a_second(),
                }
            }
        }
        let without = headless.close();
        let without = without.variants[0].latency_ns.expect("nntop measured").p50;
        let (result, profiled) = (dashboard.close(), bursting.close());
        let variant = &result["variants"][0];
        let with = variant["latency_ns"]["p50"].as_u64().expect("nntop measured");
        let adds = variant["loop_overhead_ns"].as_u64().expect("nntop measured its loop");
        let theirs = bare.p50();
        let ratios = [without, with].map(|ours| ours as f64 / theirs as f64);
        let profiled = &profiled["variants"][0];
        let bursts = profiled["latency_ns"]["p50"].as_u64().expect("nntop measured") as f64 / with as f64;
        let cost = profiled["profile"]["overhead_percent"].as_f64().expect("operators were profiled");
        let slow = ratios.iter().any(|r| *r > GATE_RATIO) || bursts > GATE_BURSTS;
        let over = (case.gated && slow) || adds > GATE_LOOP_NS;
        missed |= over;
        let us = |ns: u64| format!("{:>8.1} µs", ns as f64 / 1e3);
        println!(
            "{:<24} {} {} {:>11.4} {} {:>11.4} {:>11.4} {:>8} ns {:>+10.0}%{}{}",
            case.what,
            us(theirs),
            us(without),
            ratios[0],
            us(with),
            ratios[1],
            bursts,
            adds,
            cost,
            if case.gated { format!("  gate {GATE_RATIO}") } else { String::new() },
            if over { "  MISSED" } else { "" },
        );
    }
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
