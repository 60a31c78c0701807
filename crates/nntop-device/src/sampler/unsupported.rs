//! Graphics and neural processors that are there and that no reader knows: their drivers are named, so that nobody
//! takes them for missing.

use super::Root;
use super::nodes::Finds;
use super::parse::{file_name, index};
use nntop_core::event::{Part, Quantity};

const CARDS: &str = "/sys/class/drm";
const ACCELERATORS: &str = "/sys/class/accel";

/// Drivers that only show pictures: a card of theirs computes nothing.
const DISPLAYS: [&str; 30] = [
    "vc4",
    "vc4-drm",
    "rockchip-drm",
    "imx-drm",
    "imx-lcdif",
    "lcdif",
    "mxsfb",
    "sun4i-drm",
    "meson-drm",
    "drm",
    "tegra-dc",
    "simpledrm",
    "simple-framebuffer",
    "efi-framebuffer",
    "ast",
    "mgag200",
    "bochs-drm",
    "cirrus",
    "tidss",
    "tilcdc",
    "exynos-drm",
    "mediatek-drm",
    "vkms",
    "udl",
    "evdi",
    "hibmc-drm",
    "qxl",
    "vmwgfx",
    "hyperv_drm",
    "spacemit-drm-drv",
];

/// Runs last: it says nothing of what the others have found.
pub(super) fn find(root: &Root, finds: &mut Finds) {
    let numbered = |class: &str, prefix: &str| {
        let names = root.list(class).into_iter().filter(|name| index(name, prefix, "").is_some());
        names.collect::<Vec<_>>()
    };
    for name in numbered(CARDS, "card") {
        let directory = format!("{CARDS}/{name}");
        if finds.speaks_of(Part::Gpu, &directory) {
            continue;
        }
        let device = format!("{directory}/device");
        let Some(driver) = driver(root, &device) else { continue };
        let on_pci = root.exists(format!("{device}/vendor")) || root.exists(format!("{device}/config"));
        // A board's GPU is often found by another way: as a device with a clock of its own.
        let found = finds.has_any(Part::Gpu, Quantity::Load) || finds.has_any(Part::Gpu, Quantity::Clock);
        if DISPLAYS.contains(&driver.as_str()) || (found && !on_pci) {
            continue;
        }
        let reason = match driver.as_str() {
            // On this machine NVML has said what there is to say.
            "nvidia" if root.is_live() => continue,
            "nvidia" => "NVML reads it, which a recorded tree does not have".to_owned(),
            _ => "nntop does not read that driver".to_owned(),
        };
        finds.unsupported(Part::Gpu, format!("gpu.{name}"), format!("{directory}: driver {driver}: {reason}"));
    }
    for name in numbered(ACCELERATORS, "accel") {
        let device = format!("{ACCELERATORS}/{name}/device");
        if finds.speaks_of(Part::Npu, &device) {
            continue;
        }
        let driver = driver(root, &device).unwrap_or_else(|| "of no name".to_owned());
        let product = ["vbnv", "product_name"].iter().find_map(|file| root.text(format!("{device}/{file}")));
        let what = product.map_or_else(String::new, |product| format!("{product}, "));
        let why = match driver.as_str() {
            "amdxdna" => "its load is not in sysfs: the driver reports it only by ioctl",
            _ => "nntop does not read that driver",
        };
        finds.unsupported(Part::Npu, format!("npu.{name}"), format!("{device}: {what}driver {driver}: {why}"));
    }
}

/// The driver that serves a device: as it says itself, or by the link to it.
pub(super) fn driver(root: &Root, device: &str) -> Option<String> {
    let uevent = root.read(format!("{device}/uevent")).unwrap_or_default();
    let said = uevent.lines().find_map(|line| line.strip_prefix("DRIVER=")).map(str::to_owned);
    said.or_else(|| {
        let link = std::fs::canonicalize(root.path(format!("{device}/driver"))).ok()?;
        Some(file_name(&link).to_owned()).filter(|name| !name.is_empty())
    })
}
