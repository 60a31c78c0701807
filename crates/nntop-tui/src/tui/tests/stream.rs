//! Streams of events, told deterministically: what a real run says, without one.

use nntop_core::event::*;
use nntop_core::unit::{Bytes, Nanos};
use nntop_state::State;

/// A stream under construction.
pub(crate) struct Story {
    pub(crate) state: State,
    pub(crate) t: u64,
    seq: u64,
    random: u64,
    /// Milliseconds of the median, per variant.
    pub(crate) medians: Vec<f64>,
}

impl Story {
    /// A named host that says hello, without sensors.
    pub(crate) fn new() -> Self {
        let mut story = Self { state: State::default(), t: 0, seq: 0, random: 42, medians: vec![4.5, 3.44, 6.1, 5.2] };
        story.say(Kind::Hello(Hello {
            protocol: PROTOCOL,
            nntop: "0.1.0".into(),
            wall_unix_ns: 1_700_000_000_000_000_000,
            info: HostInfo {
                name: "orin-nano".into(),
                board: Some("Jetson Orin Nano 8GB".into()),
                arch: "aarch64".into(),
                cpu_model: Some("Cortex-A78AE".into()),
                cpus: 6,
                governor: Some("schedutil".into()),
                memory: Some(Bytes(8_000_000_000)),
                ..HostInfo::default()
            },
        }));
        story
    }

    /// Says something, now.
    pub(crate) fn say(&mut self, kind: Kind) -> &mut Self {
        self.seq += 1;
        self.state.apply(&Event { t: Nanos::from_millis(self.t), host: 0, seq: self.seq, kind });
        self
    }

    /// A number from 0 to 1, the same in every run.
    pub(crate) fn random(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as f64 / (1u64 << 31) as f64
    }

    /// Declares the sensors of a small board.
    pub(crate) fn sensors(&mut self) -> &mut Self {
        let mut id = 0;
        let mut declare = |story: &mut Self, part, quantity, name: &str, limit| {
            let decl = MetricDecl::new(id, MetricKey::new(part, quantity), PartId::named(name));
            id += 1;
            story.say(Kind::Metric(MetricDecl { limit, ..decl }));
        };
        declare(self, Part::Cpu, Quantity::Load, "all", None);
        for core in 0..6 {
            declare(self, Part::Core, Quantity::Load, &core.to_string(), None);
        }
        for core in 0..6 {
            declare(self, Part::Core, Quantity::Clock, &core.to_string(), None);
        }
        declare(self, Part::Memory, Quantity::Memory, "memory", Some(7.4e9));
        declare(self, Part::Zone, Quantity::Temperature, "cpu-thermal", Some(99.0));
        declare(self, Part::Zone, Quantity::Temperature, "gpu-thermal", Some(99.0));
        declare(self, Part::Gpu, Quantity::Load, "ga10b", None);
        declare(self, Part::Gpu, Quantity::Clock, "ga10b", None);
        declare(self, Part::Rail, Quantity::Power, "VDD_IN", Some(25.0));
        declare(self, Part::Rail, Quantity::Power, "VDD_SOC", None);
        declare(self, Part::Net, Quantity::Received, "all", None);
        declare(self, Part::Net, Quantity::Sent, "all", None);
        self
    }

    /// One pass over the sensors.
    pub(crate) fn read(&mut self) -> &mut Self {
        let mut r = |low: f64, high: f64| low + (high - low) * self.random();
        let mut values = vec![r(28.0, 42.0)];
        values.extend((0..6).map(|core| if core < 4 { r(60.0, 99.0) } else { r(0.0, 12.0) }));
        values.extend((0..6).map(|core| if core < 4 { 1.5e9 } else { 0.73e9 }));
        values.extend([r(3.0e9, 3.2e9), r(51.0, 53.0), r(50.0, 51.0), r(60.0, 80.0), 918e6]);
        values.extend([r(9.0, 10.5), r(1.7, 2.1), r(1e3, 6e4), r(1e3, 2e5)]);
        let values = values.into_iter().enumerate().map(|(i, v)| (i as u16, Some(v))).collect();
        self.say(Kind::Readings(Readings { values, cost_ns: 400_000 }))
    }

    /// A variant takes its slot.
    pub(crate) fn variant(&mut self, slot: u8) -> &mut Self {
        let name =
            ["squeezenet-fp32.onnx", "squeezenet-int8.onnx", "resnet50.onnx", "mobilenet.onnx"][slot as usize % 4];
        let spec = VariantSpec {
            name: name.into(),
            model: format!("models/{name}"),
            engine: "onnxruntime".into(),
            ..VariantSpec::default()
        };
        self.say(Kind::Variant { variant: Slot(slot), run: 1, spec: Box::new(spec) })
    }

    /// A stage of loading begins.
    pub(crate) fn loading(&mut self, slot: u8, stage: Stage) -> &mut Self {
        self.say(Kind::Loading { variant: Slot(slot), run: 1, stage })
    }

    /// The model is known, loaded, and warm-up begins.
    pub(crate) fn ready(&mut self, slot: u8) -> &mut Self {
        let (precision, size) = if slot == 1 { ("int8", 1_270_000) } else { ("fp32", 4_960_000) };
        let model = ModelInfo {
            precision: Some(precision.into()),
            size: Bytes(size),
            format: "onnx".into(),
            ..ModelInfo::default()
        };
        self.say(Kind::Model { variant: Slot(slot), run: 1, model });
        let provider = if slot == 1 { "TensorrtExecutionProvider" } else { "CUDAExecutionProvider" };
        let engine = EngineInfo {
            name: "onnxruntime".into(),
            version: "1.23.0".into(),
            providers: vec![provider.into(), "CPUExecutionProvider".into()],
            threads: Some(4),
            library: None,
            ..EngineInfo::default()
        };
        self.say(Kind::Ready(Ready {
            startup: Startup {
                process: Nanos::from_millis(18),
                library: Nanos::from_millis(160),
                model_read: Nanos::from_millis(3),
                session: Nanos::from_millis(637),
                first_inference: Nanos::from_millis(12),
                total: Nanos::from_millis(830),
            },
            model_memory: Some(Bytes(62_000_000)),
            inputs: vec![Port {
                name: "data".into(),
                dtype: "f32".into(),
                shape: ["1", "3", "224", "224"].map(String::from).to_vec(),
            }],
            clock_precision: Nanos(42),
            loop_overhead: Nanos(61),
            ..Ready::of(Slot(slot), 1, engine)
        }));
        self.say(Kind::Phase { variant: Slot(slot), run: 1, phase: Phase::Warmup })
    }

    /// A block of about this many milliseconds; time moves on by it.
    pub(crate) fn block(&mut self, slot: u8, phase: BlockKind, ms: u64) -> &mut Self {
        let median = self.medians[slot as usize % 4] * if phase == BlockKind::Warmup { 1.6 } else { 1.0 };
        let mut samples = Vec::new();
        let mut at = Vec::new();
        let t0 = Nanos::from_millis(self.t);
        let mut spent = 0u64;
        while spent < ms * 1_000_000 {
            let noise = 1.0 + 0.03 * (self.random() + self.random() - 1.0);
            let tail = if self.random() > 0.985 { 1.0 + 0.25 * self.random() } else { 1.0 };
            let ns = (median * noise * tail * 1e6) as u64;
            spent += ns;
            samples.push(ns);
            at.push(Nanos(t0.0 + spent));
        }
        self.t += spent / 1_000_000;
        let latency: Vec<Nanos> = samples.iter().map(|ns| Nanos(*ns)).collect();
        let of = samples.len() as u64;
        self.say(Kind::Samples(Samples { variant: Slot(slot), run: 1, at, latency, of }));
        let t1 = Nanos(t0.0 + spent);
        self.say(Kind::Block(Block::of(Slot(slot), 0, phase, [t0, t1], &samples)))
    }

    /// One very slow inference in a short measured block.
    pub(crate) fn spike(&mut self, slot: u8, ms: u64) -> &mut Self {
        let normal = (self.medians[slot as usize % 4] * 1e6) as u64;
        let (t0, mut samples) = (Nanos::from_millis(self.t), vec![normal; 20]);
        samples.push(ms * 1_000_000);
        let t1 = Nanos(t0.0 + samples.iter().sum::<u64>());
        self.t = t1.0 / 1_000_000;
        self.say(Kind::Block(Block::of(Slot(slot), 0, BlockKind::Measure, [t0, t1], &samples)))
    }

    /// Variants load, warm up and take turns for so many seconds, with a slow inference in between.
    pub(crate) fn measure(&mut self, slots: &[u8], seconds: u64) -> &mut Self {
        for &slot in slots {
            self.variant(slot).loading(slot, Stage::Process);
            self.t += 830;
            self.ready(slot);
            for _ in 0..8 {
                self.block(slot, BlockKind::Warmup, 100);
            }
            self.say(Kind::Phase { variant: Slot(slot), run: 1, phase: Phase::Measure });
        }
        self.turns(slots, seconds)
    }

    /// Turns of measured blocks for so many seconds.
    pub(crate) fn turns(&mut self, slots: &[u8], seconds: u64) -> &mut Self {
        let end = self.t + seconds * 1_000;
        let (spike, mut spiked) = (self.t + seconds * 600, false);
        let mut next = self.t;
        while self.t < end && !slots.is_empty() {
            for &slot in slots {
                if slots.len() > 1 {
                    self.block(slot, BlockKind::Settle, 20);
                }
                self.block(slot, BlockKind::Measure, 100);
                self.block(slot, BlockKind::Measure, 100);
                if self.t >= spike && !spiked {
                    spiked = true;
                    self.spike(slot, 9);
                }
            }
            if self.t >= next {
                next += 1_000;
                for &slot in slots {
                    let rss = Some(Bytes(if slot == 0 { 412_000_000 } else { 304_000_000 }));
                    let (pss, peak) = (rss, rss);
                    let memory = Memory { variant: Slot(slot), run: 1, pss, rss, peak, anonymous: None, mapped: None };
                    self.say(Kind::Memory(memory));
                }
                if self.state.device.first(Part::Cpu, Quantity::Load).is_some() {
                    self.read();
                }
            }
        }
        self.say(Kind::Tick(Tick { cpu_percent: 0.42, rss: Bytes(11_400_000), terminal_bytes_per_s: 1_240.0 }))
    }

    /// A profiling burst: a block, and what it found. The last `fallen` of its operators ran on the CPU.
    pub(crate) fn burst(&mut self, slot: u8, fallen: usize) -> &mut Self {
        let types = [("Conv", 61, 26), ("FusedMatMul", 14, 4), ("MaxPool", 9, 3), ("Relu", 6, 22), ("TopK", 3, 2)];
        let shape = TensorSig { dtype: "float32".into(), shape: vec![1, 64, 55, 55] };
        let wall = 5 * (self.medians[slot as usize % 4] * 1.06e6) as u64;
        let names = types.iter().flat_map(|&(of, percent, n)| (0..n).map(move |i| (of, percent, n, i)));
        let mut rows: Vec<OpRow> = names
            .map(|(of, percent, n, i)| OpRow {
                name: format!("/layer{i}/{of}"),
                op_type: of.into(),
                provider: Some(if slot == 1 { "tensorrt" } else { "cuda" }.into()),
                calls: 5,
                total: Nanos(wall / 100 * percent / n),
                self_time: Nanos(wall / 100 * percent / n),
                inputs: vec![shape.clone()],
                outputs: vec![shape.clone()],
                ..OpRow::default()
            })
            .collect();
        rows.iter_mut().rev().take(fallen).for_each(|row| row.provider = Some("cpu".into()));
        let gap = Nanos(wall - rows.iter().map(|row| row.self_time.0).sum::<u64>());
        let source = "onnxruntime".into();
        let profile = OpProfile { source, inferences: 5, wall: Nanos(wall), gap, rows, ..OpProfile::default() };
        let t0 = Nanos::from_millis(self.t);
        self.t += wall / 1_000_000;
        let t1 = Nanos(t0.0 + wall);
        self.say(Kind::Block(Block::of(Slot(slot), 0, BlockKind::Profile, [t0, t1], &[wall / 5; 5])));
        self.say(Kind::Ops(Burst { variant: Slot(slot), run: 1, burst: 1, profile }))
    }

    /// A line in the log.
    pub(crate) fn log(&mut self, slot: Option<u8>, source: LogSource, severity: Severity, text: &str) -> &mut Self {
        self.t += 137;
        self.say(Kind::Log(LogLine { variant: slot.map(Slot), source, severity, text: text.into() }))
    }

    /// A few lines as runtimes print them.
    pub(crate) fn chatter(&mut self) -> &mut Self {
        use {LogSource::*, Severity::*};
        self.log(None, Nntop, Info, "found onnxruntime 1.23.0 in /usr/lib")
            .log(Some(0), Stderr, Info, "Creating and using per session threadpools since use_per_session_threads_ is true")
            .log(
                Some(0),
                Stderr,
                Warning,
                "[W:onnxruntime:, session_state.cc:1166 VerifyEachNodeIsAssignedToAnEp] Some nodes were not assigned to the \
                 preferred execution providers which may or may not have an negative impact on performance. e.g. ORT explicitly \
                 assigns shape related ops to CPU to improve perf.",
            )
            .log(Some(1), Stdout, Info, "[TensorRT] engine cache: hit")
            .log(Some(1), Stderr, Error, "[E:onnxruntime:, inference_session.cc:1644] could not allocate 1073741824 bytes")
    }

    /// A run of a variant fails.
    pub(crate) fn fail(&mut self, slot: u8) -> &mut Self {
        let error = Fault {
            printed: vec![
                "[E:onnxruntime:, inference_session.cc:2102] Exception during initialization:".into(),
                "This is an invalid model. Error in Node:/conv1/Conv : Unrecognized attribute: group_2 for operator Conv".into(),
            ],
            ..Fault::run("onnxruntime 1.23.0 cannot load models/squeezenet-int8.onnx")
                .hint("nntop doctor --model models/squeezenet-int8.onnx lists what this runtime does not know")
        };
        self.say(Kind::Finished { variant: Slot(slot), run: 1, outcome: Outcome::Failed { error } })
    }

    /// All variants end well.
    pub(crate) fn done(&mut self, slots: &[u8]) -> &mut Self {
        for &slot in slots {
            self.say(Kind::Phase { variant: Slot(slot), run: 1, phase: Phase::Done });
            self.say(Kind::Finished { variant: Slot(slot), run: 1, outcome: Outcome::Ok });
        }
        self.say(Kind::Done)
    }
}
