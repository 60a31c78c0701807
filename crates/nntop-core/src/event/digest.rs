//! The latencies of a block in few bytes.

use crate::stats::{self, Distribution, Moments};
use serde::{Deserialize, Serialize};

/// Up to this many samples travel as they are; a longer block is digested into a histogram.
pub const EXACT_SAMPLES: usize = 128;

/// The latencies of a block: count, extremes and moments are exact; values are exact while they are few.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// How many inferences.
    pub n: u64,
    /// The fastest, in nanoseconds.
    pub min: u64,
    /// The slowest, in nanoseconds.
    pub max: u64,
    /// The mean, in nanoseconds.
    pub mean: f64,
    /// Squared deviations from the mean, summed.
    pub m2: f64,
    /// The values.
    pub values: Values,
}

/// How a digest holds its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// Every sample, in the order measured.
    Exact(Vec<u64>),
    /// `(value, count)`, ascending, to three significant digits.
    Sparse(Vec<(u64, u64)>),
    /// The same in fewer letters: the number of the first bucket of the histogram, then the counts of it and of those that
    /// follow; a negative number stands for so many empty ones. What a condensed recording holds.
    Counts(Vec<i64>),
}

impl Values {
    /// As [`Values::Counts`]. The buckets are those of a [`Distribution`], so that nothing is lost that it would keep.
    pub fn counts(pairs: &[(u64, u64)]) -> Self {
        let mut counts = Vec::with_capacity(pairs.len() + 1);
        let mut next = pairs.first().map_or(0, |pair| stats::bucket(pair.0));
        counts.push(next as i64);
        for &(value, count) in pairs {
            let (at, count) = (stats::bucket(value), i64::try_from(count).unwrap_or(i64::MAX));
            if at < next {
                // The bucket of the one before: exact samples lie as close as they like.
                if let Some(last) = counts.last_mut() {
                    *last = last.saturating_add(count);
                }
                continue;
            }
            if at > next {
                counts.push(-((at - next) as i64));
            }
            counts.push(count);
            next = at + 1;
        }
        Self::Counts(counts)
    }
}

/// What [`Values::Counts`] stands for, of whatever origin.
fn spread(counts: &[i64]) -> Vec<(u64, u64)> {
    let Some((first, counts)) = counts.split_first() else { return Vec::new() };
    let (mut at, mut pairs) = (u64::try_from(*first).unwrap_or(0), Vec::with_capacity(counts.len()));
    for &count in counts {
        match u64::try_from(count) {
            Ok(count) => {
                if count > 0 {
                    pairs.push((stats::bucket_value(at), count));
                }
                at = at.saturating_add(1);
            }
            Err(_) => at = at.saturating_add(count.unsigned_abs()),
        }
    }
    pairs
}

impl Digest {
    /// Digests the samples of a block, in nanoseconds.
    pub fn of(samples: &[u64]) -> Self {
        let moments = Moments::of(samples);
        Self {
            n: moments.n,
            min: samples.iter().min().copied().unwrap_or(0),
            max: samples.iter().max().copied().unwrap_or(0),
            mean: moments.mean,
            m2: moments.m2,
            values: if samples.len() <= EXACT_SAMPLES {
                Values::Exact(samples.to_vec())
            } else {
                Values::Sparse(stats::sparse(samples))
            },
        }
    }

    /// Count, mean and spread.
    pub fn moments(&self) -> Moments {
        Moments { n: self.n, mean: self.mean, m2: self.m2 }
    }

    /// These latencies as a distribution. It is made anew by every call, which walks all samples.
    pub fn distribution(&self) -> Distribution {
        let mut all = Distribution::default();
        match &self.values {
            Values::Exact(samples) => all.merge_exact(samples),
            Values::Sparse(pairs) => all.merge_digest(pairs, self.moments(), self.min, self.max),
            Values::Counts(counts) => all.merge_digest(&spread(counts), self.moments(), self.min, self.max),
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_are_the_same_histogram_as_the_samples(samples in prop::collection::vec(1u64..u64::MAX / 4, 129..400)) {
            let digest = Digest::of(&samples);
            let Values::Sparse(pairs) = &digest.values else { panic!("so many samples are a histogram") };
            let short = Digest { values: Values::counts(pairs), ..digest.clone() };
            let line = serde_json::to_string(&short).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Digest>(&line).unwrap(), &short);
            let both = [digest.distribution(), short.distribution()];
            prop_assert_eq!(both[0].pairs(), both[1].pairs());
            // Exact samples fall into the same buckets.
            let mut exact: Vec<(u64, u64)> = samples.iter().map(|v| (*v, 1)).collect();
            exact.sort_unstable();
            prop_assert_eq!(Values::counts(&exact), short.values);
        }

        #[test]
        fn counts_of_any_origin_are_read(counts in prop::collection::vec(any::<i64>(), 0..40)) {
            let pairs = spread(&counts);
            prop_assert!(pairs.is_sorted_by_key(|pair| pair.0));
            let values = Values::Counts(counts);
            let all = Digest { n: 1, min: 1, max: 2, mean: 1.0, m2: 0.0, values }.distribution();
            prop_assert_eq!(all.n(), 1);
        }
    }
}
