//! What holds in any sequence of events: the rules of [`super::rules`], and that all of it comes to an end.

use super::world::{World, plan, sweep};
use crate::agent::schedule::Request;
use nntop_core::event::{Bursts, Outcome, Plan, Profiler, Slot, Stop, Warmup};
use nntop_core::unit::Nanos;
use proptest::prelude::*;

/// Something unforeseen, or the next step of what is in hand.
#[derive(Debug, Clone)]
enum Step {
    /// A task goes on; a burst finds operators here, or nothing.
    Advance(prop::sample::Index, Option<&'static str>),
    /// The process behind a task ends.
    Die(prop::sample::Index),
    /// A worker ends, whether it has a turn or not.
    Kill(prop::sample::Index),
    /// Time passes to the deadline.
    Wait,
    Ask(Request),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let found = prop_oneof![8 => Just(Some("cpu")), 1 => Just(Some("cuda")), 1 => Just(None)];
    let request = prop_oneof![
        4 => Just(Request::Pause),
        6 => Just(Request::Resume),
        4 => (0u8..5).prop_map(|slot| Request::Restart(Slot(slot))),
        4 => prop::option::of((0u8..5).prop_map(Slot)).prop_map(Request::Profile),
        1 => Just(Request::Stop),
    ];
    let step = prop_oneof![
        60 => (index(), found).prop_map(|(at, found)| Step::Advance(at, found)),
        2 => index().prop_map(Step::Die),
        1 => index().prop_map(Step::Kill),
        3 => Just(Step::Wait),
        6 => request.prop_map(Step::Ask),
    ];
    prop::collection::vec(step, 0..250)
}

fn plans() -> impl Strategy<Value = Plan> {
    let warmup = prop_oneof![
        Just(Warmup { runs: 0, duration: Nanos::ZERO, steady: false }),
        Just(Warmup { runs: 3, duration: Nanos::from_millis(100), steady: false }),
        Just(Warmup { runs: 5, duration: Nanos::from_millis(500), steady: true }),
    ];
    let stop = prop_oneof![
        (1u64..80).prop_map(|n| Stop { runs: Some(n), ..Stop::default() }),
        (1u64..3_000).prop_map(|ms| Stop { duration: Some(Nanos::from_millis(ms)), ..Stop::default() }),
        Just(Stop { until_ci: Some(0.05), ..Stop::default() }),
        Just(Stop { until_ci: Some(0.05), runs: Some(600), ..Stop::default() }),
    ];
    let bursts = prop_oneof![Just(Bursts::OnDemand), Just(Bursts::AtEnd), Just(Bursts::Regular)];
    let idle = prop_oneof![3 => Just(Nanos::ZERO), 1 => Just(Nanos::from_millis(500))];
    (0usize..5, warmup, stop, bursts, idle, 0u8..3, any::<[bool; 2]>()).prop_map(
        |(variants, warmup, stop, bursts, idle, together, [require_ep, stay])| {
            let plan = Plan { warmup, stop, bursts, idle, require_ep, stay, parallel: together == 1, ..plan(variants) };
            if together == 2 { sweep(plan) } else { plan }
        },
    )
}

fn profilers() -> impl Strategy<Value = Profiler> {
    prop_oneof![Just(Profiler::None), Just(Profiler::Inference), Just(Profiler::Session)]
}

fn carry_out(world: &mut World, steps: Vec<Step>) {
    for step in steps {
        match step {
            Step::Advance(at, found) if !world.tasks.is_empty() => world.advance(at.index(world.tasks.len()), found),
            Step::Die(at) if !world.tasks.is_empty() => world.die(at.index(world.tasks.len())),
            Step::Kill(at) if !world.loaded().is_empty() => {
                let loaded = world.loaded();
                world.kill(loaded[at.index(loaded.len())]);
            }
            Step::Wait => drop(world.wait()),
            Step::Ask(request) if !world.quit => drop(world.ask(request)),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// However it was disturbed: left alone, each run comes to its end, and none is left out.
    #[test]
    fn left_alone_all_of_it_comes_to_its_end(plan in plans(), profiler in profilers(), steps in steps()) {
        let variants = plan.variants.len();
        let mut world = World::start(plan.clone(), profiler);
        carry_out(&mut world, steps);
        if !world.quit {
            let _ = world.ask(Request::Resume);
        }
        world.finish();
        prop_assert!(world.quit || plan.stay);
        prop_assert_eq!(world.current(), []);
        for slot in 0..variants {
            prop_assert!(world.last_outcome(slot as u8).is_some());
        }
    }

    /// A run that is not disturbed is complete, and not by less than was asked for.
    #[test]
    fn what_is_not_disturbed_is_complete(plan in plans(), profiler in profilers()) {
        let mut world = World::start(plan.clone(), profiler);
        world.finish();
        for slot in 0..plan.variants.len() as u8 {
            prop_assert_eq!(world.last_outcome(slot), Some(&Outcome::Ok));
        }
        for (of, measured) in &world.measured {
            let runs = plan.stop.runs.filter(|_| plan.stop.until_ci.is_none());
            prop_assert!(runs.is_none_or(|n| *measured == n), "{:?}: {}", of, measured);
        }
    }

    /// After a stop everything ends even where no worker answers any more.
    #[test]
    fn a_stop_needs_no_worker(plan in plans(), profiler in profilers(), steps in steps()) {
        let mut world = World::start(plan, profiler);
        carry_out(&mut world, steps);
        if !world.quit {
            prop_assert_eq!(world.ask(Request::Stop), Ok(()));
        }
        prop_assert!(world.quit || world.wait());
        prop_assert!(world.quit);
    }
}
