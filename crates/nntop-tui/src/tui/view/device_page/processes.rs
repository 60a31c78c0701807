//! Processes: sorted, filtered, ours marked with the letter of their variant.

use super::super::{Cx, paint};
use super::Section;
use super::parts::{dim, left, right};
use crate::tui::{Panel, ProcessOrder};
use nntop_core::event::{Part, Process, Quantity};
use nntop_core::unit::{Bytes, grouped};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::cmp::Ordering;
use std::collections::HashMap;

pub(super) fn section(cx: Cx<'_>, width: u16) -> Option<Section> {
    let processes = cx.state.device.processes.as_ref().filter(|p| !p.list.is_empty())?;
    let ui = &cx.ui.device;
    let wanted = ui.filter.to_lowercase();
    let matches = |p: &&Process| {
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        wanted.is_empty() || has(&p.name) || has(&p.command) || has(&p.pid.to_string())
    };
    let mut list: Vec<&Process> = processes.list.iter().filter(matches).collect();
    // By CPU time as in the list before, as long as nobody is clearly busier.
    let calm: HashMap<u32, usize> = cx.state.device.busiest.pids().zip(0..).collect();
    let place = |p: &Process| calm.get(&p.pid).copied().unwrap_or(usize::MAX);
    list.sort_by(|a, b| match ui.order {
        ProcessOrder::Cpu => place(a).cmp(&place(b)).then_with(|| order(ui.order, a, b)),
        _ => order(ui.order, a, b),
    });
    let mut title = vec![
        dim(cx, "processes "),
        Span::styled(grouped(u64::from(processes.total)), cx.theme.text()),
        dim(cx, format!(" · by {}", ui.order.name())),
    ];
    if ui.typing || !ui.filter.is_empty() {
        let cursor = if ui.typing { "▏" } else { "" };
        title.push(Span::styled(format!(" · / {}{cursor}", ui.filter), cx.theme.focus()));
        title.push(dim(cx, format!(" {} of {}", list.len(), processes.list.len())));
    }
    // A column that nobody has anything in has no place.
    let on_gpu = processes.list.iter().any(|p| p.gpu.is_some());
    let gpu_head = if on_gpu { format!(" {}", right("GPU mem", 8)) } else { String::new() };
    let head = format!(
        "  {} {} {} {}{gpu_head}  command",
        right("pid", 7),
        left("name", 16),
        right("CPU %", 6),
        right("memory", 8)
    );
    let mut lines = vec![Line::from(dim(cx, paint::fit(&head, width)))];
    let memory = cx.state.device.first(Part::Memory, Quantity::Memory).and_then(|m| m.decl.limit);
    lines.extend(list.into_iter().map(|p| row(cx, p, on_gpu, memory, width)));
    if lines.len() == 1 {
        lines.push(Line::from(dim(
            cx,
            format!("none of the {} busiest and largest has \"{}\"", processes.list.len(), ui.filter),
        )));
    }
    Some(Section { panel: Panel::Processes, title, lines, pinned: 1 })
}

fn order(by: ProcessOrder, a: &Process, b: &Process) -> Ordering {
    let most = |a: Option<f64>, b: Option<f64>| b.unwrap_or(-1.0).total_cmp(&a.unwrap_or(-1.0));
    let bytes = |b: Option<Bytes>| b.map(|b| b.0 as f64);
    let first = match by {
        ProcessOrder::Cpu => most(a.cpu, b.cpu),
        ProcessOrder::Memory => most(bytes(a.rss), bytes(b.rss)),
        ProcessOrder::Gpu => most(bytes(a.gpu), bytes(b.gpu)),
        ProcessOrder::Pid => Ordering::Equal,
    };
    // Where they are alike the larger first, so that idle ones are those that people know, and keep their places.
    let then = || match by {
        ProcessOrder::Pid => Ordering::Equal,
        _ => most(a.cpu, b.cpu).then(most(bytes(a.rss), bytes(b.rss))),
    };
    first.then_with(then).then(a.pid.cmp(&b.pid))
}

fn row(cx: Cx<'_>, p: &Process, on_gpu: bool, memory: Option<f64>, width: u16) -> Line<'static> {
    let (mark, style) = match p.variant {
        Some(slot) => ("▸", cx.theme.variant(slot)),
        None if p.own => ("▸", cx.theme.focus()),
        None => (" ", Style::new()),
    };
    let name = match p.variant {
        Some(slot) => format!("{} {slot}", p.name),
        None => p.name.clone(),
    };
    let cpu = p.cpu.map_or_else(|| "–".into(), |v| format!("{v:.1}"));
    let size = |b: Option<Bytes>| b.map_or_else(|| "–".into(), |b| b.to_string());
    let large = p.rss.zip(memory).is_some_and(|(rss, all)| rss.0 as f64 > 0.1 * all);
    let strong = |yes: bool| if yes { cx.theme.strong() } else { Style::new() };
    let mut spans = vec![
        Span::styled(format!("{mark} "), style),
        dim(cx, format!("{} ", right(&p.pid.to_string(), 7))),
        Span::styled(format!("{} ", left(&name, 16)), style),
        Span::styled(format!("{} ", right(&cpu, 6)), strong(p.cpu.is_some_and(|v| v >= 50.0))),
        Span::styled(right(&size(p.rss), 8), strong(large)),
    ];
    if on_gpu {
        spans.push(Span::raw(format!(" {}", right(&size(p.gpu), 8))));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let command = if p.command.is_empty() { format!("[{}]", p.name) } else { p.command.clone() };
    spans.push(dim(cx, format!("  {}", paint::fit(&command, width.saturating_sub(used as u16 + 2)))));
    Line::from(spans)
}
