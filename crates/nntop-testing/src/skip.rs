//! Tests that cannot run here: they fail where they have to run, else they are counted.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::panic::Location;
use std::path::{Path, PathBuf};

/// The folder of the test data.
const DATA: &str = "NNTOP_TEST_DATA";

/// Whether the test data has to be there.
const REQUIRE_DATA: &str = "NNTOP_REQUIRE_DATA";

/// The file that takes the skips, one a line.
const SKIPS: &str = "NNTOP_TEST_SKIPS";

/// A file or folder of the test data, by its path within it; `None` where there is no such data, and the test that asks
/// has to return.
///
/// # Panics
/// When there is none and `NNTOP_REQUIRE_DATA` is set.
#[track_caller]
pub fn required_data(path: &str) -> Option<PathBuf> {
    match find(set(DATA), path) {
        Ok(found) => Some(found),
        Err(why) => {
            skip_unless_required(REQUIRE_DATA, &why);
            None
        }
    }
}

/// Counts a test, or a part of it, as skipped, unless `variable` is set: then what is missing has to be there.
///
/// # Panics
/// When `variable` is set.
#[track_caller]
pub fn skip_unless_required(variable: &str, reason: &str) {
    assert!(set(variable).is_none(), "{variable} is set: {reason}");
    skip(reason);
}

/// Counts a test, or a part of it, as skipped for something that nobody can ask for, such as another processor.
#[track_caller]
pub fn skip(reason: &str) {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let at = Location::caller();
    let thread = std::thread::current();
    let line = format!("{reason}\t{}\t{}:{}\n", thread.name().unwrap_or("?"), at.file(), at.line());
    // Not by the macros, whose output the test harness keeps.
    let _ = write!(std::io::stderr(), "skipped: {line}");
    if let Some(file) = set(SKIPS) {
        record(Path::new(&file), &line);
    }
}

/// In one write, so that lines of several test programs do not mix.
fn record(file: &Path, line: &str) {
    let opened = OpenOptions::new().create(true).append(true).open(file);
    let written = opened.and_then(|mut file| file.write_all(line.as_bytes()));
    assert!(written.is_ok(), "{SKIPS} names {}, which cannot be written: {written:?}", file.display());
}

/// An environment variable that is set to something.
fn set(variable: &str) -> Option<OsString> {
    std::env::var_os(variable).filter(|value| !value.is_empty())
}

/// Where a piece of the test data is, or why there is none.
fn find(root: Option<OsString>, path: &str) -> Result<PathBuf, String> {
    let root = root.ok_or_else(|| format!("{DATA} is not set"))?;
    let found = Path::new(&root).join(path);
    // An empty folder is no data: a loop over it would pass.
    let empty = found.is_dir() && std::fs::read_dir(&found).is_ok_and(|mut entries| entries.next().is_none());
    if found.exists() && !empty { Ok(found) } else { Err(format!("the folder that {DATA} names has no {path}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for a test.
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("nntop-testing-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn data_is_found_or_what_is_missing_is_named() {
        let folder = folder("find");
        std::fs::create_dir_all(folder.join("models/a")).unwrap();
        std::fs::create_dir_all(folder.join("sysfs")).unwrap();
        let found = |path| find(Some(folder.clone().into()), path);
        assert_eq!(found("models"), Ok(folder.join("models")));
        assert!(found("datasets").unwrap_err().contains("no datasets"));
        assert!(found("sysfs").is_err(), "an empty folder is no data");
        assert!(find(None, "models").unwrap_err().contains("is not set"));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    #[should_panic(expected = "PATH is set: it needs a browser")]
    fn what_is_required_fails_where_it_is_missing() {
        skip_unless_required("PATH", "it needs a browser");
    }

    #[test]
    fn each_skip_is_a_line_of_the_file() {
        let folder = folder("record");
        let file = folder.join("skips");
        record(&file, "one\n");
        record(&file, "two\n");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "one\ntwo\n");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
