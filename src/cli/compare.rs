//! `nntop compare`: which of two or more is faster, and how sure that is: models measured in turns, what was measured
//! before, or a model against what was measured before.

mod sides;

use super::formats::Format;
use super::heading;
use super::output::{self, Output, deliver, note};
use super::report::{Folder, ReportFormat};
use super::run_args::RunArgs;
use super::saved::Saved;
use super::{Exit, bench, dataset_input, history, run};
use clap::{Args, ValueEnum};
use nntop_core::event::Fault;
use nntop_results::report::documents::Source;
use nntop_results::report::{self, comparison};
use nntop_results::result::{ComparisonResult, Gate, GateResult, MANIFEST, Pair};
use sides::{Group, Sorted};
use signal_hook::iterator::Signals;
use std::path::PathBuf;
use std::str::FromStr;

const COMPARE: &str = "Comparison";

const EXAMPLES: &str = "\
Examples:
  nntop compare fp32:a.onnx int8:b.onnx                        measure two models in turns
  nntop compare before.json after.json                         two saved results
  nntop compare net.onnx --baseline last --fail-if 'p99>+5%'   measure, and compare with the newest run of this model
  nntop compare net.onnx --baseline main -o comment.md         with the run that is labelled main, as Markdown
  nntop compare r.json --baseline b.json -o junit.xml          for a CI system";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompareArgs {
    #[command(flatten)]
    run: RunArgs,
    /// Compare with this: a saved result or recording, last (the newest run of the same name), a label, or a run's number
    #[arg(long, value_name = "FILE|last|LABEL|N", help_heading = COMPARE)]
    baseline: Option<String>,
    /// Exit with status 3 if a figure is shown to be worse by more than this: 'p99>+5%', 'throughput<-5%' (repeatable)
    ///
    /// Figures: p50, p90, p95, p99, mean, throughput, memory, energy. A change fails when all of its 95 % interval is beyond the limit.
    #[arg(long, value_name = "GATE", value_parser = Gate::from_str, help_heading = COMPARE)]
    fail_if: Vec<Gate>,
    /// Compare results of different setups all the same; with =WHAT only where no more than these differ: =engine,threads
    #[arg(long, value_name = "WHAT,...", num_args = 0..=1, require_equals = true, default_missing_value = "all", value_parser = allowed, help_heading = COMPARE)]
    allow_mismatch: Option<Allowed>,
    /// Write the comparison to this file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = heading::OUTPUT, display_order = 1)]
    output: Option<PathBuf>,
    /// Format of the comparison [default: by the ending of -o, else text]
    #[arg(long, value_name = "FORMAT", help_heading = heading::OUTPUT, display_order = 2)]
    format: Option<CompareFormat>,
    /// Write the comparison, a report and its charts into this folder (created if missing)
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT)]
    save_dir: Option<PathBuf>,
    /// Format of the report in --save-dir
    #[arg(long, value_name = "FORMAT", default_value = "markdown", requires = "save_dir", help_heading = heading::OUTPUT, hide_short_help = true)]
    report_format: ReportFormat,
    /// Exit with status 4 if the verdict of a variant is INVALID
    #[arg(long, help_heading = heading::OUTPUT)]
    strict: bool,
    /// Print no progress
    #[arg(short, long, help_heading = heading::OUTPUT)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CompareFormat {
    /// A table
    Text,
    /// Schema nntop.result/1 of models measured now, nntop.comparison/1 where something of before takes part
    Json,
    /// For a comment of a pull request
    Markdown,
    /// JUnit's XML: a test per gate
    Junit,
}

impl Format for CompareFormat {
    const ENDINGS: &'static [(&'static str, Self)] =
        &[("json", Self::Json), ("md", Self::Markdown), ("markdown", Self::Markdown), ("xml", Self::Junit)];
    const DEFAULT: Self = Self::Text;
}

impl CompareArgs {
    fn format(&self) -> CompareFormat {
        CompareFormat::choose(self.format, self.output.as_deref())
    }
}

/// The facts that may differ; empty is all of them.
#[derive(Debug, Clone, PartialEq)]
struct Allowed(Vec<String>);

fn allowed(text: &str) -> Result<Allowed, String> {
    if text == "all" {
        return Ok(Allowed(Vec::new()));
    }
    let known =
        |name: &str| MANIFEST.into_iter().find(|fact| fact.eq_ignore_ascii_case(name.trim())).map(str::to_owned);
    let one = |name| known(name).ok_or_else(|| format!("{name:?} is none of {}", MANIFEST.join(", ")));
    text.split(',').map(one).collect::<Result<_, _>>().map(Allowed)
}

pub(super) fn run(args: &CompareArgs) -> Result<Exit, Fault> {
    let signals = run::signals()?;
    let args = &CompareArgs { run: dataset_input::with_dataset(&args.run)?, ..args.clone() };
    let output = args.output.as_deref().map(Output::open).transpose()?.map(|output| output.quiet(args.quiet));
    let sorted = Sorted::of(&args.run, args.baseline.is_some())?;
    let folder = args.save_dir.as_deref().map(|dir| Folder::make(dir, args.report_format)).transpose()?;
    let (text, exit) = match sorted.saved.is_empty() && args.baseline.is_none() {
        true => of_models(args, folder.as_ref(), signals)?,
        false => with_saved(args, sorted, folder.as_ref(), signals)?,
    };
    text.map_or(Ok(()), |text| deliver(output, &text))?;
    Ok(exit)
}

/// Models only: one run, and what it says itself.
fn of_models(
    args: &CompareArgs,
    folder: Option<&Folder<'_>>,
    signals: Signals,
) -> Result<(Option<String>, Exit), Fault> {
    let plan = run::plan(&args.run, false)?;
    if plan.variants.len() < 2 {
        return Err(Fault::input("nntop compare: only one variant given")
            .hint("name two or more: nntop compare fp32:a.onnx int8:b.onnx, or use --baseline last"));
    }
    args.run.metrics.check_gates(&args.fail_if, std::iter::empty())?;
    let mut finished = run::measure(&plan, &args.run, args.quiet, signals)?;
    let result = &mut finished.result;
    let group = Group::measured(result);
    let pairs = group.own_pairs();
    result.gates = Gate::judge(&args.fail_if, &pairs);
    history::keep(&args.run.history, result);
    folder.map_or(Ok(()), |folder| folder.save(result))?;
    let gates = result.gates.clone();
    let width = output::width(args.output.as_deref());
    let text = match args.format() {
        CompareFormat::Json => result.to_json(),
        CompareFormat::Text if gates.is_empty() => report::compared(result, width),
        CompareFormat::Text => report::compared(result, width) + "\n" + &comparison::gates(&gates, width),
        format => written(format, ComparisonResult::new(group.sides, pairs, gates.clone()), width)?,
    };
    let exit = bench::gate(run::verdict(&finished), &finished.result, args.strict);
    Ok((Some(text), gated(exit, &gates)))
}

/// Models and what was measured before.
fn with_saved(
    args: &CompareArgs,
    sorted: Sorted,
    folder: Option<&Folder<'_>>,
    signals: Signals,
) -> Result<(Option<String>, Exit), Fault> {
    let mut wish = args.run.clone();
    (wish.model, wish.models) = (sorted.models.clone(), None);
    let plan = (!sorted.models.is_empty()).then(|| run::plan(&wish, false)).transpose()?;
    // A baseline that is not there is found before anything is measured.
    let mut names: Vec<String> = plan.iter().flat_map(|p| p.variants.iter().map(|v| v.name.clone())).collect();
    names.extend(sorted.saved.iter().flat_map(|(_, s)| s.result.variants.iter().map(|v| v.name.clone())));
    let own: Vec<u64> = sorted.saved.iter().filter_map(|(_, s)| s.result.began_unix_ns).collect();
    let baseline = args.baseline.as_deref().map(|text| super::saved::baseline(text, &names, &own)).transpose()?;
    let mut sources: Vec<Source> = baseline.iter().chain(sorted.saved.iter().map(|(_, s)| s)).map(source).collect();
    let baseline = baseline.map(|saved| Group::saved(&saved)).transpose()?;
    let saved = sorted.saved.iter().map(|(at, s)| Ok((*at, Group::saved(s)?))).collect::<Result<Vec<_>, Fault>>()?;
    let before = baseline.iter().chain(saved.iter().map(|(_, group)| group));
    let own = before.flat_map(|group| &group.sides).flat_map(|side| side.variant.custom_metrics.keys());
    args.run.metrics.check_gates(&args.fail_if, own.map(String::as_str))?;
    let mut exit = Exit::Ok;
    let mut measured = None;
    if let Some(plan) = &plan {
        let mut finished = run::measure(plan, &wish, args.quiet, signals)?;
        history::keep(&args.run.history, &mut finished.result);
        exit = bench::gate(run::verdict(&finished), &finished.result, args.strict);
        sources.push(Source { name: "measured now".into(), result: finished.result.clone() });
        measured = Some(finished.result);
    }
    let groups = sides::in_order(baseline, measured.as_ref(), saved, &sorted);
    // What failed has its error already, and is no side: that of what is left would be a second one.
    if exit != Exit::Ok && sides::are_too_few(&groups) {
        return Ok((None, exit));
    }
    let pairs = sides::pairs(&groups)?;
    refuse(&pairs, args.allow_mismatch.as_ref())?;
    // One result alone, looked at again, has been judged already.
    let gates = match &groups[..] {
        [alone] if args.fail_if.is_empty() => alone.gates.clone(),
        _ => Gate::judge(&args.fail_if, &pairs),
    };
    let sides = groups.into_iter().flat_map(|g| g.sides).collect();
    let exit = gated(exit, &gates);
    let comparison = ComparisonResult::new(sides, pairs, gates);
    folder.map_or(Ok(()), |folder| folder.save_comparison(&comparison.to_json(), &sources))?;
    let width = output::width(args.output.as_deref());
    Ok((Some(written(args.format(), comparison, width)?), exit))
}

/// What takes part, as a report shows it: of a result only the variant that is meant.
fn source(saved: &Saved) -> Source {
    let mut result = saved.result.clone();
    result.variants.retain(|v| saved.variant.as_ref().is_none_or(|name| *name == v.name));
    Source { name: saved.name.clone(), result }
}

fn written(format: CompareFormat, result: ComparisonResult, width: usize) -> Result<String, Fault> {
    Ok(match format {
        CompareFormat::Text => comparison::text(&result, width),
        CompareFormat::Json => result.to_json(),
        CompareFormat::Markdown => comparison::markdown(&result),
        CompareFormat::Junit => comparison::junit(&result)
            .map_err(|why| Fault::run(format!("the comparison cannot be written as XML: {why}")))?,
    })
}

/// Results of different setups are not compared, unless that is allowed.
fn refuse(pairs: &[Pair], may: Option<&Allowed>) -> Result<(), Fault> {
    let may = |what: &String| may.is_some_and(|Allowed(list)| list.is_empty() || list.contains(what));
    for pair in pairs {
        let wrong: Vec<_> = pair.mismatches.iter().filter(|m| !may(&m.what)).collect();
        if !wrong.is_empty() {
            let text = wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let names = wrong.iter().map(|m| m.what.clone()).collect::<Vec<_>>().join(",");
            return Err(Fault::input(format!(
                "{} and {} were measured under different conditions: {text}",
                pair.against, pair.variant
            ))
            .hint(format!("measure both under the same conditions, or compare anyway: --allow-mismatch='{names}'")));
        }
    }
    Ok(())
}

/// A gate that is broken ends a comparison that went well with 3, and is said.
fn gated(exit: Exit, gates: &[GateResult]) -> Exit {
    let broken = gates.iter().filter(|g| g.outcome.fails());
    let mut any = false;
    for g in broken {
        any = true;
        note(&format!("{}: {} broken: {}", g.variant, g.text, g.reason));
    }
    if any && matches!(exit, Exit::Ok) { Exit::Missed } else { exit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser;

    /// A command line's words, as a shell splits them.
    fn words(line: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().unwrap().push(c),
            }
        }
        words.retain(|w| !w.is_empty());
        words
    }

    #[test]
    fn the_command_lines_of_the_documented_workflow_can_be_typed() {
        let page = include_str!("../../docs/guide/gates.md");
        let blocks = page.split("```yaml\n").skip(1).filter_map(|b| b.split("```").next());
        let workflow = blocks.collect::<String>();
        // `run: >-` folds the lines below it, which are deeper than it, into one.
        let folded = workflow
            .replace(">-\n          ", "")
            .replace("\n          --", " --")
            .replace("\n          nntop", " nntop");
        let lines: Vec<&str> =
            folded.lines().filter_map(|l| Some(&l[l.find("nntop ")?..])).filter(|l| l.starts_with("nntop ")).collect();
        assert!(lines.len() >= 4 && lines.iter().any(|l| l.contains("--baseline")), "{lines:#?}");
        for line in lines {
            let line = line.split(" >>").next().unwrap();
            assert!(Cli::try_parse_from(words(line)).is_ok(), "{line}: {:?}", Cli::try_parse_from(words(line)));
        }
    }

    #[test]
    fn what_may_differ_is_named() {
        assert_eq!(allowed("all"), Ok(Allowed(Vec::new())));
        assert_eq!(allowed("Engine,input shapes"), Ok(Allowed(vec!["engine".into(), "input shapes".into()])));
        assert!(allowed("engine,colour").unwrap_err().contains("colour"));
    }
}
