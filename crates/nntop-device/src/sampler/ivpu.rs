//! Intel's neural processor (driver intel_vpu), and what the driver of Google's Edge TPU reports.

use super::Root;
use super::nodes::{Finds, Found, rate, scaled, why_not};
use super::parse::index;
use nntop_core::event::{Part, PartId, Quantity};

const ACCELERATORS: &str = "/sys/class/accel";
const TPUS: &str = "/sys/class/apex";

pub(super) fn find(root: &Root, finds: &mut Finds) {
    for name in root.list(ACCELERATORS).into_iter().filter(|name| index(name, "accel", "").is_some()) {
        let device = format!("{ACCELERATORS}/{name}/device");
        let uevent = root.read(format!("{device}/uevent")).unwrap_or_default();
        if uevent.lines().any(|line| line == "DRIVER=intel_vpu")
            && !finds.has(Part::Npu, Quantity::Load, &PartId::only())
        {
            let pci = uevent.lines().find_map(|line| line.strip_prefix("PCI_SLOT_NAME=")).map(str::to_owned);
            let id = PartId::only().driver("intel_vpu").pci(pci).path(&device);
            npu(root, finds, &device, &id);
        }
    }
    for name in root.list(TPUS) {
        let path = format!("{TPUS}/{name}/temp");
        if root.exists(&path) {
            let device = PartId::named(&name).driver("apex").path(format!("{TPUS}/{name}"));
            finds.file(root, (Part::Zone, Quantity::Temperature, device), name, &path, 1e-3);
        }
    }
}

fn npu(root: &Root, finds: &mut Finds, device: &str, id: &PartId) {
    let at = |file: &str| format!("{device}/{file}");
    let here = |path: &str| root.exists(path);
    let path = at("npu_busy_time_us");
    if here(&path) {
        let file = root.file(&path);
        let load = |us_per_second: f64| (us_per_second / 1e4).min(100.0);
        let found = Found::new(Part::Npu, Quantity::Load, id.clone(), rate(move || file.number(), load)).label("NPU");
        finds.push(found.limit(Some(100.0)).source(format!("{path}: its rise over time")));
    } else {
        // The driver is there; older kernels' says nothing of its load.
        finds.unsupported(Part::Npu, "npu.load", format!("{path}: {}", why_not(&path, &root.why_not(&path))));
    }
    let path = at("npu_current_frequency_mhz");
    if here(&path) {
        let most = root.number(at("npu_max_frequency_mhz")).ok().filter(|mhz| *mhz > 0.0).map(|mhz| mhz * 1e6);
        let found = Found::new(Part::Npu, Quantity::Clock, id.clone(), scaled(root.file(&path), 1e6));
        finds.push(found.label("NPU").limit(most).source(path));
    }
    let path = at("npu_memory_utilization");
    if here(&path) {
        finds.file(root, (Part::Npu, Quantity::Memory, id.clone()), "NPU", &path, 1.0);
    }
}
