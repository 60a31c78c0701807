//! Version numbers as Python packages and library file names have them, as far as ordering needs it.

use std::cmp::Ordering;

/// Orders versions: by number, and a pre-release below its release.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let release = |v: &str| numbers(v.split('+').next().unwrap_or(v));
    release(a).cmp(&release(b)).then(is_stable(a).cmp(&is_stable(b))).then_with(|| a.cmp(b))
}

/// Whether this is a release, not a `dev`, `rc`, alpha or beta one; a local part (`+cu12`) may say anything.
pub(super) fn is_stable(version: &str) -> bool {
    let public = version.split('+').next().unwrap_or(version);
    !public.replace("post", "").chars().any(|c| c.is_ascii_alphabetic())
}

/// Whether `found` is what pip may bring for `wanted`: `1.19.0` for `1.19`, any local part where none is named.
pub(super) fn satisfies(found: &str, wanted: &str) -> bool {
    let found = if wanted.contains('+') { found } else { found.split('+').next().unwrap_or(found) };
    let padded = |v: &str, other: &str| {
        let missing = other.split('.').count().saturating_sub(v.split('.').count());
        v.to_owned() + &".0".repeat(missing)
    };
    padded(found, wanted) == padded(wanted, found)
}

/// Whether this is a version that pip can be asked for, and a folder be named after.
pub(super) fn is_valid(version: &str) -> bool {
    version.starts_with(|c: char| c.is_ascii_digit())
        && version.len() <= 64
        && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_'))
}

/// The version in `libonnxruntime.so.1.31.1`; a bare major number is the ABI's, not the release's.
pub(super) fn of_library(file_name: &str) -> Option<String> {
    let suffix = file_name.split_once(".so.")?.1;
    let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    (suffix.contains('.') && suffix.split('.').all(digits)).then(|| suffix.to_owned())
}

/// The leading numbers, up to the first part that is none: `[1, 24, 0]` of `1.24.0.dev20251031003`.
fn numbers(version: &str) -> Vec<u64> {
    let leading = |part: &str| {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse().ok()
    };
    version.split('.').map_while(leading).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_order_by_number_and_releases_come_last() {
        let mut all = vec!["1.9.0", "1.24.1", "1.24.0", "1.24.0.dev20251031003", "1.10.0", "1.24.0rc1"];
        all.sort_by(|a, b| compare(a, b));
        assert_eq!(all, ["1.9.0", "1.10.0", "1.24.0.dev20251031003", "1.24.0rc1", "1.24.0", "1.24.1"]);
        assert!(is_stable("1.20.0+cu12") && is_stable("1.20.0.post1") && !is_stable("1.20.0rc1"));
    }

    #[test]
    fn library_names_carry_the_release() {
        assert_eq!(of_library("libonnxruntime.so.1.31.1").as_deref(), Some("1.31.1"));
        assert_eq!(of_library("libonnxruntime.so.1"), None);
        assert_eq!(of_library("libonnxruntime.so"), None);
        assert_eq!(of_library("libonnxruntime.so.1.31.debug"), None);
    }

    #[test]
    fn a_short_version_stands_for_the_whole() {
        assert!(satisfies("1.19.0", "1.19") && satisfies("1.19", "1.19.0") && satisfies("1.20.0+cu12", "1.20.0"));
        assert!(!satisfies("1.19.2", "1.19") && !satisfies("1.20.0", "1.20.0+cu12"));
    }

    #[test]
    fn nothing_that_leads_elsewhere_is_a_version() {
        assert!(is_valid("1.31.1") && is_valid("1.20.0+cu12"));
        assert!(!is_valid("../1") && !is_valid("1/../2") && !is_valid("") && !is_valid("--help") && !is_valid("1.*"));
    }
}
