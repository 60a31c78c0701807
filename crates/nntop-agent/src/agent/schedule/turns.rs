//! The order of turns, A B B A …, and how long a turn is: heat, clocks and other processes affect all variants the same.

use super::warmup;
use nntop_core::event::{BlockKind, Scenario, Stop, Warmup, WorkerOrder};
use nntop_core::unit::Nanos;

/// A block of a variant that has the machine for itself.
const ALONE: Nanos = Nanos::from_millis(100);

/// A turn among several variants: long enough that settling is a small part, short enough that all meet the same
/// conditions.
const TURN: Nanos = Nanos::from_millis(300);

/// … and never fewer inferences than this, up to the longest turn.
const TURN_INFERENCES: u64 = 10;
const LONGEST_TURN: Nanos = Nanos::from_millis(3_000);

/// Settling after a change of turn, and after a pause.
const SETTLE: Nanos = Nanos::from_millis(50);
const SETTLE_INFERENCES: u64 = 5;

/// The order of turns: there and back again, `0 1 2 2 1 0 0 1 2 …`.
#[derive(Debug, Default)]
pub(super) struct TurnOrder {
    step: usize,
}

impl TurnOrder {
    /// The next of `candidates` (positions in slot order, ascending).
    pub(super) fn next(&mut self, candidates: &[usize]) -> Option<usize> {
        let n = candidates.len();
        if n == 0 {
            return None;
        }
        let at = self.step % (2 * n);
        self.step += 1;
        Some(candidates[if at < n { at } else { 2 * n - 1 - at }])
    }
}

/// The order for a warm-up turn: all of it, or the next block to be judged.
pub(super) fn warmup(warmup: Warmup) -> WorkerOrder {
    let kind = BlockKind::Warmup;
    if warmup.steady {
        let block = warmup::BLOCK;
        return WorkerOrder::Turn { kind, block, inferences: None, duration: Some(block), both: false };
    }
    let (inferences, duration) = (Some(warmup.runs), Some(warmup.duration));
    WorkerOrder::Turn { kind, block: ALONE, inferences, duration, both: true }
}

/// The order for settling.
pub(super) fn settle() -> WorkerOrder {
    WorkerOrder::Turn {
        kind: BlockKind::Settle,
        block: SETTLE,
        inferences: Some(SETTLE_INFERENCES),
        duration: Some(SETTLE),
        both: true,
    }
}

/// The order for measuring: all that is left when alone, one block when others wait.
pub(super) fn measure(stop: Stop, measured: u64, busy: Nanos, mean: Nanos, alone: bool) -> WorkerOrder {
    let inferences = stop.runs.map(|n| n.saturating_sub(measured));
    let left = stop.duration.map(|d| d.since(busy));
    let kind = BlockKind::Measure;
    if alone {
        return WorkerOrder::Turn { kind, block: ALONE, inferences, duration: left, both: false };
    }
    let turn = Nanos(TURN.0.max(mean.0.saturating_mul(TURN_INFERENCES).min(LONGEST_TURN.0)));
    let duration = Some(left.map_or(turn, |l| l.min(turn)));
    WorkerOrder::Turn { kind, block: turn, inferences, duration, both: false }
}

/// What a turn's length goes by: the time of an inference, or between two frames.
pub(super) fn distance(scenario: Scenario, mean: Nanos) -> Nanos {
    scenario.period().map_or(mean, |period| period.max(mean))
}

/// The time of ten frames, within the longest turn.
fn frames(scenario: Scenario) -> Nanos {
    Nanos(distance(scenario, Nanos::ZERO).0.saturating_mul(TURN_INFERENCES).min(LONGEST_TURN.0))
}

/// The same order with blocks of at least ten inferences where several streams infer back to back, since a block ends with
/// the last of them and the time that the others wait for it must stay small; and of ten frames where these are paced, since
/// a median of three tells little.
pub(super) fn roomy(order: WorkerOrder, scenario: Scenario, mean: Nanos) -> WorkerOrder {
    match (order, scenario) {
        (WorkerOrder::Turn { kind, block, inferences, duration, both }, Scenario::Offline { concurrency: 2.. }) => {
            let long = mean.0.saturating_mul(TURN_INFERENCES).min(LONGEST_TURN.0);
            WorkerOrder::Turn { kind, block: Nanos(block.0.max(long)), inferences, duration, both }
        }
        (WorkerOrder::Turn { kind, block, inferences, duration, both }, _) if scenario.period().is_some() => {
            let block = block.max(frames(scenario));
            WorkerOrder::Turn { kind, block, inferences, duration, both }
        }
        (order, _) => order,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_streams_side_by_side_get_longer_blocks() {
        let block = |scenario, mean_ms| {
            let order = measure(Stop::default(), 0, Nanos(0), Nanos(0), true);
            match roomy(order, scenario, Nanos::from_millis(mean_ms)) {
                WorkerOrder::Turn { block, .. } => block,
                other => panic!("{other:?}"),
            }
        };
        let two = Scenario::Offline { concurrency: 2 };
        assert_eq!(block(two, 5), ALONE);
        assert_eq!(block(two, 50), Nanos::from_millis(500));
        assert_eq!(block(Scenario::SingleStream, 50), ALONE);
        let paced = |rate| Scenario::Paced { rate, deadline: None, queue: 1 };
        assert_eq!(block(paced(25.0), 5), Nanos::from_millis(400));
        assert_eq!((block(paced(1_000.0), 5), block(paced(0.5), 5)), (ALONE, LONGEST_TURN));
        assert_eq!(distance(paced(25.0), Nanos::from_millis(5)), Nanos::from_millis(40));
    }

    #[test]
    fn two_take_turns_there_and_back() {
        let mut turns = TurnOrder::default();
        let order: Vec<_> = (0..8).filter_map(|_| turns.next(&[0, 1])).collect();
        assert_eq!(order, [0, 1, 1, 0, 0, 1, 1, 0]);
        assert_eq!(turns.next(&[]), None);
        assert_eq!(turns.next(&[7]), Some(7));
    }

    #[test]
    fn a_slow_model_gets_longer_turns() {
        let order = |mean_ms| measure(Stop::default(), 0, Nanos(0), Nanos::from_millis(mean_ms), false);
        let duration = |order| match order {
            WorkerOrder::Turn { duration: Some(d), .. } => d,
            other => panic!("{other:?}"),
        };
        assert_eq!(duration(order(1)), TURN);
        assert_eq!(duration(order(100)), Nanos::from_millis(1_000));
        assert_eq!(duration(order(60_000)), LONGEST_TURN);
    }

    #[test]
    fn what_is_left_is_all_that_is_ordered() {
        let stop = Stop { runs: Some(100), ..Stop::default() };
        let WorkerOrder::Turn { inferences, .. } = measure(stop, 97, Nanos(0), Nanos(1), true) else { panic!() };
        assert_eq!(inferences, Some(3));
    }
}
