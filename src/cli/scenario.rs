//! `--scenario` and what belongs to it.

use super::heading;
use super::values::{rate, streams};
use clap::{Args, ValueEnum};
use nntop_core::event::{Fault, Scenario};

/// Streams of a multi-stream query: MLPerf's number of samples.
const STREAMS: usize = 8;

/// Streams of an offline run: two are enough to fill what one leaves idle between its inferences.
const OFFLINE: usize = 2;

/// The load that a model is measured under.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ScenarioArgs {
    /// Load scenario, with MLPerf's names
    #[arg(long, value_name = "NAME", default_value = "single-stream", help_heading = heading::LOAD)]
    scenario: Name,
    /// multi-stream: inferences per query, each on a stream of its own [default: 8, as in MLPerf]
    #[arg(long, value_name = "N", value_parser = count, help_heading = heading::LOAD, hide_short_help = true)]
    streams: Option<usize>,
    /// server: queries per second, on average
    #[arg(long, value_name = "R", value_parser = rate, help_heading = heading::LOAD)]
    rate: Option<f64>,
    /// server, offline: streams that infer at the same time [default: server 1, offline 2]
    #[arg(long, value_name = "N", value_parser = count, help_heading = heading::LOAD, hide_short_help = true)]
    concurrency: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Name {
    /// One inference after the other
    #[default]
    SingleStream,
    /// Queries of several inferences at once (--streams); latency is that of the last
    MultiStream,
    /// Queries arrive at random (--rate), whether or not earlier ones are done; latency counts from their arrival
    Server,
    /// As many inferences as possible
    Offline,
}

impl ScenarioArgs {
    /// The scenario that the options describe.
    pub(super) fn scenario(&self) -> Result<Scenario, Fault> {
        let name = self.scenario;
        let only = |option: &str, given: bool, of: &[Name]| {
            if given && !of.contains(&name) {
                let names: Vec<_> = of.iter().map(|n| n.text()).collect();
                return Err(Fault::input(format!("{option} has no effect with --scenario {}", name.text()))
                    .hint(format!("it goes with --scenario {}", names.join(" or "))));
            }
            Ok(())
        };
        only("--streams", self.streams.is_some(), &[Name::MultiStream])?;
        only("--rate", self.rate.is_some(), &[Name::Server])?;
        only("--concurrency", self.concurrency.is_some(), &[Name::Server, Name::Offline])?;
        Ok(match name {
            Name::SingleStream => Scenario::SingleStream,
            Name::MultiStream => Scenario::MultiStream { streams: self.streams.unwrap_or(STREAMS) },
            Name::Offline => Scenario::Offline { concurrency: self.concurrency.unwrap_or(OFFLINE) },
            Name::Server => {
                let missing = || {
                    Fault::input("--scenario server needs a rate")
                        .hint("--rate 100 offers 100 queries per second, on average")
                };
                Scenario::Server { rate: self.rate.ok_or_else(missing)?, concurrency: self.concurrency.unwrap_or(1) }
            }
        })
    }
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::SingleStream => "single-stream",
            Self::MultiStream => "multi-stream",
            Self::Server => "server",
            Self::Offline => "offline",
        }
    }
}

fn count(text: &str) -> Result<usize, String> {
    streams(text, 256).map(|n| n as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: ScenarioArgs,
    }

    fn read(line: &str) -> Result<Scenario, String> {
        let line = Line::try_parse_from(["nntop"].into_iter().chain(line.split_whitespace()));
        line.map_err(|e| e.to_string())?.args.scenario().map_err(|fault| fault.message)
    }

    #[test]
    fn scenarios_have_mlperfs_names_and_sensible_defaults() {
        assert_eq!(read(""), Ok(Scenario::SingleStream));
        assert_eq!(read("--scenario multi-stream"), Ok(Scenario::MultiStream { streams: 8 }));
        assert_eq!(read("--scenario multi-stream --streams 3"), Ok(Scenario::MultiStream { streams: 3 }));
        assert_eq!(read("--scenario server --rate 2.5"), Ok(Scenario::Server { rate: 2.5, concurrency: 1 }));
        assert_eq!(read("--scenario offline --concurrency 4"), Ok(Scenario::Offline { concurrency: 4 }));
    }

    #[test]
    fn options_of_another_scenario_are_refused() {
        for (line, words) in [
            ("--rate 9", "--rate has no effect"),
            ("--scenario offline --rate 9", "--rate has no effect"),
            ("--concurrency 2", "--concurrency has no effect"),
            ("--scenario server --rate 9 --streams 2", "--streams has no effect"),
            ("--scenario server", "needs a rate"),
            ("--scenario server --rate 0", "above zero"),
            ("--scenario server --rate inf", "above zero"),
            ("--scenario offline --concurrency 0", "from 1 to 256"),
            ("--scenario chaos", "possible values"),
        ] {
            let said = read(line).unwrap_err();
            assert!(said.contains(words), "{line}: {said}");
        }
    }
}
