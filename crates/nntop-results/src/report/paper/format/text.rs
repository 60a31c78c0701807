//! A report for a terminal: tables as far as they fit, else a block of lines per row.

use super::super::document::{Cell, Document, Table};
use nntop_trace::op_trace::tree::one_line;
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
    list(&mut out, "Caveats", &document.findings, width);
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
    let columns = table.columns.len();
    // A figure and its marks align apart from each other, so that digits stand under digits.
    let body = |c: usize| table.rows.iter().map(|r| cell(&r[c]).width()).max().unwrap_or(0);
    let mark = |c: usize| table.rows.iter().map(|r| marks(&r[c].notes).width()).max().unwrap_or(0);
    let widths: Vec<(usize, usize)> = (0..columns).map(|c| (body(c), mark(c))).collect();
    let heads: Vec<String> =
        table.columns.iter().map(|column| format!("{}{}", one_line(&column.name), marks(&column.notes))).collect();
    let whole = |heads: &[Vec<String>]| -> usize {
        let wide = |(c, lines): (usize, &Vec<String>)| {
            let head = lines.iter().map(|line| line.width()).max().unwrap_or(0);
            (widths[c].0 + widths[c].1).max(head) + GAP
        };
        heads.iter().enumerate().map(wide).sum::<usize>() + 1 - GAP
    };
    // Heads of one line where they fit, else broken between words.
    let plain: Vec<Vec<String>> = heads.iter().map(|head| vec![head.clone()]).collect();
    let broken =
        || -> Vec<Vec<String>> { heads.iter().zip(&widths).map(|(head, (b, m))| lines_of(head, b + m)).collect() };
    let heads = if whole(&plain) <= width { plain } else { broken() };
    if whole(&heads) > width && columns > 2 {
        return blocks(out, table, width);
    }
    let outer: Vec<usize> = heads
        .iter()
        .zip(&widths)
        .map(|(lines, (b, m))| lines.iter().map(|line| line.width()).max().unwrap_or(0).max(b + m))
        .collect();
    let line = |cells: Vec<String>, out: &mut String| {
        let _ = writeln!(out, " {}", cells.join(&" ".repeat(GAP)).trim_end());
    };
    let padded = |text: &str, to: usize, right: bool| {
        let fill = " ".repeat(to.saturating_sub(text.width()));
        if right { format!("{fill}{text}") } else { format!("{text}{fill}") }
    };
    let deep = heads.iter().map(Vec::len).max().unwrap_or(1);
    for i in 0..deep {
        let at = |c: usize| {
            // Heads stand on the rule.
            let lines = &heads[c];
            let text = (i + lines.len()).checked_sub(deep).map_or("", |k| lines[k].as_str());
            padded(text, outer[c], table.columns[c].figures)
        };
        line((0..columns).map(at).collect(), out);
    }
    line(outer.iter().map(|n| "─".repeat(*n)).collect(), out);
    for row in &table.rows {
        let at = |c: usize| {
            let (figures, (b, m)) = (table.columns[c].figures, widths[c]);
            let own = match figures {
                true => padded(&cell(&row[c]), b, true) + &padded(&marks(&row[c].notes), m, false),
                false => format!("{}{}", cell(&row[c]), marks(&row[c].notes)),
            };
            padded(&own, outer[c], figures)
        };
        line((0..columns).map(at).collect(), out);
    }
}

/// A head in lines of at most `most` columns, as far as its words allow it.
fn lines_of(head: &str, most: usize) -> Vec<String> {
    let longest = head.split(' ').map(|word| word.width()).max().unwrap_or(0).max(most);
    let mut lines: Vec<String> = Vec::new();
    for word in head.split(' ') {
        match lines.last_mut().filter(|line| line.width() + 1 + word.width() <= longest) {
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines
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
