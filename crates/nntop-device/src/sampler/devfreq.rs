//! What the kernel clocks by need and shows under `/sys/class/devfreq`: GPUs of Jetsons and other boards, codecs,
//! neural processors, memory controllers. Devices go by the names in the device tree, never by address or place.

use super::Root;
use super::identity::is_tegra;
use super::nodes::{Finds, Found, parsed, scaled};
use nntop_core::event::{Part, PartId, Quantity};
use nntop_core::unit::Nanos;
use std::io;

const DEVICES: &str = "/sys/class/devfreq";

/// What GPUs are called: Tegra's by their chips up to JetPack 5, all others `gpu`.
const GPUS: [&str; 6] = ["gpu", "gp10b", "gv11b", "ga10b", "gb10b", "gpu-panthor"];

/// Codecs and other units with one purpose, and how people call them.
const ENGINES: [(&str, &str); 8] = [
    ("nvenc", "NVENC"),
    ("nvdec", "NVDEC"),
    ("nvjpg", "NVJPG"),
    ("vic", "VIC"),
    ("ofa", "OFA"),
    // Jetson Thor: the GPU's video unit.
    ("gpu-nvd-0", "NVD"),
    ("rkvdec", "RKVDEC"),
    ("rkvenc", "RKVENC"),
];

/// Finds devices that a GPU, codec, neural processor or memory controller is known by.
pub(super) fn find(root: &Root, finds: &mut Finds) {
    for name in root.list(DEVICES) {
        let directory = format!("{DEVICES}/{name}");
        let node = root.text(format!("{directory}/device/of_node/name"));
        // `17000000.gpu` where there is no device tree node to ask.
        let kind = node.unwrap_or_else(|| name.split_once('.').map_or(name.clone(), |(_, kind)| kind.to_owned()));
        // On Thor the GPU hangs on PCIe, and its clock domains are the devices.
        if name == "gpu-gpc-0" || GPUS.contains(&kind.as_str()) {
            gpu(root, finds, &directory, &name);
        } else if kind == "npu" || name.ends_with(".npu") {
            clocks(root, finds, &directory, Part::Npu, PartId::only(), "NPU");
        } else if ["dmc", "bwmgr", "emc"].contains(&name.as_str()) {
            let label = if name == "dmc" { "DDR" } else { "EMC" };
            clocks(root, finds, &directory, Part::MemoryController, PartId::only(), label);
        } else if let Some((_, label)) = ENGINES.iter().find(|(engine, _)| *engine == kind || *engine == name) {
            clocks(root, finds, &directory, Part::Unit, PartId::named(*label), label);
        }
    }
    if is_tegra(root) && !finds.has(Part::Gpu, Quantity::Load, &PartId::only()) {
        without_devfreq(root, finds);
    }
}

fn gpu(root: &Root, finds: &mut Finds, directory: &str, name: &str) {
    let has = |quantity| finds.has(Part::Gpu, quantity, &PartId::only());
    if has(Quantity::Clock) || has(Quantity::Load) {
        return;
    }
    clocks(root, finds, directory, Part::Gpu, PartId::only(), "GPU");
    let device = format!("{directory}/device");
    let at = |path: String| root.exists(&path).then_some(path);
    if name == "gpu-gpc-0" {
        finds.absent(Part::Gpu, "gpu.load", "Jetson Thor's driver shows no load in sysfs: NVML has it");
    } else if let Some(path) = at(format!("{device}/load")).filter(|_| is_tegra(root)) {
        tegra_load(root, finds, directory, &path);
    } else if let Some(path) = at(format!("{directory}/load")) {
        finds.push(gpu_load(directory, parsed(root.file(&path), percent_at)).source(path));
    } else if let Some(path) = at(format!("{device}/utilisation")) {
        finds.push(gpu_load(directory, scaled(root.file(&path), 1.0)).source(path));
    } else {
        finds.absent(Part::Gpu, "gpu.load", format!("{device}: neither load nor utilisation"));
    }
}

/// The load of the machine's GPU.
fn gpu_load(directory: &str, read: impl FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send + 'static) -> Found {
    let device = PartId::only().path(directory);
    Found::new(Part::Gpu, Quantity::Load, device, read).label("GPU").limit(Some(100.0))
}

/// Tegra's load, in per mille.
fn tegra_load(root: &Root, finds: &mut Finds, directory: &str, path: &str) {
    finds.push(gpu_load(directory, scaled(root.file(path), 0.1)).source(format!("{path} / 10")));
}

/// A Tegra whose GPU shows in no class: by the aliases that its kernels make.
fn without_devfreq(root: &Root, finds: &mut Finds) {
    let parents = ["/sys/devices", "/sys/devices/platform", "/sys/devices/platform/bus@0"];
    for parent in parents {
        for name in root.list(parent) {
            let kind = name.split_once('.').map_or("", |(_, kind)| kind);
            let is_gpu = name == "gpu.0" || GPUS.contains(&kind);
            let path = format!("{parent}/{name}/load");
            if is_gpu && root.exists(&path) {
                return tegra_load(root, finds, &format!("{parent}/{name}"), &path);
            }
        }
    }
}

/// The clock, how far it may go, and where the driver has one the load.
fn clocks(root: &Root, finds: &mut Finds, directory: &str, part: Part, device: PartId, label: &str) {
    if finds.has(part, Quantity::Clock, &device) {
        return;
    }
    let device = device.path(directory);
    let number = |file: &str| root.number(format!("{directory}/{file}")).ok().filter(|hertz| *hertz > 0.0);
    let highest = root
        .read(format!("{directory}/available_frequencies"))
        .ok()
        .and_then(|text| text.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).max_by(f64::total_cmp));
    let file = |quantity, file: &str, limit| {
        let path = format!("{directory}/{file}");
        let read = scaled(root.file(&path), 1.0);
        Found::new(part, quantity, device.clone(), read).label(label).limit(limit).source(path)
    };
    if root.exists(format!("{directory}/cur_freq")) {
        finds.push(file(Quantity::Clock, "cur_freq", number("max_freq").or(highest)));
    }
    if part == Part::Gpu && number("max_freq").is_some() {
        finds.push(file(Quantity::ClockCap, "max_freq", highest));
    }
    if part == Part::Gpu && number("min_freq").is_some() {
        finds.push(file(Quantity::ClockFloor, "min_freq", None));
    }
    let path = format!("{directory}/load");
    // What a GPU's load is depends on its driver.
    if part != Part::Gpu && root.exists(&path) {
        let found = Found::new(part, Quantity::Load, device, parsed(root.file(&path), percent_at));
        finds.push(found.label(label).limit(Some(100.0)).source(path));
    }
}

/// `37@300000000Hz`: the percent before the clock that it is of.
pub(super) fn percent_at(text: &str) -> Option<f64> {
    let number = text.trim().split('@').next()?.trim_end_matches('%');
    number.parse::<u32>().ok().map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_come_with_the_clock_that_they_are_of() {
        assert_eq!(percent_at("37@300000000Hz\n"), Some(37.0));
        assert_eq!((percent_at("12%"), percent_at("-3@1Hz"), percent_at("")), (Some(12.0), None, None));
    }
}
