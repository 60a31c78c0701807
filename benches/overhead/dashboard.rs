//! nntop's dashboard in a pseudo-terminal, driven by its keys.

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// The open dashboard, paused between its seconds.
pub(crate) struct Dashboard {
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: mpsc::Receiver<Vec<u8>>,
    output: PathBuf,
    bursts: bool,
    _folder: tempfile::TempDir,
    // Keeps the terminal alive.
    _master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Dashboard {
    /// With `bursts` operators are profiled in every second, far more often than the dashboard does by itself;
    /// without, never.
    pub(crate) fn open(library: &Path, model: &Path, batch: u64, threads: Option<usize>, bursts: bool) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = folder.path().join("result.json");
        let size = PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_nntop"));
        command.env("TERM", "xterm-256color");
        command.args([model, Path::new("--engine-path"), library, Path::new("-o"), output.as_path()]);
        if model.to_string_lossy().contains("digits") {
            command.args(["--batch-size", &batch.to_string()]);
        }
        if let Some(n) = threads {
            command.args(["--threads", &n.to_string()]);
        }
        if !bursts {
            command.arg("--no-profile");
        }
        let child = pair.slave.spawn_command(command).expect("nntop starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (sender, screen) = mpsc::channel();
        std::thread::spawn(move || {
            let mut chunk = [0u8; 1 << 16];
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().expect("a writer");
        let mut this = Self { keys, child, screen, output, bursts, _folder: folder, _master: pair.master };
        // Loaded, warm and measuring; then it waits.
        this.watch(Duration::from_secs(4));
        this.key(b' ');
        this.watch(Duration::from_millis(300));
        this
    }

    pub(crate) fn measure_for_a_second(&mut self) {
        self.key(b' ');
        if self.bursts {
            self.watch(Duration::from_millis(300));
            self.key(b'p');
            self.watch(Duration::from_millis(700));
        } else {
            self.watch(Duration::from_secs(1));
        }
        self.key(b' ');
        // The block in hand ends.
        self.watch(Duration::from_millis(200));
    }

    /// Quits and reads the result that it wrote.
    pub(crate) fn close(mut self) -> serde_json::Value {
        self.key(b'q');
        let status = self.child.wait().expect("nntop ends");
        assert!(status.success() || status.exit_code() == 0, "{status:?}");
        let text = std::fs::read_to_string(&self.output).expect("nntop wrote its result");
        serde_json::from_str(&text).expect("the result is JSON")
    }

    fn key(&mut self, key: u8) {
        self.keys.write_all(&[key]).and_then(|()| self.keys.flush()).expect("a key can be pressed");
    }

    /// Lets the program draw for so long, as a terminal does.
    fn watch(&mut self, span: Duration) {
        let clock = || rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let now = || Duration::new(clock().tv_sec as u64, clock().tv_nsec as u32);
        let end = now() + span;
        while let Some(left) = end.checked_sub(now()) {
            if let Err(mpsc::RecvTimeoutError::Disconnected) = self.screen.recv_timeout(left) {
                panic!("nntop ended early");
            }
        }
    }
}
