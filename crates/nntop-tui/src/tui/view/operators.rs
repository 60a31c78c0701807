//! Where the time of an inference goes, by operator type: the focused variant's newest profile.
//!
//! ```text
//! ╭ operators, profiled 3 s ago, +6 % ──────────────╮
//! │ Conv        61.2 %  ████████████████▏   2.76 ms │
//! │ MatMul      12.0 %  ███▏                0.54 ms │
//! ╰─────────────────────────────────────────────────╯
//! ```

use super::{Cx, names, paint};
use crate::tui::widget::bars;
use nntop_core::unit::{Nanos, TimeUnit, percent_tenths, signed};
use nntop_state::Variant;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The variant whose operators are shown: the one in focus, as soon as it was profiled.
pub(super) fn of<'a>(cx: Cx<'a>) -> Option<&'a Variant> {
    let v = cx.state.variant(cx.ui.focused(cx.state)?)?;
    v.ops.latest.as_ref().map(|_| v)
}

/// Paints the dearest types, as many as there are rows.
pub(super) fn panel(cx: Cx<'_>, v: &Variant, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let mut title = names::letter(cx, v);
    title.push(Span::styled("operators", theme.dim()));
    let age = cx.state.now.since(v.ops.at).as_secs_f64();
    let cost = v.profiling_overhead().map(|share| format!(", {} %", signed(share * 100.0))).unwrap_or_default();
    title.push(Span::styled(format!(", profiled {} ago{cost}", ago(age)), theme.dim()));
    let inside = paint::panel(buf, area, Line::from(title), theme);

    let types = v.ops.types();
    let unit = TimeUnit::fitting(types.first().map_or(1.0, |t| t.self_time.0 as f64));
    let time = |t: Nanos| format!("{} {}", unit.format(t.0 as f64), unit.symbol());
    let name = types.iter().map(|t| paint::width(&t.name)).max().unwrap_or(0).clamp(6, inside.width * 2 / 5);
    let times = types.iter().map(|t| paint::width(&time(t.self_time))).max().unwrap_or(0);
    let percent_at = name + 2;
    let bar_at = percent_at + 9;
    let bar = inside.width.saturating_sub(bar_at + times + 2);
    for (y, of) in (0..inside.height).zip(&types) {
        paint::text(buf, inside, 0, y, &paint::fit(&of.name, name), theme.text());
        let percent = format!("{:>7}", percent_tenths(of.share));
        paint::text(buf, inside, percent_at, y, &percent, theme.text());
        if bar > 3 {
            paint::text(buf, inside, bar_at, y, &bars::lying(of.share, bar), theme.variant(v.slot));
        }
        paint::right(buf, inside, y, &time(of.self_time), theme.text());
    }
}

pub(super) fn ago(seconds: f64) -> String {
    match seconds {
        s if s < 100.0 => format!("{s:.0} s"),
        s => format!("{:.0} min", s / 60.0),
    }
}
