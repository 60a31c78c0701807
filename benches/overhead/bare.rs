//! The yardstick: a loop over `ort` as anybody would write it.

use ort::environment::Environment;
use ort::session::{IoBinding, Session};
use ort::value::Tensor;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The library that nntop uses, fetched by nntop itself when it is not there.
pub(crate) fn library() -> PathBuf {
    let nntop = env!("CARGO_BIN_EXE_nntop");
    let output = Command::new(nntop).args(["engine", "install", "onnxruntime"]).output().expect("nntop runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let path = said.split_once(": ").map(|(_, path)| PathBuf::from(path.trim()));
    path.filter(|p| p.exists()).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// A session with its input bound, and what it measured.
pub(crate) struct Loop {
    session: Session,
    binding: IoBinding,
    latencies: Vec<u64>,
}

impl Loop {
    pub(crate) fn new(environment: &Environment, model: &Path, batch: u64, threads: Option<usize>) -> Self {
        let mut builder = Session::builder(environment).expect("a builder");
        if let Some(n) = threads {
            builder = builder.with_intra_threads(n).expect("threads");
        }
        let session = builder.commit_from_file(model).expect("the model loads");
        let mut binding = session.create_binding().expect("a binding");
        for input in session.inputs() {
            let ort::value::ValueType::Tensor { shape, .. } = input.dtype() else { panic!("a tensor") };
            let shape: Vec<i64> = shape.iter().map(|&n| if n < 0 { batch as i64 } else { n }).collect();
            let n = shape.iter().product::<i64>() as usize;
            // Denormals would make arithmetic slow: plain values between 0 and 1, as nntop's are.
            let values: Vec<f32> = (0..n).map(|i| (i % 97) as f32 / 97.0).collect();
            binding.bind_input(input.name(), &Tensor::from_array((shape, values)).expect("a tensor")).expect("binds");
        }
        for output in session.outputs() {
            let memory = session.allocator().memory_info();
            binding.bind_output_to_device(output.name(), memory).expect("binds");
        }
        Self { session, binding, latencies: Vec::with_capacity(1 << 22) }
    }

    pub(crate) fn run_for_a_second(&mut self) {
        let now = || rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let ns = |t: rustix::time::Timespec| t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64;
        let begin = ns(now());
        let mut settled = 0;
        loop {
            let a = now();
            drop(self.session.run_binding(&self.binding).expect("runs"));
            let b = now();
            settled += 1;
            // As nntop settles after a pause: the first 50 ms and five inferences do not count.
            if settled > 5 && ns(a) - begin > 50_000_000 {
                self.latencies.push(ns(b) - ns(a));
            }
            if ns(b) - begin > 1_000_000_000 {
                return;
            }
        }
    }

    pub(crate) fn p50(&mut self) -> u64 {
        self.latencies.sort_unstable();
        self.latencies[self.latencies.len().div_ceil(2) - 1]
    }
}
