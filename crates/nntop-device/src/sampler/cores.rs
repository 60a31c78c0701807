//! The names of processor cores, by the numbers of their identification registers.

use std::collections::BTreeSet;

/// A maker's number and name, and the numbers and names of its cores.
type Maker = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Who designed a core, by the number in MIDR_EL1, and each of its parts (Linux: `arch/arm64/include/asm/cputype.h`;
/// util-linux: `sys-utils/lscpu-arm.c`).
const ARM: [Maker; 14] = [
    (
        "0x41",
        "ARM",
        &[
            ("0xb76", "ARM1176"),
            ("0xc05", "Cortex-A5"),
            ("0xc07", "Cortex-A7"),
            ("0xc08", "Cortex-A8"),
            ("0xc09", "Cortex-A9"),
            ("0xc0d", "Cortex-A17"),
            ("0xc0e", "Cortex-A17"),
            ("0xc0f", "Cortex-A15"),
            ("0xd01", "Cortex-A32"),
            ("0xd02", "Cortex-A34"),
            ("0xd03", "Cortex-A53"),
            ("0xd04", "Cortex-A35"),
            ("0xd05", "Cortex-A55"),
            ("0xd06", "Cortex-A65"),
            ("0xd07", "Cortex-A57"),
            ("0xd08", "Cortex-A72"),
            ("0xd09", "Cortex-A73"),
            ("0xd0a", "Cortex-A75"),
            ("0xd0b", "Cortex-A76"),
            ("0xd0c", "Neoverse-N1"),
            ("0xd0d", "Cortex-A77"),
            ("0xd0e", "Cortex-A76AE"),
            ("0xd40", "Neoverse-V1"),
            ("0xd41", "Cortex-A78"),
            ("0xd42", "Cortex-A78AE"),
            ("0xd43", "Cortex-A65AE"),
            ("0xd44", "Cortex-X1"),
            ("0xd46", "Cortex-A510"),
            ("0xd47", "Cortex-A710"),
            ("0xd48", "Cortex-X2"),
            ("0xd49", "Neoverse-N2"),
            ("0xd4a", "Neoverse-E1"),
            ("0xd4b", "Cortex-A78C"),
            ("0xd4c", "Cortex-X1C"),
            ("0xd4d", "Cortex-A715"),
            ("0xd4e", "Cortex-X3"),
            ("0xd4f", "Neoverse-V2"),
            ("0xd80", "Cortex-A520"),
            ("0xd81", "Cortex-A720"),
            ("0xd82", "Cortex-X4"),
            ("0xd83", "Neoverse-V3AE"),
            ("0xd84", "Neoverse-V3"),
            ("0xd85", "Cortex-X925"),
            ("0xd87", "Cortex-A725"),
            ("0xd88", "Cortex-A520AE"),
            ("0xd89", "Cortex-A720AE"),
            ("0xd8a", "C1-Nano"),
            ("0xd8b", "C1-Pro"),
            ("0xd8c", "C1-Ultra"),
            ("0xd8e", "Neoverse-N3"),
            ("0xd8f", "Cortex-A320"),
            ("0xd90", "C1-Premium"),
        ],
    ),
    ("0x42", "Broadcom", &[("0x00f", "Brahma-B15"), ("0x100", "Brahma-B53"), ("0x516", "ThunderX2")]),
    ("0x43", "Cavium", &[("0x0a1", "ThunderX"), ("0x0af", "ThunderX2"), ("0x0b8", "ThunderX3")]),
    ("0x46", "Fujitsu", &[("0x001", "A64FX"), ("0x003", "MONAKA")]),
    (
        "0x48",
        "HiSilicon",
        &[("0xd01", "TaiShan v110"), ("0xd02", "TaiShan v120"), ("0xd40", "Cortex-A76"), ("0xd41", "Cortex-A77")],
    ),
    ("0x4e", "NVIDIA", &[("0x000", "Denver"), ("0x003", "Denver 2"), ("0x004", "Carmel"), ("0x010", "Olympus")]),
    ("0x50", "APM", &[("0x000", "X-Gene")]),
    (
        "0x51",
        "Qualcomm",
        &[
            ("0x001", "Oryon"),
            ("0x002", "Oryon"),
            ("0x201", "Kryo"),
            ("0x205", "Kryo"),
            ("0x211", "Kryo"),
            ("0x800", "Kryo 2xx Gold"),
            ("0x801", "Kryo 2xx Silver"),
            ("0x802", "Kryo 3xx Gold"),
            ("0x803", "Kryo 3xx Silver"),
            ("0x804", "Kryo 4xx Gold"),
            ("0x805", "Kryo 4xx Silver"),
            ("0xc00", "Falkor"),
            ("0xc01", "Saphira"),
        ],
    ),
    (
        "0x53",
        "Samsung",
        &[("0x001", "Exynos M1"), ("0x002", "Exynos M3"), ("0x003", "Exynos M4"), ("0x004", "Exynos M5")],
    ),
    (
        "0x61",
        "Apple",
        &[
            ("0x022", "Icestorm"),
            ("0x023", "Firestorm"),
            ("0x024", "Icestorm"),
            ("0x025", "Firestorm"),
            ("0x028", "Icestorm"),
            ("0x029", "Firestorm"),
            ("0x032", "Blizzard"),
            ("0x033", "Avalanche"),
            ("0x034", "Blizzard"),
            ("0x035", "Avalanche"),
            ("0x038", "Blizzard"),
            ("0x039", "Avalanche"),
        ],
    ),
    ("0x66", "Faraday", &[("0x526", "FA526")]),
    ("0x6d", "Microsoft", &[("0xd49", "Azure Cobalt 100")]),
    (
        "0x70",
        "Phytium",
        &[
            ("0x303", "FTC310"),
            ("0x660", "FTC660"),
            ("0x662", "FTC662"),
            ("0x663", "FTC663"),
            ("0x664", "FTC664"),
            ("0x862", "FTC862"),
        ],
    ),
    ("0xc0", "Ampere", &[("0xac3", "Ampere-1"), ("0xac4", "Ampere-1a"), ("0xac5", "Ampere-1b")]),
];

/// Who designed a RISC-V core, by mvendorid (JEDEC's numbers), where the kernel has no name for it.
const RISC_V: [(&str, &str); 7] = [
    ("0x489", "SiFive"),
    ("0x5b7", "T-Head"),
    ("0x31e", "Andes"),
    ("0x710", "SpacemiT"),
    ("0x029", "Microchip"),
    ("0x602", "OpenHW"),
    ("0x67e", "Ventana"),
];

/// The core behind the numbers of an ARM processor's identification register.
pub(super) fn arm(implementer: &str, part: &str) -> String {
    let (implementer, part) = (implementer.to_ascii_lowercase(), part.to_ascii_lowercase());
    let Some((_, maker, parts)) = ARM.iter().find(|(number, _, _)| *number == implementer) else {
        return format!("ARM core {implementer}:{part}");
    };
    match parts.iter().find(|(number, _)| *number == part) {
        Some((_, name)) => format!("{maker} {name}"),
        None if *maker == "ARM" => format!("ARM core {implementer}:{part}"),
        None => format!("{maker} core {part}"),
    }
}

/// The cores of a RISC-V processor: by the name that the kernel has (`uarch`), else by who made them; empty where
/// nothing tells.
pub(super) fn risc_v(cpuinfo: &str) -> String {
    let values = |key: &str| {
        let pairs = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        let mut seen = BTreeSet::new();
        let values = pairs.filter(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().to_owned());
        values.filter(|value| !value.is_empty() && seen.insert(value.clone())).collect::<Vec<_>>()
    };
    let named: Vec<String> = values("uarch").iter().map(|name| uarch(name)).collect();
    if !named.is_empty() {
        return named.join(" + ");
    }
    let makers = values("mvendorid");
    let maker = makers.iter().find_map(|number| RISC_V.iter().find(|(known, _)| number == known));
    match (maker, values("isa").first()) {
        (Some((_, maker)), _) => format!("{maker} RISC-V core"),
        (None, Some(isa)) if isa.starts_with("rv") => {
            format!("RISC-V core ({})", isa.split('_').next().unwrap_or_default())
        }
        _ => String::new(),
    }
}

/// `spacemit,x100` as people write it: SpacemiT X100.
fn uarch(name: &str) -> String {
    let Some((maker, core)) = name.split_once(',') else { return name.to_owned() };
    let known = [
        ("sifive", "SiFive"),
        ("thead", "T-Head"),
        ("spacemit", "SpacemiT"),
        ("starfive", "StarFive"),
        ("andestech", "Andes"),
        ("microchip", "Microchip"),
        ("ventana", "Ventana"),
        ("tenstorrent", "Tenstorrent"),
    ];
    let maker = known.iter().find(|(short, _)| *short == maker).map_or(maker, |(_, maker)| maker);
    format!("{maker} {}", core.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_go_by_their_names() {
        assert_eq!(arm("0x41", "0xd80"), "ARM Cortex-A520");
        assert_eq!(
            (arm("0x51", "0x805"), arm("0x51", "0x001")),
            ("Qualcomm Kryo 4xx Silver".into(), "Qualcomm Oryon".into())
        );
        assert_eq!(
            (arm("0x99", "0x001"), arm("0x51", "0xfff")),
            ("ARM core 0x99:0x001".into(), "Qualcomm core 0xfff".into())
        );
        assert_eq!(risc_v("uarch\t: spacemit,x100\nuarch : spacemit,x100\n"), "SpacemiT X100");
        assert_eq!(risc_v("uarch\t: sifive,u74-mc\n"), "SiFive U74-MC");
        assert_eq!(risc_v("isa : rv64imafdcv\nmvendorid : 0x5b7\n"), "T-Head RISC-V core");
        assert_eq!(
            (risc_v("isa : rv64imafdc_zicsr\n"), risc_v("model name : x\n")),
            ("RISC-V core (rv64imafdc)".into(), String::new())
        );
    }
}
