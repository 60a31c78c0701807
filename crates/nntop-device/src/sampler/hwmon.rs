//! Whose sensors a hwmon chip has: a graphics card's, a battery's, or those of a device at some address. Chips of one
//! kind are distinguished by that, and figures of one part come from one part.

use super::Root;
use super::parse::{file_name, index};
use std::path::{Path, PathBuf};

const CHIPS: &str = "/sys/class/hwmon";
const CARDS: &str = "/sys/class/drm";
const SUPPLIES: &str = "/sys/class/power_supply";

/// A chip with its sensors.
#[derive(Debug, Clone)]
pub(super) struct Chip {
    /// `/sys/class/hwmon/hwmon3`: what users can type.
    pub(super) directory: String,
    /// The driver's name for it: `amdgpu`, `ina3221`.
    pub(super) name: String,
    /// The graphics card that it sits on.
    pub(super) card: Option<Card>,
    /// Whether it is a battery, a charger or a supply: what those say is in `/sys/class/power_supply`, too.
    pub(super) supply: bool,
    /// The device that it belongs to: `1-0040`, `0000:01:00.0`.
    address: Option<String>,
}

/// A graphics card.
#[derive(Debug, Clone)]
pub(super) struct Card {
    /// `card0`
    pub(super) name: String,
    /// `/sys/class/drm/card0`
    pub(super) directory: String,
    pub(super) pci: Option<String>,
}

impl Chip {
    /// What tells it from others of its name: the card, else the device's address. `None` where nothing does.
    pub(super) fn place(&self) -> Option<&str> {
        self.card.as_ref().map(|card| card.name.as_str()).or(self.address.as_deref())
    }

    /// The directory of the part that its sensors are about: its card's, so that they stand with it, else its own.
    pub(super) fn part_directory(&self) -> &str {
        self.card.as_ref().map_or(&self.directory, |card| &card.directory)
    }

    /// The PCI address of the part that its sensors are about.
    pub(super) fn pci(&self) -> Option<String> {
        let is_pci = |address: &&String| address.len() == 12 && address.matches([':', '.']).count() == 3;
        self.card.as_ref().and_then(|card| card.pci.clone()).or_else(|| self.address.as_ref().filter(is_pci).cloned())
    }
}

/// All chips that have a name.
pub(super) fn chips(root: &Root) -> Vec<Chip> {
    let cards: Vec<(Card, Option<PathBuf>)> = cards(root);
    let supplies: Vec<String> = root.list(SUPPLIES).iter().map(|name| name.replace('-', "_")).collect();
    let chip = |entry: String| {
        let mut directory = format!("{CHIPS}/{entry}");
        let name = match root.text(format!("{directory}/name")) {
            Some(name) => {
                // Drivers that name the class's device by hand have their readings in the device's folder all the same.
                if !has_readings(root, &directory) && has_readings(root, &format!("{directory}/device")) {
                    directory.push_str("/device");
                }
                name
            }
            // Before Linux 3.13 some drivers had their files in the device's folder.
            None => {
                directory.push_str("/device");
                root.text(format!("{directory}/name"))?
            }
        };
        let real = std::fs::canonicalize(root.path(format!("{CHIPS}/{entry}"))).ok();
        let device = std::fs::canonicalize(root.path(format!("{CHIPS}/{entry}/device"))).ok();
        let on = |(card, at): &&(Card, Option<PathBuf>)| {
            let below =
                |path: &Option<PathBuf>| path.as_ref().zip(at.as_ref()).is_some_and(|(p, at)| p.starts_with(at));
            below(&device) || below(&real) || root.exists(format!("{}/device/hwmon/{entry}", card.directory))
        };
        let card = cards.iter().find(on).map(|(card, _)| card.clone());
        let in_supply = |path: &Option<PathBuf>| {
            path.as_ref().is_some_and(|path| path.iter().any(|part| part.to_str() == Some("power_supply")))
        };
        let supply = is_gauge(&name) || supplies.contains(&name) || in_supply(&device) || in_supply(&real);
        let address = device.as_deref().or_else(|| owner(real.as_deref()?)).map(|path| file_name(path).to_owned());
        Some(Chip { directory, name, card, supply, address: address.filter(|address| !address.is_empty()) })
    };
    root.list(CHIPS).into_iter().filter_map(chip).collect()
}

/// Whether a folder has a sensor's reading: `temp1_input`, `power1_average`.
fn has_readings(root: &Root, directory: &str) -> bool {
    let is_reading = |name: &String| {
        let number = ["temp", "power", "in", "curr", "fan", "energy"].iter().find_map(|kind| name.strip_prefix(kind));
        let ending = number.map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        ending.is_some_and(|ending| ending == "_input" || ending == "_average")
    };
    root.list(directory).iter().any(is_reading)
}

/// The graphics cards, with where their devices are.
fn cards(root: &Root) -> Vec<(Card, Option<PathBuf>)> {
    let names = root.list(CARDS).into_iter().filter(|name| index(name, "card", "").is_some());
    let card = |name: String| {
        let directory = format!("{CARDS}/{name}");
        let uevent = root.read(format!("{directory}/device/uevent")).unwrap_or_default();
        let pci = uevent.lines().find_map(|line| line.strip_prefix("PCI_SLOT_NAME=")).map(str::to_owned);
        let at = std::fs::canonicalize(root.path(format!("{directory}/device"))).ok();
        (Card { name, directory, pci }, at)
    };
    names.map(card).collect()
}

/// The device above `…/1-0040/hwmon/hwmon3`. A chip that hangs under no device has none.
fn owner(real: &Path) -> Option<&Path> {
    let above = real.parent()?;
    let device = if above.ends_with("hwmon") { above.parent()? } else { above };
    (!device.ends_with("class") && !device.ends_with("virtual") && above != Path::new("/")).then_some(device)
}

/// Whether a chip's name is that of a battery's gauge or a charger, where no class says so.
fn is_gauge(name: &str) -> bool {
    let lower = name.to_lowercase();
    let begins = ["bat", "cmb", "ucsi_source_psy", "tcpm_source_psy", "bq2", "max170", "sbs_", "cw2015"];
    begins.iter().any(|begin| lower.starts_with(begin)) || lower.contains("battery") || lower.contains("battmgr")
}
