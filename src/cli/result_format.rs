//! The formats of a run's result.

use super::formats::Format;
use super::output;
use super::report::{self, ReportFormat};
use clap::ValueEnum;
use nntop_results::report::documents::{Source, Style, Words, compose};
use nntop_results::result::RunResult;
use std::path::Path;

/// How the result of a run is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ResultFormat {
    /// Tables
    Text,
    /// Schema nntop.result/1
    Json,
    /// A report for a spreadsheet
    Csv,
    /// A report in GitHub's Markdown
    #[value(alias = "md")]
    Markdown,
    /// A report with charts, as one page
    Html,
}

impl Format for ResultFormat {
    const ENDINGS: &'static [(&'static str, Self)] = &[
        ("json", Self::Json),
        ("csv", Self::Csv),
        ("md", Self::Markdown),
        ("markdown", Self::Markdown),
        ("html", Self::Html),
        ("htm", Self::Html),
    ];
    const DEFAULT: Self = Self::Text;
}

/// A result in words, for a width in columns.
pub(super) type AsText = fn(&RunResult, usize) -> String;

impl ResultFormat {
    /// A result in this format; `text` writes it where that is text, in the width of what `file` is, else of the terminal.
    pub(super) fn write(self, result: &RunResult, text: AsText, file: Option<&Path>) -> String {
        let format = match self {
            Self::Text => return text(result, output::width(file)),
            Self::Json => return result.to_json(),
            Self::Csv => ReportFormat::Csv,
            Self::Markdown => ReportFormat::Markdown,
            Self::Html => ReportFormat::Html,
        };
        let sources = [Source { name: "this run".into(), result: result.clone() }];
        report::write(format, &compose(Style::Summary, &sources, &Words::default()), &sources, report::WIDTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_comes_before_the_ending_and_text_is_last() {
        let choose = |given, name: &str| ResultFormat::choose(given, Some(Path::new(name)));
        assert_eq!(choose(None, "out/r.json"), ResultFormat::Json);
        assert_eq!(choose(None, "r.HTML"), ResultFormat::Html);
        assert_eq!(choose(None, "r.2024.md"), ResultFormat::Markdown);
        assert_eq!(choose(Some(ResultFormat::Text), "r.json"), ResultFormat::Text);
        for other in ["r", "r.txt", "json", ".json.bak", "rjson", "/dev/stdout"] {
            assert_eq!(choose(None, other), ResultFormat::Text, "{other}");
        }
        assert_eq!(ResultFormat::choose(None, None), ResultFormat::Text);
    }
}
