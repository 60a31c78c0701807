//! A recorded stream, folded and drawn: the same events give the same figures, screens and result, byte for byte.
//!
//! The recording is what `nntop agent --stdio` said while it measured two synthetic engines.

use super::golden::{Scene, THEME, painted};
use crate::tui::Ui;
use nntop_core::event::{Event, Kind, Plan, Stop, Warmup};
use nntop_core::unit::Nanos;
use nntop_results::result::{RunResult, Status};
use nntop_state::State;
use nntop_testing::TWO_SYNTHETIC;

fn events() -> impl Iterator<Item = Event> {
    TWO_SYNTHETIC.lines().map(|line| Event::from_line(line).unwrap())
}

fn folded(until: impl Fn(&Event) -> bool) -> State {
    let mut state = State::default();
    events().take_while(|e| !until(e)).for_each(|e| state.apply(&e));
    state
}

/// During the run, and after it.
pub(super) fn scenes() -> Vec<Scene> {
    let during = folded(|e| e.t > Nanos::from_millis(3_000));
    let after = folded(|_| false);
    vec![Scene::new("recorded_during", during, Ui::default()), Scene::new("recorded_after", after, Ui::default())]
}

#[test]
fn folding_again_gives_the_same_cells() {
    let once = || painted(&folded(|_| false), &Ui::default(), &THEME, (120, 36));
    assert_eq!(once(), once());
}

#[test]
fn the_result_is_that_of_the_blocks_and_of_nothing_else() {
    let plan = Plan {
        variants: Vec::new(),
        stop: Stop { runs: Some(700), ..Stop::default() },
        warmup: Warmup::default(),
        sample_every: Nanos::from_millis(1_000),
        ..Plan::default()
    };
    let whole = RunResult::of(&folded(|_| false), &plan);
    for v in &whole.variants {
        assert_eq!((v.status, v.latency_ns.unwrap().n), (Status::Ok, 700), "{}", v.name);
    }
    let (slow, fast) = (whole.variants[0].latency_ns.unwrap(), whole.variants[1].latency_ns.unwrap());
    // The engines' own medians, 4 ms and 1.5 ms, which the machine can only exceed.
    assert!((3_900_000..4_400_000).contains(&slow.p50) && (1_460_000..1_700_000).contains(&fast.p50));
    assert!(slow.max > 2 * slow.p50, "one in a hundred takes three times as long");
    assert_eq!(whole.variants[1].batch_size, 4);

    // The live feed may be lost; no figure changes.
    let mut without_samples = State::default();
    events().filter(|e| !matches!(e.kind, Kind::Samples(_))).for_each(|e| without_samples.apply(&e));
    assert_eq!(RunResult::of(&without_samples, &plan), whole);
}

#[test]
fn events_survive_writing_and_reading() {
    for event in events() {
        assert_eq!(Event::from_line(&event.to_line()).unwrap(), event);
    }
}
