//! Text, panels and clipping. Coordinates are relative to an area; what lies outside is not painted.

use crate::tui::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Paints text at `x`, `y` of the area; returns where it ended.
pub(crate) fn text(buf: &mut Buffer, area: Rect, x: u16, y: u16, s: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    let room = area.width.saturating_sub(x);
    if y >= area.height || room == 0 {
        return x;
    }
    // What lies below, a border mostly, must not lend its style.
    for i in 0..room.min(width(s)) {
        buf[(area.x + x + i, area.y + y)].set_style(Style::reset());
    }
    let (end, _) = buf.set_stringn(area.x + x, area.y + y, s, room as usize, style);
    end.saturating_sub(area.x)
}

/// Paints a line of spans; returns where it ended.
pub(crate) fn line(buf: &mut Buffer, area: Rect, x: u16, y: u16, line: &Line<'_>) -> u16 {
    line.spans.iter().fold(x, |x, span| text(buf, area, x, y, &span.content, span.style))
}

/// Paints text that ends at the area's right edge.
pub(crate) fn right(buf: &mut Buffer, area: Rect, y: u16, s: &str, style: Style) {
    text(buf, area, area.width.saturating_sub(width(s)), y, s, style);
}

/// How many columns text takes.
pub(crate) fn width(s: &str) -> u16 {
    s.width().min(u16::MAX as usize) as u16
}

/// Text in at most `max` columns, with an ellipsis where it was cut.
pub(crate) fn fit(s: &str, max: u16) -> String {
    if width(s) <= max {
        return s.to_string();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in s.chars() {
        let w = c.width().unwrap_or(0) as u16;
        if used + w + 1 > max {
            break;
        }
        used += w;
        out.push(c);
    }
    if max > 0 {
        out.push('…');
    }
    out
}

/// Text in at most `max` columns, its middle left out where it is longer: of names, both ends tell.
pub(crate) fn fit_middle(s: &str, max: u16) -> String {
    if width(s) <= max {
        return s.to_string();
    }
    let room = max.saturating_sub(1);
    let take = |chars: &mut dyn Iterator<Item = char>, room: u16| {
        let mut used = 0;
        let fits = |c: &char| {
            used += c.width().unwrap_or(0) as u16;
            used <= room
        };
        chars.take_while(fits).collect::<String>()
    };
    let front = take(&mut s.chars(), room.div_ceil(2));
    let back: String = take(&mut s.chars().rev(), room / 2).chars().rev().collect();
    if max == 0 { String::new() } else { format!("{front}…{back}") }
}

/// Parts joined by `separator`, as many from the front as fit into `max` columns.
pub(crate) fn join_fitting(parts: &[String], separator: &str, max: u16) -> String {
    let mut out = String::new();
    for part in parts.iter().filter(|p| !p.is_empty()) {
        let gap = if out.is_empty() { "" } else { separator };
        if width(&out) + width(gap) + width(part) > max {
            break;
        }
        out.push_str(gap);
        out.push_str(part);
    }
    if out.is_empty() { parts.first().map_or_else(String::new, |p| fit(p, max)) } else { out }
}

/// Text broken at spaces into lines of at most `max` columns; longer words are cut.
pub(crate) fn wrap(s: &str, max: u16) -> Vec<String> {
    let max = max.max(1) as usize;
    let mut lines = vec![String::new()];
    for word in s.split(' ') {
        let last = lines.last().map_or(0, |l| l.width());
        if last > 0 && last + 1 + word.width() > max {
            lines.push(String::new());
        } else if last > 0 {
            push(&mut lines, ' ');
        }
        for c in word.chars() {
            if lines.last().is_some_and(|l| l.width() + c.width().unwrap_or(0) > max) {
                lines.push(String::new());
            }
            push(&mut lines, c);
        }
    }
    lines
}

fn push(lines: &mut [String], c: char) {
    if let Some(last) = lines.last_mut() {
        last.push(c);
    }
}

/// A rounded box with a title; returns the area inside it, one column of air left and right.
pub(crate) fn panel(buf: &mut Buffer, area: Rect, title: Line<'_>, theme: &Theme) -> Rect {
    framed(buf, area, title, theme.faint())
}

/// A rounded box whose border has a style of its own.
pub(crate) fn framed(buf: &mut Buffer, area: Rect, title: Line<'_>, border: Style) -> Rect {
    let (w, h) = (area.width, area.height);
    if w < 4 || h < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    let across = "─".repeat(w as usize - 2);
    text(buf, area, 0, 0, &format!("╭{across}╮"), border);
    text(buf, area, 0, h - 1, &format!("╰{across}╯"), border);
    for y in 1..h - 1 {
        text(buf, area, 0, y, "│", border);
        text(buf, area, w - 1, y, "│", border);
    }
    let inside = Rect { x: area.x + 1, width: w - 2, ..area };
    if !title.spans.is_empty() {
        let mut spans = vec![Span::raw(" ")];
        spans.extend(title.spans);
        spans.push(Span::raw(" "));
        line(buf, inside, 0, 0, &Line::from(spans));
    }
    Rect { x: area.x + 2, y: area.y + 1, width: w - 4, height: h - 2 }
}

/// Blanks an area.
pub(crate) fn clear(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            buf[(x, y)].reset();
        }
    }
}

/// The area's rows from `y`, at most `height` of them.
pub(crate) fn rows(area: Rect, y: u16, height: u16) -> Rect {
    let y = y.min(area.height);
    Rect { y: area.y + y, height: height.min(area.height - y), ..area }
}

/// The area cut into `n` columns of equal width, the first ones wider where it does not divide.
pub(crate) fn columns(area: Rect, n: u16) -> Vec<Rect> {
    let n = n.max(1);
    let mut x = area.x;
    (0..n)
        .map(|i| {
            let width = area.width / n + u16::from(i < area.width % n);
            let column = Rect { x, width, ..area };
            x += width;
            column
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_and_wrapped_at_the_edge() {
        assert_eq!(fit("squeezenet", 6), "squee…");
        assert_eq!(fit("net", 3), "net");
        assert_eq!(fit("net", 0), "");
        assert_eq!(fit_middle("/layer4/conv2/Conv", 9), "/lay…Conv");
        assert_eq!(
            (fit_middle("net", 3), fit_middle("net", 2), fit_middle("net", 0)),
            ("net".into(), "n…".into(), String::new())
        );
        assert_eq!(wrap("could not open the model", 10), ["could not", "open the", "model"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        let parts = ["onnxruntime 1.23".to_string(), "CPU".into(), "fp32".into()];
        assert_eq!(join_fitting(&parts, " · ", 22), "onnxruntime 1.23 · CPU");
    }

    #[test]
    fn painting_outside_does_nothing() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 4, 2));
        text(&mut buf, Rect::new(2, 0, 9, 9), 0, 0, "abcdef", Style::new());
        text(&mut buf, Rect::new(0, 7, 9, 9), 0, 0, "x", Style::new());
        panel(&mut buf, Rect::new(3, 1, 9, 9), Line::from("t"), &Theme::default());
        assert_eq!(buf[(3, 0)].symbol(), "b");
    }

    #[test]
    fn columns_fill_the_area() {
        let cut = columns(Rect::new(1, 0, 11, 1), 3);
        assert_eq!(cut.iter().map(|r| (r.x, r.width)).collect::<Vec<_>>(), [(1, 4), (5, 4), (9, 3)]);
    }
}
