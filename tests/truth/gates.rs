//! Gates fail for what is worse, and for nothing else: in turns, and from results that were saved apart.

use crate::bed::*;
use nntop::event::{Plan, Slot};
use nntop::result::{Comparison, Gate, GateOutcome, Pair, RunResult, Side, Source};
use nntop::state::State;

/// 24 turns of 300 ms each.
const MS: u64 = 24 * 300;

const BASE: &str = "lognormal,median=10ms,sigma=0.05,spike=0.02x1.5";
const WORSE: &str = "lognormal,median=11ms,sigma=0.05,spike=0.02x1.5";

fn result(state: &State) -> (RunResult, Vec<Side>) {
    let result = RunResult::of(state, &Plan::default());
    let sides = Side::all(&result, "", Source::measured());
    (result, sides)
}

fn outcomes<const N: usize>(gates: [&str; N], pair: Pair) -> [GateOutcome; N] {
    let gates = gates.map(|g| g.parse::<Gate>().unwrap());
    let judged = Gate::judge(&gates, &[pair]);
    std::array::from_fn(|i| judged[i].outcome)
}

/// In how many runs each gate fails for `b` against `a`: measured in turns, and apart.
fn failed<const N: usize>(a: &str, b: &str, gates: [&str; N]) -> [[u64; N]; 2] {
    let failed = |of: [GateOutcome; N]| of.map(|o| o == GateOutcome::Failed);
    let turns = times(|seed| {
        let state = measure(&[a, b], seed, NONE, for_ms(MS));
        assert!(state.comparison(Slot(1)).is_some());
        let (result, sides) = result(&state);
        let of: &Comparison = &result.comparison[0];
        failed(outcomes(gates, Pair::together(of, &sides[0], &sides[1])))
    });
    let apart = times(|seed| {
        let one = |spec: &str, seed| result(&measure(&[spec], seed, NONE, for_ms(MS))).1.remove(0);
        failed(outcomes(gates, Pair::apart(&one(a, seed), &one(b, seed + 1_000_000))))
    });
    println!("{b} against {a}, {gates:?}: failed in turns {turns:?}, apart {apart:?} of {RUNS}");
    [turns, apart]
}

/// No more than what an interval of 95 % leaves on one side, and as much room for chance as elsewhere.
const BY_CHANCE: u64 = 40;

#[test]
fn the_same_twice_fails_no_gate() {
    let [turns, apart] =
        failed(BASE, BASE, ["p50>+5%", "p99>+5%", "throughput<-5%", "p50>+0%", "p90>+0%", "throughput<0%"]);
    for of in [turns, apart] {
        assert!(of[..3].iter().all(|n| *n == 0), "{of:?} of {RUNS}");
        assert!(of[3..].iter().all(|n| *n <= BY_CHANCE), "even without any room: {of:?} of {RUNS}");
    }
}

#[test]
fn the_same_twice_fails_no_gate_in_weather_of_its_own() {
    let a = "lognormal,median=10ms,sigma=0.05,wander=0.03x1s";
    let [turns, apart] = failed(a, a, ["p50>+5%", "p99>+5%", "p50>+0%"]);
    for of in [turns, apart] {
        assert!(of.iter().all(|n| *n <= 50), "{of:?} of {RUNS}");
    }
}

#[test]
fn ten_percent_are_found_where_five_are_allowed() {
    let [turns, apart] = failed(BASE, WORSE, ["p50>+5%", "p90>+5%", "throughput<-5%"]);
    for of in [turns, apart] {
        assert!(of.iter().all(|n| *n >= 990), "{of:?} of {RUNS}");
    }
}
