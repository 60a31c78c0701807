//! A report for a terminal: tables where they fit, else a block of lines per row.

use super::super::super::layout::{Column, Grid, folded};
use super::super::document::{Cell, Document, Table};
use nntop_trace::op_trace::tree::one_line;
use std::fmt::Write;

/// A line between the columns.
const GAP: usize = 3;

/// The report, in lines of at most `width` columns as far as words allow it.
pub fn text(document: &Document, width: usize) -> String {
    let mut out = format!("{}\n", one_line(&document.title));
    folded(&mut out, "", &one_line(&document.subtitle), width);
    for table in &document.tables {
        out.push('\n');
        if !table.title.is_empty() {
            let _ = writeln!(out, "{}", one_line(&table.title));
        }
        write_table(&mut out, table, width);
    }
    list(&mut out, "Conclusions", &document.conclusions, width);
    list(&mut out, "Caveats", &document.findings, width);
    for (name, lines) in &document.environment {
        list(&mut out, &format!("Measured on {name}"), lines, width);
    }
    if !document.notes.is_empty() {
        out.push_str("\nNotes\n");
        for (i, note) in document.notes.iter().enumerate() {
            folded(&mut out, &format!(" {:>2} ", i + 1), &one_line(note), width);
        }
    }
    out
}

fn list(out: &mut String, title: &str, lines: &[String], width: usize) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", one_line(title));
    lines.iter().for_each(|line| folded(out, " - ", &one_line(line), width));
}

/// Note numbers as they stand behind a figure: `[1,4]`.
fn marks(notes: &[usize]) -> String {
    let numbers = notes.iter().map(ToString::to_string).collect::<Vec<_>>();
    if notes.is_empty() { String::new() } else { format!("[{}]", numbers.join(",")) }
}

fn cell(cell: &Cell) -> String {
    one_line(cell.shown_text())
}

fn write_table(out: &mut String, table: &Table, width: usize) {
    let columns = table.columns.iter().map(|column| {
        let head = format!("{}{}", one_line(&column.name), marks(&column.notes));
        if column.figures { Column::figures(head) } else { Column::words(head) }
    });
    let mut grid = Grid::new(columns.collect(), 1, GAP).ruled();
    // A table of two columns is no wider as a block.
    if table.columns.len() <= 2 {
        grid = grid.with_tail();
    }
    table.rows.iter().for_each(|row| grid.marked(row.iter().map(|c| (cell(c), marks(&c.notes)))));
    grid.write(out, width);
}
