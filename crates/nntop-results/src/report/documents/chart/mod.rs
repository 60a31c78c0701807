//! Charts of results as SVG: distribution, timeline, size against speed, bars, operators.

mod axis;
mod bars;
mod distribution;
mod operators;
mod scatter;
mod svg;
mod timeline;

pub use svg::{DARK, LIGHT, STYLE, alone, escaped};

use super::document::Table;
use super::row::{Row, Source, rows};

/// More series than this cannot be told apart in one picture; the tables have them all.
const MOST: usize = 12;

/// A chart, with its figures for those who cannot see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it is called in links and file names.
    pub id: &'static str,
    /// What it shows.
    pub title: String,
    /// How it is to be read.
    pub caption: String,
    /// The picture: an `svg` element that takes its colours from the page. [`alone`] makes it a file.
    pub svg: String,
    /// The same drawn for a page as narrow as a phone.
    pub narrow: String,
    /// The same in figures.
    pub table: Table,
}

/// All charts that these results have enough for.
pub fn charts(sources: &[Source]) -> Vec<Chart> {
    let all = rows(sources);
    let measured: Vec<&Row> = all.iter().filter(|row| row.variant.latency_ns.is_some()).collect();
    let shown = &measured[..measured.len().min(MOST)];
    let drawn = |wide: f64| {
        let all = [
            distribution::chart(shown, wide),
            timeline::chart(shown, wide),
            bars::chart(shown, wide),
            scatter::chart(&measured, wide),
            operators::chart(shown, wide),
        ];
        all.into_iter().flatten()
    };
    // Which charts there are follows from the results, not from the width.
    let both = drawn(svg::WIDE).zip(drawn(svg::NARROW));
    let mut charts: Vec<Chart> = both.map(|(chart, narrow)| Chart { narrow: narrow.svg, ..chart }).collect();
    if measured.len() > MOST {
        for chart in charts.iter_mut().filter(|chart| chart.id != "trade-off") {
            chart.caption.push_str(&format!(" The first {MOST} of {} variants.", measured.len()));
        }
    }
    charts
}
