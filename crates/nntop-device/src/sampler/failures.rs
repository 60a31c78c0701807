//! Why files could not be read, noted where they are read: a reading that is missing has its reason there.

use super::parse::reason;
use std::collections::HashMap;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// No machine has as many files that are asked for and cannot be read.
const MOST: usize = 4096;

/// What went wrong with which file when it was last read.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<HashMap<PathBuf, (ErrorKind, Option<i32>)>>);

impl Failures {
    /// Notes how reading a file went.
    pub(crate) fn note<T>(&self, path: &Path, outcome: &Result<T, Error>) {
        let mut by = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(_) => drop(by.remove(path)),
            Err(e) => {
                let what = (e.kind(), e.raw_os_error());
                if let Some(noted) = by.get_mut(path) {
                    *noted = what;
                } else if by.len() < MOST {
                    by.insert(path.to_owned(), what);
                }
            }
        }
    }

    /// Why a file could not be read when it last was.
    pub(crate) fn of(&self, path: &Path) -> Option<String> {
        let by = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (kind, number) = *by.get(path)?;
        Some(match (kind, number) {
            (ErrorKind::InvalidData, None) => "holds no number".to_owned(),
            (_, Some(number)) => reason(&Error::from_raw_os_error(number)),
            (kind, None) => reason(&kind.into()),
        })
    }
}

/// The files that a metric's source names: whole paths, and names of files beside the first.
pub(crate) fn files(source: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in source.split([' ', ',']).map(|word| word.trim_end_matches(':')).filter(|word| !word.is_empty()) {
        if word.starts_with('/') {
            found.push(word.to_owned());
        } else if let Some((directory, _)) = found.first().and_then(|first| first.rsplit_once('/')) {
            found.push(format!("{directory}/{word}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_outcome_of_a_file_counts() {
        let failures = Failures::default();
        let path = Path::new("/sys/x");
        failures.note::<()>(path, &Err(Error::from_raw_os_error(61)));
        assert_eq!(failures.of(path).unwrap(), "No data available");
        failures.note::<()>(path, &Err(Error::new(ErrorKind::InvalidData, "?")));
        assert_eq!(failures.of(path).unwrap(), "holds no number");
        failures.note(path, &Ok(1));
        assert_eq!(failures.of(path), None);
    }

    #[test]
    fn a_source_names_files() {
        assert_eq!(files("/h/in1_input x curr1_input")[..], ["/h/in1_input", "/h/x", "/h/curr1_input"]);
        assert_eq!(files("/p/intel-rapl:0/energy_uj: its rise over time")[0], "/p/intel-rapl:0/energy_uj");
        assert!(files("NVML").is_empty());
    }
}
