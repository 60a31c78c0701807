//! The menu of controls: which, to what, and whether that is really meant.

use nntop_core::event::ControlState;
use nntop_state::State;

/// The control that asks a process to end.
pub(crate) const END_PROCESS: &str = "end-process";

/// How far a person is in the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlMenu {
    /// Which control; the row is that of the list.
    Which {
        /// The chosen row.
        row: usize,
    },
    /// To what.
    Value {
        /// The control's name.
        name: String,
        /// The chosen row.
        row: usize,
    },
    /// Whether that is meant.
    Confirm {
        /// The control's name.
        name: String,
        /// What it is to be set to.
        value: String,
    },
}

/// A key in the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlMsg {
    /// Open it.
    Open,
    /// Rows further on; negative is up.
    Step(isize),
    /// Take the row.
    Enter,
    /// It is meant; with `keep` it is left so at the end.
    Yes {
        /// Whether it is left so.
        keep: bool,
    },
    /// Close the innermost.
    Back,
}

/// What can be chosen for a control, with what is shown of it: values, or processes.
pub(crate) fn values(control: &ControlState, state: &State) -> Vec<(String, String)> {
    if !control.choices.is_empty() {
        return control.choices.iter().map(|choice| (choice.clone(), choice.clone())).collect();
    }
    let processes = state.device.processes.iter().flat_map(|processes| &processes.list);
    let others = processes.filter(|process| !process.own && process.variant.is_none() && process.pid > 1);
    others.map(|process| (process.pid.to_string(), format!("{} {}", process.pid, process.name))).collect()
}

/// A control by its name.
pub(crate) fn control<'a>(state: &'a State, name: &str) -> Option<&'a ControlState> {
    state.controls.iter().find(|control| control.name == name)
}
