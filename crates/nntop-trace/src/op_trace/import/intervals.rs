//! Sets of intervals of time: unions, what two have in common, what one has alone.

/// Intervals apart from each other, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Intervals(Vec<(i64, i64)>);

impl Intervals {
    /// The union of these, in whatever order they come.
    pub(super) fn of(mut all: Vec<(i64, i64)>) -> Self {
        all.retain(|(begin, end)| begin < end);
        all.sort_unstable();
        let mut apart: Vec<(i64, i64)> = Vec::new();
        for (begin, end) in all {
            match apart.last_mut() {
                Some(last) if begin <= last.1 => last.1 = last.1.max(end),
                _ => apart.push((begin, end)),
            }
        }
        Self(apart)
    }

    /// Where the first begins.
    pub(super) fn first(&self) -> Option<i64> {
        self.0.first().map(|(begin, _)| *begin)
    }

    /// How long they are together.
    pub(super) fn length(&self) -> u64 {
        self.0.iter().fold(0, |sum, (begin, end)| sum.saturating_add(begin.abs_diff(*end)))
    }

    /// Whether something of this interval lies in them; of one without a length, its place.
    pub(super) fn touch(&self, begin: i64, end: i64) -> bool {
        let at = self.0.partition_point(|(_, to)| *to <= begin);
        self.0.get(at).is_some_and(|(from, _)| *from < end || *from <= begin)
    }

    /// How much of this interval lies in them.
    pub(super) fn part_of(&self, begin: i64, end: i64) -> u64 {
        let from = self.0.partition_point(|(_, to)| *to <= begin);
        let parts = self.0[from..].iter().take_while(|(from, _)| *from < end);
        parts.fold(0, |sum, (from, to)| sum.saturating_add((end.min(*to) - begin.max(*from)).max(0) as u64))
    }

    /// What both cover.
    pub(super) fn both(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut found = Vec::new();
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let (begin, end) = (x.0.max(y.0), x.1.min(y.1));
            if begin < end {
                found.push((begin, end));
            }
            if x.1 <= y.1 {
                a.next();
            } else {
                b.next();
            }
        }
        Self(found)
    }

    /// The union with others.
    pub(super) fn with<'a>(others: impl IntoIterator<Item = &'a Self>) -> Self {
        Self::of(others.into_iter().flat_map(|one| one.0.iter().copied()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sets_are_what_counting_moments_says(
            a in prop::collection::vec((0i64..60, 0i64..12), 0..8),
            b in prop::collection::vec((0i64..60, 0i64..12), 0..8),
        ) {
            let moments = |list: &[(i64, i64)]| -> std::collections::BTreeSet<i64> {
                list.iter().flat_map(|(begin, lasts)| *begin..begin + lasts).collect()
            };
            let of = |list: &[(i64, i64)]| Intervals::of(list.iter().map(|(begin, lasts)| (*begin, begin + lasts)).collect());
            let (x, y) = (moments(&a), moments(&b));
            prop_assert_eq!(of(&a).length(), x.len() as u64);
            prop_assert_eq!(of(&a).both(&of(&b)).length(), x.intersection(&y).count() as u64);
            prop_assert_eq!(Intervals::with([&of(&a), &of(&b)]).length(), x.union(&y).count() as u64);
            for (begin, lasts) in b {
                let one: Vec<i64> = (begin..begin + lasts.max(1)).collect();
                let inside = (begin..begin + lasts).filter(|moment| x.contains(moment)).count() as u64;
                prop_assert_eq!(of(&a).part_of(begin, begin + lasts), inside);
                prop_assert_eq!(of(&a).touch(begin, begin + lasts), one.iter().any(|moment| x.contains(moment)));
            }
        }
    }
}
