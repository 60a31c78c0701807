//! The line between two variants: the verdict with its interval, and which settings differ.
//!
//! ```text
//!   B is 1.31x faster (1.29–1.33, 95 %)   p99 1.47x   throughput 1.31x   model B 4.1x smaller   setups differ: precision
//! ```

use super::{Cx, paint};
use nntop_core::unit::significant;
use nntop_state::{Comparison, Variant};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub(super) fn draw(cx: Cx<'_>, a: &Variant, b: &Variant, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let Some(c) = cx.state.comparison(b.slot) else {
        paint::text(buf, area, 2, 0, &missing(a, b), theme.dim());
        return;
    };
    let mut spans = Vec::new();
    if !cx.state.done {
        spans.push(Span::styled("so far  ", theme.dim()));
    }
    spans.extend(verdict(cx, c));
    let mut used = spans.iter().map(|s| paint::width(&s.content)).sum::<u16>() + 2;
    let mut more = vec![("p99", times(c.p99.value)), ("throughput", times(c.throughput.value))];
    if let (Some(ma), Some(mb)) = (&a.model, &b.model) {
        let (ma, mb) = (ma.size.0 as f64, mb.size.0 as f64);
        let ratio = ma.max(mb) / ma.min(mb).max(1.0);
        if ratio >= 1.05 {
            let smaller = if mb < ma { b.slot } else { a.slot };
            more.push(("model", format!("{smaller} {} smaller", times(ratio))));
        }
    }
    // What is not alike bears on the verdict: it goes last but for the figures that do not fit.
    let unlike = unlike_names(c);
    let spared = if unlike.is_empty() { 0 } else { (paint::width(&unlike) + 3).min(area.width / 4) };
    for (name, value) in more {
        let next = 3 + paint::width(name) + 1 + paint::width(&value);
        if used + next + spared > area.width {
            break;
        }
        used += next;
        spans.push(Span::styled(format!("   {name} "), theme.dim()));
        spans.push(Span::styled(value, theme.text()));
    }
    if !unlike.is_empty() && area.width >= used + 20 {
        let room = area.width - used - 4;
        spans.push(Span::styled(format!("   {}", paint::fit(&unlike, room)), theme.warn()));
    }
    paint::line(buf, area, 2, 0, &Line::from(spans));
}

/// `B is 1.31x faster (1.29–1.33, 95 %)`, its subject in the variant's hue.
pub(super) fn verdict(cx: Cx<'_>, c: &Comparison) -> Vec<Span<'static>> {
    let (words, interval) = c.words();
    let mut spans = Vec::new();
    if !c.difference().is_open() {
        let named: Style = cx.theme.variant(c.of).add_modifier(ratatui::style::Modifier::BOLD);
        spans.push(Span::styled(c.of.to_string(), named));
        spans.push(Span::raw(" "));
    }
    spans.push(Span::styled(words, cx.theme.strong()));
    spans.push(Span::styled(format!(" {interval}"), cx.theme.dim()));
    spans
}

/// Why there is no verdict.
pub(super) fn missing(a: &Variant, b: &Variant) -> String {
    match [a, b].iter().find(|v| v.failed()) {
        Some(failed) => format!("no difference to show: {} failed", failed.slot),
        None if a.ended.is_some() || b.ended.is_some() => "not enough data for a verdict".into(),
        None => "collecting data: at least 5 blocks of each are needed".into(),
    }
}

/// `setups differ: precision, providers`, without the values.
fn unlike_names(c: &Comparison) -> String {
    let names: Vec<&str> = c.unlike.iter().filter_map(|u| u.split(" (").next()).collect();
    if names.is_empty() { String::new() } else { format!("setups differ: {}", names.join(", ")) }
}

/// `1.31x`.
pub(super) fn times(ratio: f64) -> String {
    if ratio < 9.995 { format!("{ratio:.2}x") } else { format!("{}x", significant(ratio)) }
}
