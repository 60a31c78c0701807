//! Text in the width of a terminal: prose is folded between words, tables are [`Grid`]s. The one owner of both, for all that
//! is printed.

mod grid;

pub use grid::{Column, Grid};

use nntop_core::text::Width;
use std::fmt::Write;

/// The width of what is no terminal: a file, a pipe. Lines stay whole, so that other programs find a row in a line.
pub const UNLIMITED: usize = usize::MAX;

/// Beside a lead that leaves less room than this, text stands below it.
pub(super) const ROOM: usize = 24;

/// Units that stay in the line of their number.
const UNITS: [&str; 34] = [
    "ns", "µs", "ms", "s", "min", "h", "%", "B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "kB/s", "MB/s", "GB/s",
    "B/s", "W", "mW", "mJ", "µJ", "J", "Hz", "kHz", "MHz", "GHz", "°C", "inf/s", "GFLOP/s", "rpm", "V", "x",
];

/// Folds every line that is wider than `width`; what follows is indented deeper than the line began. Others stay as they are.
pub fn fit(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches('\n');
        if body.width() <= width {
            out.push_str(line);
            continue;
        }
        let inside = body.trim_start();
        let indent = body.len() - inside.len();
        // A sign at the front has its own column.
        let sign =
            inside.split(' ').next().filter(|word| word.width() == 1 && !word.starts_with(char::is_alphanumeric));
        let lead = sign.map_or(indent, |sign| indent + sign.len() + 1);
        lines(&mut out, &body[..lead], &body[lead..], " ".repeat(body[..lead].width().max(indent + 2)), width);
        if !line.ends_with('\n') {
            out.pop();
        }
    }
    out
}

/// Text behind `lead`, in lines that begin under its first word; where the lead leaves little room, below it.
pub fn folded(out: &mut String, lead: &str, text: &str, width: usize) {
    let wide = lead.width();
    if width.saturating_sub(wide) >= ROOM || wide + text.width() <= width {
        return lines(out, lead, text, " ".repeat(wide), width);
    }
    let indent = lead.len() - lead.trim_start().len() + 4;
    let _ = writeln!(out, "{}", lead.trim_end());
    lines(out, &" ".repeat(indent), text, " ".repeat(indent), width);
}

/// The lines of a text that begins behind `lead` and goes on behind `indent`.
fn lines(out: &mut String, lead: &str, text: &str, indent: String, width: usize) {
    let (mut line, mut used, mut empty) = (lead.to_owned(), lead.width(), true);
    for atom in atoms(text) {
        if !empty && used + 1 + atom.width() > width {
            let _ = writeln!(out, "{}", line.trim_end());
            (line, used, empty) = (indent.clone(), indent.width(), true);
        }
        if !empty {
            line.push(' ');
            used += 1;
        }
        let mut rest = atom;
        // A path that is longer than a line goes on behind one of its joints.
        while let Some(at) = joint(rest, width.saturating_sub(used)) {
            let _ = writeln!(out, "{line}{}", &rest[..at]);
            (line, used) = (indent.clone(), indent.width());
            rest = &rest[at..];
        }
        line.push_str(rest);
        (used, empty) = (used + rest.width(), false);
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

/// Where a word that is longer than `room` is broken: behind the last joint that fits.
fn joint(word: &str, room: usize) -> Option<usize> {
    if word.width() <= room || !word.contains(['/', '_', ',']) {
        return None;
    }
    let mut ends = word.char_indices().filter(|(_, c)| matches!(c, '/' | '_' | ',')).map(|(at, c)| at + c.len_utf8());
    ends.rfind(|end| *end < word.len() && *end > 1 && word[..*end].width() <= room)
}

/// Words, a number with its unit being one. Blanks between them stay with the word before, as empty words.
fn atoms(text: &str) -> Vec<&str> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for word in text.split(' ') {
        let end = at + word.len();
        let unit = word.trim_end_matches([',', ';', ':', ')', '.', '*']);
        match found.last_mut() {
            Some(last) if UNITS.contains(&unit) && ends_in_number(&text[last.0..last.1]) => last.1 = end,
            _ => found.push((at, end)),
        }
        at = end + 1;
    }
    found.into_iter().map(|(from, to)| &text[from..to]).collect()
}

fn ends_in_number(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '±', '+', '−', '-', '<', '[', '≤', '≥', '=']);
    word.starts_with(|c: char| c.is_ascii_digit()) && !word.contains(' ')
}

#[cfg(test)]
mod tests;
