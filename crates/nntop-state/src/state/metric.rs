//! One metric of the machine with its recent past.

use nntop_core::event::{MetricDecl, Quantity};
use nntop_core::stats::{Series, Timeline};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};

/// Readings kept per metric: ten minutes at one a second.
const HISTORY: usize = 600;

/// Readings kept of power rails, energy counters and signs of throttling, which are read ten times as often while
/// something is measured.
const RAIL_HISTORY: usize = 10 * HISTORY;

/// One metric with its past.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Metric {
    /// What it is.
    pub decl: MetricDecl,
    /// Its readings.
    pub series: Series,
    /// A quarter of an hour of it, second by second.
    pub history: Timeline,
    /// What it was when it was first read.
    pub first: Option<f64>,
}

impl Metric {
    /// The newest reading, if it did not fail.
    pub fn last(&self) -> Option<f64> {
        self.series.last()
    }
}

impl Metric {
    /// A metric that has not been read yet.
    pub(super) fn new(decl: MetricDecl) -> Self {
        let quantity = decl.key.quantity;
        let often = matches!(quantity, Quantity::Power | Quantity::Energy) || quantity.is_throttling();
        let series = Series::new(if often { RAIL_HISTORY } else { HISTORY });
        Self { decl, series, history: Timeline::default(), first: None }
    }

    pub(super) fn push(&mut self, t: Nanos, value: Option<f64>) {
        self.series.push(t, value);
        self.history.push(t, value);
        self.first = self.first.or(value);
    }
}
