//! GPUs, neural processors, units with one purpose, the memory controller.

use super::super::{Cx, device};
use super::Section;
use super::parts::{Room, at_most, chart, facts, name, reading, spark, title, value};
use crate::tui::Panel;
use nntop_core::event::{MetricKey, Part, Quantity};
use nntop_core::unit::Unit;
use nntop_state::Metric;
use ratatui::text::Line;

pub(super) fn section(cx: Cx<'_>, width: u16, room: Room) -> Option<Section> {
    let all = &cx.state.device;
    let mut gpus: Vec<&str> = Vec::new();
    let of = |quantity| all.of(Part::Gpu, quantity);
    for m in of(Quantity::Load).chain(of(Quantity::Clock)).chain(all.matching(device::is_gpu_memory)) {
        if !gpus.contains(&m.decl.device.name.as_str()) {
            gpus.push(&m.decl.device.name);
        }
    }
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut headline = Vec::new();
    let mut known: Vec<(String, String)> = Vec::new();
    for (i, gpu) in gpus.iter().enumerate() {
        let own = |m: &&Metric| m.decl.device.name == *gpu;
        let load = of(Quantity::Load).find(own);
        let clock = of(Quantity::Clock).find(own).map(|m| clock(cx, m));
        let memory = all.matching(device::is_gpu_memory).find(own);
        let memory = memory.filter(|m| m.decl.key.quantity != Quantity::SharedMemory);
        if i == 0 {
            headline.extend(load.map(|m| reading(cx, m)).into_iter().chain(clock));
        } else {
            let facts: Vec<String> = load.map(|m| reading(cx, m)).into_iter().chain(clock).collect();
            known.push((format!("GPU {i}"), facts.join(" · ")));
        }
        if let Some(load) = load {
            lines.extend(charted(cx, load, width, if i == 0 { room.charts } else { 1.min(room.charts) }, 100.0));
            let named = Some(&load.decl.label).filter(|label| *label != "GPU");
            known
                .extend(named.map(|label| (if i == 0 { String::new() } else { format!("GPU {i} is") }, label.clone())));
        }
        known.extend(memory.map(|m| ("memory".into(), device::of_limit(cx, m))));
    }
    known.extend(controller(cx));
    known.extend(neural(cx));
    known.extend(units(cx));
    known.retain(|(name, value)| !(name.is_empty() && value.is_empty()));
    let npu = all.matching(is_npu_load).next();
    if gpus.is_empty() {
        if known.is_empty() {
            return None;
        }
        headline.extend(npu.map(|m| reading(cx, m)));
        lines.extend(npu.map(|m| charted(cx, m, width, room.charts, 100.0)).into_iter().flatten());
    }
    lines.extend(at_most(cx, facts(cx, known, width), 4, room.full));
    let name = match (gpus.is_empty(), npu) {
        (false, _) => "GPU",
        (true, Some(_)) => "NPU",
        (true, None) => "engines",
    };
    Some(Section { panel: Panel::Gpu, title: title(cx, name, &headline), lines, pinned: 0 })
}

fn charted(cx: Cx<'_>, m: &Metric, width: u16, rows: u16, high: f64) -> Vec<Line<'static>> {
    match rows {
        0 => vec![Line::from(vec![spark(cx, m, width, (0.0, high))])],
        rows => chart(cx, m, width, rows, (0.0, high)),
    }
}

/// `918 / 1020 MHz`.
fn clock(cx: Cx<'_>, m: &Metric) -> String {
    match (value(cx, m), m.decl.limit.filter(|limit| *limit > 0.0)) {
        (None, _) => "–".into(),
        (Some(hz), Some(limit)) if limit >= 999.5e6 => format!("{:.2} / {:.2} GHz", hz / 1e9, limit / 1e9),
        (Some(hz), Some(limit)) => format!("{:.0} / {:.0} MHz", hz / 1e6, limit / 1e6),
        (Some(hz), None) => Unit::Hertz.format(hz),
    }
}

/// The load of a neural processor, or of one of its cores.
fn is_npu_load(key: MetricKey) -> bool {
    key.is(Part::Npu, Quantity::Load) || key.is(Part::NpuCore, Quantity::Load)
}

fn is_memory_load(key: MetricKey) -> bool {
    key.is(Part::MemoryController, Quantity::Load) || key.is(Part::Gpu, Quantity::MemoryLoad)
}

fn is_memory_clock(key: MetricKey) -> bool {
    key.is(Part::MemoryController, Quantity::Clock) || key.is(Part::Gpu, Quantity::MemoryClock)
}

/// The load of a unit with one purpose, or whether it is on.
fn is_unit(key: MetricKey) -> bool {
    let codec = key.part == Part::Gpu && matches!(key.quantity, Quantity::EncoderLoad | Quantity::DecoderLoad);
    codec || key.is(Part::Unit, Quantity::Load) || key.is(Part::Unit, Quantity::On)
}

fn controller(cx: Cx<'_>) -> Option<(String, String)> {
    let device = &cx.state.device;
    let (load, hz) = (device.matching(is_memory_load).next(), device.matching(is_memory_clock).next());
    let label = load.or(hz)?.decl.label.clone();
    let facts: Vec<String> = load.map(|m| reading(cx, m)).into_iter().chain(hz.map(|m| clock(cx, m))).collect();
    Some((if label.is_empty() { "memory controller".into() } else { label }, facts.join(" ")))
}

fn neural(cx: Cx<'_>) -> Vec<(String, String)> {
    let device = &cx.state.device;
    let mut out: Vec<(String, String)> = device
        .matching(is_npu_load)
        .map(|m| {
            let label = &m.decl.label;
            let name = if label.to_lowercase().contains("npu") { label.clone() } else { format!("NPU {label}") };
            (name, reading(cx, m))
        })
        .collect();
    out.extend(device.first(Part::Npu, Quantity::Clock).map(|m| (name(m).into(), clock(cx, m))));
    out
}

/// Loads where they are known, else whether a unit is on, and clocks.
fn units(cx: Cx<'_>) -> Vec<(String, String)> {
    let device = &cx.state.device;
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |label: &str, text: Option<String>| {
        let Some(text) = text else { return };
        match out.iter_mut().find(|(name, _)| name == label) {
            Some((_, facts)) => facts.push(text),
            None => out.push((label.to_owned(), vec![text])),
        }
    };
    for m in device.matching(is_unit) {
        let text = match (m.decl.unit, value(cx, m)) {
            (_, None) => "–".into(),
            (Unit::Percent, Some(v)) => format!("{v:.0} %"),
            (_, Some(v)) => if v > 0.0 { "on" } else { "off" }.into(),
        };
        add(&m.decl.label, Some(text));
    }
    for m in device.of(Part::Unit, Quantity::Clock) {
        let text = match value(cx, m) {
            None => Some("–".to_owned()),
            Some(0.0) => Some("off".into()),
            Some(hz) => Some(Unit::Hertz.format(hz)),
        };
        add(&m.decl.label, text);
    }
    let joined = |(name, mut facts): (String, Vec<String>)| {
        facts.dedup();
        (name, facts.join(" "))
    };
    out.into_iter().map(joined).collect()
}
