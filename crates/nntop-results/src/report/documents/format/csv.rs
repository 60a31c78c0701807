//! A report's tables as comma-separated values (RFC 4180): one table for a reader that expects one. Figures have all their
//! digits, absent cells are `n/a`, and a last column says why.

use super::super::document::{ABSENT, Cell, Content, Document, Table};
use ::csv::{Terminator, WriterBuilder};
use nntop_core::text::cell;
use nntop_trace::op_trace::tree::one_line;

/// The tables. Those that are alike follow each other under one header, with a column that says which is which; one that is
/// not alike stands behind an empty line, under a header of its own.
pub fn csv(document: &Document) -> String {
    let mut groups: Vec<Vec<&Table>> = Vec::new();
    for table in &document.tables {
        match groups.last_mut().filter(|group| group[0].columns == table.columns) {
            Some(group) => group.push(table),
            None => groups.push(vec![table]),
        }
    }
    groups.iter().map(|group| written(document, group, document.tables.len() > 1)).collect::<Vec<_>>().join("\r\n")
}

fn written(document: &Document, tables: &[&Table], titled: bool) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    let mut head: Vec<String> = titled.then(|| "Table".to_owned()).into_iter().collect();
    head.extend(tables[0].columns.iter().map(|column| inert(&column.name)));
    head.push("Notes".into());
    let rows = tables.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
    let lines = rows.map(|(table, row)| {
        let mut line: Vec<String> = titled.then(|| inert(&table.title)).into_iter().collect();
        line.extend(row.iter().map(field));
        let said = row.iter().zip(&table.columns).flat_map(|(cell, column)| {
            cell.notes.iter().filter_map(|n| Some(format!("{}: {}", column.name, document.notes.get(n - 1)?)))
        });
        line.push(inert(&said.collect::<Vec<_>>().join("; ")));
        line
    });
    // Nothing of it can fail: it is memory, and every record has the same number of fields.
    let done = std::iter::once(head).chain(lines).try_for_each(|line| writer.write_record(line));
    debug_assert!(done.is_ok());
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn field(cell: &Cell) -> String {
    match &cell.content {
        Content::Absent => ABSENT.into(),
        Content::Figure { value, .. } => value.to_string(),
        Content::Text(text) => inert(text),
        Content::Link { text, url } => inert(&format!("{text} <{url}>")),
    }
}

/// Text that no spreadsheet takes for a formula.
fn inert(text: &str) -> String {
    cell(&one_line(text)).into_owned()
}
