//! Functions by the stack on which they stand.
//!
//! While a profile is read, a place in the tree takes a few dozen bytes and a name is kept once. Beyond [`MOST_ROWS`] places
//! or [`MOST_TEXT`] bytes of names nothing is added: what lies there counts for the frame above, so that all sums stay.

use nntop_core::event::{OpRow, RowKind};
use nntop_core::unit::Nanos;
use std::collections::HashMap;
use std::rc::Rc;

/// More places than these are nobody's profile: a flame graph of them has a frame in a million columns.
pub(super) const MOST_ROWS: usize = 1 << 19;

/// Bytes of all different names.
const MOST_TEXT: usize = 64 << 20;

/// What has no room on the first level.
const OTHERS: &str = "(other stacks)";

/// A function at a place.
struct Place {
    parent: u32,
    name: u32,
    own: u64,
    calls: u64,
}

/// No row: the parent of those on the first level.
const ROOT: u32 = u32::MAX;

/// Rows of kind function; those of the same name below the same row are one.
#[derive(Default)]
pub(super) struct Functions {
    places: Vec<Place>,
    by_place: HashMap<(u32, u32), u32>,
    names: Vec<Rc<str>>,
    by_name: HashMap<Rc<str>, u32>,
    text: usize,
    /// Times that a frame was not added.
    cut: u64,
}

impl Functions {
    /// The row of that name below `parent`, made where it is new; `parent` itself when there are too many.
    pub(super) fn place(&mut self, parent: Option<u32>, name: &str) -> Option<u32> {
        let above = parent.unwrap_or(ROOT);
        let known = self.by_name.get(name).copied();
        if let Some(i) = known.and_then(|name| self.by_place.get(&(above, name))) {
            return Some(*i);
        }
        if self.places.len() >= MOST_ROWS || (known.is_none() && self.text + name.len() > MOST_TEXT) {
            self.cut += 1;
            return parent.or_else(|| Some(self.others()));
        }
        Some(self.add_place(above, name))
    }

    fn others(&mut self) -> u32 {
        let known = self.by_name.get(OTHERS).and_then(|name| self.by_place.get(&(ROOT, *name))).copied();
        known.unwrap_or_else(|| self.add_place(ROOT, OTHERS))
    }

    fn add_place(&mut self, above: u32, name: &str) -> u32 {
        let name = match self.by_name.get(name) {
            Some(known) => *known,
            None => {
                let (new, kept) = (self.names.len() as u32, Rc::<str>::from(name));
                self.text += name.len();
                self.names.push(kept.clone());
                self.by_name.insert(kept, new);
                new
            }
        };
        let new = self.places.len() as u32;
        self.by_place.insert((above, name), new);
        self.places.push(Place { parent: above, name, own: 0, calls: 0 });
        new
    }

    /// Gives a row a time of its own.
    pub(super) fn add(&mut self, row: Option<u32>, own: u64, calls: u64) {
        if let Some(place) = row.and_then(|i| self.places.get_mut(i as usize)) {
            place.own = place.own.saturating_add(own);
            place.calls = place.calls.saturating_add(calls);
        }
    }

    /// What did not fit, as a profile says it.
    pub(super) fn cut(&self) -> Option<String> {
        let most = nntop_core::unit::grouped(MOST_ROWS as u64);
        (self.cut > 0).then(|| {
            format!(
                "more than {most} different frames, or 64 MiB of names: {} times what was new counts for the frame above it",
                nntop_core::unit::grouped(self.cut)
            )
        })
    }

    /// The rows with their totals, and the sum of their own times.
    pub(super) fn finish(self) -> (Vec<OpRow>, Nanos) {
        let Self { places, names, by_place, by_name, .. } = self;
        drop((by_place, by_name));
        let row = |place: Place| OpRow {
            name: names.get(place.name as usize).map(|name| (**name).to_owned()).unwrap_or_default(),
            kind: RowKind::Function,
            parent: Some(place.parent).filter(|parent| *parent != ROOT),
            self_time: Nanos(place.own),
            calls: place.calls,
            ..OpRow::default()
        };
        let mut rows: Vec<OpRow> = places.into_iter().map(row).collect();
        totals(&mut rows);
        let sum = rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.self_time.0));
        (rows, Nanos(sum))
    }
}

/// Totals from the rows' own times. Parents stand before their children, so that totals are known from the end.
pub(super) fn totals(rows: &mut [OpRow]) {
    for i in (0..rows.len()).rev() {
        let total = rows[i].total.0.saturating_add(rows[i].self_time.0);
        rows[i].total = Nanos(total);
        if let Some(parent) = rows[i].parent.and_then(|p| rows.get_mut(p as usize)) {
            parent.total.0 = parent.total.0.saturating_add(total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_counts_for_what_is_above_it() {
        let mut all = Functions::default();
        let main = all.place(None, "main");
        for i in 0..MOST_ROWS + 10 {
            let at = all.place(main, &format!("f{i}"));
            all.add(at, 1, 1);
        }
        let lost = all.place(None, "another");
        all.add(lost, 5, 1);
        assert!(all.cut().unwrap().contains("12 times"), "{:?}", all.cut());
        let (rows, sum) = all.finish();
        assert_eq!((rows.len(), sum.0), (MOST_ROWS + 1, MOST_ROWS as u64 + 15));
        assert_eq!((rows[0].self_time.0, rows[0].total.0), (11, MOST_ROWS as u64 + 10));
        assert_eq!((rows[MOST_ROWS].name.as_str(), rows[MOST_ROWS].self_time.0), (OTHERS, 5));
    }
}
