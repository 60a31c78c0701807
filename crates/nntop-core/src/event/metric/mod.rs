//! Metrics of the device: declared once, then sampled by id. What cannot be read is absent, with the reason.

mod decl;
mod key;
mod name;
mod reading;
mod sum;
mod table;
mod wire;

pub use decl::{MetricDecl, MetricId, Rail, RailRole};
pub use key::{MetricKey, Part, PartId, Quantity};
pub use name::Template;
pub use reading::{Absent, Lack, Readings};
pub use sum::TotalPower;
pub use table::{Family as MetricFamily, JsonKey, MetricRow};
