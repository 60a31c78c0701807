//! A metric that is a program of the user's: it gets the result as JSON, and prints a number with its unit.

use super::{Measured, Metric};
use nntop_core::event::CustomValue;
use nntop_core::program::{End, Program, shell};
use nntop_results::result::RunResult;
use std::time::Duration;

/// How long a command may take where nothing else is said.
const LIMIT: Duration = Duration::from_secs(60);

/// More than a number takes: what prints more prints something else.
const MOST_OUTPUT: usize = 4_096;

/// A shell command that measures a metric.
///
/// It runs once for each variant, when nothing is measured any more. On its standard input it gets the result so far,
/// `nntop.result/1` with the one variant, and in its environment `NNTOP_VARIANT` (the variant's name) and `NNTOP_MODEL` (the
/// model's path). It prints one line: a number and, behind it, its unit, such as `12.5 ms` or `0.93`. A command that fails,
/// prints anything else, prints more than 4 KiB or takes longer than its [limit](Self::limit) leaves the metric without a value,
/// and with the reason. What it starts is ended with it.
#[derive(Debug, Clone)]
pub struct MetricCommand {
    command: String,
    limit: Duration,
}

impl MetricCommand {
    /// A command, as `sh -c` takes it. It may take a minute.
    pub fn new(command: impl Into<String>) -> Self {
        Self { command: command.into(), limit: LIMIT }
    }

    /// Lets it take so long, and kills it then.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    fn run(&self, of: &Measured<'_>) -> Result<CustomValue, String> {
        let mut command = shell(&self.command);
        command.env("NNTOP_VARIANT", &of.variant.name).env("NNTOP_MODEL", &of.variant.model.path);
        let one = RunResult { variants: vec![of.variant.clone()], comparison: Vec::new(), ..of.result.clone() };
        let stopped = || of.is_stopped();
        let program = Program::new(command).input(one.to_json()).limit(self.limit).most(MOST_OUTPUT).stop(&stopped);
        let said = program.output().map_err(|e| format!("cannot be run: {e}"))?;
        match said.end {
            End::Exited(status) if status.success() => CustomValue::parse(&said.text()),
            End::Exited(status) => {
                let printed = said.last_error().map(|last| format!(": {last}")).unwrap_or_default();
                Err(format!("failed ({status}){printed}"))
            }
            End::Late { limit, .. } => Err(format!("did not end within {} s and was killed", limit.as_secs_f64())),
            End::TooMuch(most) => {
                Err(format!("printed more than {most} bytes where a number with its unit is expected"))
            }
            End::Stopped | End::GivenUp => Err("was stopped".into()),
        }
    }
}

impl Metric for MetricCommand {
    fn measure(&mut self, of: &Measured<'_>) -> CustomValue {
        self.run(of).unwrap_or_else(|why| CustomValue::absent(format!("its command {why}")))
    }
}
