//! One variant's pane: what it is, its figures and its chart, or why there are none yet or no more.
//!
//! ```text
//! ╭ A  fp32 ─ onnxruntime 1.23 CUDA · b1 ───────────────────╮
//! │     p50       p99       max     inf/s         n          │
//! │ 4.51 ms   5.90 ms   9.02 ms       221     9 301          │
//! │ chart                                                    │
//! ╰──────────────────────────────────────────────────────────╯
//! ```

use super::{Cx, failed, figures, latency_chart, loading, names, paint};
use nntop_core::event::{Outcome, Phase};
use nntop_core::unit::TimeUnit;
use nntop_state::Variant;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// What panes side by side share.
pub(super) struct Shared {
    /// The unit of their figures.
    pub(super) unit: TimeUnit,
    /// The chart's scale and span.
    pub(super) chart: latency_chart::Plan,
}

impl Shared {
    /// For panes whose charts have this size.
    pub(super) fn of(cx: Cx<'_>, variants: &[&Variant], chart: Rect) -> Self {
        Self { unit: figures::unit(variants.iter().copied()), chart: latency_chart::Plan::of(cx, variants, chart) }
    }
}

/// Whether there is something to chart.
pub(super) fn has_chart(v: &Variant) -> bool {
    !v.latency.recent.is_empty()
}

/// `A  fp32 ─ onnxruntime 1.23 CUDA · …`, as much as fits.
pub(super) fn title(cx: Cx<'_>, v: &Variant, width: u16) -> Line<'static> {
    let mut spans = names::letter(cx, v);
    let used = spans.iter().map(|s| paint::width(&s.content)).sum::<u16>();
    let state = state_word(cx, v);
    let room = width.saturating_sub(used + state.as_ref().map_or(0, |s| paint::width(&s.content) + 3));
    let name = paint::fit(&v.spec.name, room.min(40));
    let facts_room = room.saturating_sub(paint::width(&name) + 3);
    spans.push(Span::styled(name, cx.theme.strong()));
    if facts_room >= 6 {
        spans.push(Span::styled(" ─ ", cx.theme.faint()));
        let mut facts = names::facts(v);
        // Where the engine's full name has no room, what it runs on matters more.
        if let Some(first) = facts.first_mut().filter(|f| paint::width(f) > facts_room)
            && let Some(provider) = v.ready.as_ref().and_then(names::provider_of)
        {
            *first = provider.to_string();
        }
        spans.push(Span::styled(paint::join_fitting(&facts, " · ", facts_room), cx.theme.dim()));
    }
    if let Some(state) = state {
        spans.push(Span::styled(" · ", cx.theme.faint()));
        spans.push(state);
    }
    Line::from(spans)
}

/// A pane's own state, where it is not the one in the header.
fn state_word(cx: Cx<'_>, v: &Variant) -> Option<Span<'static>> {
    if !cx.several() {
        return None;
    }
    let theme = cx.theme;
    match (&v.outcome, v.phase) {
        (Some(Outcome::Failed { .. }), _) => Some(Span::styled("✗ failed", theme.bad())),
        (Some(Outcome::Ok), _) => Some(Span::styled("✓ done", theme.good())),
        (Some(Outcome::Interrupted), _) => Some(Span::styled("! interrupted", theme.warn())),
        (None, Phase::Load) => Some(Span::styled("○ loading", theme.warn())),
        (None, Phase::Warmup) => Some(Span::styled("○ warming up", theme.warn())),
        _ => None,
    }
}

/// Paints the pane without its frame.
pub(super) fn draw(cx: Cx<'_>, v: &Variant, shared: &Shared, area: Rect, buf: &mut Buffer) {
    if v.failed() {
        let used = failed::draw(cx, v, area, buf);
        // What was measured until then still holds.
        if v.latency.figures.is_some() && area.height > used + 3 {
            let rest = paint::rows(area, used + 1, area.height - used - 1);
            figures::draw(cx, v, shared.unit, paint::rows(rest, 0, 2), buf);
            latency_chart::draw(cx, v, &shared.chart, paint::rows(rest, 3, rest.height.saturating_sub(3)), buf);
        }
    } else if has_chart(v) {
        figures::draw(cx, v, shared.unit, paint::rows(area, 0, 2), buf);
        if v.warming().is_some() && area.height >= 7 {
            loading::warming(cx, v, paint::rows(area, 2, 2), buf);
            let chart = paint::rows(area, 4, area.height - 4);
            let plan = latency_chart::Plan::of(cx, &[v], chart);
            latency_chart::draw(cx, v, &plan, chart, buf);
        } else {
            latency_chart::draw(cx, v, &shared.chart, chart_area(area), buf);
        }
    } else {
        loading::draw(cx, v, area, buf);
    }
}

/// Where the chart of a pane lies.
pub(super) fn chart_area(area: Rect) -> Rect {
    // A row of air between figures and chart where there is plenty.
    let top = if area.height >= 12 { 3 } else { 2 };
    paint::rows(area, top, area.height.saturating_sub(top))
}
