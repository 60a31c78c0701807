//! Measuring from Rust: the session that the program's own subcommands are made of.

use crate::processes::workers_of;
use crate::support::{demo, file, runtime};
use nntop::event::{BlockKind, Kind, Plan, Stop, VariantSpec, Warmup};
use nntop::recording::Recording;
use nntop::result::Status;
use nntop::session::{Error, Finished, Next, Session};
use nntop::state::State;
use nntop::unit::Nanos;
use rustix::process::Pid;

const NNTOP: &str = env!("CARGO_BIN_EXE_nntop");

/// Without a warm-up, so that it is measuring soon.
fn plan(engine: &str) -> Plan {
    Plan::of(engine).warmup(Warmup { runs: 1, duration: Nanos::ZERO, steady: false })
}

/// A model on the runtime that the tests have fetched.
fn onnx(model: &str) -> VariantSpec {
    let mut spec = VariantSpec::of(model);
    spec.options.library = Some(runtime().display().to_string());
    spec
}

fn endless() -> Plan {
    plan("synthetic:constant,median=1ms").stop(Stop::default())
}

#[test]
fn a_model_is_measured_in_a_few_lines() {
    let mut blocks = 0;
    let digits = onnx(&demo("digits-fp32")).named("digits").threads(1);
    let finished = Session::new(Plan::of(digits).variant("synthetic:constant,median=1ms").runs(50))
        .worker(NNTOP)
        .run(|event| blocks += usize::from(matches!(event.kind, Kind::Block(_))))
        .unwrap();
    assert!(finished.is_complete() && !finished.interrupted && blocks > 2, "{blocks}");
    let told: Vec<_> = finished.result.variants.iter().map(|v| (v.name.as_str(), v.latency_ns.unwrap().n)).collect();
    assert_eq!(told, [("digits", 50), ("synthetic", 50)]);
    assert!(finished.result.variants[0].operators.profile.is_some(), "profiled at the end, as bench does");
}

#[test]
fn what_fails_is_in_the_result_and_not_the_sessions_error() {
    let plan = Plan::of(onnx("/nonexistent.onnx")).variant("synthetic:constant,median=1ms").runs(5);
    let finished = Session::new(plan).worker(NNTOP).run(|_| {}).unwrap();
    let faults = finished.faults();
    assert!(matches!(&faults[..], [one] if one.message.contains("no such file")), "{faults:?}");
    assert_eq!(finished.result.variants[1].status, Status::Ok);
}

#[test]
fn a_stopper_stops_it_from_the_callback_and_from_before_it_begins() {
    let session = Session::new(endless()).worker(NNTOP);
    let stopper = session.stopper();
    let on_first_block = |finished: Finished, latency: bool| {
        assert!(finished.interrupted && finished.is_complete());
        let v = &finished.result.variants[0];
        assert_eq!((v.status, v.latency_ns.is_some()), (Status::Interrupted, latency));
    };
    let mut asked = false;
    let stop = |event: &nntop::event::Event| {
        let measured = matches!(&event.kind, Kind::Block(block) if block.phase == BlockKind::Measure);
        if measured && !std::mem::replace(&mut asked, true) {
            stopper.stop();
        }
    };
    on_first_block(session.run(stop).unwrap(), true);

    let session = Session::new(endless()).worker(NNTOP);
    session.stopper().stop();
    on_first_block(session.run(|_| {}).unwrap(), false);
}

#[test]
fn twice_stopped_it_ends_at_once_with_what_it_has() {
    let session = Session::new(endless()).worker(NNTOP);
    (0..5_000).for_each(|_| session.stopper().stop());
    let mut running = session.start().unwrap();
    assert!(matches!(running.next(None), Ok(Next::Stopping)));
    assert!(matches!(running.next(None), Ok(Next::Over)));
    assert!(running.end().interrupted);
}

#[test]
fn a_session_that_is_dropped_leaves_no_worker() {
    let mut plan = endless();
    // Other tests of this process have workers, too.
    plan.variants[0].name = "dropped".into();
    let mut running = Session::new(plan).worker(NNTOP).start().unwrap();
    while !running.state().variants.iter().any(|v| v.latency.blocks > 0) {
        assert!(matches!(running.next(None), Ok(Next::Event(_))));
    }
    let own = workers_of(Pid::from_raw(std::process::id() as i32).unwrap());
    let workers: Vec<_> = own.into_iter().filter(|worker| worker.name == "dropped").collect();
    assert_eq!(workers.len(), 1);
    drop(running);
    workers.iter().for_each(|w| w.gone());
}

#[test]
fn a_front_end_of_ones_own_gets_every_event_and_gives_the_state_back() {
    let mut running = Session::new(plan("synthetic:constant,median=1ms").runs(20)).worker(NNTOP).start().unwrap();
    let mut seen = Vec::new();
    while seen.len() < 3 {
        match running.next(None).unwrap() {
            Next::Event(event) => seen.push(*event),
            other => panic!("{other:?}"),
        }
    }
    let (events, connection) = running.hand_over(seen).unwrap();
    let mut state = State::default();
    for event in events {
        state.apply(&event);
    }
    assert_eq!(state.missed, 0);
    let finished = connection.end(state, false);
    assert_eq!(finished.result.variants[0].latency_ns.unwrap().n, 20);
}

#[test]
fn a_recording_gives_the_result_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.nntop");
    let finished = Session::new(plan("synthetic:constant,median=1ms").runs(30)).worker(NNTOP).record(&path);
    let finished = finished.run(|_| {}).unwrap();
    assert!(finished.lost.is_none());
    let recording = Recording::open(&path).unwrap();
    let replayed = Finished::replayed(&recording, recording.end()).unwrap();
    assert_eq!(replayed.result.variants, finished.result.variants);
    assert!(replayed.is_complete());
}

#[test]
fn without_a_program_for_workers_nothing_is_started() {
    // The test harness is none: it would run all tests again.
    let error = Session::new(endless()).run(|_| {}).unwrap_err();
    assert!(matches!(error, Error::NoWorker), "{error}");
    assert!(error.hint().unwrap().contains("worker_if_asked"));
}

#[test]
fn other_agents_are_reached_by_a_command_and_told_apart_from_what_is_none() {
    let through =
        |command: &str| Session::new(plan("synthetic:constant,median=1ms").runs(5)).agent(command).run(|_| {});
    assert_eq!(through(&format!("'{NNTOP}' agent --stdio")).unwrap().result.variants[0].latency_ns.unwrap().n, 5);
    let none = through("echo Welcome; exec cat >/dev/null").unwrap_err();
    assert!(matches!(&none, Error::NoAgent { said: Some(text) } if text.contains("Welcome")), "{none}");
    let dir = tempfile::tempdir().unwrap();
    let hello = r#"{"t":0,"seq":1,"kind":"hello","protocol":{"major":99,"minor":0}}"#;
    let script = file(&dir, "agent.sh", format!("echo '{hello}'\nexec cat >/dev/null\n"));
    assert!(matches!(through(&format!("sh '{script}'")), Err(Error::Version(_))));
    // One that ends too soon is no error of the session: what was measured until then holds.
    assert!(!through("true").unwrap().is_complete());
}
