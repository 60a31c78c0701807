//! The last line: keys that work here, and what watching costs.
//!
//! ```text
//!  space pause  z freeze  Tab page  s shot  ? help  q quit           nntop 0.4 % CPU · 11 MB · 1.2 kB/s
//! ```

use super::{Cx, paint};
use crate::tui::keymap;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let cost = own_cost(cx, area.width);
    let left = Rect { width: area.width.saturating_sub(paint::width(&cost) + 3), ..area };
    paint::right(buf, Rect { width: area.width - 1, ..area }, 0, &cost, theme.dim());
    if let Some(message) = &cx.ui.message {
        paint::text(buf, left, 1, 0, &paint::fit(message, left.width.saturating_sub(1)), theme.focus());
        return;
    }
    let one = !cx.several();
    let replay = cx.ui.playhead;
    let own = keymap::REPLAY.iter().filter(|_| replay.is_some());
    let mut keys: Vec<(&str, &str)> = own
        .chain(keymap::offered(cx.ui).filter(|b| replay.is_none() || !keymap::steers(b)))
        .filter(|b| !(one && b.short == Some("focus")))
        .filter(|b| !(cx.state.done && b.short == Some("pause")))
        .filter_map(|b| b.short.map(|short| (b.label, short)))
        .map(|(label, short)| match short {
            "pause" if cx.state.paused => (label, "resume"),
            "stop" if replay.is_some_and(|head| !head.playing) => (label, "play"),
            "freeze" if cx.ui.frozen => (label, "unfreeze"),
            "errors first" if cx.ui.log.errors_first => (label, "by time"),
            _ => (label, short),
        })
        .collect();
    // Help and quit always show; the others leave from the back.
    let width = |keys: &[(&str, &str)]| keys.iter().map(|(k, s)| paint::width(k) + paint::width(s) + 3).sum::<u16>();
    while width(&keys) > left.width && keys.len() > 2 {
        keys.remove(keys.len() - 3);
    }
    let mut x = 1;
    for (label, short) in keys {
        x = paint::text(buf, left, x, 0, label, theme.focus());
        x = paint::text(buf, left, x + 1, 0, short, theme.dim()) + 2;
    }
}

/// What the dashboard costs, coarse enough not to flicker.
fn own_cost(cx: Cx<'_>, width: u16) -> String {
    let Some(own) = cx.state.own else { return String::new() };
    let cpu =
        if own.cpu_percent < 9.95 { format!("{:.1}", own.cpu_percent) } else { format!("{:.0}", own.cpu_percent) };
    let memory = own.rss.0 / 1_000_000;
    let link = match own.terminal_bytes_per_s / 1e3 {
        kilo if kilo < 1.0 => "<1".to_string(),
        kilo if kilo < 9.95 => format!("{kilo:.1}"),
        kilo => format!("{kilo:.0}"),
    };
    match width {
        0..70 => format!("nntop {cpu}% · {memory}MB"),
        70..100 => format!("nntop {cpu}% · {memory}MB · {link}kB/s"),
        _ => format!("nntop {cpu} % CPU · {memory} MB · {link} kB/s"),
    }
}
