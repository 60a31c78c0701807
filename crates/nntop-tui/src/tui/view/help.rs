//! The help that lies over a page: its keys, and what the numbers mean.
//!
//! ```text
//! ╭ help ─ Live ──────────────────────────────────────────────────────────────╮
//! │ space  pause or resume measuring       p50 p90 …  share of inferences that │
//! ╰───────────────────────────────────────────────────────────────── ? closes ╯
//! ```

use super::{Cx, paint};
use crate::tui::{Page, keymap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// What the numbers on the screen mean.
const MEANINGS: [(&str, &str); 11] = [
    ("latency", "one call of the engine with its inputs ready, timed inside the worker"),
    ("p50 … p99.9", "percentile: p99 = 99 % of measured inferences were this fast or faster; warm-up is not counted"),
    ("!", "not reliable yet: p99 needs 662 inferences, p99.9 needs 6,636"),
    ("inf/s", "measured inferences times batch size, per second of this model's measured time"),
    ("chart", "line: p50 · dotted: p99 · single dots: outliers · grey: warm-up (not counted) · ↑ above the scale"),
    ("▲", "throttling, a changed power mode or clock limit, swapping, a process that became busy"),
    ("±", "95 % confidence interval (block bootstrap, 2,000 resamples; for a ratio, of pairs of blocks)"),
    ("x faster", "ratio of the medians, where its interval does not hold 1; else no difference was found"),
    ("loop adds", "what timing adds to an inference, measured with an engine that does nothing"),
    ("worker", "resident memory of the process that runs the model, apart from this screen"),
    ("nntop", "what this screen costs: CPU of one core, memory, bytes to the terminal"),
];

/// What those of the Ops page mean.
const OPERATORS: [(&str, &str); 9] = [
    ("self", "an operator's own time per inference, without its children; mean of the profiled inferences"),
    ("share", "share of the profiled inference; the rest up to 100 % is time between operators"),
    ("GFLOP/s", "operations divided by its own time; – where nntop cannot count the operations"),
    ("FLOP/B", "operations per byte of inputs, weights and outputs: low means memory-bound, high compute-bound"),
    ("tensors", "bytes of inputs, weights and outputs; mem: peak memory reported by the runtime"),
    ("!", "fell back to another provider than requested"),
    ("flame", "width is time; colours are operator families, as in the SVG"),
    (
        "A → B",
        "comparing: operators are matched by name and place, else by family and order; red slower, blue faster, pale unchanged or new",
    ),
    ("mouse", "click selects, again zooms, on a title sorts; wheel scrolls; Shift selects text (or --no-mouse)"),
];

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let width = area.width.saturating_sub(4).min(112);
    let two = width >= 96;
    let inner = width.saturating_sub(4);
    let mut lines = list(cx, cx.theme.focus(), 8, &keys(cx), if two { inner * 2 / 5 } else { inner });
    let meanings = if cx.ui.page == Page::Ops { &OPERATORS[..] } else { &MEANINGS[..] };
    let meanings: Vec<(String, String)> = meanings.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    let beside = list(cx, cx.theme.strong(), 13, &meanings, if two { inner - inner * 2 / 5 - 3 } else { inner });
    let rows = if two {
        lines.len().max(beside.len())
    } else {
        lines.push(Line::default());
        lines.extend(beside.iter().cloned());
        lines.len()
    };
    let height = (rows as u16 + 2).min(area.height);
    let outer = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    paint::clear(buf, outer);
    let title = Line::from(vec![
        Span::styled("help ", cx.theme.focus()),
        Span::styled(format!("─ {}", cx.ui.page.name()), cx.theme.dim()),
    ]);
    let inside = paint::framed(buf, outer, title, cx.theme.accent());
    let hidden = rows.saturating_sub(inside.height as usize);
    let skip = (cx.ui.help_scroll as usize).min(hidden);
    for (y, line) in lines.iter().skip(skip).take(inside.height as usize).enumerate() {
        paint::line(buf, inside, 0, y as u16, line);
    }
    if two {
        let right = inner * 2 / 5 + 3;
        for (y, line) in beside.iter().skip(skip).take(inside.height as usize).enumerate() {
            paint::line(buf, inside, right, y as u16, line);
        }
    }
    let more = if hidden > skip { " ↓ more   ? closes " } else { " ? closes " };
    let bottom = Rect { width: outer.width.saturating_sub(2), ..paint::rows(outer, outer.height.saturating_sub(1), 1) };
    paint::right(buf, bottom, 0, more, cx.theme.dim());
}

/// The keys of this page first, then those of all pages.
fn keys(cx: Cx<'_>) -> Vec<(String, String)> {
    let replay = cx.ui.playhead.is_some();
    let works = |b: &&keymap::Binding| !(replay && keymap::steers(b));
    let playback = keymap::REPLAY.iter().filter(|_| replay);
    let own = keymap::offered(cx.ui).filter(|b| b.page.is_some());
    let all = keymap::offered(cx.ui).filter(|b| b.page.is_none());
    playback
        .chain(own.chain(all).filter(works))
        .filter(|b| !b.label.is_empty())
        .map(|b| (b.label.to_string(), b.what.to_string()))
        .collect()
}

/// Terms and their explanations, wrapped beside them.
fn list(cx: Cx<'_>, term: Style, indent: u16, rows: &[(String, String)], width: u16) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    for (name, text) in rows {
        for (i, part) in paint::wrap(text, width.saturating_sub(indent)).into_iter().enumerate() {
            let head = if i == 0 { name.clone() } else { String::new() };
            let pad = " ".repeat(indent.saturating_sub(paint::width(&head)) as usize);
            out.push(Line::from(vec![Span::styled(head, term), Span::raw(pad), Span::styled(part, cx.theme.text())]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::MEANINGS;
    use nntop_core::stats::RELIABLE;

    #[test]
    fn the_minima_of_percentiles_are_those_that_are_used() {
        let numbers = MEANINGS.iter().find(|(mark, _)| *mark == "!").map(|(_, text)| text.replace([' ', ','], ""));
        let numbers = numbers.unwrap_or_default();
        assert!(numbers.contains(&format!("p99needs{}", RELIABLE.p99)), "{numbers}");
        assert!(numbers.contains(&format!("p99.9needs{}", RELIABLE.p999)), "{numbers}");
    }
}
