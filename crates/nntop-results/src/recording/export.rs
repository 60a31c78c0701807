//! A recording in formats of others: a table of blocks, result and events as JSON, HdrHistogram's log.

use super::Recording;
use crate::result::RunResult;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use nntop_core::event::{Block, BlockKind, Event, Fault, Kind};
use nntop_core::stats::SIGNIFICANT_DIGITS;
use nntop_core::text::cell;
use nntop_state::State;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

/// Why an export ended.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The recording cannot be read.
    #[error("{0}")]
    Read(#[from] Fault),
    /// What is exported cannot be written.
    #[error("{0}")]
    Write(#[from] io::Error),
}

/// Every block as a row: times in nanoseconds of the stream's clock.
///
/// # Errors
/// When a frame is damaged, or `out` cannot be written.
pub fn csv(recording: &Recording, out: &mut dyn Write) -> Result<(), ExportError> {
    writeln!(out, "begin_ns,end_ns,variant,name,run,phase,n,mean_ns,min_ns,p50_ns,p90_ns,p99_ns,max_ns")?;
    let mut state = State::default();
    for event in recording.iter() {
        let event = event?;
        if let Kind::Variant { .. } = &event.kind {
            state.apply(&event);
        }
        let Kind::Block(b) = &event.kind else { continue };
        let name = state.variant(b.variant).map_or("", |v| &v.spec.name);
        let name = cell(name).replace('"', "\"\"");
        let d = b.latency.distribution();
        let [p50, p90, p99] = [0.5, 0.9, 0.99].map(|q| d.quantile(q).unwrap_or(0));
        let (phase, mean) = (phase(b.phase), b.latency.mean);
        let (t0, t1, slot, run) = (b.t0.0, b.t1.0, b.variant, b.run);
        let (n, min, max) = (b.latency.n, b.latency.min, b.latency.max);
        writeln!(out, "{t0},{t1},{slot},\"{name}\",{run},{phase},{n},{mean:.1},{min},{p50},{p90},{p99},{max}")?;
    }
    Ok(())
}

fn phase(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Warmup => "warmup",
        BlockKind::Settle => "settle",
        BlockKind::Measure => "measure",
        BlockKind::Profile => "profile",
    }
}

/// `{"result": …, "events": […]}`.
///
/// # Errors
/// As [`csv()`].
pub fn json(recording: &Recording, out: &mut dyn Write) -> Result<(), ExportError> {
    let result = RunResult::of(&recording.state_at(recording.end())?, recording.plan());
    let text = crate::json::compact(&result);
    write!(out, "{{\"result\":{text},\n\"events\":[")?;
    for (i, event) in recording.iter().enumerate() {
        let comma = if i == 0 { "\n" } else { ",\n" };
        write!(out, "{comma}{}", event?.to_line().trim_end())?;
    }
    writeln!(out, "\n]}}")?;
    Ok(())
}

/// HdrHistogram's interval log (V2, compressed): an interval per measured block, the variant as its tag, values in
/// nanoseconds, maxima in milliseconds as that format has them.
///
/// # Errors
/// As [`csv()`].
pub fn histogram_log(recording: &Recording, out: &mut dyn Write) -> Result<(), ExportError> {
    let other = |e: &dyn std::fmt::Debug| ExportError::Write(io::Error::other(format!("{e:?}")));
    let mut serializer = V2DeflateSerializer::new();
    let hello = recording.iter().next().transpose()?;
    let wall = match hello.map(|e| e.kind) {
        Some(Kind::Hello(hello)) => hello.wall_unix_ns,
        _ => 0,
    };
    let zero = SystemTime::UNIX_EPOCH + Duration::from_nanos(wall);
    let mut out = out;
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("latencies in nanoseconds, recorded by nntop")
        .with_start_time(zero)
        .with_base_time(zero)
        .with_max_value_divisor(1e6)
        .begin_log_with(&mut out, &mut serializer)?;
    for event in recording.iter() {
        let Event { kind: Kind::Block(b), .. } = event? else { continue };
        if b.phase == BlockKind::Measure {
            let histogram = histogram(&b).map_err(|e| other(&e))?;
            let tag = b.variant.to_string();
            log.write_histogram(&histogram, b.t0.into(), b.duration().into(), Tag::new(&tag)).map_err(|e| other(&e))?;
        }
    }
    Ok(())
}

fn histogram(block: &Block) -> Result<Histogram<u64>, Box<dyn std::error::Error>> {
    let mut histogram = Histogram::new(SIGNIFICANT_DIGITS)?;
    histogram.auto(true);
    block.latency.distribution().pairs().iter().try_for_each(|&(v, n)| histogram.record_n(v.max(1), n))?;
    Ok(histogram)
}
