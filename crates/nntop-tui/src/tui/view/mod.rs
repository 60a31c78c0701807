//! The screen: `draw` is a pure function of state, choices, theme and size.
//!
//! ```text
//!  header                                   one line
//!  the page                                 the rest
//!  footer                                   one line
//! ```

mod accuracy;
mod compare;
mod control;
mod device;
pub(super) mod device_page;
mod difference;
mod distribution;
mod failed;
mod figures;
mod footer;
mod header;
mod help;
mod latency_chart;
mod live;
mod loading;
mod log;
mod names;
mod operators;
mod ops;
mod pane;
mod ratios;
mod readings;
mod status;
mod table;

pub(super) use latency_chart::zoomed;

use super::symbols;
use super::widget::paint;
use super::{Msg, Page, Theme, Ui};
use nntop_core::unit::Nanos;
use nntop_state::{Comparison, State};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The least width and height on which something useful can be shown.
pub const MIN_SIZE: (u16, u16) = (60, 16);

/// What every view reads.
#[derive(Clone, Copy)]
struct Cx<'a> {
    state: &'a State,
    ui: &'a Ui,
    theme: &'a Theme,
}

impl Cx<'_> {
    /// Whether nothing is being measured now.
    fn resting(&self) -> bool {
        self.state.paused || self.state.done
    }

    /// The time that clocks and latency charts show: it stands still with the work, so that a paused
    /// screen has nothing to repaint.
    fn work_time(&self) -> Nanos {
        let last = self.state.variants.iter().filter_map(|v| v.latency.recent.back()).map(|b| b.t1).max();
        match last {
            Some(t) if self.resting() => t,
            _ => self.state.now,
        }
    }

    /// How long further pairs of blocks take, at the pace of those that were measured.
    fn time_for(&self, c: &Comparison, more: u64) -> Option<Nanos> {
        let began = self.state.variants.iter().filter_map(|v| v.measuring_since).min()?;
        let spent = self.work_time().since(began).as_secs_f64();
        (c.pairs > 0 && spent > 0.0).then(|| Nanos::from_secs_f64(spent / c.pairs as f64 * more as f64))
    }

    /// Whether variants need their letters to be told apart.
    fn several(&self) -> bool {
        self.state.variants.len() > 1
    }
}

/// What a click on a cell means.
pub(super) fn clicked(state: &State, ui: &Ui, theme: &Theme, area: Rect, at: (u16, u16)) -> Option<Msg> {
    let cx = Cx { state, ui, theme };
    if area.width < MIN_SIZE.0 || area.height < MIN_SIZE.1 {
        return None;
    }
    match at.1 {
        0 => header::clicked(cx, area, at.0).map(Msg::Show),
        y if y == area.height - 1 => footer::clicked(cx, paint::rows(area, y, 1), at.0),
        _ if ui.help => Some(Msg::ToggleHelp),
        _ if ui.page == Page::Ops => ops::clicked(cx, paint::rows(area, 1, area.height - 2), at).map(Msg::Ops),
        _ => None,
    }
}

/// Paints the whole screen.
pub fn draw(state: &State, ui: &Ui, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let cx = Cx { state, ui, theme };
    if area.width < MIN_SIZE.0 || area.height < MIN_SIZE.1 {
        let (w, h) = (area.width, area.height);
        let text =
            format!("terminal is {w}x{h}: nntop needs at least {}x{}. Enlarge it; q quits.", MIN_SIZE.0, MIN_SIZE.1);
        for (y, part) in paint::wrap(&text, w).iter().enumerate() {
            paint::text(buf, area, 0, y as u16, part, theme.text());
        }
    } else {
        header::draw(cx, paint::rows(area, 0, 1), buf);
        let body = paint::rows(area, 1, area.height - 2);
        match ui.page {
            Page::Live => live::draw(cx, body, buf),
            Page::Ops => ops::draw(cx, body, buf),
            Page::Device => {
                device_page::draw(cx, body, buf);
                control::draw(cx, body, buf);
            }
            Page::Compare => compare::draw(cx, body, buf),
            Page::Log => log::draw(cx, body, buf),
            Page::Accuracy => accuracy::draw(cx, body, buf),
        }
        if ui.help {
            help::draw(cx, body, buf);
        }
        footer::draw(cx, paint::rows(area, area.height - 1, 1), buf);
    }
    if theme.ascii {
        symbols::plain(buf);
    }
}

/// A part of the screen, by name.
#[cfg(test)]
pub(super) struct Pane {
    pub(super) name: &'static str,
    pub(super) area: Rect,
}

/// The parts of the screen, where [`draw`] paints them.
#[cfg(test)]
pub(super) fn panes(state: &State, ui: &Ui, theme: &Theme, area: Rect) -> Vec<Pane> {
    let cx = Cx { state, ui, theme };
    let body = paint::rows(area, 1, area.height - 2);
    let mut all = vec![("header", paint::rows(area, 0, 1)), ("footer", paint::rows(area, area.height - 1, 1))];
    match ui.page {
        _ if ui.help => all.push(("body", body)),
        Page::Live => {
            let live::Layout { variants, device, operators, status, .. } = live::Layout::of(cx, body);
            all.extend([("variants", variants), ("device", device), ("operators", operators), ("status", status)]);
        }
        Page::Ops => all.extend(ops::panes(cx, body)),
        Page::Device | Page::Compare | Page::Log | Page::Accuracy => all.push(("body", body)),
    }
    all.into_iter().filter(|(_, area)| !area.is_empty()).map(|(name, area)| Pane { name, area }).collect()
}
