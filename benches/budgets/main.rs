//! What nntop promises to cost, now against what is written in `docs/develop/budgets.md`.
//!
//! `cargo bench --bench budgets [-- --seconds 20] [--builds] [--nntop PATH]`. Without flags it counts crates and bytes and
//! watches `nntop monitor` beside htop, where that is installed; `--builds` also builds everything from nothing in a
//! folder of its own, with an edit in each of three crates, which takes minutes. Limits and recorded figures are those
//! of the document, which is read. Ends with 1 when a limit is broken.

#![allow(clippy::print_stdout, reason = "a table is its output")]
#![allow(clippy::disallowed_methods, reason = "other programs run in real time")]

mod builds;
#[path = "../monitor_cost/observed.rs"]
#[allow(dead_code, reason = "monitor_cost shows more of it")]
mod observed;
mod table;
mod tree;

use observed::{Cost, Observed};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use table::Measured;

/// What is left out at the start: first screens, first looks at everything.
const SETTLE: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let option = |name: &str| std::env::args().skip_while(|argument| argument != name).nth(1);
    let seconds: u64 = option("--seconds").and_then(|seconds| seconds.parse().ok()).unwrap_or(20);
    let nntop = option("--nntop").unwrap_or_else(|| env!("CARGO_BIN_EXE_nntop").to_owned());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let budgets = match table::read(&root.join("docs/develop/budgets.md")) {
        Ok(budgets) => budgets,
        Err(reason) => {
            println!("{reason}");
            return ExitCode::FAILURE;
        }
    };
    let mut measured = tree::measure(root, Path::new(&nntop));
    measured.extend(monitor(Path::new(&nntop), seconds));
    if std::env::args().any(|argument| argument == "--builds") {
        measured.extend(builds::measure(root));
    }
    if table::print(&budgets, &measured) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `nntop monitor` once a second at 120 x 36, and htop beside it.
fn monitor(nntop: &Path, seconds: u64) -> Vec<Measured> {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut own = Observed::start(nntop, &["monitor"], home.path());
    let htop = std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let htop = htop.map(|folder| folder.join("htop")).find(|path| path.is_file());
    let mut peer = htop.map(|path| Observed::start(&path, &["-d", "10"], home.path()));
    std::thread::sleep(SETTLE);
    own.begin();
    peer.iter_mut().for_each(Observed::begin);
    std::thread::sleep(Duration::from_secs(seconds));
    let Cost { cpu, bytes, memory, frame, .. } = own.cost();
    let mut measured = vec![
        Measured::new("monitor CPU", cpu),
        Measured::new("monitor memory", memory),
        Measured::new("monitor output", bytes),
    ];
    measured.extend(frame.map(|frame| Measured::new("monitor first frame", frame.as_secs_f64() * 1e3)));
    if let Some(peer) = &mut peer {
        let cost = peer.cost();
        measured.push(Measured::new("monitor CPU of htop's", cpu / cost.cpu.max(0.01)));
        measured.push(Measured::new("monitor output of htop's", bytes / cost.bytes.max(1.0)));
    }
    measured
}
