//! The dashboard: views that are pure functions of the state, and the loop that puts them on a terminal.
//!
//! [`draw`] paints a [`State`](nntop_state::State) and a [`Ui`] into a buffer: same state, same size, same
//! cells. [`update`] turns a message (a key, mostly) into a changed [`Ui`] and effects. [`run`] owns the
//! terminal and ties the two together.

mod app;
mod control_ui;
mod device_ui;
mod keymap;
mod mouse;
mod msg;
mod ops;
mod pen;
mod present;
mod run;
mod screenshot;
mod self_cost;
mod sequence;
mod symbols;
mod terminal;
mod theme;
mod update;
mod view;
mod widget;

pub use app::{LogUi, Page, Ui};
pub use control_ui::{ControlMenu, ControlMsg};
pub use device_ui::{DeviceUi, Panel, ProcessOrder};
pub use msg::{Effect, Msg, RecorderOrder};
pub use ops::{By, Column, OpsMsg, OpsUi, Side};
pub use run::{Ended, Flame, Options, TuiError, replay, run, run_recorded};
pub use screenshot::svg;
pub use symbols::locale_is_utf8;
pub use theme::{Background, Colors, Theme};
pub use update::update;
pub use view::{MIN_SIZE, draw};

#[cfg(test)]
mod tests;
