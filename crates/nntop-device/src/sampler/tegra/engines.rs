//! Video codecs, image compositor, deep learning and vision accelerators: clocks, loads, whether they are on.

use crate::sampler::Root;
use crate::sampler::nodes::{Finds, Found, parsed, scaled};
use crate::sampler::parse::parent;
use nntop_core::event::{Part, PartId, Quantity};

/// Clocks as the boot processor's firmware shows them (TX2 and newer), for root.
const FIRMWARE: &str = "/sys/kernel/debug/bpmp/debug/clk";

/// Clocks as the kernel shows them (Nano), for root.
const KERNEL: &str = "/sys/kernel/debug/clk";

/// The clocks of engines, and how tegrastats calls these.
const ENGINES: [(&str, &str); 13] = [
    ("nvenc", "NVENC"),
    ("nvenc1", "NVENC1"),
    ("nvdec", "NVDEC"),
    ("nvdec1", "NVDEC1"),
    ("nvjpg", "NVJPG"),
    ("nvjpg1", "NVJPG1"),
    ("vic", "VIC"),
    ("ofa", "OFA"),
    ("ape", "APE"),
    ("se", "SE"),
    ("msenc", "MSENC"),
    ("nafll_dla", "DLA"),
    ("nafll_pva_vps", "PVA"),
];

/// Where engines hang, by release.
const HOSTS: [&str; 5] = [
    "/sys/devices/platform/bus@0/13e00000.host1x",
    "/sys/devices/platform/13e40000.host1x",
    "/sys/devices/platform/13e10000.host1x",
    "/sys/devices/platform/host1x",
    "/sys/devices/50000000.host1x",
];

pub(super) fn find(root: &Root, finds: &mut Finds) {
    for (clock, label) in ENGINES {
        let device = PartId::named(label);
        let paths = [format!("{FIRMWARE}/{clock}/rate"), format!("{KERNEL}/{clock}/clk_rate")];
        if let Some(path) =
            paths.iter().find(|path| root.exists(path)).filter(|_| !finds.has(Part::Unit, Quantity::Clock, &device))
        {
            finds.file(root, (Part::Unit, Quantity::Clock, device), label, path, 1.0);
        }
    }
    // Averaged by the engine's own monitor, in per mille: what tegrastats reads.
    let vic = "/sys/kernel/debug/vic/actmon_avg_norm";
    if root.exists(vic) {
        load(root, finds, "VIC", vic.to_owned());
    }
    for host in HOSTS {
        for device in root.list(host) {
            let kind = device.split_once('.').map_or("", |(_, kind)| kind);
            let engine = ENGINES.iter().find(|(name, _)| *name == kind).map(|(_, label)| *label);
            let path = format!("{host}/{device}/load");
            if let Some(label) = engine.filter(|_| root.exists(&path)) {
                load(root, finds, label, path);
            }
            if let Some(number) = kind.strip_prefix("nvdla") {
                accelerator(root, finds, &format!("{host}/{device}"), number);
            }
        }
    }
    let engine = |(_, label): &(&str, &str)| finds.has(Part::Unit, Quantity::Clock, &PartId::named(*label));
    if !ENGINES.iter().any(engine) {
        finds.failed(Part::Unit, "engine", FIRMWARE, &root.why_not(FIRMWARE));
    }
}

fn load(root: &Root, finds: &mut Finds, label: &str, path: String) {
    let device = PartId::named(label).path(parent(&path));
    if !finds.has(Part::Unit, Quantity::Load, &device) {
        let read = scaled(root.file(&path), 0.1);
        let found = Found::new(Part::Unit, Quantity::Load, device, read).limit(Some(100.0));
        finds.push(found.source(format!("{path} / 10")));
    }
}

/// A deep learning accelerator tells no load, but whether it has power.
fn accelerator(root: &Root, finds: &mut Finds, device: &str, number: &str) {
    let path = format!("{device}/power/runtime_status");
    let id = PartId::named(format!("DLA{number}")).path(device);
    if root.exists(&path) && !finds.has(Part::Unit, Quantity::On, &id) {
        let on = |text: &str| match text.trim() {
            "active" | "resuming" => Some(1.0),
            "suspended" | "suspending" => Some(0.0),
            _ => None,
        };
        let found = Found::new(Part::Unit, Quantity::On, id, parsed(root.file(&path), on));
        finds.push(found.limit(Some(1.0)).source(path));
    }
}
