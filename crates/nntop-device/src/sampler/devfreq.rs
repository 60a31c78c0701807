//! What the kernel clocks by need and shows under `/sys/class/devfreq`: GPUs of Jetsons and other boards, codecs,
//! neural processors, memory controllers. Devices go by the names in the device tree, never by address or place.

use super::Root;
use super::identity::is_tegra;
use super::nodes::{Finds, Found, parsed, scaled};
use nntop_core::event::Group;
use nntop_core::unit::Unit;

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
            clocks(root, finds, &directory, "npu", "NPU", (Group::NpuClock, Some(Group::Npu)));
        } else if ["dmc", "bwmgr", "emc"].contains(&name.as_str()) {
            let label = if name == "dmc" { "DDR" } else { "EMC" };
            let groups = (Group::MemoryControllerClock, Some(Group::MemoryController));
            clocks(root, finds, &directory, "memory_controller", label, groups);
        } else if let Some((_, label)) = ENGINES.iter().find(|(engine, _)| *engine == kind || *engine == name) {
            let prefix = format!("engine.{label}");
            clocks(root, finds, &directory, &prefix, label, (Group::EngineClock, Some(Group::Engine)));
        }
    }
    if is_tegra(root) && !finds.has("gpu.load") {
        without_devfreq(root, finds);
    }
}

fn gpu(root: &Root, finds: &mut Finds, directory: &str, name: &str) {
    if finds.has("gpu.clock") || finds.has("gpu.load") {
        return;
    }
    clocks(root, finds, directory, "gpu", "GPU", (Group::GpuClock, None));
    let device = format!("{directory}/device");
    let at = |path: String| root.exists(&path).then_some(path);
    if name == "gpu-gpc-0" {
        finds.absent("gpu.load", "Jetson Thor's driver shows no load in sysfs: NVML has it");
    } else if let Some(path) = at(format!("{device}/load")).filter(|_| is_tegra(root)) {
        load(root, finds, path);
    } else if let Some(path) = at(format!("{directory}/load")) {
        let read = parsed(root.file(&path), percent_at);
        finds
            .push(Found::new(Group::Gpu, "gpu.load", Unit::Percent, read).label("GPU").limit(Some(100.0)).source(path));
    } else if let Some(path) = at(format!("{device}/utilisation")) {
        let read = scaled(root.file(&path), 1.0);
        finds
            .push(Found::new(Group::Gpu, "gpu.load", Unit::Percent, read).label("GPU").limit(Some(100.0)).source(path));
    } else {
        finds.absent("gpu.load", format!("{device}: neither load nor utilisation"));
    }
}

/// Tegra's load, in per mille.
fn load(root: &Root, finds: &mut Finds, path: String) {
    let read = scaled(root.file(&path), 0.1);
    let found = Found::new(Group::Gpu, "gpu.load", Unit::Percent, read).label("GPU").limit(Some(100.0));
    finds.push(found.source(format!("{path} / 10")));
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
                return load(root, finds, path);
            }
        }
    }
}

/// The clock, how far it may go, and where the driver has one the load.
fn clocks(
    root: &Root,
    finds: &mut Finds,
    directory: &str,
    prefix: &str,
    label: &str,
    (clock, load): (Group, Option<Group>),
) {
    let name = format!("{prefix}.clock");
    if finds.has(&name) {
        return;
    }
    let number = |file: &str| root.number(format!("{directory}/{file}")).ok().filter(|hertz| *hertz > 0.0);
    let highest = root
        .read(format!("{directory}/available_frequencies"))
        .ok()
        .and_then(|text| text.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).max_by(f64::total_cmp));
    let file = |name: String, group, file: &str, limit| {
        let path = format!("{directory}/{file}");
        let read = scaled(root.file(&path), 1.0);
        Found::new(group, name, Unit::Hertz, read).label(label).limit(limit).source(path)
    };
    if root.exists(format!("{directory}/cur_freq")) {
        finds.push(file(name, clock, "cur_freq", number("max_freq").or(highest)));
    }
    if prefix == "gpu" && number("max_freq").is_some() {
        finds.push(file("gpu.clock.max".into(), Group::ClockCap, "max_freq", highest));
    }
    if prefix == "gpu" && number("min_freq").is_some() {
        finds.push(file("gpu.clock.min".into(), Group::ClockFloor, "min_freq", None));
    }
    let path = format!("{directory}/load");
    if let Some(load) = load.filter(|_| root.exists(&path)) {
        let found = Found::new(load, format!("{prefix}.load"), Unit::Percent, parsed(root.file(&path), percent_at));
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
