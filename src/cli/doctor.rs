//! `nntop doctor`: what is supported on this machine, what is not and why, and how to enable it.

use super::formats::TextOrJson;
use super::{Exit, engine, monitor, output};
use clap::Args;
use nntop_core::clock::{MonotonicClock, precision};
use nntop_core::event::{About, Fact, Fault, HostInfo, Lack};
use nntop_core::unit::Nanos;
use nntop_device::device_report::{PartState, parts};
use nntop_device::sampler::{Root, Samplers, Source, about, host_info, serial_number};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  nntop doctor                 what works here, what does not, and how to enable it
  nntop doctor --format json   the same for a program";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DoctorArgs {
    /// Output format; json is schema nntop.doctor/1
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: TextOrJson,
    /// Look at a recorded /proc and /sys in this folder instead of this machine
    #[arg(long, value_name = "DIR")]
    pub(super) sysroot: Option<PathBuf>,
    /// Also print the board's serial number (leave it out before sharing the output)
    #[arg(long)]
    pub(super) serial: bool,
}

/// The schema's name and major version.
const SCHEMA: &str = "nntop.doctor/1";

pub(super) fn run(args: &DoctorArgs) -> Result<Exit, Fault> {
    let tree = monitor::recorded_at(args.sysroot.as_deref()).map(monitor::tree).transpose()?;
    let root = tree.as_ref().map_or_else(Root::live, |tree| tree.root());
    // Runtimes and the clock are this machine's, whatever a tree says.
    let runtimes = tree.is_none().then(|| match engine::table(None, engine::PATIENCE) {
        Ok(table) => table,
        Err(fault) => format!("{fault}\n"),
    });
    let (format, serial) = (args.format, args.serial);
    let said = move |source: &mut Source| {
        let host = host_info(source.root());
        let about = about(source.root());
        // Only whoever asks for it is told: what doctor says is passed on.
        let serial = serial.then(|| serial_number(source.root()).unwrap_or_else(|| "unknown".into()));
        let own = Own { about, serial };
        let samplers = source.samplers();
        let readings = samplers.sample(Nanos::ZERO);
        let value = |id| readings.values.iter().find(|(other, _)| *other == id).and_then(|(_, value)| *value);
        match format {
            TextOrJson::Json => json(&host, &own, samplers, &value, runtimes.as_deref()),
            TextOrJson::Text => text(&host, &own, samplers, &value, runtimes.as_deref()),
        }
    };
    output::print(&monitor::reader(&root)?.read(said).map_err(|e| monitor::unread(&e))?)?;
    Ok(Exit::Ok)
}

/// What is this machine's own.
struct Own {
    about: About,
    serial: Option<String>,
}

fn text(
    host: &HostInfo,
    own: &Own,
    samplers: &Samplers,
    value: &dyn Fn(u16) -> Option<f64>,
    runtimes: Option<&str>,
) -> String {
    let mut text = String::new();
    let or_unknown = |t: &Option<String>| t.clone().unwrap_or_else(|| "unknown".into());
    let _ = writeln!(text, "nntop {} on {}", env!("CARGO_PKG_VERSION"), host.name);
    let _ = writeln!(text, "  board     {}", or_unknown(&host.board));
    let about = &own.about;
    if let Some(module) = &about.module {
        let part = about.part_number.as_ref().map_or_else(String::new, |part| format!(", part {part}"));
        let arch = about.cuda_arch.as_ref().map_or_else(String::new, |arch| format!(", CUDA arch {arch}"));
        let _ = writeln!(text, "  module    {module}{part}{arch}");
    }
    if let Some(serial) = &own.serial {
        let _ = writeln!(text, "  serial    {serial}");
    }
    if let Some(l4t) = &host.l4t {
        let jetpack = host.jetpack.as_ref().map_or_else(String::new, |jetpack| format!(" (JetPack {jetpack})"));
        let mode = host.power_mode.as_ref().map_or_else(String::new, |mode| format!(", power mode {mode}"));
        let _ = writeln!(text, "  release   L4T {l4t}{jetpack}{mode}");
    }
    let _ = writeln!(text, "  system    {}, kernel {}, {}", or_unknown(&host.os), or_unknown(&host.kernel), host.arch);
    let _ = writeln!(text, "  cpu       {} x {}", host.cpus, or_unknown(&host.cpu_model));
    let _ = writeln!(text, "  governor  {}", or_unknown(&host.governor));
    let list = |facts: &[Fact]| facts.iter().map(|f| format!("{} {}", f.name, f.value)).collect::<Vec<_>>().join(", ");
    for (name, facts) in [("libraries", &about.libraries), ("network", &about.interfaces)] {
        if !facts.is_empty() {
            let _ = writeln!(text, "  {name:<9} {}", list(facts));
        }
    }
    if let Some(table) = runtimes {
        let _ = writeln!(text, "  clock     steps of {}", precision(&MonotonicClock::start(), 1_000));
        let _ = writeln!(text, "\nruntimes");
        table.lines().for_each(|l| text.push_str(&format!("  {l}\n")));
    }
    let _ = writeln!(text, "\nparts");
    for part in parts(samplers, value) {
        let (sign, what) = match part.state {
            PartState::Read => ("✓", part.read.join(", ")),
            PartState::Unreadable => ("!", format!("there, not readable: {}", part.lacks.join("; "))),
            PartState::Unsupported => ("?", format!("found, not supported: {}", part.lacks.join("; "))),
            PartState::Absent => ("–", format!("none: {}", part.lacks.join("; "))),
        };
        let _ = writeln!(text, "  {sign} {:<20} {what}", part.name);
        if part.state == PartState::Read {
            for why in &part.lacks {
                let _ = writeln!(text, "    {:<20} not: {why}", "");
            }
        }
    }
    let _ = writeln!(text, "\nmetrics found");
    for m in samplers.declarations() {
        let now = value(m.id).map_or_else(|| "–".into(), |value| m.unit.format(value));
        let _ = writeln!(text, "  ✓ {:<28} {now:>10}  {}", m.name, m.source);
    }
    let _ = writeln!(text, "\nmetrics not found");
    for a in samplers.absences() {
        let sign = match a.lack {
            Lack::Absent => "–",
            Lack::Unreadable => "!",
            Lack::Unsupported => "?",
        };
        let _ = writeln!(text, "  {sign} {:<28} {}", a.name, a.reason);
    }
    text
}

fn json(
    host: &HostInfo,
    own: &Own,
    samplers: &Samplers,
    value: &dyn Fn(u16) -> Option<f64>,
    runtimes: Option<&str>,
) -> String {
    let found: Vec<Value> = samplers
        .declarations()
        .iter()
        .map(|m| json!({ "name": m.name, "group": m.row().map_or("other", |row| row.group), "label": m.label, "unit": m.unit, "value": value(m.id), "limit": m.limit, "source": m.source }))
        .collect();
    let clock = runtimes.map(|_| precision(&MonotonicClock::start(), 1_000).0);
    let runtimes: Option<Vec<&str>> = runtimes.map(|table| table.lines().collect());
    let all = json!({
        "schema": SCHEMA,
        "nntop": env!("CARGO_PKG_VERSION"),
        "host": host,
        "about": own.about,
        "serial_number": own.serial,
        "clock_precision_ns": clock,
        "runtimes": runtimes,
        "parts": parts(samplers, value).iter().map(|part| json!({
            "part": part.name, "state": part.state.word(), "read": part.read, "lacks": part.lacks,
        })).collect::<Vec<_>>(),
        "found": found,
        "missing": samplers.absences(),
    });
    format!("{all:#}\n")
}
