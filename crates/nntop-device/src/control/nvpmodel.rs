//! The power mode of a Jetson: `nvpmodel -m ID`, with the board's own table of modes.

use super::{Control, Place, Seen};
use nntop_core::event::Fault;
use std::ffi::OsStr;

const STATUS: &str = "/var/lib/nvpmodel/status";
const MODES: &str = "/etc/nvpmodel.conf";
const TOOL: &str = "nvpmodel";

pub(super) struct PowerMode;

/// Numbers and names: `< POWER_MODEL ID=2 NAME=MAXN_SUPER >`.
fn modes(place: &Place) -> Vec<(u32, String)> {
    let table = place.root.read(MODES).unwrap_or_default();
    let mode = |line: &str| {
        let value = |key: &str| line.split([' ', '<', '>']).find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        Some((value("ID")?.parse().ok()?, value("NAME")?.to_owned()))
    };
    let lines = table.lines().map(str::trim).filter(|line| line.starts_with('<') && line.contains("POWER_MODEL"));
    lines.filter_map(mode).collect()
}

/// `pmode:0002`
fn now(place: &Place) -> Option<u32> {
    place.root.text(STATUS)?.strip_prefix("pmode:")?.split_whitespace().next()?.parse().ok()
}

fn set(place: &Place, id: u32) -> Result<(), Fault> {
    #[cfg(feature = "jtop")]
    if super::jtop::is_here(place) {
        return super::jtop::power_mode(place, id);
    }
    let id = id.to_string();
    place.tools.run(TOOL, &[OsStr::new("-m"), OsStr::new(&id)])?;
    Ok(())
}

impl Control for PowerMode {
    fn name(&self) -> &'static str {
        "power-mode"
    }

    fn what(&self) -> &'static str {
        "the board's power mode (nvpmodel)"
    }

    fn look(&self, place: &Place) -> Result<Seen, String> {
        let modes = modes(place);
        if modes.is_empty() {
            return Err(format!("{MODES}: no power modes: this is no Jetson"));
        }
        let now = now(place).and_then(|id| modes.iter().find(|(of, _)| *of == id)).map(|(_, name)| name.clone());
        Ok(Seen { now, choices: modes.into_iter().map(|(_, name)| name).collect() })
    }

    fn set(&self, place: &Place, value: &str) -> Result<(), Fault> {
        let id = modes(place).into_iter().find(|(_, name)| name == value).map(|(id, _)| id);
        let id = id.ok_or_else(|| Fault::input(format!("{value} is no power mode of this board")))?;
        set(place, id)?;
        match now(place) {
            Some(now) if now != id => Err(Fault::run(format!("the board stays in mode {now}"))
                .hint("some modes need a restart of the board: sudo nvpmodel -m ID asks for it")),
            _ => Ok(()),
        }
    }

    fn remember(&self, place: &Place) -> Result<Option<String>, Fault> {
        Ok(now(place).map(|id| id.to_string()))
    }

    fn restore(&self, place: &Place, before: &str) -> Result<(), Fault> {
        set(place, before.parse().map_err(|_| Fault::run(format!("{before} is no number of a mode")))?)
    }

    fn stays(&self, _before: &str) -> bool {
        true
    }
}
