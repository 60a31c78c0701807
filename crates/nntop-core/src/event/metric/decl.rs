//! The declaration of a metric: what it is about, where it is read, and of a power rail what it feeds.

use super::key::{MetricKey, Part, PartId, Quantity};
use super::table::MetricRow;
use crate::event::Slot;
use crate::unit::{Nanos, Unit};
use serde::{Deserialize, Serialize};

/// A metric's number within its stream.
pub type MetricId = u16;

/// A metric, declared.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricDecl {
    /// How readings name it.
    pub id: MetricId,
    /// Its stable, dotted name: `cpu.core.0`. For people and files; what it is about is in `key`, `device` and `detail`.
    pub name: String,
    /// The kind of part, and what is measured of it.
    pub key: MetricKey,
    /// Which one of its kind the part is.
    pub device: PartId,
    /// What tells it from others of the same part and quantity: a cause of throttling, the name of a limit.
    pub detail: String,
    /// What tells it from others on a screen: `cpu-thermal`.
    pub label: String,
    /// What its values count in.
    pub unit: Unit,
    /// The value that it cannot or must not exceed, in its unit.
    pub limit: Option<f64>,
    /// Where it is read: a path or a library.
    pub source: String,
    /// The variant whose worker it is about.
    pub variant: Option<Slot>,
    /// Of a power rail and its energy counter: what it feeds.
    pub rail: Option<Rail>,
}

impl MetricDecl {
    /// This quantity of this part, with the name and unit that the table gives it; the label is the part's name.
    pub fn new(id: MetricId, key: MetricKey, device: PartId) -> Self {
        Self::with_detail(id, key, device, String::new())
    }

    /// One of several metrics of a part's quantity.
    pub fn with_detail(id: MetricId, key: MetricKey, device: PartId, detail: String) -> Self {
        let row = MetricRow::of(key);
        let name = row.map_or_else(|| device.name.clone(), |row| row.name.fill(&device.name, &detail));
        let unit = row.map_or(Unit::Count, |row| row.unit);
        let label = device.name.clone();
        let (limit, source, variant, rail) = (None, String::new(), None, None);
        Self { id, name, key, device, detail, label, unit, limit, source, variant, rail }
    }

    /// Whether it is this quantity of this part.
    pub fn is(&self, part: Part, quantity: Quantity) -> bool {
        self.key.is(part, quantity)
    }

    /// Whether both are about the same part.
    pub fn same_part(&self, other: &Self) -> bool {
        self.key.part == other.key.part && self.device.name == other.device.name
    }

    /// Its row in the table; `None` for one that only a newer version knows.
    pub fn row(&self) -> Option<&'static MetricRow> {
        MetricRow::of(self.key)
    }
}

/// What a power rail feeds, so that energy is summed without counting anything twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rail {
    /// Its part in the sum.
    pub role: RailRole,
    /// What it feeds and what it does not, in words: `the module; not its carrier board`.
    pub scope: String,
    /// How often its sensor has a new value, where the sensor says so, in nanoseconds.
    #[serde(default)]
    pub update: Option<Nanos>,
}

/// A rail's part in the energy of a machine, which is that of the inputs; where there is none, of the shares;
/// where there are neither, of the battery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RailRole {
    /// Feeds all of a module or board.
    Input,
    /// One of several that are added up: a processor's package, a GPU's board.
    Share,
    /// Feeds all of the machine, but its gauge is slow.
    Battery,
    /// Contained in another, or nobody knows what it feeds: shown, never added.
    #[serde(other)]
    Part,
}
