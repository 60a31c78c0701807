//! The device as a table for spreadsheets and scripts: a row per reading, a column per metric, units in the names.

use nntop_core::event::{MetricDecl, MetricId, Readings, TotalPower};
use nntop_core::text::cell;
use nntop_core::unit::Unit;
use std::io::{self, Write};
use std::time::Duration;

/// What the columns are, settled when it is made: a driver that comes later has none.
#[derive(Debug)]
pub struct Table<W: Write> {
    columns: Vec<MetricId>,
    /// The rails whose sum is the last column, where there are any.
    total: Option<Vec<MetricId>>,
    out: csv::Writer<W>,
}

impl<W: Write> Table<W> {
    /// Writes the head: `time_unix_s`, then `METRIC_UNIT` for every metric declared so far, the `declared` ones, then
    /// `power.total_watts` where rails add up to the machine's power.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn begin(declared: &[MetricDecl], out: W) -> io::Result<Self> {
        let mut out = csv::Writer::from_writer(out);
        let columns = declared.iter().map(|metric| metric.id).collect();
        let names = declared.iter().map(|metric| match suffix(metric.unit) {
            "" => cell(&metric.name).into_owned(),
            unit => cell(&format!("{}_{unit}", metric.name)).into_owned(),
        });
        let total = TotalPower::of(declared);
        let sum = total.as_ref().map(|_| "power.total_watts".to_owned());
        out.write_record(std::iter::once("time_unix_s".to_owned()).chain(names).chain(sum))?;
        out.flush()?;
        let total = total.map(|total| total.parts().iter().map(|part| part.id).collect());
        Ok(Self { columns, total, out })
    }

    /// Writes a row: what was read at `time`, which counts from 1970. A field without a value is empty.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn row(&mut self, time: Duration, readings: &Readings) -> io::Result<()> {
        let value = |id: &MetricId| readings.values.iter().find(|(of, _)| of == id).and_then(|(_, value)| *value);
        let written = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let fields = self.columns.iter().map(|id| written(value(id)));
        let sum = self.total.iter().map(|rails| written(rails.iter().map(value).sum()));
        self.out.write_record(std::iter::once(format!("{:.3}", time.as_secs_f64())).chain(fields).chain(sum))?;
        self.out.flush()
    }
}

const fn suffix(unit: Unit) -> &'static str {
    match unit {
        Unit::Percent => "percent",
        Unit::Hertz => "hertz",
        Unit::Bytes => "bytes",
        Unit::BytesPerSecond => "bytes_per_second",
        Unit::Celsius => "celsius",
        Unit::Watts => "watts",
        Unit::Joules => "joules",
        Unit::Volts => "volts",
        Unit::Amperes => "amperes",
        Unit::Nanoseconds => "nanoseconds",
        Unit::Rpm => "rpm",
        Unit::Count => "",
    }
}
