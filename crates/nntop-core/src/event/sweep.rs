//! A sweep: a grid of settings, each of its points a variant.

use super::EngineOptions;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings that a sweep varies. Its variants are all their combinations, model by model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// The settings, slowest first.
    pub axes: Vec<SweepAxis>,
}

/// A setting and the values that it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepAxis {
    /// `batch_size`, `threads`, or `dim.NAME`.
    pub name: String,
    /// Its values, in the order in which they were given.
    pub values: Vec<u64>,
}

impl SweepAxis {
    /// Samples per inference.
    pub const BATCH_SIZE: &str = "batch_size";
    /// Threads for one operator.
    pub const THREADS: &str = "threads";
    /// In front of the name of a free axis.
    pub const DIM: &str = "dim.";

    /// The name of a free axis, where the setting is one's size.
    pub fn dim(&self) -> Option<&str> {
        self.name.strip_prefix(Self::DIM)
    }

    /// What `options` say about the setting. `None` is nothing, or a setting of a newer version.
    pub fn of(&self, options: &EngineOptions) -> Option<u64> {
        match self.name.as_str() {
            Self::BATCH_SIZE => options.batch,
            Self::THREADS => options.threads.map(|n| n as u64),
            _ => self.dim().and_then(|name| options.dims.get(name).copied()),
        }
    }

    /// Sets it in `options`.
    pub fn set(&self, options: &mut EngineOptions, value: u64) {
        match self.name.as_str() {
            Self::BATCH_SIZE => options.batch = Some(value),
            Self::THREADS => options.threads = Some(value as usize),
            _ => drop(self.dim().map(|name| options.dims.insert(name.into(), value))),
        }
    }

    /// The setting at a value, in short: `b8`, `t2`, `N=4`.
    fn short(&self, value: u64) -> String {
        match self.name.as_str() {
            Self::BATCH_SIZE => format!("b{value}"),
            Self::THREADS => format!("t{value}"),
            name => format!("{}={value}", self.dim().unwrap_or(name)),
        }
    }
}

impl Sweep {
    /// Where a variant with these options stands on the axes, by their names.
    pub fn coordinates(&self, options: &EngineOptions) -> BTreeMap<String, u64> {
        self.axes.iter().filter_map(|axis| Some((axis.name.clone(), axis.of(options)?))).collect()
    }

    /// What tells a variant with these options from others of its model: `b8 t2`.
    pub fn point(&self, options: &EngineOptions) -> String {
        let parts = self.axes.iter().filter_map(|axis| Some(axis.short(axis.of(options)?)));
        parts.collect::<Vec<_>>().join(" ")
    }
}
