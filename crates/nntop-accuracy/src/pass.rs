//! The pass over a data set: read and prepare a few examples on all CPUs, then infer them one by one, and nothing else meanwhile.

use crate::dataset::{Dataset, Input, Item, Label, Source};
use crate::judge::Judge;
use crate::preprocess::{Prepared, Preprocess, picture_size};
use crate::task::detection::Letterbox;
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Accuracy, Evaluation, Example, Fault, InferenceTime, VariantSpec};
use nntop_core::stats::Distribution;
use nntop_core::unit::Nanos;
use nntop_engine::engine::Model;
use nntop_engine::tensor::{Data, DataType, Shape, Tensor, TensorSpec, elements};
use nntop_engine::workload;
use std::io::Write;
use std::path::Path;

/// Bytes of inputs that are prepared together: memory is bounded by them, whatever the size of the data set. Many small ones,
/// because a runtime's threads go on spinning for milliseconds after an inference, on the CPUs that the next ones need.
const TOGETHER_BYTES: usize = 32 << 20;

/// Examples that are prepared together, at least and at most.
const TOGETHER: (usize, usize) = (8, 512);

/// Progress is reported this often.
const EVERY: Nanos = Nanos::from_millis(500);

/// Slow examples that are named.
const NAMED: usize = 10;

/// An example that is ready to be inferred: the tensors of its windows, mostly one, and where its picture lies.
struct Ready {
    tensors: Vec<Tensor>,
    place: Option<Letterbox>,
    pre: Nanos,
}

/// Evaluates a loaded model; `say` takes in the figures until now, and at the end those of all examples.
///
/// # Errors
/// When the data set cannot be read or does not fit the model, when more examples than allowed cannot be read, or when the
/// runtime fails.
pub fn evaluate(
    model: &dyn Model,
    variant: &VariantSpec,
    what: &Evaluation,
    say: &mut dyn FnMut(Accuracy),
) -> Result<(), Fault> {
    let set = Dataset::open(Path::new(&what.dataset))?.limited(what.limit, what.seed);
    let (input, shape) = only_input(model, variant)?;
    let detection = matches!(set.items.first().map(|i| &i.label), Some(Label::Objects(_)));
    let how = preprocess(what, &input, &shape, detection)?;
    let mut judge = Judge::of(&set, what.task.as_deref())?;
    let mut file = match &what.predictions {
        Some(path) => Some(std::io::BufWriter::new(
            std::fs::File::create(path)
                .map_err(|e| Fault::input(format!("--save-predictions {path}: cannot be written: {e}")))?,
        )),
        None => None,
    };
    let clock = MonotonicClock::start();
    let mut pass = Pass { total: set.items.len() as u64, preprocessing: described(&set, &how), ..Pass::default() };
    let mut said = clock.now();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let bytes = elements(&shape).and_then(|n| input.dtype.byte_len(n)).and_then(|n| usize::try_from(n).ok());
    let together = (TOGETHER_BYTES / bytes.unwrap_or(1).max(1)).clamp(TOGETHER.0, TOGETHER.1);
    for items in set.items.chunks(together) {
        let ready = prepare(items, threads, clock, |item| make(item, &how, &input, &shape));
        for (item, ready) in items.iter().zip(ready) {
            let ready = match ready {
                Ok(ready) => ready,
                Err(why) => {
                    pass.error(item, &why, what)?;
                    continue;
                }
            };
            let mut outputs = Vec::with_capacity(ready.tensors.len());
            let mut engine = Nanos::ZERO;
            for tensor in &ready.tensors {
                let mut stream = model.stream(std::slice::from_ref(tensor))?;
                let begin = clock.now();
                stream.infer()?;
                engine = engine + clock.now().since(begin);
                outputs.push(stream.outputs()?);
            }
            let begin = clock.now();
            let answer = judge.answer(item, &ready.tensors, &outputs, ready.place.as_ref())?;
            pass.took(item, ready.pre, engine, clock.now().since(begin));
            if let Some(file) = &mut file {
                writeln!(file, "{answer}")
                    .map_err(|e| Fault::run(format!("the predictions cannot be written: {e}")))?;
            }
        }
        if clock.now().since(said) >= EVERY {
            said = clock.now();
            say(pass.accuracy(&judge, false));
        }
    }
    if let Some(mut file) = file {
        file.flush().map_err(|e| Fault::run(format!("the predictions cannot be written: {e}")))?;
    }
    say(pass.accuracy(&judge, true));
    Ok(())
}

/// How inputs are made, in words.
pub(crate) fn described(set: &Dataset, how: &Preprocess) -> String {
    let arrays = set.items.first().is_some_and(|item| matches!(item.source, Source::Row(..)));
    if arrays && how.is_neutral() { "the arrays' values as they are".into() } else { how.to_string() }
}

/// The model's one input and its shape for one example.
fn only_input(model: &dyn Model, variant: &VariantSpec) -> Result<(TensorSpec, Shape), Fault> {
    let specs = model.inputs();
    let options = &variant.options;
    let resolved = workload::sizes(specs, &nntop_core::event::EngineOptions { batch: Some(1), ..options.clone() }, 0);
    let resolved = resolved.map(|(resolved, _)| resolved);
    let resolved =
        resolved.map_err(|e| Fault::input(format!("{}: {e}", variant.model)).hint("give --shape or --dim"))?;
    match <[_; 1]>::try_from(resolved) {
        Ok([(spec, shape)]) => Ok((spec, shape)),
        Err(all) => Err(Fault::input(format!(
            "{}: {} inputs; accuracy is measured of models with one",
            variant.model,
            all.len()
        ))
        .hint("inputs: ".to_owned() + &specs.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))),
    }
}

pub(crate) fn preprocess(
    what: &Evaluation,
    input: &TensorSpec,
    shape: &[u64],
    detection: bool,
) -> Result<Preprocess, Fault> {
    match &what.preprocess {
        Some(name) => Preprocess::named(name),
        None => {
            let (width, height) = picture_size(shape).unwrap_or((0, 0));
            Ok(Preprocess::derived(input.dtype, width, height, detection))
        }
    }
}

/// Each item's input by `make`, on `threads` threads, in the order of the items.
fn prepare(
    items: &[Item],
    threads: usize,
    clock: MonotonicClock,
    make: impl Fn(&Item) -> Result<(Vec<Tensor>, Option<Letterbox>), String> + Sync,
) -> Vec<Result<Ready, String>> {
    let one = |item: &Item| {
        let begin = clock.now();
        let (tensors, place) = make(item)?;
        Ok(Ready { tensors, place, pre: clock.now().since(begin) })
    };
    let each = items.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        let (first, rest) = items.split_at(each.min(items.len()));
        let others: Vec<_> =
            rest.chunks(each).map(|part| scope.spawn(move || part.iter().map(one).collect::<Vec<_>>())).collect();
        let mut all: Vec<_> = first.iter().map(one).collect();
        for (other, part) in others.into_iter().zip(rest.chunks(each)) {
            // A thread that panicked has said why on standard error; its examples are errors.
            all.extend(
                other.join().unwrap_or_else(|_| part.iter().map(|_| Err("its decoder panicked".into())).collect()),
            );
        }
        all
    })
}

/// The tensors of an example.
pub(crate) fn make(
    item: &Item,
    how: &Preprocess,
    spec: &TensorSpec,
    shape: &Shape,
) -> Result<(Vec<Tensor>, Option<Letterbox>), String> {
    match item.read()? {
        Input::Picture(picture) => {
            let Prepared { tensor, place } = how.apply(picture, spec, shape)?;
            Ok((vec![tensor], Some(place)))
        }
        Input::Bytes(windows) => {
            let tensors = windows.into_iter().map(|bytes| from_bytes(bytes, how, spec, shape));
            Ok((tensors.collect::<Result<_, _>>()?, None))
        }
        Input::Row(row) => Ok((vec![from_row(&row, how, spec, shape)?], None)),
    }
}

/// Raw bytes as a tensor: as they are where they are as many as the tensor has; else one level (0 to 255) per element.
/// Anomaly detection's are floats, whatever the model takes.
fn from_bytes(bytes: Vec<u8>, how: &Preprocess, spec: &TensorSpec, shape: &Shape) -> Result<Tensor, String> {
    let n = elements(shape).and_then(|n| usize::try_from(n).ok()).ok_or("an input of no size")?;
    let tensor = |data: Vec<u8>| Tensor {
        name: spec.name.clone(),
        dtype: spec.dtype,
        shape: shape.clone(),
        data: Data::Bytes(data),
    };
    let size = spec.dtype.byte_len(n as u64).and_then(|n| usize::try_from(n).ok());
    if bytes.len() == n && matches!(spec.dtype, DataType::F32 | DataType::F16 | DataType::I8 | DataType::U8) {
        // Three channels stand side by side in files; a model of planes takes them apart.
        let planes = matches!(shape.as_slice(), [1, 3, ..]);
        let channels = if planes || shape.last() == Some(&3) { 3 } else { 1 };
        let area = n / channels;
        let mut data = Vec::with_capacity(size.unwrap_or(n));
        for i in 0..n {
            let (at, channel) = if planes { (i % area * channels + i / area, i / area) } else { (i, i % channels) };
            let level = bytes[at];
            data.extend(how.element(spec.dtype, level, channel).ok_or("the model takes no bytes")?);
        }
        return Ok(tensor(data));
    }
    if Some(bytes.len()) == size {
        return Ok(tensor(bytes));
    }
    if bytes.len() == n * 4 {
        let floats = bytes.chunks_exact(4).map(|c| f64::from(f32::from_le_bytes([c[0], c[1], c[2], c[3]])));
        return Ok(tensor(quantized(floats, how, spec)?));
    }
    Err(format!("{} bytes, and {spec} takes {n} elements", bytes.len()))
}

fn from_row(row: &Tensor, how: &Preprocess, spec: &TensorSpec, shape: &Shape) -> Result<Tensor, String> {
    let n = elements(shape);
    if elements(&row.shape) != n {
        return Err(format!("{} where {spec} is expected", row.describe()));
    }
    if row.dtype == spec.dtype && how.is_neutral() {
        return Ok(Tensor { name: spec.name.clone(), shape: shape.clone(), ..row.clone() });
    }
    let all = row.numbers().ok_or("strings are no numbers")?;
    let scaled = all.into_iter().map(|v| (v * how.scale - how.mean[0]) / how.std[0]);
    let data = Data::Bytes(quantized(scaled, how, spec)?);
    Ok(Tensor { name: spec.name.clone(), dtype: spec.dtype, shape: shape.clone(), data })
}

fn quantized(all: impl Iterator<Item = f64>, how: &Preprocess, spec: &TensorSpec) -> Result<Vec<u8>, String> {
    let mut data = Vec::new();
    for value in all {
        let element = crate::preprocess::element(spec.dtype, value, how.quantization_scale, how.quantization_zero);
        data.extend(element.ok_or_else(|| format!("{spec} takes no numbers"))?);
    }
    Ok(data)
}

/// What is known of a pass beside the answers.
#[derive(Default)]
struct Pass {
    total: u64,
    preprocessing: String,
    errors: u64,
    first_error: Option<String>,
    n: u64,
    pre: u64,
    engine: u64,
    post: u64,
    whole: Distribution,
    slowest: Vec<Example>,
}

impl Pass {
    fn error(&mut self, item: &Item, why: &str, what: &Evaluation) -> Result<(), Fault> {
        self.errors += 1;
        let named = format!("{}: {why}", item.name);
        let first = self.first_error.get_or_insert(named).clone();
        if self.errors > what.max_errors {
            return Err(Fault::input(format!("--dataset {}: {first}", what.dataset)).hint(format!(
                "{} of {} examples could not be read; --max-errors N allows more",
                self.errors, self.total
            )));
        }
        Ok(())
    }

    fn took(&mut self, item: &Item, pre: Nanos, engine: Nanos, post: Nanos) {
        self.n += 1;
        self.pre += pre.0;
        self.engine += engine.0;
        self.post += post.0;
        self.whole.merge_exact(&[pre.0 + engine.0 + post.0]);
        let value = engine.0 as f64;
        let at = self.slowest.partition_point(|e| e.value >= value);
        if at < NAMED {
            let slow = Example { name: item.name.clone(), label: String::new(), answer: String::new(), value };
            self.slowest.insert(at, slow);
            self.slowest.truncate(NAMED);
        }
    }

    fn accuracy(&self, judge: &Judge, done: bool) -> Accuracy {
        let mean = |sum: u64| Nanos(sum / self.n.max(1));
        let at = |q| Nanos(self.whole.quantile(q).unwrap_or(0));
        Accuracy {
            total: self.total,
            errors: self.errors,
            first_error: self.first_error.clone(),
            preprocessing: self.preprocessing.clone(),
            slowest: self.slowest.clone(),
            time: InferenceTime {
                pre: mean(self.pre),
                engine: mean(self.engine),
                post: mean(self.post),
                p50: at(0.5),
                p99: at(0.99),
            },
            done,
            ..judge.accuracy()
        }
    }
}
