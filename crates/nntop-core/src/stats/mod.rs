//! Statistics over latencies: distributions that merge, intervals and comparisons from blocks, series with gaps.

mod autocorrelation;
mod bootstrap;
mod digest;
mod distribution;
mod energy;
mod interval;
mod interval_ratio;
mod reliable;
mod series;
mod shares;
mod timeline;
mod until;
mod window;

pub use bootstrap::{Compared, Intervals, LEAST_BLOCKS, RESAMPLES, Ratio, SEED, compare, intervals};
pub use digest::{BlockDigest, MOST_BLOCKS, join_neighbours, keep};
pub use distribution::{Distribution, Moments, SIGNIFICANT_DIGITS};
pub(crate) use distribution::{bucket, bucket_value, sparse};
pub use energy::{compare_energy, energy_interval};
pub use interval::{Interval, RESOLUTION};
pub use interval_ratio::interval_ratio;
pub use reliable::{RELIABLE, Reliable};
pub use series::Series;
pub use shares::{Paired, paired, share};
pub use timeline::Timeline;
pub use until::UntilSure;
