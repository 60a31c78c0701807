//! The ASCII set: views speak Unicode, and a terminal that cannot show it gets the nearest plain character.
//! (Charts draw their ASCII form themselves: a braille cell has no single nearest character.)

use ratatui::buffer::Buffer;

/// Whether the locale can show Unicode, from `LC_ALL`, `LC_CTYPE` and `LANG` in that order.
pub fn locale_is_utf8(var: impl Fn(&str) -> Option<String>) -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| var(name)).find(|value| !value.is_empty()).is_some_and(
        |value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        },
    )
}

/// Replaces everything in the buffer that is not ASCII.
pub(crate) fn plain(buf: &mut Buffer) {
    for cell in &mut buf.content {
        let mut chars = cell.symbol().chars();
        if let Some(c) = chars.next().filter(|c| !c.is_ascii()) {
            cell.set_char(ascii(c));
        }
    }
}

/// The nearest ASCII character.
const fn ascii(c: char) -> char {
    match c {
        '✓' | '╭' | '╮' | '╰' | '╯' | '├' | '┤' | '└' | '┴' | '┬' | '┼' => '+',
        '✗' | '×' => 'x',
        '●' | '◆' | '▇' => '*',
        '○' => 'o',
        '‖' | '▅' | '▌' | '▍' | '▋' | '━' => '=',
        '▸' | '→' | '▶' => '>',
        '←' | '◂' | '◀' => '<',
        '▲' | '↑' => '^',
        '▼' | '↓' => 'v',
        '│' | '┊' | '▎' => '|',
        '─' | '–' | '—' | '−' | '‒' | '·' | '┄' | '▄' => '-',
        '…' => '~',
        'µ' | 'μ' => 'u',
        'Δ' => 'd',
        '▏' => '|',
        '▐' => '=',
        '±' | '≈' => '~',
        '≥' => '>',
        '≤' => '<',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        '\u{202f}' | '\u{a0}' | '°' => ' ',
        '▁' => '.',
        '▂' => ':',
        '▃' => ':',
        '▆' => '+',
        '█' | '▉' | '▊' | '■' => '#',
        '▒' => '=',
        '░' => '-',
        // Braille: charts have their own ASCII form, and what is left of it is at least a dot.
        '\u{2800}' => ' ',
        '\u{2801}'..='\u{28ff}' => ':',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        let env = |lc_all: &'static str, lang: &'static str| {
            move |name: &str| match name {
                "LC_ALL" => Some(lc_all.to_string()),
                "LANG" => Some(lang.to_string()),
                _ => None,
            }
        };
        assert!(locale_is_utf8(env("", "de_DE.UTF-8")));
        assert!(!locale_is_utf8(env("C", "de_DE.UTF-8")));
        assert!(locale_is_utf8(env("C.utf8", "")));
        assert!(!locale_is_utf8(|_| None));
    }
}
