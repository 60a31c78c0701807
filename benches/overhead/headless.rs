//! nntop without a dashboard: the session that `nntop bench` runs, paused and resumed by orders to its agent.

use nntop::event::{EngineOptions, Kind, Order, Phase, Plan, Stop, VariantSpec, Warmup};
use nntop::result::RunResult;
use nntop::session::{Finished, Next, Orders, Session};
use nntop::unit::Nanos;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// A plan for variants of one model; without a stop rule it goes on until it is stopped.
pub(crate) fn plan(
    names: &[&str],
    stop: Stop,
    library: &Path,
    model: &Path,
    batch: u64,
    threads: Option<usize>,
) -> Plan {
    let text = |path: &Path| path.display().to_string();
    let options = EngineOptions {
        library: Some(text(library)),
        threads,
        batch: text(model).contains("digits").then_some(batch),
        ..EngineOptions::default()
    };
    let variant = |name: &&str| VariantSpec {
        name: (*name).into(),
        model: text(model),
        engine: "onnxruntime".into(),
        options: options.clone(),
        ..VariantSpec::default()
    };
    Plan {
        variants: names.iter().map(variant).collect(),
        stop,
        warmup: Warmup::default(),
        sample_every: Nanos::from_millis(1_000),
        ..Plan::default()
    }
}

/// A headless run under way.
pub(crate) struct Headless {
    orders: Orders,
    driver: JoinHandle<Finished>,
    measuring: Receiver<()>,
}

impl Headless {
    /// Starts it, without waiting.
    pub(crate) fn start(plan: Plan) -> Self {
        let session = Session::new(plan).worker(env!("CARGO_BIN_EXE_nntop"));
        let mut running = session.start().expect("the agent starts");
        let orders = running.connection().orders();
        let (tell, measuring) = channel();
        let driver = std::thread::spawn(move || {
            loop {
                match running.next(None).expect("an agent of this version") {
                    Next::Event(event) if matches!(event.kind, Kind::Phase { phase: Phase::Measure, .. }) => {
                        let _ = tell.send(());
                    }
                    Next::Over => return running.end(),
                    _ => {}
                }
            }
        });
        Self { orders, driver, measuring }
    }

    /// Loaded, warm and measuring; then it waits.
    pub(crate) fn open(plan: Plan) -> Self {
        let this = Self::start(plan);
        this.measuring.recv().expect("the model loads");
        this.orders.send(Order::Pause);
        this.wait(Duration::from_millis(300));
        this
    }

    pub(crate) fn measure_for_a_second(&self) {
        self.orders.send(Order::Resume);
        self.wait(Duration::from_secs(1));
        self.orders.send(Order::Pause);
        // The block in hand ends.
        self.wait(Duration::from_millis(200));
    }

    /// Stops it; what it measured.
    pub(crate) fn close(self) -> RunResult {
        self.orders.send(Order::Stop);
        self.end()
    }

    /// Waits for its end; what it measured.
    pub(crate) fn end(self) -> RunResult {
        self.driver.join().expect("the run ends").result
    }

    /// Nothing more is said while it measures: this waits.
    fn wait(&self, span: Duration) {
        let _ = self.measuring.recv_timeout(span);
    }
}
