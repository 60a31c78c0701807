//! The small formats of `/proc` and `/sys`: lists of CPUs, `Key: 123 kB`, numbers in names, errors as words.

use nntop_core::text::without_os_error;
use std::ffi::OsStr;
use std::io;
use std::path::Path;

/// An error as the end of a sentence: without the number that Rust appends.
pub(crate) fn reason(error: &io::Error) -> String {
    without_os_error(&error.to_string()).into_owned()
}

/// The numbers in a kernel list: `0-3,6` or `0 1 2 3`.
pub(crate) fn cpu_list(text: &str) -> Vec<u32> {
    let mut cpus = Vec::new();
    for part in text.split([',', ' ', '\n']).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
            // No kernel has more CPUs than this; a garbled list must not fill the memory.
            cpus.extend(first..=last.min(first.saturating_add(8192)));
        }
    }
    cpus
}

/// The value of a `Key:   123 kB` line, in bytes.
pub(crate) fn kilobytes(text: &str, key: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb as f64 * 1024.0)
}

/// The number in a name such as `temp12_input`, between `prefix` and `suffix`.
pub(crate) fn index(name: &str, prefix: &str, suffix: &str) -> Option<u32> {
    name.strip_prefix(prefix)?.strip_suffix(suffix)?.parse().ok()
}

/// The directory of a path.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// The last part of a path as text.
pub(crate) fn file_name(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

/// A key by which digits sort as numbers.
pub(crate) fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        parts.push((text.to_owned(), tail[..end].parse().unwrap_or(0)));
        rest = &tail[end..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_count() {
        let mut names = ["cpu10", "cpu2", "cpu0", "cpufreq"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["cpu0", "cpu2", "cpu10", "cpufreq"]);
    }

    #[test]
    fn cpu_lists_come_as_ranges_or_as_words() {
        assert_eq!(cpu_list("0-2,5\n"), [0, 1, 2, 5]);
        assert_eq!(cpu_list("4 5\n"), [4, 5]);
        assert_eq!(cpu_list("x-y,3-1,\n"), [] as [u32; 0]);
    }

    #[test]
    fn a_key_is_matched_as_a_whole() {
        let text = "SwapTotalX: 7 kB\nSwapTotal:      5 kB\nBad: x kB\n";
        assert_eq!(kilobytes(text, "SwapTotal"), Some(5120.0));
        assert_eq!((kilobytes(text, "Swap"), kilobytes(text, "Bad")), (None, None));
    }
}
