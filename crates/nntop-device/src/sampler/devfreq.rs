//! What the kernel clocks by need and shows under `/sys/class/devfreq`: GPUs of Jetsons and other boards, codecs,
//! neural processors, memory controllers. Devices go by the names in the device tree, never by address or place.

use super::Root;
use super::identity::{is_rockchip, is_tegra};
use super::nodes::{Finds, Found, parsed, scaled};
use super::{SysFile, gpus};
use nntop_core::event::{Part, PartId, Quantity};
use nntop_core::unit::Nanos;
use std::io;

const DEVICES: &str = "/sys/class/devfreq";

/// What GPUs are called: Tegra's by their chips up to JetPack 5, Arm's and Qualcomm's also by their makers, others `gpu`.
const GPUS: [&str; 10] =
    ["gpu", "gp10b", "gv11b", "ga10b", "gb10b", "gpu-panthor", "mali", "qcom,kgsl-3d0", "kgsl-3d0", "g3d"];

/// What memory controllers are called, by the device tree's name or the class's.
const MEMORY_CONTROLLERS: [&str; 8] =
    ["dmc", "memory-controller", "ddrc", "imx8m-ddrc", "devfreq_mif", "mif", "bwmgr", "emc"];

/// Of Rockchip's drivers for these, devfreq's load is a constant: they answer nothing when the kernel asks for it.
const WITHOUT_LOAD: [&str; 6] = ["npu", "rkvenc", "rkvdec", "vdpu", "vepu", "vop"];

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
        } else if MEMORY_CONTROLLERS.contains(&name.as_str()) || MEMORY_CONTROLLERS.contains(&kind.as_str()) {
            let label = if ["bwmgr", "emc"].contains(&name.as_str()) { "EMC" } else { "DDR" };
            clocks(root, finds, &directory, Part::MemoryController, PartId::only(), label);
        } else if let Some((_, label)) = ENGINES.iter().find(|(engine, _)| {
            // `fdbd0000.rkvenc-core` is one of two.
            let core = |name: &str| name.strip_suffix("-core") == Some(engine);
            *engine == kind || *engine == name || core(&kind)
        }) {
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
        finds.unsupported(Part::Gpu, "gpu.load", "Jetson Thor's driver shows no load in sysfs: NVML has it");
    } else if let Some(path) = at(format!("{device}/load")).filter(|path| is_tegra(root) || root.number(path).is_ok()) {
        tegra_load(root, finds, directory, &path);
    } else if let Some(path) = at(format!("{directory}/load")) {
        finds.push(gpu_load(directory, believed(root, directory, root.file(&path))).source(path));
    } else if let Some((path, read)) = gpus::load_beside(root, directory) {
        finds.push(gpu_load(directory, read).source(path));
    } else {
        gpus::without_load(root, finds, directory);
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
    let constant =
        WITHOUT_LOAD.iter().any(|unit| directory.contains(&format!(".{unit}")) || label.eq_ignore_ascii_case(unit));
    // What a GPU's load is depends on its driver, and that of some units is read elsewhere.
    if part != Part::Gpu && root.exists(&path) && !(constant && is_rockchip(root)) {
        let found = Found::new(part, Quantity::Load, device, believed(root, directory, root.file(&path)));
        finds.push(found.label(label).limit(Some(100.0)).source(path));
    }
}

/// After this many equal readings a load is a constant.
const STILL: u32 = 10;

/// A load as devfreq has it, unless it cannot be: drivers that do not count say 100 or the last value for ever.
///
/// A unit that is suspended does nothing, and one that were busy all the time would not be left at its lowest clock. Nor does the
/// load of a unit that works stay the same to the percent, reading after reading, while its clock idles.
fn believed(
    root: &Root,
    directory: &str,
    load: SysFile,
) -> impl FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send + 'static + use<> {
    let file = |name: &str| root.file(format!("{directory}/{name}"));
    let [now, least, most] = ["cur_freq", "min_freq", "max_freq"].map(file);
    let (governor, status) = (file("governor"), file("device/power/runtime_status"));
    let mut read = parsed(load, percent_at);
    let (mut still, mut last) = (0_u32, None);
    move |time| {
        let load = read(time)?;
        let Some(percent) = load.filter(|load| *load > 0.0) else {
            (still, last) = (0, None);
            return Ok(load);
        };
        let doubted = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidData, format!("says {percent:.0} % {why}")));
        if percent >= 100.0 && status.read().is_ok_and(|status| status.trim() == "suspended") {
            return doubted("while the unit is suspended");
        }
        let raises = governor.read().is_ok_and(|governor| !["powersave", "userspace"].contains(&governor.trim()));
        let idles = match (now.number(), least.number(), most.number()) {
            (Ok(now), Ok(least), Ok(most)) => now <= least && least < most,
            _ => false,
        };
        let same = last.replace(percent) == Some(percent);
        still = if idles && same { still.saturating_add(1) } else { 0 };
        match () {
            () if raises && idles && percent >= 100.0 => doubted("at its lowest clock"),
            () if raises && idles && still >= STILL => {
                doubted("and nothing else, reading after reading, at its lowest clock")
            }
            () => Ok(load),
        }
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
    fn a_load_that_never_moves_while_the_clock_idles_is_doubted() {
        let tree = tempfile::TempDir::new().unwrap();
        let put = |name: &str, text: &str| std::fs::write(tree.path().join(name), text).unwrap();
        for (name, text) in [
            ("load", "37@200000000Hz"),
            ("governor", "simple_ondemand"),
            ("cur_freq", "200000000"),
            ("min_freq", "200000000"),
            ("max_freq", "900000000"),
        ] {
            put(name, text);
        }
        let root = Root::at(tree.path());
        let mut read = believed(&root, "", root.file("/load"));
        let mut readings = |n: u32| (0..n).map(|_| read(None).map_err(|e| e.to_string())).last().unwrap();
        assert_eq!(readings(STILL), Ok(Some(37.0)));
        assert!(readings(1).unwrap_err().contains("37 %"));
        // It moves: a load after all.
        put("load", "38@200000000Hz");
        assert_eq!(readings(STILL), Ok(Some(38.0)));
        // A higher clock is what a load brings, and an idle unit stays idle.
        put("cur_freq", "900000000");
        assert_eq!(readings(3 * STILL), Ok(Some(38.0)));
        put("cur_freq", "200000000");
        put("load", "0@200000000Hz");
        assert_eq!(readings(3 * STILL), Ok(Some(0.0)));
        // Somebody who holds the clock down may well have an even load.
        put("load", "40@200000000Hz");
        put("governor", "powersave");
        assert_eq!(readings(3 * STILL), Ok(Some(40.0)));
    }

    #[test]
    fn loads_come_with_the_clock_that_they_are_of() {
        assert_eq!(percent_at("37@300000000Hz\n"), Some(37.0));
        assert_eq!((percent_at("12%"), percent_at("-3@1Hz"), percent_at("")), (Some(12.0), None, None));
    }
}
