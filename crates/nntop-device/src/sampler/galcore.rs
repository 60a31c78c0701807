//! NXP's driver galcore, of VeriSilicon's GPUs and neural processors: debugfs has their loads and clocks.

use super::Root;
use super::nodes::{Finds, Found, parsed, why_not};
use nntop_core::event::{Part, PartId, Quantity};

/// A part that the driver may serve: its name, its label, and how its cores are called.
type Unit = (Part, &'static str, &'static str, fn(&str) -> bool);

pub(super) fn find(root: &Root, finds: &mut Finds) {
    const LOAD: &str = "/sys/kernel/debug/gc/load";
    const CLOCK: &str = "/sys/kernel/debug/gc/clk";
    const MODULE: &str = "/sys/module/galcore";
    let here =
        root.exists("/sys/kernel/debug/gc") || root.exists(MODULE) || root.exists("/sys/class/graphics_class/galcore");
    if !here {
        return;
    }
    let units: [Unit; 2] =
        [(Part::Gpu, "gpu.load", "GPU", is_galcore_gpu), (Part::Npu, "npu.load", "NPU", is_galcore_npu)];
    let text = match root.read(LOAD) {
        Ok(text) => text,
        Err(e) => {
            for (part, name, _, _) in units {
                finds.unreadable(part, name, format!("driver galcore: {LOAD}: {}", why_not(LOAD, &e)));
            }
            return;
        }
    };
    let clocks = root.read(CLOCK).unwrap_or_default();
    for (part, name, label, is) in units {
        let id = || PartId::only().driver("galcore");
        if finds.has_any(part, Quantity::Load) {
            continue;
        }
        if galcore_load(&text, is).is_none() {
            finds.absent(part, name, format!("driver galcore: {LOAD} names no such core"));
            continue;
        }
        let read = parsed(root.file(LOAD), move |text| galcore_load(text, is));
        let load = Found::new(part, Quantity::Load, id(), read).label(label);
        finds.push(load.limit(Some(100.0)).source(LOAD));
        if !finds.has_any(part, Quantity::Clock) && galcore_clock(&clocks, is).is_some() {
            let read = parsed(root.file(CLOCK), move |text| galcore_clock(text, is));
            finds.push(Found::new(part, Quantity::Clock, id(), read).label(label).source(CLOCK));
        }
    }
}

fn is_galcore_npu(name: &str) -> bool {
    ["npu", "vip", "nn"].iter().any(|word| name.to_ascii_lowercase().contains(word))
}

fn is_galcore_gpu(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !is_galcore_npu(&name) && ["gpu", "core", "3d"].iter().any(|word| name.contains(word)) && !name.contains("2d")
}

/// The busiest core of a kind: `npu core : 83%`.
fn galcore_load(text: &str, is: fn(&str) -> bool) -> Option<f64> {
    let core = |line: &str| {
        let (name, load) = line.rsplit_once(':')?;
        is(name).then(|| load.trim().strip_suffix('%')?.trim().parse::<u32>().ok().map(f64::from))?
    };
    text.lines().filter_map(core).reduce(f64::max)
}

/// A core's clock: `gpu0 mc clock: 1000000000 HZ.`
fn galcore_clock(text: &str, is: fn(&str) -> bool) -> Option<f64> {
    let core = |line: &str| {
        let (name, clock) = line.rsplit_once(':')?;
        is(name).then(|| clock.split_whitespace().next()?.parse::<u64>().ok().map(|hertz| hertz as f64))?
    };
    text.lines().filter_map(core).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nxp_s_driver_tells_gpu_and_npu() {
        let load = "gpu  load  ... core0 : 12%\nnpu core : 83%\n";
        let clocks = "gpu0 mc clock: 1000000000 HZ.\nvipcore clock: 800000000 HZ.\n";
        assert_eq!((galcore_load(load, is_galcore_gpu), galcore_load(load, is_galcore_npu)), (Some(12.0), Some(83.0)));
        assert_eq!(
            (galcore_clock(clocks, is_galcore_gpu), galcore_clock(clocks, is_galcore_npu)),
            (Some(1e9), Some(8e8))
        );
        assert_eq!(galcore_load("core : x%\n", is_galcore_gpu), None);
    }
}
