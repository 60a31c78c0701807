//! speedscope's JSON (<https://www.speedscope.app/file-format-schema.json>): of py-spy, of other profilers, and nntop's own
//! export. Frames stand in one list, and profiles (threads, mostly) are stacks of them with weights, or events.
//!
//! Profiles of one unit are added, each below its name where there are several. What follows the first in nntop's own
//! files (a device, another thread) stays beside it.

use super::json::{Json, Stop};
use super::{DEEPEST, joined};
use crate::op_trace::OpenError;
use crate::op_trace::functions::{Functions, MOST_ROWS};
use nntop_core::event::{Method, OpProfile};
use nntop_core::unit::Nanos;
use std::collections::HashMap;
use std::io::Read;

const FORMAT: &str = "speedscope's profile";

/// More samples than these are no file that a browser opens.
const MOST_SAMPLES: usize = 1 << 25;

/// What nntop writes behind the name of a thread or device that is no part of the wall time.
const BESIDE: &str = ", beside it";

pub(super) fn begins(text: &[u8]) -> bool {
    let has = |word: &str| super::holds(text, word);
    has("speedscope.app/file-format-schema")
        || (has("\"profiles\"") && ["\"shared\"", "\"endValue\"", "\"startValue\""].into_iter().any(has))
        || (has("\"shared\"") && has("\"frames\""))
}

/// A profile of the file: places in the tree of all, with their weights in the profile's unit.
#[derive(Default)]
struct One {
    name: String,
    unit: String,
    evented: bool,
    /// A place and what it weighs, sample by sample; the last of all places stands for an empty stack.
    weights: HashMap<u32, (f64, u64)>,
}

/// Stacks by the numbers of their frames, as names may follow at the end of the file.
#[derive(Default)]
struct Stacks {
    /// The place above, and the frame.
    places: Vec<(Option<u32>, u32)>,
    by_place: HashMap<(Option<u32>, u32), u32>,
    is_cut: bool,
}

impl Stacks {
    fn place(&mut self, parent: Option<u32>, frame: u32) -> Option<u32> {
        if let Some(known) = self.by_place.get(&(parent, frame)) {
            return Some(*known);
        }
        if self.places.len() >= MOST_ROWS {
            self.is_cut = true;
            return parent;
        }
        let new = self.places.len() as u32;
        self.by_place.insert((parent, frame), new);
        self.places.push((parent, frame));
        Some(new)
    }
}

/// Reads all profiles.
pub(super) fn read(input: impl Read) -> Result<OpProfile, OpenError> {
    let mut json = Json::new(input);
    let mut file = Document::default();
    let stop = document(&mut json, &mut file).err();
    let offset = json.offset();
    let empty = |reason: &str| OpenError::Import { format: FORMAT, offset, reason: reason.into() };
    let has_weight = |one: &One| one.weights.values().any(|(weight, _)| *weight > 0.0);
    file.profiles.retain(has_weight);
    if file.profiles.is_empty() {
        return Err(match stop {
            Some(stop) => stop.error(FORMAT),
            None => empty("no stack with a weight in it"),
        });
    }
    let mut notes: Vec<String> = stop.iter().map(Stop::note).collect();
    if file.stacks.is_cut {
        notes.push(
            "it has more different stacks than can be kept: what was new at last counts for the frame above it".into(),
        );
    }
    let profile = finish(file, &mut notes);
    Ok(OpProfile { partial: joined(notes), ..profile })
}

#[derive(Default)]
struct Document {
    exporter: String,
    frames: Vec<String>,
    stacks: Stacks,
    profiles: Vec<One>,
}

fn document(json: &mut Json<impl Read>, file: &mut Document) -> Result<(), Stop> {
    if !json.object()? {
        return Ok(());
    }
    while let Some(key) = json.key(&["shared", "profiles", "exporter"])? {
        match key {
            0 => frames(json, &mut file.frames)?,
            1 if json.array()? => {
                while json.more()? {
                    file.profiles.push(One::default());
                    let Some(one) = file.profiles.last_mut() else { continue };
                    profile(json, one, &mut file.stacks)?;
                }
            }
            1 => {}
            _ => file.exporter = json.text()?.unwrap_or_default(),
        }
    }
    Ok(())
}

fn frames(json: &mut Json<impl Read>, frames: &mut Vec<String>) -> Result<(), Stop> {
    if !json.object()? {
        return Ok(());
    }
    while json.key(&["frames"])?.is_some() {
        if !json.array()? {
            continue;
        }
        while json.more()? {
            let (mut name, mut file, mut line) = (String::new(), String::new(), String::new());
            if json.object()? {
                while let Some(key) = json.key(&["name", "file", "line"])? {
                    let text = json.text()?.unwrap_or_default();
                    match key {
                        0 => name = text,
                        1 => file = text,
                        _ => line = text,
                    }
                }
            }
            if frames.len() >= MOST_ROWS {
                return Err(json.stop("more frames than any program has"));
            }
            frames.push(label(name, &file, &line));
        }
    }
    Ok(())
}

/// `mm (n.py:4)`, as py-spy has it in folded stacks.
fn label(name: String, file: &str, line: &str) -> String {
    let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
    match (file, line) {
        ("", _) => name,
        (file, _) if name.contains(file) => name,
        (file, "") => format!("{name} ({file})"),
        (file, line) => format!("{name} ({file}:{line})"),
    }
}

fn profile(json: &mut Json<impl Read>, one: &mut One, stacks: &mut Stacks) -> Result<(), Stop> {
    if !json.object()? {
        return Ok(());
    }
    let (mut samples, mut weights): (Vec<Option<u32>>, Vec<f64>) = (Vec::new(), Vec::new());
    let ended = members(json, one, stacks, &mut samples, &mut weights);
    for (i, place) in samples.into_iter().enumerate() {
        // Without weights each sample is one; where the file was cut between the two, too.
        let weight = if weights.is_empty() { 1.0 } else { weights.get(i).copied().unwrap_or(0.0) };
        if let Some(place) = place {
            let sum = one.weights.entry(place).or_default();
            *sum = (sum.0 + weight, sum.1 + 1);
        }
    }
    ended
}

fn members(
    json: &mut Json<impl Read>,
    one: &mut One,
    stacks: &mut Stacks,
    samples: &mut Vec<Option<u32>>,
    weights: &mut Vec<f64>,
) -> Result<(), Stop> {
    while let Some(key) = json.key(&["name", "unit", "samples", "weights", "events"])? {
        match key {
            0 => one.name = json.text()?.unwrap_or_default(),
            1 => one.unit = json.text()?.unwrap_or_default(),
            2 if json.array()? => {
                while json.more()? {
                    let place = stack(json, stacks)?;
                    if samples.len() >= MOST_SAMPLES {
                        return Err(json.stop("more samples than any profile has"));
                    }
                    samples.push(place);
                }
            }
            3 if json.array()? => {
                while json.more()? {
                    let weight = json.text()?.and_then(|text| text.parse::<f64>().ok());
                    if weights.len() >= MOST_SAMPLES {
                        return Err(json.stop("more weights than any profile has"));
                    }
                    weights.push(weight.filter(|w| (0.0..1e18).contains(w)).unwrap_or(0.0));
                }
            }
            4 if json.array()? => {
                one.evented = true;
                events(json, one, stacks)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// One sample: the numbers of its frames, outermost first.
fn stack(json: &mut Json<impl Read>, stacks: &mut Stacks) -> Result<Option<u32>, Stop> {
    let (mut at, mut depth) = (None, 0);
    if json.array()? {
        while json.more()? {
            let frame = json.count()?.and_then(|n| u32::try_from(n).ok());
            if let Some(frame) = frame.filter(|_| depth < DEEPEST) {
                at = stacks.place(at, frame);
                depth += 1;
            }
        }
    }
    Ok(at)
}

/// Frames that open and close.
fn events(json: &mut Json<impl Read>, one: &mut One, stacks: &mut Stacks) -> Result<(), Stop> {
    let (mut open, mut last): (Vec<(u32, Option<u32>)>, Option<f64>) = (Vec::new(), None);
    while json.more()? {
        let (mut kind, mut frame, mut at) = (None, None, None);
        if json.object()? {
            while let Some(key) = json.key(&["type", "frame", "at"])? {
                match key {
                    0 => kind = json.text()?,
                    1 => frame = json.count()?.and_then(|n| u32::try_from(n).ok()),
                    _ => at = json.text()?.and_then(|text| text.parse::<f64>().ok()).filter(|at| at.is_finite()),
                }
            }
        }
        let (Some(kind), Some(frame), Some(at)) = (kind, frame, at) else { continue };
        let passed = last.map_or(0.0, |last| (at - last).clamp(0.0, 1e18));
        if let Some((_, Some(place))) = open.last() {
            one.weights.entry(*place).or_default().0 += passed;
        }
        last = Some(at);
        match kind.as_str() {
            "O" => {
                let above = open.last().and_then(|(_, place)| *place);
                let place = if open.len() < DEEPEST { stacks.place(above, frame) } else { above };
                open.push((frame, place));
                if let Some(place) = place {
                    one.weights.entry(place).or_default().1 += 1;
                }
            }
            // What was never closed ends with what encloses it.
            "C" => {
                if let Some(at) = open.iter().rposition(|(known, _)| *known == frame) {
                    open.truncate(at);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Nanoseconds in a unit of time.
fn nanos(unit: &str) -> Option<f64> {
    Some(match unit {
        "nanoseconds" => 1.0,
        "microseconds" => 1e3,
        "milliseconds" => 1e6,
        "seconds" => 1e9,
        _ => return None,
    })
}

/// What weights count that are no times.
fn counts(unit: &str) -> Option<String> {
    match unit {
        unit if nanos(unit).is_some() => None,
        "bytes" => Some("bytes".into()),
        _ => Some("samples".into()),
    }
}

fn finish(file: Document, notes: &mut Vec<String>) -> OpProfile {
    let Document { exporter, frames, stacks, profiles } = file;
    let unit = profiles.first().map(|one| counts(&one.unit)).unwrap_or_default();
    let (same, others): (Vec<One>, Vec<One>) = profiles.into_iter().partition(|one| counts(&one.unit) == unit);
    if !others.is_empty() {
        notes.push(format!(
            "left out: {} whose weights have another unit",
            super::counted(others.len() as u64, "profile")
        ));
    }
    let is_beside = |one: &One| exporter.starts_with("nntop ") && one.name.ends_with(BESIDE);
    let evented = same.iter().all(|one| one.evented);
    let (beside, main): (Vec<One>, Vec<One>) = same.into_iter().partition(is_beside);
    let mut all = Functions::default();
    let named = main.len() > 1;
    for one in &main {
        let root = if named { all.place(None, &one.name) } else { None };
        add(&mut all, root, one, &stacks, &frames);
    }
    notes.extend(all.cut());
    let (mut rows, wall) = all.finish();
    for one in &beside {
        let mut other = Functions::default();
        add(&mut other, None, one, &stacks, &frames);
        let title = one.name.trim_end_matches(BESIDE);
        let thread = title.rsplit_once(": ").map_or(title, |(_, thread)| thread).to_owned();
        let first = rows.len() as u32;
        rows.extend(other.finish().0.into_iter().map(|mut row| {
            row.parent = row.parent.map(|parent| parent + first);
            row.thread = Some(thread.clone());
            row
        }));
    }
    OpProfile {
        source: "speedscope".into(),
        counts: unit,
        method: if evented { Method::Traced } else { Method::Sampled },
        wall,
        gap: Nanos::ZERO,
        rows,
        ..OpProfile::default()
    }
}

/// Puts a profile's stacks below a row.
fn add(all: &mut Functions, root: Option<u32>, one: &One, stacks: &Stacks, frames: &[String]) {
    let scale = nanos(&one.unit).unwrap_or(1.0);
    // Only the places that it has; those above stand before those below.
    let mut needed = vec![false; stacks.places.len()];
    for place in one.weights.keys() {
        let mut at = Some(*place);
        while let Some(i) = at.filter(|i| !needed[*i as usize]) {
            needed[i as usize] = true;
            at = stacks.places[i as usize].0;
        }
    }
    let mut rows: Vec<Option<u32>> = vec![None; stacks.places.len()];
    for (i, (parent, frame)) in stacks.places.iter().enumerate().filter(|(i, _)| needed[*i]) {
        let above = parent.map_or(root, |parent| rows[parent as usize]);
        let name = frames.get(*frame as usize).filter(|name| !name.is_empty()).map_or("(unnamed)", String::as_str);
        rows[i] = all.place(above, name);
        if let Some((weight, calls)) = one.weights.get(&(i as u32)) {
            all.add(rows[i], (weight * scale).round().clamp(0.0, 1e18) as u64, *calls);
        }
    }
}
