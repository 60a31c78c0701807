//! Processes: sorted, filtered, ours marked with the letter of their variant.

use super::super::{Cx, paint};
use super::Section;
use super::parts::{dim, left, right};
use crate::tui::{DeviceUi, Panel, ProcessOrder, Ui};
use nntop_core::event::{Part, Process, Quantity};
use nntop_core::unit::{Bytes, grouped};
use nntop_state::State;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::cmp::Ordering;
use std::collections::HashMap;

/// The processes that are asked for, in the order that is asked for.
pub(in crate::tui) fn listed<'a>(state: &'a State, ui: &DeviceUi) -> Vec<&'a Process> {
    let Some(processes) = &state.device.processes else { return Vec::new() };
    let wanted = ui.filter.to_lowercase();
    let matches = |p: &&Process| {
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        wanted.is_empty() || has(&p.name) || has(&p.command) || has(&p.pid.to_string())
    };
    let mut list: Vec<&Process> = processes.list.iter().filter(matches).collect();
    // By CPU time as in the list before, as long as nobody is clearly busier.
    let calm: HashMap<u32, usize> = state.device.busiest.pids().zip(0..).collect();
    let place = |p: &Process| calm.get(&p.pid).copied().unwrap_or(usize::MAX);
    list.sort_by(|a, b| match ui.order {
        ProcessOrder::Cpu => place(a).cmp(&place(b)).then_with(|| order(ui.order, a, b)),
        _ => order(ui.order, a, b),
    });
    match ui.order {
        ProcessOrder::Tree => tree(&list).into_iter().map(|(_, p)| p).collect(),
        _ => list,
    }
}

/// Each process below the one that started it, and how deep it is; those whose parent is not in the list are roots.
fn tree<'a>(list: &[&'a Process]) -> Vec<(usize, &'a Process)> {
    let there: HashMap<u32, usize> = list.iter().enumerate().map(|(i, p)| (p.pid, i)).collect();
    let above = |p: &Process| p.parent.filter(|pid| *pid != p.pid).and_then(|pid| there.get(&pid).copied());
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); list.len()];
    let mut ahead: Vec<(usize, usize)> = Vec::new();
    for (i, p) in list.iter().enumerate() {
        match above(p) {
            Some(parent) => children[parent].push(i),
            None => ahead.push((0, i)),
        }
    }
    ahead.reverse();
    // What stands in a circle, which only a damaged recording has, is left out.
    let mut out = Vec::with_capacity(list.len());
    while let Some((depth, i)) = ahead.pop() {
        out.push((depth, list[i]));
        ahead.extend(children[i].iter().rev().map(|child| (depth + 1, *child)));
    }
    out
}

/// How deep each process of a list in this order stands.
fn depths(list: &[&Process], order: ProcessOrder) -> Vec<usize> {
    match order {
        ProcessOrder::Tree => tree(list).into_iter().map(|(depth, _)| depth).collect(),
        _ => vec![0; list.len()],
    }
}

/// The process that keys are about, where the panel is in focus: the chosen one, else the first. In the narrow list arrows scroll
/// the page until the panel is opened.
pub(in crate::tui) fn chosen(state: &State, ui: &Ui) -> Option<usize> {
    let list = listed(state, &ui.device);
    let at = list.iter().position(|p| Some(p.pid) == ui.device.process).or(Some(0));
    let whole = ui.device.open || ui.size.0 >= super::WIDE;
    at.filter(|_| whole && ui.device.focus == Panel::Processes && !list.is_empty())
}

pub(super) fn section(cx: Cx<'_>, width: u16) -> Option<Section> {
    let processes = cx.state.device.processes.as_ref().filter(|p| !p.list.is_empty())?;
    let ui = &cx.ui.device;
    let list = listed(cx.state, ui);
    let depths = depths(&list, ui.order);
    let chosen = chosen(cx.state, cx.ui);
    let mut title = vec![
        dim(cx, "processes "),
        Span::styled(grouped(u64::from(processes.total)), cx.theme.text()),
        dim(cx, format!(" · by {}", ui.order.name())),
    ];
    if ui.typing || !ui.filter.is_empty() {
        let cursor = if ui.typing { "▏" } else { "" };
        title.push(Span::styled(format!(" · / {}{cursor}", ui.filter), cx.theme.focus()));
        title.push(dim(cx, format!(" {} of {}", list.len(), grouped(u64::from(processes.total)))));
    }
    if chosen.is_some() && !cx.state.controls.is_empty() {
        title.push(dim(cx, " · K ends the chosen one"));
    }
    // A column that nobody has anything in has no place.
    let columns = Columns {
        gpu: processes.list.iter().any(|p| p.gpu.is_some()),
        user: width >= 78 && processes.list.iter().any(|p| !p.user.is_empty()),
        threads: width >= 70 && processes.list.iter().any(|p| p.threads.is_some()),
        memory: cx.state.device.first(Part::Memory, Quantity::Memory).and_then(|m| m.decl.limit),
    };
    let gpu = if columns.gpu { format!(" {}", right("GPU mem", 8)) } else { String::new() };
    let user = if columns.user { format!("{} ", left("user", USER)) } else { String::new() };
    let threads = if columns.threads { format!("{} ", right("thr", THREADS)) } else { String::new() };
    let head = format!(
        "  {} {user}{} {threads}{} {}{gpu}  command",
        right("pid", 7),
        left("name", 16),
        right("CPU %", 6),
        right("memory", 8)
    );
    let mut lines = vec![Line::from(dim(cx, paint::fit(&head, width)))];
    let row = |(i, p): (usize, &&Process)| row(cx, p, depths[i], &columns, chosen == Some(i), width);
    lines.extend(list.iter().enumerate().map(row));
    if lines.len() == 1 {
        let text = format!("none of the {} processes has \"{}\"", grouped(u64::from(processes.total)), ui.filter);
        lines.push(Line::from(dim(cx, text)));
    }
    Some(Section { panel: Panel::Processes, title, lines, pinned: 1 })
}

/// Room for a user's name.
const USER: usize = 8;

/// Room for a number of threads.
const THREADS: usize = 4;

/// Which columns there are.
struct Columns {
    gpu: bool,
    user: bool,
    threads: bool,
    /// All memory that the machine has.
    memory: Option<f64>,
}

fn order(by: ProcessOrder, a: &Process, b: &Process) -> Ordering {
    let most = |a: Option<f64>, b: Option<f64>| b.unwrap_or(-1.0).total_cmp(&a.unwrap_or(-1.0));
    let bytes = |b: Option<Bytes>| b.map(|b| b.0 as f64);
    let first = match by {
        ProcessOrder::Cpu => most(a.cpu, b.cpu),
        ProcessOrder::Memory => most(bytes(a.rss), bytes(b.rss)),
        ProcessOrder::Gpu => most(bytes(a.gpu), bytes(b.gpu)),
        ProcessOrder::Pid | ProcessOrder::Tree => Ordering::Equal,
    };
    // Where they are alike the larger first, so that idle ones are those that people know, and keep their places.
    let then = || match by {
        ProcessOrder::Pid | ProcessOrder::Tree => Ordering::Equal,
        _ => most(a.cpu, b.cpu).then(most(bytes(a.rss), bytes(b.rss))),
    };
    first.then_with(then).then(a.pid.cmp(&b.pid))
}

fn row(cx: Cx<'_>, p: &Process, depth: usize, columns: &Columns, chosen: bool, width: u16) -> Line<'static> {
    let (mark, style) = match p.variant {
        Some(slot) => ("▸", cx.theme.variant(slot)),
        None if p.own => ("▸", cx.theme.focus()),
        None => (" ", Style::new()),
    };
    let name = match p.variant {
        Some(slot) => format!("{} {slot}", p.name),
        None => p.name.clone(),
    };
    // Deeper than this the name would have no room.
    let name = match depth.min(5) {
        0 => name,
        n => format!("{}└ {name}", " ".repeat(n - 1)),
    };
    let cpu = p.cpu.map_or_else(|| "–".into(), |v| format!("{v:.1}"));
    let size = |b: Option<Bytes>| b.map_or_else(|| "–".into(), |b| b.to_string());
    let large = p.rss.zip(columns.memory).is_some_and(|(rss, all)| rss.0 as f64 > 0.1 * all);
    let strong = |yes: bool| if yes { cx.theme.strong() } else { Style::new() };
    let mut spans =
        vec![Span::styled(format!("{mark} "), style), dim(cx, format!("{} ", right(&p.pid.to_string(), 7)))];
    if columns.user {
        spans.push(dim(cx, format!("{} ", left(&p.user, USER))));
    }
    spans.push(Span::styled(format!("{} ", left(&name, 16)), style));
    if columns.threads {
        let threads = p.threads.map_or_else(|| "–".into(), |n| n.to_string());
        spans.push(dim(cx, format!("{} ", right(&threads, THREADS))));
    }
    spans.push(Span::styled(format!("{} ", right(&cpu, 6)), strong(p.cpu.is_some_and(|v| v >= 50.0))));
    spans.push(Span::styled(right(&size(p.rss), 8), strong(large)));
    if columns.gpu {
        spans.push(Span::raw(format!(" {}", right(&size(p.gpu), 8))));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let command = if p.command.is_empty() { format!("[{}]", p.name) } else { p.command.clone() };
    spans.push(dim(cx, format!("  {}", paint::fit(&command, width.saturating_sub(used as u16 + 2)))));
    if chosen {
        // The whole row, to its end, and a sign where there are no colours.
        let used: usize = spans.iter().map(Span::width).sum();
        spans.push(Span::raw(" ".repeat(usize::from(width).saturating_sub(used))));
        spans.iter_mut().for_each(|span| span.style = cx.theme.chosen());
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_each_process_below_its_parent_and_survives_circles() {
        let process = |pid, parent| Process { pid, parent, ..Process::default() };
        let all = [
            process(1, None),
            process(20, Some(9)),
            process(5, Some(1)),
            process(9, Some(1)),
            process(30, Some(77)),
            process(40, Some(41)),
            process(41, Some(40)),
        ];
        let list: Vec<&Process> = all.iter().collect();
        let shown: Vec<(usize, u32)> = tree(&list).into_iter().map(|(depth, p)| (depth, p.pid)).collect();
        assert_eq!(shown, [(0, 1), (1, 5), (1, 9), (2, 20), (0, 30)]);
    }
}
