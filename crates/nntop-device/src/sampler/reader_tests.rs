//! A read that hangs in the kernel: a pipe that is opened to be waited for, as a driver waits for its device.

use super::*;
use crate::sampler::watchdog::{Timeouts, open_nonblocking};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use tempfile::TempDir;

const ZONE: &str = "sys/class/thermal/thermal_zone0";

fn is_pipe(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.file_type().is_fifo())
}

/// Opened for writing, too, a pipe opens at once; reading it hangs until somebody writes.
fn open(path: &Path) -> io::Result<File> {
    if is_pipe(path) { File::options().read(true).write(true).open(path) } else { open_nonblocking(path) }
}

/// What is no pipe has all the time of the world: no load of the machine makes a test fail.
fn limit(path: &Path) -> Nanos {
    if is_pipe(path) { Nanos::ZERO } else { Nanos::from_millis(3_600_000) }
}

struct Board(TempDir);

impl Board {
    fn new() -> Self {
        let this = Self(TempDir::new().unwrap());
        this.write(&format!("{ZONE}/type"), "cpu-thermal\n");
        this.write(&format!("{ZONE}/temp"), "40000\n");
        this.write("sys/class/thermal/thermal_zone1/type", "gpu-thermal\n");
        this.write("sys/class/thermal/thermal_zone1/temp", "50000\n");
        this.write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 500 kB\nMemAvailable: 600 kB\n");
        this.write("proc/stat", "cpu  10 0 10 100 0 0 0 0 0 0\ncpu0 10 0 10 100 0 0 0 0 0 0\n");
        this
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// From now on who reads this file hangs. The pipe's other end.
    fn hang(&self, path: &str) -> File {
        let path = self.0.path().join(path);
        let _ = fs::remove_file(&path);
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, 0o600.into()).unwrap();
        File::options().read(true).write(true).open(path).unwrap()
    }

    fn reader(&self) -> Reader {
        let timeouts = Timeouts { limit, open, rest: Nanos::ZERO };
        Reader::start_with(Root::at(self.0.path()), None, timeouts).unwrap()
    }
}

/// A reading by the metrics' names.
fn read(reader: &mut Reader, at: u64) -> BTreeMap<String, Option<f64>> {
    let readings = reader.read(move |source| source.sample(Nanos::from_millis(at)).unwrap()).unwrap();
    let mut named = BTreeMap::new();
    for (id, value) in readings.values {
        let before = named.insert(reader.declarations()[usize::from(id)].name.clone(), value);
        assert!(before.is_none(), "one value per metric");
    }
    named
}

#[test]
fn what_hangs_is_left_out_and_named_while_all_else_goes_on() {
    let board = Board::new();
    let mut reader = board.reader();
    let first = read(&mut reader, 0);
    assert_eq!((first["temp.cpu-thermal"], first["temp.gpu-thermal"]), (Some(40.0), Some(50.0)));
    let declared = reader.take_new().0;
    let pipe = board.hang(&format!("{ZONE}/temp"));
    board.write("sys/class/thermal/thermal_zone1/temp", "51000\n");
    let next = read(&mut reader, 1_000);
    assert_eq!((next["temp.cpu-thermal"], next["temp.gpu-thermal"]), (None, Some(51.0)));
    assert_eq!(next["memory.used"], Some(400.0 * 1024.0));
    assert_eq!(next.keys().collect::<Vec<_>>(), first.keys().collect::<Vec<_>>(), "metrics keep their numbers");
    let (again, absent) = reader.take_new();
    assert!(again.is_empty(), "nothing is declared twice: {again:?}");
    let words = format!("/{ZONE}/temp: did not answer for 1 s");
    assert!(absent.iter().any(|a| a.name == "temp.cpu-thermal" && a.reason == words), "{absent:?}");
    let said = reader.take_hung();
    assert!(said.len() == 1 && said[0].contains(&format!("/{ZONE}/temp did not answer")), "{said:?}");
    // It is not waited for again.
    assert_eq!(read(&mut reader, 2_000)["temp.gpu-thermal"], Some(51.0));
    assert!(reader.take_hung().is_empty());
    // The driver answers after all, and from then on as ever.
    fs::remove_file(board.0.path().join(format!("{ZONE}/temp"))).unwrap();
    board.write(&format!("{ZONE}/temp"), "43000\n");
    (&pipe).write_all(b"42000\n").unwrap();
    let mut at = 3_000;
    while read(&mut reader, at)["temp.cpu-thermal"] != Some(43.0) {
        at += 1_000;
        std::thread::yield_now();
    }
    assert!(reader.take_new().0.is_empty());
    assert_eq!(reader.declarations(), declared);
}

#[test]
fn several_that_hang_from_the_beginning_cost_only_themselves() {
    let board = Board::new();
    let _pipes = ["proc/stat", "sys/class/thermal/thermal_zone1/type", "proc/cpuinfo"].map(|path| board.hang(path));
    let mut reader = board.reader();
    let now = read(&mut reader, 0);
    assert_eq!((now["temp.cpu-thermal"], now["memory.used"]), (Some(40.0), Some(400.0 * 1024.0)));
    assert!(!now.contains_key("cpu.load"));
    let absent = reader.take_new().1;
    assert!(absent.iter().any(|a| a.name == "cpu.load" && a.reason.contains("did not answer")), "{absent:?}");
    assert_eq!(reader.take_hung().len(), 3);
}

#[test]
fn who_does_not_wait_gets_nothing_and_a_successor_later() {
    let board = Board::new();
    let mut reader = board.reader();
    read(&mut reader, 0);
    let _pipe = board.hang("proc/meminfo");
    let (go, wait) = channel::<()>();
    // A slow job that does not hang: who asks goes on without it, and nobody takes over.
    assert!(reader.ask(Duration::ZERO, move |_| wait.recv().is_ok()).is_none());
    assert!(reader.ask(Duration::ZERO, |_| ()).is_none(), "it is still busy");
    assert!(reader.take_hung().is_empty());
    go.send(()).unwrap();
    let mut asked = None;
    while asked.is_none() {
        asked = reader.ask(Duration::ZERO, |source| source.sample(Nanos::from_millis(1_000)).is_ok());
        std::thread::yield_now();
    }
    assert_eq!(reader.take_hung().len(), 1);
}

#[test]
fn a_sampler_that_panics_is_left_out_like_one_that_hangs() {
    let board = Board::new();
    let mut reader = board.reader();
    read(&mut reader, 0);
    let died = reader.ask(Duration::MAX, |source| {
        let _ = source.samplers();
        source.root().run("thermal", || panic!("as a bug would"))
    });
    assert!(died.is_none());
    let now = read(&mut reader, 1_000);
    assert_eq!((now["temp.cpu-thermal"], now["memory.used"]), (None, Some(400.0 * 1024.0)));
}

#[test]
fn a_worker_stays_watched_when_another_thread_takes_over() {
    let board = Board::new();
    board.write("proc/77/stat", "77 (w) S 1 77 77 0 -1 0 0 0 0 0 120 30 0 0 20 0 7 0 5000 1000 200 0\n");
    let mut reader = board.reader();
    read(&mut reader, 0);
    reader.watch(Slot(0), 77);
    let _pipe = board.hang(&format!("{ZONE}/temp"));
    assert_eq!(read(&mut reader, 1_000)["worker.a.threads"], Some(7.0));
    reader.unwatch(Slot(0));
    assert_eq!(read(&mut reader, 2_000)["worker.a.threads"], None);
}
