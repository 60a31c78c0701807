//! Models that Python runs: the same figures and the same errors as any other's. A stand-in takes PyTorch's place, which
//! is gigabytes; with `NNTOP_TEST_TORCH=PYTHON`, an interpreter that has it, the real one is tried as well.

use crate::support::{nntop, run};
use serde_json::Value;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// An interpreter with the stand-in, and models that say what it does.
pub(crate) struct StandIn(TempDir);

impl StandIn {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        std::fs::create_dir_all(site.join("torch")).unwrap();
        std::fs::write(site.join("torch/__init__.py"), include_str!("python/torch.py")).unwrap();
        std::fs::create_dir(site.join("torch-0.0.1.dist-info")).unwrap();
        std::fs::write(
            site.join("torch-0.0.1.dist-info/METADATA"),
            "Metadata-Version: 2.1\nName: torch\nVersion: 0.0.1\n",
        )
        .unwrap();
        let python = folder.path().join("python");
        let text = format!("#!/bin/sh\nPYTHONPATH={} PYTHONDONTWRITEBYTECODE=1 exec python3 \"$@\"\n", site.display());
        std::fs::write(&python, text).unwrap();
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    pub(crate) fn python(&self) -> PathBuf {
        self.0.path().join("python")
    }

    /// An archive of TorchScript, to a stranger; to the stand-in, what it is to do.
    pub(crate) fn model(&self, behaviour: &str) -> PathBuf {
        let path = self.0.path().join("net.pt");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        zip.start_file("net/code/behaviour", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(behaviour.as_bytes()).unwrap();
        zip.finish().unwrap();
        path
    }

    fn bench(&self, behaviour: &str, args: &[&str]) -> crate::support::Run {
        bench(&self.python(), &self.model(behaviour), args)
    }
}

fn bench(python: &Path, model: &Path, args: &[&str]) -> crate::support::Run {
    let mut command = nntop();
    command.arg("bench").arg(model).args(["--engine", "torch", "--engine-path"]).arg(python);
    run(command.args(["--warmup", "2", "--format", "json"]).args(args))
}

const SHAPE: [&str; 2] = ["--shape", "x:4,1,8"];

fn with<'a>(args: &[&'a str]) -> Vec<&'a str> {
    SHAPE.iter().chain(args).copied().collect()
}

#[test]
fn a_model_that_python_runs_has_the_figures_of_any_other() {
    let run = StandIn::new().bench("run", &with(&["--runs", "40", "--threads", "1"]));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let result: Value = serde_json::from_str(&run.stdout).unwrap();
    let v = &result["variants"][0];
    assert_eq!(v["latency_ns"]["n"], 40);
    assert!(v["latency_ns"]["min"].as_u64() >= Some(200_000), "the stand-in takes that long: {}", v["latency_ns"]);
    assert_eq!(v["batch_size"], 4, "the first axis of the shape that was given");
    assert_eq!((&v["engine"]["name"], &v["engine"]["version"]), (&"torch".into(), &"0.0.1".into()));
    assert_eq!((&v["engine"]["threads"], &v["engine"]["providers"][0]), (&1.into(), &"cpu".into()));
    assert_eq!(v["model"]["format"], "torchscript");
    for part in ["process", "library", "model_read", "session", "first_inference", "total"] {
        assert!(v["startup_ns"][part].as_u64() > Some(0), "{part}: {}", v["startup_ns"]);
    }
    assert!(v["memory"]["rss_peak_bytes"].as_u64() > Some(1_000_000), "{}", v["memory"]);
    assert!(v["loop_overhead_ns"].as_u64() > Some(0), "{v:#}");
    assert!(v["profile_absent"].as_str().is_some_and(|why| why.contains("profiler")), "{}", v["profile_absent"]);
}

#[test]
fn inputs_are_the_same_bits_for_the_same_seed() {
    let stand_in = StandIn::new();
    let input = |seed: &str| {
        let run = stand_in.bench("fail 1", &with(&["--runs", "2", "--seed", seed]));
        let at = run.stderr.find("input ").unwrap_or_else(|| panic!("{}", run.stderr));
        run.stderr[at + 6..at + 70].to_owned()
    };
    assert_eq!(input("1"), input("1"));
    assert_ne!(input("1"), input("2"));
}

#[test]
fn what_goes_wrong_is_one_line_with_what_to_do() {
    let stand_in = StandIn::new();
    let failed = |behaviour: &str, args: &[&str], code: i32, line: &str, hint: &str| {
        let run = stand_in.bench(behaviour, args);
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        let of = |begin: &str| run.stderr.lines().find_map(|l| l.strip_prefix(begin)).unwrap_or_default().to_owned();
        assert!(of("error: ").contains(line), "{line}: {}", run.stderr);
        assert!(of("hint: ").contains(hint), "{hint}: {}", run.stderr);
    };
    failed("run", &[], 2, "does not say the shape of its input 'x'", "--shape x:");
    failed("unloadable", &with(&[]), 2, "cannot load it: RuntimeError: PytorchStreamReader failed", "");
    failed(
        "fail 0",
        &with(&[]),
        2,
        "the first inference failed: RuntimeError: the stand-in was told to fail",
        "--shape",
    );
    failed("fail 9", &with(&["--runs", "20"]), 1, "an inference failed: RuntimeError: the stand-in was told", "");
    failed("exit 9", &with(&["--runs", "20"]), 1, "ended with exit code 9", "");
    failed("run", &with(&["--ep", "cuda"]), 2, "sees no GPU", "--ep cpu");
    let none = bench(Path::new("/nonexistent/python"), &stand_in.model("run"), &[]);
    assert!(none.stderr.contains("/nonexistent/python: cannot be started"), "{}", none.stderr);
    assert!(none.stderr.contains("nntop engine install torch"), "{}", none.stderr);
}

#[test]
fn two_of_them_take_turns() {
    let stand_in = StandIn::new();
    let model = stand_in.model("run");
    let mut command = nntop();
    command.arg("compare").args([&model, &model]).args(["--engine", "torch", "--engine-path"]).arg(stand_in.python());
    let run = run(command.args(SHAPE).args(["--duration", "1800ms", "--warmup", "2", "--format", "json"]));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let result: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(result["comparison"][0].is_object(), "{result:#}");
    for v in result["variants"].as_array().unwrap() {
        assert_eq!(v["status"], "ok");
        assert!(v["latency_ns"]["n"].as_u64() > Some(5), "{}", v["latency_ns"]);
    }
}

#[test]
fn the_real_pytorch_runs_what_it_has_saved() {
    let Some(python) = std::env::var_os("NNTOP_TEST_TORCH").map(PathBuf::from) else {
        nntop_testing::skip("NNTOP_TEST_TORCH does not name an interpreter with PyTorch");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let code = "import sys, torch\n\
                net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(7200, 10)).eval()\n\
                x = torch.rand(1, 3, 32, 32)\n\
                torch.jit.trace(net, x).save(sys.argv[1] + '/script.pt')\n\
                torch.export.save(torch.export.export(net, (x,)), sys.argv[1] + '/export.pt2')";
    let made = std::process::Command::new(&python).args(["-c", code]).arg(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for (name, args) in [("script.pt", &["--shape", "x:1,3,32,32"][..]), ("export.pt2", &[])] {
        let run = bench(&python, &folder.path().join(name), &[args, &["--runs", "50"]].concat());
        // TorchScript names inputs after the forward method that it was traced from.
        let run = match run.stderr.split("shape of its input '").nth(1).and_then(|rest| rest.split('\'').next()) {
            Some(input) => {
                let shape = format!("{input}:1,3,32,32");
                bench(&python, &folder.path().join(name), &["--shape", &shape, "--runs", "50"])
            }
            None => run,
        };
        assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
        let result: Value = serde_json::from_str(&run.stdout).unwrap();
        let operators = result["variants"][0]["operators"].as_array().unwrap();
        assert!(operators.iter().any(|op| op["name"].as_str().is_some_and(|n| n.contains("conv"))), "{operators:#?}");
    }
}
