//! Whole boards as trees: what is declared, what is read, what is missing and why.

pub(crate) mod boards;
mod hidden;
mod power;
mod recorded;

use super::*;
use boards::{Tree, jetson_orin_nano, laptop, process, raspberry_pi_5};
use nntop_core::event::{Part, Quantity};
use nntop_core::unit::{Bytes, Unit};
use std::collections::BTreeMap;
use std::fs;

const SECOND: Nanos = Nanos::from_millis(1000);

/// One pass, by metric name. Checks that every declared metric has exactly one value.
pub(crate) fn read(samplers: &mut Samplers, now: Nanos) -> BTreeMap<String, Option<f64>> {
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

pub(crate) fn metric<'a>(samplers: &'a Samplers, name: &str) -> Option<&'a MetricDecl> {
    samplers.declarations().iter().find(|metric| metric.name == name)
}

fn why_absent<'a>(samplers: &'a Samplers, name: &str) -> &'a str {
    let absent = samplers.absences().iter().find(|absent| absent.name == name);
    absent.map_or("", |absent| absent.reason.as_str())
}

fn near(value: Option<f64>, expected: f64, tolerance: f64) -> bool {
    value.is_some_and(|value| (value - expected).abs() <= tolerance)
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
    assert!(zone.is(Part::Zone, Quantity::Temperature));
    assert_eq!((zone.unit, zone.limit), (Unit::Celsius, Some(110.0)));
    assert_eq!(zone.source, "/sys/class/thermal/thermal_zone0/temp");
    let clock = metric(&samplers, "cpu.clock.3").unwrap();
    assert_eq!((clock.limit, clock.label.as_str()), (Some(2.4e9), "3"));
    assert_eq!(clock.source, "/sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq");
    assert_eq!(metric(&samplers, "memory.used").unwrap().limit, Some(4149248.0 * 1024.0));
    let absent: Vec<&str> = samplers.absences().iter().map(|absent| absent.name.as_str()).collect();
    assert_eq!(absent, ["power.rail", "power.package", "power.battery", "disk"]);

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
    assert_eq!(
        names,
        ["cpu.load", "cpu.clock", "memory", "temp", "power.rail", "power.package", "power.battery", "net", "disk"]
    );
    assert!(samplers.absences().iter().all(|absent| !absent.reason.is_empty()));
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
    super::process::system_constant(libc::_SC_PAGESIZE).unwrap()
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
