//! A report as one page that needs nothing else: no script, no font, no picture from elsewhere, and a policy that says so.

use super::super::chart::{Chart, escaped};
use super::super::document::{Cell, Column, Content, Document, FAMILY, Table, VERDICT};
use super::{fold, page};
use std::fmt::Write;

/// The page.
pub fn html(document: &Document, charts: &[Chart]) -> String {
    let mut out = String::from("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n");
    out.push_str("<meta name=\"color-scheme\" content=\"light dark\">\n");
    out.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
    );
    let title = escaped(&document.title);
    let _ = write!(out, "<title>{title} · nntop</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n", page::style());
    let _ = writeln!(out, "<header>\n<p class=\"mark\">nntop · {}</p>\n<h1>{title}</h1>", escaped(document.style),);
    badges(&mut out, document);
    let _ = writeln!(out, "<p class=\"sub\">{}</p>", escaped(&document.subtitle));
    lead(&mut out, document);
    out.push_str("</header>\n");
    for (i, of) in document.tables.iter().enumerate() {
        out.push_str("<section>\n");
        if !of.title.is_empty() {
            let _ = writeln!(out, "<h2>{}</h2>", escaped(&of.title));
        }
        let name = if of.title.is_empty() { document.style } else { &of.title };
        if of.columns.first().is_some_and(|column| column.name == FAMILY) {
            fold::table(&mut out, of);
        } else {
            table(&mut out, of, name, i == 0 && of.title.is_empty());
        }
        out.push_str("</section>\n");
    }
    findings(&mut out, document);
    charts.iter().for_each(|of| chart(&mut out, of));
    environment(&mut out, document);
    notes(&mut out, document);
    out.push_str("<footer>This page is one file and needs no network.</footer>\n</main>\n</body>\n</html>\n");
    out
}

/// Whether the figures can be trusted, next to what they are about.
fn badges(out: &mut String, document: &Document) {
    if document.verdicts.is_empty() {
        return;
    }
    out.push_str("<ul class=\"badges\">\n");
    for badge in &document.verdicts {
        let class = badge.word.to_ascii_lowercase().replace(' ', "-");
        let _ = writeln!(
            out,
            "<li><strong class=\"badge {class}\">{}</strong> {}</li>",
            escaped(&badge.word),
            escaped(&badge.about)
        );
    }
    out.push_str("</ul>\n");
}

/// What follows from the figures, before the figures.
fn lead(out: &mut String, document: &Document) {
    if document.conclusions.is_empty() {
        return;
    }
    // Long sentences in large type are hard to read.
    let long = document.conclusions.iter().any(|text| text.chars().count() > 110);
    let _ = writeln!(out, "<ul class=\"lead{}\">", if long { " plain" } else { "" });
    items(out, &document.conclusions);
    out.push_str("</ul>\n");
}

fn items(out: &mut String, lines: &[String]) {
    for line in lines {
        let _ = writeln!(out, "<li>{}</li>", escaped(line));
    }
}

fn findings(out: &mut String, document: &Document) {
    if document.findings.is_empty() {
        return;
    }
    out.push_str("<aside class=\"warn\">\n<h2>Caveats</h2>\n<ul>\n");
    items(out, &document.findings);
    out.push_str("</ul>\n</aside>\n");
}

fn chart(out: &mut String, chart: &Chart) {
    let _ = writeln!(
        out,
        "<figure id=\"{}\">\n<h2>{}</h2>\n<figcaption>{}</figcaption>\n<div class=\"roomy\">{}</div>\n<div class=\"narrow\">{}</div>",
        chart.id,
        escaped(&chart.title),
        escaped(&chart.caption),
        chart.svg,
        chart.narrow
    );
    out.push_str("<details>\n<summary>Show data</summary>\n");
    table(out, &chart.table, &chart.title, false);
    out.push_str("</details>\n</figure>\n");
}

/// Tables with more columns than this become a list per row on a phone.
const MOST_COLUMNS: usize = 3;

/// A table; where nothing stands above it there is some room.
fn table(out: &mut String, table: &Table, name: &str, room: bool) {
    let stacks = table.columns.len() > MOST_COLUMNS;
    let style = if room { " style=\"margin-top:28px\"" } else { "" };
    let _ = writeln!(
        out,
        "<div class=\"scroll\"{style}>\n<table{} aria-label=\"{}\">\n<thead><tr>",
        classes(&[stacks.then_some("stack")]),
        escaped(name)
    );
    // Where a column's figures have notes, digits stand under digits and the marks beside them.
    let marked = |c: usize| table.columns[c].figures && table.rows.iter().any(|row| !row[c].notes.is_empty());
    for (c, column) in table.columns.iter().enumerate() {
        let class = classes(&[column.figures.then_some("n"), marked(c).then_some("m")]);
        let _ = write!(out, "<th scope=\"col\"{class}>{}{}</th>", escaped(&column.name), marks(&column.notes));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (i, (cell, column)) in row.iter().zip(&table.columns).enumerate() {
            let (tag, scope) = if i == 0 { ("th", " scope=\"row\"") } else { ("td", "") };
            let absent = cell.content == Content::Absent;
            let class = classes(&[
                column.figures.then_some("n"),
                marked(i).then_some("m"),
                absent.then_some("na"),
                verdict(column, cell),
            ]);
            let head = match stacks && i > 0 {
                true => format!(" data-c=\"{}\"", escaped(&column.name)),
                false => String::new(),
            };
            let (content, marks) = (content(cell), marks(&cell.notes));
            let _ = write!(out, "<{tag}{scope}{class}{head}><span>{content}{marks}</span></{tag}>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
}

fn classes(names: &[Option<&str>]) -> String {
    let names: Vec<&str> = names.iter().flatten().copied().collect();
    if names.is_empty() { String::new() } else { format!(" class=\"{}\"", names.join(" ")) }
}

/// A verdict has a colour of its own; the word says it, too.
fn verdict(column: &Column, cell: &Cell) -> Option<&'static str> {
    let words = ["stable", "noisy", "drifting", "throttled", "invalid"];
    let shown = cell.shown_text();
    words.into_iter().find(|word| column.name == VERDICT && shown.eq_ignore_ascii_case(word))
}

fn content(cell: &Cell) -> String {
    match &cell.content {
        Content::Link { text, url } if url.starts_with("https://") || url.starts_with("http://") => {
            format!("<a href=\"{}\" rel=\"noopener noreferrer\">{}</a>", escaped(url), escaped(text))
        }
        _ => escaped(cell.shown_text()),
    }
}

fn marks(notes: &[usize]) -> String {
    let links: Vec<String> = notes.iter().map(|n| format!("<a href=\"#note-{n}\">{n}</a>")).collect();
    if links.is_empty() { String::new() } else { format!("<sup>{}</sup>", links.join(",")) }
}

fn environment(out: &mut String, document: &Document) {
    out.push_str("<section>\n<h2>Measured on</h2>\n<div class=\"machines\">\n");
    for (name, lines) in &document.environment {
        let _ = writeln!(out, "<div>\n<h3>{}</h3>\n<dl>", escaped(name));
        for line in lines {
            let (fact, value) = line.split_once(": ").unwrap_or(("", line));
            let _ = writeln!(out, "<dt>{}</dt><dd>{}</dd>", escaped(fact), escaped(value));
        }
        out.push_str("</dl>\n</div>\n");
    }
    out.push_str("</div>\n</section>\n");
}

fn notes(out: &mut String, document: &Document) {
    if document.notes.is_empty() {
        return;
    }
    out.push_str("<section>\n<h2>Notes</h2>\n<ol class=\"notes\">\n");
    for (i, note) in document.notes.iter().enumerate() {
        let _ = writeln!(out, "<li id=\"note-{}\">{}</li>", i + 1, escaped(note));
    }
    out.push_str("</ol>\n</section>\n");
}
