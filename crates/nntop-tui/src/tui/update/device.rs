//! Messages that are about the device page.

use crate::tui::control_ui::{END_PROCESS, control};
use crate::tui::view::device_page::{Extent, extent, processes};
use crate::tui::{ControlMenu, Msg, Panel, Ui};
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

/// Scrolls, as far as there is something; where processes are in focus their cursor moves, and the page with it.
pub(super) fn scroll(ui: &mut Ui, state: &State, by: isize) {
    if let Some(at) = processes::chosen(state, ui) {
        return step_process(ui, state, at, by);
    }
    let Extent { most, .. } = extent(state, ui);
    let at = ui.device.scroll.min(most) as isize;
    ui.device.scroll = at.saturating_add(by).clamp(0, most as isize) as u16;
}

/// Chooses another process, and brings it onto the screen.
fn step_process(ui: &mut Ui, state: &State, at: usize, by: isize) {
    let list = processes::listed(state, &ui.device);
    let to = at.saturating_add_signed(by).min(list.len().saturating_sub(1));
    ui.device.process = list.get(to).map(|p| p.pid);
    let Extent { most, height, panels } = extent(state, ui);
    // The list ends the page: what is hidden of it and of the page is scrolled as one.
    let Some((_, top, bottom)) = panels.into_iter().find(|p| p.0 == Panel::Processes) else { return };
    let (head, foot) = if ui.device.open { (2, 1) } else { (top + 2, 1) };
    let (row, height) = (head + to as u16, if ui.device.open { height } else { height.max(bottom - top) });
    let scroll = ui.device.scroll.min(most);
    let least = (row + 1 + foot).saturating_sub(height);
    ui.device.scroll = scroll.clamp(least.min(most), row.saturating_sub(head).max(least).min(most));
}

/// Asks whether the chosen process is to be ended.
pub(super) fn end_process(ui: &mut Ui, state: &State) {
    let Some(at) = processes::chosen(state, ui) else {
        ui.message = Some("no process is chosen: ← → to the processes, ↑ ↓ to one of them".into());
        return;
    };
    if control(state, END_PROCESS).is_none() {
        ui.message = Some("processes are ended from here with --allow-control".into());
        return;
    }
    let list = processes::listed(state, &ui.device);
    let process = list[at];
    if process.own || process.variant.is_some() || process.pid <= 1 {
        ui.message =
            Some(format!("{} {} is nntop's own, or the system's first: it is not ended", process.pid, process.name));
        return;
    }
    ui.device.process = Some(process.pid);
    ui.control = Some(ControlMenu::Confirm { name: END_PROCESS.into(), value: process.pid.to_string() });
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
