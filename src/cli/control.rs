//! `nntop control`: what of the device can be changed, changing it, and taking it back.

use super::args::{ControlCommand, SnapshotFormat};
use super::{Exit, output};
use nntop_agent::installer::{DataDir, Environment};
use nntop_core::event::Fault;
use nntop_device::control::{Controls, Place, Tools};
use nntop_device::sampler::Root;
use serde_json::json;
use std::io::{IsTerminal, Write};

/// The schema's name and major version.
const SCHEMA: &str = "nntop.control/1";

pub(super) fn run(command: &ControlCommand) -> Result<Exit, Fault> {
    let mut controls = open()?;
    match command {
        ControlCommand::List { format } => list(&controls, *format)?,
        ControlCommand::Set { name, value, yes, .. } => {
            if !yes && !meant(&controls, name, value)? {
                return Ok(Exit::Ok);
            }
            controls.set(name, value, true)?;
        }
        ControlCommand::Restore { .. } => {
            let before = controls.left().count();
            controls.undo_left(true);
            match (before, controls.left().count()) {
                (0, _) => output::print("nothing to take back\n")?,
                (_, 0) => {}
                _ => return Err(Fault::run("not all could be taken back: the reasons are above")),
            }
        }
    }
    Ok(Exit::Ok)
}

/// Says what is still changed after a session that was to take back all.
pub(super) fn say_left() -> Result<(), Fault> {
    let controls = open()?;
    for name in controls.changed() {
        talk(&format!("note: {name} is left changed; nntop control restore --allow-control takes it back\n"));
    }
    Ok(())
}

fn open() -> Result<Controls, Fault> {
    let folder = DataDir::of(&Environment::of_this_process()).map_err(|e| Fault::run(e.to_string()))?;
    let tools = Tools::of_path(std::env::var_os("PATH").as_deref());
    let place = Place { root: Root::live(), tools, folder: folder.path().to_owned() };
    Controls::open(place, |_, text| talk(&format!("{text}\n")))
}

fn list(controls: &Controls, format: SnapshotFormat) -> Result<(), Fault> {
    let states = controls.states();
    let left: Vec<&str> = controls.left().collect();
    if format == SnapshotFormat::Json {
        let value = json!({ "schema": SCHEMA, "nntop": env!("CARGO_PKG_VERSION"), "controls": states, "left": left });
        let text = serde_json::to_string_pretty(&value).map_err(|e| Fault::run(e.to_string()))?;
        return output::print(&format!("{text}\n"));
    }
    let mut text = String::new();
    for state in states {
        let now = match (&state.absent, &state.now) {
            (Some(why), _) => format!("not here: {why}"),
            (None, Some(now)) => format!("{now}; can be {}", state.choices.join(", ")),
            (None, None) => state.what.clone(),
        };
        text.push_str(&format!("{:<14} {now}\n", state.name));
    }
    for name in left {
        text.push_str(&format!("{name} was changed by an nntop that has ended: nntop control restore takes it back\n"));
    }
    output::print(&text)
}

/// Asks at the terminal.
fn meant(controls: &Controls, name: &str, value: &str) -> Result<bool, Fault> {
    if !std::io::stdin().is_terminal() {
        return Err(Fault::input("there is no terminal to ask at").hint("--yes says that it is meant"));
    }
    let now = controls.states().into_iter().find(|state| state.name == name).and_then(|state| state.now);
    talk(&format!("set {name} to {value}{}? [y/N] ", now.map_or(String::new(), |now| format!(", now {now}"))));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|e| Fault::run(format!("the answer cannot be read: {e}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Talk: where standard error is gone nobody misses it.
fn talk(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
