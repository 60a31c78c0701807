//! Larger trees, composed from many boards' published files, where the machine has them.

use super::*;
use nntop_core::event::RailRole;
use serde_json::Value;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Copies a tree. A file that holds nothing but a relative path is a link that its store could not keep.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let text = fs::read(&source).unwrap_or_default();
        if entry.file_type().unwrap().is_symlink() {
            symlink(fs::read_link(&source).unwrap(), target).unwrap();
        } else if source.is_dir() {
            copy(&source, &target);
        } else if text.starts_with(b"../") && !text.contains(&b'\n') {
            symlink(String::from_utf8(text).unwrap(), target).unwrap();
        } else if entry.file_name() != ".keep" {
            fs::write(target, text).unwrap();
        }
    }
}

fn numbers<'a>(value: &'a Value, key: &str) -> Vec<(&'a str, f64)> {
    let object = value[key].as_object().into_iter().flatten();
    object.map(|(name, value)| (name.as_str(), value.as_f64().unwrap())).collect()
}

fn check(board: &Path) {
    let tree = Tree::new(&[]);
    copy(&board.join("root"), &tree.root().path("/"));
    let expected: Value = serde_json::from_str(&fs::read_to_string(board.join("expected.json")).unwrap()).unwrap();
    let mut samplers = Samplers::probe(&tree.root());
    let first = read(&mut samplers, Nanos::ZERO);
    let name = board.file_name().unwrap().to_string_lossy();

    let mut temperatures: Vec<&str> = Vec::new();
    for (sensor, celsius) in numbers(&expected, "temps_c") {
        assert!(near(first[&format!("temp.{sensor}")], celsius, 0.001), "{name}: {sensor}: {first:?}");
        temperatures.push(sensor);
    }
    for sensor in expected["temps_unavailable"].as_array().into_iter().flatten() {
        let sensor = sensor.as_str().unwrap();
        assert_eq!(first[&format!("temp.{sensor}")], None, "{name}");
        assert_ne!(why_absent(&samplers, &format!("temp.{sensor}")), "", "{name}");
        temperatures.push(sensor);
    }
    assert_eq!(first.keys().filter(|key| key.starts_with("temp.")).count(), temperatures.len(), "{name}: {first:?}");

    for (cpu, mhz) in numbers(&expected["cpu"], "freq_mhz") {
        assert!(near(first[&format!("cpu.clock.{cpu}")], mhz * 1e6, 0.5e6), "{name}: {first:?}");
        let limit = metric(&samplers, &format!("cpu.clock.{cpu}")).unwrap().limit;
        assert_eq!(limit, expected["cpu"]["max_mhz"].as_f64().map(|mhz| mhz * 1e6), "{name}");
    }
    let memory = &expected["memory"];
    let bytes = |key: &str| memory[key].as_f64();
    let used = bytes("used_bytes").unwrap_or_else(|| {
        ["free_bytes", "buffers_bytes", "cached_bytes"]
            .iter()
            .fold(bytes("total_bytes").unwrap(), |left, key| left - bytes(key).unwrap())
    });
    assert_eq!(first["memory.used"], Some(used), "{name}");
    assert_eq!(metric(&samplers, "memory.used").unwrap().limit, bytes("total_bytes"), "{name}");
    match bytes("swap_total_bytes") {
        Some(0.0) => assert!(metric(&samplers, "swap.used").is_none(), "{name}"),
        total => {
            assert_eq!(first["swap.used"], bytes("swap_used_bytes"), "{name}");
            assert_eq!(metric(&samplers, "swap.used").unwrap().limit, total, "{name}");
        }
    }

    copy(&board.join(expected["two_samples"]["overlay"].as_str().unwrap()), &tree.root().path("/"));
    let later = read(&mut samplers, SECOND);
    let loads = &expected["two_samples"]["cpu_load_percent"];
    assert!(near(later["cpu.load"], loads["all"].as_f64().unwrap(), 0.05), "{name}: {later:?}");
    for (cpu, percent) in numbers(loads, "per_cpu") {
        assert!(near(later[&format!("cpu.core.{cpu}")], percent, 0.05), "{name}: {later:?}");
    }

    check_power(&tree, board, &expected, &mut samplers, &first, &later);

    let info = host_info(&tree.root());
    assert_eq!(info.cpus as u64, expected["cpu"]["online"].as_u64().unwrap_or(info.cpus as u64), "{name}");
    assert_eq!(info.board.as_deref(), expected["model"].as_str(), "{name}");
    assert!(info.cpu_model.is_some_and(|model| model.starts_with("ARM Cortex") || model.starts_with("Intel")));
}

/// Rails, totals, and counters that turn over.
fn check_power(
    tree: &Tree,
    board: &Path,
    expected: &Value,
    samplers: &mut Samplers,
    first: &BTreeMap<String, Option<f64>>,
    later: &BTreeMap<String, Option<f64>>,
) {
    let rails = expected["power_rails"].as_object().into_iter().flatten();
    let mut names: Vec<String> = Vec::new();
    for (rail, facts) in rails {
        names.push(format!("power.{rail}"));
        assert!(near(first[&names[names.len() - 1]], facts["power_mw"].as_f64().unwrap() / 1e3, 1e-3), "{first:?}");
    }
    let total = &expected["power_total"];
    if let Some(source) = total["source"].as_str() {
        let metric = metric(samplers, &format!("power.{source}")).unwrap();
        assert_eq!(metric.rail.as_ref().map(|rail| rail.role), Some(RailRole::Input));
    }
    let battery = &expected["battery"]["power_w"];
    if let Some(watts) = battery.as_f64() {
        names.push("power.battery".to_owned());
        assert!(near(first["power.battery"], watts, 1e-3), "{first:?}");
    }
    let two = &expected["two_samples"];
    let mut packages = 0.0;
    for (zone, milliwatts) in numbers(two, "power_mw") {
        names.push(format!("power.{zone}"));
        assert!(near(later[&names[names.len() - 1]], milliwatts / 1e3, 1e-3), "{zone}: {later:?}");
        let joules = later[&format!("energy.{zone}")].unwrap() - first[&format!("energy.{zone}")].unwrap();
        assert!(near(Some(joules), milliwatts / 1e3, 1e-3), "{zone}: {joules} J");
        let rail = metric(samplers, &format!("energy.{zone}")).unwrap().rail.clone().unwrap();
        packages += if rail.role == RailRole::Share { milliwatts } else { 0.0 };
    }
    assert_eq!(packages, two["power_total_mw_packages_only"].as_f64().unwrap_or(0.0));
    let mut found: Vec<&String> = first.keys().filter(|name| name.starts_with("power.")).collect();
    names.sort();
    found.sort();
    assert_eq!(found, names.iter().collect::<Vec<_>>());

    let wrap = &expected["overlays"]["wrap"];
    for (zone, milliwatts) in numbers(wrap, "power_mw") {
        copy(&board.join(wrap["first"].as_str().unwrap()), &tree.root().path("/"));
        read(samplers, Nanos::from_millis(2_000));
        copy(&board.join(wrap["second"].as_str().unwrap()), &tree.root().path("/"));
        let turned = read(samplers, Nanos::from_millis(3_000));
        assert!(near(turned[&format!("power.{zone}")], milliwatts / 1e3, 1e-3), "{zone}: {turned:?}");
    }
}

#[test]
fn boards_read_as_they_were_recorded() {
    let Some(data) = nntop_testing::required_data("sysfs") else { return };
    let boards = fs::read_dir(data).unwrap().flatten();
    let boards: Vec<_> = boards.map(|entry| entry.path()).filter(|path| path.join("root").is_dir()).collect();
    assert!(!boards.is_empty());
    for board in boards {
        check(&board);
    }
}
