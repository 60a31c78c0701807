//! A buffer as an SVG. Lines, blocks and braille are drawn as shapes, so that no font can tear them.

use super::Background;
use nntop_core::unit::civil;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// A cell's size in the picture's units.
const W: f64 = 8.0;
const H: f64 = 18.0;
const MARGIN: f64 = 12.0;

/// What a terminal shows where no colour is asked for.
#[derive(Clone, Copy)]
struct Paper {
    background: &'static str,
    text: &'static str,
    dim: &'static str,
}

const DARK: Paper = Paper { background: "#11151c", text: "#d5dae3", dim: "#848a96" };
const LIGHT: Paper = Paper { background: "#ffffff", text: "#1c2028", dim: "#6a707c" };

/// The sixteen colours of a terminal.
const SIXTEEN: [&str; 16] = [
    "#1c2028", "#dc4848", "#43a862", "#c89a30", "#4a80e0", "#af6ed7", "#00a8be", "#b8bec8", "#6a707c", "#f07070",
    "#66cc88", "#e8c050", "#6fa4ff", "#d090f0", "#40c8dc", "#f0f2f6",
];

/// Draws the buffer on a dark background.
pub fn svg(buf: &Buffer) -> String {
    svg_on(buf, Background::Dark)
}

/// Draws the buffer on the background for which it was painted.
pub(crate) fn svg_on(buf: &Buffer, background: Background) -> String {
    let paper = match background {
        Background::Dark => DARK,
        Background::Light => LIGHT,
    };
    let (w, h) = (f64::from(buf.area.width) * W + 2.0 * MARGIN, f64::from(buf.area.height) * H + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w:.0}\" height=\"{h:.0}\" viewBox=\"0 0 {w:.1} {h:.1}\" \
         font-family=\"'JetBrains Mono','DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"13.33\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n",
        paper.background
    );
    for y in 0..buf.area.height {
        row(&mut out, buf, y, paper);
    }
    out.push_str("</svg>\n");
    out
}

/// One row: shapes cell by cell, text in runs of one style.
fn row(out: &mut String, buf: &Buffer, y: u16, paper: Paper) {
    let top = MARGIN + f64::from(y) * H;
    let mut run: Option<(u16, String, String)> = None;
    let end = |out: &mut String, run: &mut Option<(u16, String, String)>| {
        if let Some((x, look, text)) = run.take() {
            let text = text.trim_end();
            if !text.is_empty() {
                let (x, base) = (MARGIN + f64::from(x) * W, top + H * 0.74);
                let length = text.chars().count() as f64 * W;
                let _ = writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{base:.1}\" textLength=\"{length:.1}\" xml:space=\"preserve\" {look}>{}</text>",
                    escaped(text)
                );
            }
        }
    };
    for x in 0..buf.area.width {
        let Some(cell) = buf.cell((buf.area.x + x, buf.area.y + y)) else { continue };
        let left = MARGIN + f64::from(x) * W;
        let (front, back) = colors(cell, paper);
        if let Some(back) = back {
            let _ =
                writeln!(out, "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{W}\" height=\"{H}\" fill=\"{back}\"/>");
        }
        let c = cell.symbol().chars().next().unwrap_or(' ');
        if let Some(shape) = shape(c, left, top, &front) {
            end(out, &mut run);
            out.push_str(&shape);
            continue;
        }
        let weight = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
        let look = format!("fill=\"{front}\"{weight}");
        match &mut run {
            Some((_, same, text)) if *same == look || c == ' ' => text.push(c),
            _ => {
                end(out, &mut run);
                if c != ' ' {
                    run = Some((x, look, c.to_string()));
                }
            }
        }
    }
    end(out, &mut run);
}

/// Characters that are drawn.
fn shape(c: char, x: f64, y: f64, color: &str) -> Option<String> {
    let rect = |dx: f64, dy: f64, w: f64, h: f64| {
        format!(
            "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{w:.2}\" height=\"{h:.2}\" fill=\"{color}\" shape-rendering=\"crispEdges\"/>\n",
            x + dx,
            y + dy
        )
    };
    let path = |d: String| format!("<path d=\"{d}\" fill=\"none\" stroke=\"{color}\"/>\n");
    let (cx, cy) = (x + W / 2.0, y + H / 2.0);
    let (right, bottom, r) = (x + W, y + H, W / 2.0);
    Some(match c {
        '▁'..='█' => {
            let h = H * f64::from(c as u32 - '▁' as u32 + 1) / 8.0;
            rect(0.0, H - h, W, h)
        }
        '▐' => rect(W / 2.0, 0.0, W / 2.0, H),
        '▉'..='▏' => rect(0.0, 0.0, W * f64::from('▏' as u32 - c as u32 + 1) / 8.0, H),
        '⠀'..='⣿' => {
            let bits = c as u32 - 0x2800;
            let places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
            let dot = |&(column, row): &(u32, u32)| {
                let (dx, dy) = (W * (0.25 + 0.5 * f64::from(column)), H * (0.125 + 0.25 * f64::from(row)));
                format!("<circle cx=\"{:.2}\" cy=\"{:.2}\" r=\"1.35\" fill=\"{color}\"/>\n", x + dx, y + dy)
            };
            (0..8).filter(|i| bits & (1 << i) != 0).map(|i| dot(&places[i])).collect()
        }
        '─' => path(format!("M{x:.1} {cy:.1}H{right:.1}")),
        '│' => path(format!("M{cx:.1} {y:.1}V{bottom:.1}")),
        '┤' => path(format!("M{cx:.1} {y:.1}V{bottom:.1}M{x:.1} {cy:.1}H{cx:.1}")),
        '└' => path(format!("M{cx:.1} {y:.1}V{cy:.1}H{right:.1}")),
        '╭' => path(format!("M{cx:.1} {bottom:.1}V{:.1}Q{cx:.1} {cy:.1} {:.1} {cy:.1}H{right:.1}", cy + r, cx + r)),
        '╮' => path(format!("M{cx:.1} {bottom:.1}V{:.1}Q{cx:.1} {cy:.1} {:.1} {cy:.1}H{x:.1}", cy + r, cx - r)),
        '╰' => path(format!("M{cx:.1} {y:.1}V{:.1}Q{cx:.1} {cy:.1} {:.1} {cy:.1}H{right:.1}", cy - r, cx + r)),
        '╯' => path(format!("M{cx:.1} {y:.1}V{:.1}Q{cx:.1} {cy:.1} {:.1} {cy:.1}H{x:.1}", cy - r, cx - r)),
        _ => return None,
    })
}

/// Front and, where it is not the picture's own, back colour.
fn colors(cell: &Cell, paper: Paper) -> (String, Option<String>) {
    let front = color(cell.fg).unwrap_or_else(|| paper.text.into());
    let back = color(cell.bg);
    if cell.modifier.contains(Modifier::REVERSED) {
        return (back.unwrap_or_else(|| paper.background.into()), Some(front));
    }
    let dim = cell.modifier.contains(Modifier::DIM) && cell.fg == Color::Reset;
    (if dim { paper.dim.into() } else { front }, back)
}

fn color(color: Color) -> Option<String> {
    use Color::*;
    let plain = [Black, Red, Green, Yellow, Blue, Magenta, Cyan, Gray, DarkGray, LightRed, LightGreen, LightYellow]
        .into_iter()
        .chain([LightBlue, LightMagenta, LightCyan, White]);
    match color {
        Reset => None,
        Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        Indexed(i @ 0..16) => Some(SIXTEEN[i as usize].into()),
        Indexed(i @ 16..232) => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let i = i - 16;
            Some(format!("#{:02x}{:02x}{:02x}", level(i / 36), level(i / 6 % 6), level(i % 6)))
        }
        Indexed(i) => {
            let grey = 8 + 10 * (i - 232);
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
        named => plain.zip(SIXTEEN).find(|(c, _)| *c == named).map(|(_, hex)| hex.into()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// `YYYYMMDD-HHMMSS` in UTC, from seconds since 1970.
pub(crate) fn stamp(unix: u64) -> String {
    let ([year, month, day], second) = (civil(unix / 86_400), unix % 86_400);
    format!("{year:04}{month:02}{day:02}-{:02}{:02}{:02}", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_the_wall_clock() {
        assert_eq!(stamp(0), "19700101-000000");
        assert_eq!(stamp(1_709_210_096), "20240229-123456");
    }

    #[test]
    fn text_is_escaped_and_shapes_are_drawn() {
        let picture = svg(&Buffer::with_lines(["a<b │ ⣀ ▄"]));
        assert!(picture.contains("a&lt;b"), "{picture}");
        assert!(picture.contains("<circle") && picture.contains("<path"));
        assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));
    }
}
