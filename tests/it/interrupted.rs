//! Ctrl-C and SIGTERM at every moment of a run: it ends, and its result is whole and says that it was interrupted.

use crate::processes::workers_of;
use crate::support::{Run, Running, demo, file, nntop};
use crate::terminal::Terminal;
use nntop::agent::{Allowed, Surroundings, spawn};
use nntop::event::{BlockKind, Event, Kind, Order, Plan, Stop, VariantSpec, Warmup};
use nntop::installer::Environment;
use nntop::result::{RunResult, Status};
use nntop::sampler::Root;
use nntop::state::State;
use nntop::unit::Nanos;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const SIGNALS: [Signal; 2] = [Signal::INT, Signal::TERM];

/// `nntop bench … --format json`, writing into `folder`.
fn bench(folder: &Path, args: &[&str]) -> std::process::Command {
    let mut command = nntop();
    command.arg("bench").args(args).args(["--format", "json", "-o"]).arg(folder.join("result.json"));
    command
}

/// It ended as interrupted, without an error, and wrote a result that can be read.
#[track_caller]
fn whole(result: &Run, folder: &Path) -> Value {
    assert_eq!((result.code, result.signal), (Some(130), None), "{result:?}");
    assert!(!result.stderr.contains("error:") && !result.stderr.contains("panicked"), "{result:?}");
    let text = std::fs::read_to_string(folder.join("result.json")).unwrap();
    let typed: RunResult = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert!(typed.variants.iter().all(|v| v.status == Status::Interrupted), "{text}");
    assert!(!typed.variants.is_empty() && typed.variants.iter().all(|v| v.stopped_by.is_none()), "{text}");
    serde_json::from_str(&text).unwrap()
}

/// A named pipe; opening it to write waits until somebody reads it.
fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

#[test]
fn while_a_runtime_is_fetched() {
    for signal in SIGNALS {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        let pipe = dir.path().join("pipe");
        fifo(&pipe);
        // A Python that hangs as a download without an end does.
        let python = bin.join("python3");
        std::fs::write(&python, format!("#!/bin/sh\nexec /bin/cat '{}'\n", pipe.display())).unwrap();
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
        let model = demo("digits-fp32");
        let mut command = bench(dir.path(), &[&model, "-n", "3"]);
        let mut running = Running::start(command.env("PATH", &bin).env("NNTOP_DATA_DIR", dir.path().join("data")));
        let end = File::options().write(true).open(&pipe).unwrap();
        running.until("fetching ONNX Runtime").signal(signal);
        whole(&running.end(), dir.path());
        // It does not go on behind our back: nobody reads the pipe any more.
        let limit = Timespec { tv_sec: 60, tv_nsec: 0 };
        assert_eq!(poll(&mut [PollFd::new(&end, PollFlags::empty())], Some(&limit)).unwrap(), 1);
    }
}

#[test]
fn while_the_machine_rests() {
    for signal in SIGNALS {
        let dir = tempfile::tempdir().unwrap();
        let mut running = Running::start(&mut bench(dir.path(), &["synthetic:constant,median=1ms", "--idle", "1h"]));
        running.until("idling for 3600 s").signal(signal);
        assert!(whole(&running.end(), dir.path())["variants"][0]["latency_ns"].is_null());
    }
}

#[test]
fn while_a_model_loads() {
    for signal in SIGNALS {
        let dir = tempfile::tempdir().unwrap();
        let spec = "slow:synthetic:constant,median=3600s";
        let mut running = Running::start(&mut bench(dir.path(), &[spec, "later:synthetic:constant", "-n", "3"]));
        running.until("slow: loading").signal(signal);
        let json = whole(&running.end(), dir.path());
        assert_eq!(json["variants"].as_array().map(Vec::len), Some(2), "also the one that has not begun: {json:#}");
    }
}

#[test]
fn while_it_warms_up() {
    for signal in SIGNALS {
        let dir = tempfile::tempdir().unwrap();
        let args = ["a:synthetic:constant,median=1ms", "b:synthetic:constant,median=1ms", "--warmup", "1h"];
        let mut running = Running::start(&mut bench(dir.path(), &args));
        running.until("a: warming up").signal(signal);
        let json = whole(&running.end(), dir.path());
        assert!(json["variants"][0]["latency_ns"].is_null(), "{json:#}");
    }
}

#[test]
fn while_a_worker_hangs_it_is_given_up() {
    for signal in SIGNALS {
        let dir = tempfile::tempdir().unwrap();
        let args = ["synthetic:constant,median=1ms", "-t", "1h", "--warmup", "0"];
        let mut running = Running::start(&mut bench(dir.path(), &args));
        running.until(": measuring");
        // A driver that does not come back: the process stands still and takes no order.
        let workers = workers_of(running.pid());
        kill_process(workers[0].pid, Signal::STOP).unwrap();
        running.signal(signal);
        whole(&running.end(), dir.path());
        workers.iter().for_each(|w| w.gone());
    }
}

#[test]
fn a_second_ctrl_c_does_not_wait() {
    let dir = tempfile::tempdir().unwrap();
    // Its block in hand takes an hour.
    let args =
        ["slow:synthetic:constant,median=1ms", "stuck:synthetic:constant,median=1ms", "-t", "1h", "--warmup", "0"];
    let mut running = Running::start(&mut bench(dir.path(), &args));
    running.until("stuck: measuring");
    let workers = workers_of(running.pid());
    workers.iter().for_each(|w| kill_process(w.pid, Signal::STOP).unwrap());
    running.signal(Signal::INT);
    running.until("again to stop at once").signal(Signal::INT);
    let json = whole(&running.end(), dir.path());
    assert!(json["variants"][0]["latency_ns"]["n"].as_u64() > Some(0), "{json:#}");
    workers.iter().for_each(|w| w.gone());
}

#[test]
fn the_dashboard_without_a_terminal_is_interrupted_alike() {
    let dir = tempfile::tempdir().unwrap();
    let out = file(&dir, "result.json", "");
    let mut command = nntop();
    command.args(["synthetic:constant,median=1ms", "-t", "1h", "-o", &out]);
    let mut running = Running::start(&mut command);
    running.until("synthetic: measuring").signal(Signal::INT);
    let result = running.end();
    whole(&result, dir.path());
    assert!(result.stdout.contains("interrupted"), "the table says so: {result:?}");
}

/// Two in turns; told to stop at the first event for which `now` holds.
fn stopped_at(now: impl Fn(&Event) -> bool) -> RunResult {
    let variant = |name: &str| {
        let engine = "synthetic:constant,median=1ms".to_owned();
        VariantSpec { name: name.into(), model: engine.clone(), engine: engine.into(), ..VariantSpec::default() }
    };
    let plan = Plan {
        variants: vec![variant("a"), variant("b")],
        stop: Stop { duration: Some(Nanos::from_millis(3_600_000)), ..Stop::default() },
        warmup: Warmup { runs: 3, duration: Nanos::ZERO, steady: false },
        sample_every: Nanos::from_millis(1_000),
        ..Plan::default()
    };
    let surroundings = Surroundings {
        program: env!("CARGO_BIN_EXE_nntop").into(),
        root: Root::live(),
        environment: Environment::of_this_process(),
        allowed: Allowed::ALL,
    };
    let (events, commander, ending) = spawn(surroundings).unwrap().split();
    commander.send(Order::Start(plan.clone()));
    let (mut state, mut told) = (State::default(), false);
    for event in events {
        if now(&event) && !std::mem::replace(&mut told, true) {
            commander.send(Order::Stop);
        }
        state.apply(&event);
    }
    drop(commander);
    ending.wait();
    assert!(told && state.done, "it came to its end");
    RunResult::of(&state, &plan)
}

#[test]
fn between_and_within_all_turns() {
    let block = |kind| move |e: &Event| matches!(&e.kind, Kind::Block(b) if b.phase == kind);
    let first = [
        stopped_at(|e| matches!(e.kind, Kind::Loading { .. })),
        stopped_at(|e| matches!(e.kind, Kind::Model { .. })),
        stopped_at(|e| matches!(e.kind, Kind::Ready(_))),
        stopped_at(block(BlockKind::Warmup)),
        stopped_at(block(BlockKind::Settle)),
        stopped_at(|e| matches!(e.kind, Kind::TurnDone { .. })),
    ];
    for (i, result) in first.iter().enumerate() {
        assert!(result.variants.iter().all(|v| v.status == Status::Interrupted), "moment {i}: {result:#?}");
    }
    // Just as A's block has ended and B's turn is next.
    let result = stopped_at(block(BlockKind::Measure));
    assert!(result.variants[0].latency_ns.is_some(), "what was measured holds: {result:#?}");
    assert!(result.variants.iter().all(|v| v.status == Status::Interrupted), "{result:#?}");
}

#[test]
fn before_the_dashboard_has_taken_the_screen() {
    for signal in SIGNALS {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        fifo(&pipe);
        // An agent that does not say a word: the screen is not taken before it has.
        let agent = format!("exec cat '{}'", pipe.display());
        let args = ["synthetic:constant,median=1ms", "-o", "result.json", "--agent", &agent];
        let mut terminal = Terminal::open(&args, dir.path(), 80, 24);
        let _silent = File::options().write(true).open(&pipe).unwrap();
        kill_process(Pid::from_raw(terminal.pid() as i32).unwrap(), signal).unwrap();
        assert_eq!(terminal.end(), 130, "{}", terminal.text());
        let text = std::fs::read_to_string(dir.path().join("result.json")).unwrap();
        let result: RunResult = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
        assert!(result.variants.is_empty(), "nobody has said anything: {text}");
    }
}
