//! The styles that are a table of metrics and nothing more: edge, mcu, zoo, zoo-short, platform.

use super::super::compose::{Words, column, megabytes, watch};
use super::super::document::{Cell, Column, Content, Notes, Table};
use super::super::metric::Metric;
use super::super::row::Row;
use nntop_core::catalog::EngineId;

/// What the founding documents watch of a model.
const MODEL: [Metric; 10] = [
    Metric::ParamsSize,
    Metric::ModelSize,
    Metric::Accuracy,
    Metric::Latency,
    Metric::InferenceTime,
    Metric::Throughput,
    Metric::Memory,
    Metric::ErrorRate,
    Metric::Deployment,
    Metric::EnergyPerInference,
];

/// … and of a platform.
const WORKLOAD: [Metric; 5] = [Metric::Cpu, Metric::Gpu, Metric::Npu, Metric::Tpu, Metric::Vpu];

/// The two tables of an edge device.
pub(super) fn edge(rows: &[Row], notes: &mut Notes) -> Vec<Table> {
    let platform: Vec<Metric> = WORKLOAD
        .into_iter()
        .chain([Metric::Clock, Metric::Energy, Metric::Temperature, Metric::Startup, Metric::Network, Metric::Flops])
        .collect();
    vec![
        watch("Model Watch Metrics", &MODEL[..9], rows, notes),
        watch("Target HW Platform Watch Metrics", &platform, rows, notes),
    ]
}

/// The two tables of a microcontroller.
pub(super) fn mcu(rows: &[Row], notes: &mut Notes) -> Vec<Table> {
    let platform: Vec<Metric> = [Metric::Ram, Metric::Flash]
        .into_iter()
        .chain(WORKLOAD)
        .chain([Metric::Clock, Metric::Energy, Metric::Temperature, Metric::Startup, Metric::Flops])
        .collect();
    let mut tables = vec![
        watch("Model Watch Metrics", &MODEL[..9], rows, notes),
        watch("Target HW/Platform Watch Metrics", &platform, rows, notes),
    ];
    for row in &mut tables[1].rows {
        if let Some(name) = row.first_mut().filter(|cell| cell.shown_text() == Metric::Clock.name()) {
            name.content = Content::Text("Computing Speed/Clock (MHz)".into());
        }
    }
    tables
}

/// A row per variant, for a pull request to a model zoo.
pub(super) fn zoo(rows: &[Row], words: &Words, short: bool, notes: &mut Notes) -> Table {
    let mut columns = vec![Column::words("Model"), Column::words("Task"), Column::figures("Accuracy")];
    columns.push(column(Metric::Latency, "Latency (ms)", notes));
    columns.push(Column::figures("Model Size (MB)"));
    columns.extend(short.then(|| Column::figures("Params Size (MB)")));
    columns.push(Column::words("Platform"));
    columns.push(Column::words(if short { "Reference" } else { "References" }));
    let line = |row: &Row, notes: &mut Notes| {
        let task = words.task.as_ref().map_or_else(
            || notes.absent("a model file does not say what it is for: --task \"Image Classification\""),
            Cell::text,
        );
        let mut cells = vec![Cell::text(&row.label), task, Metric::Accuracy.cell(row, notes)];
        cells.push(Metric::Latency.cell(row, notes));
        cells.push(Metric::ModelSize.cell(row, notes));
        cells.extend(short.then(|| Metric::ParamsSize.cell(row, notes)));
        cells.push(Cell::text(platform_of(row)));
        cells.push(reference(row, words));
        cells
    };
    Table { title: String::new(), columns, rows: rows.iter().map(|row| line(row, notes)).collect() }
}

/// The machine, and what of it computed.
fn platform_of(row: &Row) -> String {
    let providers = row.variant.engine.providers.first().map(|p| format!(", {p}")).unwrap_or_default();
    format!("{}{providers}", row.device())
}

/// Where the runtime is described, or what was given instead.
fn reference(row: &Row, words: &Words) -> Cell {
    if let Some(given) = &words.reference {
        let link = ["https://", "http://"].iter().any(|start| given.starts_with(start));
        return match link {
            true => Cell { content: Content::Link { text: given.clone(), url: given.clone() }, notes: vec![] },
            false => Cell::text(given),
        };
    }
    let engine = EngineId::from(row.variant.engine.name.as_str());
    match engine.entry().and_then(|entry| Some((entry, entry.link?))) {
        Some((entry, url)) => {
            let text = row.engine().replacen(&row.variant.engine.name, entry.title, 1);
            Cell { content: Content::Link { text, url: url.into() }, notes: vec![] }
        }
        None => Cell::text(row.engine()),
    }
}

/// Target devices: a row per variant and machine.
pub(super) fn platform(rows: &[Row], notes: &mut Notes) -> Table {
    let metrics: [(Metric, &str); 10] = [
        (Metric::Accuracy, "Accuracy (%)"),
        (Metric::Latency, "Latency (ms)"),
        (Metric::Throughput, "Throughput (inf/s)"),
        (Metric::Memory, "Memory Usage (RAM) (MB)"),
        (Metric::Energy, "Energy (mWh)"),
        (Metric::Startup, "Startup Time (ms)"),
        (Metric::Temperature, "Temperature (°C)"),
        (Metric::GigaFlops, "Complexity (GFLOPs)"),
        (Metric::Clock, "Compute Speed (MHz)"),
        (Metric::Deployment, "Deployment Time (s)"),
    ];
    let mut columns = vec![Column::words("Target Device"), Column::words("Model Specs")];
    columns.extend(metrics.iter().map(|(metric, name)| column(*metric, name, notes)));
    let line = |row: &Row, notes: &mut Notes| {
        let size = Metric::ModelSize.value(row).map(|mb| format!(", {}", megabytes(mb))).unwrap_or_default();
        let precision = row.variant.model.precision.as_ref().map(|p| format!(", {p}")).unwrap_or_default();
        let mut cells = vec![Cell::text(row.device()), Cell::text(format!("{}{size}{precision}", row.label))];
        cells.extend(metrics.iter().map(|(metric, _)| metric.cell(row, notes)));
        cells
    };
    Table { title: String::new(), columns, rows: rows.iter().map(|row| line(row, notes)).collect() }
}
