//! A synthetic engine with known latencies and, on request, known faults: the truth that nntop is tested on.
//!
//! `synthetic:lognormal,median=2ms,sigma=0.1,seed=7,spike=0.01x5,wander=0.02x500ms,abort-at=500`
//!
//! A latency is a draw from a [`Shape`], times the factors of the spikes and modes that hit it, times the level that
//! the [`Trend`] is at. All of it follows from the seeds, so that what nntop says of it can be held against the truth:
//! [`Synthetic::true_quantile`].

mod injected;
mod ops;
mod parse;
mod shape;
mod stream;
mod trend;
mod truth;

pub use stream::SyntheticStream;

use super::{Engine, Model, Stream};
use crate::tensor::{Tensor, TensorSpec};
use injected::InjectedFaults;
use nntop_core::catalog::EngineKind;
use nntop_core::clock::VirtualClock;
use nntop_core::event::{EngineInfo, Fault, Profiler, VariantSpec};
use shape::Shape;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use trend::Trend;

/// How a synthetic inference lets its time pass.
#[derive(Debug, Clone)]
pub enum Pace {
    /// It keeps a core busy.
    Real,
    /// It moves a virtual clock on.
    Virtual(VirtualClock),
}

/// A distribution of latencies, its trend over time, and the faults on the way.
#[derive(Debug, Clone)]
pub struct Synthetic {
    shape: Shape,
    median_ns: f64,
    sigma: f64,
    seed: u64,
    /// `(share, factor)`: so many inferences take so many times longer; each independent of the others.
    modes: Vec<(f64, f64)>,
    trend: Trend,
    faults: InjectedFaults,
    /// So many of its operators run on the CPU instead.
    fallback: usize,
    pace: Pace,
    /// Streams opened so far, for their seeds.
    opened: Arc<AtomicU64>,
}

impl Synthetic {
    /// Reads `synthetic[:SHAPE][,key=value]...`; the README's "Try its statistics" lists all keys.
    ///
    /// # Errors
    /// Names the part that it does not know and lists those that there are.
    pub fn parse(text: &str, pace: Pace) -> Result<Self, Fault> {
        parse::parse(text, pace)
    }

    /// A stream of it, for tests that need no model around it.
    pub fn open_stream(&self) -> SyntheticStream {
        SyntheticStream::new(self, self.seed)
    }
}

impl Engine for Synthetic {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: EngineKind::Synthetic.name().into(),
            version: env!("CARGO_PKG_VERSION").into(),
            providers: vec!["synthetic".into()],
            threads: Some(1),
            library: None,
            profiler: Profiler::Inference,
            ..EngineInfo::default()
        }
    }

    fn load(&self, _spec: &VariantSpec) -> Result<Box<dyn Model>, Fault> {
        Ok(Box::new(self.clone()))
    }
}

impl Model for Synthetic {
    fn engine(&self) -> EngineInfo {
        self.info()
    }

    fn inputs(&self) -> &[TensorSpec] {
        &[]
    }

    fn outputs(&self) -> &[TensorSpec] {
        &[]
    }

    fn stream(&self, _inputs: &[Tensor]) -> Result<Box<dyn Stream>, Fault> {
        // Each draws latencies of its own; the first those of the seed itself.
        let nth = self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(SyntheticStream::new(self, self.seed.wrapping_add(nth))))
    }
}

#[cfg(test)]
mod tests;
