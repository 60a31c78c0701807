//! The measured phase begins when the level is there, and its figures are those of the level.

use crate::bed::*;
use nntop::event::BlockKind;

/// There are many curves.
const RUNS: u64 = 200;

/// Of those, so many must be right.
const NEARLY_ALL: u64 = 190;

/// For a curve: in how many runs the first measured block began with at most `left` of the level still to lose, the
/// measured median lies within 2 % of the truth, and the warm-up was called steady.
fn warmed_up(base: &str, factor: f64, tau_ms: f64, left: f64) -> [u64; 3] {
    let spec = format!("{base},warmup={factor}x{tau_ms}ms");
    let median = truth(base, 0.5);
    let got = times_of(RUNS, |seed| {
        let state = measure(&[&spec], seed, steady(), for_ms(2_000));
        let v = &state.variants[0];
        let blocks = &v.latency.recent;
        let began = blocks.front().unwrap().t0;
        let measured = blocks.iter().find(|b| b.kind == BlockKind::Measure).unwrap().t0;
        let excess = (factor - 1.0) * (-(measured.since(began).as_secs_f64() * 1e3) / tau_ms).exp();
        let p50 = v.latency.percentile(0.5).unwrap().0 as f64;
        [excess <= left, (p50 / median - 1.0).abs() <= 0.02, v.warmup.steady == Some(true)]
    });
    println!("{spec}: at most {left} left, p50 right, steady: {got:?} of {RUNS}");
    got
}

#[test]
fn quick_and_slow_curves_are_waited_for() {
    for (factor, tau_ms) in [(3.0, 50.0), (3.0, 200.0), (1.5, 500.0), (2.0, 1_000.0)] {
        let got = warmed_up("normal,median=2ms,sigma=0.03", factor, tau_ms, 0.05);
        assert!(got.iter().all(|n| *n >= NEARLY_ALL), "{factor} x {tau_ms} ms: {got:?} of {RUNS}");
    }
}

#[test]
fn so_are_those_of_a_slow_model() {
    let got = warmed_up("lognormal,median=40ms,sigma=0.03", 2.0, 300.0, 0.05);
    assert!(got.iter().all(|n| *n >= NEARLY_ALL), "{got:?} of {RUNS}");
}

#[test]
fn a_curve_beyond_the_bound_is_called_not_steady() {
    let spec = "normal,median=5ms,sigma=0.02,warmup=4x8s";
    let [unsteady] = times_of(RUNS, |seed| {
        let state = measure(&[spec], seed, steady(), for_ms(500));
        [state.variants[0].warmup.steady == Some(false)]
    });
    assert!(unsteady >= NEARLY_ALL, "{unsteady} of {RUNS}");
}
