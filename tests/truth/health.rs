//! What moves is named, what keeps its level is not accused.

use crate::bed::*;
use nntop::event::Outcome;
use nntop::state::{FindingId, State, Verdict};

const MS: u64 = 6_000;

/// Runs that must be named what they are: there are many kinds of them.
const KINDS: u64 = 200;

/// Of those, so many must be.
const NEARLY_ALL: u64 = 190;

/// The verdict on the first variant, and the finding that is its reason.
fn verdict(state: &State) -> Option<(Verdict, FindingId)> {
    state.health.verdict(&state.variants[0]).map(|(v, f)| (v, f.id))
}

/// In how many of so many runs this is the verdict.
fn called(runs: u64, spec: &str, right: impl Fn((Verdict, FindingId)) -> bool + Sync) -> u64 {
    let [times] = times_of(runs, |seed| [verdict(&measure(&[spec], seed, NONE, for_ms(MS))).is_some_and(&right)]);
    println!("{spec}: {times} of {runs}");
    times
}

#[test]
fn what_is_clean_is_stable() {
    for spec in [
        "normal,median=5ms,sigma=0.01",
        "lognormal,median=5ms,sigma=0.1,spike=0.02x5",
        "normal,median=5ms,sigma=0.03,mode=0.2x1.5",
        "lognormal,median=5ms,sigma=0.05,wander=0.01x200ms",
    ] {
        let stable = called(RUNS, spec, |v| v.0 == Verdict::Stable);
        assert!(stable >= 950, "{spec}: {stable} of {RUNS}");
    }
}

#[test]
fn a_drift_is_named() {
    for spec in ["normal,median=5ms,sigma=0.03,drift=0.5x60s", "lognormal,median=5ms,sigma=0.05,drift=-0.06x1000"] {
        let drifts = called(KINDS, spec, |v| v == (Verdict::Drifting, FindingId::Drift));
        assert!(drifts >= NEARLY_ALL, "{spec}: {drifts} of {KINDS}");
    }
}

#[test]
fn throttling_is_named() {
    let spec = "normal,median=5ms,sigma=0.03,throttle=1.15,throttle-at=2s";
    let steps = called(KINDS, spec, |v| v == (Verdict::Drifting, FindingId::NotSteady));
    assert!(steps >= NEARLY_ALL, "{steps} of {KINDS}");
    // For a while: the level went, and came back.
    let spec = "normal,median=5ms,sigma=0.03,throttle=1.3,throttle-at=2s,throttle-for=2s";
    let levels = called(KINDS, spec, |v| v == (Verdict::Noisy, FindingId::Bimodal));
    assert!(levels >= NEARLY_ALL, "{levels} of {KINDS}");
}

#[test]
fn two_levels_are_named() {
    let bimodal = called(KINDS, "normal,median=5ms,sigma=0.03,levels=1.1x1.5s", |v| v.1 == FindingId::Bimodal);
    assert!(bimodal >= NEARLY_ALL, "{bimodal} of {KINDS}");
}

#[test]
fn a_level_that_wanders_far_is_not_called_stable() {
    let stable = called(KINDS, "normal,median=5ms,sigma=0.03,wander=0.15x300ms", |v| v.0 == Verdict::Stable);
    assert!(stable <= KINDS - NEARLY_ALL, "{stable} of {KINDS}");
}

#[test]
fn one_stall_accuses_nobody_and_is_the_maximum() {
    let state = measure(&["normal,median=5ms,sigma=0.03,stall=400ms,stall-at=500"], 1, NONE, for_ms(MS));
    assert_eq!(verdict(&state), Some((Verdict::Stable, FindingId::Steady)));
    assert!(state.variants[0].latency.measured.max().unwrap() > 400_000_000);
}

#[test]
fn what_came_before_a_failure_holds_the_truth() {
    let spec = "lognormal,median=5ms,sigma=0.1,fail-at=801";
    let p50 = truth(spec, 0.5);
    let [kept, held] = times(|seed| {
        let v = &measure(&[spec], seed, NONE, for_ms(MS)).variants[0];
        assert!(matches!(v.outcome, Some(Outcome::Failed { .. })));
        [v.latency.measured.n() == 800, v.latency.intervals.unwrap().p50.holds(p50)]
    });
    assert!(kept == RUNS && held >= ENOUGH, "{kept} {held} of {RUNS}");
}
