//! In which format something is written: the one that `--format` names, else that of the file's ending, else text.

use clap::ValueEnum;
use std::path::Path;

/// A format that the ending of a file's name can choose.
pub(super) trait Format: Copy + 'static {
    /// Endings, lower-case and without their first dot.
    const ENDINGS: &'static [(&'static str, Self)];
    /// Where nothing else is said.
    const DEFAULT: Self;

    /// The format that is meant.
    fn choose(given: Option<Self>, output: Option<&Path>) -> Self {
        given.or_else(|| output.and_then(Self::of_file)).unwrap_or(Self::DEFAULT)
    }

    /// The format that a file's name chooses: of several endings that fit, the longest.
    fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let fits = |ending: &str| name.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.'));
        let found = Self::ENDINGS.iter().filter(|(ending, _)| fits(ending));
        found.max_by_key(|(ending, _)| ending.len()).map(|(_, format)| *format)
    }
}

/// For people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TextOrJson {
    /// One fact per line
    Text,
    /// For programs
    Json,
}
