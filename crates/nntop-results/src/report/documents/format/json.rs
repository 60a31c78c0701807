//! A report as JSON: schema `nntop.report/1`. What programs want of a run is in the result itself; this is for those that
//! want a style's table.

use super::super::document::{Cell, Content, Document, Table};
use serde_json::{Value, json as object};

/// The schema's name and major version.
pub const SCHEMA: &str = "nntop.report/1";

/// The report, with a newline at the end. An absent cell's `value` is `null`, and its notes say why.
pub fn json(document: &Document) -> String {
    let environment: Vec<Value> =
        document.environment.iter().map(|(name, lines)| object!({"name": name, "lines": lines})).collect();
    let report = object!({
        "schema": SCHEMA,
        "style": document.style,
        "title": document.title,
        "subtitle": document.subtitle,
        "tables": document.tables.iter().map(table).collect::<Vec<_>>(),
        "conclusions": document.conclusions,
        "findings": document.findings,
        "environment": environment,
        "notes": document.notes,
    });
    format!("{report:#}\n")
}

fn table(table: &Table) -> Value {
    let columns: Vec<Value> =
        table.columns.iter().map(|column| object!({"name": column.name, "notes": column.notes})).collect();
    let rows: Vec<Vec<Value>> = table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    object!({"title": table.title, "columns": columns, "rows": rows})
}

fn cell(cell: &Cell) -> Value {
    let value = match &cell.content {
        Content::Absent => Value::Null,
        Content::Figure { value, .. } => object!(value),
        Content::Text(text) | Content::Link { text, .. } => object!(text),
    };
    object!({"value": value, "text": cell.shown_text(), "notes": cell.notes})
}
