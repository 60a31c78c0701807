//! Statistics over latencies: distributions that merge, intervals and comparisons from blocks, series with gaps.

mod apart;
mod bootstrap;
mod digest;
mod distribution;
mod energy;
mod history;
mod interval;
mod memory;
mod reliable;
mod series;
mod shares;
mod until;
mod window;

pub use apart::apart;
pub use bootstrap::{Compared, Intervals, LEAST_BLOCKS, RESAMPLES, Ratio, SEED, compare, intervals};
pub use digest::{BlockDigest, MOST_BLOCKS, join_neighbours, keep};
pub use distribution::{Distribution, Moments, SIGNIFICANT_DIGITS};
pub(crate) use distribution::{bucket, bucket_value, sparse};
pub use energy::{compare_energy, energy_interval};
pub use history::History;
pub use interval::{Interval, RESOLUTION};
pub use reliable::{RELIABLE, Reliable};
pub use series::Series;
pub use shares::{Paired, paired, share};
pub use until::UntilSure;
