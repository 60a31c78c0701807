//! Logs and reports of other tools, as people paste them: the right figure in every format of `compare` and `report`.

use super::{field, holds};
use crate::support::{nntop, run};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of files, of field cases where they are; else nothing is there to look at.
fn case(case: &str, file: &str) -> Option<PathBuf> {
    field(case).map(|folder| folder.join(file))
}

/// What `nntop report FILE --format FORMAT` prints.
#[track_caller]
fn report(file: &Path, format: &str) -> String {
    run(nntop().args(["report", "--format", format]).arg(file)).ok().stdout.clone()
}

/// The figures that `nntop compare FILE FILE --format json` knows, by name.
#[track_caller]
fn compared(file: &Path) -> Value {
    let told = run(nntop().args(["compare", "--format", "json"]).arg(file).arg(file)).ok().stdout.clone();
    serde_json::from_str(&told).unwrap()
}

#[track_caller]
fn figure(comparison: &Value, name: &str) -> Option<f64> {
    let changes = comparison["comparison"][0]["changes"].as_array().unwrap();
    changes.iter().find(|c| c["figure"] == name).and_then(|c| c["value"].as_f64())
}

/// The figures of a file in nanoseconds and per second, wherever `compare` has them; and what its report shows in ms.
#[track_caller]
fn is(file: &Path, expected: &[(&str, f64)], in_report: &[&str]) {
    let comparison = compared(file);
    for (name, value) in expected {
        let found = figure(&comparison, name).unwrap_or_else(|| panic!("{name} of {}: {comparison:#}", file.display()));
        assert!((found - value).abs() <= value * 1e-9, "{name} of {}: {found}", file.display());
    }
    for format in ["text", "markdown", "csv", "html"] {
        let shown = report(file, format);
        // A spreadsheet has all digits: either form is the figure.
        for figure in in_report {
            assert!(figure.split('|').any(|form| shown.contains(form)), "{figure} in {format}: {shown}");
        }
    }
}

#[test]
fn a_mean_alone_is_a_figure_on_every_surface() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("old.txt");
    std::fs::write(&made, "Total inference requests: 10\nAverage inference time cost: 144.871 ms\n").unwrap();
    for file in [Some(made), case("perf-test-log-new", "perf_test-1.3.txt")].into_iter().flatten() {
        is(&file, &[("mean", 144.871e6)], &["145|144.871", "the mean: its file has no median"]);
        let shown = run(nntop().arg("compare").arg(&file).arg(&file)).ok().stdout.clone();
        holds(&shown, &["mean", "145 ms"]);
        assert!(!shown.contains("p50 "), "no median is invented: {shown}");
        let history = TempDir::new().unwrap();
        run(nntop().env("NNTOP_DATA_DIR", history.path()).args(["runs", "add"]).arg(&file)).ok();
        holds(&run(nntop().env("NNTOP_DATA_DIR", history.path()).arg("runs")).ok().stdout, &["mean", "144.9 ms"]);
    }
    for (name, mean) in
        [("perf_test.txt", 98.961_997e6), ("perf_test-no-s.txt", 98.961_997e6), ("perf_test-old-wording.txt", 98.962e6)]
    {
        if let Some(file) = case("perf-test-log-new", name) {
            is(&file, &[("mean", mean), ("throughput", 10.104)], &["10.1"]);
        }
    }
}

#[test]
fn logs_of_trtexec_and_benchmark_app_and_benchmark_model_are_results() {
    if let Some(file) = case("trtexec-log", "trtexec-10.log") {
        let expected =
            [("p50", 7.160_92e6), ("p90", 10.2996e6), ("p95", 10.8698e6), ("p99", 12.9675e6), ("throughput", 130.298)];
        is(&file, &expected, &["7.16", "13.0|12.9675", "130"]);
        let variant = &compared(&file)["sides"][0]["variant"];
        assert_eq!(variant["custom_metrics"]["gpu_compute_p50"]["value"], 7.141_39);
        assert_eq!(
            (&variant["model"]["path"], &variant["engine"]["version"]),
            (&"model.onnx".into(), &"10.3.0".into())
        );
    }
    for name in ["benchmark_report.csv", "benchmark_app.log"] {
        let Some(file) = case("benchmark-app-csv", name) else { continue };
        is(
            &file,
            &[("p50", 19.81e6), ("mean", 19.95e6), ("throughput", 199.93)],
            &["19.8", "58.3", "200|199.93", "12"],
        );
    }
    if let Some(file) = case("benchmark-model-log", "benchmark_model.txt") {
        is(&file, &[("mean", 3.790_92e6)], &["3.79", "6.33", "261"]);
        let variant = &compared(&file)["sides"][0]["variant"];
        assert_eq!(
            (&variant["warmup"]["inferences"], &variant["partial_ns"]["stddev"]),
            (&132.into(), &358_000.0.into())
        );
        assert_eq!(variant["custom_metrics"]["init"]["value"], 0.63);
        assert_eq!(variant["custom_metrics"]["memory_overall"], serde_json::json!({"value": 4.1, "unit": "MiB"}));
    }
}

#[test]
fn a_command_that_failed_is_said_before_its_times_are_believed() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("h.json");
    let of = |codes: &str| {
        format!(
            r#"{{"results":[{{"command":"infer","times":[0.1,0.001,0.1],"exit_codes":{codes},"parameters":{{"threads":"4"}}}}]}}"#
        )
    };
    std::fs::write(&file, of("[0,3,0]")).unwrap();
    let told = run(nntop().arg("report").arg(&file));
    holds(&told.ok().stderr, &["1 of 3 runs of \"infer (threads=4)\" failed (exit code 3)"]);
    holds(&told.stdout, &["infer (threads=4)", "100"]);
    std::fs::write(&file, of("[3,3,3]")).unwrap();
    run(nntop().arg("report").arg(&file)).failed(2, "3 of 3 runs of \"infer (threads=4)\" failed (exit code 3)");
}
