//! Energy of one variant against another's, from pairs of blocks that were measured side by side.

use super::autocorrelation::{lag_one, wanders};
use super::bootstrap::{Draws, LEAST_BLOCKS, RESAMPLES, Ratio};
use super::digest::{BlockDigest, join_neighbours};
use super::interval::Interval;
use super::window::dot;

/// A's energy per inference over B's, from the pairs of blocks in which both are known: above 1, B takes less. Absent
/// from fewer than [`LEAST_BLOCKS`] such pairs, and where one of the two took nothing.
pub fn compare_energy(a: &[BlockDigest], b: &[BlockDigest]) -> Option<Ratio> {
    let known = |(a, b): &(&BlockDigest, &BlockDigest)| a.energy().is_some() && b.energy().is_some();
    let (mut a, mut b): (Vec<BlockDigest>, Vec<BlockDigest>) =
        a.iter().zip(b).filter(known).map(|(a, b)| (a.clone(), b.clone())).unzip();
    let mut memory = difference(&a, &b);
    while wanders(a.len(), memory) {
        (a, b) = (join_neighbours(&a), join_neighbours(&b));
        memory = difference(&a, &b);
    }
    if a.len() < LEAST_BLOCKS {
        return None;
    }
    let [(ja, na), (jb, nb)] = [columns(&a), columns(&b)];
    if ja.iter().sum::<f64>() <= 0.0 || jb.iter().sum::<f64>() <= 0.0 {
        return None;
    }
    let draws = Draws::take(a.len(), memory, RESAMPLES, |weights| {
        let [ja, na, jb, nb] = [&ja, &na, &jb, &nb].map(|column| dot(weights, column));
        // A draw of blocks that took nothing is no ratio: as far out as can be said.
        [(ja / na) / (jb / nb).max(1e-12)]
    });
    Some(Ratio { value: draws.all[0], interval: draws.interval(|f| f[0]) })
}

/// Where the energy of an inference lies with 95 % certainty, in joules, from the blocks in which it is known. Absent
/// from fewer than [`LEAST_BLOCKS`] of them, and where they took nothing.
pub fn energy_interval(blocks: &[BlockDigest]) -> Option<Interval> {
    let mut blocks: Vec<BlockDigest> = blocks.iter().filter(|b| b.energy().is_some()).cloned().collect();
    let level = |blocks: &[BlockDigest]| {
        let (joules, n) = columns(blocks);
        lag_one(&joules.iter().zip(&n).map(|(j, n)| j / n).collect::<Vec<_>>())
    };
    let mut memory = level(&blocks);
    while wanders(blocks.len(), memory) {
        blocks = join_neighbours(&blocks);
        memory = level(&blocks);
    }
    let (joules, n) = columns(&blocks);
    if blocks.len() < LEAST_BLOCKS || joules.iter().sum::<f64>() <= 0.0 {
        return None;
    }
    let draws = Draws::take(blocks.len(), memory, RESAMPLES, |weights| [dot(weights, &joules) / dot(weights, &n)]);
    Some(draws.interval(|f| f[0]))
}

/// Joules and inferences per block.
fn columns(blocks: &[BlockDigest]) -> (Vec<f64>, Vec<f64>) {
    blocks.iter().filter_map(BlockDigest::energy).unzip()
}

/// How much the difference between the two follows itself from pair to pair.
fn difference(a: &[BlockDigest], b: &[BlockDigest]) -> f64 {
    let [(ja, na), (jb, nb)] = [columns(a), columns(b)];
    let of = |i: usize| ((jb[i] / nb[i]).max(1e-12) / (ja[i] / na[i]).max(1e-12)).ln();
    lag_one(&(0..ja.len().min(jb.len())).map(of).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::Nanos;

    fn blocks(joules: impl Fn(u64) -> Option<f64>) -> Vec<BlockDigest> {
        let block = |i: u64| {
            let mut block = BlockDigest::new([(1_000, 10)], 1e3, Nanos(i * 10), Nanos(i * 10 + 5));
            if let Some(joules) = joules(i) {
                block.add_energy(joules, 10);
            }
            block
        };
        (0..20).map(block).collect()
    }

    #[test]
    fn what_hits_both_cancels_and_what_is_unknown_is_left_out() {
        // The machine's own power rises while both measure; B takes half of what A takes.
        let level = |i: u64| 1.0 + i as f64 / 10.0;
        let a = blocks(|i| (i != 3).then_some(2.0 * level(i)));
        let b = blocks(|i| Some(if i == 3 { 99.0 } else { level(i) * [0.99, 1.01][i as usize % 2] }));
        let ratio = compare_energy(&a, &b).unwrap();
        assert!((ratio.value / 2.0 - 1.0).abs() < 0.005 && ratio.interval.holds(2.0), "{ratio:?}");
        assert!(ratio.interval.relative(ratio.value) < 0.01, "{ratio:?}");
    }

    #[test]
    fn the_energy_of_an_inference_lies_in_its_interval() {
        let joules = |i: u64| 10.0 * (1.0 + 0.02 * [1.0, -1.0, 0.5, -0.5][(i * 7 % 4) as usize]);
        let found = energy_interval(&blocks(|i| Some(joules(i)))).unwrap();
        assert!(found.holds(1.0) && found.relative(1.0) < 0.02, "{found:?}");
        assert_eq!(energy_interval(&blocks(|i| (i < 4).then_some(1.0))), None);
        assert_eq!(energy_interval(&blocks(|_| Some(0.0))), None);
    }

    #[test]
    fn too_little_is_no_ratio() {
        let some = blocks(|i| (i < 4).then_some(1.0));
        assert_eq!(compare_energy(&some, &blocks(|_| Some(1.0))), None);
        assert_eq!(compare_energy(&blocks(|_| Some(0.0)), &blocks(|_| Some(1.0))), None);
    }
}
