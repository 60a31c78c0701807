//! Where an inference's time goes: the operator types that take most of it, a bar for each variant that was profiled.

use super::super::document::{Cell, Column, Table, digits};
use super::super::row::Row;
use super::Chart;
use super::axis::{Axis, label};
use super::svg::{Anchor, Canvas, Legend, by_width, fitting, hue};
use nntop_core::unit::TimeUnit;

const BAR: f64 = 14.0;

/// Operator types that are drawn at most; the others are one bar.
const TYPES: usize = 9;

/// A bar shorter than this share of the longest cannot be seen …
const SEEN: f64 = 0.005;

/// … but so many types are drawn whatever they take.
const LEAST_TYPES: usize = 3;

/// Variants that are drawn.
const MOST: usize = 4;

/// A variant's place, itself, and what its operator types took.
type Profiled<'a> = (usize, &'a Row<'a>, Vec<(&'a str, u64)>);

pub(super) fn chart(rows: &[&Row], wide: f64) -> Option<Chart> {
    let mut all: Vec<Profiled> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| (i, *row, row.variant.operators.types()))
        .filter(|(.., types)| !types.is_empty())
        .collect();
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    let of = |types: &[(&str, u64)], name: &str| types.iter().find(|t| t.0 == name).map_or(0, |t| t.1);
    let mut names: Vec<(&str, u64)> = Vec::new();
    for name in all.iter().flat_map(|(.., types)| types.iter().map(|t| t.0)) {
        if !names.iter().any(|known| known.0 == name) {
            names.push((name, all.iter().map(|(.., types)| of(types, name)).max().unwrap_or(0)));
        }
    }
    names.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let longest = names.first().map_or(0, |name| name.1) as f64;
    let seen = names.iter().filter(|(_, ns)| *ns as f64 >= longest * SEEN).count();
    // One type is shown by its name, not as one other.
    let drawn = match seen.clamp(LEAST_TYPES, TYPES) {
        n if n + 1 >= names.len() => names.len(),
        n => n,
    };
    let mut lines: Vec<(String, Vec<u64>)> = names
        .iter()
        .take(drawn)
        .map(|(name, _)| ((*name).to_owned(), all.iter().map(|(.., types)| of(types, name)).collect()))
        .collect();
    if names.len() > drawn {
        let rest = &names[drawn..];
        let sum = |types: &[(&str, u64)]| rest.iter().map(|(name, _)| of(types, name)).sum();
        lines.push((format!("{} other types", rest.len()), all.iter().map(|(.., types)| sum(types)).collect()));
    }
    let most = lines.iter().flat_map(|(_, times)| times).copied().max().filter(|ns| *ns > 0)?;
    let unit = TimeUnit::fitting(most as f64);
    let group = BAR * all.len() as f64 + 10.0;
    let (left, right) = (by_width(wide, 170.0, 116.0), wide - by_width(wide, 70.0, 44.0));
    let names = all.iter().map(|(series, row, _)| (*series, row.label.as_str()));
    let legend = Legend::new(names, (by_width(wide, left, 0.0), wide));
    let top = legend.height + 6.0;
    let bottom = top + group * lines.len() as f64;
    let x = Axis::linear((0.0, most as f64 / unit.nanos()), (left, right));
    let mut canvas = Canvas::new(wide);
    let ticks = x.ticks(by_width(wide, 6, 4));
    for tick in &ticks {
        let at = x.place(*tick);
        canvas.line("grid", (at, top - 4.0), (at, bottom));
        canvas.text("", (at, bottom + 18.0), Anchor::Middle, &label(*tick, &ticks));
    }
    for (i, (name, times)) in lines.iter().enumerate() {
        let of = top + group * i as f64;
        canvas.text("name", (left - 10.0, of + group / 2.0 - 1.0), Anchor::End, &fitting(name, left - 16.0));
        for (k, ns) in times.iter().enumerate() {
            let (series, y) = (all[k].0, of + BAR * k as f64);
            let value = *ns as f64 / unit.nanos();
            let hint = format!("{}, {name}: {} {}", all[k].1.label, digits(value), unit.symbol());
            canvas.rect(&format!("fill {}", hue(series)), (left, y), (x.place(value) - left, BAR - 2.0), &hint);
            let shown = if *ns == 0 { "–".into() } else { digits(value) };
            canvas.text("", (x.place(value) + 6.0, y + 10.5), Anchor::Start, &shown);
        }
    }
    canvas.line("axis", (left, top - 4.0), (left, bottom));
    let title = format!("{} per inference", unit.symbol());
    canvas.text("", ((left + right) / 2.0, bottom + 38.0), Anchor::Middle, &title);
    legend.draw(&mut canvas);
    let mut caption = "Operators' own time, from the runtime's profiler, in a run of its own.".to_owned();
    if more > 0 {
        caption.push_str(&format!(" The first {MOST} of {} variants that were profiled.", MOST + more));
    }
    let said: Vec<String> = lines
        .iter()
        .map(|(name, times)| {
            format!("{name} {}", times.iter().map(|ns| unit.format(*ns as f64)).collect::<Vec<_>>().join(" and "))
        })
        .collect();
    Some(Chart {
        id: "operators",
        title: "Where the time goes".into(),
        caption,
        svg: canvas.picture("operators", bottom + 46.0, "Where the time goes, by operator type", &said.join("; ")),
        narrow: String::new(),
        table: table(&all, &lines, unit),
    })
}

fn table(all: &[Profiled], lines: &[(String, Vec<u64>)], unit: TimeUnit) -> Table {
    let mut columns = vec![Column::words("Operator type")];
    columns.extend(all.iter().map(|(_, row, _)| Column::figures(format!("{} ({})", row.label, unit.symbol()))));
    let line = |(name, times): &(String, Vec<u64>)| {
        let mut cells = vec![Cell::text(name)];
        cells.extend(times.iter().map(|ns| Cell::figure(*ns as f64 / unit.nanos())));
        cells
    };
    Table { title: String::new(), columns, rows: lines.iter().map(line).collect() }
}
