//! Which columns the table has at a width, and what stands in them.

use super::{Data, paint};
use crate::tui::OpsUi;
use crate::tui::ops::{By, Column, Row};
use nntop_core::unit::{TimeUnit, grouped, large, mean_count, percent_tenths, significant};

/// A column's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) column: Column,
    pub(super) x: u16,
    pub(super) width: u16,
}

/// What is said about the columns together.
pub(super) struct Columns {
    pub(super) places: Vec<Place>,
    /// The unit of all times, and their decimals.
    unit: TimeUnit,
    decimals: usize,
    /// The largest bar's length, and its place.
    pub(super) bar: Option<(u16, u16)>,
    /// What a whole bar stands for.
    whole: f64,
    inference: f64,
}

/// The least width that a name gets.
const NAME: u16 = 18;

/// Columns leave in this order when there is no room.
const LEAVING: [Column; 8] = [
    Column::Bytes,
    Column::Memory,
    Column::Intensity,
    Column::Rate,
    Column::Calls,
    Column::Provider,
    Column::Type,
    Column::Operators,
];

impl Columns {
    pub(super) fn of(data: &Data<'_>, ui: &OpsUi, width: u16) -> Self {
        let both = data.both();
        let has = |of: fn(&Row) -> bool| data.rows.iter().any(of);
        let largest = data.rows.iter().flat_map(|r| r.time).flatten().fold(0.0, f64::max);
        let unit = TimeUnit::fitting(largest.max(1.0));
        let decimals = match largest / unit.nanos() {
            m if m < 9.9995 => 3,
            m if m < 99.995 => 2,
            _ => 1,
        };
        let single = ui.by == By::Operator;
        let mut columns: Vec<Column> = match both {
            true => vec![Column::Time, Column::Other, Column::Delta],
            false if has(|r| r.device > 0.0) => vec![Column::Host, Column::Device, Column::Share],
            false => vec![Column::Time, Column::Share],
        };
        if !both {
            columns.extend((!single).then_some(Column::Operators));
            columns.push(Column::Calls);
            columns.extend(has(|r| r.rate.is_some()).then_some(Column::Rate));
            columns.extend(has(|r| r.intensity.is_some()).then_some(Column::Intensity));
            columns.extend(has(|r| r.bytes.is_some()).then_some(Column::Bytes));
        }
        if single {
            // The same number in every row is the run's, not the operators'.
            let varies = data.rows.iter().any(|r| r.memory != data.rows[0].memory);
            columns.extend((!both && varies).then_some(Column::Memory));
            let several = data.rows.iter().any(|r| r.provider != data.rows[0].provider) || has(|r| r.fell);
            columns.extend(several.then_some(Column::Provider));
            columns.extend(has(|r| !r.op_type.is_empty()).then_some(Column::Type));
        }
        columns.push(Column::Name);
        let wide = |column: Column| natural(column, data);
        let taken = |columns: &[Column]| columns.iter().map(|c| wide(*c) + 2).sum::<u16>();
        // Bars are seen before numbers are read: they stay as long as half of the columns do.
        let bar = if width >= 100 { 18 } else { 10 };
        for leaving in LEAVING {
            if taken(&columns) + bar + 2 <= width {
                break;
            }
            let fallen = leaving == Column::Provider && has(|r| r.fell);
            columns.retain(|c| *c != leaving || fallen);
        }
        let bar = if taken(&columns) + bar + 2 <= width { bar } else { 0 };
        // What is left is the name's, up to its length; then the bar's.
        let longest = data.rows.iter().map(|r| paint::width(&r.name)).max().unwrap_or(0).clamp(NAME, 80);
        let spare = width.saturating_sub(taken(&columns) + if bar > 0 { bar + 2 } else { 0 });
        let bar = if bar > 0 { bar + spare.saturating_sub(longest.saturating_sub(NAME)).min(24) } else { 0 };
        let mut x = 0;
        let mut bar_at = None;
        let mut places = Vec::new();
        for column in columns {
            let mut place = Place { column, x, width: wide(column) };
            if column == Column::Name {
                place.width = width.saturating_sub(x);
            }
            x += place.width + 2;
            places.push(place);
            if bar > 0 && matches!(column, Column::Share | Column::Delta) {
                bar_at = Some((x, bar));
                x += bar + 2;
            }
        }
        let of_row = |r: &Row| if both { r.delta().abs() } else { r.newest() };
        let whole = data.rows.iter().map(of_row).fold(0.0, f64::max);
        Self { places, unit, decimals, bar: bar_at, whole, inference: data.whole[0].max(1.0) }
    }

    /// A column's title.
    pub(super) fn title(&self, column: Column, data: &Data<'_>, by: By) -> String {
        let unit = self.unit.symbol();
        match column {
            Column::Time if data.both() => format!("{} {unit}", data.variants[0].slot),
            Column::Other => format!("{} {unit}", data.variants[1].slot),
            Column::Time => format!("self {unit}"),
            Column::Host => format!("host {unit}"),
            Column::Device => format!("device {unit}"),
            Column::Delta => format!("Δ {unit}"),
            Column::Share => "share".into(),
            Column::Operators => "ops".into(),
            Column::Calls => "calls".into(),
            Column::Rate => "GFLOP/s".into(),
            Column::Intensity => "FLOP/B".into(),
            Column::Bytes => "tensors MB".into(),
            Column::Memory => "mem MB".into(),
            Column::Provider => "on".into(),
            Column::Type => "type".into(),
            Column::Name => by.name().into(),
        }
    }

    /// What stands in a row's column; `–` where there is nothing.
    pub(super) fn text(&self, column: Column, row: &Row) -> String {
        let none = || "–".to_string();
        let or_none = |x: Option<String>| x.unwrap_or_else(none);
        match column {
            Column::Time => or_none(row.time[0].map(|t| self.time(t))),
            Column::Other => or_none(row.time[1].map(|t| self.time(t))),
            Column::Host => self.time(row.host),
            Column::Device => or_none(Some(row.device).filter(|t| *t > 0.0).map(|t| self.time(t))),
            Column::Delta => self.difference(row.delta()),
            Column::Share => percent_tenths(row.newest() / self.inference),
            Column::Operators => grouped(row.operators() as u64),
            Column::Calls => mean_count(row.calls),
            Column::Rate => or_none(row.rate.filter(|rate| *rate > 0.0).map(large)),
            Column::Intensity => or_none(row.intensity.filter(|of| *of > 0.0).map(large)),
            Column::Bytes => or_none(row.bytes.map(megabytes)),
            Column::Memory => or_none(row.memory.map(megabytes)),
            Column::Provider if row.fell => format!("! {}", row.provider),
            Column::Provider => {
                if row.provider.is_empty() {
                    none()
                } else {
                    format!("  {}", row.provider)
                }
            }
            Column::Type => row.op_type.clone(),
            Column::Name => row.name.clone(),
        }
    }

    fn time(&self, ns: f64) -> String {
        format!("{:.1$}", ns / self.unit.nanos(), self.decimals)
    }

    /// A time with its sign; nothing has none.
    pub(super) fn difference(&self, ns: f64) -> String {
        let text = self.time(ns.abs());
        match ns {
            _ if text.chars().all(|c| matches!(c, '0' | '.')) => text,
            ns if ns < 0.0 => format!("−{text}"),
            _ => format!("+{text}"),
        }
    }

    /// How long a row's bar is, from 0 to 1.
    pub(super) fn bar_share(&self, row: &Row, both: bool) -> f64 {
        let of = if both { row.delta().abs() } else { row.newest() };
        if self.whole > 0.0 { of / self.whole } else { 0.0 }
    }
}

fn megabytes(bytes: f64) -> String {
    if bytes > 0.0 && bytes < 5e3 { "<0.01".into() } else { significant(bytes / 1e6) }
}

fn natural(column: Column, data: &Data<'_>) -> u16 {
    let longest = |of: fn(&Row) -> &str| data.rows.iter().map(|r| paint::width(of(r))).max().unwrap_or(0);
    match column {
        Column::Time | Column::Other | Column::Delta | Column::Host => 8,
        Column::Device => 9,
        Column::Share => 7,
        Column::Operators => 4,
        Column::Calls => 5,
        Column::Rate => 7,
        Column::Intensity => 6,
        Column::Bytes => 10,
        Column::Memory => 6,
        Column::Provider => (longest(|r| &r.provider) + 2).clamp(5, 12),
        Column::Type => longest(|r| &r.op_type).clamp(4, 18) + 2,
        Column::Name => NAME,
    }
}
