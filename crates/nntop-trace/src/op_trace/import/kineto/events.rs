//! Trace events, as far as they matter, in some ten words each.

use super::args::Args;
use super::broken::Broken;
use super::category::{self, Cat, Says};
use super::nanos::nanos;
use crate::op_trace::import::counted;
use crate::op_trace::import::json::{Json, Stop};
use nntop_core::event::TensorSig;
use nntop_core::unit::Nanos;
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::rc::Rc;

/// More events are not kept: they would fill the memory of a small board.
const MOST_EVENTS: usize = 5_000_000;

/// Names and shapes of more bytes than this are nobody's.
const MOST_NAMES: usize = 256 << 20;

/// The duration of an event that was begun and has not ended, and of one that ended before it began.
const OPEN: i64 = -1;
const BACKWARDS: i64 = -2;

/// A complete event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) cat: Cat,
    pub(super) name: u32,
    pub(super) thread: u32,
    /// In nanoseconds, from whatever the trace counts.
    pub(super) begin: i64,
    pub(super) duration: i64,
    /// What links host and device; 0 is none.
    pub(super) external: u64,
    pub(super) correlation: u64,
    /// Place in [`Events::shapes`].
    pub(super) shapes: u32,
    pub(super) device: u16,
}

impl Event {
    pub(super) fn end(&self) -> i64 {
        self.begin + self.duration
    }

    pub(super) fn is_on_device(&self) -> bool {
        self.cat.is_on_device()
    }
}

/// A thread, or a track of a device.
#[derive(Debug, Default)]
pub(super) struct Thread {
    pub(super) process: String,
    pub(super) number: String,
    /// As the trace names it: `thread 43 (python)`.
    pub(super) name: Option<String>,
}

/// All events of a trace.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) all: Vec<Event>,
    pub(super) names: Names,
    /// Inputs of operators, each list once; the first is that of none.
    pub(super) shapes: Vec<Vec<TensorSig>>,
    shapes_by: HashMap<Vec<TensorSig>, u32>,
    pub(super) threads: Vec<Thread>,
    threads_by: HashMap<(String, String), u32>,
    /// Begun by `B` and not yet ended, by thread: places in `all`.
    open: HashMap<u32, Vec<usize>>,
    /// What the device's runtime is called: `cuda`.
    pub(super) device: Option<&'static str>,
    pub(super) broken: Broken,
    /// Whether an event has a category of Kineto's.
    pub(super) is_kineto: bool,
    endless: u64,
    bytes: usize,
}

/// Names, each once.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_text: HashMap<Rc<str>, u32>,
    pub(super) all: Vec<Rc<str>>,
    bytes: usize,
}

impl Names {
    fn of(&mut self, text: &str) -> u32 {
        if let Some(i) = self.by_text.get(text) {
            return *i;
        }
        let (text, new): (Rc<str>, u32) = (text.into(), self.all.len() as u32);
        self.bytes += text.len();
        self.all.push(text.clone());
        self.by_text.insert(text, new);
        new
    }
}

impl Events {
    /// Whether no more can be kept.
    pub(super) fn is_full(&self) -> bool {
        self.all.len() >= MOST_EVENTS || self.names.bytes + self.bytes > MOST_NAMES
    }

    /// Reads the members of an event, whose object has been entered.
    pub(super) fn read(&mut self, json: &mut Json<impl Read>) -> Result<(), Stop> {
        let mut texts: [Option<String>; 7] = Default::default();
        let mut args = Args::default();
        while let Some(key) = json.key(&["ph", "cat", "name", "pid", "tid", "ts", "dur", "args"])? {
            match key {
                7 => args.read(json)?,
                key => texts[key] = json.text()?,
            }
        }
        let [phase, category, name, process, thread, begin, duration] = texts;
        let phase = phase.unwrap_or_default();
        let (category, name) = (category.unwrap_or_default(), name.unwrap_or_default());
        let thread = (process.unwrap_or_default(), thread.unwrap_or_default());
        match phase.as_str() {
            "M" if name == "thread_name" => {
                let thread = self.thread(thread);
                self.threads[thread as usize].name = args.name.filter(|name| !name.trim().is_empty());
                return Ok(());
            }
            "X" | "B" | "E" => {}
            _ => return Ok(()),
        }
        let thread = self.thread(thread);
        if phase == "E" {
            self.end(thread, begin.and_then(|text| nanos(&text)));
            return Ok(());
        }
        let (says, name) = category::of(&category, &name);
        let cat = match says {
            Says::Nothing => return Ok(()),
            Says::Kind(cat) | Says::Of(_, cat) => {
                self.is_kineto |= !category.is_empty();
                cat
            }
            Says::Unknown => Cat::Unknown(self.names.of(&category)),
        };
        if let Says::Of(device, _) = says {
            self.device.get_or_insert(device);
        }
        let Some((begin, duration)) = self.times(name, phase == "B", begin.as_deref(), duration.as_deref()) else {
            return Ok(());
        };
        let name = self.names.of(name);
        let shapes = self.shapes(args.inputs());
        let Args { external, correlation, device, .. } = args;
        if phase == "B" {
            self.open.entry(thread).or_default().push(self.all.len());
        }
        self.all.push(Event { cat, name, thread, begin, duration, external, correlation, shapes, device });
        Ok(())
    }

    fn thread(&mut self, of: (String, String)) -> u32 {
        if let Some(known) = self.threads_by.get(&of) {
            return *known;
        }
        let new = self.threads.len() as u32;
        self.bytes += 2 * (of.0.len() + of.1.len());
        self.threads.push(Thread { process: of.0.clone(), number: of.1.clone(), name: None });
        self.threads_by.insert(of, new);
        new
    }

    /// The innermost event that was begun on this thread ends.
    fn end(&mut self, thread: u32, end: Option<i64>) {
        if let (Some(end), Some(i)) = (end, self.open.get_mut(&thread).and_then(Vec::pop)) {
            let event = &mut self.all[i];
            event.duration = if end < event.begin { BACKWARDS } else { end - event.begin };
        }
    }

    /// Begin and duration; what is none is counted by the event's name.
    fn times(&mut self, name: &str, opens: bool, begin: Option<&str>, duration: Option<&str>) -> Option<(i64, i64)> {
        let (time, lasts) = (begin.map(nanos), duration.map(nanos));
        match (time, lasts) {
            (Some(Some(begin)), _) if opens => Some((begin, OPEN)),
            (Some(Some(begin)), Some(Some(duration))) if duration >= 0 => Some((begin, duration)),
            (Some(None), _) => {
                self.broken.add(name, "begins at no time");
                None
            }
            (Some(_), Some(_)) => {
                self.broken.add(name, "ends before it begins");
                None
            }
            _ => {
                self.endless += 1;
                None
            }
        }
    }

    /// The place of these inputs among all.
    fn shapes(&mut self, tensors: Vec<TensorSig>) -> u32 {
        if self.shapes.is_empty() {
            self.shapes.push(Vec::new());
            self.shapes_by.insert(Vec::new(), 0);
        }
        if let Some(i) = self.shapes_by.get(&tensors) {
            return *i;
        }
        let new = self.shapes.len() as u32;
        self.bytes += 2 * tensors.iter().map(|t| 32 + t.dtype.len() + 8 * t.shape.len()).sum::<usize>();
        self.shapes.push(tensors.clone());
        self.shapes_by.insert(tensors, new);
        new
    }

    /// Leaves out what has no end or is of no known kind, and says what is missing.
    pub(super) fn finish(&mut self) -> Vec<String> {
        let mut notes = Vec::new();
        let (names, broken, endless) = (&self.names, &mut self.broken, &mut self.endless);
        self.all.retain(|event| {
            match event.duration {
                BACKWARDS => broken.add(&names.all[event.name as usize], "ends before it begins"),
                OPEN => *endless += 1,
                _ => return true,
            }
            false
        });
        if self.endless > 0 {
            notes.push(format!("left out: {} without a begin or an end", counted(self.endless, "event")));
        }
        notes.extend(self.unknown());
        notes
    }

    /// Categories that Kineto does not have are nobody's: what it is, host or device, is not known. In other traces they are
    /// the program's own, and the events are spans of it.
    fn unknown(&mut self) -> Option<String> {
        let mut found: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        let is_kineto = self.is_kineto;
        self.all.retain_mut(|event| {
            let Cat::Unknown(category) = event.cat else { return true };
            event.cat = Cat::Function;
            if is_kineto {
                let (n, time) = found.entry(category).or_default();
                (*n, *time) = (*n + 1, time.saturating_add(event.duration as u64));
            }
            !is_kineto
        });
        let one = |(category, (n, time)): (u32, (u64, u64))| {
            let name = &self.names.all[category as usize];
            format!("\"{name}\" ({}, {})", counted(n, "event"), Nanos(time))
        };
        let told: Vec<String> = found.into_iter().map(one).collect();
        (!told.is_empty()).then(|| format!("left out, of categories that are not known: {}", told.join(", ")))
    }
}
