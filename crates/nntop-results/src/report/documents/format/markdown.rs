//! A report as GitHub-flavoured Markdown. Notes are numbered lists, not `[^1]`, so that rows can be pasted anywhere.

use super::super::document::{Cell, Content, Document, Table};
use nntop_trace::op_trace::tree::one_line;
use std::fmt::Write;

/// A picture that lies beside the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it shows.
    pub title: String,
    /// Its path, from the report's folder.
    pub path: String,
}

/// The report, with pictures where there are any.
pub fn markdown(document: &Document, pictures: &[Picture]) -> String {
    let mut out = format!("# {}\n\n{}\n", escaped(&document.title), escaped(&document.subtitle));
    for of in &document.tables {
        out.push('\n');
        if !of.title.is_empty() {
            let _ = writeln!(out, "## {}\n", escaped(&of.title));
        }
        table(&mut out, of);
    }
    list(&mut out, "Conclusions", &document.conclusions);
    if !pictures.is_empty() {
        out.push_str("\n## Charts\n");
        for picture in pictures {
            let _ = writeln!(out, "\n![{}]({})", escaped(&picture.title), address(&picture.path));
        }
    }
    list(&mut out, "Caveats", &document.findings);
    for (name, lines) in &document.environment {
        list(&mut out, &format!("Measured on {name}"), lines);
    }
    if !document.notes.is_empty() {
        out.push_str("\n## Notes\n\n");
        for (i, note) in document.notes.iter().enumerate() {
            let _ = writeln!(out, "{}. {}", i + 1, escaped(note));
        }
    }
    out
}

fn list(out: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## {}\n", escaped(title));
    for line in lines {
        let _ = writeln!(out, "- {}", escaped(line));
    }
}

fn table(out: &mut String, table: &Table) {
    let heads: Vec<String> = table.columns.iter().map(|c| format!("{}{}", escaped(&c.name), marks(&c.notes))).collect();
    let _ = writeln!(out, "| {} |", heads.join(" | "));
    let rule: Vec<&str> = table.columns.iter().map(|c| if c.figures { "---:" } else { "---" }).collect();
    let _ = writeln!(out, "| {} |", rule.join(" | "));
    for row in &table.rows {
        let _ = writeln!(out, "| {} |", row.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
}

fn cell(cell: &Cell) -> String {
    let text = match &cell.content {
        Content::Link { text, url } => format!("[{}]({})", escaped(text), address(url)),
        _ => escaped(cell.shown_text()),
    };
    format!("{text}{}", marks(&cell.notes))
}

fn marks(notes: &[usize]) -> String {
    let numbers = notes.iter().map(ToString::to_string).collect::<Vec<_>>();
    if notes.is_empty() { String::new() } else { format!("<sup>{}</sup>", numbers.join(",")) }
}

/// Text that stays text, in a cell and elsewhere: no markup, no line of its own.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).trim().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '*' | '`' | '[' | ']' | '\\' | '_' | '~' | '#' | '!' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// An address that cannot end early.
fn address(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            ' ' | '(' | ')' | '<' | '>' | '|' | '\\' | '"' | '`' => drop(write!(out, "%{:02X}", c as u32)),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
