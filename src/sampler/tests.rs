//! Whole boards as trees: what is declared, what is read, what is missing and why. The values are those that
//! the boards' owners have published.

use super::*;
use crate::event::Group;
use crate::unit::{Bytes, Unit};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

const SECOND: Nanos = Nanos::from_millis(1000);

/// A tree under a temporary directory.
struct Tree(TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self(TempDir::new().unwrap());
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    fn root(&self) -> Root {
        Root::at(self.0.path())
    }

    fn make_parent(&self, path: &str) -> std::path::PathBuf {
        let path = self.root().path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        fs::write(self.make_parent(path), text).unwrap();
    }

    fn link(&self, path: &str, target: &str) {
        symlink(target, self.make_parent(path)).unwrap();
    }

    /// A directory in place of a file: it opens, but reading it fails.
    fn unreadable(&self, path: &str) {
        fs::create_dir_all(self.make_parent(path)).unwrap();
    }

    fn every_file(&self) -> Vec<std::path::PathBuf> {
        fn walk(directory: &Path, files: &mut Vec<std::path::PathBuf>) {
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

/// One pass, by metric name. Checks that every declared metric has exactly one value.
fn read(samplers: &mut Samplers, now: Nanos) -> BTreeMap<String, Option<f64>> {
    let readings = samplers.sample(now);
    let ids: Vec<MetricId> = readings.values.iter().map(|(id, _)| *id).collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), samplers.declarations().len());
    assert_eq!(ids.len(), unique.len());
    let name = |id: MetricId| samplers.declarations()[usize::from(id)].name.clone();
    readings.values.into_iter().map(|(id, value)| (name(id), value)).collect()
}

fn metric<'a>(samplers: &'a Samplers, name: &str) -> Option<&'a MetricDecl> {
    samplers.declarations().iter().find(|metric| metric.name == name)
}

fn why_absent<'a>(samplers: &'a Samplers, name: &str) -> &'a str {
    let absent = samplers.absences().iter().find(|absent| absent.name == name);
    absent.map_or("", |absent| absent.reason.as_str())
}

fn near(value: Option<f64>, expected: f64, tolerance: f64) -> bool {
    value.is_some_and(|value| (value - expected).abs() <= tolerance)
}

fn raspberry_pi_5() -> Tree {
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

fn jetson_orin_nano() -> Tree {
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

fn laptop() -> Tree {
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

#[test]
fn a_raspberry_pi_5_tells_what_it_has() {
    let tree = raspberry_pi_5();
    let mut samplers = Samplers::probe(&tree.root());
    let first = read(&mut samplers, Nanos::ZERO);
    assert_eq!(first["memory.used"], Some((4149248.0 - 3989504.0) * 1024.0));
    assert_eq!(first["swap.used"], Some(0.0));
    assert_eq!(first["temp.cpu-thermal"], Some(40.8));
    assert_eq!(first["temp.rp1_adc/temp1"], Some(48.5));
    assert_eq!(first.keys().filter(|name| name.starts_with("temp.")).count(), 2, "one sensor is reported once");
    for cpu in 0..4 {
        assert_eq!(first[&format!("cpu.clock.{cpu}")], Some(2.4e9));
    }
    assert_eq!((first["cpu.load"], first["net.receive"]), (None, None), "rates need two samples");

    let zone = metric(&samplers, "temp.cpu-thermal").unwrap();
    assert_eq!((zone.group, zone.unit, zone.limit), (Group::Temperature, Unit::Celsius, Some(110.0)));
    assert_eq!(zone.source, "/sys/class/thermal/thermal_zone0/temp");
    let clock = metric(&samplers, "cpu.clock.3").unwrap();
    assert_eq!((clock.limit, clock.label.as_str()), (Some(2.4e9), "3"));
    assert_eq!(clock.source, "/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq");
    assert_eq!(metric(&samplers, "memory.used").unwrap().limit, Some(4149248.0 * 1024.0));
    assert_eq!(samplers.absences(), []);

    let info = host_info(&tree.root());
    assert_eq!(info.name, "pi5");
    assert_eq!(info.board.as_deref(), Some("Raspberry Pi 5 Model B Rev 1.0"));
    assert_eq!(info.os.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
    assert_eq!(info.kernel.as_deref(), Some("6.1.0-rpi7-rpi-2712"));
    assert_eq!(info.cpu_model.as_deref(), Some("ARM Cortex-A76"));
    assert_eq!((info.cpus, info.governor.as_deref()), (4, Some("ondemand")));
    assert_eq!(info.memory, Some(Bytes(4_248_829_952)));
}

#[test]
fn loads_and_rates_are_differences_between_two_samples() {
    let tree = raspberry_pi_5();
    let mut samplers = Samplers::probe(&tree.root());
    read(&mut samplers, SECOND);
    // cpu1 idle, cpu2 busy for three quarters, cpu3 switched off.
    tree.write("/proc/stat", "cpu  175 0 100 925 100 0 0 0 0 0\ncpu0 25 0 25 200 100 0 0 0 0 0\ncpu1 25 0 25 300 0 0 0 0 0 0\ncpu2 100 0 25 225 0 0 0 0 0 0\n");
    tree.write("/proc/net/dev", "Inter-| Receive\n face |bytes\n    lo: 90000 9 0 0 0 0 0 0 90000 9 0 0 0 0 0 0\n  eth0: 5000 9 0 0 0 0 0 0 900 9 0 0 0 0 0 0\n  usb0: 777777 9 0 0 0 0 0 0 777777 9 0 0 0 0 0 0\n");
    let later = read(&mut samplers, Nanos::from_millis(3000));
    assert_eq!(later["cpu.load"], Some(25.0));
    assert_eq!((later["cpu.core.0"], later["cpu.core.1"], later["cpu.core.2"]), (Some(0.0), Some(0.0), Some(75.0)));
    assert_eq!((later["cpu.core.3"], later["cpu.clock.3"]), (None, None), "a core that is off has neither");
    assert_eq!((later["net.receive"], later["net.transmit"]), (Some(2000.0), Some(200.0)), "usb0 has only come");

    // Too soon for a new load: the last one holds.
    assert_eq!(read(&mut samplers, Nanos::from_millis(3010))["cpu.load"], Some(25.0));
    // cpu3 is back: its clock at once, its load with the sample after.
    tree.write("/proc/stat", "cpu  275 0 100 925 100\ncpu0 25 0 25 200 100\ncpu3 25 0 25 200 0\n");
    let back = read(&mut samplers, Nanos::from_millis(4000));
    assert_eq!((back["cpu.load"], back["cpu.core.3"], back["cpu.clock.3"]), (Some(100.0), None, Some(2.4e9)));
}

#[test]
fn a_jetsons_sleeping_units_are_declared_with_the_reason() {
    let tree = jetson_orin_nano();
    let mut samplers = Samplers::probe(&tree.root());
    let now = read(&mut samplers, Nanos::ZERO);
    assert_eq!((now["temp.cpu-thermal"], now["temp.tj-thermal"]), (Some(53.968), Some(54.812)));
    assert_eq!((now["temp.cv0-thermal"], now["temp.cv1-thermal"]), (None, None));
    assert_eq!(now["temp.soc0-thermal"], None, "-256 °C is a code, not a temperature");
    assert!(why_absent(&samplers, "temp.cv0-thermal").contains("the unit may be off"));
    assert_eq!(why_absent(&samplers, "temp.tj-thermal"), "");
    assert_eq!(why_absent(&samplers, "net"), "/proc/net/dev: No such file or directory");
    assert_eq!(now["swap.used"], Some(20972.0 * 1024.0));

    // Four of six cores are off: they are known, and their policies by their own lists.
    assert_eq!((now["cpu.clock.0"], now["cpu.clock.1"], now["cpu.clock.5"]), (Some(1.344e9), Some(1.344e9), None));
    assert_eq!(metric(&samplers, "cpu.clock.5").unwrap().limit, None);
    assert_eq!(host_info(&tree.root()).cpu_model.as_deref(), Some("ARM Cortex-A78AE"));

    // The unit is switched on.
    fs::remove_dir(tree.root().path("/sys/class/thermal/thermal_zone2/temp")).unwrap();
    tree.write("/sys/class/thermal/thermal_zone2/temp", "50000\n");
    assert_eq!(read(&mut samplers, SECOND)["temp.cv0-thermal"], Some(50.0));
}

#[test]
fn a_constant_is_no_temperature() {
    let tree = Tree::new(&[
        ("/sys/class/thermal/thermal_zone4/type", "PMIC-Die\n"),
        ("/sys/class/thermal/thermal_zone4/temp", "100000\n"),
    ]);
    let samplers = Samplers::probe(&tree.root());
    assert!(metric(&samplers, "temp.PMIC-Die").is_none());
    assert!(why_absent(&samplers, "temp.PMIC-Die").contains("no thermometer"));
}

#[test]
fn a_laptop_without_cpufreq_swap_and_memavailable() {
    let tree = laptop();
    let mut samplers = Samplers::probe(&tree.root());
    let now = read(&mut samplers, Nanos::ZERO);
    assert_eq!(now["memory.used"], Some((15666184.0 - 440324.0 - 1020128.0 - 12007640.0) * 1024.0));
    assert!(metric(&samplers, "memory.used").unwrap().source.contains("approximate"));
    assert_eq!(why_absent(&samplers, "swap.used"), "this machine has no swap");
    assert!(near(now["cpu.clock.0"], 799.998e6, 1.0) && near(now["cpu.clock.1"], 800.037e6, 1.0));
    assert_eq!(now["temp.acpitz"], Some(-44.0));
    assert_eq!(now["temp.coretemp/Physical id 0"], Some(55.0));
    assert_eq!(now["temp.coretemp/Core 1"], Some(52.0));
    assert!(!now.contains_key("temp.x86_pkg_temp"), "coretemp reports it");
    assert_eq!((now["temp.nvme/Composite"], now["temp.nvme/Composite 2"]), (Some(38.85), Some(41.85)));
    assert_eq!(metric(&samplers, "temp.coretemp/Physical id 0").unwrap().limit, Some(100.0));
    assert_eq!(metric(&samplers, "temp.nvme/Composite").unwrap().limit, None);
    let info = host_info(&tree.root());
    assert_eq!(info.board.as_deref(), Some("20KHCTO1WW"));
    assert_eq!((info.name.as_str(), info.kernel, info.cpus), ("unknown", None, 2));
}

#[test]
fn an_empty_tree_has_only_reasons() {
    let tree = Tree::new(&[]);
    let mut samplers = Samplers::probe(&tree.root());
    assert_eq!(samplers.sample(SECOND), Readings::default());
    let names: Vec<&str> = samplers.absences().iter().map(|absent| absent.name.as_str()).collect();
    assert_eq!(names, ["cpu.load", "cpu.clock", "memory", "temp", "net"]);
    assert!(samplers.absences().iter().all(|absent| !absent.reason.is_empty()));
}

/// What `/proc/PID` holds of a process.
fn process(tree: &Tree, pid: u32, state: char, ticks: u64, started: u64, pages: u64) {
    let stat = format!(
        "{pid} (nntop: worker) {state} 1 {pid} {pid} 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 5 0 {started} 0 {pages} 0\n"
    );
    tree.write(&format!("/proc/{pid}/stat"), stat);
    tree.write(&format!("/proc/{pid}/statm"), format!("9000 {pages} 100 10 0 800 0\n"));
    tree.write(&format!("/proc/{pid}/status"), "Name:\tnntop\nVmHWM:\t  840000 kB\nVmRSS:\t  1 kB\n");
}

#[test]
fn workers_come_and_go_and_keep_their_metrics() {
    let tree = Tree::new(&[]);
    process(&tree, 100, 'R', 1000, 7, 2000);
    let mut samplers = Samplers::probe(&tree.root());
    samplers.take_new();
    samplers.watch(Slot(1), 100);
    let (declared, absent) = samplers.take_new();
    assert_eq!((declared.len(), absent.len()), (4, 0));
    assert!(declared.iter().all(|metric| metric.variant == Some(Slot(1)) && metric.label == "B"));
    assert_eq!(declared[0].name, "worker.b.cpu");

    let page = page_size();
    let first = read(&mut samplers, Nanos::ZERO);
    assert_eq!(first["worker.b.cpu"], None);
    assert_eq!(first["worker.b.rss"], Some(2000.0 * page));
    assert_eq!(first["worker.b.peak"], Some(840000.0 * 1024.0));
    assert_eq!(first["worker.b.threads"], Some(5.0));

    // Three seconds of CPU in two seconds, where a second has 100 ticks.
    process(&tree, 100, 'R', 1300, 7, 2500);
    let second = read(&mut samplers, Nanos::from_millis(2000));
    assert_eq!((second["worker.b.cpu"], second["worker.b.rss"]), (Some(150.0), Some(2500.0 * page)));

    // It has ended, and is not reaped yet.
    process(&tree, 100, 'Z', 1300, 7, 0);
    assert!(read(&mut samplers, Nanos::from_millis(4000)).values().all(Option::is_none));
    // Its number went to a stranger.
    process(&tree, 100, 'R', 50, 99, 10);
    assert!(read(&mut samplers, Nanos::from_millis(5000)).values().all(Option::is_none));

    samplers.unwatch(Slot(1));
    assert!(read(&mut samplers, Nanos::from_millis(6000)).values().all(Option::is_none));
    process(&tree, 200, 'S', 0, 120, 3000);
    samplers.watch(Slot(1), 200);
    assert_eq!(samplers.take_new(), (vec![], vec![]), "the slot has its metrics already");
    assert_eq!(read(&mut samplers, Nanos::from_millis(6100))["worker.b.rss"], Some(3000.0 * page));
}

fn page_size() -> f64 {
    // SAFETY: sysconf takes a number and touches no memory of ours.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as f64 }
}

#[test]
fn files_that_vanish_or_hold_garbage_read_as_none() {
    let garbage: [Option<&[u8]>; 6] =
        [None, Some(b""), Some(b"garbage\n"), Some(b"\xff\xfe\x00\x80"), Some(b"("), Some(b"cpu :()\n\ncpu0 -1 x\n")];
    for board in [raspberry_pi_5, jetson_orin_nano, laptop] {
        for damage in garbage {
            let tree = board();
            process(&tree, 100, 'R', 1000, 7, 2000);
            let mut samplers = Samplers::probe(&tree.root());
            samplers.watch(Slot(0), 100);
            read(&mut samplers, SECOND);
            for file in tree.every_file() {
                match damage {
                    None => fs::remove_file(file).unwrap(),
                    Some(bytes) => fs::write(file, bytes).unwrap(),
                }
            }
            let values = read(&mut samplers, Nanos::from_millis(5000));
            let still: Vec<_> = values.iter().filter(|(_, value)| value.is_some()).collect();
            assert!(still.is_empty(), "{damage:?}: {still:?}");
            // Nor does a probe of such a tree fail.
            assert!(Samplers::probe(&tree.root()).sample(SECOND).values.iter().all(|(_, value)| value.is_none()));
            host_info(&tree.root());
        }
    }
}

#[test]
fn this_machine_answers() {
    let mut samplers = Samplers::probe(&Root::live());
    samplers.watch(Slot(0), std::process::id());
    let now = read(&mut samplers, SECOND);
    assert!(now["memory.used"].unwrap() > 0.0 && now["worker.a.rss"].unwrap() > 0.0);
    assert!(now["worker.a.threads"].unwrap() >= 1.0);
    assert!(samplers.names().any(|name| name == "nvml"));
    // With a driver or without: NVML is either here or says why not.
    let nvidia = samplers.declarations().iter().any(|metric| metric.source.starts_with("NVML"));
    assert!(
        nvidia || samplers.absences().iter().any(|absent| absent.name.starts_with("gpu")),
        "{:?}",
        samplers.absences()
    );
}

mod recorded {
    //! Larger trees, composed from many boards' published files, where the machine has them.

    use super::*;
    use serde_json::Value;

    /// Copies a tree. A file that holds nothing but a relative path is a link that its store could not keep.
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().flatten() {
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            let text = fs::read(&source).unwrap_or_default();
            if entry.file_type().unwrap().is_symlink() {
                symlink(fs::read_link(&source).unwrap(), target).unwrap();
            } else if source.is_dir() {
                copy(&source, &target);
            } else if text.starts_with(b"../") && !text.contains(&b'\n') {
                symlink(String::from_utf8(text).unwrap(), target).unwrap();
            } else if entry.file_name() != ".keep" {
                fs::write(target, text).unwrap();
            }
        }
    }

    fn numbers<'a>(value: &'a Value, key: &str) -> Vec<(&'a str, f64)> {
        let object = value[key].as_object().into_iter().flatten();
        object.map(|(name, value)| (name.as_str(), value.as_f64().unwrap())).collect()
    }

    fn check(board: &Path) {
        let tree = Tree::new(&[]);
        copy(&board.join("root"), tree.0.path());
        let expected: Value = serde_json::from_str(&fs::read_to_string(board.join("expected.json")).unwrap()).unwrap();
        let mut samplers = Samplers::probe(&tree.root());
        let first = read(&mut samplers, Nanos::ZERO);
        let name = board.file_name().unwrap().to_string_lossy();

        let mut temperatures: Vec<&str> = Vec::new();
        for (sensor, celsius) in numbers(&expected, "temps_c") {
            assert!(near(first[&format!("temp.{sensor}")], celsius, 0.001), "{name}: {sensor}: {first:?}");
            temperatures.push(sensor);
        }
        for sensor in expected["temps_unavailable"].as_array().into_iter().flatten() {
            let sensor = sensor.as_str().unwrap();
            assert_eq!(first[&format!("temp.{sensor}")], None, "{name}");
            assert_ne!(why_absent(&samplers, &format!("temp.{sensor}")), "", "{name}");
            temperatures.push(sensor);
        }
        assert_eq!(
            first.keys().filter(|key| key.starts_with("temp.")).count(),
            temperatures.len(),
            "{name}: {first:?}"
        );

        for (cpu, mhz) in numbers(&expected["cpu"], "freq_mhz") {
            assert!(near(first[&format!("cpu.clock.{cpu}")], mhz * 1e6, 0.5e6), "{name}: {first:?}");
            let limit = metric(&samplers, &format!("cpu.clock.{cpu}")).unwrap().limit;
            assert_eq!(limit, expected["cpu"]["max_mhz"].as_f64().map(|mhz| mhz * 1e6), "{name}");
        }
        let memory = &expected["memory"];
        let bytes = |key: &str| memory[key].as_f64();
        let used = bytes("used_bytes").unwrap_or_else(|| {
            ["free_bytes", "buffers_bytes", "cached_bytes"]
                .iter()
                .fold(bytes("total_bytes").unwrap(), |left, key| left - bytes(key).unwrap())
        });
        assert_eq!(first["memory.used"], Some(used), "{name}");
        assert_eq!(metric(&samplers, "memory.used").unwrap().limit, bytes("total_bytes"), "{name}");
        match bytes("swap_total_bytes") {
            Some(0.0) => assert!(metric(&samplers, "swap.used").is_none(), "{name}"),
            total => {
                assert_eq!(first["swap.used"], bytes("swap_used_bytes"), "{name}");
                assert_eq!(metric(&samplers, "swap.used").unwrap().limit, total, "{name}");
            }
        }

        copy(&board.join(expected["two_samples"]["overlay"].as_str().unwrap()), tree.0.path());
        let later = read(&mut samplers, SECOND);
        let loads = &expected["two_samples"]["cpu_load_percent"];
        assert!(near(later["cpu.load"], loads["all"].as_f64().unwrap(), 0.05), "{name}: {later:?}");
        for (cpu, percent) in numbers(loads, "per_cpu") {
            assert!(near(later[&format!("cpu.core.{cpu}")], percent, 0.05), "{name}: {later:?}");
        }

        let info = host_info(&tree.root());
        assert_eq!(info.cpus as u64, expected["cpu"]["online"].as_u64().unwrap_or(info.cpus as u64), "{name}");
        assert_eq!(info.board.as_deref(), expected["model"].as_str(), "{name}");
        assert!(info.cpu_model.is_some_and(|model| model.starts_with("ARM Cortex") || model.starts_with("Intel")));
    }

    #[test]
    fn boards_read_as_they_were_recorded() {
        let Some(data) = std::env::var_os("NNTOP_TEST_DATA") else {
            println!("skipped: NNTOP_TEST_DATA is not set");
            return;
        };
        let boards = fs::read_dir(Path::new(&data).join("data/sysfs")).unwrap().flatten();
        let boards: Vec<_> = boards.map(|entry| entry.path()).filter(|path| path.join("root").is_dir()).collect();
        assert!(!boards.is_empty());
        for board in boards {
            check(&board);
        }
    }
}
