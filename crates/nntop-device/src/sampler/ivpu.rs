//! Intel's neural processor (driver intel_vpu), and Google's Edge TPU as far as its driver tells.

use super::Root;
use super::nodes::{Finds, Found, rate, scaled, why_not};
use super::parse::index;
use nntop_core::event::Group;
use nntop_core::unit::Unit;

const ACCELERATORS: &str = "/sys/class/accel";
const TPUS: &str = "/sys/class/apex";

pub(super) fn find(root: &Root, finds: &mut Finds) {
    for name in root.list(ACCELERATORS).into_iter().filter(|name| index(name, "accel", "").is_some()) {
        let device = format!("{ACCELERATORS}/{name}/device");
        let uevent = root.read(format!("{device}/uevent")).unwrap_or_default();
        if uevent.lines().any(|line| line == "DRIVER=intel_vpu") && !finds.has("npu.load") {
            npu(root, finds, &device);
        }
    }
    for name in root.list(TPUS) {
        let path = format!("{TPUS}/{name}/temp");
        if root.exists(&path) {
            finds.file(root, (Group::Temperature, Unit::Celsius), format!("temp.{name}"), name, &path, 1e-3);
        }
    }
}

fn npu(root: &Root, finds: &mut Finds, device: &str) {
    let at = |file: &str| format!("{device}/{file}");
    let here = |path: &str| root.exists(path);
    let path = at("npu_busy_time_us");
    if here(&path) {
        let file = root.file(&path);
        let load = |us_per_second: f64| (us_per_second / 1e4).min(100.0);
        let found = Found::new(Group::Npu, "npu.load", Unit::Percent, rate(move || file.number(), load)).label("NPU");
        finds.push(found.limit(Some(100.0)).source(format!("{path}: its rise over time")));
    } else {
        finds.absent("npu.load", format!("{path}: {}", why_not(&path, &root.why_not(&path))));
    }
    let path = at("npu_current_frequency_mhz");
    if here(&path) {
        let most = root.number(at("npu_max_frequency_mhz")).ok().filter(|mhz| *mhz > 0.0).map(|mhz| mhz * 1e6);
        let found = Found::new(Group::NpuClock, "npu.clock", Unit::Hertz, scaled(root.file(&path), 1e6));
        finds.push(found.label("NPU").limit(most).source(path));
    }
    let path = at("npu_memory_utilization");
    if here(&path) {
        finds.file(root, (Group::NpuMemory, Unit::Bytes), "npu.memory", "NPU", &path, 1.0);
    }
}
