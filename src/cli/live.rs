//! `nntop MODEL...`: the live dashboard, or, where there is no terminal, the same measurement headless.

use super::args::{RunArgs, ScreenArgs};
use super::{Exit, bench, run};
use crate::event::Fault;
use std::io::{IsTerminal, Write};

pub(super) fn run(args: &RunArgs, _screen: &ScreenArgs) -> Result<Exit, Fault> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let _ = writeln!(std::io::stderr(), "no terminal: measuring without the dashboard, as nntop bench does");
    }
    let plan = run::plan(args, false)?;
    bench::without_terminal(&plan, args)
}
