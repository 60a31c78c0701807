//! Running the program and hearing what it says, with a limit instead of a hang.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tempfile::TempDir;

/// A program that is silent for so long hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

/// `nntop` in surroundings of its own: nothing of the user's, and the tests' data folder.
pub(crate) fn nntop() -> Command {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    let home = HOME.get_or_init(|| {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("home");
        let _ = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home).unwrap();
        // The history of earlier test runs.
        let files = ["history.db", "history.db-wal", "history.db-shm"];
        files.iter().for_each(|name| drop(std::fs::remove_file(data_dir().join(name))));
        home
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_nntop"));
    command.env("HOME", home).env("NNTOP_DATA_DIR", data_dir());
    for variable in ["ORT_DYLIB_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "XDG_DATA_HOME", "RUST_BACKTRACE"] {
        command.env_remove(variable);
    }
    command
}

/// Kept between test runs, so that ONNX Runtime is fetched once.
pub(crate) fn data_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("nntop-data")
}

/// The ONNX Runtime library that nntop has installed for the tests.
#[track_caller]
pub(crate) fn runtime() -> &'static Path {
    static LIBRARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let library = LIBRARY.get_or_init(|| {
        let run = run(nntop().args(["engine", "install", "onnxruntime"]));
        let path = run.stdout.trim_end().split_once(" is installed: ").map(|(_, path)| PathBuf::from(path));
        path.filter(|_| run.code == Some(0)).ok_or_else(|| {
            format!(
                "these tests need ONNX Runtime, and `nntop engine install onnxruntime` could not fetch it:\n{}\
                 either give this machine python3, pip and a network, or install a wheel once:\n\
                 NNTOP_DATA_DIR={} nntop engine install onnxruntime --wheel FILE",
                run.stderr,
                data_dir().display()
            )
        })
    });
    library.as_ref().unwrap_or_else(|why| panic!("{why}"))
}

/// `nntop bench`, ONNX Runtime being there.
pub(crate) fn bench<const N: usize>(args: [&str; N]) -> Command {
    runtime();
    let mut command = nntop();
    command.arg("bench").args(args);
    command
}

/// A bundled model.
pub(crate) fn demo(name: &str) -> String {
    format!("{}/assets/demo/{name}.onnx", env!("CARGO_MANIFEST_DIR"))
}

/// The models of the project's test data, where they are.
#[track_caller]
pub(crate) fn test_models() -> Option<PathBuf> {
    nntop_testing::required_data("models")
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// All of standard output as JSON, which is as its schema has it.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let value = serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("stdout is no JSON: {e}\n{self:?}"));
        super::schemas::hold(&value);
        value
    }

    /// It ended well.
    #[track_caller]
    pub(crate) fn ok(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// It ended with `code` and one `error:` line that holds `words`, and showed no innards.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, words: &str) -> &Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        let errors: Vec<_> = self.stderr.lines().filter(|l| l.starts_with("error:")).collect();
        assert!(matches!(&errors[..], [one] if one.contains(words)), "one error with {words:?}: {errors:#?}\n{self:?}");
        for innards in ["panicked", "backtrace", "RUST_", "terminate called", "onnxruntime_src", ".rs:", ".cc:"] {
            assert!(!errors[0].contains(innards), "{innards}: {self:?}");
        }
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        assert!(self.stderr.lines().filter(|l| l.starts_with("hint:")).count() <= 1, "{self:?}");
        self
    }

    /// It said what to do about it.
    #[track_caller]
    pub(crate) fn hint(&self, words: &str) -> &Self {
        let hint = self.stderr.lines().find(|l| l.starts_with("hint:"));
        assert!(hint.is_some_and(|h| h.contains(words)), "a hint with {words:?}: {self:?}");
        self
    }
}

/// Runs a program to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Run {
    Running::start(command).end()
}

enum Said {
    Out(Vec<u8>),
    Err(String),
    Closed,
}

/// A program that runs. Dropping it kills it.
pub(crate) struct Running {
    what: String,
    child: Child,
    said: Receiver<Said>,
    open: u8,
    stdout: Vec<u8>,
    stderr: String,
}

impl Running {
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        let what = format!("{command:?}");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{what}: {e}"));
        let (to, said) = channel();
        listen_out(child.stdout.take().unwrap(), to.clone());
        listen_err(child.stderr.take().unwrap(), to);
        Self { what, child, said, open: 2, stdout: Vec::new(), stderr: String::new() }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until standard error has said `words`.
    #[track_caller]
    pub(crate) fn until(&mut self, words: &str) -> &mut Self {
        while !self.stderr.contains(words) {
            assert!(self.open > 0, "{} ended without {words:?}: {}", self.what, self.stderr);
            self.hear();
        }
        self
    }

    /// Waits until standard output has so many lines.
    #[track_caller]
    pub(crate) fn until_lines(&mut self, lines: usize) -> &mut Self {
        while self.stdout.iter().filter(|b| **b == b'\n').count() < lines {
            assert!(self.open > 0, "{} ended before line {lines}: {}", self.what, self.stderr);
            self.hear();
        }
        self
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Run {
        while self.open > 0 {
            self.hear();
        }
        let status = self.child.wait().unwrap();
        Run {
            code: status.code(),
            signal: status.signal(),
            stdout: String::from_utf8(std::mem::take(&mut self.stdout)).expect("standard output is UTF-8"),
            stderr: std::mem::take(&mut self.stderr),
        }
    }

    #[track_caller]
    fn hear(&mut self) {
        match self.said.recv_timeout(LIMIT) {
            Ok(Said::Out(bytes)) => self.stdout.extend(bytes),
            Ok(Said::Err(line)) => self.stderr.push_str(&line),
            Ok(Said::Closed) => self.open -= 1,
            Err(_) => panic!("{} hangs; so far it said: {}", self.what, self.stderr),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After its end both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen_out(mut pipe: impl Read + Send + 'static, to: Sender<Said>) {
    std::thread::spawn(move || {
        let mut chunk = [0; 4_096];
        while let Ok(n @ 1..) = pipe.read(&mut chunk) {
            let _ = to.send(Said::Out(chunk[..n].to_vec()));
        }
        let _ = to.send(Said::Closed);
    });
}

fn listen_err(pipe: impl Read + Send + 'static, to: Sender<Said>) {
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(pipe.read_until(b'\n', &mut line), Ok(1..)) {
            let _ = to.send(Said::Err(String::from_utf8_lossy(&line).into_owned()));
            line.clear();
        }
        let _ = to.send(Said::Closed);
    });
}

/// A file of the given content in `folder`, as text.
pub(crate) fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A `.npy` file of zeros: `dtype` as numpy writes it, `size` bytes each.
pub(crate) fn npy(dtype: &str, size: usize, shape: &[usize]) -> Vec<u8> {
    let axes: String = shape.iter().map(|n| format!("{n},")).collect();
    let mut header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({axes}), }}");
    header.push_str(&" ".repeat(63 - (10 + header.len()) % 64));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(vec![0; size * shape.iter().product::<usize>()]);
    bytes
}
