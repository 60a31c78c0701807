//! Times as clocks and calendars show them.

use super::Nanos;

/// A span as a clock shows it: `00:42`, `1:02:11`.
pub fn clock_face(span: Nanos) -> String {
    let s = span.0 / 1_000_000_000;
    match s / 3600 {
        0 => format!("{:02}:{:02}", s / 60, s % 60),
        h => format!("{h}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

/// `2026-03-01 14:05 UTC` of nanoseconds since 1970.
pub fn utc(unix_ns: u64) -> String {
    let seconds = unix_ns / 1_000_000_000;
    let [year, month, day] = civil(seconds / 86_400);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", seconds / 3_600 % 24, seconds / 60 % 60)
}

/// Year, month and day of a number of days since 1970-01-01 (Howard Hinnant's civil-from-days): years begin in March, so
/// that the leap day is their last.
pub fn civil(days: u64) -> [u64; 3] {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    [year_of_era + era * 400 + u64::from(month <= 2), month, day]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01 00:00 UTC");
        assert_eq!(utc(951_827_696_000_000_000), "2000-02-29 12:34 UTC");
        assert_eq!(utc(1_772_373_900_999_999_999), "2026-03-01 14:05 UTC");
        assert_eq!(clock_face(Nanos::from_millis(3_731_000)), "1:02:11");
    }
}
