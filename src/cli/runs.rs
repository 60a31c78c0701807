//! `nntop runs`: the history of results.

use super::formats::Format;
use super::output::{Output, deliver, note, print, width};
use super::result_format::ResultFormat;
use super::values::{above_zero, ago};
use super::{Exit, history, saved};
use clap::{Args, Subcommand, ValueEnum};
use nntop_core::event::Fault;
use nntop_core::text::lines;
use nntop_core::unit::Nanos;
use nntop_results::recording::history::{Filter, History};
use nntop_results::report;
use nntop_results::result::Entry;
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

/// Runs that are listed where nobody says how many.
const LISTED: u64 = 20;

const EXAMPLES: &str = "\
Examples:
  nntop runs                          the newest 20
  nntop runs --model resnet --since 7d -o runs.csv
  nntop runs show 12 -o result.json   the whole result of run 12
  nntop runs trend                    how figures changed from run to run
  nntop runs label 12 main            a name for --baseline";

#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(super) struct RunsArgs {
    #[command(subcommand)]
    command: Option<RunsCommand>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Write the list to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Format of the list [default: by the ending of -o, else text]
    #[arg(long, value_name = "FORMAT")]
    format: Option<ListFormat>,
}

#[derive(Debug, Clone, Subcommand)]
enum RunsCommand {
    /// Show the whole result of a run
    Show {
        /// Its number
        id: i64,
        /// Write it to this file instead of standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Format of the result [default: by the ending of -o, else text]
        #[arg(long, value_name = "FORMAT")]
        format: Option<ResultFormat>,
    },
    /// Show how the figures of each model changed from run to run, the newest at the right
    Trend {
        #[command(flatten)]
        filter: FilterArgs,
    },
    /// Delete runs
    #[command(group = clap::ArgGroup::new("which").required(true).multiple(false))]
    Delete {
        /// Their numbers
        #[arg(group = "which")]
        id: Vec<i64>,
        /// All that are older than this: 30d, 12h, 8w
        #[arg(long, value_name = "TIME", value_parser = ago, group = "which")]
        older: Option<Nanos>,
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
    /// Name a run, for --baseline NAME
    Label {
        /// Its number
        id: i64,
        /// The name
        #[arg(value_parser = history::label, required_unless_present = "none")]
        name: Option<String>,
        /// Remove its name
        #[arg(long, conflicts_with = "name")]
        none: bool,
    },
    /// Add saved results, other tools' results or recordings to the history
    Add {
        /// The files
        #[arg(required = true)]
        file: Vec<PathBuf>,
        /// A label for them
        #[arg(long, value_name = "NAME", value_parser = history::label)]
        label: Option<String>,
    },
}

/// Which runs.
#[derive(Debug, Clone, Args)]
struct FilterArgs {
    /// Only runs whose variant or model path contains this
    #[arg(long, value_name = "TEXT")]
    model: Option<String>,
    /// Only runs of this engine, or of this engine and version
    #[arg(long, value_name = "NAME")]
    engine: Option<String>,
    /// Only runs with this label
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    /// Only runs that are younger than this: 7d, 12h, 8w
    #[arg(long, value_name = "TIME", value_parser = ago)]
    since: Option<Nanos>,
    /// At most N runs, the newest [default: 20 in a table, else all]
    #[arg(long, value_name = "N", value_parser = above_zero)]
    limit: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    /// A table
    Text,
    /// An array with an object per variant of a run
    Json,
    /// The same as rows
    Csv,
}

impl Format for ListFormat {
    const ENDINGS: &'static [(&'static str, Self)] = &[("json", Self::Json), ("csv", Self::Csv)];
    const DEFAULT: Self = Self::Text;
}

impl FilterArgs {
    fn filter(&self) -> Filter {
        Filter {
            ids: Vec::new(),
            model: self.model.clone(),
            engine: self.engine.clone(),
            label: self.label.clone(),
            since: self.since.map(|span| history::now().saturating_sub(span.0)),
            before: None,
            limit: self.limit,
        }
    }
}

pub(super) fn run(args: &RunsArgs) -> Result<Exit, Fault> {
    match &args.command {
        None => list(args)?,
        Some(RunsCommand::Show { id, output, format }) => {
            let output = output.as_deref();
            let file = output.map(Output::open).transpose()?;
            let result = open()?.map(|history| history.get(*id)).transpose()?.flatten().ok_or_else(|| no_run(*id))?;
            deliver(file, &ResultFormat::choose(*format, output).write(&result, report::text, output))?;
        }
        Some(RunsCommand::Trend { filter }) => {
            let entries = entries(&filter.filter())?;
            match report::trend(&entries, width(None)) {
                text if text.is_empty() => note("no runs match: nntop runs lists all"),
                text => print(&text)?,
            }
        }
        Some(RunsCommand::Delete { id, older, yes }) => delete(id, *older, *yes)?,
        Some(RunsCommand::Label { id, name, .. }) => {
            if !writable()?.label(*id, name.as_deref())? {
                return Err(no_run(*id));
            }
            note(&match name {
                Some(name) => format!("run {id} is labelled {name}: --baseline {name} finds it"),
                None => format!("run {id} has no label"),
            });
        }
        Some(RunsCommand::Add { file, label }) => {
            let mut history = writable()?;
            for path in file {
                let mut result = saved::result_of(path)?;
                if label.is_some() {
                    result.label.clone_from(label);
                }
                let id = history.add(&result, history::now())?;
                print(&format!("{id}\t{}\n", path.display()))?;
            }
        }
    }
    Ok(Exit::Ok)
}

fn list(args: &RunsArgs) -> Result<(), Fault> {
    let output = args.output.as_deref();
    let file = output.map(Output::open).transpose()?;
    let format = ListFormat::choose(args.format, output);
    let mut filter = args.filter.filter();
    if format == ListFormat::Text {
        filter.limit.get_or_insert(LISTED);
    }
    let entries = entries(&filter)?;
    match format {
        ListFormat::Json => {
            let text = serde_json::to_string_pretty(&entries).map_err(|e| Fault::run(e.to_string()))?;
            deliver(file, &(text + "\n"))
        }
        ListFormat::Csv => deliver(file, &report::runs_csv(&entries).map_err(|e| Fault::run(e.to_string()))?),
        ListFormat::Text if entries.is_empty() => {
            note("no runs yet: nntop bench, nntop compare and the dashboard add them");
            Ok(())
        }
        ListFormat::Text => deliver(file, &report::runs(&entries, width(output))),
    }
}

fn delete(ids: &[i64], older: Option<Nanos>, yes: bool) -> Result<(), Fault> {
    let before = older.map(|span| history::now().saturating_sub(span.0));
    let found = entries(&Filter { ids: ids.to_vec(), before, ..Filter::default() })?;
    let mut runs: Vec<i64> = found.iter().map(|e| e.id).collect();
    runs.dedup();
    if let Some(missing) = ids.iter().find(|id| !runs.contains(id)) {
        return Err(no_run(*missing));
    }
    if runs.is_empty() {
        note("no run is that old");
        return Ok(());
    }
    if !yes && !agreed(&found, runs.len())? {
        note("nothing was deleted");
        return Ok(());
    }
    let deleted = writable()?.delete(&runs)?;
    note(&format!("{deleted} run{} deleted", if deleted == 1 { "" } else { "s" }));
    Ok(())
}

/// Asks on the terminal.
fn agreed(found: &[Entry], runs: usize) -> Result<bool, Fault> {
    if !std::io::stdin().is_terminal() {
        return Err(Fault::input("not a terminal: cannot ask for confirmation").hint("use --yes to skip it"));
    }
    let list = report::runs(found, width(None));
    let question = format!("{list}delete {runs} run{}? [y/N] ", if runs == 1 { "" } else { "s" });
    let _ = std::io::stderr().write_all(lines(&question).as_bytes());
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|e| Fault::run(format!("the answer cannot be read: {e}")))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn open() -> Result<Option<History>, Fault> {
    History::read(&history::path()?)
}

fn writable() -> Result<History, Fault> {
    History::open(&history::path()?)
}

fn entries(filter: &Filter) -> Result<Vec<Entry>, Fault> {
    open()?.map_or(Ok(Vec::new()), |history| history.list(filter))
}

fn no_run(id: i64) -> Fault {
    Fault::input(format!("there is no run {id} in the history")).hint("nntop runs lists them")
}
