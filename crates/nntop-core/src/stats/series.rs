//! A bounded series of readings over time in which silence is a gap, not a value.

use crate::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The last readings of one metric, oldest first. `None` marks a reading that failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Series {
    points: VecDeque<(Nanos, Option<f64>)>,
    capacity: usize,
}

impl Series {
    /// Keeps at most `capacity` readings.
    pub fn new(capacity: usize) -> Self {
        Self { points: VecDeque::with_capacity(capacity.min(64)), capacity }
    }

    /// Adds a reading; the oldest goes when the series is full.
    pub fn push(&mut self, t: Nanos, value: Option<f64>) {
        if self.points.len() == self.capacity {
            self.points.pop_front();
        }
        self.points.push_back((t, value));
    }

    /// The newest reading, if it did not fail.
    pub fn last(&self) -> Option<f64> {
        self.points.back().and_then(|p| p.1)
    }

    /// All readings, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Nanos, Option<f64>)> + '_ {
        self.points.iter().copied()
    }

    /// The mean in each of `columns` equal spans that end at `now` and cover `span` together; a span
    /// without a reading is a gap.
    pub fn columns(&self, now: Nanos, span: Nanos, columns: usize) -> Vec<Option<f64>> {
        let mut sums = vec![(0.0, 0u32); columns];
        for (t, value) in self.iter() {
            let age = now.since(t).0;
            if let (Some(v), true) = (value, age < span.0) {
                let back = (age as u128 * columns as u128 / span.0.max(1) as u128) as usize;
                let slot = &mut sums[columns - 1 - back];
                slot.0 += v;
                slot.1 += 1;
            }
        }
        sums.into_iter().map(|(sum, n)| (n > 0).then(|| sum / f64::from(n))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_a_gap() {
        let mut s = Series::new(3);
        for (t, v) in [(0, None), (1, Some(1.0)), (2, None), (3, Some(3.0))] {
            s.push(Nanos(t), v);
        }
        assert_eq!(s.iter().count(), 3, "the oldest went");
        assert_eq!(s.columns(Nanos(3), Nanos(3), 3), [Some(1.0), None, Some(3.0)]);
        assert_eq!(s.last(), Some(3.0));
    }
}
