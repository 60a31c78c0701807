//! Runtimes that crash, fail and are killed: the other variant goes on, and what happened is said.

use crate::processes::workers_of;
use crate::support::{Run, Running, nntop, run};
use rustix::process::{Signal, kill_process};
use serde_json::Value;

const GOOD: &str = "good:synthetic:constant,median=1ms";

/// Measures a good variant beside a bad one, and says how it ended.
fn beside(bad: &str) -> Running {
    Running::start(nntop().args(["bench", GOOD, bad, "-n", "400", "--warmup", "5", "--format", "json"]))
}

/// The good one is complete; the error of the bad one.
#[track_caller]
fn one_failed(result: &Run, words: &str) -> Value {
    let json = result.failed(1, words).json();
    let (good, bad) = (&json["variants"][0], &json["variants"][1]);
    assert_eq!((&good["status"], &good["latency_ns"]["n"]), (&"ok".into(), &400.into()), "{result:?}");
    assert_eq!(bad["status"], "failed", "{result:?}");
    bad.clone()
}

#[test]
fn an_abort_is_named_with_the_runtimes_last_words() {
    let bad = one_failed(&beside("bad:synthetic:constant,median=1ms,abort-at=200").end(), "bad: ");
    assert!(bad["error"]["message"].as_str().unwrap().contains("SIGABRT"), "{bad}");
    assert_eq!(bad["error"]["printed"], serde_json::json!(["synthetic engine: assertion failed"]));
}

#[test]
fn what_was_measured_before_a_crash_is_kept() {
    // Alone: blocks of 100 ms, the last of which is lost with the crash.
    let spec = "bad:synthetic:constant,median=1ms,segfault-at=350";
    let result = run(nntop().args(["bench", spec, "-n", "400", "--warmup", "5", "--format", "json"]));
    let json = result.failed(1, "SIGSEGV").json();
    let n = json["variants"][0]["latency_ns"]["n"].as_u64().unwrap();
    assert!((1..350).contains(&n), "{n} kept");
}

#[test]
fn a_segfault_is_named() {
    let bad = one_failed(&beside("bad:synthetic:constant,median=1ms,segfault-at=200").end(), "bad: ");
    assert!(bad["error"]["message"].as_str().unwrap().contains("SIGSEGV"), "{bad}");
}

#[test]
fn an_engines_error_comes_with_all_that_it_printed() {
    let result = beside("bad:synthetic:constant,median=1ms,print-at=199,fail-at=200").end();
    let bad = one_failed(&result, "bad: synthetic engine: failed at inference 200");
    assert_eq!(bad["error"]["printed"], serde_json::json!(["synthetic engine: inference 199"]));
    assert!(result.stderr.contains("printed: synthetic engine: inference 199"), "{result:?}");
}

#[test]
fn a_crash_while_loading_is_told_from_one_while_measuring() {
    // The first inference is a part of loading.
    let bad = one_failed(&beside("bad:synthetic:constant,abort-at=1").end(), "bad: ");
    assert!(bad["error"]["message"].as_str().unwrap().contains("loaded the model"), "{bad}");
    let bad = one_failed(&beside("bad:synthetic:constant,fail-at=1").end(), "synthetic:constant,fail-at=1");
    assert!(bad["startup_ns"].is_null() && bad["latency_ns"].is_null(), "{bad}");
}

#[test]
fn a_worker_that_is_killed_from_outside_is_named() {
    // Slow enough that it is killed long before it has enough.
    let mut running = beside("bad:synthetic:constant,median=20ms");
    running.until("bad: measuring");
    let worker = workers_of(running.pid()).into_iter().find(|w| w.name == "bad").unwrap();
    kill_process(worker.pid, Signal::KILL).unwrap();
    let bad = one_failed(&running.end(), "bad: ");
    assert!(bad["error"]["message"].as_str().unwrap().contains("SIGKILL"), "{bad}");
}

/// Two variants without end. Once both measure they take turns: one of the two is always stopped, and would
/// see no end of file.
fn endless(options: &[&str]) -> Running {
    let variants = ["a:synthetic:constant,median=1ms", "b:synthetic:constant,median=1ms"];
    let command = ["bench", "-t", "1h", "--warmup", "5"];
    let mut running = Running::start(nntop().args(command).args(variants).args(options));
    running.until("a: measuring").until("b: measuring");
    running
}

#[test]
fn no_worker_outlives_a_killed_nntop() {
    let agent = format!("'{}' agent --stdio", env!("CARGO_BIN_EXE_nntop"));
    for options in [&[][..], &["--agent", &agent]] {
        let running = endless(options);
        let workers = workers_of(running.pid());
        assert_eq!(workers.len(), 2);
        running.signal(Signal::KILL);
        workers.iter().for_each(|w| w.gone());
        assert_eq!(running.end().signal, Some(9));
    }
}

#[test]
fn ctrl_c_ends_a_load_that_hangs() {
    let spec = "slow:synthetic:constant,median=3600s";
    let mut running = Running::start(nntop().args(["bench", spec, "-n", "3"]));
    running.until("slow: loading").signal(Signal::INT);
    let result = running.end();
    assert_eq!(result.code, Some(130), "{result:?}");
    assert_eq!(result.stdout, "", "nothing was measured");
}

#[test]
fn both_end_with_what_they_have_on_a_signal() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut running = beside("b:synthetic:constant,median=100ms");
        running.until("b: measuring");
        let workers = workers_of(running.pid());
        running.signal(signal);
        let result = running.end();
        assert_eq!(result.code, Some(130), "{result:?}");
        let json = result.json();
        for v in json["variants"].as_array().unwrap() {
            assert_eq!(v["status"], "interrupted", "{result:?}");
            assert!(v["latency_ns"]["n"].as_u64().unwrap() > 0, "{result:?}");
        }
        workers.iter().for_each(|w| w.gone());
    }
}

#[test]
fn what_a_runtime_prints_never_reaches_standard_output() {
    let spec = "loud:synthetic:constant,median=1ms,print-at=3,print-at=20";
    let result = run(nntop().args(["bench", spec, "-n", "50", "--warmup", "0", "--format", "json"]));
    assert_eq!(result.ok().json()["variants"][0]["latency_ns"]["n"], 50);
}
