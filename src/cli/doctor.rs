//! `nntop doctor`: what was found on this machine, and what was not, and why.

use super::{Exit, engine};
use crate::clock::{MonotonicClock, precision};
use crate::event::Fault;
use crate::sampler::{Root, Samplers, host_info};
use std::fmt::Write as _;
use std::io::Write;

pub(super) fn run() -> Result<Exit, Fault> {
    let root = Root::live();
    let host = host_info(&root);
    let samplers = Samplers::probe(&root);
    let mut text = String::new();
    let or_unknown = |t: &Option<String>| t.clone().unwrap_or_else(|| "unknown".into());
    let _ = writeln!(text, "nntop {} on {}", env!("CARGO_PKG_VERSION"), host.name);
    let _ = writeln!(text, "  board     {}", or_unknown(&host.board));
    let _ = writeln!(text, "  system    {}, kernel {}, {}", or_unknown(&host.os), or_unknown(&host.kernel), host.arch);
    let _ = writeln!(text, "  cpu       {} x {}", host.cpus, or_unknown(&host.cpu_model));
    let _ = writeln!(text, "  governor  {}", or_unknown(&host.governor));
    let _ = writeln!(text, "  clock     steps of {}", precision(&MonotonicClock::start(), 1_000));

    let _ = writeln!(text, "\nruntimes");
    match engine::table(None) {
        Ok(table) => table.lines().for_each(|l| text.push_str(&format!("  {l}\n"))),
        Err(fault) => text.push_str(&format!("  {fault}\n")),
    }

    let _ = writeln!(text, "\nmetrics found");
    for m in samplers.declarations() {
        let _ = writeln!(text, "  ✓ {:<28} {}", m.name, m.source);
    }
    let _ = writeln!(text, "\nmetrics not found");
    for a in samplers.absences() {
        let _ = writeln!(text, "  – {:<28} {}", a.name, a.reason);
    }
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Fault::run(format!("cannot print: {e}"))),
        _ => Ok(Exit::Ok),
    }
}
