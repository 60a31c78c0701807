//! `nntop doctor`: what is supported on this machine, what is not and why, and how to enable it.

use super::formats::TextOrJson;
use super::heading;
use super::host::HostArgs;
use super::{Exit, engine, monitor, output};
use clap::Args;
use nntop_core::clock::{MonotonicClock, precision};
use nntop_core::event::{About, Fact, Fault, HostInfo, Lack, MetricId, Readings};
use nntop_core::unit::Nanos;
use nntop_device::device_report::{PartState, parts};
use nntop_device::sampler::{Reader, Root, Samplers, Source, about, host_info, serial_number};
use nntop_results::report::layout::{fit, folded};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  nntop doctor                 what works here, what does not, and how to enable it
  nntop doctor --format json   the same for a program
  nntop doctor --host board    the same of a board, through ssh";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES, next_help_heading = heading::DEVICE)]
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
    #[command(flatten)]
    pub(super) host: HostArgs,
}

/// The schema's name and major version.
const SCHEMA: &str = "nntop.doctor/1";

pub(super) fn run(args: &DoctorArgs) -> Result<Exit, Fault> {
    if let Some(elsewhere) = args.host.forward() {
        return elsewhere;
    }
    let tree = monitor::recorded_at(args.sysroot.as_deref()).map(monitor::tree).transpose()?;
    let root = tree.as_ref().map_or_else(Root::live, |tree| tree.root());
    let mut reader = monitor::reader(&root)?;
    // Runtimes and the clock are this machine's, whatever a tree says.
    let live = tree.is_none();
    match args.format {
        TextOrJson::Json => in_one(args, &mut reader, live),
        TextOrJson::Text => as_found(args, &mut reader, live),
    }?;
    Ok(Exit::Ok)
}

/// One object, when all of it is known.
fn in_one(args: &DoctorArgs, reader: &mut Reader, live: bool) -> Result<(), Fault> {
    let runtimes = live.then(|| engine::table(None, engine::PATIENCE).unwrap_or_else(|fault| format!("{fault}\n")));
    let serial = args.serial;
    let said = move |source: &mut Source| {
        let (host, own) = (host_info(source.root()), Own::of(source, serial));
        let samplers = source.samplers();
        let readings = samplers.sample(Nanos::ZERO);
        json(&host, &own, samplers, &readings, runtimes.as_deref())
    };
    output::print(&reader.read(said).map_err(|e| monitor::unread(&e))?)
}

/// Text in the order in which it is known: runtimes take seconds to answer.
fn as_found(args: &DoctorArgs, reader: &mut Reader, live: bool) -> Result<(), Fault> {
    let (serial, width) = (args.serial, output::width(None));
    let machine = move |source: &mut Source| machine(&host_info(source.root()), &Own::of(source, serial), width);
    let mut head = reader.read(machine).map_err(|e| monitor::unread(&e))?;
    if live {
        let _ = writeln!(head, "  clock     steps of {}\n\nruntimes", precision(&MonotonicClock::start(), 1_000));
    }
    output::print(&head)?;
    if live {
        let indented = |text: &str| text.lines().map(|line| format!("  {line}\n")).collect::<String>();
        let mut print = |entry: &str| output::print(&fit(&indented(entry), width));
        if let Err(fault) = engine::each(None, engine::PATIENCE, &mut print) {
            print(&format!("{fault}\n"))?;
        }
    }
    let found = move |source: &mut Source| {
        let samplers = source.samplers();
        let readings = samplers.sample(Nanos::ZERO);
        metrics(samplers, &readings, width)
    };
    output::print(&reader.read(found).map_err(|e| monitor::unread(&e))?)
}

/// A metric's value among the readings.
fn value(readings: &Readings, id: MetricId) -> Option<f64> {
    readings.values.iter().find(|(other, _)| *other == id).and_then(|(_, value)| *value)
}

/// What is this machine's own.
struct Own {
    about: About,
    serial: Option<String>,
}

impl Own {
    /// The serial number only where it is asked for: what doctor prints is passed on.
    fn of(source: &Source, serial: bool) -> Self {
        let serial = serial.then(|| serial_number(source.root()).unwrap_or_else(|| "unknown".into()));
        Self { about: about(source.root()), serial }
    }
}

/// What the machine is.
fn machine(host: &HostInfo, own: &Own, width: usize) -> String {
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
    let mut text = fit(&text, width);
    for (name, facts) in [("libraries", &about.libraries), ("network", &about.interfaces)] {
        if !facts.is_empty() {
            folded(&mut text, &format!("  {name:<9} "), &list(facts), width);
        }
    }
    text
}

/// What of it can be read, and why not the rest.
fn metrics(samplers: &Samplers, readings: &Readings, width: usize) -> String {
    let mut text = String::new();
    let value = |id| value(readings, id);
    let _ = writeln!(text, "\nparts");
    for part in parts(samplers, value) {
        let (sign, what) = match part.state {
            PartState::Read => ("✓", part.read.join(", ")),
            PartState::Unreadable => ("!", format!("there, not readable: {}", part.lacks.join("; "))),
            PartState::Unsupported => ("?", format!("found, not supported: {}", part.lacks.join("; "))),
            PartState::Absent => ("–", format!("none: {}", part.lacks.join("; "))),
        };
        folded(&mut text, &format!("  {sign} {:<20} ", part.name), &what, width);
        if part.state == PartState::Read {
            for why in &part.lacks {
                folded(&mut text, &format!("    {:<20} ", ""), &format!("not: {why}"), width);
            }
        }
    }
    let _ = writeln!(text, "\nmetrics found");
    for m in samplers.declarations() {
        let now = value(m.id).map_or_else(|| "–".into(), |value| m.unit.format(value));
        folded(&mut text, &format!("  ✓ {:<28} {now:>10}  ", m.name), &m.source, width);
    }
    let _ = writeln!(text, "\nmetrics not found");
    for a in samplers.absences() {
        let sign = match a.lack {
            Lack::Absent => "–",
            Lack::Unreadable => "!",
            Lack::Unsupported => "?",
        };
        folded(&mut text, &format!("  {sign} {:<28} ", a.name), &a.reason, width);
    }
    text
}

fn json(host: &HostInfo, own: &Own, samplers: &Samplers, readings: &Readings, runtimes: Option<&str>) -> String {
    let value = |id| value(readings, id);
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
