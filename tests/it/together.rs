//! Two variants in one run: in turns, or with `--parallel` at once.

use crate::support::{LIMIT, nntop, run};
use nntop::agent::connect;
use nntop::event::{Block, BlockKind, Event, Kind, Order, Outcome, Plan, Stop, VariantSpec, Warmup};
use nntop::unit::Nanos;
use serde_json::Value;

const RUNS: u64 = 400;

/// Two synthetic variants of 1 ms.
fn plan(parallel: bool) -> Plan {
    let engine = || "synthetic:constant,median=1ms".to_owned();
    let variant = |name: &str| VariantSpec {
        name: name.into(),
        model: engine(),
        engine: engine().into(),
        ..VariantSpec::default()
    };
    Plan {
        variants: vec![variant("a"), variant("b")],
        stop: Stop { runs: Some(RUNS), ..Stop::default() },
        warmup: Warmup { runs: 20, duration: Nanos::ZERO, steady: false },
        parallel,
        sample_every: Nanos::from_millis(1_000),
        ..Plan::default()
    }
}

/// All that an agent behind pipes says about it.
#[track_caller]
fn events(plan: Plan) -> Vec<Event> {
    let (events, commander, ending) = connect(nntop().args(["agent", "--stdio"])).unwrap().split();
    commander.send(Order::Start(plan));
    let mut all = Vec::new();
    while !matches!(all.last(), Some(Event { kind: Kind::Done, .. })) {
        all.push(events.recv_timeout(LIMIT).unwrap());
    }
    drop(commander);
    ending.wait();
    all
}

fn blocks(events: &[Event], slot: u8) -> Vec<&Block> {
    let block = |e| match e {
        &Event { kind: Kind::Block(ref b), .. } if b.variant.0 == slot => Some(b),
        _ => None,
    };
    events.iter().filter_map(block).collect()
}

fn measured(blocks: &[&Block]) -> u64 {
    blocks.iter().filter(|b| b.phase == BlockKind::Measure).map(|b| b.latency.n).sum()
}

/// Whether two blocks were measured at the same time.
fn overlap(a: &[&Block], b: &[&Block]) -> bool {
    let measure = |blocks: &[&Block]| -> Vec<(Nanos, Nanos)> {
        blocks.iter().filter(|b| b.phase == BlockKind::Measure).map(|b| (b.t0, b.t1)).collect()
    };
    measure(a).iter().any(|a| measure(b).iter().any(|b| a.0 < b.1 && b.0 < a.1))
}

#[test]
fn in_turns_nothing_is_measured_at_the_same_time() {
    let events = events(plan(false));
    let (a, b) = (blocks(&events, 0), blocks(&events, 1));
    assert_eq!((measured(&a), measured(&b)), (RUNS, RUNS));
    assert!(!overlap(&a, &b));
    assert!(!events.iter().any(|e| e.kind == Kind::Parallel));
}

#[test]
fn in_parallel_both_measure_at_once_once_both_are_warm() {
    let events = events(plan(true));
    let (a, b) = (blocks(&events, 0), blocks(&events, 1));
    assert_eq!((measured(&a), measured(&b)), (RUNS, RUNS));
    assert!(overlap(&a, &b));
    let warm = a.iter().chain(&b).filter(|b| b.phase == BlockKind::Warmup).map(|b| b.t1).max().unwrap();
    let first = a.iter().chain(&b).filter(|b| b.phase == BlockKind::Measure).map(|b| b.t0).min().unwrap();
    assert!(first > warm, "measured from {first} on, warm at {warm}");
    let ended = |e: &&Event| matches!(e.kind, Kind::Finished { outcome: Outcome::Ok, .. });
    assert_eq!(events.iter().filter(ended).count(), 2);
    assert!(events.iter().any(|e| e.kind == Kind::Parallel));
}

#[test]
fn in_parallel_one_that_fails_leaves_the_other_alone() {
    let pair = ["good:synthetic:constant,median=1ms", "bad:synthetic:constant,median=1ms,abort-at=200"];
    let options = ["--parallel", "-n", "400", "--warmup", "5", "--format", "json"];
    let json: Value = run(nntop().arg("bench").args(pair).args(options)).failed(1, "SIGABRT").json();
    assert_eq!((&json["settings"]["parallel"], &json["variants"][0]["latency_ns"]["n"]), (&true.into(), &400.into()));
}
