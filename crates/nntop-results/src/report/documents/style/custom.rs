//! Figures of an evaluation and metrics of the user's own as tables: a row per metric, a column per variant.

use super::super::document::{Cell, Column, Notes, Table};
use super::super::row::Row;
use nntop_core::event::{ACCURACY_METRICS, with_unit};
use std::collections::BTreeSet;

/// The tables: what an evaluation found, and the metrics of the user's own; each where any variant has such a metric.
pub(super) fn tables(rows: &[Row], notes: &mut Notes) -> Vec<Table> {
    let evaluated = rows.iter().any(|row| row.variant.accuracy.is_some());
    let is_accuracy = |name: &&str| evaluated && ACCURACY_METRICS.contains(name);
    let (mut accuracy, own): (Vec<&str>, Vec<&str>) = names(rows).into_iter().partition(is_accuracy);
    accuracy.sort_by_key(|name| ACCURACY_METRICS.iter().position(|known| known == name));
    let parts = [("Accuracy", accuracy), ("Custom metrics", own)];
    parts.into_iter().filter_map(|(title, names)| table(title, &names, rows, notes)).collect()
}

fn table(title: &str, names: &[&str], rows: &[Row], notes: &mut Notes) -> Option<Table> {
    let mut columns = vec![Column::words("Metric")];
    columns.extend(rows.iter().map(|row| Column::figures(row.label.clone())));
    let line = |name: &&str, notes: &mut Notes| {
        let cells = rows.iter().map(|row| cell(row, name, notes));
        std::iter::once(Cell::text(*name)).chain(cells).collect()
    };
    let lines = names.iter().map(|name| line(name, notes)).collect();
    (!names.is_empty()).then(|| Table { title: title.into(), columns, rows: lines })
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
