//! Events become rows: those of a thread by containment, those of a device by what launched them.

use super::beside::Busy;
use super::category::Cat;
use super::events::{Event, Events};
use super::own::Own;
use crate::op_trace::import::{DEEPEST, MOST_ROWS};
use nntop_core::event::{OpRow, RowKind, Track};
use nntop_core::unit::Nanos;
use std::cmp::Reverse;
use std::collections::HashMap;

/// Sums beside the rows.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) steps: u64,
    pub(super) wall: u64,
    /// Events that lie outside of all steps.
    pub(super) outside: u64,
    /// Device events whose launch is not known.
    pub(super) unlinked: u64,
    /// By how much events reach beyond the end of what encloses them.
    pub(super) beyond: u64,
    pub(super) beside: Vec<Track>,
    pub(super) elsewhere: Nanos,
}

/// Row of a launch that is left out.
const LEFT_OUT: u32 = u32::MAX;

/// The thread of rows on the inferences' own, and of rows below others.
const OWN: u32 = u32::MAX;

/// An event that encloses those that follow.
struct Open {
    end: i64,
    row: u32,
    /// The innermost row around it that is no call of the runtime.
    op: u32,
    /// Whether it, or what encloses it, works.
    works: bool,
}

type Place = (Option<u32>, u32, Cat, u32, u16, u32);

struct Fold<'a> {
    events: &'a Events,
    own: &'a Own,
    rows: Vec<OpRow>,
    by_place: HashMap<Place, u32>,
    busy: Busy,
    /// When the first inference began.
    origin: i64,
}

/// Folds all events. Those of the host are put in the order of threads and begins.
pub(super) fn fold(events: &mut Events) -> (Vec<OpRow>, Sums) {
    let mut all = std::mem::take(&mut events.all);
    // What encloses comes before what it encloses; what launches before what is launched.
    all.sort_by_key(|e| (e.is_on_device(), if e.is_on_device() { 0 } else { e.thread }, e.begin, Reverse(e.duration)));
    let on_device = all.partition_point(|e| !e.is_on_device());
    let (host, device) = all.split_at(on_device);
    let own = Own::of(host, device, events);
    let mut sums = Sums { steps: own.steps, wall: own.wall, ..Sums::default() };
    let origin = own.windows.first().or_else(|| all.iter().map(|e| e.begin).min()).unwrap_or(0);
    let mut fold =
        Fold { events, own: &own, rows: Vec::new(), by_place: HashMap::new(), busy: Busy::default(), origin };
    let mut launches = Launches::default();
    for thread in host.chunk_by(|a, b| a.thread == b.thread) {
        fold.thread(thread, &mut launches, &mut sums);
    }
    fold.device(device, &launches, &mut sums);
    let Fold { mut rows, busy, .. } = fold;
    place_by_kernels(&mut rows);
    (sums.beside, sums.elsewhere) = busy.tracks(&own);
    (rows, sums)
}

/// An operator whose work kernels did, or those of what it encloses, was placed on their device.
fn place_by_kernels(rows: &mut [OpRow]) {
    let mut places: Vec<Option<String>> = vec![None; rows.len()];
    for i in (0..rows.len()).rev() {
        let row = &mut rows[i];
        let place = if row.is_device_work() { row.provider.clone() } else { places[i].take() };
        if row.kind == RowKind::Op && place.is_some() {
            row.provider.clone_from(&place);
        }
        if let (Some(place), Some(parent)) = (place, row.parent) {
            places[parent as usize].get_or_insert(place);
        }
    }
}

/// Which row launched what.
#[derive(Default)]
struct Launches {
    by_correlation: HashMap<u64, u32>,
    by_external: HashMap<u64, u32>,
}

impl Launches {
    fn note(&mut self, event: &Event, row: u32) {
        match event.cat {
            Cat::Runtime if event.correlation > 0 => _ = self.by_correlation.insert(event.correlation, row),
            Cat::Op if event.external > 0 => _ = self.by_external.insert(event.external, row),
            _ => {}
        }
    }

    fn of(&self, event: &Event) -> Option<u32> {
        let linked = |map: &HashMap<u64, u32>, id: u64| map.get(&id).copied().filter(|_| id > 0);
        linked(&self.by_correlation, event.correlation).or_else(|| linked(&self.by_external, event.external))
    }
}

impl Fold<'_> {
    /// Events of one thread of the host.
    fn thread(&mut self, events: &[Event], launches: &mut Launches, sums: &mut Sums) {
        let Some(first) = events.first() else { return };
        let is_own = self.own.has(first.thread);
        let label = (!is_own).then(|| self.label(first.thread));
        let windows = self.own.windows_of(&self.events.threads[first.thread as usize].process);
        let mut open: Vec<Open> = Vec::new();
        let mut step_end = i64::MIN;
        for event in events {
            // A step in a step is the same one again.
            if event.cat == Cat::Step {
                let again = event.begin < step_end;
                step_end = step_end.max(event.end());
                if again {
                    continue;
                }
            }
            while open.last().is_some_and(|above| above.end <= event.begin) {
                open.pop();
            }
            let above = open.last();
            // Another thread may begin before a step and go on when it has ended; the step's own may not.
            let is_out = match is_own {
                true => above.is_none() && self.own.steps > 0 && event.cat != Cat::Step,
                false => !windows.touch(event.begin, event.end()),
            };
            if is_out {
                sums.outside += 1;
                launches.note(event, LEFT_OUT);
                continue;
            }
            let mut end = event.end();
            let limit = above.map_or(i64::MAX, |above| above.end);
            if end > limit {
                sums.beyond = sums.beyond.saturating_add((end - limit) as u64);
                end = limit;
            }
            let worked = above.is_some_and(|above| above.works);
            match &label {
                None if !worked && !event.cat.is_scope() => self.busy.own.push((event.begin, end)),
                Some(label) if above.is_none() => {
                    self.busy.threads.entry(label.clone()).or_default().push((event.begin, end));
                }
                _ => {}
            }
            let works = worked || !event.cat.is_scope();
            let parent = above.map(|above| above.row);
            let duration = Nanos((end - event.begin).max(0) as u64);
            // Of another thread's time only what it worked during the inferences is theirs.
            let counted = if is_own { duration } else { Nanos(windows.part_of(event.begin, end)) };
            let is_full = open.len() >= DEEPEST || self.rows.len() >= MOST_ROWS;
            let row = if is_full { parent } else { Some(self.place(parent, event, 0, label.as_deref())) };
            let Some(row) = row else { continue };
            if !is_full {
                self.add(row, event, duration, counted);
                if let Some(parent) = parent.and_then(|p| self.rows.get_mut(p as usize)) {
                    parent.self_time.0 = parent.self_time.0.saturating_sub(counted.0);
                }
            }
            let around = open.last().map(|above| above.op);
            let op = if event.cat == Cat::Runtime { around.unwrap_or(row) } else { row };
            launches.note(event, op);
            if !is_full {
                open.push(Open { end, row, op, works });
            }
        }
    }

    /// What a thread is called: as the trace calls it, else by its number.
    fn label(&self, thread: u32) -> String {
        let of = &self.events.threads[thread as usize];
        match &of.name {
            Some(name) => name.clone(),
            None if of.number.is_empty() => "another thread".into(),
            None if self.events.threads.iter().any(|t| t.number == of.number && t.process != of.process) => {
                format!("thread {} of process {}", of.number, of.process)
            }
            None => format!("thread {}", of.number),
        }
    }

    fn device(&mut self, device: &[Event], launches: &Launches, sums: &mut Sums) {
        for event in device {
            let launch = launches.of(event);
            if launch == Some(LEFT_OUT) {
                sums.outside += 1;
                continue;
            }
            let is_work = event.cat != Cat::Wait;
            // What is in no step and launched by nothing that is known belongs to no inference.
            if launch.is_none() && self.own.steps > 0 && !self.own.windows.touch(event.begin, event.end()) {
                sums.outside += 1;
                continue;
            }
            sums.unlinked += u64::from(launch.is_none() && is_work);
            if self.rows.len() < MOST_ROWS {
                let row = self.place(launch, event, event.device, None);
                let duration = Nanos(event.duration as u64);
                self.add(row, event, duration, duration);
                if is_work {
                    let name = self.rows[row as usize].device.clone().unwrap_or_default();
                    self.busy.devices.entry(name).or_default().push((event.begin, event.end()));
                }
            }
        }
    }

    /// One more call: how long it took, and how much of that counts for the inferences.
    fn add(&mut self, row: u32, event: &Event, duration: Nanos, counted: Nanos) {
        let start = Nanos(event.begin.saturating_sub(self.origin).max(0) as u64);
        let row = &mut self.rows[row as usize];
        row.calls += 1;
        row.total.0 = row.total.0.saturating_add(duration.0);
        row.self_time.0 = row.self_time.0.saturating_add(counted.0);
        row.start = Some(row.start.map_or(start, |first| first.min(start)));
    }

    /// The row of such an event below `parent`, made where it is new.
    fn place(&mut self, parent: Option<u32>, event: &Event, device: u16, thread: Option<&str>) -> u32 {
        let new = self.rows.len() as u32;
        let on = thread.filter(|_| parent.is_none()).map_or(OWN, |_| event.thread);
        let place = (parent, event.name, event.cat, event.shapes, device, on);
        let row = *self.by_place.entry(place).or_insert(new);
        if row == new {
            let name = self.events.names.all[event.name as usize].to_string();
            let accelerator = self.events.device.unwrap_or("gpu");
            let provider = match event.cat {
                _ if event.is_on_device() => Some(accelerator.to_owned()),
                Cat::Op => Some("cpu".to_owned()),
                _ => None,
            };
            self.rows.push(OpRow {
                op_type: if event.cat == Cat::Op { name.clone() } else { String::new() },
                name,
                kind: match event.cat {
                    Cat::Op => RowKind::Op,
                    Cat::Step | Cat::Annotation | Cat::Module => RowKind::Scope,
                    Cat::Function | Cat::Unknown(_) => RowKind::Function,
                    Cat::Runtime => RowKind::Overhead,
                    Cat::Kernel => RowKind::Kernel,
                    Cat::Copy => RowKind::Copy,
                    Cat::Wait => RowKind::Wait,
                },
                parent,
                provider,
                device: event.is_on_device().then(|| format!("{accelerator}:{device}")),
                thread: thread.map(str::to_owned),
                inputs: self.events.shapes.get(event.shapes as usize).cloned().unwrap_or_default(),
                ..OpRow::default()
            });
        }
        row
    }
}
