//! nntop without a dashboard: what `nntop bench` is made of, paused and resumed by orders to its agent.

use nntop::agent::{Commander, Surroundings, spawn};
use nntop::event::{EngineOptions, Kind, Order, Phase, Plan, Stop, VariantSpec, Warmup};
use nntop::headless::{Input, Progress, drive};
use nntop::installer::Environment;
use nntop::result::RunResult;
use nntop::sampler::Root;
use nntop::state::State;
use nntop::unit::Nanos;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel, sync_channel};
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
    plan: Plan,
    commander: Commander,
    driver: JoinHandle<State>,
    measuring: Receiver<()>,
}

impl Headless {
    /// Starts it, without waiting.
    pub(crate) fn start(plan: Plan) -> Self {
        let surroundings = Surroundings {
            program: env!("CARGO_BIN_EXE_nntop").into(),
            root: Root::live(),
            environment: Environment::of_this_process(),
        };
        let (events, commander, ending) = spawn(surroundings).expect("the agent starts").split();
        commander.send(Order::Start(plan.clone()));
        let (sender, input) = sync_channel(1_024);
        let (tell, measuring) = channel();
        std::thread::spawn(move || {
            for event in events {
                if matches!(event.kind, Kind::Phase { phase: Phase::Measure, .. }) {
                    let _ = tell.send(());
                }
                if sender.send(Input::Event(Box::new(event))).is_err() {
                    break;
                }
            }
        });
        let (orders, mut progress) = (commander.clone(), Progress::new(&plan, false, true));
        let driver = std::thread::spawn(move || {
            let (state, _) = drive(
                &input,
                &|order| {
                    orders.send(order);
                },
                &mut progress,
            );
            drop(orders);
            ending.wait();
            state
        });
        Self { plan, commander, driver, measuring }
    }

    /// Loaded, warm and measuring; then it waits.
    pub(crate) fn open(plan: Plan) -> Self {
        let this = Self::start(plan);
        this.measuring.recv().expect("the model loads");
        this.commander.send(Order::Pause);
        this.wait(Duration::from_millis(300));
        this
    }

    pub(crate) fn measure_for_a_second(&self) {
        self.commander.send(Order::Resume);
        self.wait(Duration::from_secs(1));
        self.commander.send(Order::Pause);
        // The block in hand ends.
        self.wait(Duration::from_millis(200));
    }

    /// Stops it; what it measured.
    pub(crate) fn close(self) -> RunResult {
        self.commander.send(Order::Stop);
        self.end()
    }

    /// Waits for its end; what it measured.
    pub(crate) fn end(self) -> RunResult {
        drop(self.commander);
        let state = self.driver.join().expect("the run ends");
        RunResult::of(&state, &self.plan)
    }

    /// Nothing more is said while it measures: this waits.
    fn wait(&self, span: Duration) {
        let _ = self.measuring.recv_timeout(span);
    }
}
