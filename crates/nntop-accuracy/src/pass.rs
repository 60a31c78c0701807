//! The pass over a data set: read and prepare a few examples on all CPUs, then infer them one by one, and nothing else meanwhile.

use crate::agreement::Comparison;
use crate::dataset::{Dataset, Item, Label, Mask};
use crate::feed::{described, make, ports, preprocess};
use crate::judge::{Judge, NO_TASK};
use crate::outputs;
use crate::preprocess::Preprocess;
use crate::task::detection::Letterbox;
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Accuracy, Evaluation, Example, Fault, InferenceTime, VariantSpec};
use nntop_core::stats::Distribution;
use nntop_core::unit::Nanos;
use nntop_engine::engine::Model;
use nntop_engine::tensor::{Shape, Tensor, TensorSpec, elements};
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

/// An example that is ready to be inferred: the tensors of its windows, mostly one of them, and where its picture lies.
struct Ready {
    windows: Vec<Vec<Tensor>>,
    place: Option<Letterbox>,
    mask: Option<Mask>,
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
    let whole = match what.random {
        Some(n) => Dataset::random(n, what.seed),
        None if what.reference.is_some() || what.outputs.is_some() => {
            Dataset::open_unlabelled(Path::new(&what.dataset))?
        }
        None => Dataset::open(Path::new(&what.dataset))?,
    };
    let mut comparison = what.reference.as_ref().map(|r| Comparison::open(r, &whole)).transpose()?;
    let set = whole.without(what.leave_out, what.limit, what.seed);
    let ports = ports(model, variant, &set)?;
    // Pictures and bytes go into a model's only input; of several each is fed with its own array, as it is.
    let how = match ports.as_slice() {
        [(input, shape)] => preprocess(what, input, shape, set.items.first().map(|i| &i.label))?,
        _ => Preprocess::default(),
    };
    let mut judge = Judge::of(&set, if what.outputs.is_some() { Some(NO_TASK) } else { what.task.as_deref() })?;
    let mut kept = what.outputs.as_deref().map(outputs::Writer::create).transpose()?;
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
    let together = (TOGETHER_BYTES / bytes(&ports).max(1)).clamp(TOGETHER.0, TOGETHER.1);
    for items in set.items.chunks(together) {
        let ready = prepare(items, threads, clock, |item| make(item, &how, &ports));
        for (item, ready) in items.iter().zip(ready) {
            let ready = match ready {
                Ok(ready) => ready,
                Err(why) => {
                    pass.error(item, &why, what)?;
                    continue;
                }
            };
            let mut outputs = Vec::with_capacity(ready.windows.len());
            let mut engine = Nanos::ZERO;
            for tensors in &ready.windows {
                let mut stream = model.stream(tensors)?;
                let begin = clock.now();
                stream.infer()?;
                engine = engine + clock.now().since(begin);
                outputs.push(stream.outputs()?);
            }
            let begin = clock.now();
            let answer = judge.answer(item, &ready.windows, &outputs, ready.place.as_ref(), ready.mask.as_ref())?;
            pass.took(item, ready.pre, engine, clock.now().since(begin));
            if let Some(kept) = &mut kept {
                kept.keep(&item.name, &outputs)?;
            }
            if let Some(comparison) = &mut comparison {
                comparison.take(&item.name, &outputs)?;
            }
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
    kept.map_or(Ok(()), outputs::Writer::finish)?;
    let mut found = pass.accuracy(&judge, true);
    if let Some(comparison) = comparison {
        comparison.put_into(&mut found);
    }
    say(found);
    Ok(())
}

/// What the inputs of one example take.
fn bytes(ports: &[(TensorSpec, Shape)]) -> usize {
    let of = |(spec, shape): &(TensorSpec, Shape)| elements(shape).and_then(|n| spec.dtype.byte_len(n));
    ports.iter().filter_map(of).filter_map(|n| usize::try_from(n).ok()).fold(0, usize::saturating_add)
}

/// Each item's input by `make`, on `threads` threads, in the order of the items.
fn prepare(
    items: &[Item],
    threads: usize,
    clock: MonotonicClock,
    make: impl Fn(&Item) -> Result<(Vec<Vec<Tensor>>, Option<Letterbox>), String> + Sync,
) -> Vec<Result<Ready, String>> {
    let one = |item: &Item| {
        let begin = clock.now();
        let (windows, place) = make(item)?;
        let pre = clock.now().since(begin);
        // What is right is no part of an inference: its time is nobody's.
        let mask = match &item.label {
            Label::Mask(path) => Some(Mask::read(path)?),
            _ => None,
        };
        Ok(Ready { windows, place, mask, pre })
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
