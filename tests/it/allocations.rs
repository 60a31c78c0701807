//! The timed loop allocates nothing, with ONNX Runtime itself and not with an engine that does nothing.
//!
//! Counted is what Rust allocates, `ort` included; what ONNX Runtime does inside its call is what is measured.

use crate::support::{demo, runtime};
use nntop::clock::MonotonicClock;
use nntop::engine::{self, Stream};
use nntop::event::{BlockKind, EngineOptions, Scenario, VariantSpec};
use nntop::unit::Nanos;
use nntop::worker::{self, BlockLimits, SampleBuffer, Setting, time_block};
use nntop::workload;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting for each thread.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn count() {
    // While a thread ends its counter may be gone already; nobody reads it then.
    let _ = ALLOCATIONS.try_with(|n| n.set(n.get() + 1));
}

// SAFETY: everything is passed on to the system's allocator as it is.
#[allow(unsafe_code, reason = "a global allocator")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // To free is as slow as to allocate.
        count();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

fn streams(count: usize) -> Vec<Box<dyn Stream>> {
    let library = Some(runtime().to_str().unwrap().to_owned());
    let spec = VariantSpec {
        name: "demo".into(),
        model: demo("digits-int8"),
        engine: "onnxruntime".into(),
        options: EngineOptions { library, threads: Some(1), ..EngineOptions::default() },
        ..VariantSpec::default()
    };
    let model = engine::open(&spec).unwrap().load(&spec).unwrap();
    let shapes = workload::resolve_shapes(model.inputs(), None, &BTreeMap::new(), &BTreeMap::new()).unwrap();
    let inputs: Vec<_> = shapes.iter().map(|(input, shape)| workload::random(input, 0, shape, 0).unwrap()).collect();
    (0..count).map(|_| model.stream(&inputs).unwrap()).collect()
}

#[test]
fn the_timed_loop_allocates_nothing() {
    let mut stream = streams(1).remove(0);
    let mut buffer = SampleBuffer::new(1_000);
    // The live feed is full after ten: a full one costs nothing either.
    let (mut live, _reader) = rtrb::RingBuffer::new(10);
    let clock = MonotonicClock::start();
    let limits = BlockLimits { inferences: 300, duration: Nanos(u64::MAX), both: false };
    let in_loop = allocations(|| {
        time_block(&clock, stream.as_mut(), limits, &mut buffer, &mut live).unwrap();
    });
    assert_eq!((in_loop, buffer.samples().len()), (0, 300));
    assert!(allocations(|| drop(std::hint::black_box(Box::new(1)))) >= 2, "the counter counts");
}

#[test]
fn nor_does_it_with_openvino_or_litert() {
    let openvino = crate::native::spec("openvino", std::path::Path::new(&demo("digits-int8")));
    let mut specs = vec![openvino];
    if let Some(models) = crate::support::test_models() {
        let model = models.with_file_name("mlperf-tiny").join("ad01-autoencoder/ad01_int8.tflite");
        specs.push(crate::native::spec("litert", &model));
    }
    for spec in specs {
        let model = engine::open(&spec).unwrap().load(&spec).unwrap();
        let shapes = workload::resolve_shapes(model.inputs(), None, &BTreeMap::new(), &BTreeMap::new()).unwrap();
        let inputs: Vec<_> = shapes
            .iter()
            .enumerate()
            .map(|(i, (input, shape))| workload::random(input, i, shape, 0).unwrap())
            .collect();
        let mut stream = model.stream(&inputs).unwrap();
        let mut buffer = SampleBuffer::new(1_000);
        let (mut live, _reader) = rtrb::RingBuffer::new(10);
        let clock = MonotonicClock::start();
        let limits = BlockLimits { inferences: 300, duration: Nanos(u64::MAX), both: false };
        let in_loop = allocations(|| {
            time_block(&clock, stream.as_mut(), limits, &mut buffer, &mut live).unwrap();
        });
        assert_eq!((in_loop, buffer.samples().len()), (0, 300), "{}", spec.engine);
    }
}

#[test]
fn no_scenario_allocates_for_an_inference() {
    for scenario in [
        Scenario::MultiStream { streams: 2 },
        Scenario::Server { rate: 20_000.0, concurrency: 1 },
        Scenario::Offline { concurrency: 2 },
        Scenario::Paced { rate: 20_000.0, deadline: None, queue: 1 },
    ] {
        let setting = Setting { clock: MonotonicClock::start(), seed: 1, capacity: 2_000, hold: Arc::default() };
        let mut load = worker::load(scenario, streams(scenario.streams()), setting).unwrap();
        let mut buffer = SampleBuffer::new(2_000);
        let (mut live, _reader) = rtrb::RingBuffer::new(10);
        load.begin(BlockKind::Measure);
        let mut block = |inferences| {
            let limits = BlockLimits { inferences, duration: Nanos::from_millis(60_000), both: false };
            let all = allocations(|| {
                load.block(limits, &mut buffer, &mut live).unwrap();
            });
            assert_eq!(buffer.samples().len() as u64, inferences, "{scenario}");
            all
        };
        // Room for what lies between blocks is made once; a block's own handful is for its channels to the threads.
        block(300);
        let all = block(300);
        assert!(all < 10, "{scenario}: {all} allocations around 300 inferences");
    }
}
