//! The Pareto front of latency, throughput and, where it was evaluated, accuracy: the points that nothing beats on all of them.

/// A point as the front sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trade {
    /// Median latency; lower is better.
    pub p50: u64,
    /// Samples per second; higher is better.
    pub throughput: f64,
    /// The figure of accuracy, turned so that higher is better; absent where it was not evaluated.
    pub accuracy: Option<f64>,
}

impl Trade {
    /// Whether it is at least as good on all and better on one. Points that are the same do not dominate each other.
    pub fn dominates(self, other: Self) -> bool {
        let right = self.accuracy.zip(other.accuracy);
        let as_good = self.p50 <= other.p50 && self.throughput >= other.throughput && right.is_none_or(|(a, b)| a >= b);
        as_good && (self.p50 < other.p50 || self.throughput > other.throughput || right.is_some_and(|(a, b)| a > b))
    }
}

/// For each point whether it is on the front: it is there, and no other dominates it. The figures count as they
/// were measured: their intervals have no part in it. Accuracy counts where it is known of all points.
pub fn on_front(points: &[Option<Trade>]) -> Vec<bool> {
    let evaluated = points.iter().flatten().all(|p| p.accuracy.is_some());
    let counted = |p: &Trade| Trade { accuracy: p.accuracy.filter(|_| evaluated), ..*p };
    let points: Vec<Option<Trade>> = points.iter().map(|p| p.as_ref().map(counted)).collect();
    let beaten = |p: Trade| points.iter().flatten().any(|other| other.dominates(p));
    points.iter().map(|p| p.is_some_and(|p| !beaten(p))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trade(p50: u64, throughput: f64) -> Option<Trade> {
        Some(Trade { p50, throughput, accuracy: None })
    }

    #[test]
    fn what_is_right_more_often_is_on_it_and_worse_on_all_three_is_not() {
        let with = |p50, accuracy| trade(p50, 100.0).map(|t| Trade { accuracy, ..t });
        let points = [with(10, Some(0.7)), with(20, Some(0.9)), with(30, Some(0.8)), with(20, Some(0.9))];
        assert_eq!(on_front(&points), [true, true, false, true]);
        // One that is not known cannot be weighed: then speed decides.
        assert_eq!(on_front(&[with(10, Some(0.7)), with(20, None), with(30, Some(0.8))]), [true, false, false]);
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
        let point = |evaluated: bool| {
            (1..12_u64, 1..12_u32, 1..4_u32).prop_map(move |(p50, n, right)| Trade {
                p50,
                throughput: f64::from(n),
                accuracy: evaluated.then(|| f64::from(right)),
            })
        };
        any::<bool>().prop_flat_map(move |evaluated| {
            proptest::collection::vec(proptest::option::weighted(0.8, point(evaluated)), 0..40)
        })
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
