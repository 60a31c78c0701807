//! Statistics over latencies: distributions that merge, and series with gaps.

mod distribution;
mod series;

pub(crate) use distribution::sparse;
pub use distribution::{Distribution, Moments, SIGNIFICANT_DIGITS};
pub use series::Series;
