//! Which board this is: vendor, system on a chip, and for Jetsons the release of L4T and JetPack.

use super::Root;
use std::collections::BTreeMap;

const TREE: &str = "/sys/firmware/devicetree/base";

/// A Jetson's module by the number of its board, as NVIDIA prints it on the module and names it in the device tree.
const MODULES: [(&str, &str); 16] = [
    ("p2180", "jetson-tx1"),
    ("p3448", "jetson-nano"),
    ("p3310", "jetson-tx2"),
    ("p3489", "jetson-tx2"),
    ("p3636", "jetson-tx2-nx"),
    ("p2888", "jetson-agx-xavier"),
    ("p3668", "jetson-xavier-nx"),
    ("p3701", "jetson-agx-orin"),
    ("p3767-0000", "jetson-orin-nx"),
    ("p3767-0001", "jetson-orin-nx"),
    ("p3767-0003", "jetson-orin-nano"),
    ("p3767-0004", "jetson-orin-nano"),
    ("p3767-0005", "jetson-orin-nano"),
    ("p3767", "jetson-orin"),
    ("p3834-0008", "jetson-agx-thor"),
    ("p3834", "jetson-thor"),
];

/// Which JetPack a release of L4T belongs to (NVIDIA's archive of releases). One that is not listed has none.
const JETPACKS: [(&str, &str); 31] = [
    ("32.4.3", "4.4"),
    ("32.4.4", "4.4.1"),
    ("32.5.0", "4.5"),
    ("32.5.1", "4.5.1"),
    ("32.5.2", "4.5.1"),
    ("32.6.1", "4.6"),
    ("32.7.1", "4.6.1"),
    ("32.7.2", "4.6.2"),
    ("32.7.3", "4.6.3"),
    ("32.7.4", "4.6.4"),
    ("32.7.5", "4.6.5"),
    ("32.7.6", "4.6.6"),
    ("35.1.0", "5.0.2"),
    ("35.2.1", "5.1"),
    ("35.3.1", "5.1.1"),
    ("35.4.1", "5.1.2"),
    ("35.5.0", "5.1.3"),
    ("35.6.0", "5.1.4"),
    ("35.6.1", "5.1.5"),
    ("35.6.2", "5.1.6"),
    ("36.2.0", "6.0 DP"),
    ("36.3.0", "6.0"),
    ("36.4.0", "6.1"),
    ("36.4.3", "6.2"),
    ("36.4.4", "6.2.1"),
    ("36.4.7", "6.2.1"),
    ("36.5.0", "6.2.2"),
    ("38.2.0", "7.0"),
    ("38.2.1", "7.0"),
    ("38.4.0", "7.1"),
    ("39.2.0", "7.2"),
];

/// The names in the device tree's `compatible`, the most special first.
fn compatible(root: &Root) -> Vec<String> {
    let text = root.read(format!("{TREE}/compatible")).or_else(|_| root.read("/proc/device-tree/compatible"));
    let text = text.unwrap_or_default();
    text.split('\0').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// A Jetson's module by NVIDIA's number for it: `p3767-0005`.
pub(super) fn module(root: &Root) -> Option<String> {
    let names = compatible(root);
    let number = |name: &String| {
        // The carrier's number may stand before it: `nvidia,p3768-0000+p3767-0005-super`.
        let is_module = |part: &&str| {
            MODULES.iter().any(|(number, _)| part.starts_with(number.split('-').next().unwrap_or(number)))
        };
        let part = name.split([',', '+']).find(is_module)?;
        Some(part.split('-').take(2).collect::<Vec<_>>().join("-"))
    };
    names.iter().find_map(number)
}

/// What the platform's devices are made for, where a container hides the device tree: the drivers' core repeats it in `uevent`
/// (`OF_COMPATIBLE_0=nvidia,tegra234-sdhci`), and Docker masks `/sys/firmware` alone.
fn devices(root: &Root) -> Vec<String> {
    const DEVICES: &str = "/sys/bus/platform/devices";
    let names = root.list(DEVICES).into_iter().take(MOST_DEVICES);
    let made_for = |name: String| {
        let uevent = root.read(format!("{DEVICES}/{name}/uevent")).ok()?;
        Some(uevent.lines().find_map(|line| line.strip_prefix("OF_COMPATIBLE_0="))?.trim().to_owned())
    };
    names.filter_map(made_for).collect()
}

/// A chip is recognised by this many devices.
const MOST_DEVICES: usize = 512;

/// The chip that most devices are made for. Devices of older chips live on in newer ones, so one alone is no sign; Broadcom's are
/// nearly all named after the first.
fn soc_of_devices(root: &Root) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for name in devices(root) {
        let Some((vendor, device)) = name.split_once(',') else { continue };
        let chip = device.split('-').next().unwrap_or_default();
        let number = match vendor {
            "nvidia" => chip.strip_prefix("tegra"),
            "rockchip" => chip.strip_prefix("rk"),
            _ => None,
        };
        if number.is_some_and(|n| n.len() >= 3 && n.bytes().all(|b| b.is_ascii_digit())) {
            *counts.entry(chip.to_owned()).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, n)| *n).map(|(chip, _)| chip)
}

/// The system on a chip: `tegra234`, `bcm2712`, `rk3588`.
pub(super) fn soc(root: &Root) -> Option<String> {
    let names = compatible(root);
    if names.is_empty() {
        let Some(id) = root.text(format!("{CHIP}/soc_id")) else { return soc_of_devices(root) };
        let tegra = root.text(format!("{CHIP}/family")).as_deref() == Some("Tegra");
        return match TEGRAS.iter().find(|(number, _)| tegra && *number == id) {
            Some((_, name)) => Some((*name).to_owned()),
            None => (!tegra && !id.starts_with("jep106:")).then_some(id),
        };
    }
    let parts: Vec<&str> = names.iter().filter_map(|name| Some(name.split_once(',')?.1)).collect();
    let is_chip = |part: &&&str| {
        let digits = part.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let family = &part[..part.len() - digits.len()];
        let number = digits.trim_end_matches(|c: char| c.is_ascii_lowercase());
        ["tegra", "bcm", "rk"].contains(&family) && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
    };
    // `rockchip,rk3588s-orangepi-5` before `rockchip,rk3588`: the kernel has one name for both chips, boards do not.
    let variant = |soc: &str| {
        names.iter().find_map(|name| {
            let rest = name.split_once(',')?.1.strip_prefix(soc)?;
            let letters: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
            (soc.starts_with("rk") && letters.len() == 1 && rest[1..].chars().next().is_none_or(|c| c == '-'))
                .then(|| format!("{soc}{letters}"))
        })
    };
    // The last is the most general. `tegra23x` is the family's name, where some releases name nothing else.
    let exact = parts.iter().filter(|part| !part.ends_with('x')).rfind(is_chip);
    let found = exact.or_else(|| parts.iter().rfind(is_chip)).or(parts.last())?;
    Some(match *found {
        "tegra23x" => "tegra234".to_owned(),
        "tegra26x" => "tegra264".to_owned(),
        other => variant(other).unwrap_or_else(|| other.to_owned()),
    })
}

/// The number by which Tegra's chips name themselves in `soc_id`, and their names.
const TEGRAS: [(&str, &str); 5] =
    [("33", "tegra210"), ("24", "tegra186"), ("25", "tegra194"), ("35", "tegra234"), ("38", "tegra264")];

/// What the kernel's driver of the chip says of it: there in containers, too.
const CHIP: &str = "/sys/devices/soc0";

/// Whether the board is one of NVIDIA's own chips: by the device tree or, where a container hides that, by what its
/// own drivers show.
pub(super) fn is_tegra(root: &Root) -> bool {
    let named = |soc: String| soc.starts_with("tegra");
    let aliases = ["/sys/devices/gpu.0", "/sys/devices/platform/gpu.0"];
    soc(root).is_some_and(named)
        || compatible(root).is_empty()
            && (root.text(format!("{CHIP}/family")).as_deref() == Some("Tegra")
                || root.exists("/etc/nv_tegra_release")
                || aliases.iter().any(|path| root.exists(path)))
}

/// Whether the board is a Raspberry Pi: by the device tree or, where a container hides that, by `/proc/cpuinfo`.
pub(super) fn is_raspberry_pi(root: &Root) -> bool {
    let names = compatible(root);
    names.iter().any(|name| name.starts_with("raspberrypi,"))
        || names.is_empty() && cpuinfo_model(root).is_some_and(|model| model.starts_with("Raspberry Pi"))
}

/// The board's name at the end of `/proc/cpuinfo`, as Raspberry Pis have it.
pub(super) fn cpuinfo_model(root: &Root) -> Option<String> {
    let text = root.read("/proc/cpuinfo").ok()?;
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    let model = fields.find(|(key, _)| key.trim() == "Model")?.1.trim().to_owned();
    (!model.is_empty()).then_some(model)
}

/// Whether the board has a chip of Qualcomm.
pub(super) fn is_qualcomm(root: &Root) -> bool {
    is_of(root, "qcom,")
}

/// Whether the board has a chip of Rockchip.
pub(super) fn is_rockchip(root: &Root) -> bool {
    is_of(root, "rockchip,")
}

/// Whether the board is of a vendor, by the device tree or, where a container hides that, by the devices.
fn is_of(root: &Root, vendor: &str) -> bool {
    let names = compatible(root);
    let names = if names.is_empty() { devices(root) } else { names };
    names.iter().any(|name| name.starts_with(vendor))
}

/// What is known of a board of NVIDIA's whose name a container hides.
pub(super) fn nameless_tegra(root: &Root) -> Option<String> {
    let chip = || soc(root).map(|soc| format!(" ({soc})")).unwrap_or_default();
    is_tegra(root).then(|| format!("NVIDIA Tegra board{}", chip()))
}

/// Who made the board or, where it is a PC, its processor.
pub(super) fn vendor(root: &Root, cpuinfo: &str) -> Option<String> {
    let vendor = match () {
        () if is_tegra(root) => "NVIDIA",
        () if is_raspberry_pi(root) => "Raspberry Pi",
        () if is_rockchip(root) => "Rockchip",
        () if cpuinfo.contains("GenuineIntel") => "Intel",
        () if cpuinfo.contains("AuthenticAMD") => "AMD",
        () => chip_maker(root)?,
    };
    Some(vendor.to_owned())
}

/// Who made a board's chip, by the short names that device trees have for vendors.
fn chip_maker(root: &Root) -> Option<&'static str> {
    let makers = [
        ("fsl", "NXP"),
        ("nxp", "NXP"),
        ("allwinner", "Allwinner"),
        ("amlogic", "Amlogic"),
        ("qcom", "Qualcomm"),
        ("mediatek", "MediaTek"),
        ("samsung", "Samsung"),
        ("ti", "Texas Instruments"),
        ("renesas", "Renesas"),
        ("xlnx", "AMD"),
        ("amd", "AMD"),
        ("brcm", "Broadcom"),
        ("st", "STMicroelectronics"),
        ("spacemit", "SpacemiT"),
        ("starfive", "StarFive"),
        ("sophgo", "Sophgo"),
        ("thead", "T-Head"),
        ("sifive", "SiFive"),
        ("apple", "Apple"),
        ("hailo", "Hailo"),
        ("marvell", "Marvell"),
        ("socionext", "Socionext"),
        ("sprd", "Unisoc"),
        ("cix", "Cix"),
        ("sky1", "Cix"),
    ];
    // The last name is the chip's.
    let names = compatible(root);
    let prefix = |name: &String| name.split_once(',').map(|(vendor, _)| vendor.to_lowercase());
    let of = |vendor: String| makers.iter().find(|(short, _)| *short == vendor).map(|(_, maker)| *maker);
    names.iter().rev().filter_map(prefix).find_map(of)
}

/// The release of NVIDIA's Linux for Tegra: `36.4.3`.
pub(super) fn l4t(root: &Root) -> Option<String> {
    let text = root.read("/etc/nv_tegra_release").ok()?;
    // # R36 (release), REVISION: 4.3, GCID: …
    let major = text.trim_start_matches(['#', ' ']).strip_prefix('R')?.split([' ', ',']).next()?;
    let minor = text.split_once("REVISION:")?.1.trim_start().split([',', ' ', '\n']).next()?;
    let number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || c == '.');
    (number(major) && number(minor)).then(|| format!("{major}.{minor}"))
}

/// The JetPack that the release of L4T belongs to.
pub(super) fn jetpack(root: &Root, l4t: Option<&str>) -> Option<String> {
    let said = root.read("/etc/nv_jetpack_release").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix("JETPACK_VERSION="))?;
        Some(line.trim_matches(['"', '\'']).to_owned()).filter(|version| !version.is_empty())
    });
    said.or_else(|| {
        JETPACKS.iter().find(|(release, _)| Some(*release) == l4t).map(|(_, jetpack)| (*jetpack).to_owned())
    })
}

/// The board's name for files and scripts: `jetson-orin-nano`, `raspberry-pi-5`.
pub(super) fn slug(root: &Root, model: Option<&str>) -> Option<String> {
    let names = compatible(root);
    let module = MODULES.iter().find(|(number, _)| names.iter().any(|name| name.contains(number)));
    if let Some((_, name)) = module {
        return Some((*name).to_owned());
    }
    // A board's revision is not its name.
    let model = model?.split(" Rev ").next()?.trim_end_matches(" Model B");
    let words = model.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
    (!slug.is_empty()).then_some(slug)
}
