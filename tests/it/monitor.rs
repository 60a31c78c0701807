//! `nntop monitor --once` and `nntop doctor` on recorded boards: the program from outside.

use crate::support::{nntop, run};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

fn snapshot(sysroot: &Path, next: Option<&Path>) -> Value {
    let mut command = nntop();
    command.args(["monitor", "--once", "--format", "json", "--sysroot"]).arg(sysroot);
    if let Some(next) = next {
        command.arg("--sysroot-next").arg(next).args(["--dt", "1.0"]);
    }
    run(&mut command).ok().json()
}

/// What a recording says about itself and not about its board.
const ABOUT: [&str; 5] = ["board", "tolerance", "temps_note", "overlays", "overlay"];

/// Everything that is expected is found, number by number.
fn compare(expected: &Value, found: &Value, at: &str, wrong: &mut Vec<String>) {
    match expected {
        Value::Object(map) => {
            for (key, value) in map.iter().filter(|(key, _)| !ABOUT.contains(&key.as_str())) {
                compare(value, &found[key], &format!("{at}.{key}"), wrong);
            }
            // What is not there is not made up.
            if map.is_empty() && found.as_object().is_none_or(|found| !found.is_empty()) {
                wrong.push(format!("{at}: expected nothing, found {found}"));
            }
        }
        _ if expected == found => {}
        _ => wrong.push(format!("{at}: expected {expected}, found {found}")),
    }
}

/// A tree with layers over it, as a person would lay them.
fn merged(layers: &[PathBuf]) -> tempfile::TempDir {
    fn lay(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().flatten() {
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                lay(&source, &target);
            } else if kind.is_symlink() {
                let _ = fs::remove_file(&target);
                symlink(fs::read_link(&source).unwrap(), &target).unwrap();
            } else {
                fs::copy(&source, &target).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    layers.iter().for_each(|layer| lay(layer, folder.path()));
    folder
}

#[test]
fn every_recorded_board_is_told_as_it_is() {
    let Some(data) = nntop_testing::required_data("sysfs") else { return };
    let boards = fs::read_dir(data).unwrap().flatten().map(|entry| entry.path());
    let boards: Vec<PathBuf> = boards.filter(|board| board.join("root").is_dir()).collect();
    assert!(!boards.is_empty());
    let mut wrong = Vec::new();
    for board in boards {
        let name = board.file_name().unwrap().to_string_lossy().into_owned();
        let expected: Value = serde_json::from_str(&fs::read_to_string(board.join("expected.json")).unwrap()).unwrap();
        let layer = |of: &Value| of.as_str().map(|layer| board.join(layer));
        let root = board.join("root");
        let found = snapshot(&root, layer(&expected["two_samples"]["overlay"]).as_deref());
        compare(&expected, &found, &name, &mut wrong);
        for (overlay, expected) in expected["overlays"].as_object().into_iter().flatten() {
            let at = format!("{name}.{overlay}");
            match (layer(&expected["first"]), layer(&expected["second"])) {
                (Some(first), Some(second)) => {
                    let tree = merged(&[root.clone(), first]);
                    // As a layer, and as a whole tree.
                    let whole = merged(&[root.clone(), second.clone()]);
                    for next in [second.as_path(), whole.path()] {
                        let found = snapshot(tree.path(), Some(next));
                        compare(&expected["power_mw"], &found["two_samples"]["power_mw"], &at, &mut wrong);
                    }
                }
                _ => {
                    let tree = merged(&[root.clone(), board.join(overlay)]);
                    compare(expected, &snapshot(tree.path(), None), &at, &mut wrong);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn this_machine_and_an_empty_one() {
    let here = run(nntop().args(["monitor", "--once", "--format", "json", "--dt", "100ms"])).ok().json();
    assert_eq!(here["schema"], "nntop.device/1");
    assert!(here["memory"]["total_bytes"].as_u64().unwrap() > 0 && here["cpu"]["online"].as_u64().unwrap() > 0);
    assert!(here["two_samples"]["dt_s"].as_f64().unwrap() >= 0.1);
    let empty = tempfile::tempdir().unwrap();
    let nothing = snapshot(empty.path(), None);
    assert!(nothing["memory"]["total_bytes"].is_null() && nothing["two_samples"].is_null());
    for name in ["two_samples", "memory", "temp", "power.rail", "model"] {
        assert!(nothing["unavailable"][name].is_string(), "{name}: {nothing:#}");
    }
}

#[test]
fn text_has_groups_and_units() {
    let tree = tempfile::tempdir().unwrap();
    fs::create_dir_all(tree.path().join("sys/class/thermal/thermal_zone0")).unwrap();
    fs::write(tree.path().join("sys/class/thermal/thermal_zone0/type"), "soc-thermal\n").unwrap();
    fs::write(tree.path().join("sys/class/thermal/thermal_zone0/temp"), "42500\n").unwrap();
    let told = run(nntop().args(["monitor", "--sysroot"]).arg(tree.path()));
    assert!(told.ok().stdout.contains("\ntemperatures\n  soc-thermal  42.5 °C\n"), "{told:?}");
    assert!(told.stderr.contains("--once"), "it says that this is no live page: {told:?}");
}

#[test]
fn a_hostile_tree_ends_with_reasons() {
    let tree = tempfile::tempdir().unwrap();
    let path = |path: &str| {
        let path = tree.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    };
    let pipe = |name: &str| mknodat(CWD, path(name), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    ["proc/stat", "proc/cpuinfo", "sys/class/thermal/thermal_zone0/temp", "etc/os-release"].into_iter().for_each(pipe);
    fs::File::create(path("proc/meminfo")).unwrap().set_len(1 << 40).unwrap();
    fs::write(path("sys/class/thermal/thermal_zone0/type"), b"\xff\xfe zone\n").unwrap();
    fs::write(path("sys/firmware/devicetree/base/compatible"), "nvidia,tegra234\0").unwrap();
    fs::write(path("sys/class/devfreq/17000000.gpu/cur_freq"), "-5\n").unwrap();
    fs::write(path("sys/class/devfreq/17000000.gpu/max_freq"), "99999999999999999999999\n").unwrap();
    symlink("../../../../../../../..", path("sys/class/hwmon/hwmon0")).unwrap();
    symlink("loop", path("sys/class/drm/loop")).unwrap();
    symlink("/", path("sys/class/power_supply")).unwrap();
    let found = snapshot(tree.path(), None);
    assert!(found["gpu"]["freq_mhz"].is_null() && found["memory"]["total_bytes"].is_null(), "{found:#}");
    for name in ["gpu.clock", "memory", "cpu.load"] {
        assert!(found["unavailable"][name].is_string(), "{name}: {found:#}");
    }
}

#[test]
fn what_cannot_be_a_tree_is_said() {
    let missing = run(nntop().args(["monitor", "--once", "--sysroot", "/nowhere/at/all"]));
    missing.failed(2, "/nowhere/at/all").hint("proc and sys");
    let next = run(nntop().args(["monitor", "--once", "--sysroot-next", "/tmp"]));
    assert_eq!(next.code, Some(2), "{next:?}");
}

#[test]
fn doctor_says_what_is_missing_and_what_would_grant_it() {
    let tree = tempfile::tempdir().unwrap();
    let zone = tree.path().join("sys/class/powercap/intel-rapl:0");
    fs::create_dir_all(zone.join("energy_uj")).unwrap();
    fs::write(zone.join("name"), "package-0\n").unwrap();
    let told = run(nntop().args(["doctor", "--format", "json", "--sysroot"]).arg(tree.path())).ok().json();
    assert_eq!(told["schema"], "nntop.doctor/1");
    let missing = told["missing"].as_array().unwrap();
    let of = |name: &str| missing.iter().find(|m| m["name"] == name).unwrap()["reason"].as_str().unwrap().to_owned();
    assert!(of("power.package-0").contains("/sys/class/powercap/intel-rapl:0/energy_uj"), "{told:#}");
    let text = run(nntop().args(["doctor", "--sysroot"]).arg(tree.path()));
    assert!(text.ok().stdout.contains("metrics not found"), "{text:?}");
}
