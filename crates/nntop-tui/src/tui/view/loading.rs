//! What happens before the first figure: the stages with their times, and a bar for long work.
//!
//! ```text
//!  ✓ starting the worker           0.02 s
//!  ● building the session           1.4 s
//!  ○ first inference
//!
//!  fetching onnxruntime 1.31.1   12.4 / 61.0 MB   4 s
//!  ████████▎·································  20 %
//! ```

use super::{Cx, paint};
use crate::tui::widget::bars;
use nntop_core::event::Stage;
use nntop_core::unit::{Bytes, Nanos, grouped, plus_minus};
use nntop_state::{Progress, Variant};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The stages in order, in words.
const STAGES: [(Stage, &str); 6] = [
    (Stage::Describe, "parsing model metadata"),
    (Stage::Process, "starting the worker"),
    (Stage::Library, "loading the runtime"),
    (Stage::Read, "reading model files"),
    (Stage::Session, "building the session"),
    (Stage::FirstInference, "first inference"),
];

pub(super) fn draw(cx: Cx<'_>, v: &Variant, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let area = if area.height >= 12 { paint::rows(area, 1, area.height - 1) } else { area };
    let now = v.loading.map(|l| l.0);
    let at = now.and_then(|stage| STAGES.iter().position(|s| s.0 == stage));
    let mut y = 0;
    for (i, (_, words)) in STAGES.iter().enumerate() {
        let ready = v.ready.is_some();
        let (sign, style, text) = match at {
            _ if ready => ("✓", theme.good(), theme.dim()),
            Some(at) if i < at => ("✓", theme.good(), theme.dim()),
            Some(at) if i == at => ("●", theme.focus(), theme.strong()),
            _ => ("○", theme.faint(), theme.dim()),
        };
        paint::text(buf, area, 0, y, sign, style);
        paint::text(buf, area, 2, y, words, text);
        if let (Some((_, since)), true) = (v.loading, !ready && at == Some(i)) {
            // What is fetched has its own clock below.
            let since = cx.state.now.since(since);
            paint::right(buf, Rect { width: area.width.min(40), ..area }, y, &seconds(since), theme.text());
        }
        y += 1;
    }
    if v.ready.is_some() {
        paint::text(buf, area, 0, y, "●", theme.focus());
        paint::text(buf, area, 2, y, "waiting for its turn", theme.strong());
        return;
    }
    if let Some(a) = v.accuracy.as_deref().filter(|a| !a.done) {
        let figure = super::accuracy::short(a).map_or_else(String::new, |figure| format!(" · {figure}"));
        let words = format!("evaluating {} of {}{figure}", grouped(a.n), grouped(a.total));
        paint::text(buf, area, 0, y, "●", theme.focus());
        paint::text(buf, area, 2, y, &paint::fit(&words, area.width.saturating_sub(2)), theme.strong());
        return;
    }
    // What is fetched is fetched once: it stands where the first one waits for it.
    let first = cx.state.variants.iter().find(|v| v.loading.is_some() && v.outcome.is_none()).map(|v| v.slot);
    if let Some(progress) = cx.state.progress.as_ref().filter(|_| first == Some(v.slot)) {
        bar(cx, progress, paint::rows(area, y + 1, area.height.saturating_sub(y + 1)), buf);
    }
}

/// How far a warm-up is: its time, how long it can last, and how much the level still moves.
pub(super) fn warming(cx: Cx<'_>, v: &Variant, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let Some(w) = v.warming() else {
        paint::text(buf, area, 0, 0, "nothing measured yet", theme.dim());
        return;
    };
    let most = w.most.map_or_else(String::new, |most| format!(" ({} at most)", seconds(most)));
    let level = w.level.map_or_else(String::new, |level| format!(" · level {}", plus_minus(level)));
    let words = format!("warming up {}{most}{level}", seconds(w.elapsed));
    paint::text(buf, area, 0, 0, &paint::fit(&words, area.width), theme.warn());
    if let Some(most) = w.most.filter(|most| most.0 > 0) {
        let room = area.width.min(64).saturating_sub(1);
        let share = w.elapsed.0 as f64 / most.0 as f64;
        paint::text(buf, area, 0, 1, &"·".repeat(room as usize), theme.faint());
        paint::text(buf, area, 0, 1, &bars::lying(share.min(1.0), room), theme.warn());
    }
}

/// A sign that turns while something goes on whose end is not known.
fn turning(now: Nanos) -> &'static str {
    const SIGNS: [&str; 4] = ["|", "/", "-", "\\"];
    SIGNS[(now.0 / 250_000_000 % SIGNS.len() as u64) as usize]
}

/// The bar of long work, two rows.
pub(super) fn bar(cx: Cx<'_>, p: &Progress, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let width = area.width.min(64);
    let line = Rect { width, ..area };
    let elapsed = format!("{} s", cx.state.now.since(p.since).0 / 1_000_000_000);
    let rate = p.done.0 as f64 / cx.state.now.since(p.since).as_secs_f64().max(0.001);
    let amount = match p.total.filter(|total| total.0 > 0) {
        Some(total) => format!("{} of {total}  {}/s  ", p.done, Bytes(rate as u64)),
        // Nothing has come yet: no figure is better than a zero.
        None if p.done.0 == 0 => String::new(),
        None => format!("{}  {}/s  ", p.done, Bytes(rate as u64)),
    };
    let tail = format!("{amount}{elapsed}");
    let words = paint::fit(&p.what, width.saturating_sub(paint::width(&tail) + 4));
    paint::text(buf, line, 0, 0, &words, theme.strong());
    paint::right(buf, line, 0, &tail, theme.dim());
    let Some(Bytes(total)) = p.total.filter(|t| t.0 > 0) else {
        // How much it is is not known: no bar, which would look full or stuck.
        let sign = turning(cx.state.now);
        paint::text(buf, line, paint::width(&words) + 1, 0, sign, theme.accent());
        return;
    };
    let share = p.done.0 as f64 / total as f64;
    let room = width.saturating_sub(6);
    paint::text(buf, line, 0, 1, &"·".repeat(room as usize), theme.faint());
    paint::text(buf, line, 0, 1, &bars::lying(share, room), theme.accent());
    paint::right(buf, line, 1, &format!("{:.0} %", share.clamp(0.0, 1.0) * 100.0), theme.text());
}

fn seconds(t: Nanos) -> String {
    let s = t.as_secs_f64();
    if s < 10.0 { format!("{s:.1} s") } else { format!("{s:.0} s") }
}
