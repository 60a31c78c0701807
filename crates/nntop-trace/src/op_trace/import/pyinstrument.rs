//! pyinstrument: what `pyinstrument -r json` writes, a tree of frames with seconds.
//!
//! `[self]` frames are a function's own time, and no rows of their own. The tree is read without recursion, since
//! Python's stacks may be a thousand frames deep.

use super::json::{Json, Stop};
use super::{MOST_ROWS, joined, scaled};
use crate::op_trace::OpenError;
use nntop_core::event::{Method, OpProfile, OpRow, RowKind};
use nntop_core::unit::Nanos;
use std::io::Read;

const FORMAT: &str = "pyinstrument's profile";

#[derive(Debug, Default)]
struct Frame {
    function: String,
    file: String,
    line: String,
    time: u64,
    parent: Option<u32>,
    /// What its children took.
    below: u64,
}

/// Reads the tree.
pub(super) fn read(input: impl Read) -> Result<OpProfile, OpenError> {
    let mut json = Json::new(input);
    let (mut frames, mut duration) = (Vec::new(), 0);
    let stop = session(&mut json, &mut frames, &mut duration).err();
    if frames.iter().all(|frame: &Frame| frame.time == 0) {
        return Err(match stop {
            Some(stop) => stop.error(FORMAT),
            None => {
                OpenError::Import { format: FORMAT, offset: json.offset(), reason: "no frame with a time in it".into() }
            }
        });
    }
    let (rows, sum) = rows(frames);
    let wall = Nanos(duration.max(sum));
    Ok(OpProfile {
        source: "pyinstrument".into(),
        method: Method::Sampled,
        inferences: 0,
        wall,
        gap: Nanos(wall.0 - sum),
        partial: joined(stop.iter().map(Stop::note).collect()),
        rows,
        ..OpProfile::default()
    })
}

fn session(json: &mut Json<impl Read>, frames: &mut Vec<Frame>, duration: &mut u64) -> Result<(), Stop> {
    if !json.object()? {
        return Ok(());
    }
    while let Some(key) = json.key(&["duration", "root_frame"])? {
        match key {
            0 => *duration = json.text()?.and_then(|text| scaled(&text, 1e9)).unwrap_or(0),
            _ => tree(json, frames)?,
        }
    }
    Ok(())
}

/// What is entered: a frame, or the list of what it called.
enum Open {
    Frame(usize),
    Children(usize),
}

fn tree(json: &mut Json<impl Read>, frames: &mut Vec<Frame>) -> Result<(), Stop> {
    let mut open = Vec::new();
    let enter = |json: &mut Json<_>, frames: &mut Vec<Frame>, open: &mut Vec<Open>, parent: Option<usize>| {
        if frames.len() >= MOST_ROWS {
            return Err(json.stop("more frames than any program has"));
        }
        if json.object()? {
            open.push(Open::Frame(frames.len()));
            frames.push(Frame { parent: parent.map(|p| p as u32), ..Frame::default() });
        }
        Ok(())
    };
    enter(json, frames, &mut open, None)?;
    while let Some(at) = open.last() {
        match *at {
            Open::Frame(i) => {
                match json.key(&["function", "identifier", "file_path_short", "line_no", "time", "children"])? {
                    Some(5) => {
                        if json.array()? {
                            open.push(Open::Children(i));
                        }
                    }
                    Some(key) => {
                        let text = json.text()?.unwrap_or_default();
                        let frame = &mut frames[i];
                        match key {
                            0 => frame.function = text,
                            1 if frame.function.is_empty() => frame.function = text,
                            1 => {}
                            2 => frame.file = text,
                            3 => frame.line = text,
                            _ => frame.time = scaled(&text, 1e9).unwrap_or(0),
                        }
                    }
                    None => _ = open.pop(),
                }
            }
            Open::Children(i) => {
                if json.more()? {
                    enter(json, frames, &mut open, Some(i))?;
                } else {
                    open.pop();
                }
            }
        }
    }
    Ok(())
}

/// Rows, and the sum of their own times.
fn rows(mut frames: Vec<Frame>) -> (Vec<OpRow>, u64) {
    for i in (0..frames.len()).rev() {
        let (time, below) = (frames[i].time, frames[i].below);
        // A frame that was cut off before its time was read has at least that of its children.
        frames[i].time = time.max(below);
        let time = frames[i].time;
        if let Some(parent) = frames[i].parent.filter(|_| frames[i].function != "[self]") {
            frames[parent as usize].below += time;
        }
    }
    let mut rows: Vec<OpRow> = Vec::new();
    let mut places: Vec<Option<u32>> = Vec::with_capacity(frames.len());
    let mut sum = 0;
    for frame in frames {
        let parent = frame.parent.and_then(|p| places[p as usize]);
        if frame.function == "[self]" {
            places.push(parent);
            continue;
        }
        places.push(Some(rows.len() as u32));
        let own = frame.time - frame.below;
        sum += own;
        rows.push(OpRow {
            name: shown(&frame),
            kind: RowKind::Function,
            parent,
            calls: 1,
            total: Nanos(frame.time),
            self_time: Nanos(own),
            ..OpRow::default()
        });
    }
    (rows, sum)
}

/// `inner (model.py:12)`; what is built in has no line.
fn shown(frame: &Frame) -> String {
    // Older versions put function, file and line into one text, apart by NUL.
    let function = frame.function.split('\0').next().unwrap_or_default();
    let function = if function.is_empty() { "(unnamed)" } else { function };
    match frame.file.as_str() {
        "" => function.to_owned(),
        file if matches!(frame.line.as_str(), "" | "0") => format!("{function} ({file})"),
        file => format!("{function} ({file}:{})", frame.line),
    }
}
