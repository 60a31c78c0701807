//! What was measured before: saved results, other tools' results, recordings, runs of the history.

use super::names::split_name;
use super::output::note;
use crate::session::Finished;
use nntop_core::event::{Fault, name_of};
use nntop_results::recording::Recording;
use nntop_results::recording::history::{Filter, History};
use nntop_results::result::{RunResult, Side, Source, import};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Larger files are no results: a million queries of trtexec are 300 MB.
const LARGEST: u64 = 1 << 30;

/// A result of before, with its place.
#[derive(Debug)]
pub(super) struct Saved {
    /// What it is called.
    pub(super) name: String,
    /// Where it is from.
    pub(super) source: Source,
    /// The result.
    pub(super) result: RunResult,
    /// The one variant that is meant, where one is named.
    pub(super) variant: Option<String>,
}

impl Saved {
    /// Its measured variants.
    ///
    /// # Errors
    /// When nothing was measured, or not the variant that is meant.
    pub(super) fn sides(&self) -> Result<Vec<Side>, Fault> {
        let place = self.source.place.as_deref().unwrap_or(&self.name);
        let mut result = self.result.clone();
        if let Some(name) = &self.variant {
            result.variants.retain(|v| v.name == *name);
            if result.variants.is_empty() {
                let all: Vec<&str> = self.result.variants.iter().map(|v| v.name.as_str()).collect();
                return Err(Fault::input(format!("{place}: there is no variant {name:?} in it"))
                    .hint(format!("it has {}", all.join(", "))));
            }
        }
        let sides = Side::all(&result, &self.name, self.source.clone());
        if sides.is_empty() {
            return Err(Fault::input(format!("{place}: nothing was measured in it")));
        }
        Ok(sides)
    }
}

/// The saved result that an argument of the form `[NAME:]PATH[,variant=NAME]` names; absent where it names a model.
///
/// # Errors
/// When it is a result or a recording that cannot be read.
pub(super) fn open(text: &str) -> Result<Option<Saved>, Fault> {
    let (name, rest) = split_name(text);
    let (path, variant) = match rest.rsplit_once(",variant=") {
        Some((path, variant)) if !Path::new(rest).exists() => (Path::new(path), Some(variant.to_owned())),
        _ => (Path::new(rest), None),
    };
    let Some(head) = head(path) else { return Ok(None) };
    let shown = path.display().to_string();
    let place = Some(shown.clone());
    let (kind, result) = if Recording::is(&head) {
        ("recording", recorded(path)?)
    } else if import::may_be(&head) {
        match read(path, &shown) {
            Ok(result) => ("result", result),
            // A model that is text: a program in Python.
            Err(_) if !called_a_result(path) => return Ok(None),
            Err(wrong) => return Err(wrong),
        }
    } else if let Some(what) = holds_figures_by_name(path) {
        return Err(Fault::input(format!(
            "{}: {what} by its name, and damaged, or no result of a tool that is known",
            path.display()
        ))
        .hint("if it is a model after all, give it the ending of its format"));
    } else {
        return Ok(None);
    };
    let name = name.unwrap_or_else(|| name_of(path));
    Ok(Some(Saved { name, source: Source { kind: kind.into(), place }, result, variant }))
}

/// The first bytes of a file; absent where there is none that can be read, which is for the one to say who needs it.
fn head(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path).ok()?.take(4_096).read_to_end(&mut head).ok()?;
    Some(head)
}

/// Whether a file's name says that it holds figures.
fn called_a_result(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_ascii_lowercase());
    ending.is_none_or(|e| ["json", "csv", "txt", "log", "tsv", "nntop"].iter().any(|known| e == *known))
}

/// What a file is by its name alone, where no model is called like that.
fn holds_figures_by_name(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_ascii_lowercase();
    match ending.to_str()? {
        "json" | "csv" | "tsv" | "txt" | "log" => Some("a result"),
        "nntop" => Some("a recording"),
        _ => None,
    }
}

/// Reads a result of ours or of another tool.
pub(super) fn read(path: &Path, shown: &str) -> Result<RunResult, Fault> {
    let mut bytes = Vec::new();
    let file = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    file.map_err(|e| Fault::input(format!("{shown}: cannot be read: {e}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Fault::input(format!("{shown}: larger than 1 GiB, which no result is")));
    }
    let read = import::result(&bytes, shown)?;
    notes(shown, &read.notes);
    Ok(read.result)
}

/// The result as a recording gives it at its end.
pub(super) fn recorded(path: &Path) -> Result<RunResult, Fault> {
    let recording = Recording::open(path)?;
    notes(&path.display().to_string(), &recording.notes);
    Ok(Finished::replayed(&recording, recording.end())?.result)
}

fn notes(place: &str, notes: &[String]) {
    notes.iter().for_each(|text| note(&format!("note: {place}: {text}")));
}

/// The run that `--baseline` names: a file, a number, `last`, or a label. With the last two it is the newest that has all
/// variants of these names (for `last` none of those that began at `own`: they are what is compared); a labelled run with a single variant serves for any name.
///
/// # Errors
/// When there is none such, or the history cannot be read.
pub(super) fn baseline(text: &str, names: &[String], own: &[u64]) -> Result<Saved, Fault> {
    let about = |f: Fault| f.about(&format!("--baseline {text}"));
    if Path::new(split_name(text).1).is_file() {
        return open(text)?.ok_or_else(|| {
            about(Fault::input("a model, not a saved result")).hint("name it first: nntop compare BASE.onnx NEW.onnx")
        });
    }
    let path = super::history::path()?;
    let history = History::read(&path)?.ok_or_else(|| {
        about(Fault::input(format!("there is no history yet in {}", path.display())))
            .hint("measure one first: nntop bench MODEL --label NAME, or name a saved result")
    })?;
    let id = match text.parse::<i64>() {
        Ok(id) => Some(id),
        Err(_) => newest(&history, text, names, own)?,
    };
    let found = match id {
        Some(id) => history.get(id)?.map(|result| (id, result)),
        None => None,
    };
    let (id, result) = found.ok_or_else(|| none(text, names)).map_err(about)?;
    let name = result.label.clone().unwrap_or_else(|| format!("run {id}"));
    let source = Source { kind: "history".into(), place: Some(format!("run {id}")) };
    Ok(Saved { name, source, result, variant: None })
}

fn newest(history: &History, text: &str, names: &[String], own: &[u64]) -> Result<Option<i64>, Fault> {
    let label = (text != "last").then(|| text.to_owned());
    let labelled = label.is_some();
    let rows = history.list(&Filter { label, ..Filter::default() })?;
    let mut runs = rows.chunk_by(|a, b| a.id == b.id);
    let has = |run: &&[nntop_results::result::Entry]| {
        // A result that was saved is in the history, too, and says nothing against itself.
        if !labelled && own.contains(&run[0].began_unix_ns) {
            return false;
        }
        let measured = |name: &String| run.iter().any(|e| e.variant == *name && e.p50_ns.is_some());
        names.iter().all(measured) || (labelled && run.len() == 1 && run[0].p50_ns.is_some())
    };
    Ok(runs.find(has).map(|run| run[0].id))
}

fn none(text: &str, names: &[String]) -> Fault {
    let names = names.iter().map(|n| format!("{n:?}")).collect::<Vec<_>>().join(" and ");
    let fault = match text {
        "last" => Fault::input(format!("no run in the history has measured {names}")),
        id if id.parse::<i64>().is_ok() => Fault::input("there is no run of this number in the history"),
        _ => {
            Fault::input(format!("no run of this label in the history has measured {names}, and there is no such file"))
        }
    };
    fault.hint("nntop runs lists what there is; nntop bench MODEL --label NAME measures a baseline")
}

/// The files of `nntop runs add`.
///
/// # Errors
/// When one is no result.
pub(super) fn result_of(path: &Path) -> Result<RunResult, Fault> {
    let shown = path.display().to_string();
    match open(&shown)? {
        Some(saved) => Ok(saved.result),
        None if path.is_file() => Err(Fault::input(format!("{shown}: neither a result nor a recording"))),
        None => Err(Fault::input(format!("{shown}: there is no such file"))),
    }
}
