//! Metrics of the user's own as a table: a row per metric, a column per variant.

use super::super::document::{Cell, Column, Notes, Table};
use super::super::row::Row;
use nntop_core::event::with_unit;
use std::collections::BTreeSet;

/// The table, where any variant has such a metric.
pub(super) fn table(rows: &[Row], notes: &mut Notes) -> Option<Table> {
    let names = names(rows);
    let mut columns = vec![Column::words("Metric")];
    columns.extend(rows.iter().map(|row| Column::figures(row.label.clone())));
    let line = |name: &&str, notes: &mut Notes| {
        let cells = rows.iter().map(|row| cell(row, name, notes));
        std::iter::once(Cell::text(*name)).chain(cells).collect()
    };
    let lines = names.iter().map(|name| line(name, notes)).collect();
    (!names.is_empty()).then(|| Table { title: "Custom metrics".into(), columns, rows: lines })
}

/// The metrics that any of these has.
fn names<'a>(rows: &[Row<'a>]) -> BTreeSet<&'a str> {
    rows.iter().flat_map(|row| row.variant.custom_metrics.keys()).map(String::as_str).collect()
}

/// A metric of a variant, with its unit.
pub(super) fn cell(row: &Row, name: &str, notes: &mut Notes) -> Cell {
    match row.variant.custom_metrics.get(name) {
        None => notes.absent("the metric was not measured in this run: --metric NAME=COMMAND"),
        Some(found) => match found.value() {
            Some(value) => Cell::shown(value, with_unit(value, found.unit())),
            None => notes.absent(&format!("{name}: {}", found.reason().unwrap_or_default())),
        },
    }
}
