//! The arguments with which pip fetches a wheel, by us or by a person on another machine.

use super::Runtime;
use super::platform::Platform;
use std::ffi::OsString;

/// Pythons whose wheels are asked for; the library in them is the same. Those with the most releases first.
pub(super) const PYTHONS: [(u32, u32); 7] = [(3, 12), (3, 13), (3, 11), (3, 14), (3, 10), (3, 9), (3, 8)];

/// `pip download …`, up to what differs from machine to machine.
pub(super) fn arguments(python: (u32, u32), tags: &[String]) -> Vec<OsString> {
    let fixed = ["download", "--no-deps", "--only-binary=:all:", "--implementation", "cp"];
    let mut arguments: Vec<OsString> = fixed.iter().map(OsString::from).collect();
    arguments.extend(["--python-version".into(), format!("{}.{}", python.0, python.1).into()]);
    for tag in tags {
        arguments.extend(["--platform".into(), tag.into()]);
    }
    arguments
}

/// The command that fetches a wheel for this machine on another one.
pub(super) fn command_elsewhere(package: &str, version: Option<&str>) -> String {
    let version = version.or(Runtime::default_version(package));
    let tags = Platform::of_this_machine().map(|p| p.short_tags()).unwrap_or_default();
    let words = arguments(PYTHONS[0], &tags);
    let words: Vec<_> = words.iter().map(|w| w.to_string_lossy()).collect();
    format!("python3 -m pip {} {}", words.join(" "), requirement(package, version))
}

/// A package as pip takes it.
pub(super) fn requirement(package: &str, version: Option<&str>) -> String {
    version.map_or_else(|| package.to_owned(), |v| format!("{package}=={v}"))
}
