//! The help: options stand under headings, the most used first; `-h` is a summary, `--help` has all of it and examples.

use super::heading;
use clap::{Arg, ArgAction, Command, CommandFactory};
use nntop_agent::installer::{DataDir, Environment};
use nntop_core::catalog::{EngineKind, Source};
use nntop_engine::engine::built_in;

/// The command line with `--help` and `--version` below what people look for.
pub(super) fn command<C: CommandFactory>() -> Command {
    let version = Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version)
        .help("Print the version: --version also the target, features and folders")
        .help_heading(heading::HELP);
    helped(C::command()).disable_version_flag(true).long_version(build()).arg(version)
}

/// What this program is, for a report of a fault.
fn build() -> String {
    let engines =
        EngineKind::all().filter(|kind| built_in(*kind).is_some()).filter_map(|kind| match kind.entry().source {
            Source::BuiltIn { feature } => feature,
            _ => None,
        });
    let features: Vec<&str> = engines.chain(cfg!(feature = "jtop").then_some("jtop")).collect();
    let features = if features.is_empty() { "none".to_owned() } else { features.join(", ") };
    let data = DataDir::of(&Environment::of_this_process());
    let data = data.map_or_else(|e| e.to_string(), |dir| dir.path().display().to_string());
    format!(
        "{}\ntarget: {}-{}\nfeatures: {features}\ndata: {data}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        std::env::consts::OS
    )
}

fn helped(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("Print help: -h the most used options, --help all of them")
        .help_heading(heading::HELP);
    let command = command.disable_help_flag(true).arg(help);
    names.iter().fold(command, |command, name| command.mut_subcommand(name, helped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_command_line_is_well_formed() {
        command::<Cli>().debug_assert();
    }

    #[test]
    fn help_is_grouped_and_short_where_it_is_asked_to_be() {
        let mut nntop = command::<Cli>().term_width(100);
        nntop.build();
        insta::assert_snapshot!("help", nntop.render_long_help());
        insta::assert_snapshot!("help_short", nntop.render_help());
        let bench = nntop.find_subcommand_mut("bench").unwrap();
        insta::assert_snapshot!("help_bench", bench.render_long_help());
        insta::assert_snapshot!("help_bench_short", bench.render_help());
    }

    #[test]
    fn every_subcommand_has_examples_and_every_option_a_heading_where_there_are_several() {
        for subcommand in command::<Cli>().get_subcommands().filter(|c| c.get_name() != "agent") {
            let name = subcommand.get_name();
            let after = subcommand.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.contains(&format!("nntop {name}")), "nntop {name} --help has no example");
            let loose = |arg: &&Arg| arg.get_help_heading().is_none() && !arg.is_positional() && !arg.is_hide_set();
            let headed = subcommand.get_arguments().filter(|arg| arg.get_help_heading().is_some()).count();
            // One beside them is `--help`.
            if headed > 1 + subcommand.get_positionals().count() {
                let loose: Vec<_> = subcommand.get_arguments().filter(loose).map(Arg::get_id).collect();
                assert!(loose.is_empty(), "nntop {name}: {loose:?}");
            }
        }
    }
}
