//! Events become rows: those of a thread by containment, those of a device by what launched them.

use super::events::{Cat, Event, Events};
use crate::op_trace::import::{DEEPEST, MOST_ROWS};
use nntop_core::event::{OpRow, RowKind};
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
}

/// Row of a launch that is left out.
const LEFT_OUT: u32 = u32::MAX;

/// An event that encloses those that follow.
struct Open {
    end: i64,
    row: u32,
    /// The innermost row around it that is no call of the runtime.
    op: u32,
}

type Place = (Option<u32>, u32, Cat, u32, u16);

struct Fold<'a> {
    events: &'a Events,
    rows: Vec<OpRow>,
    by_place: HashMap<Place, u32>,
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
    let mut sums = Sums::default();
    let steps = windows(host, &mut sums);
    let first = if host.is_empty() { device } else { host };
    let origin = steps.first().map(|(begin, _)| *begin).or_else(|| first.iter().map(|e| e.begin).min()).unwrap_or(0);
    if steps.is_empty() {
        sums.wall = first.iter().map(Event::end).max().map_or(0, |end| (end - origin).max(0) as u64);
    }
    let mut fold = Fold { events, rows: Vec::new(), by_place: HashMap::new(), origin };
    let mut launches = Launches::default();
    fold.host(host, &steps, &mut launches, &mut sums);
    fold.device(device, &launches, &mut sums);
    (fold.rows, sums)
}

/// When the steps were, without overlap, and their number and sum.
fn windows(host: &[Event], sums: &mut Sums) -> Vec<(i64, i64)> {
    let mut steps: Vec<(i64, i64)> = host.iter().filter(|e| e.cat == Cat::Step).map(|e| (e.begin, e.end())).collect();
    sums.steps = steps.len() as u64;
    sums.wall = steps.iter().fold(0u64, |sum, (begin, end)| sum.saturating_add((end - begin).max(0) as u64));
    steps.sort_unstable();
    let mut apart: Vec<(i64, i64)> = Vec::new();
    for (begin, end) in steps {
        match apart.last_mut() {
            Some(last) if begin <= last.1 => last.1 = last.1.max(end),
            _ => apart.push((begin, end)),
        }
    }
    apart
}

/// Whether that time lies in a step; where there is none, every time does.
fn within(steps: &[(i64, i64)], time: i64) -> bool {
    let after = steps.partition_point(|(begin, _)| *begin <= time);
    steps.is_empty() || after.checked_sub(1).is_some_and(|i| time < steps[i].1.max(steps[i].0 + 1))
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
    fn host(&mut self, host: &[Event], steps: &[(i64, i64)], launches: &mut Launches, sums: &mut Sums) {
        let mut open: Vec<Open> = Vec::new();
        let mut thread = None;
        for event in host {
            if thread.replace(event.thread) != Some(event.thread) {
                open.clear();
            }
            while open.last().is_some_and(|above| above.end <= event.begin) {
                open.pop();
            }
            let above = open.last();
            if above.is_none() && event.cat != Cat::Step && !within(steps, event.begin) {
                sums.outside += 1;
                launches.note(event, LEFT_OUT);
                continue;
            }
            let mut end = event.end();
            let limit = match above {
                Some(above) => above.end,
                // A thread of its own may go on when the step has ended; the step's thread may not.
                None => i64::MAX,
            };
            if end > limit {
                sums.beyond = sums.beyond.saturating_add((end - limit) as u64);
                end = limit;
            }
            let parent = above.map(|above| above.row);
            let duration = Nanos((end - event.begin).max(0) as u64);
            let is_full = open.len() >= DEEPEST || self.rows.len() >= MOST_ROWS;
            let row = if is_full { parent } else { Some(self.place(parent, event, 0)) };
            let Some(row) = row else { continue };
            if !is_full {
                self.add(row, event, duration);
                if let Some(parent) = parent.and_then(|p| self.rows.get_mut(p as usize)) {
                    parent.self_time.0 = parent.self_time.0.saturating_sub(duration.0);
                }
            }
            let around = open.last().map(|above| above.op);
            let op = if event.cat == Cat::Runtime { around.unwrap_or(row) } else { row };
            launches.note(event, op);
            if !is_full {
                open.push(Open { end, row, op });
            }
        }
    }

    fn device(&mut self, device: &[Event], launches: &Launches, sums: &mut Sums) {
        for event in device {
            let launch = launches.of(event);
            if launch == Some(LEFT_OUT) {
                sums.outside += 1;
                continue;
            }
            sums.unlinked += u64::from(launch.is_none());
            if self.rows.len() < MOST_ROWS {
                let row = self.place(launch, event, event.device);
                self.add(row, event, Nanos(event.duration as u64));
            }
        }
    }

    fn add(&mut self, row: u32, event: &Event, duration: Nanos) {
        let start = Nanos(event.begin.saturating_sub(self.origin).max(0) as u64);
        let row = &mut self.rows[row as usize];
        row.calls += 1;
        row.total.0 = row.total.0.saturating_add(duration.0);
        row.self_time.0 = row.self_time.0.saturating_add(duration.0);
        row.start = Some(row.start.map_or(start, |first| first.min(start)));
    }

    /// The row of such an event below `parent`, made where it is new.
    fn place(&mut self, parent: Option<u32>, event: &Event, device: u16) -> u32 {
        let new = self.rows.len() as u32;
        let place = (parent, event.name, event.cat, event.shapes, device);
        let row = *self.by_place.entry(place).or_insert(new);
        if row == new {
            let name = self.events.names.all[event.name as usize].to_string();
            let accelerator = self.events.device.unwrap_or("gpu");
            let provider = match event.cat {
                Cat::Kernel | Cat::Copy => Some(accelerator.to_owned()),
                Cat::Op => Some("cpu".to_owned()),
                _ => None,
            };
            self.rows.push(OpRow {
                op_type: if event.cat == Cat::Op { name.clone() } else { String::new() },
                name,
                kind: match event.cat {
                    Cat::Op => RowKind::Op,
                    Cat::Step | Cat::Annotation | Cat::Module => RowKind::Scope,
                    Cat::Function => RowKind::Function,
                    Cat::Runtime => RowKind::Overhead,
                    Cat::Kernel => RowKind::Kernel,
                    Cat::Copy => RowKind::Copy,
                },
                parent,
                provider,
                device: event.is_on_device().then(|| format!("{accelerator}:{device}")),
                inputs: self.events.shapes.get(event.shapes as usize).cloned().unwrap_or_default(),
                ..OpRow::default()
            });
        }
        row
    }
}
