//! Operator profiles: what the rows of every runtime's profiler become.
//!
//! One shape for ONNX Runtime, OpenVINO, LiteRT, TensorRT and PyTorch, for live bursts and for imported files. The
//! rows are a tree, folded over all profiled runs: `parent` is the index of the row that encloses this one. Tables,
//! flame graphs and traces are made from these rows alone.

use super::{Slot, TensorSig};
use crate::unit::{Bytes, Nanos};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One profiling burst of a running variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Burst {
    /// Whose.
    pub variant: Slot,
    /// In which run.
    pub run: u32,
    /// Counts the run's bursts from 1.
    pub burst: u64,
    /// What it found.
    pub profile: OpProfile,
}

/// Where the time of some inferences went, by operator.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OpProfile {
    /// Who measured: `onnxruntime`, `openvino`, `pytorch`, `perf` …
    pub source: String,
    /// What the times count, where that is no time: `samples`, `cycles`, `bytes`. Absent where they are nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<String>,
    /// How the times came about.
    pub method: Method,
    /// Profiled inferences that the rows are summed over; 0 where a file does not say.
    pub inferences: u64,
    /// Wall time of these inferences. The self times of all rows and `gap` add up to it, but for those of rows that stand
    /// [beside](OpRow::is_beside) it; where operators ran beside each other, they add up to more.
    pub wall: Nanos,
    /// Wall time that no row accounts for.
    pub gap: Nanos,
    /// The other threads and the devices that worked meanwhile, busiest first. Their time is no part of the wall time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<Track>,
    /// Wall time between operators in which something of `beside` worked; where a profile does not say when a device
    /// worked, the most that it can be.
    #[serde(default, skip_serializing_if = "is_default")]
    pub elsewhere: Nanos,
    /// What the model file's own nodes compute; absent where there is no model file, or none of a format that is read so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelWork>,
    /// Why this is less than all: a file cut short, events that the runtime dropped. Absent when it is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
    /// The rows, every parent before its children.
    pub rows: Vec<OpRow>,
}

/// What the model file's own nodes compute in an inference, whatever the runtime made of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ModelWork {
    /// Operations of all nodes that have a rule and known shapes.
    pub flops: u64,
    /// Nodes that are not counted in, by type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub uncounted: BTreeMap<String, u64>,
}

/// A thread or a device that worked beside the inferences' own thread.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Track {
    /// What the rows on it call it: `thread 43`, `cuda:0`.
    pub name: String,
    /// Whether it is a device, and no thread.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_device: bool,
    /// Wall time of the inferences in which it worked, or of a device, the time that it worked for them; each moment
    /// once.
    pub busy: Nanos,
    /// The part of `busy` in which the inferences' own thread was in an operator, too; absent where a profile does not
    /// say when a device worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Nanos>,
}

/// How a profile's times came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Every call was timed.
    #[default]
    Traced,
    /// Only sums or means per operator are known: no order, no start.
    Aggregated,
    /// A stack was looked at now and then: times are shares of samples.
    Sampled,
    /// A way of a newer version.
    #[serde(other)]
    Other,
}

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// An operator of the model.
    #[default]
    Op,
    /// Something that encloses operators: a run, an executor, a module, an annotation.
    Scope,
    /// A kernel on a device, started by the row that encloses it.
    Kernel,
    /// A copy of memory.
    Copy,
    /// What stands on a device's track and is no work of it: a wait for another stream, a range of counters.
    Wait,
    /// A function of a program: a stack frame.
    Function,
    /// What the runtime did beside operators.
    Overhead,
    /// A kind of a newer version.
    #[serde(other)]
    Other,
}

/// Whether an operator ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// It ran.
    #[default]
    Executed,
    /// It was not reached, or is a part of another.
    NotRun,
    /// The runtime removed it from the graph.
    OptimizedOut,
    /// A status of a newer version.
    #[serde(other)]
    Other,
}

/// One operator (or what encloses operators) at one place of the tree, summed over all profiled inferences.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OpRow {
    /// Its name as the runtime gives it, the runtime's own suffixes removed: `/layer1/layer1.0/conv1/Conv`.
    pub name: String,
    /// What it stands for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: RowKind,
    /// Its operator type: `Conv`. Empty for scopes and functions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub op_type: String,
    /// The row that encloses it, by index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// The execution provider that ran it, by its short name: `cpu`, `cuda`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The device it ran on, where the runtime says more than the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The thread it ran on, where that is another one than the inferences' own: its time is no part of the wall time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// How it was executed, in the runtime's words: `brgconv_avx512_amx_bf16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exec_type: Option<String>,
    /// Whether it ran.
    #[serde(default, skip_serializing_if = "is_default")]
    pub status: RowStatus,
    /// How often it ran, over all profiled inferences.
    pub calls: u64,
    /// From its begin to its end, what it encloses included, over all calls.
    pub total: Nanos,
    /// `total` without what its children took; on another thread than the inferences' own, the part of it that lies in
    /// their wall time.
    pub self_time: Nanos,
    /// What devices worked for it over all calls: the kernels and copies that it started itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub device_time: Nanos,
    /// When its first call began, from the begin of the first profiled inference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Nanos>,
    /// Inputs of its first call, weights included where the runtime lists them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<TensorSig>,
    /// Outputs of its first call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<TensorSig>,
    /// Floating-point (or integer) operations over all calls; absent where there is no rule for its type. Those of the model
    /// file's own node where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flops: Option<u64>,
    /// Operations by the shapes that the runtime executed, where these are others than `flops`: it pads channels to the
    /// width of its kernels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executed_flops: Option<u64>,
    /// Bytes of inputs, weights and outputs over all calls; absent where shapes are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Bytes>,
    /// The most memory in use at one of its calls, by the runtime's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// Threads that worked on it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub threads: u32,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl OpRow {
    /// The dotted or slashed name taken apart: `/layer1/layer1.0/conv1/Conv` is `layer1`, `layer1.0`, `conv1`, `Conv`.
    /// Empty parts vanish.
    pub fn path(&self) -> impl Iterator<Item = &str> {
        self.name.split('/').filter(|part| !part.is_empty())
    }

    /// Whether it stands on a device's track: its time is the device's, and no part of the wall time.
    pub fn is_on_device(&self) -> bool {
        self.is_device_work() || self.kind == RowKind::Wait
    }

    /// Whether a device worked on it: a kernel or a copy, and no wait.
    pub fn is_device_work(&self) -> bool {
        matches!(self.kind, RowKind::Kernel | RowKind::Copy)
    }

    /// Whether its time is no part of the wall time: it ran on a device, or on another thread than the inferences' own.
    pub fn is_beside(&self) -> bool {
        self.is_on_device() || self.thread.is_some()
    }

    /// Whether it is an operator that ran on the inferences' own thread.
    pub fn is_executed_op(&self) -> bool {
        self.kind == RowKind::Op && self.status == RowStatus::Executed && self.thread.is_none()
    }

    /// The time of the unit that computed it: the device's where it started a kernel, else the host's.
    pub fn computing(&self) -> Nanos {
        if self.device_time > Nanos::ZERO { self.device_time } else { self.self_time }
    }

    /// The time of the unit that took longer. Host and device work beside each other: the sum of both is nobody's time.
    pub fn longer(&self) -> Nanos {
        self.self_time.max(self.device_time)
    }
}

impl OpProfile {
    /// Operators that ran on the inferences' own thread, scopes and kernels not counted.
    pub fn executed_ops(&self) -> impl Iterator<Item = &OpRow> {
        self.rows.iter().filter(|row| row.is_executed_op())
    }

    /// Wall time between operators: `gap`, and the self times of what encloses them. Devices and other threads may have
    /// worked meanwhile: [`elsewhere`](Self::elsewhere) says how long.
    pub fn between_operators(&self) -> Nanos {
        let scopes = self.rows.iter().filter(|row| row.kind == RowKind::Scope && !row.is_beside());
        scopes.fold(self.gap, |sum, row| sum + row.self_time)
    }

    /// Wall time in which nothing that is known of worked: neither an operator, nor a device, nor another thread.
    pub fn idle(&self) -> Nanos {
        self.between_operators().since(self.elsewhere)
    }

    /// All time there is: the wall time, or where nobody says it, what the rows on the inferences' own thread add up to.
    pub fn whole(&self) -> Nanos {
        if self.wall > Nanos::ZERO { self.wall } else { self.accounted() }
    }

    /// By how much operators on the inferences' own track ran beside each other: what they add up to beyond the wall time.
    pub fn overlap(&self) -> Nanos {
        if self.wall > Nanos::ZERO { self.accounted().since(self.wall) } else { Nanos::ZERO }
    }

    fn accounted(&self) -> Nanos {
        let own = self.rows.iter().filter(|row| !row.is_beside());
        Nanos(own.fold(self.gap.0, |sum, row| sum.saturating_add(row.self_time.0)))
    }

    /// Works out what devices worked for each row from the kernels and copies below it. Those that no operator started
    /// count for themselves.
    pub fn add_device_times(&mut self) {
        for i in 0..self.rows.len() {
            if self.rows[i].is_device_work() {
                let time = self.rows[i].self_time;
                let at = self.starter(&self.rows[i]).unwrap_or(i);
                self.rows[at].device_time = self.rows[at].device_time + time;
            }
        }
    }

    /// The operator that started this kernel or copy.
    pub fn starter(&self, row: &OpRow) -> Option<usize> {
        let mut above = row.parent;
        while let Some(at) = above.map(|at| at as usize) {
            let row = self.rows.get(at)?;
            if row.kind == RowKind::Op {
                return Some(at);
            }
            // Parents come first: a file that says otherwise goes round in no circle.
            above = row.parent.filter(|parent| (*parent as usize) < at);
        }
        None
    }

    /// A time over all profiled inferences, per inference.
    pub fn per_inference(&self, over_all: Nanos) -> Nanos {
        Nanos(over_all.0 / self.inferences.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_travels_without_what_it_does_not_have() {
        let row = OpRow { name: "/a/Conv".into(), calls: 1, ..OpRow::default() };
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(text, r#"{"name":"/a/Conv","calls":1,"total":0,"self_time":0}"#);
        assert_eq!(serde_json::from_str::<OpRow>(&text).unwrap(), row);
    }

    #[test]
    fn names_are_paths() {
        let row = OpRow { name: "/layer1/layer1.0/conv1/Conv".into(), ..OpRow::default() };
        assert_eq!(row.path().collect::<Vec<_>>(), ["layer1", "layer1.0", "conv1", "Conv"]);
    }
}
