//! The timed loop allocates nothing, with ONNX Runtime itself and not with an engine that does nothing.
//!
//! Counted is what Rust allocates, `ort` included; what ONNX Runtime does inside its call is what is measured.

use crate::support::{demo, runtime};
use nntop::clock::MonotonicClock;
use nntop::engine::{self, Stream};
use nntop::event::{EngineOptions, VariantSpec};
use nntop::unit::Nanos;
use nntop::worker::{BlockLimits, SampleBuffer, time_block};
use nntop::workload;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;

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

fn stream() -> Box<dyn Stream> {
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
    let inputs: Vec<_> = shapes.iter().map(|(input, shape)| workload::random(input, shape, 0).unwrap()).collect();
    model.stream(&inputs).unwrap()
}

#[test]
fn the_timed_loop_allocates_nothing() {
    let mut stream = stream();
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
