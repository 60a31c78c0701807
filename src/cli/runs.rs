//! `nntop runs`: the history of results.

use super::output::print;
use super::values::{above_zero, ago};
use super::{Exit, history, saved};
use clap::{Args, Subcommand, ValueEnum};
use nntop_core::event::Fault;
use nntop_core::unit::Nanos;
use nntop_results::recording::history::{Filter, History};
use nntop_results::report;
use nntop_results::result::Entry;
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

/// Runs that are listed where nobody says how many.
const LISTED: u64 = 20;

#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct RunsArgs {
    #[command(subcommand)]
    command: Option<RunsCommand>,
    #[command(flatten)]
    filter: FilterArgs,
    /// How the list is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ListFormat,
}

#[derive(Debug, Clone, Subcommand)]
enum RunsCommand {
    /// The whole result of a run
    Show {
        /// Its number
        id: i64,
        /// How it is written: a table, or nntop.result/1
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: super::args::Format,
    },
    /// How the figures of each model went from run to run, the newest at the right
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
        /// All that began longer ago than this: 30d, 12h, 8w
        #[arg(long, value_name = "TIME", value_parser = ago, group = "which")]
        older: Option<Nanos>,
        /// Do not ask
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
        /// Take its name away
        #[arg(long, conflicts_with = "name")]
        none: bool,
    },
    /// Take saved results, other tools' results or recordings in
    Add {
        /// The files
        #[arg(required = true)]
        file: Vec<PathBuf>,
        /// What they are called
        #[arg(long, value_name = "NAME", value_parser = history::label)]
        label: Option<String>,
    },
}

/// Which runs.
#[derive(Debug, Clone, Args)]
struct FilterArgs {
    /// A part of the variant's name or of the model's path
    #[arg(long, value_name = "TEXT")]
    model: Option<String>,
    /// The engine, or engine and version
    #[arg(long, value_name = "NAME")]
    engine: Option<String>,
    /// The label
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    /// Begun no longer ago than this: 7d, 12h, 8w
    #[arg(long, value_name = "TIME", value_parser = ago)]
    since: Option<Nanos>,
    /// At most so many runs, the newest [default: 20 in a list of text, else all]
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
        None => list(&args.filter, args.format)?,
        Some(RunsCommand::Show { id, format }) => {
            let result = open()?.map(|history| history.get(*id)).transpose()?.flatten().ok_or_else(|| no_run(*id))?;
            print(&match format {
                super::args::Format::Json => result.to_json(),
                super::args::Format::Text => report::text(&result),
            })?;
        }
        Some(RunsCommand::Trend { filter }) => {
            let entries = entries(&filter.filter())?;
            match report::trend(&entries) {
                text if text.is_empty() => say("nothing in the history passes: nntop runs lists what there is"),
                text => print(&text)?,
            }
        }
        Some(RunsCommand::Delete { id, older, yes }) => delete(id, *older, *yes)?,
        Some(RunsCommand::Label { id, name, .. }) => {
            if !writable()?.label(*id, name.as_deref())? {
                return Err(no_run(*id));
            }
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

fn list(args: &FilterArgs, format: ListFormat) -> Result<(), Fault> {
    let mut filter = args.filter();
    if format == ListFormat::Text {
        filter.limit.get_or_insert(LISTED);
    }
    let entries = entries(&filter)?;
    match format {
        ListFormat::Json => {
            let text = serde_json::to_string_pretty(&entries).map_err(|e| Fault::run(e.to_string()))?;
            print(&(text + "\n"))
        }
        ListFormat::Csv => print(&report::runs_csv(&entries).map_err(|e| Fault::run(e.to_string()))?),
        ListFormat::Text if entries.is_empty() => {
            say("no runs: nntop bench, nntop compare and the dashboard put theirs here");
            Ok(())
        }
        ListFormat::Text => print(&report::runs(&entries)),
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
        say("no run is that old");
        return Ok(());
    }
    if !yes && !agreed(&found, runs.len())? {
        say("nothing was deleted");
        return Ok(());
    }
    let deleted = writable()?.delete(&runs)?;
    say(&format!("{deleted} run{} deleted", if deleted == 1 { "" } else { "s" }));
    Ok(())
}

/// Asks on the terminal.
fn agreed(found: &[Entry], runs: usize) -> Result<bool, Fault> {
    if !std::io::stdin().is_terminal() {
        return Err(Fault::input("nntop runs delete asks, and there is no terminal to ask on")
            .hint("--yes deletes without asking"));
    }
    let question = format!("{}delete {} run{}? [y/N] ", report::runs(found), runs, if runs == 1 { "" } else { "s" });
    let _ = std::io::stderr().write_all(question.as_bytes());
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

/// Talk: where standard error is gone nobody misses it.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
