//! Trace events, as far as they matter, in some ten words each.

use crate::op_trace::import::counted;
use crate::op_trace::import::json::{Json, Stop};
use nntop_core::event::TensorSig;
use std::collections::HashMap;
use std::io::Read;
use std::rc::Rc;

/// More events are not kept: they would fill the memory of a small board.
const MOST_EVENTS: usize = 5_000_000;

/// Names and shapes of more bytes than this are nobody's.
const MOST_NAMES: usize = 256 << 20;

/// Operators with more inputs, and shapes of more axes, are shown without them.
const MOST_INPUTS: usize = 64;

/// What an event stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cat {
    Op,
    Step,
    Annotation,
    Module,
    Function,
    /// A call of the device's runtime: a launch, a copy, a wait.
    Runtime,
    Kernel,
    Copy,
}

/// A complete event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) cat: Cat,
    pub(super) name: u32,
    pub(super) thread: u32,
    /// In nanoseconds, from whatever the trace counts.
    pub(super) begin: i64,
    pub(super) duration: i64,
    /// What links host and device; 0 is none.
    pub(super) external: u64,
    pub(super) correlation: u64,
    /// Place in [`Events::shapes`].
    pub(super) shapes: u32,
    pub(super) device: u16,
}

impl Event {
    pub(super) fn end(&self) -> i64 {
        self.begin + self.duration
    }

    pub(super) fn is_on_device(&self) -> bool {
        matches!(self.cat, Cat::Kernel | Cat::Copy)
    }
}

/// All events of a trace.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) all: Vec<Event>,
    pub(super) names: Names,
    /// Inputs of operators, each list once; the first is that of none.
    pub(super) shapes: Vec<Vec<TensorSig>>,
    shapes_by: HashMap<Vec<TensorSig>, u32>,
    threads: HashMap<(String, String), u32>,
    /// Begun by `B` and not yet ended, by thread: places in `all`.
    open: HashMap<u32, Vec<usize>>,
    /// What the device's runtime is called: `cuda`.
    pub(super) device: Option<&'static str>,
    wrong: u64,
    bytes: usize,
}

/// Names, each once.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_text: HashMap<Rc<str>, u32>,
    pub(super) all: Vec<Rc<str>>,
    bytes: usize,
}

impl Names {
    fn of(&mut self, text: &str) -> u32 {
        if let Some(i) = self.by_text.get(text) {
            return *i;
        }
        let (text, new): (Rc<str>, u32) = (text.into(), self.all.len() as u32);
        self.bytes += text.len();
        self.all.push(text.clone());
        self.by_text.insert(text, new);
        new
    }
}

/// Arguments that matter.
#[derive(Default)]
struct Args {
    external: u64,
    correlation: u64,
    device: u16,
    dims: Vec<Option<Vec<u64>>>,
    types: Vec<String>,
}

impl Events {
    /// Whether no more can be kept.
    pub(super) fn is_full(&self) -> bool {
        self.all.len() >= MOST_EVENTS || self.names.bytes + self.bytes > MOST_NAMES
    }

    /// Reads the members of an event, whose object has been entered.
    pub(super) fn read(&mut self, json: &mut Json<impl Read>) -> Result<(), Stop> {
        let mut texts: [Option<String>; 7] = Default::default();
        let mut args = Args::default();
        while let Some(key) = json.key(&["ph", "cat", "name", "pid", "tid", "ts", "dur", "args"])? {
            match key {
                7 => self::args(json, &mut args)?,
                key => texts[key] = json.text()?,
            }
        }
        let [phase, category, name, process, thread, begin, duration] = texts;
        let phase = phase.unwrap_or_default();
        if !matches!(phase.as_str(), "X" | "B" | "E") {
            return Ok(());
        }
        let (category, name) = (category.unwrap_or_default(), name.unwrap_or_default());
        let threads = self.threads.len() as u32;
        let thread = (process.unwrap_or_default(), thread.unwrap_or_default());
        self.bytes += thread.0.len() + thread.1.len();
        let thread = *self.threads.entry(thread).or_insert(threads);
        let begin = begin.and_then(|text| nanos(&text));
        let duration = duration.and_then(|text| nanos(&text)).filter(|ns| *ns >= 0);
        if phase == "E" {
            if let (Some(end), Some(i)) = (begin, self.open.get_mut(&thread).and_then(Vec::pop)) {
                let event = &mut self.all[i];
                event.duration = (end - event.begin).max(0);
            }
            return Ok(());
        }
        let Some((cat, name)) = self.kind(&category, &name) else { return Ok(()) };
        let (Some(begin), Some(duration)) = (begin, duration.or((phase == "B").then_some(-1))) else {
            self.wrong += 1;
            return Ok(());
        };
        let name = self.names.of(name);
        let shapes = self.shapes(args.dims, &args.types);
        let Args { external, correlation, device, .. } = args;
        if phase == "B" {
            self.open.entry(thread).or_default().push(self.all.len());
        }
        self.all.push(Event { cat, name, thread, begin, duration, external, correlation, shapes, device });
        Ok(())
    }

    /// What an event stands for, and its name without what differs from call to call; absent where it is none that
    /// counts.
    fn kind<'a>(&mut self, category: &str, name: &'a str) -> Option<(Cat, &'a str)> {
        if name.starts_with("ProfilerStep") && matches!(category, "user_annotation" | "cpu_op" | "Operator" | "") {
            return Some((Cat::Step, "ProfilerStep"));
        }
        let cat = match category {
            // Versions before 1.12 of PyTorch write the second.
            "cpu_op" | "Operator" | "operator" => Cat::Op,
            // A PyTorch without Kineto writes no category.
            "" if name.starts_with("aten::") => Cat::Op,
            "user_annotation" => Cat::Annotation,
            "python_function" => match name.strip_prefix("nn.Module: ") {
                Some(module) => return Some((Cat::Module, module)),
                None => Cat::Function,
            },
            "kernel" | "Kernel" | "gpu_memset" | "Memset" => Cat::Kernel,
            "gpu_memcpy" | "Memcpy" => Cat::Copy,
            // Copies of the host's annotations, the profiler's own work, and spans that are no work.
            "gpu_user_annotation" | "overhead" | "Trace" | "cpu_instant_event" => return None,
            _ => match category.strip_suffix("_runtime").or_else(|| category.strip_suffix("_driver")) {
                Some(device) => {
                    self.device.get_or_insert(match device {
                        "cuda" => "cuda",
                        "xpu" => "xpu",
                        "mtia" => "mtia",
                        _ => "gpu",
                    });
                    Cat::Runtime
                }
                None if category == "Runtime" => Cat::Runtime,
                None => Cat::Function,
            },
        };
        Some((cat, name))
    }

    /// The place of these inputs among all; what is no tensor is left out.
    fn shapes(&mut self, dims: Vec<Option<Vec<u64>>>, types: &[String]) -> u32 {
        if self.shapes.is_empty() {
            self.shapes.push(Vec::new());
            self.shapes_by.insert(Vec::new(), 0);
        }
        let tensors: Vec<TensorSig> = dims
            .into_iter()
            .zip(types)
            .filter_map(|(shape, name)| Some(TensorSig { dtype: data_type(name)?, shape: shape? }))
            .collect();
        if let Some(i) = self.shapes_by.get(&tensors) {
            return *i;
        }
        let new = self.shapes.len() as u32;
        self.bytes += tensors.iter().map(|t| 32 + t.dtype.len() + 8 * t.shape.len()).sum::<usize>();
        self.shapes.push(tensors.clone());
        self.shapes_by.insert(tensors, new);
        new
    }

    /// Leaves out what has no end, and says what is missing.
    pub(super) fn finish(&mut self) -> Vec<String> {
        let mut notes = Vec::new();
        let before = self.all.len();
        self.all.retain(|event| event.duration >= 0);
        let missing = self.wrong + (before - self.all.len()) as u64;
        if missing > 0 {
            notes.push(format!("left out: {} without a begin or an end", counted(missing, "event")));
        }
        notes
    }
}

fn args(json: &mut Json<impl Read>, args: &mut Args) -> Result<(), Stop> {
    if !json.object()? {
        return Ok(());
    }
    let keys = ["External id", "external id", "correlation", "device", "Input Dims", "Input dims", "Input type"];
    while let Some(key) = json.key(&keys)? {
        match key {
            0 | 1 => args.external = json.count()?.unwrap_or(0),
            2 => args.correlation = json.count()?.unwrap_or(0),
            3 => args.device = json.count()?.and_then(|n| n.try_into().ok()).unwrap_or(0),
            4 | 5 => args.dims = dims(json)?,
            _ => {
                if json.array()? {
                    while json.more()? {
                        let name = json.text()?.unwrap_or_default();
                        if args.types.len() < MOST_INPUTS {
                            args.types.push(name);
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// `[[1, 3, 224, 224], [], [[1, 2], [3]]]`; what is no shape of one tensor is none.
fn dims(json: &mut Json<impl Read>) -> Result<Vec<Option<Vec<u64>>>, Stop> {
    let mut all = Vec::new();
    if !json.array()? {
        return Ok(all);
    }
    while json.more()? {
        let mut shape = json.array()?.then(Vec::new);
        if shape.is_some() {
            while json.more()? {
                let axis = json.count()?;
                shape = shape.zip(axis).filter(|(s, _)| s.len() < MOST_INPUTS).map(|(mut shape, axis)| {
                    shape.push(axis);
                    shape
                });
            }
        }
        if all.len() < MOST_INPUTS {
            all.push(shape);
        }
    }
    Ok(all)
}

/// nntop's name of PyTorch's element type; absent for scalars and lists.
fn data_type(name: &str) -> Option<String> {
    Some(
        match name {
            "float" => "float32",
            "double" => "float64",
            "c10::Half" => "float16",
            "c10::BFloat16" => "bfloat16",
            "signed char" => "int8",
            "unsigned char" => "uint8",
            "short" | "short int" => "int16",
            "int" => "int32",
            "long" | "long int" | "long long" => "int64",
            "bool" => "bool",
            "c10::complex<float>" => "complex64",
            "c10::complex<double>" => "complex128",
            "c10::Float8_e4m3fn" => "float8_e4m3fn",
            "c10::Float8_e5m2" => "float8_e5m2",
            "c10::qint8" => "int8",
            "c10::quint8" => "uint8",
            _ => return None,
        }
        .to_owned(),
    )
}

/// Microseconds as nanoseconds. Traces count from the begin of 1970, with three decimals: more digits than a floating-
/// point number holds.
fn nanos(micros: &str) -> Option<i64> {
    let (whole, fraction) = micros.split_once('.').unwrap_or((micros, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let ns = match whole.strip_prefix('-').unwrap_or(whole) {
        plain if !plain.is_empty() && plain.len() <= 16 && digits(plain) && digits(fraction) => {
            let thousandths = fraction.bytes().chain([b'0'; 3]).take(3).fold(0, |n, d| n * 10 + i64::from(d - b'0'));
            let size = plain.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(thousandths)?;
            if whole.starts_with('-') { -size } else { size }
        }
        _ => {
            let ns = micros.parse::<f64>().ok()? * 1e3;
            (ns.abs() < LATEST as f64).then_some(ns as i64)?
        }
    };
    (ns.abs() < LATEST).then_some(ns)
}

/// Sums of two such times do not overflow.
const LATEST: i64 = 1 << 61;

#[cfg(test)]
mod tests {
    use super::nanos;

    #[test]
    fn times_keep_their_nanoseconds() {
        assert_eq!(nanos("7376383457086.139"), Some(7_376_383_457_086_139));
        assert_eq!(nanos("1700000000000000.5"), Some(1_700_000_000_000_000_500));
        assert_eq!(nanos("12"), Some(12_000));
        assert_eq!(nanos("0.0019"), Some(1));
        assert_eq!(nanos("-3.25"), Some(-3_250));
        assert_eq!(nanos("1e3"), Some(1_000_000));
        for none in ["", "x", "NaN", "inf", "9999999999999999", "-", "1.2.3"] {
            assert_eq!(nanos(none), None, "{none}");
        }
    }
}
