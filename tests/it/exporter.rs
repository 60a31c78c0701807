//! `nntop exporter` over real sockets, and `nntop monitor` as a stream of lines.

mod access;

use crate::support::{LIMIT, Running, nntop, run};
use rustix::process::{Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A made-up board with one sensor.
fn board() -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    let zone = tree.path().join("sys/class/thermal/thermal_zone0");
    std::fs::create_dir_all(&zone).unwrap();
    std::fs::write(zone.join("type"), "soc-thermal\n").unwrap();
    set(&tree, "42500");
    tree
}

fn set(tree: &tempfile::TempDir, millis: &str) {
    std::fs::write(tree.path().join("sys/class/thermal/thermal_zone0/temp"), millis).unwrap();
}

/// A server that runs. Dropping it kills it.
struct Server {
    child: Child,
    address: SocketAddr,
    _out: BufReader<std::process::ChildStdout>,
}

impl Server {
    fn start(tree: &Path, args: &[&str]) -> Self {
        Self::listen(nntop().args(["exporter", "--listen", "127.0.0.1:0", "--sysroot"]).arg(tree).args(args))
    }

    /// Of this machine.
    fn here() -> Self {
        Self::listen(nntop().args(["exporter", "--listen", "127.0.0.1:0"]))
    }

    fn listen(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("serving http").and_then(|l| l.strip_suffix("/metrics"));
        let address = address.map(|l| l.trim_start_matches('s').trim_start_matches("://"));
        let address = address.unwrap_or_else(|| panic!("{line:?}")).parse().unwrap();
        Self { child, address, _out: out }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream
    }

    /// Status line and headers, and the body.
    fn ask(&self, request: &str) -> (String, String) {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        answer(stream)
    }

    /// As one asks who wants OpenMetrics.
    fn get(&self, path: &str) -> (String, String) {
        let accept = "Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n";
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{accept}\r\n"))
    }
}

fn answer(mut stream: TcpStream) -> (String, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text:?}"));
    (head.to_lowercase(), body.to_owned())
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_metrics_are_served() {
    let tree = board();
    let mut server = Server::start(tree.path(), &[]);
    let (head, body) = server.get("/metrics");
    assert!(head.starts_with("http/1.1 200") && head.contains("application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(body.contains("\nnntop_temperature_celsius{zone=\"soc-thermal\"} 42.5\n"), "{body}");
    assert!(body.contains("nntop_source_up{source=\"memory\",reason=\"/proc/meminfo"), "{body}");
    assert!(!body.contains("nntop_memory_used_bytes"), "what cannot be read is left out: {body}");
    assert!(body.ends_with("# EOF\n"));
    let (head, none) = server.ask("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(head.starts_with("http/1.1 200") && head.contains("content-length: ") && none.is_empty(), "{head}");
    assert!(server.get("/").1.contains("/metrics"));
    kill_process(rustix::process::Pid::from_child(&server.child), Signal::TERM).unwrap();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_is_no_scrape_is_refused() {
    let tree = board();
    let server = Server::start(tree.path(), &[]);
    let status = |request: &str| server.ask(request).0.lines().next().unwrap().to_owned();
    assert!(status("GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n").contains("404"));
    let (head, _) = server.ask("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    assert!(head.contains("405") && head.contains("allow: get, head"), "{head}");
    assert!(status("nonsense\r\n\r\n").contains("400"));
    // Longer than any head: refused, whatever else of it would come. The other side may hang up while we still write.
    let mut stream = server.connect();
    let _ = stream.write_all(format!("GET /metrics HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000)).as_bytes());
    let mut first = [0; 12];
    assert!(stream.read_exact(&mut first).map_or(true, |()| first.ends_with(b"431")), "{first:?}");
    // Who says nothing keeps nobody else waiting.
    let silent: Vec<TcpStream> = (0..8).map(|_| server.connect()).collect();
    assert!(server.get("/metrics").0.contains("200"));
    drop(silent);
}

#[test]
fn scrapes_that_come_together_share_a_reading() {
    let tree = board();
    let server = Server::start(tree.path(), &["--interval", "1h"]);
    let first = server.get("/metrics").1;
    set(&tree, "50000");
    let mut streams: Vec<TcpStream> = (0..8).map(|_| server.connect()).collect();
    streams.iter_mut().for_each(|stream| {
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: application/openmetrics-text\r\n\r\n")
            .unwrap()
    });
    for stream in streams {
        assert_eq!(answer(stream).1, first, "not read anew");
    }
}

#[test]
fn prometheus_own_parser_reads_it() {
    let python = std::env::var_os("NNTOP_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let has = Command::new(&python).args(["-c", "import prometheus_client"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        let why = "no Python with prometheus_client (NNTOP_TEST_PYTHON names one)";
        nntop_testing::skip_unless_required("NNTOP_TEST_PYTHON", why);
        return;
    }
    let script = "import sys\n\
                  from prometheus_client.openmetrics.parser import text_string_to_metric_families as read\n\
                  for family in read(sys.stdin.read()):\n\
                  \x20   for sample in family.samples: print(family.name, family.type, family.unit, sample.value)\n";
    // This machine, and a board.
    let tree = board();
    let expected = [
        (Server::here(), "nntop_build info"),
        (Server::start(tree.path(), &[]), "nntop_temperature_celsius gauge celsius 42.5"),
    ];
    for (server, expected) in expected {
        let text = server.get("/metrics").1;
        let mut reader = Command::new(&python);
        reader.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut reader = reader.spawn().unwrap();
        reader.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let read = reader.wait_with_output().unwrap();
        assert!(read.status.success(), "{}\n{text}", String::from_utf8_lossy(&read.stderr));
        let said = String::from_utf8(read.stdout).unwrap();
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn the_text_format_is_served_unless_openmetrics_is_asked_for() {
    let tree = board();
    let server = Server::start(tree.path(), &[]);
    let (head, body) = server.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert!(head.contains("vary: accept"), "{head}");
    assert!(
        body.contains("\n# TYPE nntop_build_info gauge\n") || body.starts_with("# TYPE nntop_build_info gauge\n"),
        "{body}"
    );
    assert!(body.contains("\nnntop_temperature_celsius{zone=\"soc-thermal\"} 42.5\n"), "{body}");
    assert!(!body.contains("# EOF") && !body.contains("# UNIT"), "{body}");
}

#[test]
fn promtool_accepts_both_formats() {
    let has = Command::new("promtool").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        nntop_testing::skip_unless_required(
            "NNTOP_REQUIRE_PROMTOOL",
            "promtool is missing (Debian's package prometheus has it)",
        );
        return;
    }
    let tree = board();
    for server in [Server::here(), Server::start(tree.path(), &[])] {
        let plain = server.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").1;
        let mut tool = Command::new("promtool");
        tool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut tool = tool.spawn().unwrap();
        tool.stdin.take().unwrap().write_all(plain.as_bytes()).unwrap();
        let said = tool.wait_with_output().unwrap();
        // 1 is an error of the format; 3 is advice on names, which are fixed.
        assert!(matches!(said.status.code(), Some(0 | 3)), "{}\n{plain}", String::from_utf8_lossy(&said.stderr));
        // The same tool reads OpenMetrics when it makes blocks of it; each sample needs a time there.
        let timed: String = server
            .get("/metrics")
            .1
            .lines()
            .map(|line| match line.starts_with('#') {
                true => format!("{line}\n"),
                false => format!("{line} 1700000000\n"),
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("open.txt"), &timed).unwrap();
        let mut tool = Command::new("promtool");
        tool.current_dir(folder.path()).args(["tsdb", "create-blocks-from", "openmetrics", "open.txt", "data"]);
        let said = tool.output().unwrap();
        assert!(said.status.success(), "{}\n{timed}", String::from_utf8_lossy(&said.stderr));
    }
}

#[test]
fn a_name_that_is_not_this_machines_is_refused() {
    let tree = board();
    let server = Server::start(tree.path(), &["--host", "board.example.org"]);
    let status = |host: &str| {
        let (head, body) = server.ask(&format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(head.contains(" 200 "), body.contains("nntop_"), "{host}: {head}");
        head.lines().next().unwrap().to_owned()
    };
    assert!(status("evil.example.com").contains("421"));
    assert!(status("localhost.example.com:9099").contains("421"));
    assert!(status(&server.address.to_string()).contains("200"));
    assert!(status("board.example.org:9099").contains("200"));
    assert!(server.ask("GET /metrics HTTP/1.0\r\n\r\n").0.contains("200"), "an old client has no name for it");
}

#[test]
fn many_slow_connections_of_one_address_keep_nobody_waiting() {
    let tree = board();
    let server = Server::start(tree.path(), &[]);
    let mut slow: Vec<TcpStream> = (0..161).map(|_| server.connect()).collect();
    slow.iter_mut().for_each(|stream| drop(stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: lo")));
    assert!(server.get("/metrics").0.contains("200"));
    // All but the newest were closed for it: they read an end, and not an answer that they waited for.
    let mut buffer = [0; 64];
    for stream in &mut slow[..150] {
        assert!(matches!(stream.read(&mut buffer), Ok(0) | Err(_)));
    }
}

#[test]
fn an_address_that_cannot_be_had_is_said() {
    let tree = board();
    let server = Server::start(tree.path(), &[]);
    let twice = run(nntop().args(["exporter", "--listen", &server.address.to_string()]));
    twice.failed(1, &server.address.to_string()).hint("--listen");
    let everywhere = run(nntop().args(["exporter", "--listen", ":9099"]));
    assert!(everywhere.code == Some(2) && everywhere.stderr.contains("0.0.0.0:9099"), "{everywhere:?}");
    let mut open = nntop();
    open.args(["exporter", "--listen", "0.0.0.0:0", "--sysroot"]).arg(tree.path());
    let mut open = Running::start(&mut open);
    open.until("without authentication");
    open.signal(Signal::INT);
    open.end().ok();
}

#[test]
fn a_stream_of_snapshots_is_a_line_each() {
    let tree = board();
    let mut command = nntop();
    command.args(["monitor", "--format", "ndjson", "--count", "3", "--interval", "100ms", "--sysroot"]);
    let told = run(command.arg(tree.path()));
    let lines: Vec<Value> = told.ok().stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert_eq!((&line["schema"], &line["temps_c"]["soc-thermal"]), (&"nntop.device/1".into(), &42.5.into()));
        assert!(line["two_samples"]["dt_s"].as_f64().unwrap() > 0.0);
    }
    let time = |n: usize| lines[n]["time_unix_s"].as_f64().unwrap();
    assert!(time(0) < time(1) && time(1) < time(2));
}

#[test]
fn a_table_has_one_head() {
    let here = run(nntop().args(["monitor", "--format", "csv", "--count", "2", "--interval", "200ms"]));
    let lines: Vec<&str> = here.ok().stdout.lines().collect();
    assert!(lines.len() == 3 && lines[0].starts_with("time_unix_s,cpu.load_percent,"), "{here:?}");
    assert!(lines.iter().all(|line| line.split(',').count() == lines[0].split(',').count()), "{here:?}");
    let once = run(nntop().args(["monitor", "--format", "csv", "--once", "--dt", "100ms"]));
    assert_eq!(once.ok().stdout.lines().count(), 2);
    run(nntop().args(["monitor", "--once", "--count", "2"])).failed(2, "--count");
    run(nntop().args(["monitor", "--count", "2"])).failed(2, "--count").hint("ndjson");
}

#[test]
fn a_stream_ends_with_its_reader_and_with_a_signal() {
    let tree = board();
    let stream = |format: &str| {
        let mut command = nntop();
        command.args(["monitor", "--interval", "100ms", "--format", format, "--sysroot"]).arg(tree.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for format in ["ndjson", "csv"] {
        let mut child = stream(format);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // Its reader has gone: dropped with the statement above.
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.code() == Some(0) && ended.stderr.is_empty(), "{ended:?}");
        for signal in [Signal::INT, Signal::TERM] {
            let mut child = stream(format);
            let mut out = BufReader::new(child.stdout.take().unwrap());
            (0..2).for_each(|_| assert!(out.read_line(&mut line).unwrap() > 0));
            kill_process(rustix::process::Pid::from_child(&child), signal).unwrap();
            let mut rest = String::new();
            out.read_to_string(&mut rest).unwrap();
            assert!(rest.is_empty() || rest.ends_with('\n'), "no torn line: {rest:?}");
            assert_eq!(child.wait().unwrap().code(), Some(0));
        }
    }
}
