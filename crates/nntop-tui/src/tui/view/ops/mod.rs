//! Page 2: operators as a table and as a flame, one selection for both.
//!
//! ```text
//!  resnet50 · onnxruntime CUDA   burst 12, 3 s ago, +6 %                by ▸operator type provider module
//! ╭ 124 operators · 4.47 ms self of 4.51 ms · 124 of 124 on CUDA ────────────────────────────────────────╮
//! │   self ms   share                    calls   GFLOP/s   FLOP/B   type   operator                      │
//! ├ flame: width is time ────────────────────────────────────────────────────────────────────────────────┤
//! │ layer1          │layer2                  │layer3                           │layer4           │conv1 │fc│
//! ╰──────────────────────────────────────────────────────────────────────────────────────────────────────╯
//!  Conv /layer4/layer4.1/conv2   1×512×7×7 · 512×512×3×3 → 1×512×7×7
//!  0.40 ms · 8.8 %   0.231 GFLOP · 578 GFLOP/s   last 12 bursts ▄▅▄▅▅▄▅▄
//! ```

mod columns;
mod detail;
mod empty;
mod flame;
mod head;
mod table;

use super::{Cx, names, paint};
use crate::tui::ops::{Data, OpsMsg};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Where things are.
struct Layout {
    head: Rect,
    /// With its frame.
    table: Rect,
    /// With its frame; empty where there is no room.
    flame: Rect,
    detail: Rect,
}

impl Layout {
    /// `deep`: rows that the flame would like to have; `long`: rows that the table has.
    fn of(area: Rect, deep: u16, long: usize) -> Self {
        let detail = if area.height >= 18 { 2 } else { 1 };
        let between = area.height.saturating_sub(1 + detail);
        // The table keeps the larger part, it has the numbers; what it does not need is the flame's.
        let spare = between.saturating_sub(long.min(1_000) as u16 + 3);
        let flame = (deep + 2).min(spare.max(between * 2 / 5));
        let flame = if flame < 4 { 0 } else { flame };
        let table = between - flame;
        Self {
            head: paint::rows(area, 0, 1),
            table: paint::rows(area, 1, table),
            flame: paint::rows(area, 1 + table, flame),
            detail: paint::rows(area, 1 + between, detail),
        }
    }

    fn for_data(cx: Cx<'_>, area: Rect, data: &Data<'_>) -> Self {
        Self::of(area, flame::depth(data, &cx.ui.ops).max(3), data.rows.len())
    }
}

/// The share of an inference between operators, where it is more than a tenth: their times are not all of it. What devices or
/// other threads worked meanwhile is no part of it.
fn missing(data: &Data<'_>, which: usize) -> Option<f64> {
    let profile = data.profiles.get(which)?;
    let share = profile.idle().0 as f64 / profile.whole().0.max(1) as f64;
    (share > 0.1).then_some(share)
}

/// The area within a frame, as [`paint::framed`] gives it.
fn inside(area: Rect) -> Rect {
    if area.width < 4 || area.height < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
}

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let Some(data) = Data::of(cx.state, &cx.ui.ops) else {
        head::draw(cx, None, paint::rows(area, 0, 1), buf);
        empty::draw(cx, paint::rows(area, 1, area.height - 1), buf);
        return;
    };
    let layout = Layout::for_data(cx, area, &data);
    head::draw(cx, Some(&data), layout.head, buf);
    table::draw(cx, &data, layout.table, buf);
    flame::draw(cx, &data, layout.flame, buf);
    detail::draw(cx, &data, layout.detail, buf);
}

/// The parts of the page, by name.
#[cfg(test)]
pub(super) fn panes(cx: Cx<'_>, area: Rect) -> Vec<(&'static str, Rect)> {
    let Some(data) = Data::of(cx.state, &cx.ui.ops) else { return vec![("body", area)] };
    let Layout { head, table, flame, detail } = Layout::for_data(cx, area, &data);
    vec![("operators_head", head), ("table", table), ("flame", flame), ("operators_detail", detail)]
}

/// What a click on a cell of the screen means.
pub(super) fn clicked(cx: Cx<'_>, area: Rect, (x, y): (u16, u16)) -> Option<OpsMsg> {
    let data = Data::of(cx.state, &cx.ui.ops)?;
    let layout = Layout::for_data(cx, area, &data);
    let at = ratatui::layout::Position { x, y };
    if layout.head.contains(at) {
        head::clicked(cx, layout.head, x)
    } else if layout.table.contains(at) {
        table::clicked(cx, &data, layout.table, at)
    } else if layout.flame.contains(at) {
        flame::clicked(cx, &data, layout.flame, at)
    } else {
        None
    }
}
