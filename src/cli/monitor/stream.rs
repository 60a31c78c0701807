//! `nntop monitor --format ndjson|csv`: a line per interval, until `--count` lines are written, the reader is gone, or a signal comes.

use super::device::{Device, Sample};
use super::{MonitorArgs, MonitorFormat};
use crate::cli::{Exit, run};
use nntop_core::clock::Clock;
use nntop_core::event::Fault;
use nntop_core::text::json;
use nntop_core::unit::Nanos;
use nntop_device::device_report::{Snapshot, Table};
use nntop_device::sampler::Source;
use std::io::{self, ErrorKind, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

pub(super) fn run(args: &MonitorArgs) -> Result<Exit, Fault> {
    let signals = interrupts()?;
    let mut device = Device::open(args.sysroot.as_deref(), args.sysroot_next.as_deref(), args.dt)?;
    let mut writer = match args.format {
        MonitorFormat::Csv => match Table::begin(device.declarations(), io::stdout()) {
            Ok(table) => Lines::Csv(Box::new(table)),
            Err(e) => return ended(&e),
        },
        _ => Lines::Ndjson,
    };
    let count = if args.once { Some(1) } else { args.count };
    let every = if args.once { args.dt.unwrap_or(args.interval) } else { args.interval };
    // Rates are differences: the first reading begins them and is not written.
    device.sample(|_, _| ())?;
    let mut due = device.clock.now();
    let mut written = 0;
    while count.is_none_or(|count| written < count) {
        due = next(due, every, device.clock.now());
        if signals.recv_timeout(due.since(device.clock.now()).into()).is_ok() {
            // Whoever asked for no number ends it in this way.
            return Ok(if count.is_some() { Exit::Interrupted } else { Exit::Ok });
        }
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let done = match &mut writer {
            Lines::Csv(table) => table.row(time, &device.sample(|_, sample| sample.readings)?),
            Lines::Ndjson => line(&device.sample(move |source, sample| snapshot(source, &sample, time))?),
        };
        if let Err(e) = done {
            return ended(&e);
        }
        written += 1;
    }
    Ok(Exit::Ok)
}

/// When the next line is due: on the beat, and after a machine that slept not for every beat that it missed.
fn next(due: Nanos, every: Nanos, now: Nanos) -> Nanos {
    let next = due + every;
    if next >= now { next } else { now + every }
}

/// `nntop monitor … | head` has had enough: that is no failure.
fn ended(e: &io::Error) -> Result<Exit, Fault> {
    match e.kind() {
        ErrorKind::BrokenPipe => Ok(Exit::Ok),
        _ => Err(Fault::run(format!("standard output cannot be written: {e}"))),
    }
}

enum Lines {
    Ndjson,
    Csv(Box<Table<io::Stdout>>),
}

/// A snapshot as one line of JSON.
fn snapshot(source: &mut Source, sample: &Sample, time: Duration) -> String {
    let samplers = source.samplers();
    let mut snapshot = Snapshot::take(samplers, &sample.readings, &samplers.details());
    snapshot.at(time);
    if let Some(span) = sample.span {
        snapshot.add_rates(samplers, &sample.readings, span);
    }
    snapshot.to_line()
}

fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(json(text).as_bytes())?;
    out.flush()
}

/// Hears of Ctrl-C, SIGTERM and SIGHUP.
fn interrupts() -> Result<Receiver<()>, Fault> {
    let mut signals = run::signals()?;
    let (say, heard) = channel();
    let listen = move || {
        for _ in signals.forever() {
            if say.send(()).is_err() {
                break;
            }
        }
    };
    let named = std::thread::Builder::new().name("nntop-signals".into());
    named.spawn(listen).map_err(|e| Fault::run(format!("a thread cannot be started: {e}")))?;
    Ok(heard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_beat_and_skip_what_was_slept_through() {
        let ms = Nanos::from_millis;
        assert_eq!(next(ms(1_000), ms(1_000), ms(1_020)), ms(2_000), "no drift by what a line takes");
        assert_eq!(next(ms(1_000), ms(1_000), ms(9_500)), ms(10_500), "no burst of late lines");
    }
}
