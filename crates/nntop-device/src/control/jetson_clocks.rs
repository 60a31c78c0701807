//! Pinned clocks of a Jetson: the tool `jetson_clocks`, which stores and restores what it changes in a file.

use super::{Control, Place, Seen};
use nntop_core::event::Fault;
use std::ffi::OsStr;
use std::path::PathBuf;

const TOOL: &str = "jetson_clocks";
const POLICIES: &str = "/sys/devices/system/cpu/cpufreq";

/// Marks what jtop is to bring back, not the tool.
#[cfg(feature = "jtop")]
const BY_JTOP: &str = "jtop:";

pub(super) struct PinnedClocks;

/// Where what was set before is kept.
fn store(place: &Place) -> PathBuf {
    place.folder.join("jetson-clocks.conf")
}

/// Whether jtop does it: in a container that has its socket, the tool need not be there.
fn by_jtop(_place: &Place) -> bool {
    #[cfg(feature = "jtop")]
    return super::jtop::is_here(_place);
    #[cfg(not(feature = "jtop"))]
    false
}

/// Nothing keeps a note of it: seen by its effect on the CPUs.
fn pinned(place: &Place) -> Option<bool> {
    let policies = place.root.list(POLICIES).into_iter().filter(|name| name.starts_with("policy"));
    let khz = |policy: &str, file: &str| place.root.number(format!("{POLICIES}/{policy}/{file}")).ok();
    let pairs = policies.filter_map(|p| Some((khz(&p, "scaling_min_freq")?, khz(&p, "scaling_max_freq")?)));
    let pairs: Vec<(f64, f64)> = pairs.collect();
    (!pairs.is_empty()).then(|| pairs.iter().all(|(low, high)| low == high))
}

fn word(pinned: bool) -> &'static str {
    if pinned { "on" } else { "off" }
}

impl Control for PinnedClocks {
    fn name(&self) -> &'static str {
        "pinned-clocks"
    }

    fn what(&self) -> &'static str {
        "all clocks at their highest (jetson_clocks)"
    }

    fn look(&self, place: &Place) -> Result<Seen, String> {
        if place.tools.find(TOOL).is_none() && !by_jtop(place) {
            return Err(format!("{TOOL} is not installed: this is no Jetson"));
        }
        Ok(Seen { now: pinned(place).map(|pinned| word(pinned).into()), choices: vec!["on".into(), "off".into()] })
    }

    fn set(&self, place: &Place, value: &str) -> Result<(), Fault> {
        #[cfg(feature = "jtop")]
        if super::jtop::is_here(place) {
            return super::jtop::pinned_clocks(place, value == "on");
        }
        if value == "on" {
            return place.tools.run(TOOL, &[]);
        }
        // What we stored before, where it was us; else the tool's own file, which whoever pinned them has stored.
        match pinned(place) {
            Some(false) => Ok(()),
            _ => place.tools.run(TOOL, &[OsStr::new("--restore")]),
        }
    }

    fn remember(&self, place: &Place) -> Result<Option<String>, Fault> {
        #[cfg(feature = "jtop")]
        if super::jtop::is_here(place) {
            return Ok(pinned(place).map(|pinned| format!("{BY_JTOP}{}", word(pinned))));
        }
        let path = store(place);
        // It asks before it overwrites.
        let _ = std::fs::remove_file(&path);
        place.tools.run(TOOL, &[OsStr::new("--store"), path.as_os_str()])?;
        Ok(Some(path.display().to_string()))
    }

    fn restore(&self, place: &Place, before: &str) -> Result<(), Fault> {
        #[cfg(feature = "jtop")]
        if let Some(word) = before.strip_prefix(BY_JTOP) {
            return self.set(place, word);
        }
        place.tools.run(TOOL, &[OsStr::new("--restore"), OsStr::new(before)])
    }
}
