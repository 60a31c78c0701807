//! What workers are confined to: CPUs, and where the machine lets us, control groups.

use crate::processes::workers_of;
use crate::support::{Running, bench, demo, nntop, run};
use rustix::process::{Pid, Signal};

/// The CPUs that each thread of a process may use, as the kernel lists them.
fn allowed(pid: Pid) -> Vec<String> {
    let list = |tid: std::fs::DirEntry| {
        let status = std::fs::read_to_string(tid.path().join("status")).ok()?;
        Some(status.lines().find_map(|l| l.strip_prefix("Cpus_allowed_list:"))?.trim().to_owned())
    };
    let tasks = format!("/proc/{}/task", pid.as_raw_nonzero());
    std::fs::read_dir(tasks).unwrap().flatten().filter_map(list).collect()
}

/// The first CPU that this test may use.
fn a_cpu() -> String {
    let all = &allowed(rustix::process::getpid())[0];
    all.split([',', '-']).next().unwrap().to_owned()
}

#[test]
fn every_thread_of_a_worker_stays_on_its_cpus() {
    let cpu = a_cpu();
    let options = ["-t", "1h", "--warmup", "1", "--cpus", &cpu];
    let mut running = Running::start(bench([&demo("digits-fp32")]).args(options));
    running.until(": measuring");
    let worker = workers_of(running.pid()).pop().unwrap();
    let threads = allowed(worker.pid);
    assert!(threads.iter().all(|list| *list == cpu), "{threads:?}, not all on {cpu}");
}

#[test]
fn as_many_threads_as_cpus_and_the_result_tells() {
    let cpu = a_cpu();
    let options = ["-n", "3", "--warmup", "0", "--format", "json", "--cpus", &cpu];
    let json = run(bench([&demo("digits-fp32")]).args(options)).ok().json();
    let v = &json["variants"][0];
    assert_eq!((&v["engine"]["threads"], v["options"]["cpus"][0].to_string()), (&1.into(), cpu));
}

#[test]
fn cpus_that_are_not_there_are_refused_with_those_that_are() {
    let spec = "a:synthetic:constant,median=1ms";
    let result = run(nntop().args(["bench", spec, "-n", "3", "--cpus", "0,1000-1001"]));
    result.failed(2, "a: --cpus 0,1000-1001: there is no CPU 1000-1001").hint("CPUs that can be used here: ");
    let result = run(nntop().args(["bench", spec, "-n", "3", "--cpus", "all"]));
    assert_eq!(result.code, Some(2), "{result:?}");
}

/// The control groups of a process that nntop has made.
fn groups(pid: Pid) -> Vec<String> {
    let text = std::fs::read_to_string(format!("/proc/{}/cgroup", pid.as_raw_nonzero())).unwrap();
    text.lines().filter_map(|l| l.rsplit('/').next()).filter(|g| g.ends_with("-A-1")).map(String::from).collect()
}

/// Measures without end under `limits` and looks at the worker's groups; or the reason why there can be none here.
fn limited(limits: &[&str]) -> Option<Vec<String>> {
    let spec = "a:synthetic:constant,median=1ms";
    let refused = run(nntop().args(["bench", spec, "-n", "1", "--warmup", "0"]).args(limits));
    if refused.code == Some(2) {
        refused.failed(2, "--cpu-quota, --memory-limit: ").hint("systemd-run");
        nntop_testing::skip(&refused.stderr);
        return None;
    }
    refused.ok();
    let mut running = Running::start(nntop().args(["bench", spec, "-t", "1h", "--warmup", "1"]).args(limits));
    running.until(": measuring");
    let worker = workers_of(running.pid()).pop().unwrap();
    let found = groups(worker.pid);
    running.signal(Signal::INT);
    assert_eq!(running.end().code, Some(130));
    Some(found)
}

#[test]
fn limits_are_groups_that_hold_the_worker() {
    if let Some(groups) = limited(&["--cpu-quota", "50%", "--memory-limit", "256M"]) {
        assert!(!groups.is_empty() && groups.iter().all(|g| g.starts_with("nntop-")), "{groups:?}");
    }
}

#[test]
fn a_worker_that_wants_more_memory_than_its_limit_is_named() {
    if limited(&["--memory-limit", "256M"]).is_some() {
        let options = ["-n", "3", "--warmup", "0", "--memory-limit", "4M"];
        let result = run(bench([&demo("digits-fp32")]).args(options));
        result.failed(1, "exceeded its memory limit of 4.");
    }
}

#[test]
fn a_simulated_edge_is_labelled_and_limits() {
    let dir = tempfile::tempdir().unwrap();
    let edge = dir.path().join("camera.toml");
    std::fs::write(&edge, format!("cpus = {:?}\n", a_cpu())).unwrap();
    let model = "synthetic:constant,median=1ms";
    let quick = ["-n", "40", "--warmup", "2"];
    let of = |more: &[&str]| run(bench([model]).args(quick).arg("--edge").arg(&edge).args(more));
    let result = of(&["--format", "json"]).ok().json();
    let options = &result["variants"][0]["options"];
    assert_eq!(
        (options["edge"].as_str(), options["cpus"].to_string()),
        (Some("camera"), format!("[{}]", a_cpu())),
        "{result:#}"
    );
    assert!(of(&[]).ok().stdout.contains("camera (simulation)"));
    run(bench([model]).args(["--edge", "pi9"])).failed(2, "--edge pi9").hint("pi4");
}
