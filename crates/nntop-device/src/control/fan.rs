//! The board's fan: `pwm1` and `pwm1_enable` of hwmon, by hand in quarters or as the system governs it. Where jtop runs it owns the fan:
//! what is written past it, it or its nvfancontrol takes back.

use super::{Control, Place, Seen, refused};
use nntop_core::event::Fault;
use nntop_core::unit::parse;

const CHIPS: &str = "/sys/class/hwmon";
const AUTO: &str = "auto";
const BY_HAND: &str = "1";

/// Marks what jtop is to bring back.
#[cfg(feature = "jtop")]
const BY_JTOP: &str = "jtop:";

pub(super) struct Fan;

/// The folder of the chip that drives a fan: one that says so by its name first.
fn chip(place: &Place) -> Option<String> {
    let chips = place.root.list(CHIPS).into_iter().map(|name| format!("{CHIPS}/{name}"));
    let drives = |chip: &String| place.root.path(format!("{chip}/pwm1")).exists();
    let mut chips: Vec<String> = chips.filter(drives).collect();
    chips.sort_by_key(|chip| !place.root.text(format!("{chip}/name")).is_some_and(|name| name.contains("fan")));
    chips.into_iter().next()
}

fn write(place: &Place, chip: &str, file: &str, value: &str) -> Result<(), Fault> {
    let path = format!("{chip}/{file}");
    std::fs::write(place.root.path(&path), value).map_err(|e| refused(&path, &e))
}

impl Control for Fan {
    fn name(&self) -> &'static str {
        "fan"
    }

    fn what(&self) -> &'static str {
        "the fan's drive"
    }

    fn look(&self, place: &Place) -> Result<Seen, String> {
        let chip = chip(place).ok_or_else(|| format!("{CHIPS}: no chip drives a fan (pwm1)"))?;
        let by_hand = place.root.text(format!("{chip}/pwm1_enable")).is_none_or(|mode| mode == BY_HAND);
        let drive = place.root.number(format!("{chip}/pwm1")).ok();
        let percent = drive.map(|pwm| format!("{:.0}%", pwm / 2.55));
        let mut choices: Vec<String> = ["0%", "25%", "50%", "75%", "100%"].map(str::to_owned).into();
        #[cfg(feature = "jtop")]
        if super::jtop::is_here(place) {
            choices.insert(0, AUTO.into());
            // Who governs it only the service knows, and asking it takes as long as a reading of its.
            return Ok(Seen { now: percent, choices });
        }
        if place.root.path(format!("{chip}/pwm1_enable")).exists() {
            choices.insert(0, AUTO.into());
        }
        Ok(Seen { now: if by_hand { percent } else { Some(AUTO.into()) }, choices })
    }

    fn set(&self, place: &Place, value: &str) -> Result<(), Fault> {
        let percent = parse::percent(value).map(|percent| percent.clamp(0.0, 100.0));
        let no_share = |why| Fault::input(format!("fan: {why}"));
        #[cfg(feature = "jtop")]
        if super::jtop::is_here(place) {
            return match value {
                AUTO => super::jtop::fan_profile(place, None),
                _ => super::jtop::fan_speed(place, percent.map_err(no_share)?),
            };
        }
        let chip = chip(place).ok_or_else(|| Fault::run("no chip drives a fan"))?;
        if value == AUTO {
            // hwmon's ABI: 2 and above are kinds of automatic.
            return write(place, &chip, "pwm1_enable", "2");
        }
        let percent = percent.map_err(no_share)?;
        if place.root.path(format!("{chip}/pwm1_enable")).exists() {
            write(place, &chip, "pwm1_enable", BY_HAND)?;
        }
        write(place, &chip, "pwm1", &format!("{:.0}", (percent * 2.55 + 1e-6).round()))
    }

    fn remember(&self, place: &Place) -> Result<Option<String>, Fault> {
        #[cfg(feature = "jtop")]
        if super::jtop::is_here(place) {
            return Ok(Some(format!("{BY_JTOP}{}", super::jtop::fan(place)?.to_text())));
        }
        let Some(chip) = chip(place) else { return Ok(None) };
        let read = |file: &str| place.root.text(format!("{chip}/{file}")).unwrap_or_default();
        Ok(Some(format!("{} {}", read("pwm1"), read("pwm1_enable"))))
    }

    fn restore(&self, place: &Place, before: &str) -> Result<(), Fault> {
        #[cfg(feature = "jtop")]
        if let Some(before) = before.strip_prefix(BY_JTOP) {
            let before = super::jtop::FanState::of_text(before);
            let before = before.ok_or_else(|| Fault::run("the journal does not hold the earlier setting"))?;
            return super::jtop::restore_fan(place, &before);
        }
        let chip = chip(place).ok_or_else(|| Fault::run("the fan has disappeared"))?;
        let (drive, mode) = before.split_once(' ').unwrap_or((before, ""));
        // A drive can only be set by hand; the mode comes last.
        if !mode.is_empty() {
            write(place, &chip, "pwm1_enable", BY_HAND)?;
        }
        write(place, &chip, "pwm1", drive)?;
        if mode.is_empty() { Ok(()) } else { write(place, &chip, "pwm1_enable", mode) }
    }

    /// jtop writes it down for the next boot.
    #[cfg(feature = "jtop")]
    fn stays(&self, before: &str) -> bool {
        before.starts_with(BY_JTOP)
    }
}
