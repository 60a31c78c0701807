//! The command line as a page of the documentation: what `--help` says, in one place.

use super::Cli;
use clap::CommandFactory;
use std::fmt::Write;

/// Columns of the help texts in the page.
const WIDTH: usize = 100;

/// `docs/reference/cli.md`: every subcommand with its whole help.
pub fn reference() -> String {
    let mut page = String::from(
        "# Command line\n\nThis page is generated from the program: `nntop --help` and `nntop SUBCOMMAND --help` show the same.\n",
    );
    let mut command = Cli::command().term_width(WIDTH);
    command.build();
    section(&mut page, &mut command, "nntop");
    page
}

fn section(page: &mut String, command: &mut clap::Command, name: &str) {
    let help = command.render_long_help().to_string();
    // Ends of lines are trimmed: where clap aligns it leaves blanks.
    let help = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", help.trim_end());
    for inner in command.get_subcommands_mut().filter(|c| !c.is_hide_set()) {
        let name = format!("{name} {}", inner.get_name());
        section(page, inner, &name);
    }
}
