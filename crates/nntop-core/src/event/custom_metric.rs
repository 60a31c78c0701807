//! Metrics of the user's own: what each came to for a variant, and how they are called.

use super::Slot;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest name.
const LONGEST_NAME: usize = 40;

/// The longest unit, in characters.
const LONGEST_UNIT: usize = 16;

/// What nntop measures itself, as targets, gates and results call it.
const OWN: [&str; 14] = [
    "p50",
    "p90",
    "p95",
    "p99",
    "p99.9",
    "p999",
    "min",
    "max",
    "mean",
    "throughput",
    "memory",
    "startup",
    "energy",
    "latency",
];

/// What a metric of the user's own came to for a variant. It is measured after the run, so it comes after the last block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomMetric {
    /// Whose.
    pub variant: Slot,
    /// In which run.
    pub run: u32,
    /// What the metric is called.
    pub name: String,
    /// What it came to.
    pub value: CustomValue,
}

/// A number with its unit, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CustomValue {
    /// It was measured.
    Measured {
        /// The number; finite.
        value: f64,
        /// Its unit, as the metric gave it; absent for a number without one.
        unit: Option<String>,
    },
    /// It could not be measured.
    Absent {
        /// Why, in one line.
        reason: String,
    },
}

impl CustomValue {
    /// A number with its unit. One that is not finite is absent.
    pub fn new(value: f64, unit: Option<&str>) -> Self {
        if value.is_finite() {
            Self::Measured { value, unit: unit.map(str::to_owned) }
        } else {
            Self::absent(format!("{value} is not a finite number"))
        }
    }

    /// No number, for this reason. Line breaks and control characters become spaces.
    pub fn absent(reason: impl AsRef<str>) -> Self {
        let text: String = reason.as_ref().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self::Absent { reason: text.split_whitespace().collect::<Vec<_>>().join(" ") }
    }

    /// Reads `12.5 ms` or `0.93`: one line with a number and, behind it, its unit of at most 16 characters.
    ///
    /// # Errors
    /// Why it is none, as a clause that begins with a verb: `printed …`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let shown: String = text.chars().take(40).collect();
        let wrong = || format!("printed {shown:?} where a number with its unit is expected, such as 12.5 ms or 0.93");
        if text.is_empty() {
            return Err("printed nothing where a number is expected".into());
        }
        let (value, unit) = number_and_unit(text).ok_or_else(wrong)?;
        // A second number, or a second line, is no unit.
        let number = unit.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        if number || unit.chars().count() > LONGEST_UNIT || text.chars().any(char::is_control) {
            return Err(wrong());
        }
        Ok(Self::Measured { value, unit: Some(unit.to_owned()).filter(|unit| !unit.is_empty()) })
    }

    /// The number.
    pub fn value(&self) -> Option<f64> {
        match self {
            Self::Measured { value, .. } => Some(*value),
            Self::Absent { .. } => None,
        }
    }

    /// Its unit.
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Measured { unit, .. } => unit.as_deref(),
            Self::Absent { .. } => None,
        }
    }

    /// Why there is no number.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Measured { .. } => None,
            Self::Absent { reason } => Some(reason),
        }
    }
}

/// `12.5 ms`; a dash where there is no number.
impl fmt::Display for CustomValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured { value, unit } => f.pad(&with_unit(*value, unit.as_deref())),
            Self::Absent { .. } => f.pad("–"),
        }
    }
}

/// A number of four digits at most behind its leading zeros, whole numbers of all theirs, with its unit: `12.5 ms`, `0.9321`,
/// `1048576 B`.
pub fn with_unit(value: f64, unit: Option<&str>) -> String {
    let place = if value == 0.0 { 0.0 } else { value.abs().log10().floor() };
    let number = match place {
        p if p >= 3.0 => format!("{value:.0}"),
        p if p >= -4.0 => {
            let decimals = (3.0 - p) as usize;
            let text = format!("{value:.decimals$}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => format!("{value:.3e}"),
    };
    match unit {
        Some(unit) => format!("{number} {unit}"),
        None => number,
    }
}

/// A number and what stands behind it, without the space between them.
pub(super) fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(text.len());
    // The e of `5 eV` and of `5e` is no exponent: the longest beginning that is a number.
    let value = |end: usize| text[..end].parse::<f64>().ok().filter(|value| value.is_finite());
    (1..=end).rev().find_map(|end| Some((value(end)?, text[end..].trim_start())))
}

/// Whether a metric may be called so: letters, digits, `_`, `-` and `.`, a letter first, and not what nntop measures itself.
///
/// # Errors
/// What is wrong with the name.
pub fn check_metric_name(name: &str) -> Result<(), String> {
    if OWN.contains(&name) {
        return Err(format!("{name} is what nntop measures itself: give the metric another name"));
    }
    let known = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let right = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(known);
    match right && name.len() <= LONGEST_NAME {
        true => Ok(()),
        false => Err(format!(
            "{name:?} is not a name for a metric: up to {LONGEST_NAME} letters, digits, _, - and ., a letter first"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_unit_are_told_apart() {
        let read = |text: &str| CustomValue::parse(text).map(|v| (v.value().unwrap(), v.unit().map(str::to_owned)));
        let expect = |text: &str, value: f64, unit: Option<&str>| {
            assert_eq!(read(text), Ok((value, unit.map(str::to_owned))), "{text:?}");
        };
        expect("12.5 ms\n", 12.5, Some("ms"));
        expect("0.93", 0.93, None);
        expect(" -3e-2 dB ", -0.03, Some("dB"));
        expect("93%", 93.0, Some("%"));
        expect("5 eV", 5.0, Some("eV"));
        expect("5e", 5.0, Some("e"));
        expect("1e3", 1_000.0, None);
        expect("+7 images/s", 7.0, Some("images/s"));
        for wrong in
            ["", "abc", "ms 5", "nan", "inf", "1e999", "--5", "5 a\nb", "1\n2", "1 2", "1 an unreasonably long unit"]
        {
            assert!(read(wrong).unwrap_err().starts_with("printed "), "{wrong:?}");
        }
    }

    #[test]
    fn it_is_shown_with_four_digits() {
        let shown = [0.0, 0.2, 0.932_149, 12.5, -25.0, 9_999.6, 1_048_576.0, 1.5e-7].map(|v| with_unit(v, None));
        assert_eq!(shown, ["0", "0.2", "0.9321", "12.5", "-25", "10000", "1048576", "1.500e-7"]);
        assert_eq!(with_unit(93.2, Some("%")), "93.2 %");
    }

    #[test]
    fn it_is_a_value_or_a_reason_in_json() {
        let known = CustomValue::new(0.93, None);
        assert_eq!(serde_json::to_string(&known).unwrap(), r#"{"value":0.93,"unit":null}"#);
        let absent = CustomValue::absent("it\nhangs \u{1b}[1m");
        assert_eq!(serde_json::to_string(&absent).unwrap(), r#"{"reason":"it hangs [1m"}"#);
        for value in [known, absent, CustomValue::new(2.0, Some("ms"))] {
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<CustomValue>(&json).unwrap(), value);
        }
        assert!(CustomValue::new(f64::NAN, None).reason().is_some(), "JSON has no NaN");
    }

    #[test]
    fn a_name_is_no_figure_of_nntops_own_and_holds_no_sign_of_a_gate() {
        assert!(["accuracy", "top-1", "mAP.50", "a"].into_iter().all(|name| check_metric_name(name).is_ok()));
        for wrong in ["", "p99", "memory", "1st", "a b", "a<b", "a=b", "über", &"x".repeat(41)] {
            assert!(check_metric_name(wrong).is_err(), "{wrong:?}");
        }
    }
}
