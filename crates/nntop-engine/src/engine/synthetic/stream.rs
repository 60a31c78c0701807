//! A synthetic model that runs: each inference takes the time that was drawn for it.

use super::trend::{Moment, Walk};
use super::{Pace, Stream, Synthetic, ops};
use crate::engine::Profiling;
use crate::tensor::Tensor;
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::Fault;
use nntop_core::unit::Nanos;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::path::Path;

/// A running synthetic model.
#[derive(Debug)]
pub struct SyntheticStream {
    of: Synthetic,
    random: Pcg64Mcg,
    /// Counted from the machine's start, so that all processes on it see the same time.
    clock: MonotonicClock,
    began: Option<Nanos>,
    done: u64,
    walk: Option<Walk>,
    leaked: Vec<Vec<u8>>,
}

impl SyntheticStream {
    pub(super) fn new(of: &Synthetic, seed: u64) -> Self {
        Self {
            random: Pcg64Mcg::seed_from_u64(seed),
            clock: MonotonicClock::with_origin(0),
            began: None,
            done: 0,
            walk: None,
            leaked: Vec::new(),
            of: of.clone(),
        }
    }

    /// Draws the next latency, `stalls` nanoseconds longer.
    fn draw(&mut self, now: Nanos, stalls: f64) -> Nanos {
        let mut ns = self.of.median_ns * self.of.shape.draw(self.of.sigma, &mut self.random);
        for (share, factor) in &self.of.modes {
            if self.random.random_bool(*share) {
                ns *= factor;
            }
        }
        if !self.of.trend.is_flat() {
            let began = *self.began.get_or_insert(now);
            let inferences = (self.done - 1) as f64;
            let at = Moment { inferences, since: now.since(began).0 as f64, absolute: now.0 as f64 };
            ns *= self.of.trend.level(at);
            if let Some(wander) = self.of.trend.wander {
                ns *= self.walk.get_or_insert_with(|| Walk::new(wander, at)).level(at);
            }
        }
        Nanos((ns + stalls).max(1.0) as u64)
    }
}

impl Stream for SyntheticStream {
    fn infer(&mut self) -> Result<(), Fault> {
        self.done += 1;
        let stalls = if self.of.faults.at.is_empty() { 0.0 } else { self.of.faults.happen(self.done)? };
        if let Pace::Virtual(clock) = &self.of.pace {
            let clock = clock.clone();
            clock.advance(self.draw(clock.now(), stalls));
            return Ok(());
        }
        let now = self.clock.now();
        let end = now + self.draw(now, stalls);
        if self.of.faults.leak > 0 {
            // Written to, so that the kernel gives the pages.
            self.leaked.push(vec![1; self.of.faults.leak]);
        }
        while self.clock.now() < end {
            std::hint::spin_loop();
        }
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        Ok(Vec::new())
    }

    fn profiled<'a>(&'a mut self, _folder: &Path, _inferences: u64) -> Result<Box<dyn Profiling + 'a>, Fault> {
        let (pace, clock, fallback) = (self.of.pace.clone(), self.clock, self.of.fallback);
        Ok(Box::new(ops::Profiled::new(self, pace, clock, fallback)))
    }
}
