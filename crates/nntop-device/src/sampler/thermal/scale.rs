//! What a sensor's number means. The kernel's rule is thousandths of a degree; drivers of vendors' kernels say whole
//! degrees or tenths (Allwinner's and Qualcomm's, side by side on one board), and name zones that are no temperature.

use std::ops::Range;

/// What a sensor may say. Outside lie the codes of sensors that are off or broken (-256, -128, 255).
pub(super) const SANE: Range<f64> = -60.0..150.0;

/// Below this, a machine is in the cold: a few thousandths of a degree can be meant.
const COLD: f64 = 10.0;

/// How many of a sensor's steps make a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    Thousandths,
    Tenths,
    Degrees,
    /// Nothing was read yet that tells, or nothing that can be.
    Unknown,
}

impl Scale {
    const fn steps(self) -> Option<f64> {
        match self {
            Self::Thousandths => Some(1e3),
            Self::Tenths => Some(10.0),
            Self::Degrees => Some(1.0),
            Self::Unknown => None,
        }
    }

    /// By one number alone, on a machine that is not in the cold: 35 is no 0.035 °C, and 366 no 0.366 °C.
    fn of(raw: f64) -> Self {
        match raw.abs() {
            1_000.0.. => Self::Thousandths,
            // Below zero nothing tells tenths from a driver's error code.
            _ if raw <= 0.0 => Self::Unknown,
            150.0.. => Self::Tenths,
            _ => Self::Degrees,
        }
    }

    /// In °C; `None` where that cannot be.
    pub(super) fn celsius(self, raw: f64) -> Option<f64> {
        // 0 is 0 in every unit.
        let degrees = if raw == 0.0 { Some(0.0) } else { self.steps().map(|steps| raw / steps) };
        degrees.filter(|degrees| SANE.contains(degrees))
    }
}

/// What the other sensors of the machine say, by which a doubtful one is judged.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Neighbours {
    /// The middle of those whose unit is beyond doubt, in °C.
    middle: Option<f64>,
}

impl Neighbours {
    pub(super) fn new(raws: impl Iterator<Item = f64>) -> Self {
        let mut sure: Vec<f64> = raws.filter(|raw| raw.abs() >= 1_000.0).map(|raw| raw / 1e3).collect();
        sure.retain(|degrees| SANE.contains(degrees));
        sure.sort_by(f64::total_cmp);
        Self { middle: sure.get(sure.len() / 2).copied() }
    }

    fn are_cold(self) -> bool {
        self.middle.is_some_and(|middle| middle < COLD)
    }

    /// Whether some are in thousandths beyond doubt.
    pub(super) fn keep_the_rule(self) -> bool {
        self.middle.is_some()
    }

    /// Whether 0 °C cannot be here.
    pub(super) fn are_warm(self) -> bool {
        self.middle.is_some_and(|middle| middle >= COLD + 5.0)
    }
}

/// The scale of a thermal zone, remembered: a zone in thousandths that cools down to 0.9 °C does not change its unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    scale: Scale,
    neighbours: Neighbours,
}

impl Unit {
    /// The kernel's rule, which drivers of sensor chips and PCs' firmware keep.
    pub(super) const fn kept() -> Self {
        Self { scale: Scale::Thousandths, neighbours: Neighbours { middle: None } }
    }

    /// Found out by what is read.
    pub(super) const fn found_out(neighbours: Neighbours) -> Self {
        Self { scale: Scale::Unknown, neighbours }
    }

    pub(super) const fn scale(self) -> Scale {
        self.scale
    }

    /// In °C; `None` where that cannot be.
    pub(super) fn celsius(&mut self, raw: f64) -> Option<f64> {
        let impossible = self.scale.steps().is_some_and(|steps| raw.abs() / steps >= SANE.end);
        if self.scale == Scale::Unknown || (impossible && self.scale != Scale::Thousandths) {
            self.scale = if self.neighbours.are_cold() { Scale::Thousandths } else { Scale::of(raw) };
        }
        if raw == 0.0 && self.neighbours.are_warm() {
            return None;
        }
        self.scale.celsius(raw)
    }
}

/// Whether a zone is of a driver that keeps the kernel's rule, so that 50 is a firmware's "nothing" and no 50 °C.
pub(super) fn keeps_the_rule(label: &str) -> bool {
    let starts = [
        "acpitz",
        "x86_pkg_temp",
        "INT3",
        "INTC",
        "TCPU",
        "TSKN",
        "TMEM",
        "SEN",
        "B0D4",
        "pch_",
        "iwlwifi",
        "nvme",
        "hwmon",
    ];
    starts.iter().any(|start| label.starts_with(start))
}

/// Why a zone is no temperature, by what vendors' drivers name so. `raw` is what it says now.
pub(super) fn no_temperature(
    label: &str,
    raw: Option<f64>,
    qualcomm: bool,
    neighbours: Neighbours,
) -> Option<&'static str> {
    let name = label.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.split(['-', '_', ' ', '.']).any(|part| part == *word));
    let starts = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
    let percent = raw.is_some_and(|raw| (0.0..=100.0).contains(&raw));
    // Elsewhere a zone of this name is the chip's temperature.
    if name == "soc" && percent && (qualcomm || neighbours.keep_the_rule()) {
        return Some("a battery's charge in percent, no temperature");
    }
    if has(&["vbat", "vph", "vbus", "voltage", "uvlo"]) || starts(&["vbat", "vdroop", "smpl"]) {
        return Some("a voltage, no temperature");
    }
    if has(&["ibat", "current", "ocp", "batoilo"]) || starts(&["ibat", "ocp", "soft_ocp", "batoilo"]) {
        return Some("a current, no temperature");
    }
    if has(&["bcl", "lvl0", "lvl1", "lvl2"]) || starts(&["bcl"]) {
        return Some("a step of the battery's current limit, no temperature");
    }
    if has(&["capacity", "percent"]) && percent {
        return Some("a percentage, no temperature");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: f64, others: &[f64]) -> Option<f64> {
        Unit::found_out(Neighbours::new(others.iter().copied())).celsius(raw)
    }

    #[test]
    fn a_unit_is_the_one_in_which_the_number_can_be() {
        let board = [36_500.0, 37_000.0];
        assert_eq!(
            (read(36_500.0, &[]), read(366.0, &board), read(35.0, &board)),
            (Some(36.5), Some(36.6), Some(35.0))
        );
        assert_eq!((read(31.0, &[31.0]), read(65.0, &[]), read(1_054.0, &[])), (Some(31.0), Some(65.0), Some(1.054)));
        assert_eq!(read(-22.0, &board), None, "an error code");
        assert_eq!((read(0.0, &board), read(0.0, &[])), (None, Some(0.0)));
        assert_eq!((read(-256_000.0, &board), read(-5_500.0, &[])), (None, Some(-5.5)));
    }

    #[test]
    fn in_the_cold_a_few_thousandths_are_a_few_thousandths() {
        assert_eq!(read(120.0, &[-3_000.0, 1_500.0]), Some(0.12));
        assert_eq!(read(-500.0, &[-3_000.0, 1_500.0]), Some(-0.5));
    }

    #[test]
    fn a_unit_once_known_stays_until_it_cannot_be() {
        let mut unit = Unit::found_out(Neighbours::default());
        assert_eq!((unit.celsius(2_500.0), unit.celsius(900.0)), (Some(2.5), Some(0.9)));
        let mut unit = Unit::found_out(Neighbours::default());
        assert_eq!(
            (unit.celsius(990.0), unit.celsius(1_010.0), unit.celsius(45_000.0)),
            (Some(99.0), Some(101.0), Some(45.0))
        );
        let mut unit = Unit::found_out(Neighbours::default());
        assert_eq!((unit.celsius(99.0), unit.celsius(101.0)), (Some(99.0), Some(101.0)));
    }

    #[test]
    fn a_charge_a_voltage_and_a_level_are_no_temperatures() {
        let board = Neighbours::new([36_500.0].into_iter());
        let none = Neighbours::default();
        assert!(no_temperature("soc", Some(50.0), true, none).is_some_and(|why| why.contains("percent")));
        assert!(no_temperature("soc", Some(50.0), false, board).is_some());
        assert!(no_temperature("soc", Some(45_000.0), false, board).is_none(), "a chip's temperature");
        assert!(no_temperature("soc", Some(45.0), false, none).is_none(), "on a board of whole degrees");
        for label in [
            "vbat",
            "pm8150l-vbat-lvl0",
            "ibat-high",
            "pm8998_bcl",
            "pm7250b-bcl-lvl1",
            "vdroop2",
            "ocp_tpu",
            "soft_ocp_gpu",
        ] {
            assert!(no_temperature(label, Some(0.0), false, board).is_some(), "{label}");
        }
        for label in
            ["soc-thermal", "battery", "cpu-0-0-usr", "gpuss-0-usr", "xo-therm-usr", "bigcore0-thermal", "socd"]
        {
            assert!(no_temperature(label, Some(45_000.0), true, board).is_none(), "{label}");
        }
    }
}
