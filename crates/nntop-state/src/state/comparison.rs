//! One variant against another: ratios with intervals, a verdict in words, and which settings differ.

use super::differences::Differences;
use super::{Device, Variant, differences, energy};
use nntop_core::event::Slot;
use nntop_core::stats::{self, BlockDigest, Compared, Interval, Ratio, join_neighbours};
use nntop_core::unit::{Nanos, significant};
use serde::{Deserialize, Serialize};

/// Two figures whose ratio lies within this share of 1, with its whole interval, are equal for the choice between them: what
/// clocks and neighbours change from run to run is about as much.
pub const EQUAL_WITHIN: f64 = 0.02;

/// What the interval of a ratio says. These four words are all that nntop says of two figures, on every surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// The whole interval lies above 1.
    Faster,
    /// The whole interval lies below 1.
    Slower,
    /// It holds 1 and lies within [`EQUAL_WITHIN`] of it.
    Equal,
    /// It holds 1 and reaches further: either may be faster, and more blocks would say which.
    Undecided,
}

impl Difference {
    /// What the interval of a ratio says.
    pub fn of(interval: Interval) -> Self {
        match interval {
            i if i.low > 1.0 => Self::Faster,
            i if i.high < 1.0 => Self::Slower,
            // On both sides the same factor: 1.02 is as far from 1 as 1 / 1.02.
            i if i.high <= 1.0 + EQUAL_WITHIN && i.low >= 1.0 / (1.0 + EQUAL_WITHIN) => Self::Equal,
            _ => Self::Undecided,
        }
    }

    /// Whether the interval holds 1, so that nothing says which of the two is better.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Equal | Self::Undecided)
    }

    /// What it says of a figure for which above 1 is good: `better`, `worse`, `equal within ±2 %`, `undecided`.
    pub fn word(self) -> String {
        match self {
            Self::Faster => "better".into(),
            Self::Slower => "worse".into(),
            Self::Equal => format!("equal within ±{} %", EQUAL_WITHIN * 100.0),
            Self::Undecided => "undecided".into(),
        }
    }
}

/// What a ratio of medians says as a sentence, with names for the two; above 1 is in favour of the first.
pub fn sentence(p50: Ratio, of: &str, against: &str) -> String {
    let (verdict, interval) = words(p50);
    match Difference::of(p50.interval) {
        Difference::Equal => format!("{of} and {against} are {verdict} {interval}"),
        Difference::Undecided => format!("{of} and {against}: {verdict} {interval}"),
        _ => format!("{of} {verdict} than {against} {interval}"),
    }
}

fn words(Ratio { value, interval }: Ratio) -> (String, String) {
    // What is slower reads as "1.20x slower", not as "0.83x faster".
    let (value, low, high, word) = match Difference::of(interval) {
        Difference::Faster => (value, interval.low, interval.high, "faster"),
        Difference::Slower => (1.0 / value, 1.0 / interval.high, 1.0 / interval.low, "slower"),
        open => return (open.word(), format!("({}, 95 %)", range((interval.low, interval.high)))),
    };
    (format!("is {}x {word}", near(value, (low, high))), format!("({}, 95 %)", range((low, high))))
}

/// How one variant stands to another. Ratios above 1 are in its favour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The variant that is judged.
    pub of: Slot,
    /// The one that it is held against.
    pub against: Slot,
    /// Blocks of each side that were paired.
    pub pairs: u64,
    /// By how much its median is lower: the other's over its own.
    pub p50: Ratio,
    /// The same for the 90th percentile.
    pub p90: Ratio,
    /// The same for the 95th percentile.
    pub p95: Ratio,
    /// The same for the 99th percentile.
    pub p99: Ratio,
    /// Its throughput over the other's, the batch counted in.
    pub throughput: Ratio,
    /// The share of draws in which its median is lower.
    pub p_faster: f64,
    /// The other's energy per inference over its own, or why there is none.
    pub energy: Result<Ratio, String>,
    /// What was asked to differ, as `what (the other's, its own)`.
    pub asked: Vec<String>,
    /// What is not alike on the two sides beyond what was asked for, as `what (the other's, its own)`.
    pub unlike: Vec<String>,
    /// When it was made.
    pub(super) at: Nanos,
}

impl Comparison {
    /// Compares `b` with `a`; absent while there are too few pairs of blocks.
    pub(super) fn of(device: &Device, parallel: bool, a: &Variant, b: &Variant, at: Nanos) -> Option<Self> {
        let (left, right) =
            paired((&a.latency.digests, a.latency.digest_blocks), (&b.latency.digests, b.latency.digest_blocks));
        let Compared { p50, p90, p95, p99, throughput, p_faster } = stats::compare(&left, &right)?;
        let batches = b.samples() as f64 / a.samples().max(1) as f64;
        let Differences { asked, unlike } = differences::between(a, b);
        Some(Self {
            of: b.slot,
            against: a.slot,
            pairs: left.iter().map(|d| u64::from(d.blocks())).sum(),
            p50,
            p90,
            p95,
            p99,
            throughput: throughput.scaled(batches),
            p_faster,
            energy: match parallel {
                true => Err(energy::PARALLEL.into()),
                false => energy::ratio(device, (a, &left), (b, &right)),
            },
            asked,
            unlike,
            at,
        })
    }

    /// What the interval of the median's ratio says.
    pub fn difference(&self) -> Difference {
        Difference::of(self.p50.interval)
    }

    /// The verdict: `is 1.31x faster`, `is 1.20x slower`, `equal within ±2 %`, `undecided`; and the interval behind it.
    pub fn words(&self) -> (String, String) {
        words(self.p50)
    }

    /// The verdict as a sentence, with names for the two.
    pub fn sentence(&self, of: &str, against: &str) -> String {
        sentence(self.p50, of, against)
    }

    /// How many more pairs of blocks bring the ratio's half-width down to this share of it; absent when it is there.
    pub fn pairs_for(&self, share: f64) -> Option<u64> {
        let width = self.p50.interval.relative(self.p50.value) / share;
        // Half-widths shrink with the square root of the blocks.
        (width > 1.0).then(|| (self.pairs as f64 * (width * width - 1.0)).round().max(1.0) as u64)
    }
}

/// A ratio as people read it: two decimals, or three where two would not tell the ends of its interval from 1 or
/// from each other.
fn near(value: f64, (low, high): (f64, f64)) -> String {
    let close = (low - 1.0).abs().min((high - 1.0).abs()) < 0.005 || high - low < 0.015;
    match value {
        v if v < 9.995 && close => format!("{v:.3}"),
        v if v < 9.995 => format!("{v:.2}"),
        v => significant(v),
    }
}

/// An interval, both ends with as many digits.
fn range(ends: (f64, f64)) -> String {
    format!("{}–{}", near(ends.0, ends), near(ends.1, ends))
}

/// The blocks of both that belong together: from where both measured, and equally many blocks to a digest.
pub(super) fn paired(
    (a, a_each): (&[BlockDigest], u32),
    (b, b_each): (&[BlockDigest], u32),
) -> (Vec<BlockDigest>, Vec<BlockDigest>) {
    let (mut left, mut right) = (since_both(a, b), since_both(b, a));
    for _ in a_each.ilog2()..b_each.ilog2() {
        left = join_neighbours(&left);
    }
    for _ in b_each.ilog2()..a_each.ilog2() {
        right = join_neighbours(&right);
    }
    let pairs = left.len().min(right.len());
    left.truncate(pairs);
    right.truncate(pairs);
    // The last digest may be half full on one side.
    if left.last().map(BlockDigest::blocks) != right.last().map(BlockDigest::blocks) {
        left.pop();
        right.pop();
    }
    (left, right)
}

/// Without what was measured before the other began (it was restarted), but for the turn just before it.
fn since_both(own: &[BlockDigest], other: &[BlockDigest]) -> Vec<BlockDigest> {
    let Some(began) = other.first().map(BlockDigest::began) else { return Vec::new() };
    let before = own.iter().take_while(|d| d.ended() <= began).count();
    own[before.saturating_sub(1)..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: f64, low: f64, high: f64) -> Comparison {
        let p50 = Ratio { value, interval: Interval { low, high } };
        let (of, against, p90, p95, p99, throughput) = (Slot(1), Slot(0), p50, p50, p50, p50);
        let (pairs, p_faster, energy, unlike, at) = (48, 0.5, Err(String::new()), Vec::new(), Nanos::ZERO);
        let asked = Vec::new();
        Comparison { of, against, pairs, p50, p90, p95, p99, throughput, p_faster, energy, asked, unlike, at }
    }

    #[test]
    fn the_verdict_reads_as_people_say_it() {
        let say = |c: Comparison| c.sentence("B", "A");
        assert_eq!(say(found(1.31, 1.29, 1.33)), "B is 1.31x faster than A (1.29–1.33, 95 %)");
        assert_eq!(say(found(1.0 / 1.2, 1.0 / 1.22, 1.0 / 1.18)), "B is 1.20x slower than A (1.18–1.22, 95 %)");
        assert_eq!(say(found(1.004, 0.99, 1.02)), "B and A are equal within ±2 % (0.99–1.02, 95 %)");
        assert_eq!(say(found(1.64, 0.69, 3.85)), "B and A: undecided (0.69–3.85, 95 %)");
        assert_eq!(say(found(1.006, 1.003, 1.009)), "B is 1.006x faster than A (1.003–1.009, 95 %)");
    }

    #[test]
    fn equal_is_only_what_lies_within_the_margin_as_a_whole() {
        let of = |low, high| Difference::of(Interval { low, high });
        assert_eq!(of(0.99, 1.01), Difference::Equal);
        assert_eq!(of(0.985, 1.02), Difference::Equal);
        assert_eq!(of(0.99, 1.03), Difference::Undecided, "reaches beyond the margin above");
        assert_eq!(of(0.97, 1.01), Difference::Undecided, "and below");
        assert_eq!(of(0.69, 3.85), Difference::Undecided);
        assert_eq!(of(1.003, 1.009), Difference::Faster, "small, and yet shown");
        assert_eq!(of(0.5, 0.99), Difference::Slower);
        // Seen from the other side the same is found.
        for (low, high) in [(0.985, 1.02), (0.99, 1.03), (1.003, 1.009), (0.69, 3.85)] {
            let turned = match of(low, high) {
                Difference::Faster => Difference::Slower,
                Difference::Slower => Difference::Faster,
                open => open,
            };
            assert_eq!(of(1.0 / high, 1.0 / low), turned, "{low} {high}");
        }
    }

    #[test]
    fn four_times_the_blocks_halve_the_width() {
        assert_eq!(found(1.0, 0.98, 1.02).pairs_for(0.01), Some(144));
        assert_eq!(found(1.0, 0.995, 1.005).pairs_for(0.01), None);
    }
}
