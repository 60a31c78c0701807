//! Comparisons find what differs, and nothing where nothing does.

use crate::bed::*;
use nntop::event::Slot;
use nntop::state::Difference;

/// 24 turns of 300 ms each: what the README promises to see 3 % with.
const MS: u64 = 24 * 300;

/// In how many runs A and B are found alike; B faster; the interval holds the true ratio of medians.
fn compared(a: &str, b: &str) -> [u64; 3] {
    let ratio = truth(a, 0.5) / truth(b, 0.5);
    let got = times(|seed| {
        let state = measure(&[a, b], seed, NONE, for_ms(MS));
        let c = state.comparison(Slot(1)).unwrap();
        let found = c.difference();
        [found.is_open(), found == Difference::Faster, c.p50.interval.holds(ratio)]
    });
    println!("{a} against {b}: alike, faster, true ratio held: {got:?} of {RUNS}");
    got
}

#[test]
fn the_same_twice_is_found_alike() {
    let a = "lognormal,median=10ms,sigma=0.05,spike=0.01x4";
    let got = compared(a, a);
    assert!(got[0] >= ENOUGH, "{got:?} of {RUNS}");
}

#[test]
fn the_same_twice_is_found_alike_in_common_weather() {
    let a = "lognormal,median=10ms,sigma=0.05,wander=0.05x2s";
    let got = compared(a, a);
    assert!(got[0] >= ENOUGH, "{got:?} of {RUNS}");
}

#[test]
fn three_percent_are_found_in_common_weather() {
    let got = compared(
        "lognormal,median=10.3ms,sigma=0.05,wander=0.03x2s",
        "lognormal,median=10ms,sigma=0.05,wander=0.03x2s",
    );
    assert!(got[1] >= 950 && got[2] >= ENOUGH, "{got:?} of {RUNS}");
}
