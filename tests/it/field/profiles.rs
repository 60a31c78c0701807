//! Profiles of samplers: periods, events of hybrid processors, samples without a time, stacks of Python, speedscope.

use super::{field, holds, named, profile, rows, saved, saved_as};
use crate::support::{nntop, run};
use std::path::Path;
use tempfile::TempDir;

fn sample(event: &str, period: &str, frame: &str) -> String {
    format!(
        "app 42/42 [000] 100.000000: {period} {event}: \n\t  55d100 {frame}+0x12 (/opt/app)\n\t  55d110 main+0x1 (/opt/app)\n\n"
    )
}

#[test]
fn widths_of_perf_are_periods() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("perf.txt");
    let text = sample("cycles:", "1", "load_model").repeat(10) + &sample("cycles:", "10000000", "Conv2D").repeat(5);
    std::fs::write(&made, text.replace("::", ":")).unwrap();
    for file in [Some(made), field("perf-period").map(|case| case.join("perf.txt"))].into_iter().flatten() {
        let files = saved(&file);
        let said = ["50,000,010 cycles", "15 samples", "by perf", "cycles"];
        holds(saved_as(&files, ".ops.txt"), &said);
        holds(
            saved_as(&files, ".ops.md"),
            &["50,000,010 cycles · 15 samples", "| `Conv2D` |  |  | 50000000 | 100.0 % | 5 |"],
        );
        holds(saved_as(&files, ".flame.svg"), &["Conv2D (50,000,000 cycles, 100.00%)"]);
        holds(saved_as(&files, ".folded"), &["Conv2D 50000000\n", "load_model 10\n"]);
        let (profile, rows) = rows(&file);
        assert_eq!((&profile["wall"], &profile["counts"]), (&50_000_010.into(), &"cycles".into()));
        let conv = named(&rows, "Conv2D");
        assert_eq!((&conv["self_time"], &conv["calls"]), (&50_000_000.into(), &5.into()));
        let mut reader = csv::Reader::from_reader(saved_as(&files, ".ops.csv").as_bytes());
        let share = reader.records().map(|row| row.unwrap()).find(|row| &row[5] == "Conv2D").unwrap()[13].to_owned();
        assert!((share.parse::<f64>().unwrap() - 0.999_999_8).abs() < 1e-9, "{share}");
    }
}

#[test]
fn one_event_of_two_kinds_of_cores_is_one_profile() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("perf.txt");
    let text = sample("cpu_atom/cycles/P", "250000", "load_model").repeat(100)
        + &sample("cpu_core/cycles/P", "250000", "Conv2D").repeat(300);
    std::fs::write(&made, text).unwrap();
    for file in [Some(made), field("perf-hybrid").map(|case| case.join("perf.txt"))].into_iter().flatten() {
        let (profile, _) = rows(&file);
        assert_eq!((&profile["wall"], &profile["partial"]), (&100_000_000.into(), &serde_json::Value::Null));
        holds(&super::profile(&file, "text"), &["400 samples"]);
    }
}

#[test]
fn samples_without_a_time_are_samples() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("perf.txt");
    let one = "app 42 cycles:P: \n\t          55d100 Conv2D+0x12 (/opt/libnet.so)\n\t          55d110 main+0x20 (/opt/app)\n\n";
    std::fs::write(&made, one.repeat(2)).unwrap();
    for file in [Some(made), field("perf-formats").map(|case| case.join("no-time.txt"))].into_iter().flatten() {
        holds(&profile(&file, "text"), &["2 samples", "by perf", "Conv2D"]);
    }
    if let Some(case) = field("perf-formats") {
        holds(&profile(&case.join("srcline-inline.txt"), "text"), &["250,000 cycles", "operator[](unsigned long)"]);
        let files = saved(&case.join("srcline-inline.txt"));
        holds(saved_as(&files, ".folded"), &[";main;", "conv2d_neon(float const*, float*, int);"]);
        assert!(
            !saved_as(&files, ".ops.txt").contains("INCOMPLETE"),
            "a line of the source is no line that is missing"
        );
    }
}

#[test]
fn stacks_of_py_spy_begin_with_a_module_and_are_stacks() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("spy.folded");
    let text = "<module> (n.py:7);mm (n.py:4) 45\n<module> (n.py:7);py (n.py:5);<genexpr> (n.py:5) 12\n";
    std::fs::write(&made, text).unwrap();
    for file in [Some(made), field("py-spy-raw").map(|case| case.join("spy.folded"))].into_iter().flatten() {
        holds(&profile(&file, "text"), &["57 samples", "by folded", "mm (n.py:4)", "78.9 %"]);
        run(nntop().arg("flame").args([&file, Path::new("-o"), Path::new("-")])).ok();
    }
}

/// What nntop writes for speedscope, it reads: with the same times, the device and other threads beside them.
#[test]
fn our_own_speedscope_file_gives_the_same_profile() {
    let folder = TempDir::new().unwrap();
    let profile = folder.path().join("profile.json");
    std::fs::write(&profile, super::ON_CUDA).unwrap();
    let of = |file: &Path| {
        let files = saved(file);
        let (speedscope, folded) =
            (saved_as(&files, ".speedscope.json").to_owned(), saved_as(&files, ".folded").to_owned());
        let mut stacks: Vec<String> = folded.lines().map(str::to_owned).collect();
        stacks.sort();
        (speedscope, stacks)
    };
    let (speedscope, stacks) = of(&profile);
    let again = folder.path().join("again.json");
    std::fs::write(&again, speedscope).unwrap();
    let (_, same) = of(&again);
    assert_eq!(same, stacks);
    holds(&super::profile(&again, "text"), &["by speedscope", "5.00 ms"]);
}
