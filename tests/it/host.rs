//! `--host`: a board over ssh. A stand-in for ssh runs what it is given here, in a home of its own; a real sshd does on loopback.

mod sshd;

use crate::bench::check_schema;
use crate::support::{Run, Running, data_dir, demo, file, nntop, npy, run, runtime};
use crate::terminal::Terminal;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const SYNTHETIC: &str = "a:synthetic:constant,median=1ms";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A machine that is reached through a script in the place of ssh.
struct Machine {
    home: TempDir,
}

impl Machine {
    /// One whose stand-in does `first` before it runs the command; `$2` is the command.
    fn new(first: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("bin")).unwrap();
        let script = format!(
            "export HOME='{0}' PATH='{0}/bin':/usr/bin:/bin NNTOP_DATA_DIR='{1}'\nunset XDG_CACHE_HOME\n\
             [ \"$1\" = board ] || exit 9\n{first}\nexec sh -c \"$2\"\n",
            home.path().display(),
            data_dir().display()
        );
        file(&home, "ssh.sh", script);
        Self { home }
    }

    /// A program in its `PATH`.
    fn program(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.home.path().join("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// This program is installed there.
    fn installed(self) -> Self {
        self.program("nntop", &format!("exec '{}' \"$@\"", env!("CARGO_BIN_EXE_nntop")));
        self
    }

    fn cache(&self) -> PathBuf {
        self.home.path().join(".cache/nntop")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = nntop();
        command.env("NNTOP_SSH_COMMAND", format!("sh '{}/ssh.sh'", self.home.path().display()));
        command.args(arguments).args(["--host", "board"]);
        command
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Run {
        run(&mut self.command(arguments))
    }
}

fn sha256(path: &Path) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(std::fs::read(path).unwrap()).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn a_board_without_nntop_gets_this_one_once() {
    let board = Machine::new("");
    let own = Path::new(env!("CARGO_BIN_EXE_nntop"));
    let first = board.run(&["bench", SYNTHETIC, "-n", "20", "--warmup", "0", "--format", "json"]);
    let json = first.ok().json();
    let sum = sha256(own);
    assert!(first.stderr.contains(&format!("copying nntop {VERSION} (")) && first.stderr.contains(&sum), "{first:?}");
    assert_eq!(sha256(&board.cache().join(format!("agent/{VERSION}/nntop"))), sum);
    let deployment = &json["deployment"];
    assert_eq!(deployment["host"], "board");
    assert_eq!(deployment["bytes"].as_u64(), Some(own.metadata().unwrap().len()));
    let (seconds, speed) = (deployment["seconds"].as_f64().unwrap(), deployment["mb_per_s"].as_f64().unwrap());
    assert!((speed * seconds * 1e6 / own.metadata().unwrap().len() as f64 - 1.0).abs() < 1e-6, "{deployment}");
    // What is there is not copied again.
    let second = board.run(&["bench", SYNTHETIC, "-n", "20", "--warmup", "0", "--format", "json"]);
    let json = second.ok().json();
    assert!(!second.stderr.contains("copying"), "{second:?}");
    assert_eq!((&json["deployment"]["bytes"], &json["deployment"]["mb_per_s"]), (&0.into(), &Value::Null));
    // Unless it is another one: a copy that was damaged, or of another build.
    std::fs::write(board.cache().join(format!("agent/{VERSION}/nntop")), format!("#!/bin/sh\necho nntop {VERSION}\n"))
        .unwrap();
    let third = board.run(&["bench", SYNTHETIC, "-n", "20", "--warmup", "0"]);
    assert!(third.ok().stderr.contains("copying nntop"), "{third:?}");
}

#[test]
fn models_and_inputs_go_there_once_and_results_land_here() {
    runtime();
    let board = Machine::new("").installed();
    let here = tempfile::tempdir().unwrap();
    let (result, record) = (here.path().join("r.json"), here.path().join("r.nntop"));
    let input = file(&here, "x.npy", npy("<f4", 4, &[1, 1, 8, 8]));
    let model = demo("digits-fp32");
    let words = ["bench", &model, "--input", &input, "-n", "20", "--warmup", "0", "-o", result.to_str().unwrap()];
    board.run(&[&words[..], &["--record", record.to_str().unwrap()]].concat()).ok();
    let json: Value = serde_json::from_str(&std::fs::read_to_string(&result).unwrap()).unwrap();
    check_schema(&json, 20);
    assert_eq!(json["variants"][0]["model"]["path"], model.as_str());
    assert_eq!(json["variants"][0]["options"]["input"], input.as_str());
    let copied = std::fs::metadata(&model).unwrap().len() + std::fs::metadata(&input).unwrap().len();
    assert_eq!(json["deployment"]["bytes"].as_u64(), Some(copied));
    assert!(run(nntop().args(["replay", record.to_str().unwrap()])).ok().stdout.contains("digits-fp32"));
    let rows = run(nntop().args(["report", result.to_str().unwrap(), "--style", "edge", "--format", "markdown"]));
    let row = |name: &str| rows.ok().stdout.lines().find(|l| l.contains(name)).unwrap_or_default().to_owned();
    for name in ["Deployment Time", "Network Bandwidth"] {
        assert!(row(name).contains(|c: char| c.is_ascii_digit()), "{name}: {}", rows.stdout);
    }
    assert!(rows.stdout.contains("copying to board and start-up"), "{}", rows.stdout);
    // The same content under another name is another model, and the same model is the same.
    let again = board.run(&["bench", &model, "--input", &input, "-n", "5", "--warmup", "0", "--format", "json"]);
    assert_eq!(again.ok().json()["deployment"]["bytes"], 0);
    // What it says of the file is of the file here.
    let cut = file(&here, "cut.onnx", &std::fs::read(&model).unwrap()[..900]);
    let failed = board.run(&["bench", &cut, "-n", "5"]);
    failed.failed(2, &format!("{cut}: truncated"));
    assert!(!failed.stderr.contains(".cache"), "{failed:?}");
}

#[test]
fn compare_profile_and_eval_measure_there_too() {
    runtime();
    let board = Machine::new("").installed();
    let (fp32, int8) = (demo("digits-fp32"), demo("digits-int8"));
    let compared = board.run(&["compare", &fp32, &int8, "-n", "40", "--warmup", "0", "--format", "json"]).ok().json();
    assert_eq!(compared["variants"][1]["model"]["path"], int8.as_str());
    let here = tempfile::tempdir().unwrap();
    let flame = here.path().join("flame.svg");
    board.run(&["profile", &fp32, "-n", "40", "-o", flame.to_str().unwrap()]).ok();
    assert!(std::fs::read_to_string(&flame).unwrap().contains("Conv"));
    let labels = format!("{}/assets/demo/digits-test.npz", env!("CARGO_MANIFEST_DIR"));
    let words = ["eval", &fp32, "--dataset", &labels, "-t", "200ms", "--warmup", "0", "-q", "--format", "json"];
    let json = board.run(&words).ok().json();
    assert_eq!(json["variants"][0]["accuracy"]["n"], 360);
    board.run(&[&words[..], &["--save-predictions", "p.jsonl"]].concat()).failed(2, "--save-predictions");
}

#[test]
fn commands_about_the_machine_run_there() {
    let board = Machine::new("").installed();
    assert_eq!(board.run(&["doctor", "--format", "json"]).ok().json()["schema"], "nntop.doctor/1");
    let once = board.run(&["monitor", "--once", "--dt", "100ms", "--format", "json"]);
    assert_eq!(once.ok().json()["schema"], "nntop.device/1");
    let stream = board.run(&["monitor", "--format", "ndjson", "--interval", "100ms", "--count", "2"]);
    assert_eq!(stream.ok().stdout.lines().count(), 2);
    board.run(&["engine", "list"]).ok();
    // Its errors and its exit code are those from there.
    board.run(&["engine", "remove", "nosuch"]).failed(2, "nosuch");
    board.run(&["engine", "install", "onnxruntime", "--wheel", "x.whl"]).failed(2, "--wheel x.whl");
}

#[test]
fn another_version_is_replaced_where_that_can_be() {
    let board = Machine::new("");
    board.program("nntop", "echo nntop 0.0.1");
    let run = board.run(&["bench", SYNTHETIC, "-n", "5", "--warmup", "0"]);
    assert!(run.ok().stderr.contains("copying nntop"), "{run:?}");
    // On another architecture this program is of no use.
    let board = Machine::new("");
    board.program("nntop", "echo nntop 0.0.1");
    board.program("uname", "case $1 in -m) echo riscv64;; *) echo Linux;; esac");
    let refused = board.run(&["bench", SYNTHETIC, "-n", "5"]);
    refused.failed(2, "nntop is 0.0.1 there").hint("--agent-binary FILE");
    assert!(refused.stderr.contains("riscv64"), "{refused:?}");
    let wrong = board.run(&["bench", SYNTHETIC, "--agent-binary", env!("CARGO_BIN_EXE_nntop")]);
    wrong.failed(2, "--agent-binary").hint("riscv64");
    // What is copied has to run there, and be of this version.
    let other = file(&board.home, "other", "#!/bin/sh\necho nntop 0.0.2\n");
    board.run(&["bench", SYNTHETIC, "--agent-binary", &other]).failed(2, "is nntop 0.0.2").hint("same version");
    let broken = file(&board.home, "broken", "#!/bin/sh\necho cannot execute >&2\nexit 126\n");
    let broken = board.run(&["bench", SYNTHETIC, "--agent-binary", &broken]);
    broken.failed(2, "does not run there");
    assert!(broken.stderr.contains("cannot execute"), "{broken:?}");
    let right = file(&board.home, "right", format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_nntop")));
    board.run(&["bench", SYNTHETIC, "-n", "5", "--warmup", "0", "--agent-binary", &right]).ok();
}

#[test]
fn a_board_that_refuses_is_quoted() {
    let board = Machine::new("echo 'u@board: Permission denied (publickey).' >&2; exit 255");
    let refused = board.run(&["bench", SYNTHETIC]);
    refused.failed(1, "board: ssh could not connect: u@board: Permission denied (publickey).").hint("ssh board true");
    board.run(&["doctor"]).failed(1, "Permission denied");
    let board = Machine::new("echo This account is not available; exit 1");
    board.run(&["bench", SYNTHETIC]).failed(1, "ended at once (exit code 1)");
}

#[test]
fn ctrl_c_ends_it_while_files_are_copied() {
    let board = Machine::new("");
    board.program("head", "case $1 in -c) exec timeout 20 tail -f /dev/null;; *) exec /usr/bin/head \"$@\";; esac");
    let mut running = Running::start(&mut board.command(&["bench", SYNTHETIC]));
    running.until("copying nntop").signal(Signal::INT);
    assert_eq!(running.end().signal, Some(Signal::INT.as_raw()));
}

#[test]
fn the_dashboard_and_the_live_page_are_drawn_here() {
    let board = Machine::new("").installed();
    let ssh = format!("sh '{}/ssh.sh'", board.home.path().display());
    let here = tempfile::tempdir().unwrap();
    let open = |words: &[&str]| {
        let words = [words, &["--host", "board"]].concat();
        Terminal::open_with(&words, here.path(), 100, 30, &[("NNTOP_SSH_COMMAND", &ssh)])
    };
    let mut dashboard = open(&[SYNTHETIC]);
    dashboard.shows("p50");
    dashboard.press("q");
    assert_eq!(dashboard.end(), 0, "{}", dashboard.text());
    let mut page = open(&["monitor"]);
    page.shows("memory");
    page.press("q");
    assert_eq!(page.end(), 0, "{}", page.text());
}

#[test]
fn what_is_not_here_is_refused_before_anybody_connects() {
    let board = Machine::new("touch $HOME/connected; exit 255");
    board.run(&["bench", "/nonexistent.onnx"]).failed(2, "/nonexistent.onnx: no such file").hint("this machine");
    board.run(&["bench", &demo("digits-fp32"), "--engine", "all"]).failed(2, "--engine all").hint("engine list");
    board.run(&["bench", &demo("digits-fp32"), "--input", "/nonexistent"]).failed(2, "--input /nonexistent");
    assert!(!board.home.path().join("connected").exists());
    run(nntop().args(["bench", SYNTHETIC, "--host", "-oProxyCommand=x"])).failed(2, "--host");
}

#[test]
fn what_a_login_script_prints_is_passed_over() {
    let board = Machine::new("echo; echo 'Welcome to board'; seq 500; printf 'no end of line, '; echo; echo >&2 motd")
        .installed();
    let json = board.run(&["bench", SYNTHETIC, "-n", "5", "--warmup", "0", "--format", "json"]);
    assert_eq!(json.ok().json()["variants"][0]["latency_ns"]["n"], 5);
    assert_eq!(board.run(&["doctor", "--format", "json"]).ok().json()["schema"], "nntop.doctor/1");
    let endless = Machine::new("yes hello; exit 0");
    endless.run(&["bench", SYNTHETIC]).failed(1, "no answer of nntop's");
}

#[test]
fn a_link_that_dies_leaves_what_was_measured() {
    // As ssh ends when its connection is gone.
    let dying =
        "echo $$ > $HOME/pid; exec 3<&0; trap 'kill $child; exit 255' TERM; sh -c \"$2\" <&3 & child=$!; wait; exit";
    let board = Machine::new(dying).installed();
    let mut command = board.command(&["bench", SYNTHETIC, "-t", "1h", "--warmup", "0", "--format", "json"]);
    let mut running = Running::start(&mut command);
    running.until("a: measuring");
    let pid: i32 = std::fs::read_to_string(board.home.path().join("pid")).unwrap().trim().parse().unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    let result = running.end();
    result.failed(1, "board: the link was lost before the run was done");
    assert_eq!(result.json()["variants"][0]["status"], "interrupted");
}

#[test]
fn a_copy_that_was_cut_is_no_copy_and_goes_on_later() {
    let board = Machine::new(
        "[ -e $HOME/whole ] || { touch $HOME/whole; dd bs=65536 count=9 2>/dev/null | sh -c \"$2\"; exit 255; }",
    );
    let cut = board.run(&["bench", SYNTHETIC, "-n", "5", "--warmup", "0"]);
    cut.failed(1, "board: ");
    let folder = board.cache().join(format!("agent/{VERSION}"));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "nothing half is left");
    board.run(&["bench", SYNTHETIC, "-n", "5", "--warmup", "0"]).ok();
    // Nor where there is no room.
    let full = Machine::new("ulimit -f 100");
    full.run(&["bench", SYNTHETIC, "-n", "5"]).failed(1, "board: ");
}

#[test]
fn nothing_on_the_line_is_run() {
    // Names that a shell would take apart, and a file whose content would be orders.
    let board = Machine::new("").installed();
    let here = tempfile::tempdir().unwrap();
    let evil = here.path().join("a'; touch evil; '$(touch evil) b.onnx");
    std::fs::copy(demo("digits-fp32"), &evil).unwrap();
    runtime();
    board.run(&["bench", &format!("a:{}", evil.display()), "-n", "5", "--warmup", "0"]).ok();
    let orders = file(&here, "orders.onnx", "run touch evil\n".repeat(1000));
    board.run(&["bench", &orders, "-n", "5"]).failed(2, "orders.onnx");
    assert!(!board.home.path().join("evil").exists() && !here.path().join("evil").exists());
}
