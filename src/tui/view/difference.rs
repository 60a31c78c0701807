//! The line between two variants: plain ratios of what was measured. Not a verdict: how sure it is comes
//! with the comparison.
//!
//! ```text
//!   so far  B is 1.31x faster by median (4.51 → 3.44 ms)   p99 1.47x   throughput 1.31x   model 4.1x smaller
//! ```

use super::{Cx, figures, paint};
use crate::state::Variant;
use crate::unit::significant;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(super) fn draw(cx: Cx<'_>, a: &Variant, b: &Variant, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let (Some(fa), Some(fb)) = (&a.latency.figures, &b.latency.figures) else {
        let text = match [a, b].iter().find(|v| v.failed()) {
            Some(failed) => format!("no difference to show: {} failed", failed.slot),
            None => "the difference shows once both have measured".to_string(),
        };
        paint::text(buf, area, 2, 0, &text, theme.dim());
        return;
    };
    let mut spans = Vec::new();
    if !cx.state.done {
        spans.push(Span::styled("so far  ", theme.dim()));
    }
    let (p50a, p50b) = (fa.percentiles[0].0 as f64, fb.percentiles[0].0 as f64);
    let unit = figures::unit([a, b]);
    let (faster, ratio) = if p50b <= p50a { (b, p50a / p50b.max(1.0)) } else { (a, p50b / p50a.max(1.0)) };
    let named = theme.variant(faster.slot).add_modifier(ratatui::style::Modifier::BOLD);
    // In ASCII an arrow would read as "greater than".
    let to = if theme.ascii { "to" } else { "→" };
    let medians = format!(" ({} {to} {} {})", unit.format(p50a), unit.format(p50b), unit.symbol());
    if ratio < 1.005 {
        spans.push(Span::styled("medians are alike", theme.strong()));
    } else {
        spans.push(Span::styled(faster.slot.to_string(), named));
        spans.push(Span::styled(format!(" is {}x faster by median", significant(ratio)), theme.strong()));
    }
    spans.push(Span::styled(medians, theme.dim()));
    let mut used = spans.iter().map(|s| paint::width(&s.content)).sum::<u16>() + 2;
    // Ratios read in the direction of the sentence: above 1 is better for the one it names.
    let (ff, fs) = if faster.slot == b.slot { (fb, fa) } else { (fa, fb) };
    let p99 = fs.percentiles[3].0 as f64 / (ff.percentiles[3].0 as f64).max(1.0);
    // The mark of the figures: not enough inferences to rely on.
    let mark = if fa.n.min(fb.n) < figures::needed(0.99) { "!" } else { "" };
    let mut more = vec![("p99", format!("{}x{mark}", significant(p99)))];
    let rate = |v: &Variant, per_second: f64| per_second * v.batch() as f64;
    let (ra, rb) = (rate(a, fa.per_second), rate(b, fb.per_second));
    let (rf, rs) = if faster.slot == b.slot { (rb, ra) } else { (ra, rb) };
    if rs > 0.0 {
        more.push(("throughput", format!("{}x", significant(rf / rs))));
    }
    if let (Some(ma), Some(mb)) = (&a.model, &b.model) {
        let (ma, mb) = (ma.size.0 as f64, mb.size.0 as f64);
        let ratio = ma.max(mb) / ma.min(mb).max(1.0);
        if ratio >= 1.05 {
            let smaller = if mb < ma { b.slot } else { a.slot };
            more.push(("model", format!("{smaller} {}x smaller", significant(ratio))));
        }
    }
    for (name, value) in more {
        let next = 3 + paint::width(name) + 1 + paint::width(&value);
        if used + next > area.width {
            break;
        }
        used += next;
        spans.push(Span::styled(format!("   {name} "), theme.dim()));
        spans.push(Span::styled(value, theme.text()));
    }
    paint::line(buf, area, 2, 0, &Line::from(spans));
}
