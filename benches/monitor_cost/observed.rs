//! A program in a terminal of its own, with what it costs.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// What a program costs.
pub(crate) struct Cost {
    /// Percent of one core.
    pub(crate) cpu: f64,
    /// Bytes per second to the terminal.
    pub(crate) bytes: f64,
    /// Bytes to the terminal before the measurement.
    pub(crate) first: u64,
    /// Peak resident memory in MB.
    pub(crate) memory: f64,
    /// From its start to its first screen; `None` when there was none.
    pub(crate) frame: Option<Duration>,
}

/// A screen of any of them is longer; what a terminal is asked at the start is shorter.
const SCREEN: u64 = 500;

/// A program that runs. Dropping it ends it.
pub(crate) struct Observed {
    child: Box<dyn Child + Send + Sync>,
    bytes: Arc<AtomicU64>,
    frame: Arc<OnceLock<Duration>>,
    begin: (Instant, f64, u64),
    // Keeps the terminal alive.
    _master: Box<dyn MasterPty + Send>,
}

impl Observed {
    pub(crate) fn start(program: &Path, arguments: &[&str], home: &Path) -> Self {
        let size = PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("HOME", home);
        command.env("XDG_CONFIG_HOME", home.join(".config"));
        command.cwd(home);
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap_or_else(|e| panic!("{}: {e}", program.display()));
        drop(pair.slave);
        let bytes = Arc::new(AtomicU64::new(0));
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let frame = Arc::new(OnceLock::new());
        let (counted, first) = (Arc::clone(&bytes), Arc::clone(&frame));
        std::thread::spawn(move || {
            let mut chunk = [0_u8; 1 << 16];
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                if counted.fetch_add(n as u64, Ordering::Relaxed) + n as u64 >= SCREEN {
                    first.get_or_init(|| started.elapsed());
                }
            }
        });
        Self { child, bytes, frame, begin: (Instant::now(), 0.0, 0), _master: pair.master }
    }

    /// From here on it is measured.
    pub(crate) fn begin(&mut self) {
        self.begin = (Instant::now(), self.cpu_seconds(), self.bytes.load(Ordering::Relaxed));
    }

    /// What it has cost since.
    pub(crate) fn cost(&mut self) -> Cost {
        let (at, cpu, first) = self.begin;
        let seconds = at.elapsed().as_secs_f64();
        Cost {
            cpu: (self.cpu_seconds() - cpu) / seconds * 100.0,
            bytes: (self.bytes.load(Ordering::Relaxed) - first) as f64 / seconds,
            first,
            memory: self.peak(),
            frame: self.frame.get().copied(),
        }
    }

    fn file(&self, name: &str) -> String {
        let pid = self.child.process_id().expect("a process has a number");
        let path = format!("/proc/{pid}/{name}");
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}: the program has ended"))
    }

    /// proc(5): fields 14 to 17, after the name in brackets, which may hold anything.
    fn cpu_seconds(&self) -> f64 {
        let stat = self.file("stat");
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks: u64 =
            fields.split_whitespace().skip(11).take(4).map(|field| field.parse::<u64>().unwrap_or(0)).sum();
        ticks as f64 / rustix::param::clock_ticks_per_second() as f64
    }

    fn peak(&self) -> f64 {
        let status = self.file("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kib| kib.trim().parse::<f64>().ok());
        kib.map_or(f64::NAN, |kib| kib * 1024.0 / 1e6)
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        // After its end both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
