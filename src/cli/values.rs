//! What the values of options look like: [`parse`] reads the numbers, here are their limits. Those of settings are in the table
//! of settings.

use nntop_core::unit::{Nanos, parse};
use std::net::SocketAddr;
use std::ops::RangeInclusive;

/// A hundred years, in nanoseconds: nothing in a history is older.
const CENTURY: u64 = 36_500 * 86_400 * 1_000_000_000;

fn within<T: PartialOrd>(value: T, limits: RangeInclusive<T>, expected: &str) -> Result<T, String> {
    if limits.contains(&value) { Ok(value) } else { Err(format!("expected {expected}")) }
}

/// `10s`, `500ms`, `2m`, `1h`; a number alone is seconds.
pub(super) fn duration(text: &str) -> Result<Nanos, String> {
    match parse::time(text) {
        Ok(Nanos::ZERO) => Err("expected a time above zero, such as 500ms, 10s or 2m".into()),
        Ok(time) => Ok(time),
        Err(e) => Err(e.to_string()),
    }
}

/// How often something happens: a tenth of a second at least, an hour at most.
pub(super) fn interval(text: &str) -> Result<Nanos, String> {
    within(duration(text)?, Nanos::from_millis(100)..=Nanos::from_millis(3_600_000), "a time from 100ms to 1h")
}

/// How long ago something was: `7d`, `12h`, `8w`.
pub(super) fn ago(text: &str) -> Result<Nanos, String> {
    let time = parse::time(text).map_err(|_| "expected 7d, 12h or 8w".to_owned())?;
    within(time, Nanos(1)..=Nanos(CENTURY), "a time above zero and below 100 years")
}

/// A place in a recording: `00:42`, `1:02:11`, `42s`; 0 is its beginning.
pub(super) fn position(text: &str) -> Result<Nanos, String> {
    parse::position(text).map_err(|e| e.to_string())
}

/// How wide an interval may be: `1%`, `0.5`.
pub(super) fn width(text: &str) -> Result<f64, String> {
    let expected = "a percentage above 0 and up to 50, such as 1% or 0.5%";
    let share = parse::share(text).map_err(|e| e.to_string())?;
    within(share, f64::MIN_POSITIVE..=0.5, expected)
}

/// Streams of a model, or of a load.
pub(super) fn streams(text: &str, most: u64) -> Result<u64, String> {
    whole(text, 1..=most, &format!("a number of streams from 1 to {most}"))
}

/// A whole number within limits; `expected` names them.
pub(super) fn whole(text: &str, limits: RangeInclusive<u64>, expected: &str) -> Result<u64, String> {
    let n = parse::count(text).map_err(|_| format!("expected {expected}"))?;
    within(n, limits, expected)
}

/// A whole number above zero.
pub(super) fn above_zero(text: &str) -> Result<u64, String> {
    whole(text, 1..=u64::MAX, "a whole number above zero")
}

/// Any whole number.
pub(super) fn any(text: &str) -> Result<u64, String> {
    parse::count(text).map_err(|_| "expected a whole number".into())
}

/// Queries per second. Below one in 1000 s nobody waits for a figure; a query takes longer than a nanosecond.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let expected = "queries per second, a number above zero, such as 100 or 0.5";
    let rate = parse::number(text).map_err(|_| format!("expected {expected}"))?;
    within(rate, 1e-3..=1e9, expected)
}

/// How fast a recording is played: `2`, `0.5x`.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    let expected = "a number from 0.0625 to 256";
    let speed = parse::number(text.trim_end_matches('x')).map_err(|_| format!("expected {expected}"))?;
    within(speed, 0.0625..=256.0, expected)
}

/// `127.0.0.1:9099`, `[::1]:9099`; `9099` is on loopback. A host's name is not looked up: it may mean several addresses.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let text = text.strip_prefix("localhost:").map_or(text.to_owned(), |port| format!("127.0.0.1:{port}"));
    text.parse().map_err(|_| {
        "expected 127.0.0.1:9099, [::1]:9099 or 9099; 0.0.0.0:9099 is every interface of this machine".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_limits() {
        assert_eq!((duration("2m"), duration("3")), (Ok(Nanos::from_millis(120_000)), Ok(Nanos::from_millis(3_000))));
        assert!(duration("fast").unwrap_err().contains("such as 500ms"));
        assert!(duration("0").unwrap_err().contains("above zero") && duration("-1s").is_err());
        assert_eq!(interval("100ms"), Ok(Nanos::from_millis(100)));
        assert!(interval("99ms").is_err() && interval("61m").is_err());
        assert_eq!(ago("1w"), Ok(Nanos(7 * 86_400 * 1_000_000_000)));
        assert!(["week", "0d", "200000d"].iter().all(|text| ago(text).is_err()));
        assert_eq!((position("0"), position("00:42")), (Ok(Nanos::ZERO), Ok(Nanos::from_millis(42_000))));
    }

    #[test]
    fn shares_and_counts_have_limits() {
        assert_eq!((width("1%"), width("0.5")), (Ok(0.01), Ok(0.005)));
        assert!(["0", "0%", "51%", "-1%", "wide"].iter().all(|text| width(text).is_err()));
        assert_eq!((above_zero("10_000"), any("0"), streams("256", 256)), (Ok(10_000), Ok(0), Ok(256)));
        assert!(streams("257", 256).unwrap_err().contains("from 1 to 256"));
        assert!(above_zero("0").is_err() && any("-1").is_err());
        assert_eq!((rate("0.5"), speed("2x")), (Ok(0.5), Ok(2.0)));
        assert!(rate("0").unwrap_err().contains("above zero") && rate("inf").is_err() && speed("300").is_err());
    }

    #[test]
    fn addresses_read_as_people_write_them() {
        assert_eq!(listen("9099").map(|a| a.to_string()), Ok("127.0.0.1:9099".into()));
        assert_eq!(listen("localhost:80").map(|a| a.to_string()), Ok("127.0.0.1:80".into()));
        assert!(listen("[::]:9099").is_ok() && listen(":9099").is_err() && listen("board:9099").is_err());
    }
}
