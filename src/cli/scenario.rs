//! `--scenario` and what belongs to it.

use super::heading;
use super::values::{duration, rate, streams};
use clap::{Args, ValueEnum};
use nntop_core::event::{Fault, Plan, Scenario, VariantSpec};
use nntop_core::unit::Nanos;

/// Streams of a multi-stream query: MLPerf's number of samples.
const STREAMS: usize = 8;

/// Streams of an offline run: two are enough to fill what one leaves idle between its inferences.
const OFFLINE: usize = 2;

/// The load that a model is measured under.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ScenarioArgs {
    /// Load scenario; all but paced have MLPerf's names [default: single-stream]
    #[arg(long, value_name = "NAME", help_heading = heading::LOAD)]
    scenario: Option<Name>,
    /// multi-stream: inferences per query, each on a stream of its own [default: 8, as in MLPerf]
    #[arg(long, value_name = "N", value_parser = count, help_heading = heading::LOAD, hide_short_help = true)]
    streams: Option<usize>,
    /// server: queries per second, on average; paced: frames per second
    #[arg(long, value_name = "R", value_parser = rate, help_heading = heading::LOAD)]
    rate: Option<f64>,
    /// Of `bench` alone: in the dashboard `--fps` is how often the screen is drawn.
    #[arg(skip)]
    fps: Option<f64>,
    /// paced: an answer that comes later has missed: 33ms [default: the time between two frames]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = heading::LOAD, hide_short_help = true)]
    deadline: Option<Nanos>,
    /// paced: frames that wait while one is inferred; of more the oldest is dropped [default: 1]
    #[arg(long, value_name = "N", value_parser = count, help_heading = heading::LOAD, hide_short_help = true)]
    queue: Option<usize>,
    /// paced, bench: do not measure the same model back to back beside it, in turns
    #[arg(long, help_heading = heading::LOAD, hide_short_help = true)]
    no_pace_penalty: bool,
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
    /// Frames arrive at equal distances (--rate), the machine is idle between them; latency counts from their arrival
    Paced,
}

impl ScenarioArgs {
    /// The scenario that the options describe.
    pub(super) fn scenario(&self) -> Result<Scenario, Fault> {
        let name = self.name();
        let only = |option: &str, given: bool, of: &[Name]| {
            if given && !of.contains(&name) {
                let names: Vec<_> = of.iter().map(|n| n.text()).collect();
                return Err(Fault::input(format!("{option} has no effect with --scenario {}", name.text()))
                    .hint(format!("it goes with --scenario {}", names.join(" or "))));
            }
            Ok(())
        };
        only("--streams", self.streams.is_some(), &[Name::MultiStream])?;
        only("--rate", self.rate.is_some(), &[Name::Server, Name::Paced])?;
        only("--fps", self.fps.is_some(), &[Name::Paced])?;
        only("--deadline", self.deadline.is_some(), &[Name::Paced])?;
        only("--queue", self.queue.is_some(), &[Name::Paced])?;
        only("--no-pace-penalty", self.no_pace_penalty, &[Name::Paced])?;
        only("--concurrency", self.concurrency.is_some(), &[Name::Server, Name::Offline])?;
        Ok(match name {
            Name::SingleStream => Scenario::SingleStream,
            Name::MultiStream => Scenario::MultiStream { streams: self.streams.unwrap_or(STREAMS) },
            Name::Offline => Scenario::Offline { concurrency: self.concurrency.unwrap_or(OFFLINE) },
            Name::Paced => {
                let missing = || Fault::input("--scenario paced needs a rate").hint("--rate 30 is a camera's");
                let rate = self.rate.or(self.fps).ok_or_else(missing)?;
                Scenario::Paced { rate, deadline: self.deadline, queue: self.queue.unwrap_or(1) }
            }
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

impl ScenarioArgs {
    fn name(&self) -> Name {
        self.scenario.unwrap_or(if self.fps.is_some() { Name::Paced } else { Name::SingleStream })
    }

    /// With `--fps` of a command that has it: the same as `--scenario paced --rate`.
    pub(super) fn at(&mut self, fps: Option<f64>) {
        self.fps = fps;
    }

    /// Adds what the pace penalty is measured by: the same variants back to back. Not where variants are measured one after
    /// the other or at once, since a penalty is of blocks in turns; nor where they would be more than fit.
    pub(super) fn with_twins(&self, plan: &mut Plan, most: usize) {
        let paced = plan.variants.iter().filter(|v| v.scenario.period().is_some());
        let twin = |v: &VariantSpec| VariantSpec {
            name: format!("{} back to back", v.name),
            scenario: Scenario::SingleStream,
            evaluation: None,
            ..v.clone()
        };
        let twins: Vec<VariantSpec> = paced.map(twin).collect();
        let in_turns = plan.sweep.is_none() && !plan.parallel;
        if in_turns && !self.no_pace_penalty && plan.variants.len() + twins.len() <= most {
            plan.variants.extend(twins);
        }
    }
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::SingleStream => "single-stream",
            Self::MultiStream => "multi-stream",
            Self::Server => "server",
            Self::Offline => "offline",
            Self::Paced => "paced",
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
        #[arg(long, value_parser = rate, conflicts_with = "rate")]
        fps: Option<f64>,
    }

    /// The options as `bench` has them.
    fn args(line: &str) -> Result<ScenarioArgs, String> {
        let line = Line::try_parse_from(["nntop"].into_iter().chain(line.split_whitespace()));
        let Line { mut args, fps } = line.map_err(|e| e.to_string())?;
        args.at(fps);
        Ok(args)
    }

    fn read(line: &str) -> Result<Scenario, String> {
        args(line)?.scenario().map_err(|fault| fault.message)
    }

    #[test]
    fn scenarios_have_mlperfs_names_and_sensible_defaults() {
        assert_eq!(read(""), Ok(Scenario::SingleStream));
        assert_eq!(read("--scenario multi-stream"), Ok(Scenario::MultiStream { streams: 8 }));
        assert_eq!(read("--scenario multi-stream --streams 3"), Ok(Scenario::MultiStream { streams: 3 }));
        assert_eq!(read("--scenario server --rate 2.5"), Ok(Scenario::Server { rate: 2.5, concurrency: 1 }));
        let paced = |deadline, queue| Ok(Scenario::Paced { rate: 30.0, deadline, queue });
        assert_eq!(read("--scenario paced --rate 30"), paced(None, 1));
        assert_eq!(read("--fps 30 --deadline 20ms --queue 3"), paced(Some(Nanos::from_millis(20)), 3));
        assert_eq!(read("--scenario offline --concurrency 4"), Ok(Scenario::Offline { concurrency: 4 }));
    }

    #[test]
    fn a_paced_model_is_measured_back_to_back_too_where_both_take_turns() {
        let names = |line: &str, change: fn(&mut Plan)| {
            let args = args(line).unwrap();
            let net = VariantSpec { name: "net".into(), scenario: args.scenario().unwrap(), ..VariantSpec::default() };
            let mut plan = Plan { variants: vec![net], ..Plan::default() };
            change(&mut plan);
            args.with_twins(&mut plan, 2);
            plan.variants.into_iter().map(|v| (v.name, v.scenario.is_default())).collect::<Vec<_>>()
        };
        let twins = names("--fps 30", |_| {});
        assert_eq!(twins, [("net".to_owned(), false), ("net back to back".to_owned(), true)]);
        assert_eq!(names("--fps 30 --no-pace-penalty", |_| {}).len(), 1);
        assert_eq!(names("--fps 30", |plan| plan.parallel = true).len(), 1);
        assert_eq!(names("--scenario server --rate 30", |_| {}).len(), 1);
    }

    #[test]
    fn options_of_another_scenario_are_refused() {
        for (line, words) in [
            ("--rate 9", "--rate has no effect"),
            ("--scenario offline --rate 9", "--rate has no effect"),
            ("--concurrency 2", "--concurrency has no effect"),
            ("--scenario server --rate 9 --streams 2", "--streams has no effect"),
            ("--scenario server", "needs a rate"),
            ("--scenario paced", "needs a rate"),
            ("--scenario paced --rate 30 --fps 30", "cannot be used with"),
            ("--scenario server --fps 30", "--fps has no effect"),
            ("--rate 9 --scenario server --deadline 1ms", "--deadline has no effect"),
            ("--queue 2", "--queue has no effect"),
            ("--no-pace-penalty", "--no-pace-penalty has no effect"),
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
