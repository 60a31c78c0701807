//! What `nntop monitor` costs beside htop, btop and bottom: CPU, bytes to the terminal, memory.
//!
//! `cargo bench --bench monitor_cost [-- --seconds 30] [--nntop PATH]`. All run side by side, each in a terminal of 120 x 36 of its own,
//! updating once a second, so that they see the same machine. CPU time is that of `/proc/PID/stat` with children, bytes are
//! those that come out of the terminal, memory is `VmHWM`. Exits 1 when a gate is missed. Who is not installed (`htop` and
//! `btop` of the distribution, `btm` of `cargo install bottom`) is left out and named.

#![allow(clippy::print_stdout, reason = "this is a program that prints a table")]
#![allow(clippy::disallowed_methods, reason = "other programs run in real time")]
mod observed;

use observed::{Cost, Observed};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// What is left out at the start: first screens, first looks at everything.
const SETTLE: Duration = Duration::from_secs(5);

/// Bytes per second to the terminal at most.
const BYTES: f64 = 2_000.0;

/// … with `--low-bandwidth`.
const LOW_BYTES: f64 = 500.0;

/// Peak resident memory at most, in MB.
const MEMORY: f64 = 10.0;

/// From start to the first screen at most, in milliseconds.
const FRAME: f64 = 30.0;

/// CPU of sampling ten times a second at most, in percent of one core.
const SAMPLING: f64 = 1.0;

fn main() -> ExitCode {
    let option = |name: &str| std::env::args().skip_while(|argument| argument != name).nth(1);
    let seconds: u64 = option("--seconds").and_then(|seconds| seconds.parse().ok()).unwrap_or(30);
    let nntop = option("--nntop").unwrap_or_else(|| env!("CARGO_BIN_EXE_nntop").to_owned());
    let nntop = nntop.as_str();
    let home = tempfile::tempdir().expect("a temporary folder");
    configure(home.path());
    let programs: [(&str, &str, &[&str]); 6] = [
        ("nntop monitor", nntop, &["monitor"]),
        ("nntop monitor --low-bandwidth", nntop, &["monitor", "--low-bandwidth"]),
        ("nntop, sampling at 10 Hz (csv)", nntop, &["monitor", "--format", "csv", "--interval", "100ms"]),
        ("bottom", "btm", &["--rate", "1s"]),
        ("htop", "htop", &["-d", "10"]),
        ("btop", "btop", &[]),
    ];
    let mut running = Vec::new();
    for (name, program, arguments) in programs {
        match find(program) {
            Some(path) => running.push((name, Observed::start(&path, arguments, home.path()))),
            None => println!("{name} is not installed ({program}): left out"),
        }
    }
    std::thread::sleep(SETTLE);
    running.iter_mut().for_each(|(_, observed)| observed.begin());
    std::thread::sleep(Duration::from_secs(seconds));
    let costs: Vec<(&str, Cost)> = running.iter_mut().map(|(name, observed)| (*name, observed.cost())).collect();
    drop(running);

    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?").to_owned();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("\n{seconds} s side by side, 120 x 36, once a second; {cores} CPUs, load {load}\n");
    println!("{:<32} {:>12} {:>12} {:>12} {:>12} {:>12}", "", "CPU %", "bytes/s", "first bytes", "first ms", "peak MB");
    for (name, cost) in &costs {
        let Cost { cpu, bytes, first, memory, .. } = cost;
        println!("{name:<32} {cpu:>12.2} {bytes:>12.0} {first:>12} {:>12.1} {memory:>12.1}", frame_ms(cost));
    }
    println!();
    if judge(&costs) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn frame_ms(cost: &Cost) -> f64 {
    cost.frame.map_or(f64::NAN, |frame| frame.as_secs_f64() * 1e3)
}

/// Prints every gate; whether none was missed.
fn judge(costs: &[(&str, Cost)]) -> bool {
    let of = |name: &str| costs.iter().find(|(of, _)| *of == name).map(|(_, cost)| cost);
    let (Some(own), Some(low), Some(sampling)) = (of(costs[0].0), of(costs[1].0), of(costs[2].0)) else { return false };
    let mut gates = vec![
        ("bytes/s", own.bytes, Some(BYTES)),
        ("bytes/s, --low-bandwidth", low.bytes, Some(LOW_BYTES)),
        ("peak MB", own.memory, Some(MEMORY)),
        ("CPU %, sampling at 10 Hz", sampling.cpu, Some(SAMPLING)),
    ];
    gates.push(("first screen, ms", frame_ms(own), Some(FRAME)));
    let (bottom, htop) = (of("bottom"), of("htop"));
    gates.push(("CPU %, beside bottom's", own.cpu, bottom.map(|cost| cost.cpu)));
    gates.push(("CPU %, beside htop's", own.cpu, htop.map(|cost| cost.cpu)));
    gates.push(("bytes/s, beside bottom's", own.bytes, bottom.map(|cost| cost.bytes)));
    gates.push(("bytes/s, beside htop's", own.bytes, htop.map(|cost| cost.bytes)));
    let mut kept = true;
    for (what, value, most) in gates {
        let verdict = match most {
            None => "not judged: it is not installed".to_owned(),
            Some(most) if value <= most => format!("at most {most:.2}: kept"),
            Some(most) => {
                kept = false;
                format!("at most {most:.2}: MISSED")
            }
        };
        println!("{what:<32} {value:>12.2}   {verdict}");
    }
    kept
}

/// Peers update once a second, too, and nobody's own settings are read or written.
fn configure(home: &Path) {
    let btop = home.join(".config/btop");
    std::fs::create_dir_all(&btop).expect("a folder for btop's settings");
    std::fs::write(btop.join("btop.conf"), "update_ms = 1000\n").expect("btop's settings");
}

/// A program on the path; one with a slash is its own path.
fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(program.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}
