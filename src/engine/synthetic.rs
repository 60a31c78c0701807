//! A synthetic engine with known latencies and, on request, known faults: the truth that nntop is tested on.
//!
//! `synthetic:lognormal,median=2ms,sigma=0.1,seed=7,spike=0.01x5,abort-at=500`

mod ops;

use super::{Engine, Model, Profiling, Stream};
use crate::clock::{Clock, MonotonicClock, VirtualClock};
use crate::event::{EngineInfo, Fault, Profiler, VariantSpec};
use crate::tensor::{Tensor, TensorSpec};
use crate::unit::Nanos;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, LogNormal, Normal, Uniform};
use rand_pcg::Pcg64Mcg;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a synthetic inference lets its time pass.
#[derive(Debug, Clone)]
pub enum Pace {
    /// It keeps a core busy.
    Real,
    /// It moves a virtual clock on.
    Virtual(VirtualClock),
}

/// What goes wrong, at which inference (counted from 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    /// The engine returns an error.
    Fail,
    /// The process aborts, as a runtime's failed assertion does.
    Abort,
    /// The process touches memory that it must not.
    Segfault,
    /// The engine prints a line to standard error.
    Print,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Shape {
    Constant,
    Normal,
    LogNormal,
    Uniform,
}

/// A distribution of latencies and the mishaps on the way.
#[derive(Debug, Clone)]
pub struct Synthetic {
    shape: Shape,
    median_ns: f64,
    sigma: f64,
    seed: u64,
    spike: Option<(f64, f64)>,
    mishaps: Vec<(Mishap, u64)>,
    /// So many of its operators run on the CPU instead.
    fallback: usize,
    pace: Pace,
    /// Streams opened so far, for their seeds.
    opened: Arc<AtomicU64>,
}

impl Synthetic {
    /// Reads `synthetic[:SHAPE][,key=value]...`.
    ///
    /// # Errors
    /// Names the part that it does not know and lists those that there are.
    pub fn parse(text: &str, pace: Pace) -> Result<Self, Fault> {
        let mut s = Self {
            shape: Shape::LogNormal,
            median_ns: 1e6,
            sigma: 0.05,
            seed: 1,
            spike: None,
            mishaps: Vec::new(),
            fallback: 0,
            pace,
            opened: Arc::default(),
        };
        let body = text.strip_prefix("synthetic").unwrap_or(text).trim_start_matches(':');
        for part in body.split(',').filter(|p| !p.is_empty()) {
            s.set(part).map_err(|()| {
                Fault::input(format!("--engine {text}: cannot read {part:?}")).hint(
                    "synthetic:SHAPE,median=2ms,sigma=0.1,seed=1,spike=0.01x5,fail-at=N,abort-at=N,segfault-at=N,print-at=N,fallback=N \
                     with SHAPE one of constant, normal, lognormal, uniform",
                )
            })?;
        }
        Ok(s)
    }

    fn set(&mut self, part: &str) -> Result<(), ()> {
        let Some((key, value)) = part.split_once('=') else {
            self.shape = match part {
                "constant" => Shape::Constant,
                "normal" => Shape::Normal,
                "lognormal" => Shape::LogNormal,
                "uniform" => Shape::Uniform,
                _ => return Err(()),
            };
            return Ok(());
        };
        let positive = |text: &str| text.parse::<f64>().ok().filter(|v| *v >= 0.0 && v.is_finite()).ok_or(());
        match key {
            "median" => self.median_ns = duration(value).ok_or(())?,
            "sigma" => self.sigma = positive(value)?,
            "seed" => self.seed = value.parse().map_err(|_| ())?,
            "fallback" => self.fallback = value.parse().map_err(|_| ())?,
            "spike" => {
                let (share, factor) = value.split_once('x').ok_or(())?;
                self.spike = Some((positive(share)?, positive(factor)?));
            }
            _ => {
                let mishap = match key {
                    "fail-at" => Mishap::Fail,
                    "abort-at" => Mishap::Abort,
                    "segfault-at" => Mishap::Segfault,
                    "print-at" => Mishap::Print,
                    _ => return Err(()),
                };
                self.mishaps.push((mishap, value.parse().map_err(|_| ())?));
            }
        }
        Ok(())
    }

    /// A stream of it, for tests that need no model around it.
    pub fn open_stream(&self) -> SyntheticStream {
        SyntheticStream {
            of: self.clone(),
            random: Pcg64Mcg::seed_from_u64(self.seed),
            clock: MonotonicClock::start(),
            done: 0,
        }
    }
}

/// `2ms`, `50us`, `1.5s`, `800ns`, in nanoseconds.
fn duration(text: &str) -> Option<f64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic() || c == 'µ')?;
    let (number, unit) = text.split_at(split);
    let scale = match unit {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    let value: f64 = number.parse().ok()?;
    (value.is_finite() && value > 0.0).then_some(value * scale)
}

impl Engine for Synthetic {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: "synthetic".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            providers: vec!["synthetic".into()],
            threads: Some(1),
            library: None,
            profiler: Profiler::Inference,
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
        let random = Pcg64Mcg::seed_from_u64(self.seed.wrapping_add(nth));
        Ok(Box::new(SyntheticStream { random, ..self.open_stream() }))
    }
}

/// A running synthetic model.
#[derive(Debug)]
pub struct SyntheticStream {
    of: Synthetic,
    random: Pcg64Mcg,
    clock: MonotonicClock,
    done: u64,
}

impl SyntheticStream {
    fn draw(&mut self) -> Nanos {
        let (median, sigma) = (self.of.median_ns, self.of.sigma);
        let r = &mut self.random;
        let base = match self.of.shape {
            Shape::Constant => median,
            Shape::Normal => Normal::new(median, sigma * median).map_or(median, |d| d.sample(r)),
            Shape::LogNormal => LogNormal::new(median.ln(), sigma).map_or(median, |d| d.sample(r)),
            Shape::Uniform => {
                Uniform::new_inclusive(median * (1.0 - sigma), median * (1.0 + sigma)).map_or(median, |d| d.sample(r))
            }
        };
        let factor = match self.of.spike {
            Some((share, factor)) if self.random.random_bool(share.min(1.0)) => factor,
            _ => 1.0,
        };
        Nanos((base * factor).max(1.0) as u64)
    }

    fn mishap(&self) -> Result<(), Fault> {
        for (mishap, at) in &self.of.mishaps {
            if *at != self.done {
                continue;
            }
            match mishap {
                Mishap::Fail => {
                    return Err(Fault::run(format!("synthetic engine: failed at inference {at}, as asked")));
                }
                Mishap::Print => {
                    let line = format!("synthetic engine: inference {at}\n");
                    // Straight to the descriptor, as a native runtime prints.
                    let _ = rustix::io::write(rustix::stdio::stderr(), line.as_bytes());
                }
                Mishap::Abort => {
                    let _ = rustix::io::write(rustix::stdio::stderr(), b"synthetic engine: assertion failed\n");
                    std::process::abort();
                }
                // SAFETY: none: the point is to die as a faulty runtime does, and only when the user asks for it.
                Mishap::Segfault => unsafe { std::ptr::null_mut::<u8>().write_volatile(1) },
            }
        }
        Ok(())
    }
}

impl Stream for SyntheticStream {
    fn infer(&mut self) -> Result<(), Fault> {
        self.done += 1;
        if !self.of.mishaps.is_empty() {
            self.mishap()?;
        }
        let takes = self.draw();
        match &self.of.pace {
            Pace::Virtual(clock) => clock.advance(takes),
            Pace::Real => {
                let end = self.clock.now() + takes;
                while self.clock.now() < end {
                    std::hint::spin_loop();
                }
            }
        }
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        Ok(Vec::new())
    }

    fn profiled<'a>(&'a mut self, _folder: &Path, _inferences: u64) -> Result<Box<dyn Profiling + 'a>, Fault> {
        Ok(Box::new(ops::ProfiledStream::new(self)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_distribution_comes_out_on_the_virtual_clock() {
        let clock = VirtualClock::default();
        let spec = "synthetic:lognormal,median=2ms,sigma=0.2,seed=3";
        let mut stream = Synthetic::parse(spec, Pace::Virtual(clock.clone())).unwrap().open_stream();
        let mut latencies: Vec<u64> = (0..20_001)
            .map(|_| {
                let t = clock.now();
                stream.infer().unwrap();
                clock.now().since(t).0
            })
            .collect();
        latencies.sort_unstable();
        let median = latencies[10_000] as f64;
        assert!((median / 2e6 - 1.0).abs() < 0.01, "median {median}");
        let p84 = latencies[(20_001.0 * 0.8413) as usize] as f64;
        assert!(((p84 / median).ln() / 0.2 - 1.0).abs() < 0.05, "sigma from the 84th percentile");
    }

    #[test]
    fn what_it_does_not_know_is_named() {
        let error = Synthetic::parse("synthetic:gauss,median=2ms", Pace::Real).unwrap_err();
        assert!(error.message.contains("gauss") && error.hint.unwrap().contains("lognormal"));
        assert!(Synthetic::parse("synthetic:constant,median=2", Pace::Real).is_err());
        assert!(Synthetic::parse("synthetic", Pace::Real).is_ok());
    }

    #[test]
    fn it_fails_when_asked() {
        let s = Synthetic::parse("synthetic:constant,fail-at=2", Pace::Virtual(VirtualClock::default())).unwrap();
        let mut stream = s.open_stream();
        assert!(stream.infer().is_ok());
        assert!(stream.infer().unwrap_err().message.contains("inference 2"));
    }
}
