//! Controls on made boards with made tools.

use super::*;
use std::io::Read;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

const POLICY: &str = "sys/devices/system/cpu/cpufreq/policy";

/// A board: a tree, its tools, nntop's folder, and what was said.
struct Board {
    folder: TempDir,
    said: Arc<Mutex<Vec<String>>>,
}

impl Board {
    /// A Jetson with two CPU policies, a fan, three power modes and its tools.
    fn jetson() -> Self {
        let this = Self { folder: TempDir::new().unwrap(), said: Arc::default() };
        for (n, governor) in ["schedutil", "ondemand"].into_iter().enumerate() {
            this.write(&format!("{POLICY}{n}/scaling_governor"), governor);
            this.write(&format!("{POLICY}{n}/scaling_available_governors"), "performance schedutil ondemand\n");
            this.write(&format!("{POLICY}{n}/scaling_min_freq"), "115200\n");
            this.write(&format!("{POLICY}{n}/scaling_max_freq"), "1728000\n");
        }
        this.write("sys/class/hwmon/hwmon3/name", "pwmfan\n");
        this.write("sys/class/hwmon/hwmon3/pwm1", "88\n");
        this.write("sys/class/hwmon/hwmon3/pwm1_enable", "2\n");
        this.write("proc/sys/kernel/random/boot_id", "first\n");
        this.write("var/lib/nvpmodel/status", "pmode:0002\n");
        let modes = "< POWER_MODEL ID=0 NAME=15W >\nCPU_ONLINE CORE_0 1\n< POWER_MODEL ID=1 NAME=25W >\n\
                     < POWER_MODEL ID=2 NAME=MAXN_SUPER >\n< PM_CONFIG DEFAULT=1 >\n";
        this.write("etc/nvpmodel.conf", modes);
        let status = this.path("var/lib/nvpmodel/status");
        this.tool("nvpmodel", &format!("printf 'pmode:%04d\\n' \"$2\" > {}", status.display()));
        let freq = this.path(&format!("{POLICY}0/scaling_min_freq"));
        let freq = freq.display();
        let clocks = format!(
            "case \"$1\" in\n--store) [ -e \"$2\" ] && exit 3; cat {freq} > \"$2\" ;;\n--restore) cat \"$2\" > {freq} ;;\n\
             '') echo 1728000 > {freq} ;;\nesac"
        );
        this.tool("jetson_clocks", &clocks);
        this
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        std::fs::write(self.path(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap().trim().to_owned()
    }

    fn tool(&self, name: &str, script: &str) {
        let path = format!("bin/{name}");
        self.write(&path, &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(self.path(&path), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn governors(&self) -> [String; 2] {
        [0, 1].map(|n| self.read(&format!("{POLICY}{n}/scaling_governor")))
    }

    fn place(&self) -> Place {
        Place { root: Root::at(self.folder.path()), tools: Tools::at([self.path("bin")]), folder: self.path("data") }
    }

    fn open(&self) -> Controls {
        let said = Arc::clone(&self.said);
        Controls::open(self.place(), move |_, text| said.lock().unwrap().push(text)).unwrap()
    }

    fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// As if the nntop that wrote the journal had been killed: it is of a process that is no more.
    fn kill(&self, controls: Controls) {
        std::mem::forget(controls);
        self.give((std::process::id(), 1));
    }

    /// Gives all entries of the journal to a process.
    fn give(&self, process: (u32, u64)) {
        let path: &Path = &self.path("data/control-journal.json");
        let text = std::fs::read_to_string(path).unwrap();
        let mut entries: serde_json::Value = serde_json::from_str(&text).unwrap();
        for entry in entries.as_array_mut().unwrap() {
            entry["process"] = serde_json::json!(process);
        }
        std::fs::write(path, entries.to_string()).unwrap();
    }
}

fn state(controls: &Controls, name: &str) -> ControlState {
    controls.states().into_iter().find(|state| state.name == name).unwrap()
}

#[test]
fn every_control_is_set_and_comes_back() {
    let board = Board::jetson();
    let mut controls = board.open();
    let now = |controls: &Controls, name| state(controls, name).now.unwrap();
    assert_eq!(now(&controls, "governor"), "policy0=schedutil policy1=ondemand");
    assert_eq!((now(&controls, "power-mode"), now(&controls, "fan")), ("MAXN_SUPER".into(), "auto".into()));
    assert_eq!(state(&controls, "power-mode").choices, ["15W", "25W", "MAXN_SUPER"]);
    for (name, value) in [("governor", "performance"), ("power-mode", "15W"), ("fan", "50%"), ("pinned-clocks", "on")] {
        controls.set(name, value, false).unwrap();
    }
    assert_eq!(board.governors(), ["performance"; 2]);
    assert_eq!(board.read("var/lib/nvpmodel/status"), "pmode:0000");
    assert_eq!(
        (board.read("sys/class/hwmon/hwmon3/pwm1"), board.read("sys/class/hwmon/hwmon3/pwm1_enable")),
        ("128".into(), "1".into())
    );
    assert_eq!((now(&controls, "fan"), now(&controls, "power-mode")), ("50%".into(), "15W".into()));
    assert_eq!(board.read(&format!("{POLICY}0/scaling_min_freq")), "1728000");
    assert_eq!(state(&controls, "fan").before.as_deref(), Some("auto"));
    // A second change: what was set at first is what comes back.
    controls.set("governor", "ondemand", false).unwrap();
    controls.set("pinned-clocks", "on", false).unwrap();
    drop(controls);
    assert_eq!(board.governors(), ["schedutil", "ondemand"]);
    assert_eq!(board.read("var/lib/nvpmodel/status"), "pmode:0002");
    assert_eq!(
        (board.read("sys/class/hwmon/hwmon3/pwm1"), board.read("sys/class/hwmon/hwmon3/pwm1_enable")),
        ("88".into(), "2".into())
    );
    assert_eq!(board.read(&format!("{POLICY}0/scaling_min_freq")), "115200");
    assert_eq!(board.open().left().count() + board.open().changed().count(), 0);
    for words in
        ["governor set to performance, was policy0=schedutil", "fan is auto again", "power-mode is MAXN_SUPER again"]
    {
        assert!(board.said().contains(words), "{words}: {}", board.said());
    }
}

#[test]
fn what_is_to_be_kept_stays_until_it_is_taken_back() {
    let board = Board::jetson();
    let mut controls = board.open();
    controls.set("governor", "performance", true).unwrap();
    controls.undo();
    assert_eq!(board.governors(), ["performance"; 2]);
    board.kill(controls);
    let mut next = board.open();
    next.undo_left(false);
    assert_eq!((board.governors(), next.left().count()), (["performance".into(), "performance".into()], 1));
    next.undo_left(true);
    assert_eq!((board.governors(), next.left().count()), (["schedutil".into(), "ondemand".into()], 0));
}

#[test]
fn a_killed_nntops_changes_are_taken_back_by_the_next() {
    let board = Board::jetson();
    let mut controls = board.open();
    controls.set("governor", "performance", false).unwrap();
    controls.set("power-mode", "15W", false).unwrap();
    board.kill(controls);
    // What an nntop has changed that still runs is left alone.
    board.give((1, journal::started(1).unwrap()));
    assert_eq!(board.open().left().count(), 0);
    board.give((std::process::id(), 1));
    let mut next = board.open();
    assert_eq!(next.left().collect::<Vec<_>>(), ["governor", "power-mode"]);
    next.undo_left(false);
    assert_eq!(
        (board.governors()[0].as_str(), board.read("var/lib/nvpmodel/status").as_str()),
        ("schedutil", "pmode:0002")
    );
    assert_eq!(next.left().count(), 0);
}

#[test]
fn a_restart_takes_back_what_does_not_outlive_one() {
    let board = Board::jetson();
    let mut controls = board.open();
    controls.set("governor", "performance", false).unwrap();
    controls.set("power-mode", "15W", false).unwrap();
    board.kill(controls);
    board.write("proc/sys/kernel/random/boot_id", "second\n");
    assert_eq!(board.open().left().collect::<Vec<_>>(), ["power-mode"], "the board remembers its mode");
}

#[test]
fn a_panic_takes_back_what_was_changed() {
    let board = Board::jetson();
    let mut controls = board.open();
    let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
        controls.set("governor", "performance", false).unwrap();
        panic!("as a bug would");
    }));
    assert!(end.is_err());
    assert_eq!(board.governors(), ["schedutil", "ondemand"]);
}

#[test]
fn what_cannot_be_is_said_and_changes_nothing() {
    let board = Board::jetson();
    let mut controls = board.open();
    let wrong = |controls: &mut Controls, name: &str, value: &str| {
        let fault = controls.set(name, value, false).unwrap_err();
        format!("{fault} | {}", fault.hint.as_deref().unwrap_or_default())
    };
    assert!(wrong(&mut controls, "warp", "9").contains("one of power-mode, pinned-clocks"));
    assert!(wrong(&mut controls, "governor", "turbo").contains("one of performance, schedutil"));
    assert!(wrong(&mut controls, "end-process", "1").contains("recorded board"));
    // The tool fails, in both of its ways, or does not do it.
    board.tool("nvpmodel", "echo 'NVPM ERROR: Error opening /sys: 13' >&2");
    assert!(wrong(&mut controls, "power-mode", "15W").contains("NVPM ERROR"));
    board.tool("nvpmodel", "read answer || exit 7");
    assert!(wrong(&mut controls, "power-mode", "15W").contains('7'), "it is never answered");
    board.tool("nvpmodel", "exit 0");
    assert!(wrong(&mut controls, "power-mode", "15W").contains("stays in mode 2"));
    assert_eq!(controls.changed().count(), 0, "nothing has changed: there is nothing to take back");
    std::fs::remove_file(board.path("bin/nvpmodel")).unwrap();
    assert!(wrong(&mut controls, "power-mode", "15W").contains("not installed"));
    // An empty machine has none of it, each with its reason.
    let nothing = Board { folder: TempDir::new().unwrap(), said: Arc::default() };
    assert!(nothing.open().states().iter().all(|state| state.absent.as_ref().is_some_and(|why| why.len() > 10)));
}

#[test]
fn what_cannot_be_taken_back_now_stays_in_the_journal() {
    let board = Board::jetson();
    let mut controls = board.open();
    controls.set("power-mode", "15W", false).unwrap();
    board.tool("nvpmodel", "echo broken >&2; exit 1");
    controls.undo();
    assert!(board.said().contains("could not be set back to MAXN_SUPER: nvpmodel failed"), "{}", board.said());
    assert_eq!(controls.changed().collect::<Vec<_>>(), ["power-mode"]);
    board.kill(controls);
    assert_eq!(board.open().left().count(), 1);
}

#[test]
fn a_tool_that_hangs_is_killed_with_what_it_started_and_named() {
    let board = Board::jetson();
    // Held open by the tool and by what it runs: its end is read when all of them are gone.
    let alive = board.path("alive");
    rustix::fs::mkfifoat(rustix::fs::CWD, &alive, 0o600.into()).unwrap();
    let mut pipe = std::fs::File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&alive).unwrap();
    board.tool("nvpmodel", &format!("exec 3> {}; tail -f /dev/null & wait", alive.display()));
    let place = Place { tools: board.place().tools.limited(Duration::from_secs(1)), ..board.place() };
    let mut controls = Controls::open(place, |_, _| ()).unwrap();
    let fault = controls.set("power-mode", "15W", false).unwrap_err();
    assert!(fault.to_string().contains("nvpmodel did not end within 1 s and was killed"), "{fault}");
    assert!(fault.hint.is_some());
    assert_eq!(controls.changed().count(), 0, "nothing has changed: there is nothing to take back");
    rustix::io::ioctl_fionbio(&pipe, false).unwrap();
    assert_eq!(pipe.read_to_end(&mut Vec::new()).unwrap(), 0);
}
