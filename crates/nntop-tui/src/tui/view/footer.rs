//! The last line: keys that work here, and what watching costs.
//!
//! ```text
//!  space pause  z freeze  Tab page  s shot  ? help  q quit           nntop 0.4 % CPU · 11 MB · 1.2 kB/s
//! ```

use super::{Cx, paint};
use crate::tui::{Msg, keymap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let cost = own_cost(cx, area.width);
    let left = keys_area(area, &cost);
    paint::right(buf, Rect { width: area.width - 1, ..area }, 0, &cost, theme.dim());
    if let Some(message) = &cx.ui.message {
        paint::text(buf, left, 1, 0, &paint::fit(message, left.width.saturating_sub(1)), theme.focus());
        return;
    }
    let mut x = 1;
    for Key { label, short, .. } in keys(cx, left.width) {
        x = paint::text(buf, left, x, 0, label, theme.focus());
        x = paint::text(buf, left, x + 1, 0, short, theme.dim()) + 2;
    }
}

/// What a click on a key's name does: what the key does.
pub(super) fn clicked(cx: Cx<'_>, area: Rect, x: u16) -> Option<Msg> {
    let left = keys_area(area, &own_cost(cx, area.width));
    if cx.ui.message.is_some() {
        return None;
    }
    let mut from = 1;
    for Key { label, short, msg } in keys(cx, left.width) {
        let to = from + paint::width(label) + 1 + paint::width(short);
        if (from..to).contains(&x) {
            return Some(msg());
        }
        from = to + 2;
    }
    None
}

/// Where the keys are: left of what watching costs.
fn keys_area(area: Rect, cost: &str) -> Rect {
    Rect { width: area.width.saturating_sub(paint::width(cost) + 3), ..area }
}

/// A key as the footer shows it.
struct Key {
    label: &'static str,
    short: &'static str,
    msg: fn() -> Msg,
}

/// The keys for which there is room.
fn keys(cx: Cx<'_>, room: u16) -> Vec<Key> {
    let one = !cx.several();
    let replay = cx.ui.playhead;
    let own = keymap::REPLAY.iter().filter(|_| replay.is_some());
    let mut keys: Vec<Key> = own
        .chain(keymap::offered(cx.ui, cx.state).filter(|b| replay.is_none() || !keymap::steers(b)))
        .filter(|b| !(one && b.short == Some("focus")))
        .filter(|b| !(cx.state.done && b.short == Some("pause")))
        .filter_map(|b| b.short.map(|short| Key { label: b.label, short, msg: b.msg }))
        .map(|key| match key.short {
            "pause" if cx.state.paused => Key { short: "resume", ..key },
            "stop" if replay.is_some_and(|head| !head.playing) => Key { short: "play", ..key },
            "freeze" if cx.ui.frozen => Key { short: "unfreeze", ..key },
            "errors first" if cx.ui.log.errors_first => Key { short: "by time", ..key },
            _ => key,
        })
        .collect();
    // Help and quit always show; the others leave from the back.
    let width = |keys: &[Key]| keys.iter().map(|k| paint::width(k.label) + paint::width(k.short) + 3).sum::<u16>();
    while width(&keys) > room && keys.len() > 2 {
        keys.remove(keys.len() - 3);
    }
    keys
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
