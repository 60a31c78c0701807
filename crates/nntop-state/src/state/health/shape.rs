//! What the medians of a run's blocks look like over time: level, spread, and whether the level moved.
//!
//! All is done on logarithms, so that sizes are relative. Three ways to move are distinguished by what explains
//! the blocks best: along a line (drift), once (step), or to and fro between two levels.

use nntop_core::unit::Nanos;

/// Fewer blocks say nothing about a run's course.
pub(super) const LEAST_BLOCKS: usize = 10;

/// Two levels need more: among few blocks chance alone makes groups.
const LEAST_FOR_LEVELS: usize = 20;

/// A move below 2 % is within what a cool and idle machine does from minute to minute.
const SIZE: f64 = 0.02;

/// How many standard errors a move must have. High, because neighbouring blocks are alike (a standard error
/// takes them as independent) and because the most striking of all splits is the one that is tested.
const SIGNIFICANT: f64 = 6.0;

/// The blocks are folded into so many groups for lines and steps: medians of groups bear outliers, and
/// likeness of neighbours weighs less.
const GROUPS: usize = 60;

/// Each of two levels holds at least this share of the blocks: a few slow ones are outliers, no level.
const LEAST_SHARE: f64 = 0.1;

/// Ashman's D: how far apart two groups lie, in their own spread. Halves of one normal distribution have 2.7,
/// halves of a uniform one 3.5.
const APART: f64 = 4.5;

/// Between two levels there is next to nothing: at most this share of the blocks in the middle third.
const VALLEY: f64 = 0.05;

/// Tukey's far fences, in interquartile ranges beyond the quartiles.
const FENCE: f64 = 3.0;

/// A step must explain the blocks better than a line by so much: its place is chosen to do so.
const BETTER: f64 = 0.8;

/// How far a normal distribution's 10th and 90th percentile lie apart, in standard deviations.
const TENTHS: f64 = 2.563;

/// How blocks behave over time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    /// The median of the blocks' medians, in nanoseconds.
    pub(super) level: f64,
    /// Their relative spread: a standard deviation, from the 10th and 90th percentile.
    pub(super) spread: f64,
    /// How the level moved, if it did.
    pub(super) course: Course,
}

/// How the level moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Course {
    /// Not noticeably.
    Flat,
    /// Along a line: the relative change over the run, and its standard error.
    Drift { change: f64, error: f64 },
    /// Once: from one level to another, in nanoseconds, at a time.
    Step { from: f64, to: f64, at: Nanos },
    /// To and fro: two levels in nanoseconds, and the share of blocks on the upper one.
    BlockMedians { low: f64, high: f64, upper: f64 },
}

impl Shape {
    /// Of blocks' ends and medians in time order; `None` where there are too few of them.
    pub(super) fn of(points: &[(Nanos, f64)]) -> Option<Self> {
        if points.len() < LEAST_BLOCKS {
            return None;
        }
        let mut sorted: Vec<f64> = points.iter().map(|p| p.1.max(1.0).ln()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        // Whatever a stray block does, it does not make a trend: what lies outside Tukey's far fences is drawn
        // in, as long as it is less than a twentieth of the blocks.
        let (q1, q3) = (quantile(&sorted, 0.25), quantile(&sorted, 0.75));
        let low = quantile(&sorted, 0.05).min(q1 - FENCE * (q3 - q1));
        let high = quantile(&sorted, 0.95).max(q3 + FENCE * (q3 - q1));
        let clip = |ln: f64| ln.clamp(low, high);
        let blocks: Vec<(f64, f64)> = points.iter().map(|p| (p.0.as_secs_f64(), clip(p.1.max(1.0).ln()))).collect();
        sorted.iter_mut().for_each(|y| *y = clip(*y));
        let spread = (quantile(&sorted, 0.9) - quantile(&sorted, 0.1)) / TENTHS;
        Some(Self { level: quantile(&sorted, 0.5).exp(), spread, course: course(&blocks, &sorted) })
    }
}

fn course(blocks: &[(f64, f64)], sorted: &[f64]) -> Course {
    let step = |s: Split| Course::Step { from: s.before.exp(), to: s.after.exp(), at: Nanos::from_secs_f64(s.at) };
    if let Some(levels) = two_levels(sorted) {
        // One change of level explains the blocks as well as two levels do: then it was one change.
        return match Split::of(blocks) {
            Some(split) if split.rest <= 2.0 * levels.rest + f64::EPSILON => step(split),
            _ => Course::BlockMedians { low: levels.low.exp(), high: levels.high.exp(), upper: levels.upper },
        };
    }
    let groups = grouped(blocks);
    let line = Line::of(&groups).filter(|l| significant(l.change, l.error));
    let split = Split::of(&groups).filter(|s| significant(s.after - s.before, s.error));
    match (line, split) {
        (Some(line), Some(split)) if split.rest < BETTER * line.rest => step(split),
        (Some(line), _) => Course::Drift { change: line.change.exp_m1(), error: line.error },
        (None, Some(split)) => step(split),
        (None, None) => Course::Flat,
    }
}

fn significant(change: f64, error: f64) -> bool {
    change.abs() >= SIZE && change.abs() >= SIGNIFICANT * error
}

/// At most [`GROUPS`] runs of neighbours: mean time, median value.
fn grouped(blocks: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let n = blocks.len().min(GROUPS);
    let group = |i: usize| {
        let part = &blocks[i * blocks.len() / n..(i + 1) * blocks.len() / n];
        let mut values: Vec<f64> = part.iter().map(|p| p.1).collect();
        values.sort_unstable_by(f64::total_cmp);
        (part.iter().map(|p| p.0).sum::<f64>() / part.len() as f64, quantile(&values, 0.5))
    };
    (0..n).map(group).collect()
}

/// A regression line.
struct Line {
    /// From the first point to the last.
    change: f64,
    error: f64,
    /// Squared distances that it leaves.
    rest: f64,
}

impl Line {
    fn of(points: &[(f64, f64)]) -> Option<Self> {
        let n = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
        let (mt, my) = (mean(|p| p.0), mean(|p| p.1));
        let tt: f64 = points.iter().map(|p| (p.0 - mt).powi(2)).sum();
        let ty: f64 = points.iter().map(|p| (p.0 - mt) * (p.1 - my)).sum();
        let span = points.last()?.0 - points.first()?.0;
        if tt <= 0.0 {
            return None;
        }
        let slope = ty / tt;
        let rest: f64 = points.iter().map(|p| (p.1 - my - slope * (p.0 - mt)).powi(2)).sum();
        Some(Self { change: slope * span, error: (rest / (n - 2.0) / tt).sqrt() * span, rest })
    }
}

/// The best cut of a run in two, each part with a level of its own.
struct Split {
    before: f64,
    after: f64,
    at: f64,
    error: f64,
    /// Squared distances that it leaves.
    rest: f64,
}

impl Split {
    fn of(points: &[(f64, f64)]) -> Option<Self> {
        let values: Vec<f64> = points.iter().map(|p| p.1).collect();
        let (k, rest) = cut(&values)?;
        let (n, mean) = (values.len() as f64, |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64);
        let (first, second) = values.split_at(k);
        let error = (rest / (n - 2.0) * (1.0 / first.len() as f64 + 1.0 / second.len() as f64)).sqrt();
        Some(Self { before: mean(first), after: mean(second), at: points[k].0, error, rest })
    }
}

struct TwoLevels {
    low: f64,
    high: f64,
    upper: f64,
    rest: f64,
}

/// Two groups among sorted values, if there are two.
fn two_levels(sorted: &[f64]) -> Option<TwoLevels> {
    if sorted.len() < LEAST_FOR_LEVELS {
        return None;
    }
    let (k, rest) = cut(sorted)?;
    let (lower, upper) = sorted.split_at(k);
    let moments = |part: &[f64]| {
        let mean = part.iter().sum::<f64>() / part.len() as f64;
        (mean, part.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / (part.len() - 1) as f64)
    };
    let ((low, low_variance), (high, high_variance)) = (moments(lower), moments(upper));
    let gap = high - low;
    let apart = gap >= APART * ((low_variance + high_variance) / 2.0).sqrt();
    let between = |y: &&f64| (low + gap / 3.0..high - gap / 3.0).contains(*y);
    let empty = sorted.iter().filter(between).count() as f64 <= VALLEY * sorted.len() as f64;
    let found = TwoLevels { low, high, upper: upper.len() as f64 / sorted.len() as f64, rest };
    (gap >= SIZE && apart && empty).then_some(found)
}

/// Where to cut values in two so that the squared distances from the parts' means are least, and those.
/// Each part keeps [`LEAST_SHARE`].
fn cut(values: &[f64]) -> Option<(usize, f64)> {
    let n = values.len();
    let least = ((n as f64 * LEAST_SHARE).ceil() as usize).max(3);
    // From the first value on: sums of squares of small numbers do not cancel.
    let origin = *values.first()?;
    let mut sums = vec![(0.0, 0.0)];
    let (mut sum, mut squares) = (0.0, 0.0);
    for v in values.iter().map(|v| v - origin) {
        sum += v;
        squares += v * v;
        sums.push((sum, squares));
    }
    let part = |from: usize, to: usize| {
        let (s, q) = (sums[to].0 - sums[from].0, sums[to].1 - sums[from].1);
        (q - s * s / (to - from) as f64).max(0.0)
    };
    let cuts = (least..(n + 1).saturating_sub(least)).map(|k| (k, part(0, k) + part(k, n)));
    cuts.min_by(|a, b| a.1.total_cmp(&b.1))
}

fn quantile(sorted: &[f64], q: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * q).round() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_distr::{Distribution, Normal};
    use rand_pcg::Pcg64Mcg;

    /// Blocks of a tenth of a second around `level(share of the run)` with relative noise.
    fn blocks(n: usize, noise: f64, seed: u64, level: impl Fn(f64) -> f64) -> Vec<(Nanos, f64)> {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let normal = Normal::new(0.0, noise).unwrap();
        let at = |i: usize| Nanos::from_millis(i as u64 * 100);
        (0..n).map(|i| (at(i), 4.5e6 * level(i as f64 / n as f64) * (1.0 + normal.sample(&mut random)))).collect()
    }

    /// In how many of 200 seeds `right` holds.
    fn times(n: usize, noise: f64, level: impl Fn(f64) -> f64, right: impl Fn(&Shape) -> bool) -> usize {
        (0..200).filter(|seed| right(&Shape::of(&blocks(n, noise, *seed, &level)).unwrap())).count()
    }

    #[test]
    fn a_steady_level_is_flat() {
        for n in [10, 20, 100, 300] {
            for noise in [0.003, 0.03] {
                let flat = times(n, noise, |_| 1.0, |s| s.course == Course::Flat && s.spread < 0.05);
                assert!(flat >= 190, "{flat} of 200 at {n} blocks with noise {noise}");
            }
        }
    }

    #[test]
    fn a_drift_has_its_size() {
        let right = |s: &Shape| matches!(s.course, Course::Drift { change, .. } if (change - 0.05).abs() < 0.01);
        for n in [100, 300] {
            let found = times(n, 0.01, |x| 1.0 + 0.05 * x, right);
            assert!(found >= 190, "{found} of 200 at {n} blocks");
        }
    }

    #[test]
    fn a_step_has_its_time_and_its_levels() {
        for (noise, share) in [(0.005, 0.5), (0.01, 0.3), (0.02, 0.7)] {
            let right = |s: &Shape| match s.course {
                Course::Step { from, to, at } => {
                    (to / from - 1.1).abs() < 0.02 && (at.as_secs_f64() - 30.0 * share).abs() < 1.5
                }
                _ => false,
            };
            let found = times(300, noise, |x| if x < share { 1.0 } else { 1.1 }, right);
            assert!(found >= 190, "{found} of 200 at noise {noise}");
        }
    }

    #[test]
    fn two_levels_for_stretches_are_two_levels() {
        let level = |x: f64| if (x * 7.0) as u64 % 2 == 1 { 1.1 } else { 1.0 };
        let right = |s: &Shape| match s.course {
            Course::BlockMedians { low, high, upper } => (high / low - 1.1).abs() < 0.01 && (0.3..0.6).contains(&upper),
            _ => false,
        };
        let found = times(300, 0.01, level, right);
        assert!(found >= 190, "{found} of 200");
    }

    #[test]
    fn noise_is_spread_and_no_course() {
        let right = |s: &Shape| s.course == Course::Flat && (s.spread - 0.1).abs() < 0.03;
        let found = times(200, 0.1, |_| 1.0, right);
        assert!(found >= 190, "{found} of 200");
    }

    #[test]
    fn stray_blocks_change_nothing() {
        let mut steady = blocks(100, 0.005, 1, |_| 1.0);
        (95..99).for_each(|i| steady[i].1 *= 3.0);
        assert_eq!(Shape::of(&steady).unwrap().course, Course::Flat);
        assert_eq!(Shape::of(&steady[..LEAST_BLOCKS - 1]), None);
    }
}
