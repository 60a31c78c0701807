//! `nntop man`: manual pages, made from the command line as it is.

use super::{Cli, Exit, help, output};
use clap::{Args, Command};
use clap_mangen::Man;
use nntop_core::event::Fault;
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ManArgs {
    /// Write all pages, one per subcommand, into this folder (created if missing)
    #[arg(long, value_name = "DIR")]
    save_dir: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  nntop man | man -l -                                     read the page of nntop
  nntop man --save-dir ~/.local/share/man/man1             install all: man nntop, man nntop-bench";

pub(super) fn run(args: &ManArgs) -> Result<Exit, Fault> {
    let mut command = help::command::<Cli>();
    command.build();
    let Some(folder) = &args.save_dir else {
        output::print(&page(&command).1)?;
        return Ok(Exit::Ok);
    };
    let cannot = |e: std::io::Error| {
        Fault::input(format!("--save-dir {}: cannot be written: {e}", folder.display()))
            .hint("name a folder that you may write to")
    };
    std::fs::create_dir_all(folder).map_err(cannot)?;
    let pages = pages(&command);
    for (name, text) in &pages {
        std::fs::write(folder.join(name), text).map_err(cannot)?;
    }
    output::note(&format!("written: {} pages in {}", pages.len(), folder.display()));
    Ok(Exit::Ok)
}

/// The pages of a command and of all below it, each with the name of its file.
fn pages(command: &Command) -> Vec<(String, String)> {
    let shown = command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help");
    let mut all = vec![page(command)];
    all.extend(shown.flat_map(pages));
    all
}

fn page(command: &Command) -> (String, String) {
    let name = command.get_display_name().unwrap_or("nntop").to_owned();
    let mut text = Vec::new();
    let man = Man::new(command.clone()).title(&name);
    // Written to memory, which cannot fail.
    let _ = man.render(&mut text);
    (format!("{name}.1"), String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subcommand_has_a_page_with_its_options() {
        let mut command = help::command::<Cli>();
        command.build();
        let pages = pages(&command);
        let text = |name: &str| &pages.iter().find(|page| page.0 == name).unwrap_or_else(|| panic!("{name}")).1;
        assert!(text("nntop.1").contains("Exit status"));
        assert!(text("nntop-bench.1").contains("\\-\\-duration"));
        assert!(text("nntop-record-trim.1").contains("trim"));
        let shown = command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help").count();
        assert!(pages.len() > shown);
    }
}
