//! Results on their way into the history, which no run fails for.

use super::heading;
use super::output::note;
use clap::Args;
use nntop_agent::installer::{DataDir, Environment};
use nntop_core::event::Fault;
use nntop_results::recording::history::{FILE, History};
use nntop_results::result::{RunResult, VariantResult};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

#[derive(Debug, Clone, Default, Args)]
pub(super) struct HistoryArgs {
    /// Label of the run in the history, for nntop runs and --baseline
    #[arg(long, value_name = "NAME", value_parser = label, help_heading = heading::OUTPUT)]
    pub(super) label: Option<String>,
    /// Do not add the result to the history (nntop runs)
    #[arg(long, help_heading = heading::OUTPUT)]
    pub(super) no_history: bool,
}

/// A label that can be told from the other ways to name a run.
pub(super) fn label(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text {
        "" => Err("a name is expected".into()),
        "last" => Err("\"last\" is what --baseline calls the newest run".into()),
        _ if text.parse::<i64>().is_ok() => Err("a label cannot be a number: numbers identify runs".into()),
        _ if text.chars().any(char::is_control) => Err("it holds a control character".into()),
        _ => Ok(text.into()),
    }
}

/// Where the history is.
pub(super) fn path() -> Result<PathBuf, Fault> {
    let folder = DataDir::of(&Environment::of_this_process())
        .map_err(|e| Fault::run(format!("no folder for the history: {e}")).maybe_hint(e.hint()))?;
    Ok(folder.path().join(FILE))
}

/// Now, nanoseconds since 1970-01-01 UTC.
pub(super) fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

/// Labels a result and puts it into the history, unless nothing was measured or nobody wants it; returns its number.
/// What goes wrong is a warning: the result itself is whole.
pub(super) fn keep(args: &HistoryArgs, result: &mut RunResult) -> Option<i64> {
    result.label.clone_from(&args.label);
    let measured = result.variants.iter().any(VariantResult::is_measured);
    if args.no_history || !measured {
        return None;
    }
    // A file that outgrows its limit is an error like a full disk, not the end of the program.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    let kept = path().and_then(|path| History::open(&path)?.add(result, now()));
    let warn = |fault: Fault| {
        let hint = fault.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        note(&format!("warning: this result is not in the history: {}{hint}", fault.message));
    };
    kept.map_err(warn).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_no_other_way_to_name_a_run() {
        assert_eq!(label(" main "), Ok("main".into()));
        assert!(["", " ", "last", "12", "a\nb"].iter().all(|text| label(text).is_err()));
    }
}
