//! Folded stacks: `main;run;conv2d 412`, a line per stack, as the collapsing scripts of every profiler write them.
//!
//! Frames become rows of kind function. What the numbers count nobody says; they are taken as samples.

use super::OpenError;
use nntop_core::event::{Method, OpProfile, OpRow, RowKind};
use nntop_core::unit::Nanos;
use std::collections::HashMap;
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
    let mut rows = Rows::default();
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
        let text = text.trim();
        match stack(text) {
            _ if text.is_empty() || text.starts_with("# ") => {}
            Some((frames, count)) => {
                rows.add(frames, count);
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
    let partial =
        (wrong > 0).then(|| format!("{wrong} {lines} no stack with a count, the first at byte {first_wrong}"));
    Ok(rows.profile(partial))
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

#[derive(Default)]
struct Rows {
    rows: Vec<OpRow>,
    by_place: HashMap<(Option<u32>, String), u32>,
}

impl Rows {
    fn add(&mut self, frames: &str, count: u64) {
        let mut at = None;
        for name in frames.split(';').map(str::trim).filter(|name| !name.is_empty()).take(DEEPEST) {
            at = Some(self.row(at, name));
        }
        if let Some(row) = at.and_then(|i| self.rows.get_mut(i as usize)) {
            row.self_time.0 = row.self_time.0.saturating_add(count);
            row.calls = row.calls.saturating_add(count);
        }
    }

    fn row(&mut self, parent: Option<u32>, name: &str) -> u32 {
        if let Some(i) = self.by_place.get(&(parent, name.to_owned())) {
            return *i;
        }
        let new = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.by_place.insert((parent, name.to_owned()), new);
        self.rows.push(OpRow { name: name.into(), kind: RowKind::Function, parent, ..OpRow::default() });
        new
    }

    fn profile(mut self, partial: Option<String>) -> OpProfile {
        // Parents stand before their children, so that totals are known from the end.
        for i in (0..self.rows.len()).rev() {
            let total = Nanos(self.rows[i].total.0.saturating_add(self.rows[i].self_time.0));
            self.rows[i].total = total;
            if let Some(parent) = self.rows[i].parent.and_then(|p| self.rows.get_mut(p as usize)) {
                parent.total = parent.total + total;
            }
        }
        let wall = self.rows.iter().fold(Nanos::ZERO, |sum, row| sum + row.self_time);
        OpProfile {
            source: FOLDED.into(),
            method: Method::Sampled,
            inferences: 0,
            wall,
            gap: Nanos::ZERO,
            partial,
            rows: self.rows,
            ..OpProfile::default()
        }
    }
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
