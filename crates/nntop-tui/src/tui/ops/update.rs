//! What keys and clicks do on the Ops page.

use super::{By, Column, Data, OpsMsg, OpsUi, Side};
use nntop_state::State;

/// The columns in the order in which keys go through them.
const ONE: [Column; 10] = [
    Column::Time,
    Column::Operators,
    Column::Calls,
    Column::Rate,
    Column::Intensity,
    Column::Bytes,
    Column::Memory,
    Column::Provider,
    Column::Type,
    Column::Name,
];
const BOTH: [Column; 5] = [Column::Time, Column::Other, Column::Delta, Column::Type, Column::Name];

/// Takes in a message.
pub(crate) fn update(ui: &mut OpsUi, msg: OpsMsg, state: &State) {
    let both = matches!(ui.shown(state), Some(Side::Both(..)));
    match msg {
        OpsMsg::NextBy => {
            let at = By::ALL.iter().position(|by| *by == ui.by).map_or(0, |i| i + 1);
            group_by(ui, By::ALL[at % By::ALL.len()]);
        }
        OpsMsg::By(by) => group_by(ui, by),
        OpsMsg::Sort(column) if ui.sorted_by(both) == column => ui.reverse = !ui.reverse,
        OpsMsg::Sort(column) => (ui.sort, ui.reverse) = (Some(column), false),
        OpsMsg::SortStep(by) => {
            // Only those that the table has now.
            let fits = |column: &&Column| OpsUi { sort: Some(**column), ..ui.clone() }.sorted_by(both) == **column;
            let columns: Vec<Column> = if both { &BOTH[..] } else { &ONE[..] }.iter().filter(fits).copied().collect();
            let now = columns.iter().position(|c| *c == ui.sorted_by(both)).unwrap_or(0) as isize;
            let to = (now + by).rem_euclid(columns.len().max(1) as isize) as usize;
            (ui.sort, ui.reverse) = (columns.get(to).copied(), false);
        }
        OpsMsg::Reverse => ui.reverse = !ui.reverse,
        OpsMsg::NextSide => {
            let all = Side::all(state);
            let at = ui.shown(state).and_then(|now| all.iter().position(|side| *side == now)).map_or(0, |i| i + 1);
            ui.side = all.get(at % all.len().max(1)).copied();
        }
        OpsMsg::SwapWidths => ui.widths_of_first = !ui.widths_of_first,
        OpsMsg::Row(key) => choose(ui, key),
        _ => {
            if let Some(data) = Data::of(state, ui) {
                about(ui, msg, &data);
            }
        }
    }
}

/// Closes the innermost thing that is open; `false` when nothing is.
pub(crate) fn back(ui: &mut OpsUi, state: &State) -> bool {
    if ui.typing || !ui.filter.is_empty() {
        ui.typing = false;
        ui.filter.clear();
    } else if ui.zoom.is_some() {
        // Out to what encloses it, so that one sees where one was; what fills the width anyway is no step.
        ui.zoom = Data::of(state, ui).and_then(|data| {
            let which = data.widths(ui);
            let mut at = data.above[data.zoomed(ui)];
            while at != 0 && data.totals[at][which] >= data.totals[0][which] * 0.999 {
                at = data.above[at];
            }
            Some(data.paths[at].clone()).filter(|path| !path.is_empty())
        });
    } else if let Some((by, _)) = ui.within.take() {
        ui.by = by;
    } else {
        return false;
    }
    true
}

fn group_by(ui: &mut OpsUi, by: By) {
    (ui.by, ui.within, ui.group) = (by, None, None);
}

fn choose(ui: &mut OpsUi, key: String) {
    let chosen = if ui.by == By::Operator { &mut ui.selected } else { &mut ui.group };
    *chosen = Some(key);
}

/// Messages about what is on the page.
fn about(ui: &mut OpsUi, msg: OpsMsg, data: &Data<'_>) {
    match msg {
        OpsMsg::Rows(by) => {
            let last = data.rows.len().saturating_sub(1) as isize;
            let to = match data.selected_row(ui) {
                Some(now) => (now as isize).saturating_add(by).clamp(0, last),
                None if by > isize::MAX / 4 => last,
                None => 0,
            };
            if let Some(row) = data.rows.get(to as usize) {
                choose(ui, row.key.clone());
            }
        }
        OpsMsg::Frames(by) => {
            if let Some(to) = neighbour(ui, data, by) {
                select(ui, data, to);
            }
        }
        OpsMsg::Depth(by) => {
            let at = data.selected_node(ui).unwrap_or(0);
            let to = if by < 0 { Some(data.above[at]) } else { largest(ui, data, at) };
            if let Some(to) = to.filter(|to| *to != 0) {
                select(ui, data, to);
            }
        }
        OpsMsg::Frame(path) => {
            let again = ui.by == By::Operator && data.selected_node(ui) == data.node(&path);
            if let Some(at) = data.node(&path) {
                select(ui, data, at);
                if again {
                    zoom(ui, data, at);
                }
            }
        }
        OpsMsg::Enter if ui.by != By::Operator => {
            if let Some(row) = data.selected_row(ui).map(|at| data.rows[at].key.clone()) {
                (ui.within, ui.by, ui.selected) = (Some((ui.by, row)), By::Operator, None);
            }
        }
        OpsMsg::Enter => {
            if let Some(at) = data.selected_node(ui) {
                zoom(ui, data, at);
            }
        }
        _ => {}
    }
}

/// A frame is chosen: the table's rows are operators again.
fn select(ui: &mut OpsUi, data: &Data<'_>, at: usize) {
    if ui.by != By::Operator {
        group_by(ui, By::Operator);
    }
    ui.selected = data.paths.get(at).cloned();
    // It must be in sight.
    let top = data.zoomed(ui);
    if !data.is_within(at, top) {
        ui.zoom = None;
    }
}

/// Zooms into a frame; an operator that encloses nothing is shown in what encloses it first.
fn zoom(ui: &mut OpsUi, data: &Data<'_>, at: usize) {
    let above = data.above[at];
    let which = data.widths(ui);
    let leaf = data.below[at].is_empty();
    let narrows = above != 0 && data.totals[above][which] < data.totals[data.zoomed(ui)][which] * 0.999;
    let to = if leaf && narrows && !data.is_within(data.zoomed(ui), above) { above } else { at };
    ui.zoom = data.paths.get(to).cloned().filter(|path| !path.is_empty());
}

/// The frame `by` further on at the same depth, in the order of execution; only those that have a width.
fn neighbour(ui: &OpsUi, data: &Data<'_>, by: isize) -> Option<usize> {
    let frames = data.frames(ui, data.zoomed(ui));
    let now = data.selected_node(ui).and_then(|now| frames.iter().position(|(at, _)| *at == now));
    let Some(now) = now else { return frames.get(1).map(|(at, _)| *at) };
    let row: Vec<usize> = (0..frames.len()).filter(|i| frames[*i].1 == frames[now].1).collect();
    let at = row.iter().position(|i| *i == now)? as isize;
    let to = row.get((at + by).clamp(0, row.len() as isize - 1) as usize)?;
    Some(frames[*to].0)
}

/// The largest frame in this one.
fn largest(ui: &OpsUi, data: &Data<'_>, at: usize) -> Option<usize> {
    let which = data.widths(ui);
    let wider = |a: &&usize, b: &&usize| data.totals[**a][which].total_cmp(&data.totals[**b][which]);
    data.below[at].iter().max_by(wider).copied()
}
