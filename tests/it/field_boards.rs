//! Recorded boards from public reports that once were shown wrongly: totals, throttling, containers, reasons, impossible
//! values, names that collide. The right value of each, in JSON and on every surface where it matters.
//!
//! Their kin, which need no data, are in nntop-device's own tests.

use crate::support::{nntop, run};
use crate::terminal::Terminal;
use serde_json::{Value, json};
use std::cell::Cell;
use std::path::{Path, PathBuf};

/// The recorded states of a board, where they are.
struct Board {
    root: PathBuf,
    next: PathBuf,
}

impl Board {
    fn open(case: &str) -> Option<Self> {
        let data = nntop_testing::required_data("field/devices")?;
        let of = |state: &str| data.join(case).join(state);
        let board = Self { root: of("root"), next: of("t1") };
        assert!(board.root.is_dir(), "{}", board.root.display());
        Some(board)
    }

    fn nntop(&self, args: &[&str]) -> String {
        let mut command = nntop();
        command.args(args).arg("--sysroot").arg(&self.root);
        if self.next.is_dir() && args[0] != "doctor" {
            command.arg("--sysroot-next").arg(&self.next).args(["--dt", "1s"]);
        }
        run(&mut command).ok().stdout.clone()
    }

    /// The snapshot with its rates.
    fn json(&self) -> Value {
        serde_json::from_str(&self.nntop(&["monitor", "--once", "--format", "json"])).unwrap()
    }

    /// A row of the table, by its columns.
    fn csv(&self) -> Vec<(String, String)> {
        let text = self.nntop(&["monitor", "--format", "csv", "--count", "1", "--interval", "100ms"]);
        let mut lines = csv::Reader::from_reader(text.as_bytes());
        let head: Vec<String> = lines.headers().unwrap().iter().map(str::to_owned).collect();
        let row = lines.records().next().unwrap().unwrap();
        head.into_iter().zip(row.iter().map(str::to_owned)).collect()
    }

    fn doctor(&self) -> String {
        self.nntop(&["doctor"])
    }

    /// The live page.
    fn page(&self, columns: u16, rows: u16) -> Terminal {
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let (root, next) = (path(&self.root), path(&self.next));
        let args = ["monitor", "--interval", "100ms", "--sysroot", &root, "--sysroot-next", &next, "--dt", "1s"];
        Terminal::open(&args, Path::new("/tmp"), columns, rows)
    }
}

/// Everything in `expected` is so in `found`.
#[track_caller]
fn holds(found: &Value, expected: Value) {
    match expected {
        Value::Object(map) => map.into_iter().for_each(|(key, value)| holds(&found[&key], value)),
        Value::Number(number) => {
            let (wanted, got) = (number.as_f64().unwrap(), found.as_f64().unwrap_or(f64::NAN));
            assert!((wanted - got).abs() <= wanted.abs() * 1e-4 + 1e-9, "{wanted} is {got}");
        }
        value => assert_eq!(*found, value),
    }
}

/// Shows the page until it has `words`, and returns it.
#[track_caller]
fn shown(page: &mut Terminal, words: &str) -> String {
    // The page changes all the time: after this many changes without them they will not come.
    let looks = Cell::new(0);
    page.wait_for(words, |screen| {
        looks.set(looks.get() + 1);
        assert!(looks.get() < 300, "waited in vain for {words}:\n{screen}");
        screen.contains(words)
    });
    page.text()
}

#[test]
fn the_power_of_a_xavier_is_that_of_its_six_rails() {
    let Some(board) = Board::open("agx-xavier-jetpack-4-5") else { return };
    holds(&board.json(), json!({ "power_total": { "source": "GPU+CPU+SOC+CV+VDDRQ+SYS5V", "power_mw": 4342 } }));
    let total = board.csv().into_iter().find(|(name, _)| name == "power.total_watts").unwrap().1;
    assert!((total.parse::<f64>().unwrap() - 4.342).abs() < 1e-6, "{total}");
    shown(&mut board.page(120, 60), "power sum of 6 rails 4.34 W · avg 4.34 W");
}

#[test]
fn the_power_of_two_sockets_is_that_of_four_packages() {
    let Some(board) = Board::open("epyc-two-sockets-256-cpus") else { return };
    let found = board.json();
    let names = "package-0-die-0+package-0-die-3+package-1-die-0+package-1-die-3";
    holds(&found["two_samples"], json!({ "power_total": { "source": names, "power_mw": 400_000 } }));
    holds(&found["two_samples"], json!({ "power_total_mw_packages_only": 400_000 }));
    shown(&mut board.page(160, 60), "power sum of 4 rails 400 W");
}

#[test]
fn a_pi_in_a_container_says_that_it_is_throttled() {
    let Some(board) = Board::open("raspberry-pi-4-in-docker") else { return };
    holds(
        &board.json(),
        json!({ "throttle": { "raw": "0x50005", "under_voltage_now": true, "throttled_now": true,
            "freq_capped_now": false } }),
    );
    let page = shown(&mut board.page(120, 50), "throttling ! under-voltage");
    assert!(!page.contains("✓ none"), "{page}");
    let doctor = board.doctor();
    assert!(doctor.contains("✓ throttling") && doctor.contains("throttle.under_voltage.now"), "{doctor}");
}

#[test]
fn what_a_pi_does_not_tell_is_not_known() {
    let Some(board) = Board::open("pi5-pmic-without-vcio") else { return };
    let found = board.json();
    holds(&found, json!({ "throttle": { "under_voltage_now": false, "get_throttled": null } }));
    for flag in ["freq_capped", "throttled", "soft_temp_limit"] {
        assert!(found["unavailable"][format!("throttle.{flag}")].as_str().unwrap().contains("/dev/vcio"));
    }
    let page = shown(&mut board.page(120, 50), "not known: no get_throttled");
    assert!(page.contains("throttling not known") && !page.contains("never under"), "{page}");
    shown(&mut board.page(120, 50), "not now under-voltage");
    for word in ["✓ none", "never under-voltage", "as high as the hardware"] {
        assert!(!page.contains(word), "{word} in {page}");
    }
    // The same board with a GPU that is read: still nothing of the firmware.
    let page = Board::open("pi5-v3d-gpu-usage").map(|board| shown(&mut board.page(120, 50), "throttling not known"));
    assert!(page.is_some_and(|page| !page.contains("✓ n")));
}

#[test]
fn what_flags_mean_stays_as_it_was() {
    let Some(board) = Board::open("pi-3b-plus-soft-limit-80008") else { return };
    let flags = json!({ "soft_temp_limit_now": true, "soft_temp_limit_occurred": true, "under_voltage_now": false });
    holds(&board.json()["throttle"], flags);
}

#[test]
fn a_container_s_limits_are_what_its_loads_are_of() {
    let Some(board) = Board::open("docker-cpus2-memory2g") else { return };
    holds(
        &board.json(),
        json!({
            "cpu": { "limit": 2.0, "limit_periods": 100, "limit_periods_throttled": 90 },
            "memory": { "limit_bytes": 2_147_483_648_u64, "used_bytes": 2_040_109_465 },
            "two_samples": { "cpu_load_percent": { "all": 100.0 } },
            "throttle": { "cgroup_event_cnt": 90 },
        }),
    );
    let text = board.nntop(&["monitor", "--once"]);
    let says = |name: &str, value: &str| {
        text.lines().any(|line| line.trim().starts_with(name) && line.trim().ends_with(value))
    };
    assert!(says("limit ", " 2.0") && says("limit ", "2.15 GB") && says("used ", "2.04 GB"), "{text}");
    shown(&mut board.page(120, 50), "100 % · of 2 CPUs");
    shown(&mut board.page(120, 50), "2.04 / 2.15 GB");
    let Some(board) = Board::open("lxcfs-two-cpu-lines") else { return };
    holds(&board.json()["two_samples"], json!({ "cpu_load_percent": { "all": 50.0 } }));
}

#[test]
fn a_jetson_in_a_container_has_a_gpu() {
    for case in ["jetson-orin-nano-in-docker", "jetson-docker-with-compatible-mounted"] {
        let Some(board) = Board::open(case) else { return };
        holds(
            &board.json(),
            json!({ "gpu": { "load_percent": 77.4, "freq_mhz": 918.0 }, "vendor": "NVIDIA",
                "power_total": { "source": "VDD_IN", "power_mw": 5139.392 } }),
        );
    }
}

#[test]
fn what_is_there_and_not_read_is_not_called_missing() {
    let Some(board) = Board::open("ryzen-ai-amdxdna-96gb") else { return };
    let found = board.json();
    let said = found["unavailable"].as_object().unwrap().iter().filter(|(name, _)| name.starts_with("npu"));
    let said: Vec<&str> = said.filter_map(|(_, why)| why.as_str()).collect();
    assert!(said.iter().any(|why| why.contains("RyzenAI-npu4") && why.contains("amdxdna")), "{said:?}");
    assert!(!said.iter().any(|why| why.contains("no neural processor")), "{said:?}");
    // The package holds the GPU: 12 W and not 21.
    holds(&found["two_samples"], json!({ "power_total": { "source": "package-0", "power_mw": 12_000 } }));
    assert!(found["power_rails"]["PPT"].is_null() && found["power_rails"].get("BAT1/power1").is_none());
    let doctor = board.doctor();
    assert!(doctor.lines().any(|l| l.contains("neural processor") && l.contains("amdxdna")), "{doctor}");
    // Each kind of part has a line.
    for part in ["processor", "GPU", "memory", "battery", "fan", "throttling", "temperatures", "power rails", "disk"] {
        assert!(doctor.lines().any(|line| line.len() > 4 && line[2..].contains(part)), "{part}: {doctor}");
    }
}

#[test]
fn channels_without_labels_are_three_rails() {
    let Some(board) = Board::open("ina3221-without-labels") else { return };
    let found = board.json();
    let rail = |watts: f64| json!({ "power_mw": watts });
    holds(
        &found["power_rails"],
        json!({ "ina3221/channel 1": rail(5064.0), "ina3221/channel 2": rail(1011.2), "ina3221/channel 3": rail(1516.8) }),
    );
    assert!(found["unavailable"].get("power.rail").is_none());
}

#[test]
fn watts_beyond_the_limit_beside_them_are_refused() {
    let Some(board) = Board::open("intel-arc-b570-3868-watts") else { return };
    let found = board.json();
    assert_eq!(found["two_samples"]["power_mw"], json!({}));
    assert!(found["two_samples"]["power_total"].is_null() && found["power_total"].is_null());
    let why = found["unavailable"]["gpu.card1.power"].as_str().unwrap();
    assert!(why.contains("3868 W") && why.contains("328 W"), "{why}");
    let Some(board) = Board::open("intel-arc-b70-xe-energy") else { return };
    holds(&board.json()["two_samples"], json!({ "power_total": { "source": "Intel card1", "power_mw": 206_330 } }));
}

#[test]
fn two_cards_of_one_kind_are_two() {
    let Some(board) = Board::open("two-same-amdgpus") else { return };
    let found = board.json();
    let cards = [("card0", 98.0, 2100, 280_000, 60.0), ("card1", 3.0, 700, 30_000, 60.001)];
    for (at, (card, load, rpm, power, edge)) in cards.into_iter().enumerate() {
        let name = format!("AMD Radeon PRO W7900 ({card})");
        let sensors = json!({ "temps_c": { "edge": edge }, "fan_rpm": rpm, "power_mw": power });
        holds(&found["gpus"][at], json!({ "name": name, "card": card, "load_percent": load }));
        holds(&found["gpus"][at], sensors);
        holds(&found["fans"][format!("amdgpu {card}/fan1")], json!({ "rpm": rpm }));
    }
    holds(&found, json!({ "power_total": { "power_mw": 310_000 } }));
    let names: Vec<String> = board.csv().into_iter().map(|(name, _)| name).collect();
    for name in ["gpu.card0.power_watts", "gpu.card1.power_watts", "fan.amdgpu card1/fan1.speed_rpm"] {
        assert!(names.iter().any(|column| column == name), "{name} in {names:?}");
    }
    let page = shown(&mut board.page(160, 60), "amdgpu card1 PPT  30.0 W");
    assert!(page.contains("amdgpu card0 PPT   280 W") && page.contains("power sum of 2 rails 310 W"), "{page}");
}

#[test]
fn batteries_and_fans_say_what_they_have() {
    let Some(board) = Board::open("battery-power-now-zero") else { return };
    holds(&board.json(), json!({ "battery": { "power_w": 8.26, "capacity_percent": 20 } }));
    shown(&mut board.page(120, 50), "power battery 8.26 W");
    let Some(board) = Board::open("asrock-z270-systin-118") else { return };
    holds(&board.json(), json!({ "fan": { "rpm": 857, "pwm": 96 } }));
    let Some(board) = Board::open("ups-ina219-on-pi") else { return };
    let rail = json!({ "power_mw": 176, "voltage_mv": 4228, "current_ma": -40 });
    holds(&board.json()["power_rails"], json!({ "ina219/power1": rail }));
}

/// A tree of a thermal zone, and its next state.
fn small() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let write = |state: &str, millis: &str| {
        let zone = folder.path().join(state).join("sys/class/thermal/thermal_zone0");
        std::fs::create_dir_all(&zone).unwrap();
        std::fs::write(zone.join("type"), "soc-thermal\n").unwrap();
        std::fs::write(zone.join("temp"), millis).unwrap();
        std::fs::create_dir_all(folder.path().join(state).join("proc")).unwrap();
        std::fs::write(folder.path().join(state).join("proc/stat"), "cpu 1 0 0 1\n").unwrap();
    };
    write("root", "42000");
    write("t1", "43000");
    let (root, next) = (folder.path().join("root"), folder.path().join("t1"));
    (folder, root, next)
}

#[test]
fn a_recorded_board_leaves_nothing_and_what_a_killed_one_left_is_swept() {
    let (_kept, root, next) = small();
    let temporary = tempfile::tempdir().unwrap();
    // Of a process that is no more, of one that lives, and of no process.
    let mut gone = std::process::Command::new("true").spawn().unwrap();
    let dead = temporary.path().join(format!("nntop-tree-{}-0", gone.id()));
    gone.wait().unwrap();
    let alive = temporary.path().join(format!("nntop-tree-{}-0", std::process::id()));
    let other = temporary.path().join("nntop-tree-notes");
    for folder in [&dead, &alive, &other] {
        std::fs::create_dir_all(folder.join("sys/class")).unwrap();
    }
    let left = || {
        let entries = std::fs::read_dir(temporary.path()).unwrap().flatten();
        entries.map(|entry| entry.path()).filter(|path| ![&alive, &other].contains(&path)).collect::<Vec<_>>()
    };
    let formats: [&[&str]; 4] = [
        &["monitor", "--once", "--format", "json"],
        &["monitor", "--once"],
        &["monitor", "--format", "csv", "--count", "2", "--interval", "100ms"],
        &["monitor", "--format", "ndjson", "--count", "1", "--interval", "100ms"],
    ];
    for args in formats {
        let mut command = nntop();
        command.args(args).arg("--sysroot").arg(&root).arg("--sysroot-next").arg(&next).env("TMPDIR", temporary.path());
        run(&mut command).ok();
        assert_eq!(left(), Vec::<PathBuf>::new(), "{args:?}");
        assert!(alive.exists() && other.exists(), "what another process has stays");
    }
}

#[test]
fn the_live_page_of_a_recorded_board_leaves_nothing() {
    let (_kept, root, next) = small();
    let board = Board { root, next };
    let mut page = board.page(100, 40);
    let folder = std::env::temp_dir().join(format!("nntop-tree-{}-0", page.pid()));
    page.shows("43.0 °C");
    assert!(folder.exists(), "{}", folder.display());
    page.press("q");
    page.end();
    assert!(!folder.exists(), "{}", folder.display());
}
