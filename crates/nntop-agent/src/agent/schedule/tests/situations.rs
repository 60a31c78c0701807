//! What the scheduler does in given situations.

use super::world::{LATENCY, Task, World, first, plan, sweep};
use crate::agent::schedule::{Do, Happened, Request, RunId, Schedule};
use nntop_core::event::{
    BlockKind, Bursts, Kind, OpProfile, Outcome, Phase, Plan, Profiler, Reply, Slot, Stop, Warmup,
};
use nntop_core::unit::Nanos;

const STEADY: Warmup = Warmup { runs: 5, duration: Nanos::from_millis(500), steady: true };
const FIXED: Warmup = Warmup { runs: 3, duration: Nanos::ZERO, steady: false };
const NONE: Warmup = Warmup { runs: 0, duration: Nanos::ZERO, steady: false };

fn runs(n: u64) -> Stop {
    Stop { runs: Some(n), ..Stop::default() }
}

/// To the end, without anything unforeseen.
fn through(plan: Plan, profiler: Profiler) -> World {
    let mut world = World::start(plan, profiler);
    world.finish();
    world
}

fn failed(world: &World, of: RunId) -> bool {
    matches!(world.outcome(of), Some(Outcome::Failed { .. }))
}

#[test]
fn two_take_turns_a_b_b_a() {
    for warmup in [NONE, FIXED, STEADY] {
        let world = through(Plan { warmup, stop: runs(60), ..plan(2) }, Profiler::None);
        let order = world.order_of(BlockKind::Measure);
        assert_eq!(order[..8], [0, 1, 1, 0, 0, 1, 1, 0], "{warmup:?}");
        assert_eq!((world.measured[&first(0)], world.measured[&first(1)]), (60, 60));
    }
}

#[test]
fn three_take_turns_there_and_back() {
    let world = through(Plan { warmup: FIXED, stop: runs(60), ..plan(3) }, Profiler::None);
    assert_eq!(world.order_of(BlockKind::Measure)[..9], [0, 1, 2, 2, 1, 0, 0, 1, 2]);
}

#[test]
fn all_warm_up_before_any_measures_and_a_change_of_turn_settles() {
    let world = through(Plan { warmup: FIXED, stop: runs(30), ..plan(2) }, Profiler::None);
    let expected = [
        (0, BlockKind::Warmup),
        (1, BlockKind::Warmup),
        (0, BlockKind::Settle),
        (0, BlockKind::Measure),
        (1, BlockKind::Settle),
        (1, BlockKind::Measure),
        // Its second turn in a row: it has not rested.
        (1, BlockKind::Measure),
        (0, BlockKind::Settle),
        (0, BlockKind::Measure),
    ];
    assert_eq!(world.turns[..9], expected.map(|(slot, kind)| (Slot(slot), kind)));
}

#[test]
fn alone_it_has_one_long_turn() {
    let world = through(Plan { warmup: FIXED, stop: runs(500), ..plan(1) }, Profiler::None);
    assert_eq!(world.turns, [(Slot(0), BlockKind::Warmup), (Slot(0), BlockKind::Measure)]);
    assert_eq!(world.measured[&first(0)], 500);
    let finished = |kind: &&Kind| matches!(kind, Kind::Finished { .. } | Kind::Done);
    assert_eq!(world.events.iter().filter(finished).count(), 2);
    assert!(world.quit);
}

#[test]
fn a_steady_warm_up_is_judged_block_by_block() {
    let world = through(Plan { warmup: STEADY, stop: runs(10), ..plan(1) }, Profiler::None);
    assert!(world.order_of(BlockKind::Warmup).len() > 5);
    let warm = |kind: &&Kind| matches!(kind, Kind::Warm { steady: true, .. });
    assert_eq!(world.events.iter().filter(warm).count(), 1);
    let phases = world.events.iter().filter(|kind| matches!(kind, Kind::Phase { phase: Phase::Warmup, .. }));
    assert_eq!(phases.count(), 1, "the phase is reported once");
}

#[test]
fn a_stop_rule_ends_each_variant_where_it_is_reached() {
    for stop in [runs(45), Stop { duration: Some(Nanos(45 * LATENCY.0)), ..Stop::default() }] {
        let world = through(Plan { warmup: FIXED, stop, ..plan(3) }, Profiler::None);
        for slot in 0..3 {
            assert_eq!(world.outcome(first(slot)), Some(&Outcome::Ok));
            assert!((45..=47).contains(&world.measured[&first(slot)]), "{}", world.measured[&first(slot)]);
        }
    }
}

#[test]
fn medians_that_are_known_end_all_at_once() {
    let stop = Stop { until_ci: Some(0.05), ..Stop::default() };
    let world = through(Plan { warmup: FIXED, stop, ..plan(2) }, Profiler::None);
    let measured = [0, 1].map(|slot| world.measured[&first(slot)]);
    assert!(measured[0].abs_diff(measured[1]) <= 30, "side by side to the end: {measured:?}");
    assert!([0, 1].iter().all(|slot| world.outcome(first(*slot)) == Some(&Outcome::Ok)));
}

#[test]
fn in_parallel_none_measures_before_all_are_warm() {
    let world = through(Plan { warmup: FIXED, parallel: true, stop: runs(50), ..plan(3) }, Profiler::None);
    let first_measure = world.turns.iter().position(|turn| turn.1 == BlockKind::Measure).unwrap();
    let last_warm_up = world.turns.iter().rposition(|turn| turn.1 == BlockKind::Warmup).unwrap();
    assert!(first_measure > last_warm_up);
    assert_eq!(world.order_of(BlockKind::Measure), [0, 1, 2], "one long turn each");
}

#[test]
fn a_sweep_describes_all_points_and_then_measures_one_after_the_other() {
    let mut world = World::start(sweep(Plan { warmup: FIXED, stop: runs(20), ..plan(3) }), Profiler::None);
    world.go(|world| matches!(world.tasks[..], [Task::Load(_)]));
    assert!(!world.events.iter().any(|kind| matches!(kind, Kind::Phase { .. })));
    world.finish();
    assert_eq!(world.order_of(BlockKind::Measure), [0, 1, 2]);
}

#[test]
fn a_pause_ends_the_block_in_hand_and_what_follows_settles() {
    let mut world = World::start(Plan { warmup: FIXED, stop: runs(100), ..plan(1) }, Profiler::None);
    world.go(|world| world.order_of(BlockKind::Measure).len() == 1);
    assert_eq!(world.ask(Request::Pause), Ok(()));
    assert_eq!(world.ask(Request::Pause), Err("already paused".into()));
    world.finish();
    assert_eq!(world.order_of(BlockKind::Measure).len(), 1, "nothing begins in a pause");
    assert_eq!(world.ask(Request::Resume), Ok(()));
    assert_eq!(world.ask(Request::Resume), Err("it is not paused".into()));
    world.finish();
    let kinds: Vec<_> = world.turns.iter().map(|turn| turn.1).collect();
    assert_eq!(kinds, [BlockKind::Warmup, BlockKind::Measure, BlockKind::Settle, BlockKind::Measure]);
}

#[test]
fn a_warm_up_that_a_pause_cuts_short_begins_anew() {
    for warmup in [FIXED, STEADY] {
        let mut world = World::start(Plan { warmup, stop: runs(10), ..plan(1) }, Profiler::None);
        world.go(|world| world.order_of(BlockKind::Warmup).len() == 1);
        assert_eq!(world.ask(Request::Pause), Ok(()));
        world.finish();
        assert_eq!(world.ask(Request::Resume), Ok(()));
        world.finish();
        assert_eq!(world.outcome(first(0)), Some(&Outcome::Ok), "{warmup:?}");
        assert!(world.order_of(BlockKind::Warmup).len() >= 2, "{warmup:?}");
    }
}

#[test]
fn a_restart_waits_for_the_block_in_hand_and_gets_its_turns() {
    let mut world = World::start(Plan { warmup: FIXED, stop: runs(60), ..plan(2) }, Profiler::None);
    world.go(|world| world.order_of(BlockKind::Measure).len() == 3);
    assert_eq!(world.ask(Request::Restart(Slot(0))), Ok(()));
    assert_eq!(world.outcome(first(0)), Some(&Outcome::Interrupted));
    world.finish();
    let again = RunId { slot: Slot(0), run: 2 };
    assert_eq!((world.outcome(again), world.measured[&again]), (Some(&Outcome::Ok), 60));
    assert_eq!(world.outcome(first(1)), Some(&Outcome::Ok));
    assert!(world.quit);
}

#[test]
fn an_agent_that_stays_takes_a_restart_after_the_end() {
    let mut world = World::start(Plan { warmup: FIXED, stop: runs(20), stay: true, ..plan(2) }, Profiler::None);
    world.finish();
    assert!(!world.quit && world.events.contains(&Kind::Done));
    assert_eq!(world.ask(Request::Restart(Slot(7))), Err("there is no variant H".into()));
    assert_eq!(world.ask(Request::Restart(Slot(1))), Ok(()));
    world.finish();
    assert_eq!(world.outcome(RunId { slot: Slot(1), run: 2 }), Some(&Outcome::Ok));
    assert_eq!(world.events.iter().filter(|kind| **kind == Kind::Done).count(), 2);
    assert_eq!(world.ask(Request::Stop), Ok(()));
    assert!(world.quit);
}

#[test]
fn one_that_dies_leaves_the_others_alone_whenever_it_does() {
    // At every step of the whole way, whatever is in hand ends by itself.
    for step in 0..60 {
        let mut world = World::start(Plan { warmup: FIXED, stop: runs(30), ..plan(2) }, Profiler::Inference);
        for _ in 0..step {
            if world.tasks.is_empty() {
                break;
            }
            world.advance(0, Some("cpu"));
        }
        let Some(of) = world.tasks.first().and_then(Task::of) else { continue };
        world.die(0);
        assert!(failed(&world, of), "step {step}");
        world.finish();
        let other = first(1 - of.slot.0);
        assert_eq!(world.outcome(other), Some(&Outcome::Ok), "step {step}");
        assert_eq!(world.measured[&other], 30, "step {step}");
    }
}

#[test]
fn after_the_last_block_it_is_profiled_once() {
    for profiler in [Profiler::Inference, Profiler::Session] {
        let world = through(Plan { warmup: FIXED, stop: runs(20), bursts: Bursts::AtEnd, ..plan(1) }, profiler);
        let kinds: Vec<_> = world.turns.iter().map(|turn| turn.1).collect();
        assert_eq!(kinds, [BlockKind::Warmup, BlockKind::Measure, BlockKind::Profile]);
        assert_eq!(world.events.iter().filter(|kind| matches!(kind, Kind::Ops(_))).count(), 1);
        assert_eq!(world.outcome(first(0)), Some(&Outcome::Ok));
    }
}

#[test]
fn what_is_measured_stands_when_the_profiler_brings_it_down() {
    let mut world =
        World::start(Plan { warmup: FIXED, stop: runs(20), bursts: Bursts::AtEnd, ..plan(1) }, Profiler::Inference);
    world.go(|world| matches!(world.tasks[..], [Task::Burst { .. }]));
    // Asked for once more: a worker that is gone can give nothing.
    assert_eq!(world.ask(Request::Profile(None)), Ok(()));
    world.die(0);
    assert_eq!(world.outcome(first(0)), Some(&Outcome::Ok));
    assert!(world.events.iter().any(|kind| matches!(kind, Kind::Unprofiled { reason, .. } if reason == "killed")));
}

#[test]
fn a_burst_on_demand_makes_room_and_settling_follows() {
    for profiler in [Profiler::Inference, Profiler::Session] {
        let mut world = World::start(Plan { warmup: FIXED, stop: runs(200), ..plan(1) }, profiler);
        world.go(|world| world.measured.get(&first(0)) == Some(&5));
        assert_eq!(world.ask(Request::Profile(Some(Slot(0)))), Ok(()));
        world.finish();
        let kinds: Vec<_> = world.turns.iter().map(|turn| turn.1).collect();
        use BlockKind::{Measure, Profile, Settle, Warmup};
        assert_eq!(kinds, [Warmup, Measure, Profile, Settle, Measure], "{profiler:?}");
    }
}

#[test]
fn findings_that_come_without_a_burst_are_dropped() {
    let mut world = World::start(Plan { warmup: FIXED, stop: runs(200), ..plan(1) }, Profiler::Inference);
    world.go(|world| world.measured.get(&first(0)) == Some(&5));
    let result = Ok(OpProfile::default());
    let todo = world.schedule.take(Happened::Profiled { of: first(0), result }, world.now);
    assert_eq!(todo, [], "the turn in hand goes on");
    world.finish();
    assert_eq!(world.measured[&first(0)], 200);
}

#[test]
fn a_burst_cannot_be_had_where_it_would_disturb() {
    let mut world = World::start(Plan { parallel: true, stop: runs(20), ..plan(2) }, Profiler::Inference);
    assert!(world.ask(Request::Profile(None)).unwrap_err().starts_with("with --parallel"));
    let mut world = World::start(Plan { stop: runs(20), stay: true, ..plan(1) }, Profiler::Inference);
    assert_eq!(world.ask(Request::Profile(Some(Slot(3)))), Err("there is no variant D".into()));
    world.finish();
    assert_eq!(world.ask(Request::Profile(None)), Err("it has ended".into()));
    assert_eq!(world.ask(Request::Pause), Ok(()));
    assert_eq!(world.ask(Request::Profile(None)), Err("nothing is measured now".into()));
}

#[test]
fn an_operator_elsewhere_ends_a_strict_run_before_it_measures() {
    let strict = || Plan { warmup: FIXED, require_ep: true, stop: runs(20), ..plan(1) };
    let world = through(strict(), Profiler::Inference);
    assert_eq!(world.order_of(BlockKind::Profile).len(), 1);
    assert_eq!(world.outcome(first(0)), Some(&Outcome::Ok));
    for found in [Some("cuda"), None] {
        let mut world = World::start(strict(), Profiler::Inference);
        world.go(|world| matches!(world.tasks[..], [Task::Burst { .. }]));
        world.advance(0, found);
        assert!(failed(&world, first(0)) && world.measured.is_empty());
    }
}

#[test]
fn the_machine_rests_between_two_readings_before_anything_starts() {
    let idle = Nanos::from_millis(500);
    let mut world = World::start(Plan { idle, stop: runs(5), ..plan(1) }, Profiler::None);
    assert_eq!(world.tasks, [Task::Sample]);
    assert!(world.schedule.wants_rails());
    world.advance(0, None);
    assert!(world.tasks.is_empty() && world.schedule.deadline() == Some(world.now + idle));
    assert!(world.wait());
    assert_eq!(world.tasks, [Task::Sample], "a reading follows its end");
    world.finish();
    let idle =
        world.events.iter().filter(|kind| matches!(kind, Kind::Idle { begin, end } if end.since(*begin) == idle));
    assert_eq!(idle.count(), 1);
    assert_eq!(world.outcome(first(0)), Some(&Outcome::Ok));
}

#[test]
fn a_stop_waits_for_the_block_in_hand_but_not_for_ever() {
    let begin = || {
        let mut world = World::start(Plan { warmup: FIXED, ..plan(2) }, Profiler::None);
        world.go(|world| world.order_of(BlockKind::Measure).len() == 1);
        assert_eq!(world.ask(Request::Stop), Ok(()));
        world
    };
    let mut world = begin();
    world.advance(0, None);
    assert!(world.quit && world.outcome(first(0)) == Some(&Outcome::Interrupted));
    assert_eq!(world.outcome(first(1)), Some(&Outcome::Interrupted));
    // One that hangs is killed.
    let mut world = begin();
    assert_eq!(world.ask(Request::Stop), Ok(()), "a second one changes nothing");
    assert!(world.wait() && world.quit);
    let warned = |kind: &Kind| matches!(kind, Kind::Log(line) if line.text.contains("did not end its block in time"));
    assert!(world.events.iter().any(warned));
}

#[test]
fn a_stop_ends_a_second_session_at_once() {
    for complete in [true, false] {
        let bursts = if complete { Bursts::AtEnd } else { Bursts::OnDemand };
        let mut world = World::start(
            Plan { warmup: FIXED, stop: runs(20), bursts, require_ep: true, ..plan(1) },
            Profiler::Session,
        );
        world.go(|world| matches!(world.tasks[..], [Task::Burst { .. }]));
        assert_eq!(world.ask(Request::Stop), Ok(()));
        assert!(world.quit);
        assert_eq!(world.outcome(first(0)), Some(&Outcome::Interrupted), "a stop proves nothing about providers");
    }
}

#[test]
fn before_a_plan_there_is_nothing_to_do() {
    let mut schedule = Schedule::default();
    let reply = |todo: Vec<Do>| match &todo[..] {
        [Do::Report(kind), ..] => match &**kind {
            Kind::Answer(answer) => answer.reply.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let asked = |request| Happened::Asked { id: 1, request };
    let refused = |why: &str| Reply::Refused(why.into());
    assert_eq!(reply(schedule.take(asked(Request::Restart(Slot(0))), Nanos(1))), refused("there is no variant A"));
    assert_eq!(reply(schedule.take(asked(Request::Profile(None)), Nanos(1))), refused("nothing is measured yet"));
    assert_eq!(schedule.take(Happened::Described(first(0)), Nanos(2)), []);
    let todo = schedule.take(asked(Request::Stop), Nanos(3));
    assert_eq!((todo.last(), reply(todo.clone())), (Some(&Do::Quit), Reply::Done));
    assert_eq!(schedule.take(asked(Request::Pause), Nanos(4)), []);
}

#[test]
fn a_device_that_is_only_watched_has_no_end() {
    let mut world = World::start(Plan { stay: true, ..plan(0) }, Profiler::None);
    assert!(!world.quit && world.events.iter().all(|kind| *kind != Kind::Done));
    assert_eq!(world.ask(Request::Start(Box::default())), Err("a plan is under way".into()));
    assert_eq!(world.ask(Request::Stop), Ok(()));
    assert!(world.quit);
    assert!(World::start(plan(0), Profiler::None).quit, "without staying there is nothing to wait for");
}

#[test]
fn what_gives_no_sign_of_life_is_given_up_and_time_that_nntop_slept_through_does_not_count() {
    let second = Nanos::from_millis(1_000);
    let limit = Nanos::from_millis(60_000);
    let mut world = World::start(Plan { timeout: limit, ..plan(1) }, Profiler::None);
    // Looking for a library may take as long as a download does.
    assert_eq!(world.schedule.deadline(), None);
    world.advance(0, None);
    let began = world.now;
    // An hour at the terminal, stopped: the worker was stopped as well.
    world.now = world.now + Nanos::from_millis(3_600_000);
    assert!(world.wait() && world.given_up.is_empty());
    let slept = world.now;
    while world.given_up.is_empty() {
        assert!(world.wait(), "it is watched to the end");
    }
    let waited = world.now.since(slept);
    assert!(waited > limit.since(Nanos(11 * second.0)) && waited <= limit, "{waited} of {limit}, from {began}");
    assert_eq!(world.given_up, [first(0)]);
    let noticed = world.events.iter().filter(|kind| matches!(kind, Kind::Log(l) if l.text.contains("no sign of life")));
    assert_eq!(noticed.count(), 1, "it is said once what is waited for");
}

#[test]
fn every_block_is_a_sign_of_life() {
    let limit = Nanos::from_millis(60_000);
    let mut world = World::start(Plan { timeout: limit, ..plan(1) }, Profiler::None);
    while world.turns.is_empty() {
        world.advance(0, None);
    }
    for _ in 0..20 {
        for _ in 0..5 {
            assert!(world.wait());
        }
        world.advance(0, None);
    }
    assert!(world.given_up.is_empty(), "25 s between blocks are no silence");
}
