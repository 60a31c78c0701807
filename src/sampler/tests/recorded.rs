//! Larger trees, composed from many boards' published files, where the machine has them.

use super::*;
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

    let info = host_info(&tree.root());
    assert_eq!(info.cpus as u64, expected["cpu"]["online"].as_u64().unwrap_or(info.cpus as u64), "{name}");
    assert_eq!(info.board.as_deref(), expected["model"].as_str(), "{name}");
    assert!(info.cpu_model.is_some_and(|model| model.starts_with("ARM Cortex") || model.starts_with("Intel")));
}

#[test]
fn boards_read_as_they_were_recorded() {
    let Some(data) = std::env::var_os("NNTOP_TEST_DATA") else {
        println!("skipped: NNTOP_TEST_DATA is not set");
        return;
    };
    let boards = fs::read_dir(Path::new(&data).join("sysfs")).unwrap().flatten();
    let boards: Vec<_> = boards.map(|entry| entry.path()).filter(|path| path.join("root").is_dir()).collect();
    assert!(!boards.is_empty());
    for board in boards {
        check(&board);
    }
}
