//! `nntop control`: lists what can be changed on this device, changes it, and undoes changes.

use super::formats::TextOrJson;
use super::output::note;
use super::{Exit, output};
use clap::Subcommand;
use nntop_agent::installer::{DataDir, Environment};
use nntop_core::event::Fault;
use nntop_core::text::lines;
use nntop_device::control::{Controls, Place, Tools};
use nntop_device::sampler::Root;
use serde_json::json;
use std::io::{IsTerminal, Write};

/// Shown below the help.
pub(super) const EXAMPLES: &str = "\
Examples:
  nntop control list
  nntop control set governor performance --allow-control
  nntop control restore --allow-control";

#[derive(Debug, Clone, Subcommand)]
pub(super) enum ControlCommand {
    /// Show what can be changed on this device, its present settings, and changes that an earlier nntop has not undone
    List {
        /// Output format
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: TextOrJson,
    },
    /// Change a setting until `nntop control restore`
    Set {
        /// The control: power-mode, pinned-clocks, fan, governor, end-process
        name: String,
        /// The new value: see nntop control list
        value: String,
        /// Confirms that the device may be changed
        #[arg(long, required = true)]
        allow_control: bool,
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
    /// Undo what nntop has changed, also an nntop that was killed
    Restore {
        /// Confirms that the device may be changed
        #[arg(long, required = true)]
        allow_control: bool,
    },
}

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
                (0, _) => output::print("nothing to restore\n")?,
                (_, 0) => {}
                _ => return Err(Fault::run("some changes could not be undone: the reasons are above")),
            }
        }
    }
    Ok(Exit::Ok)
}

/// Says what is still changed after a session that was to take back all.
pub(super) fn say_left() -> Result<(), Fault> {
    let controls = open()?;
    for name in controls.changed() {
        note(&format!("note: {name} is still changed; nntop control restore --allow-control undoes it"));
    }
    Ok(())
}

fn open() -> Result<Controls, Fault> {
    let folder = DataDir::of(&Environment::of_this_process()).map_err(|e| Fault::run(e.to_string()))?;
    let tools = Tools::of_path(std::env::var_os("PATH").as_deref());
    let place = Place { root: Root::live(), tools, folder: folder.path().to_owned() };
    Controls::open(place, |_, text| note(&text))
}

fn list(controls: &Controls, format: TextOrJson) -> Result<(), Fault> {
    let states = controls.states();
    let left: Vec<&str> = controls.left().collect();
    if format == TextOrJson::Json {
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
        text.push_str(&format!("{name} was changed by an earlier nntop: nntop control restore undoes it\n"));
    }
    output::print(&text)
}

/// Asks at the terminal.
fn meant(controls: &Controls, name: &str, value: &str) -> Result<bool, Fault> {
    if !std::io::stdin().is_terminal() {
        return Err(Fault::input("not a terminal: cannot ask for confirmation").hint("use --yes to skip it"));
    }
    let now = controls.states().into_iter().find(|state| state.name == name).and_then(|state| state.now);
    ask(&format!("set {name} to {value}{}? [y/N] ", now.map_or(String::new(), |now| format!(", now {now}"))));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|e| Fault::run(format!("the answer cannot be read: {e}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Prints a question, and leaves the cursor behind it.
fn ask(question: &str) {
    let _ = std::io::stderr().write_all(lines(question).as_bytes());
}
