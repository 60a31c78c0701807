//! The figures of the styles: what each is called, what it is in a result, and why it is not there.

use super::document::{Cell, Notes, digits};
use super::row::{Place, Row};
use crate::result::{DeviceResult, Latency, Partial, VariantResult, Verdict};
use nntop_core::catalog::EngineKind;
use nntop_core::event::is_share;
use nntop_core::stats::RELIABLE;
use nntop_core::unit::Nanos;

/// A figure of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    /// Bytes of all weights, in MB.
    ParamsSize,
    /// Bytes of the model's files, in MB.
    ModelSize,
    /// Right answers, in percent.
    Accuracy,
    /// Wrong answers, in percent.
    ErrorRate,
    /// The median latency, in ms.
    Latency,
    /// The 99th percentile, in ms.
    P99,
    /// The mean latency, in seconds.
    AverageSeconds,
    /// Latency with pre- and post-processing, in ms.
    InferenceTime,
    /// Samples per second.
    Throughput,
    /// Peak resident memory of the process, in MB.
    Memory,
    /// Start-up and what comes before it, in seconds.
    Deployment,
    /// The CPUs' load by the model, in percent of all.
    Cpu,
    /// The GPU's load, in percent.
    Gpu,
    /// The neural processor's load, in percent.
    Npu,
    /// A TPU's load, in percent.
    Tpu,
    /// A vision unit's load, in percent.
    Vpu,
    /// The clock of what computes, in MHz.
    Clock,
    /// Energy of the measured blocks, in mWh.
    Energy,
    /// Of one inference, in mJ.
    EnergyPerInference,
    /// The hottest sensor's mean, in °C.
    Temperature,
    /// From spawn to first output, in ms.
    Startup,
    /// Received and sent, in MB/s.
    Network,
    /// Operations of an inference.
    Flops,
    /// The same in billions.
    GigaFlops,
    /// A microcontroller's memory, in KB.
    Ram,
    /// A microcontroller's storage, in KB.
    Flash,
}

/// Readings below this number are a moment, not a level.
const FEW_READINGS: u64 = 5;

/// Operations are unknown where operators that cannot be counted take a larger share of the time than this.
const MOST_UNCOUNTED: f64 = 0.05;

const OLDER: &str = "not in the result: it was written by an older nntop";
const NOT_JUDGED: &str = "not measured: --dataset with labels measures accuracy";

/// A figure, what there is to say to it, or why it is not there.
struct Found {
    value: Result<f64, String>,
    remark: Option<String>,
}

fn found(value: Option<f64>, why: &str) -> Found {
    Found { value: value.ok_or_else(|| why.to_owned()), remark: None }
}

impl Found {
    fn remark(mut self, remark: impl Into<Option<String>>) -> Self {
        self.remark = remark.into();
        self
    }
}

impl Metric {
    /// Its name with the unit, as the founding documents' tables have it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ParamsSize => "Model Params Size (MB)",
            Self::ModelSize => "Model Size (MB)",
            Self::Accuracy => "Accuracy (%)",
            Self::ErrorRate => "Error Rate (%)",
            Self::Latency => "Latency (ms)",
            Self::P99 => "Latency p99 (ms)",
            Self::AverageSeconds => "Average Inference Time (s)",
            Self::InferenceTime => "Inference Time (ms)",
            Self::Throughput => "Throughput (inferences/sec)",
            Self::Memory => "Memory Footprint (MB)",
            Self::Deployment => "Deployment Time (s)",
            Self::Cpu => "Computing Workload CPU (%)",
            Self::Gpu => "Computing Workload GPU (%)",
            Self::Npu => "Computing Workload NPU (%)",
            Self::Tpu => "Computing Workload TPU (%)",
            Self::Vpu => "Computing Workload VPU (%)",
            Self::Clock => "Computing Speed (MHz)",
            Self::Energy => "Energy Consumption (mWh)",
            Self::EnergyPerInference => "Energy per Inference (mJ)",
            Self::Temperature => "Temperature (°C)",
            Self::Startup => "Startup Time (ms)",
            Self::Network => "Network Bandwidth (MB/s)",
            Self::Flops => "Model Complexity (FLOPs)",
            Self::GigaFlops => "Complexity (GFLOPs)",
            Self::Ram => "RAM (KB)",
            Self::Flash => "Flash (KB)",
        }
    }

    /// What it means where its name leaves that open.
    pub(super) const fn definition(self) -> Option<&'static str> {
        Some(match self {
            Self::Latency => "the median of all measured inferences, of the engine's call with inputs ready",
            Self::AverageSeconds => "the mean of all measured inferences",
            Self::Throughput => "samples per second of measured time: inferences times batch size",
            Self::Memory => "peak resident memory of the process that runs the model, runtime included",
            Self::Energy => "of all measured inferences together, by the power rails",
            Self::Flops | Self::GigaFlops => {
                "of one inference with its whole batch; a multiplication and an addition are two"
            }
            Self::Startup => "from the start of the process to its first output",
            _ => return None,
        })
    }

    /// Whether less is better; `None` where neither is.
    pub(super) const fn less_is_better(self) -> Option<bool> {
        match self {
            Self::Accuracy | Self::Throughput => Some(false),
            Self::Cpu | Self::Gpu | Self::Npu | Self::Tpu | Self::Vpu | Self::Clock | Self::Flops => None,
            Self::GigaFlops | Self::Network | Self::Temperature => None,
            _ => Some(true),
        }
    }

    /// The cell for a variant.
    pub(super) fn cell(self, row: &Row, notes: &mut Notes) -> Cell {
        let Found { value, remark } = self.of(row);
        match value {
            Err(why) => notes.absent(&why),
            Ok(value) => {
                let shown = match self {
                    Self::Flops => scaled(value),
                    Self::Clock => format!("{value:.0}"),
                    Self::Cpu | Self::Gpu | Self::Npu | Self::Vpu | Self::Temperature => format!("{value:.1}"),
                    _ => digits(value),
                };
                Cell::shown(value, shown).noted(remark.map(|remark| notes.number(&remark)))
            }
        }
    }

    /// The figure alone.
    pub(super) fn value(self, row: &Row) -> Option<f64> {
        self.of(row).value.ok()
    }

    fn of(self, row: &Row) -> Found {
        let v = row.variant;
        let nothing = nothing(row);
        let d = &v.device;
        let latency = |whole: fn(&Latency) -> f64, part: fn(&Partial) -> Option<f64>, scale: f64| {
            let ns = v.latency_ns.as_ref().map(whole).or_else(|| v.partial_ns.as_ref().and_then(part));
            found(ns.map(|ns| ns / scale), &nothing).remark(doubt(v))
        };
        match self {
            Self::ParamsSize => found(v.model.params_bytes.map(|b| b as f64 / 1e6), of_model(v)),
            Self::ModelSize => found(v.model.size_bytes.map(|b| b as f64 / 1e6), of_model(v)),
            Self::Accuracy | Self::ErrorRate => accuracy(v, self == Self::ErrorRate),
            Self::Latency => {
                let part = v.partial_ns.as_ref();
                let only_mean = v.latency_ns.is_none() && part.is_some_and(|p| p.p50.is_none() && p.mean.is_some());
                let found = latency(|l| l.p50 as f64, |p| p.p50.or(p.mean), 1e6);
                if only_mean { found.remark("the mean: its file has no median".to_owned()) } else { found }
            }
            Self::AverageSeconds => latency(|l| l.mean, |p| p.mean, 1e9),
            Self::P99 => {
                let few = v
                    .latency_ns
                    .filter(|l| l.n < RELIABLE.p99)
                    .map(|l| format!("of {} inferences: not yet reliable below {}", l.n, RELIABLE.p99));
                latency(|l| l.p99 as f64, |p| p.p99, 1e6).remark(few)
            }
            Self::InferenceTime => {
                let time = v.accuracy.as_ref().map(|a| a.time.p50.0 as f64 / 1e6);
                let parts = v.accuracy.as_ref().map(|a| {
                    let ms = |ns: Nanos| digits(ns.0 as f64 / 1e6);
                    let t = a.time;
                    format!(
                        "the median with pre-processing (mean {} ms) and post-processing ({} ms)",
                        ms(t.pre),
                        ms(t.post)
                    )
                });
                found(time, "pre- and post-processing were not measured: Latency is the engine's call alone")
                    .remark(parts)
            }
            Self::Throughput => found(v.throughput_ips, &nothing),
            Self::Memory => found(v.memory.rss_peak_bytes.map(|b| b as f64 / 1e6), &nothing),
            Self::Deployment => {
                let startup = v.startup_ns.map(|s| s.total as f64 / 1e9);
                match &row.run.deployment {
                    Some(d) => found(startup.map(|startup| startup + d.seconds), &nothing)
                        .remark(format!("copying to {} and start-up", d.host)),
                    None => found(startup, &nothing)
                        .remark("start-up only: the model was already on the machine".to_owned()),
                }
            }
            Self::Startup => found(v.startup_ns.map(|s| s.total as f64 / 1e6), &nothing),
            Self::Cpu => {
                let (own, cpus) = (d.worker_cpu_percent, row.run.host.cpus.max(1));
                found(own.map(|own| own / cpus as f64), &missing(row, "worker_cpu_percent", &nothing))
                    .remark(moment(d, Some(format!("the model's own process, of all {cpus} CPUs"))))
            }
            Self::Gpu => load(row, d.gpu_percent, "gpu_percent", &nothing),
            Self::Npu => load(row, d.npu_percent, "npu_percent", &nothing),
            Self::Vpu => load(row, d.vpu_percent, "vpu_percent", &nothing),
            Self::Tpu => found(None, "nntop does not support TPUs"),
            Self::Clock => clock(row, &nothing),
            Self::Energy | Self::EnergyPerInference => {
                let energy = v.energy.as_ref();
                let value = energy.map(|e| if self == Self::Energy { e.run_mwh } else { e.gross_mj_per_inf });
                found(value, v.energy_absent.as_deref().unwrap_or(&nothing))
                    .remark(energy.map(|e| format!("of {} ({})", e.rails.join(" + "), e.scope)))
            }
            Self::Temperature => found(d.temperature_c, &missing(row, "temperature_c", &nothing))
                .remark(moment(d, Some("the hottest sensor, on average".into()))),
            Self::Network if let Some(speed) = row.run.deployment.as_ref().and_then(|d| d.mb_per_s) => {
                found(Some(speed), &nothing).remark("to the board, while files were copied".to_owned())
            }
            Self::Network => found(d.network_mb_s, &missing(row, "network_mb_s", &nothing))
                .remark(moment(d, Some("of the whole machine".into()))),
            Self::Flops | Self::GigaFlops => flops(v, if self == Self::Flops { 1.0 } else { 1e9 }),
            Self::Ram => found(None, "not reported by a microcontroller"),
            Self::Flash => found(v.model.size_bytes.map(|b| b as f64 / 1e3), of_model(v))
                .remark("an estimate: the model's file alone, without a runtime".to_owned()),
        }
    }
}

/// The first figure of the evaluation, or what is missing to all right, in percent.
fn accuracy(v: &VariantResult, error: bool) -> Found {
    let first = v.accuracy.as_ref().and_then(|a| Some((a, a.first()?)));
    let Some((a, (name, score))) = first.filter(|(_, (name, _))| is_share(name)) else {
        return found(None, NOT_JUDGED);
    };
    let share = if error { 1.0 - score.value } else { score.value };
    let interval = match (score.low, score.high) {
        (Some(low), Some(high)) if error => format!(", {:.1}–{:.1} %", 100.0 * (1.0 - high), 100.0 * (1.0 - low)),
        (Some(low), Some(high)) => format!(", {:.1}–{:.1} %", 100.0 * low, 100.0 * high),
        _ => String::new(),
    };
    found(Some(100.0 * share), "").remark(format!("{name} of {} examples{interval}", a.n))
}

/// Why a figure of the run is not there.
pub(super) fn nothing(row: &Row) -> String {
    let v = row.variant;
    match (&v.error, &row.run.imported) {
        (Some(fault), _) => format!("the run failed: {}", fault.message),
        (None, Some(tool)) => format!("not in {tool}'s file"),
        (None, None) if v.latency_ns.is_some() => "it was not read".into(),
        (None, None) => "nothing was measured".into(),
    }
}

/// Why a model's file says nothing.
fn of_model(v: &VariantResult) -> &'static str {
    match v.model.format.as_deref() {
        Some(format) if format == EngineKind::Synthetic.name() => "a synthetic engine has no model file",
        Some(_) => OLDER,
        None => "the model was not read",
    }
}

/// Why a condition is absent.
fn missing(row: &Row, name: &str, nothing: &str) -> String {
    let d = &row.variant.device;
    let old = d == &DeviceResult::default() && row.run.imported.is_none();
    d.absent.get(name).cloned().unwrap_or_else(|| if old { OLDER.into() } else { nothing.to_owned() })
}

/// Says so where a mean is of few readings.
fn moment(d: &DeviceResult, what: Option<String>) -> Option<String> {
    let few = (d.readings < FEW_READINGS).then(|| format!("from {} readings only", d.readings.max(1)));
    let parts: Vec<String> = what.into_iter().chain(few).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn load(row: &Row, value: Option<f64>, name: &str, nothing: &str) -> Found {
    let d = &row.variant.device;
    found(value, &missing(row, name, nothing)).remark(moment(d, Some("of all programs together".into())))
}

/// The clock of what the first execution provider computes on.
fn clock(row: &Row, nothing: &str) -> Found {
    let d = &row.variant.device;
    let (value, name, what) = match row.place() {
        Some(Place::Gpu) => (d.gpu_mhz, "gpu_mhz", "the GPU's, on average"),
        None if d.npu_mhz.is_some() => (d.npu_mhz, "npu_mhz", "the NPU's, on average"),
        _ => (d.cpu_mhz, "cpu_mhz", "the fastest CPU's, on average"),
    };
    found(value, &missing(row, name, nothing)).remark(moment(d, Some(what.into())))
}

fn flops(v: &VariantResult, scale: f64) -> Found {
    let Some(complexity) = &v.complexity else {
        let why = match (&v.operators.profile, &v.operators.profile_absent) {
            (Some(_), _) if v.operators.operators.iter().any(|op| op.flops.is_some()) => OLDER,
            (Some(_), _) => "no rule counts the operators that ran",
            (None, why) => why.as_deref().unwrap_or("its operators were not profiled"),
        };
        return found(None, why);
    };
    let types: Vec<String> = complexity.uncounted.iter().map(|(op, n)| format!("{n} {op}")).collect();
    let time = |counted: Option<bool>| -> u64 {
        let ops = v.operators.operators.iter().filter(|op| counted.is_none_or(|counted| op.flops.is_some() == counted));
        ops.map(|op| op.self_ns.max(op.device_ns.unwrap_or(0))).sum()
    };
    let uncounted = time(Some(false)) as f64 / time(None).max(1) as f64;
    if uncounted > MOST_UNCOUNTED {
        let share = nntop_core::unit::percent(uncounted);
        let why = format!("{} have no rule or no shapes to count by, and take {share} of the time", types.join(", "));
        return found(None, &why);
    }
    let remark =
        (!types.is_empty()).then(|| format!("without {}, for which there is no rule or no shape", types.join(", ")));
    found(Some(complexity.flops as f64 / scale), "").remark(remark)
}

/// What stands against trusting the latency.
fn doubt(v: &VariantResult) -> Option<String> {
    let verdict = v.verdict.filter(|verdict| *verdict != Verdict::Stable)?;
    Some(format!("{verdict}: {}", v.verdict_reason.as_deref().unwrap_or("no reason is given")))
}

/// `819 M`, `4.1 G`: operations.
fn scaled(value: f64) -> String {
    match value {
        n if n >= 999.5e9 => format!("{} T", digits(n / 1e12)),
        n if n >= 999.5e6 => format!("{} G", digits(n / 1e9)),
        n if n >= 999.5e3 => format!("{} M", digits(n / 1e6)),
        n if n >= 9_999.5 => format!("{} k", digits(n / 1e3)),
        n => format!("{n:.0}"),
    }
}
