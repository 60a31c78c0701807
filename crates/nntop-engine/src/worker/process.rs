//! A worker's life: load, answer once, then blocks as ordered.

use super::burst;
use super::counters::ProcessCounters;
use super::emitter::Emitter;
use super::scenario::{self, Setting};
use super::spec::{Task, WorkerSpec};
use super::timed::timed;
use super::turn::{Turn, TurnLimits};
use super::{affinity, answers, hand_over, inputs, interrupted, memory, overhead, reading, sys};
use crate::engine::{Engine, Engines, Evaluator, Stream};
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{
    BlockKind, Fault, Kind, Outcome, Outputs, Port, Ready, Scenario, Stage, Startup, WorkerOrder, line,
};
use nntop_core::unit::{Bytes, Nanos};
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, TrySendError};

/// A block holds at most so many inferences: 100 ms at 1.5 µs each.
const BLOCK_CAPACITY: usize = 1 << 16;

/// Single samples between two batches of the live feed, at 2 µs each.
const LIVE_CAPACITY: usize = 1 << 15;

/// Orders that wait: the agent gives one and waits until it is carried out.
const ORDERS: usize = 64;

/// PSS is read at most this often.
const MEMORY_PERIOD: Nanos = Nanos::from_millis(2_000);

/// The `nntop worker` process. Everything it has to say goes to [`EVENTS_FD`](super::spec::EVENTS_FD).
pub fn main() -> ExitCode {
    main_with(&Engines::standard(), None)
}

/// The same with engines of your own (see [`EngineFactory`](crate::engine::EngineFactory)), and with what evaluates models on
/// labelled data.
pub fn main_with(engines: &Engines, evaluator: Option<Evaluator>) -> ExitCode {
    // Time zero of the start-up split has to be read before anything else; the origin comes with the spec.
    let begun = MonotonicClock::start().origin();
    let mut orders = BufReader::new(std::io::stdin());
    let mut order = Vec::new();
    let mut spec: WorkerSpec = match line::read_line(&mut orders, &mut order).map(|_| serde_json::from_slice(&order)) {
        Ok(Ok(spec)) => spec,
        // Somebody typed `nntop worker`: the agent never sends this.
        _ => {
            let text = "error: nntop worker is started by nntop itself\nhint: to measure a model: nntop bench MODEL\n";
            let _ = std::io::stderr().write_all(text.as_bytes());
            return ExitCode::from(2);
        }
    };
    let clock = MonotonicClock::with_origin(spec.clock_origin);
    let emitter = Emitter::new(sys::events(), clock);
    let confined = affinity::confine(&mut spec.variant.options).map_err(|e| e.about(&spec.variant.name));
    let result = confined.and_then(|()| match &spec.task {
        Task::Describe => describe(engines, &spec, &emitter),
        Task::Measure => {
            let begun = Nanos(begun.saturating_sub(spec.clock_origin));
            measure((engines, evaluator), &spec, &emitter, clock, begun, orders)
        }
        Task::Profile { folder, inferences, duration } => {
            let limits = burst::Limits { inferences: *inferences, duration: *duration };
            // Its orders are only listened to for their end.
            let about = |e: Fault| e.about(&spec.variant.name);
            listen(orders, Arc::default())
                .and_then(|_| burst::session(engines, &spec, &emitter, clock, Path::new(folder), limits))
                .map_err(about)
        }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let outcome = Outcome::Failed { error };
            emitter.say(Kind::Finished { variant: spec.slot, run: spec.run, outcome });
            sys::fail()
        }
    }
}

fn describe(engines: &Engines, spec: &WorkerSpec, emitter: &Emitter) -> Result<(), Fault> {
    let model = engines.describe(&spec.variant, &|inputs| inputs::shapes(inputs, &spec.variant))?;
    emitter.say(Kind::Model { variant: spec.slot, run: spec.run, model });
    Ok(())
}

fn measure(
    (engines, evaluator): (&Engines, Option<Evaluator>),
    spec: &WorkerSpec,
    emitter: &Emitter,
    clock: MonotonicClock,
    begun: Nanos,
    orders: BufReader<std::io::Stdin>,
) -> Result<(), Fault> {
    interrupted::listen();
    // Before there is any other thread: those that come inherit it.
    let counters = ProcessCounters::open();
    let hold = Arc::new(AtomicBool::new(false));
    let orders = listen(orders, Arc::clone(&hold))?;
    let (mut live, ring) = rtrb::RingBuffer::new(LIVE_CAPACITY);

    let (mut streams, mut ready) = load((engines, evaluator), spec, emitter, clock, begun)?;
    // Streams of the other scenarios live on threads of their own; one that nobody infers with is profiled.
    let mut spare = streams.split_off(spec.variant.scenario.streams()).pop();
    (ready.clock_precision, ready.loop_overhead) = overhead::measure(clock, spec.variant.scenario, &mut live)?;
    let seed = spec.variant.options.seed;
    let with = Setting { clock, seed, capacity: BLOCK_CAPACITY, hold: Arc::clone(&hold) };
    let mut load = scenario::load(spec.variant.scenario, streams, with).map_err(|e| e.about(&spec.variant.name))?;
    emitter.say(Kind::Ready(ready));

    let mut ring = ring;
    // The samples of the overhead measurement are nobody's latencies.
    if let Ok(chunk) = ring.read_chunk(ring.slots()) {
        chunk.commit_all();
    }
    let no_thread = |e| Fault::run(format!("cannot start a thread: {e}"));
    let _live_feed = emitter.feed_live(spec.slot, spec.run, ring).map_err(no_thread)?;

    let mut turn = Turn::new(spec.slot, spec.run, BLOCK_CAPACITY, live).counting(counters);
    let mut measured = false;
    let mut memory_read = Nanos::ZERO;
    while let Ok(order) = orders.recv() {
        let (kind, block, inferences, duration, both) = match order {
            WorkerOrder::Turn { kind, block, inferences, duration, both } => (kind, block, inferences, duration, both),
            WorkerOrder::Profile { folder, inferences, duration } => {
                let limits = burst::Limits { inferences, duration };
                let Some(stream) = load.stream().or(spare.as_deref_mut().map(|s| s as &mut dyn Stream)) else {
                    continue;
                };
                burst::take(&mut turn, clock, stream, (spec, emitter), Path::new(&folder), limits)
                    .map_err(|e| e.about(&spec.variant.name))?;
                continue;
            }
            WorkerOrder::Hold => continue,
        };
        if kind == BlockKind::Measure && !std::mem::replace(&mut measured, true) {
            memory::reset_peak();
        }
        turn.take(load.as_mut(), kind, TurnLimits { block, inferences, duration, both }, |block| {
            emitter.say(Kind::Block(block));
            if kind == BlockKind::Measure && clock.now().since(memory_read) >= MEMORY_PERIOD {
                emitter.say(Kind::Memory(memory::read(spec.slot, spec.run)));
                memory_read = clock.now();
            }
            !hold.load(Ordering::Relaxed)
        })
        .map_err(|e| e.about(&spec.variant.name))?;
        if kind == BlockKind::Measure {
            emitter.say(Kind::Memory(memory::read(spec.slot, spec.run)));
            memory_read = clock.now();
            if let Some(counters) = turn.counters(spec.variant.scenario.per_query()) {
                emitter.say(Kind::Counters(counters));
            }
        }
        emitter.say(Kind::TurnDone { variant: spec.slot, run: spec.run });
    }
    Ok(())
}

/// Library, the model's files, session, first inference: each timed, each announced. Then the other streams that the scenario wants.
fn load(
    (engines, evaluator): (&Engines, Option<Evaluator>),
    spec: &WorkerSpec,
    emitter: &Emitter,
    clock: MonotonicClock,
    begun: Nanos,
) -> Result<(Vec<Box<dyn Stream>>, Ready), Fault> {
    let (variant, run) = (spec.slot, spec.run);
    let stage = |stage| emitter.say(Kind::Loading { variant, run, stage });

    stage(Stage::Library);
    let t_library = clock.now();
    let engine = engines.open(&spec.variant)?;
    let before = memory::resident();
    let t_read = clock.now();
    stage(Stage::Read);
    reading::read(&spec.variant, &spec.data_files);
    let times = (before, t_library, t_read);
    let loaded = load_model(engine.as_ref(), evaluator, (spec, emitter, clock), begun, times);
    let Loaded { streams, ready, refused } = loaded.map_err(|fault| {
        // Told by the runtime itself, not by the file: no list of what a library cannot run would stay right.
        if engine.has_refused() { hand_over::become_python(spec, || clock.now(), fault) } else { fault }
    })?;
    if refused {
        // Described with the sizes that were assumed first: what it computes is counted anew with those that run.
        let size = |of: &String| of.parse().ok();
        let shape = |port: &Port| Some((port.name.clone(), port.shape.iter().map(size).collect::<Option<_>>()?));
        let shapes: Option<Vec<_>> = ready.inputs.iter().map(shape).collect();
        let model = engines.describe(&spec.variant, &|_| shapes.clone())?;
        emitter.say(Kind::Model { variant, run, model });
    }
    Ok((streams, ready))
}

/// A model that has answered once.
struct Loaded {
    /// Those that the scenario wants, and perhaps one more.
    streams: Vec<Box<dyn Stream>>,
    ready: Ready,
    /// Whether the sizes that were assumed first were refused.
    refused: bool,
}

/// From the session on: what a runtime may refuse.
fn load_model(
    engine: &dyn Engine,
    evaluator: Option<Evaluator>,
    (spec, emitter, clock): (&WorkerSpec, &Emitter, MonotonicClock),
    begun: Nanos,
    (before, t_library, t_read): (Option<Bytes>, Nanos, Nanos),
) -> Result<Loaded, Fault> {
    let (variant, run) = (spec.slot, spec.run);
    let stage = |stage| emitter.say(Kind::Loading { variant, run, stage });
    let t_session = clock.now();
    stage(Stage::Session);
    let model = engine.load(&spec.variant)?;
    let t_inputs = clock.now();
    let about = |e: Fault| e.about(&spec.variant.model);
    let load_peak = std::cell::Cell::new((None, Nanos::ZERO));
    let infer = |stream: &mut dyn Stream| {
        // The last moment at which nothing was inferred. Its time is left out of the start's.
        let t_look = clock.now();
        let peak = memory::peak();
        load_peak.set((peak, clock.now().since(t_look)));
        let t_first = clock.now();
        stage(Stage::FirstInference);
        timed(&clock, stream).map(|(begin, end)| (t_first, begin, end))
    };
    let answered = inputs::answered(model.as_ref(), &spec.variant, || clock.now(), infer)?;
    // Decoding images is no part of the model's start, and neither are sizes that were refused.
    let (load_peak, looking) = load_peak.get();
    let making = answered.ready.since(t_inputs) + looking;
    let refused = answered.refused;
    let (prepared, stream, (t_first, t_infer, t_done)) = (answered.prepared, answered.stream, answered.first);
    let (after, first_inference_peak) = (memory::resident(), memory::peak());

    if spec.tell_outputs
        && let Ok(outputs) = stream.outputs()
    {
        let tensors = answers::samples(&outputs);
        emitter.say(Kind::Outputs(Outputs { variant, run, tensors }));
    }

    let startup = Startup {
        process: begun.since(spec.spawned),
        library: t_read.since(t_library),
        model_read: t_session.since(t_read),
        session: t_first.since(t_session).since(making),
        first_inference: t_done.since(t_infer),
        total: t_done.since(spec.spawned).since(making),
    };
    let model_memory = before.zip(after).map(|(b, a)| Bytes(a.0.saturating_sub(b.0)));
    let ready = Ready {
        variant,
        run,
        engine: model.engine(),
        startup,
        model_memory,
        load_peak,
        first_inference_peak,
        batch: prepared.batch,
        inputs: prepared.ports(),
        inputs_from: prepared.inputs_from.clone(),
        assumed: prepared.assumed.clone(),
        outputs: inputs::ports(model.outputs()),
        clock_precision: Nanos::ZERO,
        loop_overhead: Nanos::ZERO,
    };
    // Apart from all that is measured, and before it: the warm-up brings back what it has displaced.
    if let Some(what) = spec.variant.evaluation.as_deref().filter(|_| run == 1) {
        let evaluate = evaluator.ok_or_else(|| Fault::run("this program does not evaluate accuracy"))?;
        evaluate(model.as_ref(), &spec.variant, what, &mut |accuracy| {
            emitter.say(Kind::Accuracy { variant, run, accuracy: Box::new(accuracy) });
        })?;
    }
    let mut streams = vec![stream];
    let spare = usize::from(!matches!(spec.variant.scenario, Scenario::SingleStream | Scenario::Paced { .. }));
    for _ in 1..spec.variant.scenario.streams() + spare {
        streams.push(model.stream(&prepared.tensors).map_err(about)?);
    }
    Ok(Loaded { streams, ready, refused })
}

/// Reads orders on a thread of their own. When they end, so does the process, whatever the engine is doing:
/// nobody is left to measure for.
fn listen(mut orders: BufReader<std::io::Stdin>, hold: Arc<AtomicBool>) -> Result<mpsc::Receiver<WorkerOrder>, Fault> {
    let (sender, receiver) = mpsc::sync_channel(ORDERS);
    let listener = move || {
        let mut order = Vec::new();
        loop {
            if !matches!(line::read_line(&mut orders, &mut order), Ok(n) if n > 0) {
                sys::end()
            }
            match serde_json::from_slice(&order) {
                // Both here, in the order in which they came: a hold on the heels of its turn must not be lost.
                Ok(WorkerOrder::Hold) => hold.store(true, Ordering::Relaxed),
                Ok(order) => {
                    hold.store(false, Ordering::Relaxed);
                    // Not waited for: while it waited it would not see the end of the orders.
                    if let Err(TrySendError::Full(_)) = sender.try_send(order) {
                        let _ = std::io::stderr().write_all(b"error: more orders than a worker keeps\n");
                        sys::fail();
                    }
                }
                Err(_) => {}
            }
        }
    };
    std::thread::Builder::new()
        .name("nntop-orders".into())
        .spawn(listener)
        .map_err(|e| Fault::run(format!("cannot start a thread: {e}")))?;
    Ok(receiver)
}
