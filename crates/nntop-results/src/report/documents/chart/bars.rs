//! Variants against each other, a panel per figure: bars from zero, so that lengths compare.

use super::super::document::{Cell, Column, Notes, Table, digits};
use super::super::metric::Metric;
use super::super::row::Row;
use super::Chart;
use super::svg::{Anchor, Canvas, by_width, fitting, hue};

const PANELS: [(Metric, &str, &str); 6] = [
    (Metric::Latency, "Latency, median", "ms"),
    (Metric::Throughput, "Throughput", "inf/s"),
    (Metric::Memory, "Peak memory", "MB"),
    (Metric::ModelSize, "Model size", "MB"),
    (Metric::Startup, "Start-up", "ms"),
    (Metric::EnergyPerInference, "Energy per inference", "mJ"),
];

const BAR: f64 = 18.0;
/// Names take so much room, at least and at most.
const NAMES: (f64, f64) = (72.0, 176.0);
const GAP: f64 = 28.0;

/// The figures of a panel.
struct Panel {
    metric: Metric,
    title: String,
    values: Vec<Option<f64>>,
}

impl Panel {
    /// Whether it tells the variants apart: the settings of one model have its size in common.
    fn differs(&self) -> bool {
        let mut known = self.values.iter().flatten();
        let first = known.next().copied().unwrap_or(0.0);
        known.any(|v| (v - first).abs() > first.abs() * 1e-3)
    }
}

pub(super) fn chart(rows: &[&Row], wide: f64) -> Option<Chart> {
    if rows.len() < 2 {
        return None;
    }
    let panels: Vec<Panel> = PANELS
        .iter()
        .map(|(metric, title, unit)| Panel {
            metric: *metric,
            title: format!("{title} ({unit})"),
            values: rows.iter().map(|row| metric.value(row)).collect(),
        })
        .filter(|panel| panel.values.iter().flatten().any(|v| *v > 0.0))
        .filter(|panel| rows.len() < 3 || panel.differs())
        .collect();
    let longest = rows.iter().map(|row| super::svg::width(&row.label) + 14.0).fold(0.0, f64::max);
    let names = longest.clamp(NAMES.0, NAMES.1);
    let panel_height = 26.0 + BAR * 1.25 * rows.len() as f64 + 16.0;
    let columns: usize = by_width(wide, 2, 1);
    let panel_width = (wide - GAP * (columns - 1) as f64) / columns as f64;
    let mut canvas = Canvas::new(wide);
    for (i, panel) in panels.iter().enumerate() {
        let corner = ((i % columns) as f64 * (panel_width + GAP), (i / columns) as f64 * panel_height);
        draw(&mut canvas, panel, rows, corner, (panel_width, names));
    }
    let height = panels.len().div_ceil(columns) as f64 * panel_height;
    let first = &rows[0].label;
    let said: Vec<String> = panels.iter().map(|panel| describe(panel, rows)).collect();
    Some(Chart {
        id: "comparison",
        title: "Side by side".into(),
        caption: format!("Percentages are relative to {first}; green is better, red is worse."),
        svg: canvas.picture("comparison", height, "Side by side", &said.join("; ")),
        narrow: String::new(),
        table: table(rows, &panels),
    })
}

fn describe(panel: &Panel, rows: &[&Row]) -> String {
    let each = panel.values.iter().zip(rows).filter_map(|(v, row)| Some(format!("{} {}", row.label, digits((*v)?))));
    format!("{}: {}", panel.title, each.collect::<Vec<_>>().join(", "))
}

fn draw(canvas: &mut Canvas, panel: &Panel, rows: &[&Row], (left, top): (f64, f64), (wide, names): (f64, f64)) {
    let most = panel.values.iter().flatten().copied().fold(0.0, f64::max).max(1e-12);
    // Behind the longest bar its figure has to fit.
    let room = wide - names - 104.0;
    canvas.text("strong", (left, top + 14.0), Anchor::Start, &panel.title);
    let first = panel.values.first().copied().flatten();
    for (i, (row, value)) in rows.iter().zip(&panel.values).enumerate() {
        let y = top + 26.0 + i as f64 * BAR * 1.25;
        canvas.text("name", (left, y + 13.0), Anchor::Start, &fitting(&row.label, names - 12.0));
        let Some(value) = value else {
            canvas.text("", (left + names + 6.0, y + 13.0), Anchor::Start, "n/a");
            continue;
        };
        let long = (value / most * room).max(1.0);
        canvas.rect(
            &format!("fill {}", hue(i)),
            (left + names, y),
            (long, BAR),
            &format!("{}: {}", row.label, digits(*value)),
        );
        let at = left + names + long + 6.0;
        let shown = digits(*value);
        canvas.text("strong", (at, y + 13.0), Anchor::Start, &shown);
        if let Some(from) = first.filter(|from| i > 0 && *from > 0.0) {
            let percent = (value / from - 1.0) * 100.0;
            let worse = panel.metric.less_is_better().is_some_and(|less| less == (percent > 0.0));
            let class = if percent.abs() < 0.5 {
                ""
            } else if worse {
                "worse"
            } else {
                "better"
            };
            let sign = if percent < -0.5 {
                "−"
            } else if percent >= 0.5 {
                "+"
            } else {
                "±"
            };
            let text = match percent {
                p if p >= 999.5 => format!("{}x", digits(value / from)),
                p => format!("{sign}{:.0} %", p.abs()),
            };
            canvas.text(class, (at + super::svg::width(&shown) + 8.0, y + 13.0), Anchor::Start, &text);
        }
    }
    canvas.line("axis", (left + names, top + 22.0), (left + names, top + 26.0 + rows.len() as f64 * BAR * 1.25 - 2.0));
}

fn table(rows: &[&Row], panels: &[Panel]) -> Table {
    let mut columns = vec![Column::words("Model")];
    columns.extend(panels.iter().map(|panel| Column::figures(panel.title.clone())));
    // The reasons of what is absent stand in the report's own tables.
    let mut notes = Notes::default();
    let line = |row: &Row, notes: &mut Notes| {
        let mut cells = vec![Cell::text(&row.label)];
        cells.extend(panels.iter().map(|panel| Cell { notes: vec![], ..panel.metric.cell(row, notes) }));
        cells
    };
    Table { title: String::new(), columns, rows: rows.iter().map(|row| line(row, &mut notes)).collect() }
}
