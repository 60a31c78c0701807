//! Messages change the choices and ask for effects. Pure, so that every key can be tested without a terminal.

mod control;
mod device;

use super::view::zoomed;
use super::{ControlMsg, Effect, Msg, OpsMsg, Page, Panel, Ui, ops};
use nntop_core::event::{Order, Slot};
use nntop_state::State;

/// Takes in a message.
pub fn update(ui: &mut Ui, msg: Msg, state: &State) -> Vec<Effect> {
    ui.message = None;
    match msg {
        Msg::Quit => return vec![Effect::Quit],
        Msg::Back => return back(ui, state),
        Msg::TogglePause => return pause(ui, state),
        Msg::Profile => return profile(ui, state),
        Msg::Restart => return restart(ui, state),
        Msg::ToggleFreeze => ui.frozen = !ui.frozen,
        Msg::FocusStep(by) => step_focus(ui, state, by),
        Msg::Focus(place) => focus(ui, state, Slot(place)),
        Msg::Show(page) if ui.pages().contains(&page) => ui.page = page,
        Msg::Show(_) => ui.message = Some("monitor mode has only Device and Log".into()),
        Msg::PageStep(by) => ui.page = ui.page_after(by),
        Msg::ToggleHelp => (ui.help, ui.help_scroll) = (!ui.help, 0),
        Msg::Scroll(by) => scroll(ui, state, by),
        Msg::ScrollTop => scroll(ui, state, isize::MIN / 2),
        Msg::ScrollBottom => scroll(ui, state, isize::MAX / 2),
        Msg::ToggleErrorsFirst => (ui.log.errors_first, ui.log.scroll) = (!ui.log.errors_first, 0),
        Msg::Control(msg) => return control::update(ui, msg, state),
        Msg::Ops(msg) => ops::update(&mut ui.ops, msg, state),
        Msg::Search if ui.page == Page::Ops => ui.ops.typing = true,
        Msg::Type(c) if ui.page == Page::Ops => ui.ops.filter.push(c),
        Msg::Erase if ui.page == Page::Ops => drop(ui.ops.filter.pop()),
        Msg::Accept if ui.page == Page::Ops => ui.ops.typing = false,
        Msg::ToggleOpen => (ui.device.open, ui.device.scroll) = (!ui.device.open, 0),
        Msg::PanelStep(by) => device::step_panel(ui, state, by),
        Msg::Zoom(by) if ui.page == Page::Live => ui.chart_zoom = zoomed(ui.chart_zoom, by),
        Msg::Zoom(by) => ui.device.zoom_by(by),
        Msg::EndProcess => device::end_process(ui, state),
        Msg::NextOrder => (ui.device.order, ui.device.focus) = (ui.device.order.next(), Panel::Processes),
        Msg::Search | Msg::Type(_) | Msg::Erase | Msg::Accept if ui.page == Page::Device => device::typed(ui, &msg),
        Msg::Search => ui.log.typing = true,
        Msg::Type(c) => (ui.log.search, ui.log.scroll) = (format!("{}{c}", ui.log.search), 0),
        Msg::Erase => drop(ui.log.search.pop()),
        Msg::Accept => ui.log.typing = false,
        Msg::Say(text) => ui.message = Some(text),
        Msg::Screenshot => return vec![Effect::Screenshot],
        Msg::Flame => return vec![Effect::Flame],
        Msg::Record => return vec![Effect::Record],
        Msg::SaveSeen => return vec![Effect::SaveSeen],
        Msg::Mark => {
            ui.message = Some("marked".into());
            return vec![Effect::Send(Order::Mark)];
        }
        Msg::Playback(order) => return vec![Effect::Playback(order)],
        Msg::Redraw => return vec![Effect::Redraw],
        Msg::Suspend => return vec![Effect::Suspend],
    }
    Vec::new()
}

/// Escape closes the innermost thing that is open. It never ends: on a slow line it may be a piece of another key.
fn back(ui: &mut Ui, state: &State) -> Vec<Effect> {
    if ui.help {
        ui.help = false;
    } else if ui.control.is_some() {
        return control::update(ui, ControlMsg::Back, state);
    } else if ui.page == Page::Log && (ui.log.typing || !ui.log.search.is_empty()) {
        ui.log.typing = false;
        ui.log.search.clear();
        ui.log.scroll = 0;
    } else if ui.page == Page::Ops && ops::back(&mut ui.ops, state) {
        // It has closed something.
    } else if ui.page == Page::Device && device::back(ui) {
    } else if ui.frozen {
        ui.frozen = false;
    } else {
        ui.message = Some("nothing is open; q quits".into());
    }
    Vec::new()
}

fn pause(ui: &mut Ui, state: &State) -> Vec<Effect> {
    if state.done {
        ui.message = Some("the run is done: R restarts the variant in focus".into());
        return Vec::new();
    }
    vec![Effect::Send(if state.paused { Order::Resume } else { Order::Pause })]
}

fn profile(ui: &mut Ui, state: &State) -> Vec<Effect> {
    let said = if state.done {
        "the run is done: R restarts the variant in focus"
    } else if state.paused {
        "paused: space resumes, then p profiles"
    } else if state.parallel {
        "with --parallel, operators are profiled only before the measurement"
    } else {
        ui.message = Some("profiling".into());
        return vec![Effect::Send(Order::Profile { variant: None })];
    };
    ui.message = Some(said.into());
    Vec::new()
}

fn restart(ui: &mut Ui, state: &State) -> Vec<Effect> {
    match ui.focused(state) {
        Some(variant) => {
            ui.message = Some(match state.variants.len() {
                1 => "restarting".into(),
                _ => format!("restarting {variant}"),
            });
            vec![Effect::Send(Order::Restart { variant })]
        }
        None => Vec::new(),
    }
}

fn focus(ui: &mut Ui, state: &State, slot: Slot) {
    if state.variant(slot).is_some() {
        ui.focus = Some(slot);
    } else {
        ui.message = Some(format!("there is no variant {slot}"));
    }
}

fn step_focus(ui: &mut Ui, state: &State, by: isize) {
    let Some(now) = ui.focused(state) else { return };
    let at = state.variants.iter().position(|v| v.slot == now).unwrap_or(0) as isize;
    let to = (at + by).rem_euclid(state.variants.len() as isize) as usize;
    ui.focus = Some(state.variants[to].slot);
}

fn scroll(ui: &mut Ui, state: &State, by: isize) {
    if ui.help {
        ui.help_scroll = (ui.help_scroll as isize).saturating_add(by).clamp(0, 200) as u16;
    } else if ui.page == Page::Ops {
        ops::update(&mut ui.ops, OpsMsg::Rows(by), state);
    } else if ui.page == Page::Device {
        device::scroll(ui, state, by);
    } else if ui.page == Page::Log {
        // Home is the newest line at the bottom, so that scrolling up goes away from it.
        let away = if ui.log.errors_first { by } else { by.saturating_neg() };
        let last = state.log.iter().len().saturating_sub(1);
        ui.log.scroll = (ui.log.scroll as isize).saturating_add(away).clamp(0, last as isize) as usize;
    }
}
