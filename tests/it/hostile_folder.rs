//! A working folder full of files that are named like programs and Python modules: no command runs any of them.

use crate::support::{demo, nntop, run, runtime};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Modules that nntop, pip, venv or a runtime's package imports.
const MODULES: &[&str] = &[
    "pip",
    "venv",
    "ensurepip",
    "torch",
    "executorch",
    "numpy",
    "onnxruntime",
    "openvino",
    "sitecustomize",
    "usercustomize",
    "site",
    "runpy",
    "json",
    "os",
    "subprocess",
    "importlib",
    "zipfile",
    "hashlib",
    "socket",
    "typing",
    "collections",
    "logging",
];

/// Programs that nntop looks for.
const PROGRAMS: &[&str] = &[
    "python3",
    "python",
    "sh",
    "ldconfig",
    "pip",
    "nvpmodel",
    "jetson_clocks",
    "nvidia-smi",
    "ssh",
    "nntop",
    "bin/python",
    "bin/python3",
];

/// The folder, and where its files leave their names when they are run.
struct Hostile {
    folder: TempDir,
    ran: PathBuf,
}

impl Hostile {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("work");
        let ran = folder.path().join("ran");
        std::fs::create_dir_all(at.join("bin")).unwrap();
        std::fs::create_dir(&ran).unwrap();
        for name in MODULES {
            let text = format!("open({:?}, 'w').close()\n", ran.join(name));
            std::fs::write(at.join(format!("{name}.py")), text).unwrap();
        }
        for name in PROGRAMS {
            let (path, mark) = (at.join(name), ran.join(name.replace('/', "-")));
            std::fs::write(&path, format!("#!/bin/sh\n: > {}\n", mark.display())).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder, ran }
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A command in that folder, in surroundings that lead there in every way that happens by mistake.
    fn tempt(&self, mut command: Command) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        command.current_dir(self.work()).env("PATH", format!(":.:bin:{path}:")).env("PYTHONPATH", ":.");
        command.env("VIRTUAL_ENV", ".").env("CONDA_PREFIX", "").env("PIP_NO_INDEX", "1");
        command
    }

    /// nntop there, with no runtime of its own yet.
    fn nntop(&self) -> Command {
        let mut command = self.tempt(nntop());
        command.env("NNTOP_DATA_DIR", self.folder.path().join("data"));
        command
    }

    #[track_caller]
    fn nothing_ran(&self, after: &str) {
        let ran: Vec<_> = std::fs::read_dir(&self.ran).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(ran.is_empty(), "{after} ran {ran:?}");
    }
}

#[test]
fn the_bait_works() {
    let hostile = Hostile::new();
    let mut python = hostile.tempt(Command::new("/usr/bin/python3"));
    if python.args(["-m", "pip", "--version"]).output().is_err() {
        nntop_testing::skip("there is no /usr/bin/python3");
        return;
    }
    assert!(std::fs::read_dir(&hostile.ran).unwrap().count() > 0, "Python itself takes modules from there");
}

#[test]
fn no_command_runs_what_lies_in_the_working_folder() {
    let hostile = Hostile::new();
    let model = demo("digits-fp32");
    let agent = format!("{} agent --stdio --allow-path", env!("CARGO_BIN_EXE_nntop"));
    let commands: &[&[&str]] = &[
        &["engine", "list"],
        &["engine", "install", "onnxruntime"],
        &["engine", "install", "torch"],
        &["engine", "install", "executorch"],
        &["doctor"],
        &["monitor", "--once"],
        &["control", "list"],
        // These fetch a runtime, or look for an interpreter.
        &["bench", &model, "-n", "3"],
        &["compare", &model, &model, "-n", "3"],
        &["profile", &model, "-n", "3"],
        &["bench", &model, "-n", "3", "--engine", "all"],
        &["bench", &model, "-n", "3", "--engine", "torch"],
        &["bench", &model, "-n", "3", "--agent", &agent],
    ];
    for words in commands {
        run(hostile.nntop().args(*words));
        hostile.nothing_ran(&words.join(" "));
    }
    // With a runtime that is there, and a metric of the user's.
    let library = runtime().to_str().unwrap();
    for more in [&["--metric", "one=echo 1"][..], &["--agent", &agent]] {
        let mut command = hostile.nntop();
        command.args(["bench", &model, "-n", "3", "--warmup", "0", "--engine-path", library]).args(more);
        run(&mut command).ok();
        hostile.nothing_ran("bench");
    }
}

#[test]
fn a_worker_of_pythons_takes_its_package_from_the_interpreter_alone() {
    let (hostile, stand_in) = (Hostile::new(), crate::python_worker::StandIn::new());
    let mut command = hostile.nntop();
    command.arg("bench").arg(stand_in.model("run")).args(["--engine", "torch", "--shape", "x:4,1,8", "-n", "5"]);
    let run = run(command.args(["--warmup", "0", "--format", "json", "--engine-path"]).arg(stand_in.python()));
    assert_eq!(run.ok().json()["variants"][0]["latency_ns"]["n"], 5);
    hostile.nothing_ran("the worker");
    assert!(Path::new(&hostile.work()).join("torch.py").exists());
}
