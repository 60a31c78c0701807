//! A report for a terminal: tables as far as they fit, else a block of lines per row.

use super::super::document::{Cell, Document, Table};
use crate::op_trace::tree::one_line;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// A line between the columns.
const GAP: usize = 3;

/// The report, in lines of at most `width` columns as far as words allow it.
pub fn text(document: &Document, width: usize) -> String {
    let mut out = format!("{}\n", one_line(&document.title));
    folded(&mut out, &document.subtitle, "", width);
    for table in &document.tables {
        out.push('\n');
        if !table.title.is_empty() {
            let _ = writeln!(out, "{}", one_line(&table.title));
        }
        write_table(&mut out, table, width);
    }
    list(&mut out, "Conclusions", &document.conclusions, width);
    list(&mut out, "What limits these figures", &document.findings, width);
    for (name, lines) in &document.environment {
        list(&mut out, &format!("Measured on {name}"), lines, width);
    }
    if !document.notes.is_empty() {
        out.push_str("\nNotes\n");
        for (i, note) in document.notes.iter().enumerate() {
            folded(&mut out, note, &format!(" {:>2} ", i + 1), width);
        }
    }
    out
}

fn list(out: &mut String, title: &str, lines: &[String], width: usize) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", one_line(title));
    lines.iter().for_each(|line| folded(out, line, " - ", width));
}

/// Text behind `lead`, in lines that begin under its first word.
fn folded(out: &mut String, text: &str, lead: &str, width: usize) {
    let indent = " ".repeat(lead.width());
    let (mut line, mut used, mut words) = (lead.to_owned(), lead.width(), 0);
    for word in one_line(text).split_whitespace() {
        if words > 0 && used + 1 + word.width() > width {
            let _ = writeln!(out, "{line}");
            (line, used, words) = (indent.clone(), indent.len(), 0);
        }
        if words > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        (used, words) = (used + word.width(), words + 1);
    }
    if words > 0 {
        let _ = writeln!(out, "{line}");
    }
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
    let head = |c: usize| one_line(&table.columns[c].name);
    let columns = table.columns.len();
    // A figure and its marks align apart from each other, so that digits stand under digits.
    let body = |c: usize| table.rows.iter().map(|r| cell(&r[c]).width()).max().unwrap_or(0);
    let mark = |c: usize| table.rows.iter().map(|r| marks(&r[c].notes).width()).max().unwrap_or(0);
    let heads = |c: usize| head(c).width() + marks(&table.columns[c].notes).width();
    let widths: Vec<(usize, usize)> = (0..columns).map(|c| (body(c).max(heads(c).saturating_sub(mark(c))), mark(c))).collect();
    let whole: usize = widths.iter().map(|(body, mark)| body + mark + GAP).sum::<usize>().saturating_sub(GAP) + 1;
    if whole > width && columns > 2 {
        return blocks(out, table, width);
    }
    let line = |cells: Vec<(String, String, bool)>, out: &mut String| {
        let mut text = String::from(" ");
        for (i, ((body, mark, right), (bw, mw))) in cells.into_iter().zip(&widths).enumerate() {
            text.push_str(&" ".repeat(if i == 0 { 0 } else { GAP }));
            let fill = " ".repeat(bw.saturating_sub(body.width()));
            let rest = " ".repeat(mw.saturating_sub(mark.width()));
            match right {
                true => text.extend([fill.as_str(), &body, &mark, &rest]),
                false => text.extend([body.as_str(), &mark, &fill, &rest]),
            }
        }
        let _ = writeln!(out, "{}", text.trim_end());
    };
    let title = |c: usize| {
        let column = &table.columns[c];
        let text = format!("{}{}", head(c), marks(&column.notes));
        // The head may use the marks' place, too.
        let (bw, mw) = widths[c];
        let fill = if column.figures { " ".repeat((bw + mw).saturating_sub(text.width())) } else { String::new() };
        (format!("{fill}{text}"), String::new(), false)
    };
    line((0..columns).map(title).collect(), out);
    let whole = widths.iter().map(|(b, m)| "─".repeat(b + m)).collect::<Vec<_>>().join(&"─".repeat(GAP));
    let _ = writeln!(out, " {whole}");
    for row in &table.rows {
        let cells = row.iter().zip(&table.columns);
        line(cells.map(|(c, column)| (cell(c), marks(&c.notes), column.figures)).collect(), out);
    }
}

/// A table that is wider than the terminal: each row is a block, each of its columns a line.
fn blocks(out: &mut String, table: &Table, width: usize) {
    let names: Vec<String> =
        table.columns.iter().map(|column| format!("{}{}", one_line(&column.name), marks(&column.notes))).collect();
    let longest = names.iter().map(|name| name.width()).max().unwrap_or(0);
    for (i, row) in table.rows.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        for (name, c) in names.iter().zip(row) {
            let lead = format!(" {name}{}  ", " ".repeat(longest - name.width()));
            folded(out, &format!("{}{}", cell(c), marks(&c.notes)), &lead, width);
        }
    }
}
