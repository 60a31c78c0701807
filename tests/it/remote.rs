//! The agent behind pipes: the same results as in process, and agents that are none.

use crate::bench::check_schema;
use crate::support::{Run, Running, bench, demo, file, nntop, run};
use rustix::process::Signal;
use serde_json::Value;

fn through(agent: &str) -> Run {
    let mut command = bench([&demo("digits-fp32"), "-n", "20", "--warmup", "1", "--agent", agent]);
    run(command.args(["--format", "json"]))
}

/// This program as an agent, as a shell takes it.
fn agent() -> String {
    format!("'{}' agent --stdio", env!("CARGO_BIN_EXE_nntop"))
}

/// The names of all fields, at all depths but for intervals: a slow machine has the blocks for them, a fast one not.
fn fields(value: &Value, path: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(map) if !path.ends_with("_interval") => {
            map.iter().for_each(|(k, v)| fields(v, &format!("{path}.{k}"), into))
        }
        Value::Array(list) => list.iter().for_each(|v| fields(v, &format!("{path}[]"), into)),
        _ => into.push(path.into()),
    }
}

#[test]
fn an_agent_behind_pipes_gives_the_same_result() {
    let local = run(&mut bench([&demo("digits-fp32"), "-n", "20", "--warmup", "1", "--format", "json"]));
    let remote = through(&agent());
    let (local, remote) = (local.ok().json(), remote.ok().json());
    check_schema(&remote, 20);
    let shape = |v| {
        let mut all = Vec::new();
        fields(v, "", &mut all);
        // How many bins, blocks and operators there are is chance.
        all.sort();
        all.dedup();
        all
    };
    assert_eq!(shape(&local), shape(&remote));
    let fixed = |v: &Value| {
        let v = &v["variants"][0];
        ["name", "model", "engine", "options", "batch_size", "inputs"].map(|key| v[key].clone())
    };
    assert_eq!(fixed(&local), fixed(&remote));
}

#[test]
fn failures_travel() {
    let result = run(&mut bench(["/nonexistent.onnx", "-n", "3", "--agent", &agent()]));
    result.failed(2, "/nonexistent.onnx: no such file").hint("check the path");
    let spec = "bad:synthetic:constant,median=1ms,abort-at=40";
    run(nntop().args(["bench", spec, "-n", "400", "--agent", &agent()])).failed(1, "SIGABRT");
}

#[test]
fn ctrl_c_travels() {
    let spec = "a:synthetic:constant,median=1ms";
    let mut running =
        Running::start(nntop().args(["bench", spec, "-t", "1h", "--agent", &agent(), "--format", "json"]));
    running.until("a: measuring").signal(Signal::INT);
    let result = running.end();
    assert_eq!(result.code, Some(130), "{result:?}");
    assert_eq!(result.json()["variants"][0]["status"], "interrupted");
    assert!(result.json()["variants"][0]["latency_ns"]["n"].as_u64().unwrap() > 0);
}

#[test]
fn an_agent_of_another_major_is_refused_with_what_to_install() {
    let dir = tempfile::tempdir().unwrap();
    // Beside kind and protocol, the hello of another major may hold anything.
    for rest in [r#""nntop":"9.0.0","wall_unix_ns":0,"info":{"name":"x","arch":"y","cpus":1}"#, r#""who":["x"]"#] {
        let hello = format!(r#"{{"t":0,"seq":1,"kind":"hello","protocol":{{"major":99,"minor":0}},{rest}}}"#);
        let script = file(&dir, "agent.sh", format!("echo '{hello}'\nexec cat >/dev/null\n"));
        through(&format!("sh '{script}'")).failed(2, "protocol 99.0").hint("same version");
    }
}

#[test]
fn what_is_no_agent_is_quoted() {
    through("echo Welcome to host; exec cat >/dev/null").failed(1, "Welcome to host").hint("nntop agent --stdio");
    through("yes nonsense").failed(1, "nonsense").hint("nntop agent --stdio");
    through(r#"echo '{"t":1,"kind":"done"}'"#).failed(1, "no nntop agent");
    // Nor does one hang on that heeds no end of file.
    through("echo Welcome; exec tail -f /dev/null").failed(1, "Welcome");
}

#[test]
fn an_agent_that_ends_too_soon_is_an_error() {
    through("true").failed(1, "the agent ended before the run did");
    through("exec /nonexistent/nntop").failed(1, "the agent ended before the run did");
    let cut = through(&format!("{} | head -n 30", agent()));
    assert_eq!(cut.failed(1, "the agent ended").json()["variants"][0]["status"], "interrupted");
}
