//! From a large profile of ONNX Runtime to its flame graph: how fast, in how much memory, against Python's `json` doing the same sums.
//!
//! `cargo bench --bench op_trace [-- --events N] [--rounds N] [--keep FILE]`
//!
//! Every reading is a process of its own, so that its peak of memory is its own; nntop and Python take turns. Times are CPU
//! times of the whole process, on one CPU: what other programs do meanwhile is not in them.

#![expect(clippy::print_stdout, reason = "a benchmark's table is its output")]

mod generate;

use generate::{Breaks, Written};
use nntop::op_trace::onnxruntime;
use nntop::report::ops::{self, Subject};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const GATE_MB_PER_S: f64 = 300.0;
const GATE_PEAK_MB: f64 = 150.0;
const GATE_TIMES_PYTHON: f64 = 10.0;

fn argument(name: &str) -> Option<String> {
    let args: Vec<String> = std::env::args().collect();
    args.iter().position(|a| a == name).and_then(|i| args.get(i + 1).cloned())
}

fn main() -> ExitCode {
    if let Some(file) = argument("--read") {
        return read(Path::new(&file));
    }
    let number = |name: &str, default: u64| argument(name).map_or(default, |n| n.parse().expect("a number"));
    let (events, rounds) = (number("--events", 1_000_000), number("--rounds", 3));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = argument("--keep").map_or_else(|| folder.path().join("profile.json"), PathBuf::from);
    let solid = folder.path().join("solid.json");
    let written = generate::write(&path, events, Breaks::Lines).expect("the profile can be written");
    let written_solid = generate::write(&solid, events, Breaks::None).expect("the profile can be written");
    println!("{} events, {} runs, {:.0} MB", written.events, written.runs, written.bytes as f64 / 1e6);

    let (mut lines, mut no_breaks, mut python) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        lines.push(ours(&path, written));
        python.push(theirs(&path, written));
        no_breaks.push(ours(&solid, written_solid));
    }
    let mut missed = false;
    println!("{:<28} {:>8} {:>10} {:>9}", "", "CPU s", "MB/s", "peak MB");
    let mut row = |what: &str, runs: &mut [Run], bytes: u64, gate_speed: bool, gate_memory: bool| {
        runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let seconds = runs[runs.len() / 2].seconds;
        let peak = runs.iter().map(|run| run.peak_mb).fold(0.0, f64::max);
        let speed = bytes as f64 / 1e6 / seconds;
        let bad = (gate_speed && speed < GATE_MB_PER_S) || (gate_memory && peak > GATE_PEAK_MB);
        missed |= bad;
        println!("{what:<28} {seconds:>8.2} {speed:>10.0} {peak:>9.1}{}", if bad { "  MISSED" } else { "" });
        seconds
    };
    let ours = row("nntop", &mut lines, written.bytes, true, true);
    row("nntop, no line breaks", &mut no_breaks, written_solid.bytes, false, true);
    let theirs = row("Python json", &mut python, written.bytes, false, false);
    let times = theirs / ours;
    let slow = times < GATE_TIMES_PYTHON;
    missed |= slow;
    println!("{times:.1} times as fast as Python{}", if slow { "  MISSED" } else { "" });
    println!("gates: {GATE_MB_PER_S} MB/s, {GATE_PEAK_MB} MB, {GATE_TIMES_PYTHON} times Python");
    if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

struct Run {
    seconds: f64,
    peak_mb: f64,
}

impl Run {
    fn of(said: &serde_json::Value) -> Self {
        let number = |key: &str| said[key].as_f64().expect("a number");
        Self { seconds: number("seconds"), peak_mb: number("peak_mb") }
    }
}

/// What the child does: reads the profile, draws its flame graph, and says how that went.
fn read(path: &Path) -> ExitCode {
    let profile = onnxruntime::read_file(path).expect("the profile is sound");
    let svg = ops::flame(Subject { title: "profile", profile: &profile, overhead: None }).expect("a flame graph");
    assert!(svg.trim_end().ends_with("</svg>"), "the picture is whole");
    let seconds = cpu_seconds();
    let own: u64 = profile.rows.iter().map(|row| row.self_time.0).sum();
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel says it");
    let peak_kb: f64 = peak.trim().trim_end_matches("kB").trim().parse().expect("a number");
    println!(
        "{}",
        serde_json::json!({
            "seconds": seconds, "peak_mb": peak_kb * 1024.0 / 1e6, "rows": profile.rows.len(), "wall_us": profile.wall.0 / 1000,
            "own_us": own / 1000, "runs": profile.inferences, "partial": profile.partial,
        })
    );
    ExitCode::SUCCESS
}

/// What this process has computed so far, reading of the file included: the same on a busy machine as on an idle one.
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn ours(path: &Path, written: Written) -> Run {
    let this = std::env::current_exe().expect("this program has a path");
    let said = on_one_cpu(&this, &["--read".as_ref(), path.as_os_str()]);
    assert_eq!(said["wall_us"], written.wall / 1000, "the wall time is that of the runs");
    assert_eq!(said["own_us"], said["wall_us"], "self times add up to it");
    assert_eq!(said["runs"], written.runs);
    Run::of(&said)
}

fn theirs(path: &Path, written: Written) -> Run {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/op_trace/sums.py");
    let said = on_one_cpu(Path::new("python3"), &[script.as_os_str(), path.as_os_str()]);
    assert_eq!(said["wall_us"], written.wall / 1000, "both find the same");
    assert_eq!(said["own_us"], said["wall_us"]);
    Run::of(&said)
}

fn on_one_cpu(program: &Path, args: &[&std::ffi::OsStr]) -> serde_json::Value {
    let output = Command::new("taskset").args(["-c", "0"]).arg(program).args(args).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("it says JSON")
}
