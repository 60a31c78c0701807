//! A latency distribution that merges: exact while samples are few, a high-dynamic-range histogram after.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Significant decimal digits that the histogram keeps: values are told apart to 0.1 %.
pub const SIGNIFICANT_DIGITS: u8 = 3;

/// Up to here every sample is kept as it is, and percentiles are exact.
const EXACT_LIMIT: usize = 4_096;

/// Count, mean and sum of squared deviations, kept exactly through merges.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Moments {
    /// How many values.
    pub n: u64,
    /// Their mean.
    pub mean: f64,
    /// Their squared deviations from the mean, summed.
    pub m2: f64,
}

impl Moments {
    /// Of these values (Welford's recurrence: no cancellation for large, close values).
    pub fn of(values: &[u64]) -> Self {
        let mut m = Self::default();
        for &v in values {
            m.n += 1;
            let d = v as f64 - m.mean;
            m.mean += d / m.n as f64;
            m.m2 += d * (v as f64 - m.mean);
        }
        m
    }

    /// Takes in another set of values (Chan, Golub and LeVeque's pairwise update).
    pub fn merge(&mut self, other: Self) {
        if other.n == 0 {
            return;
        }
        if self.n == 0 {
            // To the last digit.
            *self = other;
            return;
        }
        let n = self.n + other.n;
        let d = other.mean - self.mean;
        self.mean += d * other.n as f64 / n as f64;
        self.m2 += other.m2 + d * d * self.n as f64 * other.n as f64 / n as f64;
        self.n = n;
    }

    /// The sample standard deviation (divisor n - 1); zero for fewer than two values.
    pub fn stddev(&self) -> f64 {
        if self.n < 2 { 0.0 } else { (self.m2 / (self.n - 1) as f64).sqrt() }
    }
}

/// Latencies in nanoseconds, merged from blocks.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Distribution {
    moments: Moments,
    min: u64,
    max: u64,
    store: Store,
}

#[derive(Debug, Clone)]
enum Store {
    /// Sorted.
    Exact(Vec<u64>),
    /// One digest alone: a histogram's recorded buckets, ascending. Most are only asked a few times, and filling and walking
    /// ten thousand buckets is what folding a stream takes longest for.
    Digest(Vec<(u64, u64)>),
    Histogram(Histogram<u64>),
}

/// A distribution as a keyframe holds it. The histogram's buckets, recorded again, are the same buckets.
#[derive(Serialize, Deserialize)]
struct Stored {
    moments: Moments,
    min: u64,
    max: u64,
    exact: bool,
    pairs: Vec<(u64, u64)>,
}

impl From<Distribution> for Stored {
    fn from(d: Distribution) -> Self {
        let (exact, pairs) = match d.store {
            Store::Exact(values) => {
                (true, values.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect())
            }
            Store::Digest(pairs) => (false, pairs),
            Store::Histogram(h) => {
                (false, h.iter_recorded().map(|b| (b.value_iterated_to(), b.count_at_value())).collect())
            }
        };
        Self { moments: d.moments, min: d.min, max: d.max, exact, pairs }
    }
}

impl TryFrom<Stored> for Distribution {
    type Error = &'static str;

    fn try_from(s: Stored) -> Result<Self, Self::Error> {
        let n = s.pairs.iter().try_fold(0u64, |sum, (_, n)| sum.checked_add(*n));
        // What would end in a panic later: a keyframe may come from anywhere.
        if (s.moments.n > 0 && s.min > s.max) || !s.pairs.is_sorted() || n.is_none() {
            return Err("a distribution out of order");
        }
        let store = if s.exact {
            if n != Some(s.moments.n) || s.moments.n > EXACT_LIMIT as u64 {
                return Err("a distribution whose samples are not as many as it says");
            }
            Store::Exact(s.pairs.iter().flat_map(|&(v, n)| std::iter::repeat_n(v, n as usize)).collect())
        } else {
            let mut h = new_histogram();
            s.pairs.iter().for_each(|&(v, n)| record(&mut h, v, n));
            Store::Histogram(h)
        };
        Ok(Self { moments: s.moments, min: s.min, max: s.max, store })
    }
}

impl Default for Distribution {
    fn default() -> Self {
        Self { moments: Moments::default(), min: u64::MAX, max: 0, store: Store::Exact(Vec::new()) }
    }
}

impl Distribution {
    /// Takes in samples as they are.
    pub fn merge_exact(&mut self, values: &[u64]) {
        let Some((&min, &max)) = values.iter().min().zip(values.iter().max()) else { return };
        self.count_in(Moments::of(values), min, max);
        match &mut self.store {
            Store::Exact(all) if all.len() + values.len() <= EXACT_LIMIT => {
                all.extend_from_slice(values);
                // The stable sort takes what is sorted already as it is.
                all.sort();
            }
            _ => {
                let histogram = self.histogram();
                values.iter().for_each(|&v| record(histogram, v, 1));
            }
        }
    }

    /// Takes in a digest: `(value, count)` pairs with the exact moments, least and greatest value.
    pub fn merge_digest(&mut self, pairs: &[(u64, u64)], moments: Moments, min: u64, max: u64) {
        if moments.n == 0 {
            return;
        }
        let first = self.n() == 0;
        self.count_in(moments, min, max);
        if first && let Some(buckets) = buckets(pairs) {
            self.store = Store::Digest(buckets);
            return;
        }
        let histogram = self.histogram();
        pairs.iter().for_each(|&(v, n)| record(histogram, v, n));
    }

    /// Takes in what another one holds.
    pub fn merge(&mut self, other: &Self) {
        if other.n() == 0 {
            return;
        }
        if self.n() == 0 {
            self.clone_from(other);
            return;
        }
        self.count_in(other.moments, other.min, other.max);
        match (&mut self.store, &other.store) {
            (Store::Exact(all), Store::Exact(values)) if all.len() + values.len() <= EXACT_LIMIT => {
                all.extend_from_slice(values);
                // The stable sort takes what is sorted already as it is.
                all.sort();
            }
            (_, Store::Exact(values)) => {
                let histogram = self.histogram();
                values.iter().for_each(|&v| record(histogram, v, 1));
            }
            (_, Store::Digest(pairs)) => {
                let histogram = self.histogram();
                pairs.iter().for_each(|&(v, n)| record(histogram, v, n));
            }
            (_, Store::Histogram(h)) => {
                let histogram = self.histogram();
                h.iter_recorded().for_each(|b| record(histogram, b.value_iterated_to(), b.count_at_value()));
            }
        }
    }

    fn count_in(&mut self, moments: Moments, min: u64, max: u64) {
        self.moments.merge(moments);
        self.min = self.min.min(min);
        self.max = self.max.max(max);
    }

    /// The histogram, made from what there is when this is the first call for it.
    fn histogram(&mut self) -> &mut Histogram<u64> {
        let mut made = match &self.store {
            Store::Histogram(_) => None,
            _ => Some(new_histogram()),
        };
        match (&self.store, &mut made) {
            (Store::Exact(values), Some(h)) => values.iter().for_each(|&v| record(h, v, 1)),
            (Store::Digest(pairs), Some(h)) => pairs.iter().for_each(|&(v, n)| record(h, v, n)),
            _ => {}
        }
        if let Some(h) = made {
            self.store = Store::Histogram(h);
        }
        match &mut self.store {
            Store::Histogram(h) => h,
            Store::Exact(_) | Store::Digest(_) => unreachable!("just replaced"),
        }
    }

    /// How many samples there are.
    pub fn n(&self) -> u64 {
        self.moments.n
    }

    /// The mean in nanoseconds; absent without samples.
    pub fn mean(&self) -> Option<f64> {
        (self.n() > 0).then_some(self.moments.mean)
    }

    /// The sample standard deviation in nanoseconds; absent below two samples.
    pub fn stddev(&self) -> Option<f64> {
        (self.n() > 1).then(|| self.moments.stddev())
    }

    /// The least sample.
    pub fn min(&self) -> Option<u64> {
        (self.n() > 0).then_some(self.min)
    }

    /// The greatest sample.
    pub fn max(&self) -> Option<u64> {
        (self.n() > 0).then_some(self.max)
    }

    /// The nearest-rank quantile, `x[⌈n·q⌉ - 1]` of the sorted samples: a value that was really measured,
    /// or its histogram bucket (0.1 % wide) once there are too many to keep.
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let n = self.n();
        if n == 0 {
            return None;
        }
        Some(match &self.store {
            Store::Exact(values) => values[rank(values.len(), q)],
            Store::Digest(pairs) => self.ranked(pairs.iter().copied(), q),
            Store::Histogram(h) => {
                self.ranked(h.iter_recorded().map(|b| (b.value_iterated_to(), b.count_at_value())), q)
            }
        })
    }

    /// The bucket that holds a quantile; of [`Self::pairs`] it is that of the distribution.
    fn ranked(&self, buckets: impl Iterator<Item = (u64, u64)>, q: f64) -> u64 {
        let wanted = rank(self.n() as usize, q) as u64;
        let mut seen = 0u64;
        let found = { buckets }.find(|(_, count)| {
            seen = seen.saturating_add(*count);
            seen > wanted
        });
        found.map_or(self.max, |(value, _)| value.clamp(self.min, self.max))
    }

    /// Quantiles out of [`Self::pairs`], which was taken just now: a histogram is not walked for each of them.
    pub fn quantiles_of<const N: usize>(&self, pairs: &[(u64, u64)], q: [f64; N]) -> [u64; N] {
        q.map(|q| self.ranked(pairs.iter().copied(), q))
    }

    /// `(value, count)`, ascending: every sample while they are few, the histogram's buckets after.
    pub fn pairs(&self) -> Vec<(u64, u64)> {
        match &self.store {
            Store::Exact(values) => values.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect(),
            Store::Digest(pairs) => pairs.iter().map(|&(v, n)| (v.clamp(self.min, self.max), n)).collect(),
            Store::Histogram(h) => h
                .iter_recorded()
                .map(|b| (b.value_iterated_to().clamp(self.min, self.max), b.count_at_value()))
                .collect(),
        }
    }

    /// How many samples lie in `low..high`. At the edges the histogram's resolution applies.
    pub fn count_between(&self, low: u64, high: u64) -> u64 {
        if low >= high {
            return 0;
        }
        match &self.store {
            Store::Exact(v) => (v.partition_point(|&x| x < high) - v.partition_point(|&x| x < low)) as u64,
            Store::Digest(_) | Store::Histogram(_) => {
                self.pairs().into_iter().filter(|(v, _)| (low..high).contains(v)).map(|(_, n)| n).sum()
            }
        }
    }
}

/// A digest's pairs as the histogram would name them; `None` where they are in no order.
fn buckets(pairs: &[(u64, u64)]) -> Option<Vec<(u64, u64)>> {
    let mut out: Vec<(u64, u64)> = Vec::with_capacity(pairs.len());
    for &(value, count) in pairs.iter().filter(|pair| pair.1 > 0) {
        let value = bucket_value(bucket(value));
        match out.last_mut() {
            Some(last) if last.0 > value => return None,
            Some(last) if last.0 == value => last.1 = last.1.saturating_add(count),
            _ => out.push((value, count)),
        }
    }
    Some(out)
}

fn rank(n: usize, q: f64) -> usize {
    ((n as f64 * q.clamp(0.0, 1.0)).ceil() as usize).clamp(1, n) - 1
}

fn new_histogram() -> Histogram<u64> {
    let mut h = Histogram::new(SIGNIFICANT_DIGITS).expect("three digits are within the crate's 0 to 5");
    h.auto(true);
    h
}

/// `saturating_record` would clamp to what the histogram holds so far; this one lets it grow.
fn record(h: &mut Histogram<u64>, value: u64, count: u64) {
    h.record_n(value.max(1), count).expect("an auto-resizing histogram takes every u64");
}

/// The digest of one block: samples sorted into `(bucket's value, count)`, ascending.
pub(crate) fn sparse(values: &[u64]) -> Vec<(u64, u64)> {
    let mut h = new_histogram();
    values.iter().for_each(|&v| record(&mut h, v, 1));
    h.iter_recorded().map(|b| (b.value_iterated_to(), b.count_at_value())).collect()
}

/// Values to this many binary digits share a bucket: the histogram's for three decimal ones.
const BUCKET_BITS: u32 = 11;

/// The number of a value's bucket, counted from 0 without gaps.
pub(crate) fn bucket(value: u64) -> u64 {
    let value = value.max(1);
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(BUCKET_BITS);
    u64::from(shift) * (1 << (BUCKET_BITS - 1)) + (value >> shift)
}

/// The greatest value of a bucket, by which [`sparse`] names it; of a number that no bucket has the greatest of all.
pub(crate) fn bucket_value(bucket: u64) -> u64 {
    const HALF: u64 = 1 << (BUCKET_BITS - 1);
    let shift = (bucket / HALF).saturating_sub(1);
    if shift > u64::from(u64::BITS - BUCKET_BITS) {
        return u64::MAX;
    }
    // In this order the last bucket does not overflow.
    let first = (bucket - shift * HALF) << shift;
    first + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn few_samples_give_exact_percentiles() {
        let mut d = Distribution::default();
        d.merge_exact(&[5, 1, 4]);
        d.merge_exact(&[2, 3]);
        assert_eq!((d.min(), d.max(), d.n()), (Some(1), Some(5), 5));
        assert_eq!(d.quantile(0.5), Some(3));
        assert_eq!(d.quantile(0.99), Some(5));
        assert_eq!(d.mean(), Some(3.0));
        assert!((d.stddev().unwrap() - 2.5f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn an_empty_distribution_has_no_numbers() {
        let d = Distribution::default();
        assert_eq!((d.quantile(0.5), d.min(), d.max(), d.mean(), d.stddev()), (None, None, None, None, None));
    }

    proptest! {
        #[test]
        fn distributions_merge_as_their_samples_do(
            parts in prop::collection::vec((prop::collection::vec(1u64..1 << 40, 0..2_500), any::<bool>()), 1..5),
        ) {
            let (mut one_by_one, mut merged) = (Distribution::default(), Distribution::default());
            for (values, digested) in parts {
                let mut own = Distribution::default();
                for d in [&mut one_by_one, &mut own] {
                    match digested && !values.is_empty() {
                        true => {
                            let (min, max) = (*values.iter().min().unwrap(), *values.iter().max().unwrap());
                            d.merge_digest(&sparse(&values), Moments::of(&values), min, max);
                        }
                        false => d.merge_exact(&values),
                    }
                }
                merged.merge(&own);
            }
            prop_assert_eq!(merged.pairs(), one_by_one.pairs());
            let facts = |d: &Distribution| (d.n(), d.min(), d.max(), d.mean(), d.stddev(), d.quantile(0.99));
            prop_assert_eq!(facts(&merged), facts(&one_by_one), "to the last digit");
        }

        #[test]
        fn a_bucket_has_the_name_that_the_histogram_gives_it(bits in 0u32..64, low in any::<u64>()) {
            let value = (1u64 << bits) | (low & ((1u64 << bits) - 1));
            let named = sparse(&[value])[0].0;
            prop_assert_eq!(bucket_value(bucket(value)), named);
            prop_assert_eq!(bucket(named), bucket(value));
            prop_assert!(named == u64::MAX || bucket(named + 1) == bucket(named) + 1, "without gaps");
        }

        #[test]
        fn a_digest_alone_is_what_the_histogram_of_it_is(
            values in prop::collection::vec(1u64..u64::MAX / 4, 1..300), coarse in 0u32..30,
        ) {
            let (min, max) = (*values.iter().min().unwrap(), *values.iter().max().unwrap());
            // Whoever made the digest: its values may be no bucket's, and in no order.
            let pairs: Vec<(u64, u64)> = match coarse {
                0 => values.iter().map(|v| (*v, 1)).collect(),
                bits => sparse(&values).into_iter().map(|(v, n)| (v >> bits << bits, n)).collect(),
            };
            let mut alone = Distribution::default();
            alone.merge_digest(&pairs, Moments::of(&values), min, max);
            let mut filled = alone.clone();
            let mut h = new_histogram();
            pairs.iter().for_each(|&(v, n)| record(&mut h, v, n));
            filled.store = Store::Histogram(h);
            prop_assert_eq!(alone.pairs(), filled.pairs());
            let q = [0.0, 0.5, 0.9, 0.99, 1.0];
            prop_assert_eq!(q.map(|q| alone.quantile(q)), q.map(|q| filled.quantile(q)));
            prop_assert_eq!(filled.quantiles_of(&filled.pairs(), q).map(Some), q.map(|q| filled.quantile(q)));
            prop_assert_eq!(rmp_serde::to_vec_named(&alone).unwrap(), rmp_serde::to_vec_named(&filled).unwrap());
            // And so they stay when more comes.
            [&mut alone, &mut filled].into_iter().for_each(|d| d.merge_exact(&values));
            prop_assert_eq!(rmp_serde::to_vec_named(&alone).unwrap(), rmp_serde::to_vec_named(&filled).unwrap());
        }

        #[test]
        fn merged_digests_agree_with_all_samples_within_the_resolution(
            blocks in prop::collection::vec(prop::collection::vec(1u64..10_000_000_000, 1..400), 1..40),
        ) {
            let mut merged = Distribution::default();
            for b in &blocks {
                merged.merge_digest(&sparse(b), Moments::of(b), *b.iter().min().unwrap(), *b.iter().max().unwrap());
            }
            let mut all: Vec<u64> = blocks.concat();
            all.sort_unstable();
            prop_assert_eq!(merged.n(), all.len() as u64);
            prop_assert_eq!(merged.min(), all.first().copied());
            prop_assert_eq!(merged.max(), all.last().copied());
            for q in [0.0, 0.5, 0.9, 0.99, 0.999, 1.0] {
                let exact = all[rank(all.len(), q)] as f64;
                let got = merged.quantile(q).unwrap() as f64;
                // The bucket's upper edge is shown: at most two buckets' width off after two roundings.
                prop_assert!((got - exact).abs() <= exact * 0.002 + 1.0, "q {} exact {} got {}", q, exact, got);
            }
        }
    }
}
