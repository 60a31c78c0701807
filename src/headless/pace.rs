//! How far a sweep is: which point of how many, and how long the rest will take.

use nntop_core::event::{Kind, Slot, Stage};
use nntop_core::unit::Nanos;
use nntop_state::State;

/// Below so much of a point there is no telling.
const LEAST_SHARE: f64 = 0.02;

/// Follows a sweep.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When its first point began to load.
    began: Option<Nanos>,
}

impl Pace {
    /// Looks at the next event.
    pub(super) fn event(&mut self, t: Nanos, kind: &Kind) {
        if matches!(kind, Kind::Loading { stage: Stage::Process, .. }) {
            self.began.get_or_insert(t);
        }
    }

    /// `point 3 of 12, about 40 s left: `; nothing where there is no sweep.
    pub(super) fn prefix(&self, state: &State, slot: Slot, left: Option<Nanos>) -> String {
        if state.sweep.is_none() {
            return String::new();
        }
        let at = state.variants.iter().position(|v| v.slot == slot).map_or(0, |i| i + 1);
        let left = left.map_or_else(String::new, |left| format!(", about {} left", in_words(left)));
        format!("point {at} of {}{left}: ", state.variants.len())
    }

    /// How long the rest takes, if the points to come take as long as those that measured so far. `shares` is how
    /// much of each variant's work is done. Points that failed took next to nothing and say nothing.
    pub(super) fn left(&self, state: &State, shares: &[f64]) -> Option<Nanos> {
        let spent = state.now.since(self.began?).as_secs_f64();
        let measured =
            || state.variants.iter().zip(shares).filter(|(v, _)| v.latency.blocks > 0 || v.outcome.is_none());
        let done: f64 = measured().map(|(_, share)| share).sum();
        let open: f64 = measured().map(|(_, share)| 1.0 - share).sum();
        (done > LEAST_SHARE).then(|| Nanos::from_secs_f64(spent / done * open))
    }
}

/// `40 s`, `3 min`.
pub(super) fn in_words(span: Nanos) -> String {
    match span.as_secs_f64().ceil() {
        s if s < 120.0 => format!("{s} s"),
        s => format!("{} min", (s / 60.0).ceil()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::{Event, Outcome, Sweep, SweepAxis};

    #[test]
    fn the_rest_takes_as_long_as_what_was_measured() {
        let (mut state, mut pace) = (State::default(), Pace::default());
        let mut say = |s: u64, kind: Kind| {
            let event = Event::new(Nanos::from_millis(s * 1_000), kind);
            pace.event(event.t, &event.kind);
            state.apply(&event);
        };
        let axes = vec![SweepAxis { name: SweepAxis::THREADS.into(), values: vec![1, 2, 3, 4] }];
        say(0, Kind::Sweep(Sweep { axes }));
        for slot in 0..4 {
            say(0, Kind::Variant { variant: Slot(slot), run: 1, spec: Box::default() });
        }
        // Describing all of them is not part of any point's time.
        say(10, Kind::Loading { variant: Slot(0), run: 1, stage: Stage::Process });
        let error = nntop_core::event::Fault::run("no");
        say(10, Kind::Finished { variant: Slot(0), run: 1, outcome: Outcome::Failed { error } });
        say(11, Kind::Loading { variant: Slot(1), run: 1, stage: Stage::Process });
        say(20, Kind::Paused { paused: false });
        // Ten seconds for half a point; two and a half are to come.
        assert_eq!(pace.left(&state, &[1.0, 0.5, 0.0, 0.0]), Some(Nanos::from_millis(50_000)));
        assert_eq!(pace.left(&state, &[1.0, 0.0, 0.0, 0.0]), None);
        let left = Some(Nanos::from_millis(50_000));
        assert_eq!(pace.prefix(&state, Slot(1), left), "point 2 of 4, about 50 s left: ");
        assert_eq!(pace.prefix(&State::default(), Slot(1), left), "");
        assert_eq!(in_words(Nanos::from_millis(150_000)), "3 min");
    }
}
