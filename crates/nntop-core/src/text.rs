//! Foreign text made fit to be printed: what files, models, drivers and other programs say must not steer a terminal,
//! forge a line or run a formula in a spreadsheet.
//!
//! Everything that nntop prints and did not write itself goes through here, once: names and reasons where they enter
//! ([`clean`]), and whole texts where they leave ([`lines`], [`json`]), so that nothing slips past.

use std::borrow::Cow;

/// What stands in place of a character that cannot be shown.
const REPLACED: char = '\u{fffd}';

/// What a character is to a terminal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// A line break, a tab: space that may not be where it is.
    Break,
    /// Steers the terminal, or the order in which text is read.
    Control,
}

const fn kind(c: char) -> Kind {
    match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::Break,
        // C0 and DEL, C1.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Kind::Control,
        // Marks, embeddings, overrides and isolates of the bidirectional algorithm.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Kind::Control,
        // Invisible: a name must not look like another.
        '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{feff}' => Kind::Control,
        '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}' => Kind::Control,
        _ => Kind::Plain,
    }
}

/// Text on one line in which no character steers anything: breaks become blanks, controls a mark.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| kind(c) == Kind::Plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(clean_char).collect())
}

/// [`clean`], and no longer than `most` characters: the last of a longer one is an ellipsis.
pub fn short(text: &str, most: usize) -> Cow<'_, str> {
    let text = clean(text);
    // Bytes are never fewer than characters: most names need no count.
    if text.len() <= most || text.chars().count() <= most {
        return text;
    }
    Cow::Owned(text.chars().take(most.saturating_sub(1)).chain(['…']).collect())
}

/// A whole text, whose own line breaks and tabs stay: also those of two characters, as CSV has them.
pub fn lines(text: &str) -> Cow<'_, str> {
    let stays = |c| matches!(c, '\n' | '\t') || kind(c) == Kind::Plain;
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        // Alone it would write over the line.
        let ends = c == '\r' && rest.peek() == Some(&'\n');
        out.push(if ends || stays(c) { c } else { clean_char(c) });
    }
    Cow::Owned(out)
}

const fn clean_char(c: char) -> char {
    match kind(c) {
        Kind::Plain => c,
        Kind::Break => ' ',
        Kind::Control => REPLACED,
    }
}

/// JSON text in which every such character is escaped: the same values, and nothing for a terminal in them.
pub fn json(text: &str) -> Cow<'_, str> {
    let stays = |c| matches!(c, '\n' | '\t' | '\r') || kind(c) == Kind::Plain;
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    for c in text.chars() {
        if stays(c) {
            out.push(c);
        } else {
            // Outside of strings JSON has no such characters, so that an escape is always at its place.
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    Cow::Owned(out)
}

/// A cell of a table for spreadsheets and programs: text that would be taken for a formula is quoted by an apostrophe,
/// numbers are not. Line breaks and tabs stay, since CSV quotes them: what is read back is what was written.
pub fn cell(text: &str) -> Cow<'_, str> {
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    let text = lines(text);
    if formula && text.trim().parse::<f64>().is_err() { Cow::Owned(format!("'{text}")) } else { text }
}

/// Words of the system without the number that Rust appends to them: `No such file or directory (os error 2)`.
pub fn without_os_error(text: &str) -> Cow<'_, str> {
    const NUMBER: &str = " (os error ";
    if !text.contains(NUMBER) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(NUMBER);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => out.push_str(rest),
            _ => out.extend([NUMBER, part]),
        }
    }
    Cow::Owned(out)
}

/// How many columns of a terminal a text takes: two for a wide sign, none for a mark that is put on another.
pub trait Width {
    /// In columns.
    fn width(&self) -> usize;
}

impl Width for str {
    fn width(&self) -> usize {
        // Nearly all text that is laid out; the tables of Unicode take ten times as long.
        let plain = self.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if plain { self.len() } else { unicode_width::UnicodeWidthStr::width(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_errors_are_no_words() {
        let text = "a.json: No such file or directory (os error 2), b: Permission denied (os error 13)";
        assert_eq!(without_os_error(text), "a.json: No such file or directory, b: Permission denied");
        assert_eq!(without_os_error("x (os error two) y"), "x (os error two) y");
    }

    #[test]
    fn what_steers_a_terminal_is_a_mark_and_a_break_is_a_blank() {
        assert_eq!(clean("cpu-thermal"), "cpu-thermal");
        assert_eq!(clean("a\u{1b}[2Jb\u{7}c\u{9b}1md"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}1md");
        assert_eq!(clean("x\nerror: forged\r\ty\u{2028}z"), "x error: forged  y z");
        assert_eq!(clean("gpj.\u{202e}exe\u{2066}\u{feff}"), "gpj.\u{fffd}exe\u{fffd}\u{fffd}");
        assert_eq!(clean("Größe – 日本語 👩\u{200d}💻"), "Größe – 日本語 👩\u{200d}💻");
        assert!(matches!(clean("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(short("abc", 3), "abc");
        assert_eq!(short("abcd", 3), "ab…");
        assert_eq!(short(&"é".repeat(65_536), 64).chars().count(), 64);
    }

    #[test]
    fn a_text_keeps_its_lines() {
        assert_eq!(lines("a\n\tb\r\nc\rd\u{1b}[0m\n"), "a\n\tb\r\nc d\u{fffd}[0m\n");
    }

    #[test]
    fn json_keeps_its_values() {
        let value = serde_json::json!({ "k\u{9b}\u{202e}": "\u{1b}\u{e0001}\u{7f}x\n" });
        let plain = value.to_string();
        let text = json(&plain);
        assert!(text.chars().all(|c| kind(c) == Kind::Plain), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn formulas_are_quoted_and_numbers_are_not() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(
            (cell("-5.25"), cell("+1e3"), cell(""), cell("name")),
            ("-5.25".into(), "+1e3".into(), "".into(), "name".into())
        );
        assert_eq!(
            (cell("@SUM(A1)"), cell("-cmd|' /C calc'!A0"), cell("\t=x")),
            ("'@SUM(A1)".into(), "'-cmd|' /C calc'!A0".into(), "'\t=x".into())
        );
        assert_eq!((cell("a,\"b\"\nc\td"), cell("a\u{1b}[31m")), ("a,\"b\"\nc\td".into(), "a\u{fffd}[31m".into()));
    }
}
