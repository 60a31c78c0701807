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
    through(r#"echo '{"t":1,"kind":"done"}'"#).failed(1, "not an nntop agent");
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

#[test]
fn an_agent_that_falls_silent_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    // The first lines of a real agent, and then nothing, as behind a link that is dead.
    let script = file(&dir, "agent.sh", format!("{} | head -n 20\nexec tail -f /dev/null\n", agent()));
    let spec = "a:synthetic:constant,median=1ms";
    let agent = format!("sh '{script}'");
    let mut command = nntop();
    command.args(["bench", spec, "-t", "1h", "--timeout", "1s", "--agent", &agent, "--format", "json"]);
    let result = run(&mut command);
    result.failed(1, "no sign of life for 5").hint("--timeout");
    assert_eq!(result.json()["variants"][0]["status"], "interrupted");
}

#[test]
fn an_agent_takes_no_paths_of_code_unless_it_was_started_so() {
    let library = crate::support::runtime().to_str().unwrap();
    let through = |agent: &str, more: &[&str]| {
        let mut command = nntop();
        command.args(["bench", &demo("digits-fp32"), "-n", "5", "--warmup", "0", "--agent", agent]).args(more);
        run(&mut command)
    };
    let agent = agent();
    through(&agent, &["--engine-path", library]).failed(2, "by the name of an engine only").hint("--allow-path");
    let hostile = ["--ep", "qnn", "--ep-option", "backend_path=/tmp/libQnnHtp.so"];
    through(&agent, &hostile).failed(2, "backend_path=/tmp/libQnnHtp.so").hint("--allow-path");
    let python = ["--engine", "torch", "--python", "/usr/bin/python3"];
    through(&agent, &python).failed(2, "--engine-path /usr/bin/python3").hint("--allow-path");
    // What is installed is found by its name; and by its path where the agent's side says so.
    through(&agent, &["--engine", "onnxruntime"]).ok();
    through(&format!("{agent} --allow-path"), &["--engine-path", library]).ok();
}

#[test]
fn an_agent_changes_no_device_unless_it_was_started_so() {
    use nntop::event::{Command, Event, Kind, Order, Plan, Reply};
    let told = |more: &[&str]| {
        let mut command = nntop();
        command.args(["agent", "--stdio"]).args(more).stdin(std::process::Stdio::piped());
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let plan = Plan { allow_control: true, stay: true, ..Plan::default() };
        let set = Order::Control { name: "governor".into(), value: "no such".into(), keep: false };
        let mut orders = child.stdin.take().unwrap();
        for (id, order) in [(1, Order::Start(plan)), (2, set)] {
            std::io::Write::write_all(
                &mut orders,
                (serde_json::to_string(&Command { id, order }).unwrap() + "\n").as_bytes(),
            )
            .unwrap();
        }
        let (mut log, mut refused) = (String::new(), String::new());
        for line in std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap())).map_while(Result::ok)
        {
            match Event::from_line(&line).unwrap().kind {
                Kind::Log(line) => log += &line.text,
                Kind::Answer(answer) if answer.id == 2 => {
                    if let Reply::Refused(why) = answer.reply {
                        refused = why;
                    }
                    break;
                }
                _ => {}
            }
        }
        drop(orders);
        child.wait().unwrap();
        (log, refused)
    };
    let (log, refused) = told(&[]);
    assert!(log.contains("this agent was not started with --allow-control"), "{log:?}");
    assert!(refused.contains("not allowed"), "{refused:?}");
    let (log, refused) = told(&["--allow-control"]);
    assert!(!log.contains("--allow-control") && !refused.contains("not allowed"), "{log:?} {refused:?}");
}
