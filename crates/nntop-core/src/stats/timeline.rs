//! The past of a metric, second by second: what a quarter of an hour takes is bounded, however often it is read.

use crate::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Seconds kept.
const SECONDS: usize = 15 * 60;

const SECOND: u64 = 1_000_000_000;

/// Means of whole seconds, oldest first. A second without a reading is a gap.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Timeline {
    /// Full seconds; not a number marks a gap.
    means: VecDeque<f32>,
    /// The number of the second under way.
    current: u64,
    sum: f64,
    n: u32,
    total: f64,
    count: u64,
}

impl Timeline {
    /// Adds a reading. Time does not run backwards: an earlier one counts for the second under way.
    pub fn push(&mut self, t: Nanos, value: Option<f64>) {
        let second = t.0 / SECOND;
        if self.count == 0 && self.n == 0 && self.means.is_empty() {
            self.current = second;
        }
        let silent = second.saturating_sub(self.current);
        if silent > 0 {
            let mean = if self.n > 0 { (self.sum / f64::from(self.n)) as f32 } else { f32::NAN };
            self.means.push_back(mean);
            let gaps = (silent - 1).min(SECONDS as u64) as usize;
            self.means.extend(std::iter::repeat_n(f32::NAN, gaps));
            let surplus = self.means.len().saturating_sub(SECONDS);
            self.means.drain(..surplus);
            (self.current, self.sum, self.n) = (second, 0.0, 0);
        }
        if let Some(value) = value {
            self.sum += value;
            self.n += 1;
            self.total += value;
            self.count += 1;
        }
    }

    /// The mean of all readings since the first.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.total / self.count as f64)
    }

    /// The mean of second number `second` of the stream's time.
    fn at(&self, second: u64) -> Option<f64> {
        if second == self.current && self.n > 0 {
            return Some(self.sum / f64::from(self.n));
        }
        let back = self.current.checked_sub(second)?.checked_sub(1)? as usize;
        let mean = *self.means.get(self.means.len().checked_sub(back + 1)?)?;
        (!mean.is_nan()).then_some(f64::from(mean))
    }

    /// The past `span` up to `now` in `columns`. Where a column is several seconds it is their mean, and its borders lie
    /// on the stream's time, so that it keeps its value until it leaves; where a second is several columns it is
    /// repeated.
    pub fn columns(&self, now: Nanos, span: Nanos, columns: usize) -> Vec<Option<f64>> {
        if columns == 0 {
            return Vec::new();
        }
        let (seconds, n) = ((span.0 / SECOND).max(1), columns as u64);
        let last = now.0 / SECOND;
        if seconds <= n {
            let back = |i: u64| (n - 1 - i) * seconds / n;
            return (0..n).map(|i| self.at(last.checked_sub(back(i))?)).collect();
        }
        let each = seconds.div_ceil(n);
        let newest = last / each;
        let column = |i: u64| {
            let number = newest.checked_sub(n - 1 - i)?;
            let values: Vec<f64> = (number * each..(number + 1) * each).filter_map(|s| self.at(s)).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        (0..n).map(column).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Nanos {
        Nanos::from_millis(ms)
    }

    #[test]
    fn seconds_are_means_and_silence_is_a_gap() {
        let mut h = Timeline::default();
        [(5_100, 1.0), (5_900, 3.0), (6_500, 7.0), (9_000, 4.0)].iter().for_each(|&(t, v)| h.push(at(t), Some(v)));
        assert_eq!(h.columns(at(9_500), at(5_000), 5), [Some(2.0), Some(7.0), None, None, Some(4.0)]);
        assert_eq!(h.columns(at(9_500), at(2_000), 4), [None, None, Some(4.0), Some(4.0)]);
        assert_eq!(h.columns(at(9_500), at(6_000), 2), [Some(7.0), Some(4.0)], "three seconds each: 6 to 8, 9 on");
        assert_eq!(h.columns(at(9_500), at(5_000), 0), [], "no room, nothing");
        assert_eq!(h.mean(), Some(3.75));
        assert_eq!(Timeline::default().columns(at(5), at(60_000), 3), [None, None, None]);
    }

    #[test]
    fn a_quarter_of_an_hour_is_kept() {
        let mut h = Timeline::default();
        (0..5_000u64).for_each(|s| h.push(at(s * 1_000), Some(s as f64)));
        assert_eq!(h.means.len(), SECONDS);
        assert_eq!(h.at(4_999), Some(4_999.0));
        assert_eq!((h.at(4_099), h.at(4_098)), (Some(4_099.0), None));
        h.push(at(90_000_000), None);
        assert_eq!((h.means.len(), h.at(4_999)), (SECONDS, None), "a long silence leaves nothing");
    }
}
