//! `nntop report`: tables and charts of results that were measured before.

use super::formats::Format;
use super::output::{self, Output, deliver};
use super::{Exit, overwrite, saved};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use nntop_core::event::Fault;
use nntop_core::new_file::{self, NewFile};
use nntop_results::recording::Recording;
use nntop_results::report::documents::{self, Document, Picture, Source, Style, Words, chart};
use nntop_results::result::{RunResult, import};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The widest that a report is: its sentences are for reading, not for other programs.
pub(super) const WIDTH: usize = 110;

const WRITES: &str = "nntop bench MODEL -o result.json writes one";

const EXAMPLES: &str = "\
Examples:
  nntop report result.json                             tables
  nntop report result.json -o report.html              tables and charts, in one file
  nntop report monday.json tuesday.json run.nntop      several results and recordings
  nntop report result.json --style edge -o edge.md     the tables of another style";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReportArgs {
    /// Results (nntop bench -o result.json), recordings, which are played to their end, or other tools' results
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Tables: summary, edge, mcu, zoo, zoo-short, keras, platform, compression, before-after
    #[arg(long, value_name = "NAME", default_value = "summary", hide_possible_values = true,
          value_parser = PossibleValuesParser::new(Style::ALL.map(Style::name)))]
    style: String,
    /// Format of the report [default: by the ending of -o, else text]
    #[arg(long, value_name = "FORMAT")]
    format: Option<ReportFormat>,
    /// Write the report to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Task of the model, for the zoo styles: "Image Classification"
    #[arg(long, value_name = "TEXT")]
    task: Option<String>,
    /// Where the model or its runtime is documented, for the zoo styles
    #[arg(long, value_name = "URL")]
    reference: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// Tables for a terminal
    Text,
    /// GitHub's Markdown
    #[value(alias = "md")]
    Markdown,
    /// A page with charts, in one file
    Html,
    /// For a spreadsheet
    Csv,
    /// Schema nntop.report/1
    Json,
}

impl Format for ReportFormat {
    const ENDINGS: &'static [(&'static str, Self)] = &[
        ("md", Self::Markdown),
        ("markdown", Self::Markdown),
        ("html", Self::Html),
        ("htm", Self::Html),
        ("csv", Self::Csv),
        ("json", Self::Json),
    ];
    const DEFAULT: Self = Self::Text;
}

impl ReportFormat {
    fn ending(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

pub(super) fn run(args: &ReportArgs) -> Result<Exit, Fault> {
    let sources = args.files.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    if sources.iter().all(|s| s.result.variants.is_empty()) {
        let names: Vec<String> = args.files.iter().map(|path| path.display().to_string()).collect();
        return Err(Fault::input(format!("{}: nothing was measured", names.join(", "))));
    }
    let output = args.output.as_deref().map(Output::open).transpose()?;
    let format = ReportFormat::choose(args.format, args.output.as_deref());
    let style = Style::ALL.into_iter().find(|style| style.name() == args.style).unwrap_or(Style::Summary);
    let words = Words { task: args.task.clone(), reference: args.reference.clone() };
    let document = documents::compose(style, &sources, &words);
    let wide = output::width(args.output.as_deref()).min(WIDTH);
    let text = write(format, &document, &sources, wide);
    deliver(output, &text)?;
    Ok(Exit::Ok)
}

/// A report in a format; `width` is that of text.
pub(super) fn write(format: ReportFormat, document: &Document, sources: &[Source], width: usize) -> String {
    match format {
        ReportFormat::Text => documents::text(document, width),
        ReportFormat::Markdown => documents::markdown(document, &[]),
        ReportFormat::Html => documents::html(document, &chart::charts(sources)),
        ReportFormat::Csv => documents::csv(document),
        ReportFormat::Json => documents::json(document),
    }
}

/// The result in a file, ours or another tool's: what it is, is told by its content.
fn read(path: &Path) -> Result<Source, Fault> {
    let about = |why: String| Fault::input(format!("{}: {why}", path.display())).hint(WRITES);
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(4_096).read_to_end(&mut head)).map_err(|e| about(e.to_string()))?;
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let shown = path.display().to_string();
    let result = match Recording::is(&head) || !import::may_be(&head) && !head.is_empty() {
        true => saved::recorded(path)?,
        false if head.is_empty() => return Err(about("not a result: the file is empty".into())),
        false => saved::read(path, &shown)?,
    };
    Ok(Source { name, result })
}

/// A folder for everything of a run: the result, the report, and its charts.
pub(super) struct Folder<'a> {
    dir: &'a Path,
    format: ReportFormat,
}

impl<'a> Folder<'a> {
    /// Makes it, before anything is measured.
    pub(super) fn make(dir: &'a Path, format: ReportFormat) -> Result<Self, Fault> {
        std::fs::create_dir_all(dir).map_err(|e| {
            Fault::input(format!("--save-dir {}: cannot be made: {e}", dir.display()))
                .hint("name a folder that you may write to")
        })?;
        let this = Self { dir, format };
        // A folder that cannot be written to is found before the measurement, not after it.
        NewFile::create(&dir.join("result.json")).map_err(|e| this.cannot("result.json", &e))?;
        Ok(this)
    }

    fn cannot(&self, name: &str, e: &std::io::Error) -> Fault {
        Fault::input(format!("--save-dir: {}: cannot be written: {e}", self.dir.join(name).display()))
            .hint("name another folder with --save-dir")
    }

    fn file(&self, name: &str, text: &str) -> Result<(), Fault> {
        let path = self.dir.join(name);
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(|e| self.cannot(name, &e))?;
        overwrite::check(&path)?;
        new_file::write(&path, text.as_bytes()).map_err(|e| self.cannot(name, &e))?;
        output::written(&path);
        Ok(())
    }

    /// Writes all of it. Charts are files of their own beside Markdown, and part of the page in HTML.
    pub(super) fn save(&self, result: &RunResult) -> Result<(), Fault> {
        self.file("result.json", &result.to_json())?;
        self.report(&[Source { name: "result.json".into(), result: result.clone() }])
    }

    /// Writes a comparison in which something of before takes part, and the report of all that does.
    pub(super) fn save_comparison(&self, comparison: &str, sources: &[Source]) -> Result<(), Fault> {
        self.file("comparison.json", comparison)?;
        self.report(sources)
    }

    fn report(&self, sources: &[Source]) -> Result<(), Fault> {
        let document = documents::compose(Style::Summary, sources, &Words::default());
        let report = format!("report.{}", self.format.ending());
        if self.format != ReportFormat::Markdown {
            return self.file(&report, &write(self.format, &document, sources, WIDTH));
        }
        let mut pictures = Vec::new();
        for of in chart::charts(sources) {
            let path = format!("charts/{}.svg", of.id);
            self.file(&path, &chart::alone(&of.svg))?;
            pictures.push(Picture { title: of.title, path });
        }
        self.file(&report, &documents::markdown(&document, &pictures))
    }
}
