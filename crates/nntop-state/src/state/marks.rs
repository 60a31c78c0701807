//! What happened to the device, and when: throttling, power mode, caps of clocks, swapping, heavy processes. Drawn
//! under latency charts, so that a step in the latency finds its cause.

use super::Device;
use nntop_core::event::{MetricDecl, MetricId, Part, Processes, Quantity, Readings};
use nntop_core::unit::{Nanos, Unit};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Marks kept.
const MOST: usize = 256;

/// Something that goes on with pauses no longer than this is one mark.
const PAUSE: Nanos = Nanos::from_millis(5_000);

/// Swap that grows by this between two readings is no stray page: the finding `swapping` begins at ten times as much.
const SWAPPING: f64 = 1024.0 * 1024.0;

/// A process is heavy from half of a CPU on, or from a tenth of the memory; no more below half of that.
const HEAVY_CPU: f64 = 50.0;
const HEAVY_MEMORY: f64 = 0.1;

/// What kind of thing a mark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MarkKind {
    /// The hardware slowed itself down.
    Throttle,
    /// The board's power mode changed.
    Mode,
    /// What clocks may be changed.
    Clock,
    /// Memory was moved out to swap.
    Swap,
    /// A process began to use much.
    Process,
    /// The person at the screen marked the moment.
    Hand,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When it began, or happened.
    pub t: Nanos,
    /// Until when it was last seen; `t` for what has no length.
    pub until: Nanos,
    /// What kind of thing it is.
    pub kind: MarkKind,
    /// What it was, in a word or three.
    pub text: String,
}

/// What happened, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Marks {
    list: VecDeque<Mark>,
    before: BTreeMap<MetricId, f64>,
    /// Heavy processes; `None` until one pass knew everybody's CPU time.
    heavy: Option<BTreeSet<u32>>,
}

impl Marks {
    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Mark> + '_ {
        self.list.iter()
    }

    /// The person at the screen marked this moment.
    pub(super) fn by_hand(&mut self, t: Nanos) {
        self.push(MarkKind::Hand, "marked".into(), t);
    }

    pub(super) fn read(&mut self, device: &Device, t: Nanos, readings: &Readings) {
        for (id, value) in &readings.values {
            let (Some(value), Some(metric)) = (*value, device.metric(*id)) else { continue };
            let before = self.before.insert(*id, value);
            self.compare(&metric.decl, t, before, value);
        }
    }

    fn compare(&mut self, decl: &MetricDecl, t: Nanos, before: Option<f64>, value: f64) {
        let rose = before.is_some_and(|before| value > before);
        let changed = before.is_some_and(|before| value != before);
        let on = value > 0.0;
        match decl.key.quantity {
            Quantity::ThrottleEvents | Quantity::ThrottleTime | Quantity::ThrottledEver if rose => {
                self.goes_on(MarkKind::Throttle, &decl.label, t);
            }
            Quantity::Throttled if on => self.goes_on(MarkKind::Throttle, &decl.label, t),
            Quantity::PowerMode if changed => {
                let text = format!("power mode {:.0} → {value:.0}", before.unwrap_or_default());
                self.push(MarkKind::Mode, text, t);
            }
            Quantity::ClocksPinned if changed => {
                self.push(MarkKind::Clock, if on { "clocks pinned" } else { "clocks unpinned" }.into(), t);
            }
            Quantity::ClockCap if changed => {
                let caps = |mark: &&mut Mark| mark.t == t && mark.kind == MarkKind::Clock && mark.text.contains("cap");
                match self.list.iter_mut().find(caps) {
                    // Several at once are one change.
                    Some(mark) => mark.text = "clock caps".into(),
                    None => self.push(MarkKind::Clock, format!("cap {}", Unit::Hertz.format(value)), t),
                }
            }
            Quantity::Memory
                if decl.key.part == Part::Swap && before.is_some_and(|before| value >= before + SWAPPING) =>
            {
                self.goes_on(MarkKind::Swap, "swapping", t);
            }
            _ => {}
        }
    }

    pub(super) fn processes(&mut self, memory: Option<f64>, t: Nanos, processes: &Processes) {
        if processes.list.iter().all(|p| p.cpu.is_none()) {
            return;
        }
        let first = self.heavy.is_none();
        let known = self.heavy.take().unwrap_or_default();
        let mut heavy = BTreeSet::new();
        for p in processes.list.iter().filter(|p| p.variant.is_none() && !p.own) {
            let share = p.rss.zip(memory).map_or(0.0, |(rss, memory)| rss.0 as f64 / memory);
            let over = |part: f64| p.cpu.unwrap_or(0.0) >= part * HEAVY_CPU || share >= part * HEAVY_MEMORY;
            if over(1.0) || (known.contains(&p.pid) && over(0.5)) {
                heavy.insert(p.pid);
                if !first && !known.contains(&p.pid) {
                    self.push(MarkKind::Process, p.name.clone(), t);
                }
            }
        }
        self.heavy = Some(heavy);
    }

    /// It is seen at `t`: a new mark, unless it goes on.
    fn goes_on(&mut self, kind: MarkKind, text: &str, t: Nanos) {
        let same = |mark: &&mut Mark| mark.kind == kind && mark.text == text;
        match self.list.iter_mut().rev().find(same).filter(|mark| t.since(mark.until) <= PAUSE) {
            Some(mark) => mark.until = t,
            None => self.push(kind, text.to_owned(), t),
        }
    }

    fn push(&mut self, kind: MarkKind, text: String, t: Nanos) {
        if self.list.len() == MOST {
            self.list.pop_front();
        }
        self.list.push_back(Mark { t, until: t, kind, text });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;
    use nntop_core::event::{Event, Kind, MetricKey, PartId, Process};
    use nntop_core::unit::Bytes;

    /// Readings of one metric, one a second.
    fn marks(part: Part, quantity: Quantity, values: &[f64]) -> Vec<(u64, u64, String)> {
        let mut state = State::default();
        let decl = MetricDecl::new(0, MetricKey::new(part, quantity), PartId::named("over-current"));
        state.apply(&Event::new(Nanos::ZERO, Kind::Metric(decl)));
        for (i, value) in values.iter().enumerate() {
            let readings = Readings { values: vec![(0, Some(*value))], cost_ns: 0 };
            state.apply(&Event::new(Nanos::from_millis(i as u64 * 1_000), Kind::Readings(readings)));
        }
        let seconds = |t: Nanos| t.0 / 1_000_000_000;
        state.marks.iter().map(|m| (seconds(m.t), seconds(m.until), m.text.clone())).collect()
    }

    #[test]
    fn throttling_that_goes_on_is_one_mark() {
        let counts = [7.0, 7.0, 8.0, 8.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 10.0];
        let two = [(2, 4, "over-current".to_owned()), (11, 11, "over-current".into())];
        assert_eq!(marks(Part::Board, Quantity::ThrottleEvents, &counts), two, "what was counted before is no event");
        assert_eq!(marks(Part::Board, Quantity::Throttled, &[1.0, 1.0, 0.0]), [(0, 1, "over-current".into())]);
    }

    #[test]
    fn changes_are_marks_and_levels_are_none() {
        assert_eq!(marks(Part::Board, Quantity::PowerMode, &[2.0, 2.0, 0.0]), [(2, 2, "power mode 2 → 0".into())]);
        assert_eq!(marks(Part::Gpu, Quantity::ClockCap, &[2e9, 1.5e9, 1.5e9]), [(1, 1, "cap 1.50 GHz".into())]);
        assert_eq!(marks(Part::Board, Quantity::ClocksPinned, &[1.0, 0.0]), [(1, 1, "clocks unpinned".into())]);
        assert_eq!(marks(Part::Swap, Quantity::Memory, &[5e6, 5.5e6, 9e6, 19e6, 19e6]), [(2, 3, "swapping".into())]);
        assert_eq!(marks(Part::Cpu, Quantity::Load, &[5.0, 99.0]), []);
    }

    #[test]
    fn a_process_that_begins_to_use_much_is_marked_once() {
        let mut marks = Marks::default();
        let mut pass = |t: u64, list: &[(u32, Option<f64>)]| {
            let process = |(pid, cpu): &(u32, Option<f64>)| Process {
                pid: *pid,
                name: format!("p{pid}"),
                cpu: *cpu,
                rss: Some(Bytes(1)),
                ..Process::default()
            };
            let list = list.iter().map(process).collect();
            marks.processes(Some(1e9), Nanos::from_millis(t), &Processes { list, total: 9, cost_ns: 0, system: None });
            marks.iter().map(|m| m.text.clone()).collect::<Vec<_>>()
        };
        assert!(pass(0, &[(1, None)]).is_empty());
        assert!(pass(1, &[(1, Some(90.0)), (2, Some(1.0))]).is_empty(), "it was there before we were");
        assert_eq!(pass(2, &[(1, Some(90.0)), (2, Some(70.0))]), ["p2"]);
        assert_eq!(pass(3, &[(2, Some(30.0)), (1, Some(3.0))]), ["p2"]);
        assert_eq!(pass(4, &[(2, Some(60.0)), (1, Some(99.0))]), ["p2", "p1"]);
    }
}
