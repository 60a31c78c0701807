//! The 95 % intervals hold the true percentiles, as often as they say.

use crate::bed::*;

/// In how many runs of `ms` the intervals of p50, p90 and p99 hold the truth.
fn held(spec: &str, ms: u64) -> [u64; 3] {
    let of = [0.5, 0.9, 0.99].map(|q| truth(spec, q));
    let got = times(|seed| {
        let state = measure(&[spec], seed, NONE, for_ms(ms));
        let i = state.variants[0].latency.intervals.unwrap();
        [i.p50.holds(of[0]), i.p90.holds(of[1]), i.p99.holds(of[2])]
    });
    println!("{spec}, {ms} ms: p50, p90, p99 in their intervals in {got:?} of {RUNS} runs");
    got
}

#[track_caller]
fn all_held(spec: &str, ms: u64) {
    let got = held(spec, ms);
    assert!(got.iter().all(|n| *n >= ENOUGH), "{spec}: {got:?} of {RUNS}");
}

#[test]
fn of_a_narrow_normal_distribution() {
    all_held("normal,median=2ms,sigma=0.01", 4_000);
}

#[test]
fn of_a_wide_lognormal_distribution() {
    all_held("lognormal,median=2ms,sigma=0.1", 4_000);
}

#[test]
fn of_one_with_spikes() {
    all_held("lognormal,median=2ms,sigma=0.05,spike=0.03x5", 4_000);
}

#[test]
fn of_one_with_a_heavy_tail() {
    all_held("pareto,median=2ms,sigma=0.1", 4_000);
}

#[test]
fn of_a_mixture_of_two() {
    all_held("normal,median=2ms,sigma=0.03,mode=0.3x1.5", 4_000);
}

#[test]
fn of_a_level_that_wanders_within_blocks() {
    all_held("lognormal,median=4ms,sigma=0.05,wander=0.02x30ms", 4_000);
}

// A wander of a block's length and more leaves few independent blocks, which seldom hold the rare slow stretches that
// make the tail: its interval is as wide as normal theory has it.
#[test]
fn of_a_level_that_wanders_over_a_block() {
    all_held("lognormal,median=4ms,sigma=0.05,wander=0.05x100ms", 4_000);
}

#[test]
fn of_a_level_that_wanders_slowly_over_blocks() {
    all_held("lognormal,median=8ms,sigma=0.05,wander=0.02x200ms", 6_000);
}

#[test]
fn of_a_level_that_wanders_far() {
    all_held("lognormal,median=8ms,sigma=0.03,wander=0.1x100ms", 6_000);
}
