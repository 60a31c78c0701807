//! What nntop costs: the same model, threads and input in a bare loop over `ort`, in nntop without a dashboard and in
//! nntop with its dashboard open, interleaved second by second in one run. Ratios, not times: machines are noisy.
//!
//! `cargo bench --bench overhead [-- --seconds N] [--aa]`
//!
//! The dashboard is the real program in a pseudo-terminal, paused with its own key while others measure; the headless
//! run is what `nntop bench` drives, paused by orders. A second dashboard beside them profiles operators in every one of
//! its seconds: what it measures outside of the profiled inferences has to be the same. Everybody is started several
//! times; figures are medians over the starts. Ends with 1 when a gate is missed. `--aa` measures a model against itself
//! instead, and always ends with 0: whether the ratio lies within 1 ± 0.01 is a report about the machine.

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

mod against_itself;
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

/// How often everybody is started anew. Where a process's memory happens to lie moves its median by some percent for as
/// long as it lives: one start of each would compare two lots.
const STARTS: u64 = 5;

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
        args.iter().position(|a| a == "--seconds").and_then(|i| args.get(i + 1)?.parse().ok()).unwrap_or(25_u64);
    let library = bare::library();
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    if args.iter().any(|a| a == "--aa") {
        against_itself::report(&library, &assets.join("digits-fp32.onnx"), 2, rounds);
        against_itself::report(&library, &assets.join("digits-int8.onnx"), 2, rounds);
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
        let rounds = (rounds / STARTS).max(1);
        let starts: Vec<Start> = (0..STARTS).map(|_| start(&environment, &library, &case, rounds)).collect();
        let middle = |of: &dyn Fn(&Start) -> f64| median(starts.iter().map(of).collect());
        let ratios = [middle(&|s| s.headless / s.bare), middle(&|s| s.dashboard / s.bare)];
        let bursts = middle(&|s| s.bursting / s.dashboard);
        let adds = starts.iter().map(|s| s.adds).max().unwrap_or(0);
        let slow = ratios.iter().any(|r| *r > GATE_RATIO) || bursts > GATE_BURSTS;
        let over = (case.gated && slow) || adds > GATE_LOOP_NS;
        missed |= over;
        let us = |ns: f64| format!("{:>8.1} µs", ns / 1e3);
        println!(
            "{:<24} {} {} {:>11.4} {} {:>11.4} {:>11.4} {:>8} ns {:>+10.0}%{}{}",
            case.what,
            us(middle(&|s| s.bare)),
            us(middle(&|s| s.headless)),
            ratios[0],
            us(middle(&|s| s.dashboard)),
            ratios[1],
            bursts,
            adds,
            middle(&|s| s.cost),
            if case.gated { format!("  gate {GATE_RATIO}") } else { String::new() },
            if over { "  MISSED" } else { "" },
        );
    }
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// What one start of everybody measured: medians in nanoseconds.
struct Start {
    bare: f64,
    headless: f64,
    dashboard: f64,
    bursting: f64,
    /// What the loop adds, in nanoseconds.
    adds: u64,
    /// What a profiled inference costs, in percent.
    cost: f64,
}

/// Starts everybody, and lets them take turns.
fn start(environment: &ort::environment::Environment, library: &Path, case: &Case, rounds: u64) -> Start {
    let mut bare = bare::Loop::new(environment, &case.model, case.batch, case.threads);
    let open = |bursts| Dashboard::open(library, &case.model, case.batch, case.threads, bursts);
    let (mut dashboard, mut bursting) = (open(false), open(true));
    let plan = headless::plan(&["headless"], Stop::default(), library, &case.model, case.batch, case.threads);
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
    let (plain, profiled) = (dashboard.close(), bursting.close());
    let variant = |result: &serde_json::Value| result["variants"][0].clone();
    let (plain, profiled) = (variant(&plain), variant(&profiled));
    let p50 = |variant: &serde_json::Value| variant["latency_ns"]["p50"].as_f64().expect("nntop measured");
    Start {
        bare: bare.p50() as f64,
        headless: without.variants[0].latency_ns.expect("nntop measured").p50 as f64,
        dashboard: p50(&plain),
        bursting: p50(&profiled),
        adds: plain["loop_overhead_ns"].as_u64().expect("nntop measured its loop"),
        cost: profiled["profile"]["overhead_percent"].as_f64().expect("operators were profiled"),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len().is_multiple_of(2) { f64::midpoint(values[half - 1], values[half]) } else { values[half] }
}
