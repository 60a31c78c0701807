//! Keys in the menu of controls. Pure, as all updates are.

use crate::tui::control_ui::{control, values};
use crate::tui::{ControlMenu, ControlMsg, Effect, Ui};
use nntop_core::event::{ControlState, Order};
use nntop_state::State;

/// Takes in a key.
pub(super) fn update(ui: &mut Ui, msg: ControlMsg, state: &State) -> Vec<Effect> {
    match (msg, ui.control.take()) {
        (ControlMsg::Open, _) if ui.playhead.is_some() => {
            ui.message = Some("this is a replay: the device cannot be changed".into());
        }
        (ControlMsg::Open, _) if state.controls.is_empty() => {
            ui.message = Some("changing the device is off: start with nntop monitor --allow-control".into());
        }
        (ControlMsg::Open, _) => ui.control = Some(ControlMenu::Which { row: 0 }),
        (ControlMsg::Step(by), Some(menu)) => ui.control = Some(step(menu, by, state)),
        (ControlMsg::Enter, Some(ControlMenu::Which { row })) => match state.controls.get(row) {
            Some(ControlState { name, absent: None, .. }) => {
                ui.control = Some(ControlMenu::Value { name: name.clone(), row: 0 });
            }
            Some(ControlState { absent: Some(why), .. }) => {
                (ui.message, ui.control) = (Some(why.clone()), Some(ControlMenu::Which { row }));
            }
            None => {}
        },
        (ControlMsg::Enter, Some(ControlMenu::Value { name, row })) => {
            let value = control(state, &name).and_then(|control| values(control, state).into_iter().nth(row));
            ui.control = value.map(|(value, _)| ControlMenu::Confirm { name, value });
        }
        (ControlMsg::Yes { keep }, Some(ControlMenu::Confirm { name, value })) => {
            ui.message = Some(format!("{name}: {value} ..."));
            return vec![Effect::Send(Order::Control { name, value, keep })];
        }
        (ControlMsg::Back, Some(ControlMenu::Value { name, .. } | ControlMenu::Confirm { name, .. })) => {
            let row = state.controls.iter().position(|control| control.name == name).unwrap_or(0);
            ui.control = Some(ControlMenu::Which { row });
        }
        (ControlMsg::Back, _) => {}
        // Enter on the question is no answer: a key that was pressed once too often must change nothing.
        (_, menu) => ui.control = menu,
    }
    Vec::new()
}

fn step(menu: ControlMenu, by: isize, state: &State) -> ControlMenu {
    let moved = |row: usize, rows: usize| row.saturating_add_signed(by).min(rows.saturating_sub(1));
    match menu {
        ControlMenu::Which { row } => ControlMenu::Which { row: moved(row, state.controls.len()) },
        ControlMenu::Value { name, row } => {
            let rows = control(state, &name).map_or(0, |control| values(control, state).len());
            ControlMenu::Value { row: moved(row, rows), name }
        }
        confirm => confirm,
    }
}
