//! Functions by the stack on which they stand.

use super::MOST_ROWS;
use nntop_core::event::{OpRow, RowKind};
use nntop_core::unit::Nanos;
use std::collections::HashMap;

/// Rows of kind function; those of the same name below the same row are one.
#[derive(Default)]
pub(super) struct Functions {
    rows: Vec<OpRow>,
    by_place: HashMap<(Option<u32>, String), u32>,
}

impl Functions {
    /// The row of that name below `parent`, made where it is new; `parent` itself when there are too many.
    pub(super) fn place(&mut self, parent: Option<u32>, name: &str) -> Option<u32> {
        if let Some(i) = self.by_place.get(&(parent, name.to_owned())) {
            return Some(*i);
        }
        if self.is_full() {
            return parent;
        }
        let new = self.rows.len() as u32;
        self.by_place.insert((parent, name.to_owned()), new);
        self.rows.push(OpRow { name: name.into(), kind: RowKind::Function, parent, ..OpRow::default() });
        Some(new)
    }

    /// Gives a row a time of its own.
    pub(super) fn add(&mut self, row: Option<u32>, own: u64, calls: u64) {
        if let Some(row) = row.and_then(|i| self.rows.get_mut(i as usize)) {
            row.self_time.0 = row.self_time.0.saturating_add(own);
            row.calls = row.calls.saturating_add(calls);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= MOST_ROWS
    }

    /// The rows with their totals, and the sum of their own times.
    pub(super) fn finish(mut self) -> (Vec<OpRow>, Nanos) {
        totals(&mut self.rows);
        let sum = self.rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.self_time.0));
        (self.rows, Nanos(sum))
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
