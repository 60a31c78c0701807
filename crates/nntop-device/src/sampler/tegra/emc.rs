//! The external memory controller: clock and load.

use crate::sampler::Root;
use crate::sampler::nodes::{Finds, Found, scaled};
use nntop_core::event::{Part, PartId, Quantity};
use std::io::{Error, ErrorKind};

/// Where the clock is: TX2 to Orin, Nano, TK1. Thor's is a devfreq device. In Hz.
const CLOCKS: [(&str, &str); 3] = [
    ("/sys/kernel/debug/bpmp/debug/clk/emc/rate", "/sys/kernel/debug/bpmp/debug/clk/emc/max_rate"),
    ("/sys/kernel/debug/clk/override.emc/clk_rate", "/sys/kernel/debug/tegra_bwmgr/emc_max_rate"),
    ("/sys/kernel/debug/clk/emc/clk_rate", "/sys/kernel/debug/clk/emc/clk_max_rate"),
];

/// Where the activity is, averaged: so many that divided by the clock in kHz it is percent (jtop's rule).
const ACTIVITY: [&str; 3] = [
    "/sys/kernel/debug/cactmon/mc_all",
    "/sys/kernel/debug/bpmp/debug/actmon/mc_all_avg_activity",
    "/sys/kernel/actmon_avg_activity/mc_all",
];

/// What the power mode allows, in Hz; 0 is no cap.
const CAPS: [&str; 2] = ["/sys/kernel/nvpmodel_clk_cap/emc", "/sys/kernel/nvpmodel_emc_cap/emc_iso_cap"];

pub(super) fn find(root: &Root, finds: &mut Finds) {
    let here = |path: &&str| root.exists(path);
    if let Some(cap) = CAPS.into_iter().find(here) {
        // 0 would read as a clock of none at all.
        let file = root.file(cap);
        let read = move |_| Ok(file.number()?).map(|hertz| (hertz > 0.0).then_some(hertz));
        finds.push(
            Found::new(Part::MemoryController, Quantity::ClockCap, PartId::only(), read).label("EMC").source(cap),
        );
    }
    let clock = CLOCKS.into_iter().find(|(rate, _)| root.exists(rate));
    if let Some((rate, most)) = clock.filter(|_| !finds.has_any(Part::MemoryController, Quantity::Clock)) {
        // "Unknown" is the greatest 64-bit number there.
        let limit = root.number(most).ok().filter(|hertz| (1.0..1e12).contains(hertz));
        let read = scaled(root.file(rate), 1.0);
        let found = Found::new(Part::MemoryController, Quantity::Clock, PartId::only(), read);
        finds.push(found.label("EMC").limit(limit).source(rate));
    }
    let activity = ACTIVITY.into_iter().find(here);
    match (activity, clock) {
        (Some(activity), Some((rate, _))) => {
            let (busy, hertz) = (root.file(activity), root.file(rate));
            let read = move |_| {
                let hertz = hertz.number()?;
                let zero = || Error::new(ErrorKind::InvalidData, "the clock is 0");
                (hertz > 0.0).then_some(()).ok_or_else(zero)?;
                Ok(Some(busy.number()? / (hertz / 1e3)))
            };
            let found = Found::new(Part::MemoryController, Quantity::Load, PartId::only(), read);
            finds.push(found.label("EMC").limit(Some(100.0)).source(format!("{activity} / ({rate} / 1000)")));
        }
        _ => {
            if !finds.has_any(Part::MemoryController, Quantity::Clock) {
                let path = CLOCKS[0].0;
                finds.failed(Part::MemoryController, "memory_controller.clock", path, &root.why_not(path));
            }
            let path = ACTIVITY[0];
            finds.failed(Part::MemoryController, "memory_controller.load", path, &root.why_not(path));
        }
    }
}
