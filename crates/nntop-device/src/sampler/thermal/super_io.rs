//! Chips on PC boards that watch voltages, fans and temperatures. They have more inputs than a board uses, and an
//! input that nothing is connected to says something all the same.

/// The beginnings of the names that hwmon gives them.
const CHIPS: [&str; 24] = [
    "nct6", "nct7", "w836", "w837", "it86", "it87", "f718", "f818", "f75", "f8000", "sch5", "sch3", "dme1737",
    "smsc47", "pc87", "lm78", "lm85", "adm9", "adt7", "asb100", "emc6w201", "via686a", "vt1211", "vt8231",
];

/// Whether a chip is one of them.
pub(super) fn is(chip: &str) -> bool {
    let chip = chip.to_ascii_lowercase();
    CHIPS.iter().any(|start| chip.starts_with(start)) || chip == "asuswmisensors"
}

/// Whether this is what an input says that nothing is connected to: the ends of the chip's range (127, 118, -60, -128),
/// and 0 of agents and hubs that the board has not.
///
/// No board is so cold inside, and the hottest parts of one, its voltage regulators, are switched off before 115 °C.
pub(super) fn is_open(celsius: f64) -> bool {
    celsius == 0.0 || celsius <= -40.0 || celsius >= 115.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_inputs_say_the_ends_of_the_range() {
        for celsius in [127.0, 127.5, 118.0, 0.0, -60.0, -128.0, -55.0] {
            assert!(is_open(celsius), "{celsius}");
        }
        for celsius in [28.5, 34.0, 1.0, -5.0, 105.0] {
            assert!(!is_open(celsius), "{celsius}");
        }
        assert!(is("nct6793") && is("it8728") && is("f71882fg") && is("w83627ehf"));
        assert!(!is("coretemp") && !is("nvme") && !is("k10temp") && !is("it"));
    }
}
