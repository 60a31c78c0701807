//! A failed variant keeps its pane: what failed, the runtime's own words, what to try.
//!
//! ```text
//!  ✗ could not create the session
//!    > Failed to load model: Opset 25 is under development
//!  try  nntop engines install onnxruntime@1.31
//!  R    restarts it
//! ```

use super::{Cx, paint};
use nntop_core::event::Outcome;
use nntop_state::Variant;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Paints it; returns how many rows it took.
pub(super) fn draw(cx: Cx<'_>, v: &Variant, area: Rect, buf: &mut Buffer) -> u16 {
    let Some(Outcome::Failed { error }) = &v.outcome else { return 0 };
    let theme = cx.theme;
    let width = area.width.saturating_sub(5);
    let mut y = 0;
    paint::text(buf, area, 0, 0, "✗", theme.bad());
    for line in paint::wrap(&error.message, width) {
        paint::text(buf, area, 2, y, &line, theme.strong());
        y += 1;
    }
    let ours = 3 + error.hint.as_ref().map_or(0, |h| paint::wrap(h, width).len() as u16);
    let room = area.height.saturating_sub(y + ours + 1) as usize;
    let words: Vec<String> = error.printed.iter().flat_map(|l| paint::wrap(l, width.saturating_sub(1))).collect();
    if !words.is_empty() && room > 0 {
        y += 1;
        // The last words are the ones that tell.
        for line in &words[words.len().saturating_sub(room)..] {
            paint::text(buf, area, 2, y, "│", theme.faint());
            paint::text(buf, area, 4, y, line, theme.dim());
            y += 1;
        }
    }
    y += 1;
    if let Some(hint) = &error.hint {
        paint::text(buf, area, 0, y, "try", theme.focus());
        for line in paint::wrap(hint, width) {
            paint::text(buf, area, 5, y, &line, theme.text());
            y += 1;
        }
    }
    paint::text(buf, area, 0, y, "R", theme.focus());
    let whom = if cx.several() { format!("restarts {}", v.slot) } else { "restarts it".into() };
    paint::text(buf, area, 5, y, &whom, theme.dim());
    y + 1
}
