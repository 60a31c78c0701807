//! The Pareto front of latency against throughput: the points that nothing beats on both.

/// A point as the front sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// Median latency; lower is better.
    pub p50: u64,
    /// Samples per second; higher is better.
    pub throughput: f64,
}

impl Trade {
    /// Whether it is at least as good on both and better on one. Points that are alike do not dominate each other.
    pub fn dominates(self, other: Self) -> bool {
        let as_good = self.p50 <= other.p50 && self.throughput >= other.throughput;
        as_good && (self.p50 < other.p50 || self.throughput > other.throughput)
    }
}

/// For each point whether it is on the front: it is there, and no other dominates it. The figures count as they
/// were measured: their intervals have no part in it.
pub fn on_front(points: &[Option<Trade>]) -> Vec<bool> {
    let beaten = |p: Trade| points.iter().flatten().any(|other| other.dominates(p));
    points.iter().map(|p| p.is_some_and(|p| !beaten(p))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trade(p50: u64, throughput: f64) -> Option<Trade> {
        Some(Trade { p50, throughput })
    }

    #[test]
    fn faster_or_more_is_on_the_front_and_worse_on_both_is_not() {
        let points = [trade(10, 100.0), trade(80, 400.0), trade(90, 300.0), None, trade(10, 90.0), trade(5, 80.0)];
        assert_eq!(on_front(&points), [true, true, false, false, false, true]);
        assert_eq!(on_front(&[]), [false; 0]);
        assert_eq!(on_front(&[None, None]), [false, false]);
    }

    #[test]
    fn points_that_are_alike_are_on_it_together() {
        assert_eq!(on_front(&[trade(10, 100.0), trade(10, 100.0), trade(11, 100.0)]), [true, true, false]);
    }

    /// Few values, so that ties are common.
    fn points() -> impl Strategy<Value = Vec<Option<Trade>>> {
        let point = (1..12_u64, 1..12_u32).prop_map(|(p50, n)| Trade { p50, throughput: f64::from(n) });
        proptest::collection::vec(proptest::option::weighted(0.8, point), 0..40)
    }

    proptest! {
        #[test]
        fn nothing_beats_the_front_and_the_front_beats_the_rest(points in points()) {
            let front = on_front(&points);
            let on: Vec<Trade> = points.iter().zip(&front).filter(|(_, on)| **on).filter_map(|(p, _)| *p).collect();
            for (point, on_front) in points.iter().zip(&front) {
                match point {
                    None => prop_assert!(!on_front),
                    Some(p) if *on_front => prop_assert!(!points.iter().flatten().any(|other| other.dominates(*p))),
                    // One on the front beats it, not only one that is beaten itself.
                    Some(p) => prop_assert!(on.iter().any(|other| other.dominates(*p))),
                }
            }
            prop_assert_eq!(on.is_empty(), points.iter().all(Option::is_none));
        }

        #[test]
        fn the_best_of_each_axis_is_on_it(points in points()) {
            let on: Vec<Trade> = points.iter().zip(on_front(&points)).filter(|(_, on)| *on).filter_map(|(p, _)| *p).collect();
            if let Some(fastest) = points.iter().flatten().map(|p| p.p50).min() {
                prop_assert!(on.iter().any(|p| p.p50 == fastest));
            }
            if let Some(most) = points.iter().flatten().map(|p| p.throughput).reduce(f64::max) {
                prop_assert!(on.iter().any(|p| p.throughput == most));
            }
        }

        #[test]
        fn the_order_of_the_points_does_not_matter(points in points()) {
            let backwards: Vec<_> = points.iter().rev().copied().collect();
            let mut front = on_front(&backwards);
            front.reverse();
            prop_assert_eq!(front, on_front(&points));
        }
    }
}
