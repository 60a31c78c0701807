//! Folded stacks: `main;run;conv2d 412`, a line per stack, as the collapsing scripts of every profiler write them.
//!
//! Frames become rows of kind function. What the numbers count nobody says; they are taken as samples.

use super::OpenError;
use super::functions::Functions;
use nntop_core::event::{Method, OpProfile};
use std::io::BufRead;

/// The source of a profile that was read from folded stacks.
pub const FOLDED: &str = "folded";

/// A longer line is no stack.
const LONGEST_LINE: u64 = 1 << 20;

/// Frames below this depth count for the one that stands at it.
const DEEPEST: usize = 1_024;

/// Reads stacks line by line. A line that is none is left out, and the profile says so.
///
/// # Errors
/// When there is no stack at all, or a line that has no end.
pub(super) fn read(mut input: impl BufRead) -> Result<OpProfile, OpenError> {
    let mut all = Functions::default();
    let (mut line, mut offset, mut wrong, mut first_wrong, mut stacks) = (Vec::new(), 0u64, 0u64, None, 0u64);
    loop {
        line.clear();
        let n = std::io::Read::take(&mut input, LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .map_err(OpenError::Unreadable)?;
        if n == 0 {
            break;
        }
        if n as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
            return Err(OpenError::Folded { offset, reason: "a line of more than 1 MiB" });
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_start_matches('\u{feff}').trim();
        match stack(text) {
            _ if text.is_empty() || text.starts_with("# ") => {}
            Some((frames, count)) => {
                add(&mut all, frames, count);
                stacks += 1;
            }
            None => {
                wrong += 1;
                first_wrong = first_wrong.or(Some(offset));
                // A hundred lines and no stack: this is some other text.
                if stacks == 0 && wrong > 100 {
                    break;
                }
            }
        }
        offset += n as u64;
    }
    let first_wrong = first_wrong.unwrap_or_default();
    if stacks == 0 {
        return Err(OpenError::Folded { offset: first_wrong, reason: "no line ends with a count" });
    }
    let lines = if wrong == 1 { "a line is" } else { "lines are" };
    let wrong = (wrong > 0).then(|| format!("{wrong} {lines} no stack with a count, the first at byte {first_wrong}"));
    let notes: Vec<String> = wrong.into_iter().chain(all.cut()).collect();
    let (rows, wall) = all.finish();
    Ok(OpProfile {
        source: FOLDED.into(),
        counts: Some("samples".into()),
        method: Method::Sampled,
        wall,
        partial: Some(notes.join("; ")).filter(|text| !text.is_empty()),
        rows,
        ..OpProfile::default()
    })
}

/// Frames and count. Of two counts (a differential) the second is taken, as flame graphs do.
fn stack(line: &str) -> Option<(&str, u64)> {
    let (frames, count) = line.rsplit_once([' ', '\t'])?;
    let count = number(count)?;
    let frames = frames.trim_end();
    let frames = match frames.rsplit_once([' ', '\t']) {
        Some((rest, first)) if number(first).is_some() && !rest.trim().is_empty() => rest.trim_end(),
        _ => frames,
    };
    (!frames.is_empty()).then_some((frames, count))
}

/// A count; some scripts write decimals.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.starts_with(|c: char| c.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(n) => Some(n),
        Err(_) if plain => text.parse::<f64>().ok().map(|n| n.round() as u64),
        Err(_) => None,
    }
}

fn add(all: &mut Functions, frames: &str, count: u64) {
    let mut at = None;
    for name in frames.split(';').map(str::trim).filter(|name| !name.is_empty()).take(DEEPEST) {
        at = all.place(at, name);
    }
    all.add(at, count, count);
}

/// Whether a text begins with a stack, though its first character is one that JSON or XML begins with: py-spy's
/// `<module> (n.py:7);f (n.py:4) 45`, `[unknown];f 3`.
pub(super) fn begins(text: &[u8]) -> bool {
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut rest = line.trim().chars();
    let markup = |name: &str| line.trim_start().get(1..=name.len()).is_some_and(|is| is.eq_ignore_ascii_case(name));
    let other = match rest.next() {
        Some('<') => rest.next().is_none_or(|c| "?!/".contains(c)) || ["svg", "html", "xml"].into_iter().any(markup),
        Some('[') => rest.next().is_none_or(|c| !(c.is_alphabetic() || "_./".contains(c))),
        Some('{') => rest.next().is_none_or(|c| c == '"' || c == '}' || c.is_whitespace()),
        _ => false,
    };
    // A line that is longer than what was looked at has its count elsewhere.
    !other && (stack(line.trim()).is_some() || (line.len() == text.len() && line.contains(';')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &[u8]) -> Result<OpProfile, OpenError> {
        read(text)
    }

    #[test]
    fn stacks_become_a_tree_with_sums() {
        let p = parsed(b"main;a 3\nmain;b;c 4\n\n# note\nmain 1\nmain;a 2\n").unwrap();
        let row = |name: &str| p.rows.iter().find(|r| r.name == name).unwrap();
        assert_eq!((row("main").total.0, row("main").self_time.0), (10, 1));
        assert_eq!((row("a").self_time.0, row("b").total.0, row("c").self_time.0), (5, 4, 4));
        assert_eq!((p.wall.0, &p.partial), (10, &None));
        assert!(p.rows.iter().enumerate().all(|(i, r)| r.parent.is_none_or(|p| (p as usize) < i)));
    }

    #[test]
    fn frames_may_hold_blanks_and_counts_decimals() {
        let p = parsed("std::vec::Vec<u8, A>;größe f 1.6\nx y 2 7\n".as_bytes()).unwrap();
        let names: Vec<&str> = p.rows.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["std::vec::Vec<u8, A>", "größe f", "x y"]);
        assert_eq!(p.wall.0, 9);
    }

    #[test]
    fn what_is_no_stack_is_told_with_its_place() {
        let p = parsed(b"main;a 3\nmain;b").unwrap();
        assert!(p.partial.unwrap().contains("the first at byte 9"));
        assert!(matches!(parsed(b"hello world\n"), Err(OpenError::Folded { offset: 0, .. })));
        assert!(
            matches!(parsed(&vec![b'x'; 3 << 20]), Err(OpenError::Folded { offset: 0, reason }) if reason.contains("MiB"))
        );
        assert!(
            parsed(b"a 99999999999999999999999999\na 18446744073709551615\na 5\n").is_ok(),
            "sums stay in their range"
        );
        assert_eq!(parsed(&[b"f;".repeat(50_000), b"g 1\n".to_vec()].concat()).unwrap().rows.len(), DEEPEST);
    }
}
