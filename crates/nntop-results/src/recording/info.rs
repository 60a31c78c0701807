//! What a recording holds, in short: `nntop.recording-info/1`.

use super::Recording;
use crate::result::{RunResult, Status};
use nntop_core::event::{Event, Fault, Kind};
use nntop_core::unit::{Bytes, Nanos, clock_face, grouped};
use nntop_state::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The schema's name and major version.
pub const SCHEMA: &str = "nntop.recording-info/1";

/// A recording in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Info {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of nntop that recorded it.
    pub nntop: String,
    /// When it begins, nanoseconds since 1970-01-01 UTC; absent where the recording does not say.
    pub began_unix_ns: Option<u64>,
    /// How long it is, in seconds.
    pub duration_s: f64,
    /// Its size in the file.
    pub size_bytes: u64,
    /// From which second on samples were left out and blocks joined; absent where all is there.
    pub condensed_from_s: Option<f64>,
    /// Frames of events.
    pub frames: usize,
    /// Keyframes.
    pub keyframes: usize,
    /// Events.
    pub events: u64,
    /// Events by kind.
    pub counts: BTreeMap<String, u64>,
    /// Marks, in seconds from the beginning.
    pub marks_s: Vec<f64>,
    /// The variants as they stood at the end.
    pub variants: Vec<VariantInfo>,
    /// What is to be known about the file: a torn end, a damaged frame, a newer version.
    pub notes: Vec<String>,
}

/// A variant in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantInfo {
    /// `A`, `B`.
    pub slot: String,
    /// What people call it.
    pub name: String,
    /// The model's path.
    pub model: String,
    /// What runs it.
    pub engine: String,
    /// How often it was started.
    pub runs: u32,
    /// How its last run ended.
    pub status: Status,
    /// Measured inferences of its last run.
    pub inferences: u64,
    /// Their median, in nanoseconds.
    pub p50_ns: Option<u64>,
    /// Their 99th percentile, in nanoseconds.
    pub p99_ns: Option<u64>,
}

impl Info {
    /// Reads all of a recording once. A damaged frame ends what is counted, and is among the notes.
    pub fn of(recording: &Recording) -> Result<Self, Fault> {
        let mut notes = recording.notes.clone();
        let (mut counts, mut marks, mut events) = (BTreeMap::new(), Vec::new(), 0);
        for event in recording.iter() {
            match event {
                Ok(event) => {
                    events += 1;
                    *counts.entry(name(&event)).or_default() += 1;
                    if event.kind == (Kind::Mark {}) {
                        marks.push(event.t.since(recording.start()).as_secs_f64());
                    }
                }
                Err(fault) => {
                    notes.push(fault.message);
                    break;
                }
            }
        }
        let mut player = super::Player::new(recording);
        // What was known until a damaged frame is what there is.
        let _ = player.seek(recording.end());
        let state = player.into_state();
        let (frames, keyframes) = recording.frames();
        Ok(Self {
            schema: SCHEMA.into(),
            nntop: recording.nntop().into(),
            began_unix_ns: state.hello.as_ref().map(|h| h.wall_unix_ns + recording.start().0),
            duration_s: recording.length().as_secs_f64(),
            size_bytes: recording.size(),
            condensed_from_s: recording.condensed_from().map(Nanos::as_secs_f64),
            frames,
            keyframes,
            events,
            counts,
            marks_s: marks,
            variants: variants(&state, recording),
            notes,
        })
    }

    /// As pretty JSON, with a newline at the end.
    pub fn to_json(&self) -> String {
        crate::json::pretty(self)
    }

    /// As a person reads it.
    pub fn to_text(&self) -> String {
        let face = |s: f64| clock_face(Nanos::from_secs_f64(s));
        let mut text = format!(
            "{} long, {}, {} events in {} frames with {} keyframes, by nntop {}\n",
            face(self.duration_s),
            Bytes(self.size_bytes),
            grouped(self.events),
            self.frames,
            self.keyframes,
            self.nntop
        );
        if let Some(from) = self.condensed_from_s {
            let _ = writeln!(text, "condensed from {} on: blocks joined to a second, no samples", face(from));
        }
        for v in &self.variants {
            let time = |ns: Option<u64>| ns.map_or_else(|| "–".into(), |ns| Nanos(ns).to_string());
            let _ = writeln!(
                text,
                "{} {} on {}: {} inferences, p50 {}, p99 {}",
                v.slot,
                v.name,
                v.engine,
                grouped(v.inferences),
                time(v.p50_ns),
                time(v.p99_ns)
            );
        }
        if !self.marks_s.is_empty() {
            let marks: Vec<String> = self.marks_s.iter().map(|s| face(*s)).collect();
            let _ = writeln!(text, "marks at {}", marks.join(", "));
        }
        for note in &self.notes {
            let _ = writeln!(text, "note: {note}");
        }
        text
    }
}

fn variants(state: &State, recording: &Recording) -> Vec<VariantInfo> {
    let result = RunResult::of(state, recording.plan());
    let both = state.variants.iter().zip(result.variants);
    both.map(|(v, result)| VariantInfo {
        slot: v.slot.to_string(),
        name: v.spec.name.clone(),
        model: v.spec.model.clone(),
        engine: v.ready.as_ref().map_or_else(
            || v.spec.engine.to_string(),
            |r| format!("{} {}", r.engine.name, r.engine.version).trim().to_owned(),
        ),
        runs: v.run,
        status: result.status,
        inferences: v.latency.measured.n(),
        p50_ns: v.latency.measured.quantile(0.5),
        p99_ns: v.latency.measured.quantile(0.99),
    })
    .collect()
}

/// An event's kind, as it is called in the stream.
fn name(event: &Event) -> String {
    #[derive(Deserialize)]
    struct Named {
        kind: String,
    }
    serde_json::from_str(&event.to_line()).map_or_else(|_| "unknown".into(), |named: Named| named.kind)
}
