//! The device page of every board, as it is seen: recorded boards are read, folded and painted at the sizes that people use.

use super::golden::{SIZES, Scene, painted};
use crate::tui::{DeviceUi, Page, Panel, Theme, Ui};
use nntop_core::event::{Event, Hello, Kind, PROTOCOL};
use nntop_core::unit::Nanos;
use nntop_device::sampler::{Root, Samplers, about, host_info};
use nntop_state::State;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A board under a temporary directory, which goes on second by second.
struct Board {
    folder: TempDir,
    cores: u64,
}

impl Board {
    /// Lays out a tree of `src/sampler/tests/trees`, and what every machine has where the tree does not say.
    fn new(text: &str, cores: u64) -> Self {
        let board = Self { folder: tempfile::tempdir().unwrap(), cores };
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            if let Some((path, content)) = line.split_once(" = ") {
                board.write(path, &content.replace("\\n", "\n").replace("\\0", "\0").replace("\\t", "\t"));
            } else if let Some((path, target)) = line.split_once(" -> ") {
                symlink(target, board.parent(path)).unwrap();
            } else {
                fs::create_dir_all(board.parent(line.strip_suffix(" !").unwrap())).unwrap();
            }
        }
        board.once("/proc/sys/kernel/hostname", "board\n");
        board.once("/proc/sys/kernel/osrelease", "6.6.31\n");
        board.once("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
        board.once("/sys/devices/system/cpu/present", &format!("0-{}\n", cores - 1));
        for cpu in 0..cores {
            let policy = format!("/sys/devices/system/cpu/cpu{cpu}/cpufreq");
            if !board.path(&policy).exists() {
                board.once(
                    &format!("{policy}/scaling_cur_freq"),
                    if cpu < cores / 2 { "1800000\n" } else { "729600\n" },
                );
                board.once(&format!("{policy}/scaling_governor"), "schedutil\n");
            }
        }
        board.once(
            "/proc/meminfo",
            "MemTotal: 7801396 kB\nMemFree: 1843212 kB\nMemAvailable: 4680840 kB\nBuffers: 102400 kB\nCached: 2304000 kB\nSwapTotal: 3900692 kB\nSwapFree: 3879720 kB\n",
        );
        let route = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU\neth0 0001A8C0 0 1 0 0 0 00FFFFFF 0\n";
        board.once("/proc/net/route", route);
        board.once("/proc/net/fib_trie", "Local:\n     |-- 192.168.1.50\n        /32 host LOCAL\n");
        board.go_on(0);
        board
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path.trim_start_matches('/'))
    }

    fn parent(&self, path: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.parent(path);
        // What stands there may be a pipe, on which a writer would wait.
        let _ = fs::remove_file(&path);
        fs::write(path, text).unwrap();
    }

    fn once(&self, path: &str, text: &str) {
        if !self.path(path).exists() {
            self.write(path, text);
        }
    }

    /// The counters after so many seconds: load goes up and down, one process is new.
    fn go_on(&self, second: u64) {
        let wave = |n: u64| 20 + (n * 7 + n * n) % 70;
        let busy = |core: u64| (0..second).map(|s| wave(s + 3 * core)).sum::<u64>();
        let each = (0..self.cores).map(|c| format!("cpu{c} {} 0 0 {} 0 0 0 0\n", busy(c), second * 100 - busy(c)));
        let all: u64 = (0..self.cores).map(busy).sum();
        let lines: String = each.collect();
        self.write("/proc/stat", &format!("cpu  {all} 0 0 {} 0 0 0 0\n{lines}", second * 100 * self.cores - all));
        self.write(
            "/proc/net/dev",
            &format!(
                "Inter-| Receive\n face |bytes\n  eth0: {} 9 0 0 0 0 0 0 {} 9 0 0 0 0 0 0\n",
                second * 120_000,
                second * 8_000
            ),
        );
        self.write(
            "/proc/diskstats",
            &format!(" 179 0 mmcblk0 9 0 {} 5 9 0 {} 5 0 0 0\n", second * 40, second * 2_000),
        );
        for pid in (1..=24).filter(|pid| *pid != 7 || second > 10) {
            let ticks = if pid == 7 { (second - 10) * 80 } else { second * (24 - pid) / 8 };
            let name = ["systemd", "sshd", "containerd", "ros2 (node)", "gst-launch-1.0"][pid as usize % 5];
            let stat =
                format!("{pid} ({name}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 5 0 {pid} 0 {} 0\n", pid * 700);
            self.write(&format!("/proc/{pid}/stat"), &stat);
            self.write(&format!("/proc/{pid}/cmdline"), &format!("/usr/bin/{name}\0--number\0{pid}\0"));
        }
    }

    /// What the events of so many seconds leave; `change` may write something before each.
    fn watched(&self, seconds: u64, change: impl Fn(&Self, u64)) -> State {
        let root = Root::at(self.folder.path());
        let mut state = State::default();
        let mut say = |t: Nanos, kind| state.apply(&Event::new(t, kind));
        let info = host_info(&root);
        let hello = Hello { protocol: PROTOCOL, nntop: "0".into(), wall_unix_ns: 0, info };
        say(Nanos::ZERO, Kind::Hello(hello));
        say(Nanos::ZERO, Kind::About(about(&root)));
        let mut samplers = Samplers::probe(&root);
        for second in 0..=seconds {
            let t = Nanos::from_millis(second * 1_000 + 1);
            self.go_on(second);
            change(self, second);
            let (readings, processes) = (samplers.sample(t), samplers.processes(t, ""));
            let (declared, absent) = samplers.take_new();
            declared.into_iter().for_each(|d| say(t, Kind::Metric(d)));
            absent.into_iter().for_each(|a| say(t, Kind::Absent(a)));
            say(t, Kind::Readings(readings));
            say(t, Kind::Processes(processes));
        }
        state
    }
}

fn ui(size: (u16, u16), device: DeviceUi) -> Ui {
    Ui { page: Page::Device, monitor: true, size, device, ..Ui::default() }
}

fn text(state: &State, ui: &Ui) -> String {
    super::golden::text(&painted(state, ui, &Theme::default(), ui.size))
}

fn boards() -> [(&'static str, &'static str, u64); 12] {
    macro_rules! tree {
        ($name:literal, $cores:literal) => {
            ($name, include_str!(concat!("../../../../nntop-device/src/sampler/tests/trees/", $name, ".tree")), $cores)
        };
    }
    [
        tree!("amd", 16),
        tree!("intel", 22),
        tree!("jetson-nano", 4),
        tree!("jetson-orin", 6),
        tree!("jetson-thor", 14),
        tree!("jetson-tx2", 6),
        tree!("jetson-xavier", 8),
        tree!("raspberry-pi-4", 4),
        tree!("raspberry-pi-5", 4),
        tree!("rk3568", 4),
        tree!("rk3576", 8),
        tree!("rk3588", 8),
    ]
}

/// The page of each board.
pub(super) fn scenes() -> Vec<Scene> {
    let scene = |(name, tree, cores): (&str, &str, u64)| Scene {
        name: format!("device_{name}"),
        state: Board::new(tree, cores).watched(20, |_, _| {}),
        ui: ui(SIZES[0], DeviceUi::default()),
        theme: Theme::default(),
    };
    boards().map(scene).into()
}

#[test]
fn what_throttles_is_counted_and_marked() {
    let board = Board::new(boards()[3].1, 6);
    let state = board.watched(20, |board, second| {
        let count = 27_390 + second.saturating_sub(15).min(3);
        board.write("/sys/class/hwmon/hwmon1/oc3_event_cnt", &format!("{count}\n"));
        board.write("/var/lib/nvpmodel/status", if second < 12 { "pmode:0002\n" } else { "pmode:0000\n" });
    });
    let marks: Vec<(u64, &str)> = state.marks.iter().map(|m| (m.t.0 / 1_000_000_000, m.text.as_str())).collect();
    assert!(marks.contains(&(12, "power mode 2 → 0")), "{marks:?}");
    assert!(marks.iter().any(|(t, text)| *t == 16 && text.contains("over-current")), "{marks:?}");
    assert!(marks.iter().any(|(_, text)| *text == "containerd"), "the process that is new and heavy: {marks:?}");
    let screen = text(&state, &ui((120, 36), DeviceUi::default()));
    assert!(screen.contains("3 events") && screen.contains("since boot") && screen.contains("▲"), "{screen}");
}

#[test]
fn an_open_panel_shows_everything_and_long_lists_scroll() {
    let state = Board::new(boards()[11].1, 8).watched(20, |_, _| {});
    let open = |panel, scroll| DeviceUi { open: true, focus: panel, scroll, ..DeviceUi::default() };
    let first = text(&state, &ui((80, 24), open(Panel::Processes, 0)));
    let last = text(&state, &ui((80, 24), open(Panel::Processes, 500)));
    assert!(first.contains("more") && !last.contains("more") && first != last, "{first}{last}");
    for panel in Panel::ALL {
        let screen = text(&state, &ui((80, 24), open(panel, 0)));
        assert!(!screen.contains("more lines"), "{screen}");
    }
}

#[test]
fn the_page_scrolls_to_its_end_at_any_size() {
    let state = Board::new(boards()[1].1, 22).watched(5, |_, _| {});
    for size in [(60, 16), (80, 24), (100, 20), (120, 36), (200, 60)] {
        let end = text(&state, &ui(size, DeviceUi { scroll: u16::MAX, ..DeviceUi::default() }));
        assert!(end.contains("/usr/bin/") && !end.contains("more rows"), "{size:?}\n{end}");
    }
}

/// A reader that fails, blocks, vanishes or appears late is a gap and no end.
#[test]
fn a_hostile_tree_does_not_end_the_page() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let board = Board::new(boards()[3].1, 6);
    let garbage: [&[u8]; 6] =
        [b"", b"\xff\xfe\x80", b"-1\n", b"99999999999999999999999999\n", b"nan\n", b"1 (\xff) S -1 -1 -1\n"];
    let paths = files(board.folder.path());
    let state = board.watched(24, |board, second| {
        for (i, path) in paths.iter().enumerate() {
            match (second + i as u64) % 8 {
                0 => drop(fs::remove_file(path)),
                1 => {
                    let _ = fs::remove_file(path);
                    let _ = mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0);
                }
                2 => {
                    let _ = fs::remove_file(path);
                    // Sparse: it takes no room, but reading it whole would.
                    let _ = fs::File::create(path).and_then(|file| file.set_len(1 << 36));
                }
                n => {
                    let _ = fs::remove_file(path);
                    let _ = fs::write(path, garbage[(n as usize + i) % garbage.len()]);
                }
            }
        }
        let _ = board;
    });
    for size in SIZES {
        for panel in Panel::ALL {
            for open in [false, true] {
                let screen = text(&state, &ui(size, DeviceUi { open, focus: panel, ..DeviceUi::default() }));
                assert!(screen.contains("live") && !screen.contains("NaN") && !screen.contains("inf "), "{screen}");
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().flatten().collect();
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => out.extend(files(&entry.path())),
            kind if kind.is_file() => out.push(entry.path()),
            _ => {}
        }
    }
    out
}
