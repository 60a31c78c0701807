//! Steps that do not end by themselves: each has a limit, and an end with a name. And stops at the terminal, which are none.

use crate::support::{Running, nntop, run};
use rustix::process::{Pid, Signal, kill_process};
use std::os::unix::fs::PermissionsExt;

const MODEL: &str = "a:synthetic:constant,median=2ms";

/// The state of a process, as /proc has it; `None` when it is gone.
fn state(pid: Pid) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// The workers of an nntop.
fn workers(of: Pid) -> Vec<Pid> {
    let of = of.as_raw_nonzero();
    let threads = std::fs::read_dir(format!("/proc/{of}/task")).unwrap().flatten();
    let children = threads.filter_map(|t| std::fs::read_to_string(t.path().join("children")).ok()).collect::<String>();
    children.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// Waits until it is so.
#[track_caller]
fn until(what: impl Fn() -> bool, words: &str) {
    let nap = || std::process::Command::new("sleep").arg("0.02").status().unwrap();
    assert!((0..1_000).any(|_| what() || !nap().success()), "{words}");
}

#[test]
fn a_worker_that_somebody_stops_is_given_up_by_name() {
    let mut command = nntop();
    let mut running = Running::start(command.args(["bench", MODEL, "-t", "600s", "--warmup", "1", "--timeout", "2s"]));
    running.until("measuring");
    let worker = workers(running.pid())[0];
    kill_process(worker, Signal::STOP).unwrap();
    let end = running.end();
    end.failed(1, "during the measurement the worker was stopped from outside (SIGSTOP)").hint("--timeout");
    until(|| state(worker).is_none(), "it is killed");
}

#[test]
fn a_runtime_that_hangs_while_it_loads_is_given_up_by_name() {
    let stand_in = crate::python_worker::StandIn::new();
    // It answers what it has, and hangs when it is to load a model.
    let hangs = stand_in.python().with_file_name("hangs");
    let text = format!(
        "#!/bin/sh\ncase $1 in -c) exec {} \"$@\" ;; esac\necho now it hangs\nsleep 600\n",
        stand_in.python().display()
    );
    std::fs::write(&hangs, text).unwrap();
    std::fs::set_permissions(&hangs, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = nntop();
    command.arg("bench").arg(stand_in.model("run")).args([
        "--engine",
        "torch",
        "--shape",
        "x:4,1,8",
        "--timeout",
        "1s",
    ]);
    let end = run(command.arg("--engine-path").arg(&hangs));
    end.failed(1, "while it loaded the model the worker gave no sign of life for").hint("--timeout");
    assert!(end.stderr.contains("now it hangs"), "what it printed last is shown: {}", end.stderr);
}

#[test]
fn what_is_no_file_is_no_library_and_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("libonnxruntime.so");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    run(nntop().args(["engine", "list", "--engine-path"]).arg(&pipe)).failed(2, "not an ELF file");
}

#[test]
fn the_terminals_stop_reaches_the_worker_and_it_goes_on_with_nntop() {
    let mut command = nntop();
    let mut running =
        Running::start(command.args(["bench", MODEL, "-t", "1500ms", "--warmup", "1", "--format", "json"]));
    running.until("measuring");
    let (pid, worker) = (running.pid(), workers(running.pid())[0]);
    running.signal(Signal::TSTP);
    until(|| state(pid) == Some('T') && state(worker) == Some('T'), "both are stopped");
    // Longer than any inference: it must be in no figure.
    std::process::Command::new("sleep").arg("1").status().unwrap();
    running.signal(Signal::CONT);
    let result = running.end();
    let latency = &result.ok().json()["variants"][0]["latency_ns"];
    assert!(latency["n"].as_u64() > Some(100), "{latency}");
    assert!(latency["max"].as_u64() < Some(900_000_000), "the stop is no latency: {latency}");
}

#[test]
fn folders_of_killed_processes_are_swept_at_the_next_start() {
    let temp = tempfile::tempdir().unwrap();
    let stale = temp.path().join("nntop-profile-4194999-0");
    std::fs::create_dir_all(stale.join("inside")).unwrap();
    let mut command = nntop();
    run(command.args(["bench", MODEL, "-n", "5", "--warmup", "0"]).env("TMPDIR", temp.path())).ok();
    assert!(!stale.exists());
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0, "it leaves nothing itself");
}

#[test]
fn too_little_to_begin_with_is_one_error_line() {
    let limited = |limit: &str, words: &str| {
        let mut shell = std::process::Command::new("bash");
        let line = format!("ulimit {limit} && exec {} {words}", env!("CARGO_BIN_EXE_nntop"));
        run(shell.args(["-c", &line]).env("NNTOP_DATA_DIR", crate::support::data_dir()).env_remove("RUST_BACKTRACE"))
    };
    for words in
        ["bench a:synthetic:constant,median=1ms -n 5", "exporter --listen 127.0.0.1:0", "monitor --once", "doctor"]
    {
        limited("-n 8", words).failed(1, "only 8 files may be open").hint("ulimit -n");
    }
    // A soft limit is raised.
    limited("-S -n 16", "bench a:synthetic:constant,median=1ms -n 5 --warmup 0").ok();
    // No memory, at different points of the start: an error line and an exit code, whatever is done meanwhile.
    let mut starved = 0;
    for kilobytes in (20_000..=80_000).step_by(4_000) {
        let end = limited(&format!("-v {kilobytes}"), "bench a:synthetic:constant,median=1ms -n 5 --warmup 0");
        // Below that the system cannot even load the program.
        if end.stderr.contains("error while loading")
            || end.stderr.contains("cannot execute")
            || end.code == Some(127)
            || end.code == Some(126)
        {
            continue;
        }
        assert!(
            !end.stderr.contains("panicked") && !end.stderr.contains("memory allocation of"),
            "{kilobytes}: {end:?}"
        );
        starved += u32::from(end.code == Some(1) && end.stderr.contains("error: "));
    }
    assert!(starved > 0, "one of these is too little");
}
