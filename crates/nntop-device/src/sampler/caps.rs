//! How far clocks may go: caps and floors of the CPUs' policies, and whether all clocks are pinned.

use super::nodes::{Finds, Found, scaled};
use super::{Root, SysFile};
use nntop_core::event::{Part, PartId, Quantity};

const POLICIES: &str = "/sys/devices/system/cpu/cpufreq";
const DEVICES: &str = "/sys/class/devfreq";

pub(super) fn find(root: &Root, finds: &mut Finds) {
    let mut pairs: Vec<(SysFile, SysFile)> = Vec::new();
    for policy in root.list(POLICIES).into_iter().filter(|name| name.starts_with("policy")) {
        let file = |file: &str| format!("{POLICIES}/{policy}/{file}");
        let (low, high) = (file("scaling_min_freq"), file("scaling_max_freq"));
        let khz = |path: &str| root.number(path).ok().filter(|khz| *khz > 0.0);
        let most = khz(&file("cpuinfo_max_freq")).map(|khz| khz * 1e3);
        let found = |quantity, path: &str, limit| {
            let read = scaled(root.file(path), 1e3);
            let device = PartId::named(&policy).path(format!("{POLICIES}/{policy}"));
            Found::new(Part::Policy, quantity, device, read).limit(limit).source(path)
        };
        if khz(&high).is_some() {
            // The kernel lowers it for heat, too.
            finds.push(found(Quantity::ClockCap, &high, most));
        }
        if khz(&low).is_some() {
            finds.push(found(Quantity::ClockFloor, &low, None));
        }
        if khz(&high).is_some() && khz(&low).is_some() {
            pairs.push((root.file(low), root.file(high)));
        }
    }
    if pairs.is_empty() {
        return;
    }
    for name in root.list(DEVICES).into_iter().filter(|name| name.ends_with("gpu") || name == "gpu-gpc-0") {
        let file = |file: &str| root.file(format!("{DEVICES}/{name}/{file}"));
        if file("min_freq").exists() && file("max_freq").exists() {
            pairs.push((file("min_freq"), file("max_freq")));
        }
    }
    // What jetson_clocks does, and `cpupower frequency-set -d X -u X`: nothing keeps a note of it, so that it is
    // seen by its effect. A core that is off has no clock to pin.
    let pinned = move |_| {
        let mut all = true;
        let mut any = false;
        for (low, high) in &pairs {
            if let (Ok(low), Ok(high)) = (low.number(), high.number()) {
                any = true;
                all &= low == high;
            }
        }
        Ok(any.then_some(f64::from(u8::from(all))))
    };
    let found = Found::new(Part::Board, Quantity::ClocksPinned, PartId::only(), pinned).label("all clocks");
    finds.push(found.limit(Some(1.0)).source("lowest = highest allowed clock of every CPU policy and GPU"));
}
