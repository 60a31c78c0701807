//! Fans: how hard they are driven, and how fast they turn.

use super::hwmon::{self, Chip};
use super::nodes::{Finds, Found, scaled};
use super::parse::{index, parent};
use super::{Root, identity};
use nntop_core::event::{Part, PartId, Quantity};

const CHIPS: &str = "/sys/class/hwmon";

/// JetPack 4's own driver.
const OLD: &str = "/sys/devices/pwm-fan";

/// A drive of 255 is 100 %.
const FULL: f64 = 255.0;

pub(super) fn find(root: &Root, finds: &mut Finds) {
    let chips: Vec<(Chip, Vec<String>)> = hwmon::chips(root)
        .into_iter()
        .map(|chip| (root.list(&chip.directory), chip))
        .filter(|(files, _)| {
            files.iter().any(|file| file.starts_with("fan") || file.starts_with("pwm") || file == "rpm")
        })
        .map(|(files, chip)| (chip, files))
        .collect();
    for (owner, files) in &chips {
        let directory = &owner.directory;
        // Two chips of a kind, as on two cards, are distinguished by their place.
        let twins = chips.iter().filter(|(other, _)| other.name == owner.name).count() > 1;
        let chip = match owner.place().filter(|_| twins) {
            Some(place) => format!("{} {place}", owner.name),
            None => owner.name.clone(),
        };
        let label = |n: u32| match (chip.as_str(), n) {
            // A board's only fan, and the chip that counts its turns where that is another one.
            ("pwmfan" | "pwm_tach" | "generic_pwm_tachometer", 1) => "fan".to_owned(),
            _ => root
                .text(format!("{directory}/fan{n}_label"))
                .map_or(format!("{chip}/fan{n}"), |l| format!("{chip}/{l}")),
        };
        let drives = files.iter().filter_map(|file| index(file, "pwm", ""));
        for n in drives {
            drive(root, finds, &label(n), &format!("{directory}/pwm{n}"), Some(owner));
        }
        for n in files.iter().filter_map(|file| index(file, "fan", "_input")) {
            speed(root, finds, &label(n), &format!("{directory}/fan{n}_input"), Some(owner));
        }
        if files.iter().any(|file| file == "rpm") {
            speed(root, finds, &label(1), &format!("{directory}/rpm"), Some(owner));
        }
    }
    let old = |file: &str| Some(format!("{OLD}/{file}")).filter(|path| root.exists(path));
    if let Some(path) = old("cur_pwm").or_else(|| old("target_pwm")) {
        drive(root, finds, "fan", &path, None);
    }
    if let Some(path) = old("rpm_measured") {
        speed(root, finds, "fan", &path, None);
    }
    let board = identity::is_tegra(root) || identity::is_raspberry_pi(root);
    let has = |quantity| finds.has(Part::Fan, quantity, &PartId::only());
    if board && !has(Quantity::Drive) && !has(Quantity::Speed) {
        finds.absent(Part::Fan, "fan", format!("no fan in {CHIPS}"));
    }
}

/// A board's only fan needs no name of its own.
fn device(label: &str, path: &str, owner: Option<&Chip>) -> PartId {
    let device = if label == "fan" { PartId::only() } else { PartId::named(label) };
    match owner.filter(|owner| owner.card.is_some()) {
        Some(owner) => device.driver(&owner.name).pci(owner.pci()).path(owner.part_directory()),
        None => device.path(parent(path)),
    }
}

fn drive(root: &Root, finds: &mut Finds, label: &str, path: &str, owner: Option<&Chip>) {
    let device = device(label, path, owner);
    if !finds.has(Part::Fan, Quantity::Drive, &device) {
        let read = scaled(root.file(path), 100.0 / FULL);
        let found = Found::new(Part::Fan, Quantity::Drive, device, read).label(label).limit(Some(100.0));
        finds.push(found.source(format!("{path} / 255")));
    }
}

fn speed(root: &Root, finds: &mut Finds, label: &str, path: &str, owner: Option<&Chip>) {
    let device = device(label, path, owner);
    if !finds.has(Part::Fan, Quantity::Speed, &device) {
        finds.file(root, (Part::Fan, Quantity::Speed, device), label, path, 1.0);
    }
}
