//! Escape sequences that arrive in pieces. crossterm takes an escape byte that comes alone for the Esc key; on a slow line it
//! may be the first byte of an arrow key or of a click, whose other bytes then look like letters. Here they are put together
//! again: an Esc is held until it is clear that nothing follows.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use nntop_core::unit::Nanos;

/// How long the next byte of a sequence may take: ten bytes at 300 baud, or a hiccup of a mobile link.
const PATIENCE: Nanos = Nanos::from_millis(300);

/// After an Esc that was acted upon, a `[` is still the start of a sequence for so long: the line was slower than that.
const LATE: Nanos = Nanos::from_millis(3_000);

/// An answer of the terminal longer than this is none.
const LONGEST_ANSWER: usize = 80;

/// A sequence longer than this is none that a terminal sends for a key or a click.
const LONGEST: usize = 24;

/// Keys and clicks whole, from events of which some may be pieces.
#[derive(Debug, Default)]
pub(super) struct Sequences {
    /// The Esc key that may be the start of a sequence.
    escape: Option<KeyEvent>,
    /// The letters after it.
    letters: Vec<KeyEvent>,
    /// When the wait for the next byte ends.
    until: Option<Nanos>,
    /// What the terminal answers (OSC), while it does.
    answer: Option<String>,
    /// The colour that it has answered.
    background: Option<(u8, u8, u8)>,
    /// Until when a sequence may follow an Esc that was acted upon.
    late: Option<Nanos>,
}

impl Sequences {
    /// When something is due although nothing comes.
    pub(super) fn deadline(&self) -> Option<Nanos> {
        self.until
    }

    /// Takes in an event; returns those that are whole now.
    pub(super) fn take(&mut self, event: Event, now: Nanos) -> Vec<Event> {
        let mut whole = self.due(now);
        let Event::Key(key) = event else {
            // Sizes and focus are no bytes of a sequence.
            whole.push(event);
            return whole;
        };
        if self.answered(&key, now) {
            return whole;
        }
        let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        let waits = self.until.is_some();
        match key.code {
            KeyCode::Esc if plain && !waits => {
                (self.escape, self.until) = (Some(key), Some(now + PATIENCE));
            }
            KeyCode::Char('[' | 'O') if plain && !waits && self.late.is_some_and(|late| now < late) => {
                self.letters.push(key);
                self.until = Some(now + PATIENCE);
            }
            KeyCode::Char(_) if plain && waits => {
                self.letters.push(key);
                self.until = Some(now + PATIENCE);
                let text: String = self.letters.iter().filter_map(letter).collect();
                match read(&text) {
                    Read::Part if text.len() < LONGEST => {}
                    Read::Whole(event) => {
                        *self = Self::default();
                        whole.extend(event);
                    }
                    // Two keys in haste, or nothing that is known.
                    _ => whole.extend(self.give_up(now)),
                }
            }
            _ => {
                whole.extend(self.give_up(now));
                if key.code == KeyCode::Esc && plain {
                    (self.escape, self.until) = (Some(key), Some(now + PATIENCE));
                } else {
                    whole.push(event);
                }
            }
        }
        whole
    }

    /// The colour behind the text, once, when the terminal has answered it.
    pub(super) fn background(&mut self) -> Option<(u8, u8, u8)> {
        self.background.take()
    }

    /// Takes in a piece of an answer of the terminal, which crossterm takes for keys: Alt and `]`, text, and BEL (Ctrl-G) or
    /// Alt and a backslash at its end.
    fn answered(&mut self, key: &KeyEvent, now: Nanos) -> bool {
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match (&mut self.answer, key.code) {
            (None, KeyCode::Char(']')) if alt && self.until.is_none() => self.answer = Some(String::new()),
            (None, _) => return false,
            (Some(_), KeyCode::Char('g')) if key.modifiers.contains(KeyModifiers::CONTROL) => self.read_answer(),
            (Some(_), KeyCode::Char('\\')) if alt => self.read_answer(),
            (Some(text), KeyCode::Char(c)) if !alt && text.len() < LONGEST_ANSWER => text.push(c),
            (Some(_), _) => self.answer = None,
        }
        self.until = self.answer.as_ref().map(|_| now + PATIENCE);
        true
    }

    fn read_answer(&mut self) {
        let text = self.answer.take().unwrap_or_default();
        self.background = text.strip_prefix("11;").and_then(color).or(self.background);
    }

    /// What has waited long enough.
    pub(super) fn due(&mut self, now: Nanos) -> Vec<Event> {
        if self.until.is_some_and(|until| now >= until) { self.give_up(now) } else { Vec::new() }
    }

    /// What was held, as the keys that it looked like.
    fn give_up(&mut self, now: Nanos) -> Vec<Event> {
        if self.escape.is_some() {
            self.late = Some(now + LATE);
        }
        self.until = None;
        self.answer = None;
        self.escape.take().into_iter().chain(self.letters.drain(..)).map(Event::Key).collect()
    }
}

/// `rgb:ffff/fcfc/f0f0`, one to four hexadecimal digits each, as XParseColor has it.
fn color(text: &str) -> Option<(u8, u8, u8)> {
    let mut parts = text.strip_prefix("rgb:").or_else(|| text.strip_prefix("rgba:"))?.split('/').map(|part| {
        let most = 16_u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1).filter(|most| *most > 0)?;
        let value = u32::from_str_radix(part, 16).ok()?;
        u8::try_from(value * 255 / most).ok()
    });
    Some((parts.next()??, parts.next()??, parts.next()??))
}

fn letter(key: &KeyEvent) -> Option<char> {
    if let KeyCode::Char(c) = key.code { Some(c) } else { None }
}

/// What letters after an escape byte are.
enum Read {
    /// The beginning of a sequence.
    Part,
    /// A whole one, with what it means here.
    Whole(Option<Event>),
    /// No sequence.
    Other,
}

/// Reads what follows an escape byte: CSI sequences of keys (ECMA-48, xterm's control sequences) and SGR clicks, SS3 keys.
fn read(text: &str) -> Read {
    let Some(body) = text.strip_prefix('[') else {
        return match text.strip_prefix('O') {
            Some("") => Read::Part,
            Some(end) => Read::Whole(end.chars().next().and_then(|c| key(c, &[]))),
            None => Read::Other,
        };
    };
    // The console of Linux sends F1 to F5 as `[[A` to `[[E`.
    if let Some(end) = body.strip_prefix('[') {
        return if end.is_empty() { Read::Part } else { Read::Whole(None) };
    }
    let Some(last) = body.chars().last() else { return Read::Part };
    match last {
        '0'..='9' | ';' | ':' | '<' | '?' | '=' | '>' | ' '..='/' => return Read::Part,
        '@'..='~' => {}
        _ => return Read::Other,
    }
    let parameters = &body[..body.len() - 1];
    if let Some(click) = parameters.strip_prefix('<') {
        return Read::Whole(mouse(click, last));
    }
    let numbers: Vec<u16> = parameters.split(';').filter_map(|n| n.parse().ok()).collect();
    Read::Whole(key(last, &numbers))
}

/// A key by the last letter of its sequence and the numbers before it.
fn key(last: char, numbers: &[u16]) -> Option<Event> {
    let code = match (last, numbers.first()) {
        ('A', _) => KeyCode::Up,
        ('B', _) => KeyCode::Down,
        ('C', _) => KeyCode::Right,
        ('D', _) => KeyCode::Left,
        ('H', _) | ('~', Some(1 | 7)) => KeyCode::Home,
        ('F', _) | ('~', Some(4 | 8)) => KeyCode::End,
        ('Z', _) => return Some(Event::Key(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT))),
        ('~', Some(3)) => KeyCode::Delete,
        ('~', Some(5)) => KeyCode::PageUp,
        ('~', Some(6)) => KeyCode::PageDown,
        ('M', None) => KeyCode::Enter,
        _ => return None,
    };
    // xterm adds one to a sum of 1 Shift, 2 Alt, 4 Ctrl.
    let held = numbers.get(1).map_or(0, |n| n.saturating_sub(1));
    let flag = |bit, modifier| if held & bit != 0 { modifier } else { KeyModifiers::NONE };
    let modifiers = flag(1, KeyModifiers::SHIFT) | flag(2, KeyModifiers::ALT) | flag(4, KeyModifiers::CONTROL);
    Some(Event::Key(KeyEvent::new(code, modifiers)))
}

/// A click or the wheel, as SGR mode sends it: `button;column;row` and `M` when it is pressed.
fn mouse(click: &str, last: char) -> Option<Event> {
    let mut numbers = click.split(';').map(|n| n.parse::<u16>().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let kind = match (button & !28, last) {
        (0, 'M') => MouseEventKind::Down(MouseButton::Left),
        (1, 'M') => MouseEventKind::Down(MouseButton::Middle),
        (2, 'M') => MouseEventKind::Down(MouseButton::Right),
        (64, 'M') => MouseEventKind::ScrollUp,
        (65, 'M') => MouseEventKind::ScrollDown,
        _ => return None,
    };
    let (column, row) = (column.checked_sub(1)?, row.checked_sub(1)?);
    Some(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pressed(code: KeyCode) -> Event {
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    /// What crossterm makes of the bytes after a lone escape byte.
    fn pieces(text: &str) -> impl Iterator<Item = Event> + '_ {
        let shift = |c: char| if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
        let letters = text.chars().map(move |c| Event::Key(KeyEvent::new(KeyCode::Char(c), shift(c))));
        std::iter::once(pressed(KeyCode::Esc)).chain(letters)
    }

    /// What comes out when the pieces come this far apart, and then nothing.
    fn put_together(text: &str, gap_ms: u64) -> Vec<Event> {
        let mut sequences = Sequences::default();
        let mut now = Nanos::ZERO;
        let mut out = Vec::new();
        for piece in pieces(text) {
            out.extend(sequences.take(piece, now));
            now = now + Nanos::from_millis(gap_ms);
        }
        out.extend(sequences.due(now + PATIENCE));
        out
    }

    #[test]
    fn a_key_in_pieces_is_that_key() {
        for gap in [0, 33, 250] {
            assert_eq!(put_together("[A", gap), [pressed(KeyCode::Up)]);
            assert_eq!(put_together("OB", gap), [pressed(KeyCode::Down)]);
            assert_eq!(put_together("[5~", gap), [pressed(KeyCode::PageUp)]);
            let shifted = Event::Key(KeyEvent::new(KeyCode::Right, KeyModifiers::SHIFT));
            assert_eq!(put_together("[1;2C", gap), [shifted]);
            assert_eq!(put_together("[15~", gap), [], "a key that means nothing here is swallowed whole");
            assert!(matches!(
                put_together("[<0;31;1M", gap)[..],
                [Event::Mouse(MouseEvent { column: 30, row: 0, kind: MouseEventKind::Down(MouseButton::Left), .. })]
            ));
            assert_eq!(put_together("[<0;31;1m", gap), [], "nothing is done when a button is let go");
        }
    }

    #[test]
    fn on_a_line_slower_than_that_the_rest_is_no_letters() {
        let escape = pressed(KeyCode::Esc);
        let mut sequences = Sequences::default();
        let mut out = Vec::new();
        for (i, piece) in pieces("[<0;31;1M").enumerate() {
            let late = if i == 0 { 0 } else { 900 };
            out.extend(sequences.take(piece, Nanos::from_millis(late)));
        }
        assert_eq!(out.first(), Some(&escape));
        assert!(matches!(out[1..], [Event::Mouse(_)]), "{out:?}");
    }

    #[test]
    fn a_lone_escape_is_one_after_a_while_and_letters_stay_letters() {
        let mut sequences = Sequences::default();
        assert_eq!(sequences.take(pressed(KeyCode::Esc), Nanos::ZERO), []);
        assert_eq!(sequences.deadline(), Some(PATIENCE));
        assert_eq!(sequences.due(PATIENCE), [pressed(KeyCode::Esc)]);
        assert_eq!(sequences.deadline(), None);
        assert_eq!(put_together("q", 10), [pressed(KeyCode::Esc), pressed(KeyCode::Char('q'))]);
        let twice = [KeyCode::Esc, KeyCode::Esc].map(pressed);
        let mut sequences = Sequences::default();
        let mut out: Vec<Event> = twice.iter().flat_map(|e| sequences.take(e.clone(), Nanos::ZERO)).collect();
        out.extend(sequences.due(PATIENCE));
        assert_eq!(out, twice);
    }

    #[test]
    fn an_answer_of_the_terminal_is_no_keys() {
        let alt = |c| Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT));
        let bell = Event::Key(KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL));
        for end in [bell, alt('\\')] {
            let mut sequences = Sequences::default();
            let text = "11;rgb:fdfd/f6f6/e3e3".chars().map(|c| pressed(KeyCode::Char(c)));
            for piece in std::iter::once(alt(']')).chain(text).chain([end]) {
                assert_eq!(sequences.take(piece, Nanos::ZERO), []);
            }
            assert_eq!(sequences.background(), Some((253, 246, 227)));
            assert_eq!((sequences.background(), sequences.deadline()), (None, None), "once");
            let q = pressed(KeyCode::Char('q'));
            assert_eq!(sequences.take(q.clone(), Nanos::ZERO), [q], "keys are keys again");
        }
        assert_eq!((color("rgb:f/0/8"), color("rgb:ff/ff"), color("red")), (Some((255, 0, 136)), None, None));
    }

    proptest! {
        /// Nothing typed is lost or changed where no escape byte comes alone.
        #[test]
        fn what_is_no_piece_passes(text in "[a-zA-Z\\[<O0-9~]{0,12}", gap in 0u64..2_000) {
            let mut sequences = Sequences::default();
            let typed: Vec<Event> = pieces(&text).skip(1).collect();
            let out: Vec<Event> = typed.iter().enumerate()
                .flat_map(|(i, e)| sequences.take(e.clone(), Nanos::from_millis(gap * i as u64))).collect();
            prop_assert_eq!(out, typed);
        }

        /// Whatever follows an escape byte, nothing is held for ever and nothing panics.
        #[test]
        fn nothing_is_held_for_ever(text in "\\PC{0,40}", gap in 0u64..400) {
            let mut sequences = Sequences::default();
            for (i, e) in pieces(&text).enumerate() {
                sequences.take(e, Nanos::from_millis(gap * i as u64));
            }
            sequences.due(Nanos::from_millis(1_000_000));
            prop_assert_eq!(sequences.deadline(), None);
        }
    }
}
