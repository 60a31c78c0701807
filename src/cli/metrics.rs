//! `--metric NAME=COMMAND`: numbers of the user's own, and the names that targets and gates know.

use super::heading;
use super::output::note;
use super::values::duration;
use crate::session::{Finished, MetricCommand, Session};
use clap::Args;
use nntop_core::event::{Fault, Target, TargetMetric, check_metric_name, no_figure};
use nntop_core::unit::Nanos;
use nntop_results::result::{Figure, Gate, no_gate};

/// Metrics of the user's own.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct MetricArgs {
    /// A number of your own for each model (repeatable): COMMAND gets the result as JSON and prints the number
    ///
    /// The command runs after the measurement, reads the result from standard input and prints a number with its unit, such as
    /// 12.5 ms or 0.93. Targets and gates may name it.
    #[arg(long, value_name = "NAME=COMMAND", value_parser = metric, help_heading = heading::MEASURE)]
    pub(super) metric: Vec<(String, String)>,
    /// Kill a --metric command that takes longer than TIME [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "metric", help_heading = heading::MEASURE, hide_short_help = true)]
    pub(super) metric_limit: Option<Nanos>,
    /// Names of figures that the run gives beside its own: those of an evaluation.
    #[arg(skip)]
    expected: Vec<&'static str>,
}

fn metric(text: &str) -> Result<(String, String), String> {
    let (name, command) = text.split_once('=').unwrap_or((text, ""));
    check_metric_name(name.trim())?;
    match command.trim() {
        "" => Err("looks like NAME=COMMAND, for example accuracy='python eval.py'".into()),
        command => Ok((name.trim().into(), command.into())),
    }
}

impl MetricArgs {
    /// The session with these metrics.
    pub(super) fn put_into(&self, session: Session) -> Session {
        let limited = |command: &str| match self.metric_limit {
            Some(limit) => MetricCommand::new(command).limit(limit.into()),
            None => MetricCommand::new(command),
        };
        self.metric.iter().fold(session, |session, (name, command)| session.metric(name, limited(command)))
    }

    /// Lets targets and gates name these.
    pub(super) fn expect(&mut self, names: &[&'static str]) {
        self.expected.extend(names);
    }

    fn has(&self, name: &str) -> bool {
        self.expected.contains(&name) || self.metric.iter().any(|(known, _)| known == name)
    }

    /// Refuses targets of figures that this run has not.
    ///
    /// # Errors
    /// Which one.
    pub(super) fn check_targets(&self, targets: &[Target]) -> Result<(), Fault> {
        targets.iter().try_for_each(|target| match &target.metric {
            TargetMetric::Custom { name, .. } if !self.has(name) => {
                Err(Fault::input(format!("--target {target}: {}", no_figure(name))))
            }
            _ => Ok(()),
        })
    }

    /// Refuses gates of figures that neither this run nor what was `saved` has.
    ///
    /// # Errors
    /// Which one.
    pub(super) fn check_gates<'a>(&self, gates: &[Gate], saved: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
        let saved: Vec<&str> = saved.collect();
        gates.iter().try_for_each(|gate| match &gate.figure {
            Figure::Custom(name) if !self.has(name) && !saved.contains(&name.as_str()) => {
                Err(Fault::input(format!("--fail-if {gate}: {}", no_gate(name))))
            }
            _ => Ok(()),
        })
    }
}

/// A line for each metric that could not be measured.
pub(super) fn warn(finished: &Finished) {
    for v in &finished.result.variants {
        for (name, value) in &v.custom_metrics {
            if let Some(reason) = value.reason() {
                note(&format!("warning: {}: metric {name}: {reason}", v.name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_a_name_and_a_command() {
        assert_eq!(metric("top1=python eval.py --k=1"), Ok(("top1".into(), "python eval.py --k=1".into())));
        for (wrong, words) in
            [("top1", "NAME=COMMAND"), ("top1= ", "NAME=COMMAND"), ("p99=x", "nntop measures"), ("a b=x", "not a name")]
        {
            assert!(metric(wrong).unwrap_err().contains(words), "{wrong}");
        }
    }
}
