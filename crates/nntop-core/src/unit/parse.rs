//! Numbers as people write them: in options, settings of a model, targets and lists of values.
//!
//! | quantity | units |
//! |---|---|
//! | time | `ns` `us` (`µs`) `ms` `s` `m` (`min`) `h` `d` `w` |
//! | size | `kB` `MB` `GB` `TB` are powers of 1000, as nntop prints sizes; `KiB` `MiB` `GiB` `TiB` and, as Docker and systemd read them, `K` `M` `G` `T` are powers of 1024; upper and lower case are the same |
//! | energy | `uJ` (`µJ`) `mJ` `J` |
//! | share | percent, with or without `%` |
//!
//! A space may stand between a number and its unit. Numbers may have an exponent (`1e6`), and `_` or a thin space between
//! their digits.

use super::{Bytes, Nanos};
use thiserror::Error;

/// Why a text is not the number that is expected. Displays as a clause that can follow `invalid value: `.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    /// There is no number at the beginning, or something between the number and its unit.
    #[error("{text:?} is not {what}")]
    Unreadable {
        /// What was given.
        text: String,
        /// What is expected, with an example.
        what: &'static str,
    },
    /// A number alone, of a quantity that has no unit of its own.
    #[error("the unit is missing: {units}")]
    NoUnit {
        /// Those that there are.
        units: &'static str,
    },
    /// A unit of something else.
    #[error("{unit:?} is not a unit of {quantity}: {units}")]
    UnknownUnit {
        /// What stands behind the number.
        unit: String,
        /// What is measured.
        quantity: &'static str,
        /// Those that there are.
        units: &'static str,
    },
    /// A negative number, or one that is larger than can be counted.
    #[error("{text:?} is out of range")]
    OutOfRange {
        /// What was given.
        text: String,
    },
}

/// The units of a quantity.
#[derive(Debug)]
pub struct Units {
    quantity: &'static str,
    /// For messages: what is expected.
    what: &'static str,
    /// For messages: the names that are worth mentioning.
    listed: &'static str,
    /// Each name, and how many of the base unit it is.
    scales: &'static [(&'static str, f64)],
    any_case: bool,
}

/// Units of time. The base unit is the nanosecond.
pub static TIME: Units = Units {
    quantity: "time",
    what: "a time such as 500ms, 10s or 2m",
    listed: "ns, us, ms, s, m, h, d, w",
    scales: &[
        ("ns", 1.0),
        ("us", 1e3),
        // The micro sign and the Greek letter look the same and are two characters.
        ("\u{b5}s", 1e3),
        ("\u{3bc}s", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
        ("m", 60e9),
        ("min", 60e9),
        ("h", 3_600e9),
        ("d", 86_400e9),
        ("w", 604_800e9),
        ("sec", 1e9),
        ("seconds", 1e9),
        ("milliseconds", 1e6),
        ("microseconds", 1e3),
        ("nanoseconds", 1.0),
    ],
    any_case: false,
};

/// Units of sizes in memory and on disks. The base unit is the byte.
pub static SIZE: Units = Units {
    quantity: "size",
    what: "a size such as 256M or 1.5GB",
    listed: "kB, MB, GB (powers of 1000), K, M, G or KiB, MiB, GiB (powers of 1024)",
    scales: &[
        ("b", 1.0),
        ("bytes", 1.0),
        ("kb", 1e3),
        ("mb", 1e6),
        ("gb", 1e9),
        ("tb", 1e12),
        ("k", 1_024.0),
        ("m", 1_048_576.0),
        ("g", 1_073_741_824.0),
        ("t", 1_099_511_627_776.0),
        ("kib", 1_024.0),
        ("mib", 1_048_576.0),
        ("gib", 1_073_741_824.0),
        ("tib", 1_099_511_627_776.0),
    ],
    any_case: true,
};

/// Units of energy. The base unit is the joule.
pub static ENERGY: Units = Units {
    quantity: "energy",
    what: "an energy such as 40mJ",
    listed: "uJ, mJ, J",
    scales: &[("uJ", 1e-6), ("\u{b5}J", 1e-6), ("\u{3bc}J", 1e-6), ("mJ", 1e-3), ("J", 1.0)],
    any_case: false,
};

impl Units {
    /// How many of the base unit one of `name` is.
    pub fn scale(&self, name: &str) -> Option<f64> {
        let same = |known: &str| if self.any_case { known.eq_ignore_ascii_case(name) } else { known == name };
        self.scales.iter().find(|(known, _)| same(known)).map(|(_, scale)| *scale)
    }

    /// A number and its unit, in the base unit. It may be negative.
    ///
    /// # Errors
    /// When there is no number, or no unit of this quantity behind it.
    pub fn read(&self, text: &str) -> Result<f64, ParseError> {
        self.read_with(text, None)
    }

    /// [`Units::read`], where `alone` says how many of the base unit a number without a unit counts.
    fn read_with(&self, text: &str, alone: Option<f64>) -> Result<f64, ParseError> {
        let wrong = || ParseError::Unreadable { text: text.trim().into(), what: self.what };
        let (value, unit) = split(text).ok_or_else(wrong)?;
        let scale = match unit {
            "" => alone.ok_or(ParseError::NoUnit { units: self.listed })?,
            unit => self.scale(unit).ok_or_else(|| ParseError::UnknownUnit {
                unit: unit.into(),
                quantity: self.quantity,
                units: self.listed,
            })?,
        };
        let value = value * scale;
        if value.is_finite() { Ok(value) } else { Err(ParseError::OutOfRange { text: text.trim().into() }) }
    }
}

/// `500ms`, `1.5 s`, `2m`, `7d`; a number alone is seconds.
///
/// # Errors
/// When it is no time, or a negative one.
pub fn time(text: &str) -> Result<Nanos, ParseError> {
    whole(TIME.read_with(text, Some(1e9))?, text).map(Nanos)
}

/// `256M`, `1.5GB`, `64 KiB`; a number alone is bytes.
///
/// # Errors
/// When it is no size, or a negative one.
pub fn bytes(text: &str) -> Result<Bytes, ParseError> {
    whole(SIZE.read_with(text, Some(1.0))?, text).map(Bytes)
}

/// `1%`, `0.5 %`, `12`, `-5%`: percent, as a share of one.
///
/// # Errors
/// When it is no number.
pub fn share(text: &str) -> Result<f64, ParseError> {
    percent(text).map(|percent| percent / 100.0)
}

/// [`share`], as the number of per cent.
///
/// # Errors
/// When it is no number.
pub fn percent(text: &str) -> Result<f64, ParseError> {
    match split(text) {
        Some((percent, "" | "%")) => Ok(percent),
        _ => Err(ParseError::Unreadable { text: text.trim().into(), what: "a percentage such as 1% or 0.5%" }),
    }
}

/// `1000`, `10_000`: how many.
///
/// # Errors
/// When it is no whole number, or a negative one.
pub fn count(text: &str) -> Result<u64, ParseError> {
    let digits = joined(text.trim());
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
        return Err(ParseError::Unreadable { text: text.trim().into(), what: "a whole number" });
    }
    digits.parse().map_err(|_| ParseError::OutOfRange { text: text.trim().into() })
}

/// A finite number, whatever it counts: `2.5`, `1e6`.
///
/// # Errors
/// When it is none, or something follows it.
pub fn number(text: &str) -> Result<f64, ParseError> {
    match split(text) {
        Some((value, "")) => Ok(value),
        _ => Err(ParseError::Unreadable { text: text.trim().into(), what: "a number" }),
    }
}

/// A place on a clock that began at zero, as [`clock_face`](super::clock_face) shows it (`00:42`, `1:02:11`), or a time.
///
/// # Errors
/// When it is neither.
pub fn position(text: &str) -> Result<Nanos, ParseError> {
    if !text.contains(':') {
        return time(text);
    }
    let wrong = || ParseError::Unreadable { text: text.trim().into(), what: "a position such as 00:42 or 1:02:11" };
    let mut seconds = 0.0;
    for part in text.trim().split(':') {
        // Below the first part there are no more than 60 of each, but nobody is helped by being strict.
        let part = number(part).ok().filter(|part| (0.0..1e6).contains(part)).ok_or_else(wrong)?;
        seconds = seconds * 60.0 + part;
    }
    whole(seconds * 1e9, text).map(Nanos)
}

/// Numbers and ranges of them (`0-1,3`), ascending, each once; `+` separates as `,` does. `most` is the largest that there can be.
///
/// # Errors
/// When a part is neither, or too large.
pub fn ranges(text: &str, most: usize) -> Result<Vec<usize>, ParseError> {
    let mut all = Vec::new();
    for part in text.split([',', '+']) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
            (Ok(first), Ok(last)) if first <= last && last <= most => all.extend(first..=last),
            (Ok(_), Ok(last)) if last > most => return Err(ParseError::OutOfRange { text: part.trim().into() }),
            _ => return Err(ParseError::Unreadable { text: text.trim().into(), what: "a list such as 0-1,3" }),
        }
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// To the nearest whole number that an integer can hold.
fn whole(value: f64, text: &str) -> Result<u64, ParseError> {
    match value.round() {
        // 2^64 is the first float that is too large.
        v if (0.0..18_446_744_073_709_551_616.0).contains(&v) => Ok(v as u64),
        _ => Err(ParseError::OutOfRange { text: text.trim().into() }),
    }
}

/// The number that a text begins with, and what follows it, without the space between and around them.
pub fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let exponent = || {
            let digits = rest.strip_prefix(['+', '-']).unwrap_or(rest);
            at > 0 && digits.starts_with(|c: char| c.is_ascii_digit())
        };
        let belongs = match c {
            '0'..='9' | '.' => true,
            '+' | '-' => at == 0 || text[..at].ends_with(['e', 'E']),
            'e' | 'E' => exponent(),
            c if is_separator(c) => at > 0 && rest.starts_with(|c: char| c.is_ascii_digit()),
            _ => false,
        };
        if !belongs {
            break;
        }
        end = at + c.len_utf8();
    }
    let value: f64 = joined(&text[..end]).parse().ok()?;
    Some((value, text[end..].trim_start())).filter(|(value, _)| value.is_finite())
}

/// What may stand between the digits of a number: `_`, and the thin space that older versions put there.
fn is_separator(c: char) -> bool {
    matches!(c, '_' | '\u{202f}')
}

fn joined(number: &str) -> String {
    number.chars().filter(|c| !is_separator(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::{
        clock_face, grouped, large, percent as shown_percent, percent_tenths, signed_percent, significant,
    };
    use proptest::prelude::*;

    #[test]
    fn times_are_read_in_every_unit() {
        let ns = |text| time(text).map(|t| t.0);
        for (text, expected) in [
            ("250ms", 250_000_000),
            ("1.5 s", 1_500_000_000),
            ("3", 3_000_000_000),
            ("2.3", 2_300_000_000),
            ("2m", 120_000_000_000),
            ("2min", 120_000_000_000),
            ("1h", 3_600_000_000_000),
            ("7d", 604_800_000_000_000),
            ("1w", 604_800_000_000_000),
            ("50us", 50_000),
            ("50 µs", 50_000),
            ("50 μs", 50_000),
            ("800ns", 800),
            ("1e3 ms", 1_000_000_000),
            ("0", 0),
        ] {
            assert_eq!(ns(text), Ok(expected), "{text}");
        }
        let said = |text| time(text).unwrap_err().to_string();
        assert_eq!(said("fast"), "\"fast\" is not a time such as 500ms, 10s or 2m");
        assert_eq!(said("3 parsecs"), "\"parsecs\" is not a unit of time: ns, us, ms, s, m, h, d, w");
        assert_eq!(said("-1s"), "\"-1s\" is out of range");
        assert!(["", "s", "1.2.3s", "nan", "inf", "1e400s", "600000w", "--1s"].iter().all(|text| time(text).is_err()));
        assert_eq!(TIME.read("25"), Err(ParseError::NoUnit { units: "ns, us, ms, s, m, h, d, w" }));
    }

    #[test]
    fn a_letter_alone_is_a_power_of_1024_and_with_b_one_of_1000() {
        let read = |text| bytes(text).map(|b| b.0);
        for (text, expected) in [
            ("256M", 256 << 20),
            ("256m", 256 << 20),
            ("256MiB", 256 << 20),
            ("256 MB", 256_000_000),
            ("1G", 1 << 30),
            ("1gib", 1 << 30),
            ("1.5GB", 1_500_000_000),
            ("64kB", 64_000),
            ("64K", 64 << 10),
            ("2T", 2 << 40),
            ("4096", 4_096),
            ("12 B", 12),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
        assert!(["", "M", "-1M", "1X", "99999999999T", "1 Mbit"].iter().all(|text| bytes(text).is_err()));
    }

    #[test]
    fn shares_and_counts_are_plain() {
        assert_eq!(
            (share("1%"), share("0.5 %"), share("12"), share("-5%")),
            (Ok(0.01), Ok(0.005), Ok(0.12), Ok(-0.05))
        );
        assert!(["", "%", "5ms", "nan%", "half"].iter().all(|text| share(text).is_err()));
        assert_eq!((count("10_000"), count(" 7 ")), (Ok(10_000), Ok(7)));
        assert!(["", "-1", "1.5", "10k", "99999999999999999999"].iter().all(|text| count(text).is_err()));
        assert_eq!(ENERGY.read("40mJ"), Ok(0.04));
        assert_eq!((number("2.5"), number("1e-3")), (Ok(2.5), Ok(0.001)));
        assert!(number("2x").is_err() && number("inf").is_err());
    }

    #[test]
    fn positions_and_lists_of_numbers() {
        assert_eq!(position("1:02:11"), Ok(Nanos::from_millis(3_731_000)));
        assert_eq!(position("00:42.5"), Ok(Nanos::from_millis(42_500)));
        assert_eq!(position("42s"), Ok(Nanos::from_millis(42_000)));
        assert!(position("a:b").is_err() && position("-1:2").is_err());
        assert_eq!(ranges("3,0-1", 9), Ok(vec![0, 1, 3]));
        assert_eq!(ranges("0+2-3+2", 9), Ok(vec![0, 2, 3]));
        assert!(["", "all", "2-1", "0-", "-1", "0,,1", "0-10"].iter().all(|text| ranges(text, 9).is_err()));
    }

    /// Whether two numbers are the same up to a share.
    fn close(a: f64, b: f64, share: f64) -> bool {
        (a - b).abs() <= share * b.abs() + f64::EPSILON
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(
            ns in 1u64..10_u64.pow(15), size in 0u64..10_u64.pow(15), n in any::<u64>(), part in 0.0001..2.0f64,
            value in 0.1..1e9f64, change in -0.9..20.0f64, seconds in 0u64..10_000_000,
        ) {
            // Three digits are half a per cent, two are five.
            prop_assert!(close(time(&Nanos(ns).to_string()).unwrap().0 as f64, ns as f64, 0.005_01));
            prop_assert!(close(bytes(&Bytes(size).to_string()).unwrap().0 as f64, size as f64, 0.005_01));
            // A comma parts the values of a list (-b 1,8,32), so that one within a number is not read.
            let plain = |text: String| text.replace(',', "");
            prop_assert_eq!(count(&plain(grouped(n))), Ok(n));
            prop_assert!(close(share(&shown_percent(part)).unwrap(), part, 0.050_1));
            prop_assert!((share(&percent_tenths(part)).unwrap() - part).abs() <= 0.000_500_1);
            prop_assert!((share(&signed_percent(change)).unwrap() - change).abs() <= 0.005_000_1);
            prop_assert!(close(number(&significant(value)).unwrap(), value, 0.051));
            prop_assert!(close(number(&plain(large(value))).unwrap(), number(&significant(value)).unwrap(), 1e-12));
            let place = Nanos(seconds * 1_000_000_000);
            prop_assert_eq!(position(&clock_face(place)), Ok(place));
        }

        #[test]
        fn lists_are_read_back(numbers in prop::collection::btree_set(0usize..200, 1..40)) {
            let numbers: Vec<usize> = numbers.into_iter().collect();
            prop_assert_eq!(ranges(&super::super::ranges(&numbers), 200), Ok(numbers));
        }

        #[test]
        fn no_text_makes_a_parser_panic(text in ".{0,12}") {
            let _ = (time(&text), bytes(&text), share(&text), count(&text), number(&text), position(&text), ranges(&text, 64));
        }
    }
}
