//! Messages that are about the device page.

use crate::tui::view::device_page::{Extent, extent};
use crate::tui::{Msg, Panel, Ui};
use nntop_state::State;

/// Closes what is open on the page; says whether there was something.
pub(super) fn back(ui: &mut Ui) -> bool {
    let device = &mut ui.device;
    if device.typing || !device.filter.is_empty() {
        device.typing = false;
        device.filter.clear();
    } else if device.open {
        device.open = false;
    } else {
        return false;
    }
    device.scroll = 0;
    true
}

/// Letters of the filter.
pub(super) fn typed(ui: &mut Ui, msg: &Msg) {
    let device = &mut ui.device;
    match msg {
        Msg::Search => {
            // The processes are what is filtered: they have to be on the screen.
            (device.typing, device.focus, device.open) = (true, Panel::Processes, true);
        }
        Msg::Type(c) => device.filter.push(*c),
        Msg::Erase => drop(device.filter.pop()),
        _ => device.typing = false,
    }
    device.scroll = 0;
}

/// Scrolls, as far as there is something.
pub(super) fn scroll(ui: &mut Ui, state: &State, by: isize) {
    let Extent { most, .. } = extent(state, ui);
    let at = ui.device.scroll.min(most) as isize;
    ui.device.scroll = at.saturating_add(by).clamp(0, most as isize) as u16;
}

/// Focuses another panel of those that there are, and brings it onto the screen.
pub(super) fn step_panel(ui: &mut Ui, state: &State, by: isize) {
    let places = extent(state, ui).panels;
    if places.is_empty() {
        return;
    }
    let at = places.iter().position(|p| p.0 == ui.device.focus).unwrap_or(0) as isize;
    ui.device.focus = places[(at + by).rem_euclid(places.len() as isize) as usize].0;
    if ui.device.open {
        ui.device.scroll = 0;
        return;
    }
    let Extent { most, height, panels } = extent(state, ui);
    let Some((_, top, bottom)) = panels.into_iter().find(|p| p.0 == ui.device.focus) else { return };
    let scroll = ui.device.scroll.min(most);
    ui.device.scroll = if top < scroll {
        top
    } else if bottom > scroll + height {
        (bottom - height).min(top)
    } else {
        scroll
    }
    .min(most);
}
