//! Boards as trees. The values are those that the boards' owners have published.

use crate::sampler::Root;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A tree under a temporary directory.
pub(crate) struct Tree(TempDir);

impl Tree {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self(TempDir::new().unwrap());
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    pub(crate) fn root(&self) -> Root {
        Root::at(self.0.path())
    }

    fn make_parent(&self, path: &str) -> PathBuf {
        let path = self.root().path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        fs::write(self.make_parent(path), text).unwrap();
    }

    pub(crate) fn link(&self, path: &str, target: &str) {
        symlink(target, self.make_parent(path)).unwrap();
    }

    /// A directory in place of a file: it opens, but reading it fails.
    pub(crate) fn unreadable(&self, path: &str) {
        fs::create_dir_all(self.make_parent(path)).unwrap();
    }

    /// A pipe that nobody writes to.
    pub(crate) fn pipe(&self, path: &str) {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        mknodat(CWD, self.make_parent(path), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    }

    pub(crate) fn every_file(&self) -> Vec<PathBuf> {
        fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(directory).unwrap().flatten() {
                match entry.file_type().unwrap() {
                    kind if kind.is_dir() => walk(&entry.path(), files),
                    kind if kind.is_file() => files.push(entry.path()),
                    _ => {}
                }
            }
        }
        let mut files = Vec::new();
        walk(self.0.path(), &mut files);
        files
    }
}

pub(crate) fn raspberry_pi_5() -> Tree {
    let cpu = "processor\t: 0\nBogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b\n\n";
    let tree = Tree::new(&[
        ("/proc/cpuinfo", &cpu.repeat(4)),
        (
            "/proc/stat",
            "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 25 0 25 200 0 0 0 0 0 0\ncpu1 25 0 25 200 0 0 0 0 0 0\ncpu2 25 0 25 200 0 0 0 0 0 0\ncpu3 25 0 25 200 0 0 0 0 0 0\nintr 5 0 0\nctxt 9\n",
        ),
        (
            "/proc/meminfo",
            "MemTotal:        4149248 kB\nMemFree:         3883008 kB\nMemAvailable:    3989504 kB\nBuffers:           20480 kB\nCached:            70656 kB\nSwapTotal:        102384 kB\nSwapFree:         102384 kB\n",
        ),
        (
            "/proc/net/dev",
            "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo: 9000 9 0 0 0 0 0 0 9000 9 0 0 0 0 0 0\n  eth0: 1000 9 0 0 0 0 0 0 500 9 0 0 0 0 0 0\n wlan0: 10 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0\n",
        ),
        ("/proc/sys/kernel/osrelease", "6.1.0-rpi7-rpi-2712\n"),
        ("/proc/sys/kernel/hostname", "pi5\n"),
        ("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n"),
        ("/sys/firmware/devicetree/base/model", "Raspberry Pi 5 Model B Rev 1.0\0"),
        ("/sys/devices/system/cpu/present", "0-3\n"),
        ("/sys/devices/system/cpu/online", "0-3\n"),
        ("/sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq", "2400000\n"),
        ("/sys/devices/system/cpu/cpufreq/policy0/cpuinfo_cur_freq", "1\n"),
        ("/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "2400000\n"),
        ("/sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "ondemand\n"),
        ("/sys/devices/system/cpu/cpufreq/policy0/related_cpus", "0 1 2 3\n"),
        ("/sys/devices/virtual/thermal/thermal_zone0/type", "cpu-thermal\n"),
        ("/sys/devices/virtual/thermal/thermal_zone0/temp", "40800\n"),
        ("/sys/devices/virtual/thermal/thermal_zone0/trip_point_0_type", "critical\n"),
        ("/sys/devices/virtual/thermal/thermal_zone0/trip_point_0_temp", "110000\n"),
        ("/sys/devices/virtual/thermal/thermal_zone0/hwmon0/name", "cpu_thermal\n"),
        ("/sys/devices/virtual/thermal/thermal_zone0/hwmon0/temp1_input", "40800\n"),
        ("/sys/devices/platform/1f000c8000.adc/hwmon/hwmon2/name", "rp1_adc\n"),
        ("/sys/devices/platform/1f000c8000.adc/hwmon/hwmon2/temp1_input", "48500\n"),
        ("/sys/devices/platform/1f000c8000.adc/hwmon/hwmon2/in1_input", "946\n"),
    ]);
    for cpu in 0..4 {
        tree.link(&format!("/sys/devices/system/cpu/cpu{cpu}/cpufreq"), "../cpufreq/policy0");
    }
    tree.link("/sys/class/thermal/thermal_zone0", "../../devices/virtual/thermal/thermal_zone0");
    tree.link("/sys/class/hwmon/hwmon0", "../../devices/virtual/thermal/thermal_zone0/hwmon0");
    tree.link("/sys/class/hwmon/hwmon2", "../../devices/platform/1f000c8000.adc/hwmon/hwmon2");
    tree
}

pub(crate) fn jetson_orin_nano() -> Tree {
    let stat = "cpu  200 0 0 200 0 0 0 0 0 0\ncpu0 100 0 0 100 0 0 0 0 0 0\ncpu1 100 0 0 100 0 0 0 0 0 0\n";
    let tree = Tree::new(&[
        ("/proc/stat", stat),
        (
            "/proc/meminfo",
            "MemTotal: 7801396 kB\nMemFree: 1843212 kB\nMemAvailable: 4680840 kB\nSwapTotal: 3900692 kB\nSwapFree: 3879720 kB\n",
        ),
        (
            "/proc/cpuinfo",
            "processor\t: 0\nmodel name\t: ARMv8 Processor rev 1 (v8l)\nCPU implementer\t: 0x41\nCPU part\t: 0xd42\n",
        ),
        ("/sys/devices/system/cpu/present", "0-5\n"),
        ("/sys/devices/system/cpu/cpufreq/policy0/related_cpus", "0 1 2 3\n"),
        ("/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "1344000\n"),
        ("/sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq", "1728000\n"),
        ("/sys/devices/system/cpu/cpufreq/policy4/related_cpus", "4 5\n"),
        ("/sys/devices/system/cpu/cpufreq/policy4/scaling_cur_freq", "729600\n"),
    ]);
    let zones = [("cpu", "53968"), ("gpu", "51312"), ("cv0", ""), ("cv1", ""), ("soc0", "-256000"), ("tj", "54812")];
    for (n, (name, temperature)) in zones.into_iter().enumerate() {
        let zone = format!("/sys/class/thermal/thermal_zone{n}");
        tree.write(&format!("{zone}/type"), format!("{name}-thermal\n"));
        match temperature {
            "" => tree.unreadable(&format!("{zone}/temp")),
            some => tree.write(&format!("{zone}/temp"), format!("{some}\n")),
        }
    }
    tree
}

pub(crate) fn laptop() -> Tree {
    Tree::new(&[
        (
            "/proc/cpuinfo",
            "processor\t: 0\nmodel name\t: Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz\ncpu MHz\t\t: 799.998\n\nprocessor\t: 1\nmodel name\t: Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz\ncpu MHz\t\t: 800.037\n",
        ),
        ("/proc/stat", "cpu  20 0 0 80\ncpu0 10 0 0 40\ncpu1 10 0 0 40\n"),
        (
            "/proc/meminfo",
            "MemTotal:       15666184 kB\nMemFree:          440324 kB\nBuffers:         1020128 kB\nCached:         12007640 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n",
        ),
        ("/sys/class/dmi/id/product_name", "20KHCTO1WW\n"),
        ("/sys/class/thermal/thermal_zone1/type", "acpitz\n"),
        ("/sys/class/thermal/thermal_zone1/temp", "-44000\n"),
        ("/sys/class/thermal/thermal_zone2/type", "x86_pkg_temp\n"),
        ("/sys/class/thermal/thermal_zone2/temp", "55000\n"),
        ("/sys/class/hwmon/hwmon0/name", "coretemp\n"),
        ("/sys/class/hwmon/hwmon0/temp1_label", "Physical id 0\n"),
        ("/sys/class/hwmon/hwmon0/temp1_input", "55000\n"),
        ("/sys/class/hwmon/hwmon0/temp1_crit", "100000\n"),
        ("/sys/class/hwmon/hwmon0/temp10_label", "Core 1\n"),
        ("/sys/class/hwmon/hwmon0/temp10_input", "52000\n"),
        ("/sys/class/hwmon/hwmon1/name", "nvme\n"),
        ("/sys/class/hwmon/hwmon1/temp1_label", "Composite\n"),
        ("/sys/class/hwmon/hwmon1/temp1_input", "38850\n"),
        ("/sys/class/hwmon/hwmon1/temp1_crit", "65261850\n"),
        ("/sys/class/hwmon/hwmon2/name", "nvme\n"),
        ("/sys/class/hwmon/hwmon2/temp1_label", "Composite\n"),
        ("/sys/class/hwmon/hwmon2/temp1_input", "41850\n"),
    ])
}

/// A tree from its text: `path = content`, `path -> link`, `path !` for what cannot be read; `#` is a comment.
pub(crate) fn tree(text: &str) -> Tree {
    let tree = Tree::new(&[]);
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some((path, content)) = line.split_once(" = ") {
            let content = content.replace("\\n", "\n").replace("\\0", "\0").replace("\\t", "\t");
            tree.write(path, content);
        } else if let Some((path, target)) = line.split_once(" -> ") {
            tree.link(path, target);
        } else {
            tree.unreadable(line.strip_suffix(" !").unwrap());
        }
    }
    tree
}

/// What `/proc/PID` holds of a process.
pub(crate) fn process(tree: &Tree, pid: u32, state: char, ticks: u64, started: u64, pages: u64) {
    let stat = format!(
        "{pid} (nntop: worker) {state} 1 {pid} {pid} 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 5 0 {started} 0 {pages} 0\n"
    );
    tree.write(&format!("/proc/{pid}/stat"), stat);
    tree.write(&format!("/proc/{pid}/statm"), format!("9000 {pages} 100 10 0 800 0\n"));
    tree.write(&format!("/proc/{pid}/status"), "Name:\tnntop\nVmHWM:\t  840000 kB\nVmRSS:\t  1 kB\n");
}
