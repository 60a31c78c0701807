//! Writes changed cells with as few bytes as plain terminals allow: short ways for the cursor, only the part of a style that
//! differs, and what lies between two changes written again where that is shorter than to jump over it.
//!
//! Only sequences of ECMA-48 that the Linux console, xterm and all since have.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// So many blanks are erased rather than written.
const ERASED: usize = 6;

/// What is seen of a blank, too, beside what lies behind it.
const SHOWN_ON_BLANKS: Modifier = Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT);

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Look = Look { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

impl Look {
    fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }
}

/// Modifiers with the codes that begin and end them. Bold and dim have one end.
const MODIFIERS: [(Modifier, &str, &str); 8] = [
    (Modifier::BOLD, "1", "22"),
    (Modifier::DIM, "2", "22"),
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::SLOW_BLINK, "5", "25"),
    (Modifier::RAPID_BLINK, "6", "25"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

/// The cursor and the style of a terminal.
struct Pen<'a> {
    out: &'a mut Vec<u8>,
    /// Where the cursor is; `None` where terminals differ: at the start, and behind the last column.
    at: Option<(u16, u16)>,
    look: Look,
    codes: String,
}

/// Appends what turns the terminal's picture into `next`, where these cells differ, in order of rows. Begins and ends with the
/// plain style.
pub(super) fn draw(changes: &[(u16, u16, &Cell)], next: &Buffer, out: &mut Vec<u8>) {
    let mut pen = Pen { out, at: None, look: PLAIN, codes: String::new() };
    let mut rest = changes;
    while let Some(((x, y, cell), after)) = rest.split_first() {
        let look = pen.seen(cell);
        pen.go(*x, *y, look, next);
        let follows = |(i, (column, row, cell)): (usize, &(u16, u16, &Cell))| {
            cell.symbol() == " "
                && look == pen.look
                && pen.seen(cell) == look
                && *row == *y
                && usize::from(*column) == usize::from(*x) + i
        };
        let blank = rest.iter().enumerate().take_while(|blank| follows(*blank)).count();
        if blank >= ERASED && look.bg == Color::Reset && !look.modifier.intersects(SHOWN_ON_BLANKS) {
            // The cursor stays where it is.
            let _ = write!(pen.out, "\x1b[{blank}X");
            rest = &rest[blank..];
            continue;
        }
        pen.put(cell, look, next.area.right());
        rest = after;
    }
    if pen.look != PLAIN {
        pen.out.extend_from_slice(b"\x1b[m");
    }
}

impl Pen<'_> {
    /// How a cell has to look: a blank may have whatever colour its text would have.
    fn seen(&self, cell: &Cell) -> Look {
        let look = Look::of(cell);
        let blank = cell.symbol() == " " && !look.modifier.union(self.look.modifier).intersects(SHOWN_ON_BLANKS);
        if blank && look.bg == self.look.bg { self.look } else { look }
    }

    /// Moves the cursor, the shortest way.
    fn go(&mut self, x: u16, y: u16, look: Look, next: &Buffer) {
        if self.at == Some((x, y)) {
            return;
        }
        let mut best = absolute(x, y);
        if let Some((from, row)) = self.at {
            let mut consider = |way: String| {
                if way.len() < best.len() {
                    best = way;
                }
            };
            if row == y && x > from {
                consider(steps(x - from, 'C'));
                if let Some(text) = self.between(from, x, y, look, next, best.len()) {
                    best = text;
                }
            } else if row < y {
                // Down, then along: charts change in columns.
                let down = steps(y - row, 'B');
                let along = match x {
                    x if x > from => steps(x - from, 'C'),
                    x if from - x <= 3 => "\u{8}".repeat(usize::from(from - x)),
                    x => steps(from - x, 'D'),
                };
                consider(format!("{down}{along}"));
                consider(format!("\r{down}{}", steps(x, 'C')));
            }
        }
        self.out.extend_from_slice(best.as_bytes());
        self.at = Some((x, y));
    }

    /// The unchanged text from `from` to `x`, where it has the style of the moment and is shorter than `most`.
    fn between(&self, from: u16, x: u16, y: u16, look: Look, next: &Buffer, most: usize) -> Option<String> {
        // A jump and a change of style cost the same afterwards whichever way one came, so only this style counts.
        if usize::from(x - from) >= most || (look != self.look && x - from > 2) {
            return None;
        }
        let mut text = String::new();
        for column in from..x {
            let cell = next.cell((column, y))?;
            if self.seen(cell) != self.look || cell.symbol().width() != 1 {
                return None;
            }
            text.push_str(cell.symbol());
        }
        (text.len() < most).then_some(text)
    }

    fn put(&mut self, cell: &Cell, look: Look, right: u16) {
        self.set(look);
        self.out.extend_from_slice(cell.symbol().as_bytes());
        let width = cell.symbol().width() as u16;
        // At the edge some terminals stand still and some have wrapped.
        self.at = self.at.map(|(x, y)| (x + width, y)).filter(|(x, _)| *x < right);
    }

    /// Changes the style: what differs, or all of it anew, whichever is shorter.
    fn set(&mut self, look: Look) {
        if look == self.look {
            return;
        }
        self.codes.clear();
        differing(self.look, look, &mut self.codes);
        let by_difference = self.codes.len();
        if look == PLAIN {
            // `CSI m` alone is the plain style.
            self.codes.clear();
        } else if self.look.modifier.difference(look.modifier) != Modifier::empty() {
            let mut anew = String::from("0");
            differing(PLAIN, look, &mut anew);
            if anew.len() < by_difference {
                self.codes = anew;
            }
        }
        // Writing to a vector cannot fail.
        let _ = write!(self.out, "\x1b[{}m", self.codes);
        self.look = look;
    }
}

fn absolute(x: u16, y: u16) -> String {
    match (x, y) {
        (0, 0) => "\x1b[H".to_owned(),
        (0, y) => format!("\x1b[{}H", y + 1),
        (x, y) => format!("\x1b[{};{}H", y + 1, x + 1),
    }
}

/// `n` cells in a direction.
fn steps(n: u16, way: char) -> String {
    match n {
        0 => String::new(),
        1 => format!("\x1b[{way}"),
        n => format!("\x1b[{n}{way}"),
    }
}

/// The codes of SGR that lead from one style to another, with `;` between them and after what `codes` holds.
fn differing(from: Look, to: Look, codes: &mut String) {
    let mut add = |code: &str| {
        if !codes.is_empty() {
            codes.push(';');
        }
        codes.push_str(code);
    };
    let mut had = from.modifier;
    for (modifier, _, end) in MODIFIERS {
        if had.contains(modifier) && !to.modifier.contains(modifier) {
            add(end);
            // What has the same end ends with it, and begins again below where it is wanted.
            MODIFIERS.iter().filter(|(_, _, other)| *other == end).for_each(|(other, _, _)| had.remove(*other));
        }
    }
    for (modifier, begin, _) in MODIFIERS {
        if to.modifier.contains(modifier) && !had.contains(modifier) {
            add(begin);
        }
    }
    for (from, to, base) in [(from.fg, to.fg, 30_u8), (from.bg, to.bg, 40)] {
        if from != to {
            add(&color(to, base));
        }
    }
}

/// A colour's code; `base` is 30 for the text, 40 for what is behind it.
fn color(color: Color, base: u8) -> String {
    let plain = |n: u8| (base + n).to_string();
    let bright = |n: u8| (base + 60 + n).to_string();
    match color {
        Color::Reset => plain(9),
        Color::Black => plain(0),
        Color::Red => plain(1),
        Color::Green => plain(2),
        Color::Yellow => plain(3),
        Color::Blue => plain(4),
        Color::Magenta => plain(5),
        Color::Cyan => plain(6),
        Color::Gray => plain(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(n) => format!("{};5;{n}", base + 8),
        Color::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", base + 8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    const AREA: Rect = Rect { x: 0, y: 0, width: 24, height: 6 };

    fn style(n: u8) -> Style {
        let colors = [Color::Reset, Color::Indexed(37), Color::Rgb(1, 2, 3), Color::Red, Color::LightBlue];
        let modifiers = [Modifier::empty(), Modifier::BOLD, Modifier::DIM | Modifier::BOLD, Modifier::REVERSED];
        let n = usize::from(n);
        Style::new().fg(colors[n % 5]).bg(colors[n / 5 % 3]).add_modifier(modifiers[n / 15 % 4])
    }

    /// A picture: words of a few letters, some of them two cells wide.
    fn pictures() -> impl Strategy<Value = Vec<(u16, u16, u8, usize)>> {
        proptest::collection::vec((0..AREA.width, 0..AREA.height, 0_u8..60, 0..6_usize), 0..20)
    }

    fn paint(words: &[(u16, u16, u8, usize)], buffer: &mut Buffer) {
        for (x, y, look, word) in words {
            // Half of a wide character cannot be shown, and no view paints over one half.
            let (x, y) = if *word == 3 { (&(x / 4 * 4), &0) } else { (x, &(*y).max(1)) };
            buffer.set_string(*x, *y, ["a", "bc", "▲▲", "温度", "⣿⣿⣿⣿", "          "][*word], style(*look));
        }
    }

    /// What a terminal shows, cell by cell.
    fn shown(terminal: &vt100::Screen) -> Vec<String> {
        let cells = (0..AREA.height).flat_map(|y| (0..AREA.width).map(move |x| (x, y)));
        let cell = |(x, y)| {
            let cell: &vt100::Cell = terminal.cell(y, x).unwrap();
            let text = if cell.has_contents() { cell.contents().to_owned() } else { " ".to_owned() };
            if cell.is_wide_continuation() {
                return String::new();
            }
            let (fg, bg) = (cell.fgcolor(), cell.bgcolor());
            // Of a blank nobody sees the text's colour: half of a wide character that was painted over keeps it.
            let fg = if text == " " && !cell.inverse() { vt100::Color::Default } else { fg };
            let (bold, dim) = (cell.bold() && text != " ", cell.dim() && text != " ");
            format!("{text} {fg:?} {bg:?} {bold} {dim} {}", cell.inverse())
        };
        cells.map(cell).collect()
    }

    fn parser() -> vt100::Parser {
        let size = |n| std::num::NonZero::new(n).unwrap();
        vt100::Parser::new(size(AREA.height), size(AREA.width), 0)
    }

    proptest! {
        #[test]
        fn a_terminal_shows_the_buffer_whatever_it_showed_before(first in pictures(), more in pictures()) {
            let mut terminal = parser();
            let mut before = Buffer::empty(AREA);
            for words in [&first, &more] {
                let mut next = before.clone();
                paint(words, &mut next);
                let mut bytes = Vec::new();
                draw(&before.diff(&next), &next, &mut bytes);
                terminal.process(&bytes);
                before = next;
            }
            // The same picture as a terminal shows it that is told everything, cell by cell, in the plainest way.
            let mut plain = parser();
            for (i, cell) in before.content.iter().enumerate() {
                let (x, y) = before.pos_of(i);
                let mut bytes = format!("\x1b[{};{}H\x1b[0", y + 1, x + 1);
                let mut codes = String::new();
                differing(PLAIN, Look::of(cell), &mut codes);
                bytes.push_str(&format!(";{codes}m{}", cell.symbol()));
                let covered = x > 0 && before[(x - 1, y)].symbol().width() == 2;
                if !covered {
                    plain.process(bytes.as_bytes());
                }
            }
            prop_assert_eq!(shown(terminal.screen()), shown(plain.screen()));
        }
    }

    #[test]
    fn ways_are_short() {
        let mut before = Buffer::empty(AREA);
        before.set_string(0, 0, "load 10 percent", Style::new());
        let mut bytes = |changes: &[(u16, u16, &str)]| {
            let mut next = before.clone();
            changes.iter().for_each(|(x, y, text)| next.set_string(*x, *y, text, Style::new()));
            let mut out = Vec::new();
            draw(&before.diff(&next), &next, &mut out);
            before = next;
            String::from_utf8(out).unwrap()
        };
        assert_eq!(bytes(&[(0, 0, "load 20 prozent")]), "\x1b[1;6H20 proz", "what lies between is shorter than a jump");
        assert_eq!(bytes(&[(0, 0, "Load 20 prozenT")]), "\x1b[HL\x1b[13CT");
        assert_eq!(
            bytes(&[(9, 1, "|"), (9, 2, "|"), (9, 3, "|")]),
            "\x1b[2;10H|\x1b[B\u{8}|\x1b[B\u{8}|",
            "a chart's column"
        );
    }
}
