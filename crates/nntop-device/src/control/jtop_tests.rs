//! The real package against a stand-in for its service (`jtop_service.py`), and what it does where there is none.
//!
//! They need the package where Python finds it (`pip install jetson-stats`; a virtual environment's `bin` in `PATH`, or
//! `PYTHONPATH`); where it is missing they are skipped, or with
//! `NNTOP_REQUIRE_JTOP` set they fail.

use super::super::{Controls, Place, Tools};
use super::*;
use crate::sampler::Root;
use nntop_core::event::ControlState;
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// The package knows one socket per process.
static ALONE: Mutex<()> = Mutex::new(());

/// A Jetson whose jtop is a stand-in.
struct Board {
    folder: TempDir,
    service: Option<Child>,
    said: Arc<Mutex<Vec<String>>>,
    _alone: MutexGuard<'static, ()>,
}

impl Board {
    /// A board without a service; `None` where Python has not got the package.
    fn new() -> Option<Self> {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(e) = Python::attach(|py| py.import("jtop").map(drop)) {
            nntop_testing::skip_unless_required("NNTOP_REQUIRE_JTOP", &format!("jtop's package is not to be had: {e}"));
            return None;
        }
        let this = Self { folder: TempDir::new().unwrap(), service: None, said: Arc::default(), _alone: alone };
        this.write("proc/sys/kernel/random/boot_id", "first\n");
        this.write("sys/class/hwmon/hwmon3/pwm1", "88\n");
        this.write("etc/nvpmodel.conf", "< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=2 NAME=MAXN_SUPER >\n");
        this.write("var/lib/nvpmodel/status", "pmode:0002\n");
        std::fs::create_dir_all(this.path("run")).unwrap();
        Some(this)
    }

    /// A board whose service does well, or is broken in a way.
    fn with(how: &str) -> Option<Self> {
        let mut this = Self::new()?;
        let path = Python::attach(|py| -> PyResult<String> {
            let path: Vec<String> = py.import("sys")?.getattr("path")?.extract()?;
            Ok(path.join(":"))
        });
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/control/jtop_service.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(this.path("run/jtop.sock")).arg(how).env("PYTHONPATH", path.unwrap());
        let mut service = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(service.stdout.take().unwrap()).read_line(&mut line).unwrap();
        this.service = Some(service);
        assert_eq!(line, "ready\n");
        Some(this)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        std::fs::write(self.path(path), text).unwrap();
    }

    fn place(&self, limit: Duration) -> Place {
        let tools = Tools::at([self.path("bin")]).limited(limit);
        Place { root: Root::at(self.folder.path()), tools, folder: self.path("data") }
    }

    fn open(&self) -> Controls {
        let said = Arc::clone(&self.said);
        let place = self.place(Duration::from_secs(300));
        Controls::open(place, move |_, text| said.lock().unwrap().push(text)).unwrap()
    }

    fn end(&mut self) {
        if let Some(mut service) = self.service.take() {
            service.kill().unwrap();
            service.wait().unwrap();
        }
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.end();
    }
}

fn told(fault: &Fault) -> String {
    format!("{fault} | {}", fault.hint.as_deref().unwrap_or_default())
}

fn state(controls: &Controls, name: &str) -> ControlState {
    controls.states().into_iter().find(|state| state.name == name).unwrap()
}

#[test]
fn jtop_sets_mode_clocks_and_fan_and_brings_them_back() {
    let Some(board) = Board::with("well") else { return };
    let place = board.place(Duration::from_secs(300));
    let quiet = FanState { profile: "quiet".into(), speed: 35.0 };
    assert_eq!(fan(&place).unwrap(), quiet);
    let mut controls = board.open();
    // The tools are not installed: whatever is done here jtop does.
    assert!(
        state(&controls, "fan").choices.contains(&"auto".into()) && state(&controls, "pinned-clocks").absent.is_none()
    );
    controls.set("fan", "75%", false).unwrap();
    let now = fan(&place).unwrap();
    assert!(now.profile == "manual" && (now.speed - 75.0).abs() < 0.5, "{now:?}");
    controls.set("fan", "auto", false).unwrap();
    assert_eq!(fan(&place).unwrap().profile, "quiet", "the first profile that governs it");
    controls.set("fan", "0%", false).unwrap();
    controls.set("pinned-clocks", "on", false).unwrap();
    power_mode(&place, 0).unwrap();
    power_mode(&place, 0).unwrap();
    // The file is the board's own, which the stand-in does not write: our look at it says so.
    assert!(told(&controls.set("power-mode", "15W", false).unwrap_err()).contains("stays in mode 2"));
    drop(controls);
    assert_eq!(fan(&place).unwrap().profile, "quiet");
    let said = board.said.lock().unwrap().join("\n");
    assert!(said.contains("fan is 35% again") && said.contains("pinned-clocks set to on"), "{said}");
}

#[test]
fn a_fan_that_was_set_by_hand_gets_its_speed_back_after_a_restart_too() {
    let Some(board) = Board::with("well") else { return };
    let place = board.place(Duration::from_secs(300));
    fan_speed(&place, 60.0).unwrap();
    let mut controls = board.open();
    controls.set("fan", "auto", false).unwrap();
    // The machine was switched off: jtop keeps the profile, so the journal keeps the way back.
    std::mem::forget(controls);
    let journal = board.path("data/control-journal.json");
    let mut entries: serde_json::Value = serde_json::from_slice(&std::fs::read(&journal).unwrap()).unwrap();
    entries[0]["process"] = serde_json::json!([std::process::id(), 1]);
    std::fs::write(&journal, entries.to_string()).unwrap();
    board.write("proc/sys/kernel/random/boot_id", "second\n");
    board.open().undo_left(false);
    let now = fan(&place).unwrap();
    assert!(now.profile == "manual" && (now.speed - 60.0).abs() < 1.0, "{now:?}");
}

#[test]
fn every_way_in_which_the_service_fails_has_its_message() {
    let mut seen = std::collections::BTreeSet::new();
    let mut holds = |board: &Board, limit: u64, words: &str, hint: &str| {
        let told = told(&power_mode(&board.place(Duration::from_secs(limit)), 0).unwrap_err());
        assert!(told.contains(words) && told.contains(hint), "{words}: {told}");
        assert!(seen.insert(told.clone()), "twice: {told}");
    };
    let Some(board) = Board::with("old") else { return };
    holds(&board, 300, "different versions", "pip3 install -U jetson-stats");
    drop(board);
    let Some(board) = Board::with("stranger") else { return };
    holds(&board, 300, "does not take this package for its own", "pip3");
    drop(board);
    let Some(board) = Board::with("idle") else { return };
    holds(&board, 300, "did not carry it out", "journalctl");
    drop(board);
    // It takes the order and never answers: the package would wait for good.
    let Some(board) = Board::with("silent") else { return };
    holds(&board, 0, "did not answer within", "restart jtop.service");
    drop(board);
    // It ends between two readings.
    let Some(mut board) = Board::with("well") else { return };
    let jtop = Jtop::connect(&board.path("run/jtop.sock")).unwrap();
    board.end();
    let gone = jtop.change("fan", |_| Ok(()), |_| Ok(false)).unwrap_err();
    assert!(told(&gone).contains("gone"), "{}", told(&gone));
    drop(jtop);
    // Its socket is left behind, and nobody listens.
    holds(&board, 300, "not active", "systemctl start");
}

#[test]
fn a_socket_that_is_not_for_this_user_is_told_from_one_that_nobody_serves() {
    let Some(board) = Board::new() else { return };
    let path = board.path("run/jtop.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Root may all: this thread, and those that it starts, do without that.
    let before = capabilities(None).unwrap();
    let mut fewer = before;
    fewer.effective.remove(CapabilitySet::DAC_OVERRIDE);
    set_capabilities(None, fewer).unwrap();
    let refused = pinned_clocks(&board.place(Duration::from_secs(300)), true).unwrap_err();
    set_capabilities(None, before).unwrap();
    assert!(told(&refused).contains("let this user in") && told(&refused).contains("usermod"), "{}", told(&refused));
}

#[test]
fn a_board_without_a_socket_is_not_asked_through_jtop() {
    let Some(board) = Board::new() else { return };
    assert!(!is_here(&board.place(Duration::ZERO)));
    let mut controls = board.open();
    assert!(told(&controls.set("power-mode", "15W", false).unwrap_err()).contains("nvpmodel is not installed"));
}

/// What the package raises, or Python around it, in its own words.
#[test]
fn what_is_raised_is_told_in_our_words() {
    let told = |raise: &str| {
        Python::attach(|py| {
            let code = format!("class JtopException(Exception): pass\ndef f(): raise {raise}\n");
            let code = std::ffi::CString::new(code).unwrap();
            let module = PyModule::from_code(py, &code, c"raises.py", c"raises").unwrap();
            told(&fault(py, &module.call_method0("f").unwrap_err()))
        })
    };
    let cases = [
        ("JtopException('The jtop.service is not active. Please run:')", "not active", "systemctl start"),
        ("FileNotFoundError(2, 'No such file')", "not active", "systemctl start"),
        ("ConnectionRefusedError(111, 'refused')", "not active", "systemctl start"),
        ("JtopException(\"I can't access jtop.service.\\nPlease logout\")", "let this user in", "usermod"),
        ("PermissionError(13, 'denied')", "let this user in", "usermod"),
        ("JtopException('Mismatch version jtop service: [4.2.2] and client: [4.2.1]')", "[4.2.2]", "pip3"),
        (
            "JtopException('Mismatch of Python versions between library and service')",
            "another version of Python",
            "status",
        ),
        ("JtopException('Authentication with jetson-stats server failed')", "its own", "pip3"),
        ("JtopException('Lost connection with jtop server')", "gone", "restart"),
        ("ConnectionResetError(104, 'reset')", "gone", "restart"),
        ("EOFError()", "gone", "restart"),
        ("ImportError('No module named jtop')", "not to be had", "pip install"),
        ("JtopException('something else')", "something else", ""),
    ];
    let mut seen = std::collections::BTreeSet::new();
    for (raise, words, hint) in cases {
        let told = told(raise);
        assert!(told.contains(words) && told.contains(hint), "{raise}: {told}");
        seen.insert(told);
    }
    assert!(seen.len() >= 8, "{seen:?}");
}
