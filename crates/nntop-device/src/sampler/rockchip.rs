//! Rockchip boards: neural processor, 2D engines and codecs. GPU and memory controller are devfreq devices.

use super::Root;
use super::identity::is_rockchip;
use super::nodes::{Finds, Found, parsed};
use nntop_core::event::{Part, PartId, Quantity};

const NPU: &str = "/sys/kernel/debug/rknpu/load";
const RGA: &str = "/sys/kernel/debug/rkrga/load";
const VPU: &str = "/proc/mpp_service/load";

pub(super) fn find(root: &Root, finds: &mut Finds) {
    if !is_rockchip(root) {
        return;
    }
    let text = |finds: &mut Finds, part: Part, name: &str, path: &str| match root.read(path) {
        Ok(text) => text,
        Err(e) => {
            finds.failed(part, name, path, &e);
            String::new()
        }
    };
    // Never devfreq's: the driver's answer to the kernel's question for a load is empty, which reads as 100 %.
    if !finds.has(Part::Npu, Quantity::Load, &PartId::only()) {
        let loads = text(finds, Part::Npu, "npu.load", NPU);
        if !loads.is_empty() && npu_cores(&loads).is_empty() {
            finds.absent(Part::Npu, "npu.load", format!("{NPU}: not understood"));
        }
        npu(root, finds, &loads);
    }
    let schedulers = rga(&text(finds, Part::Unit, "engine.RGA", RGA));
    for (n, (name, _)) in schedulers.into_iter().enumerate() {
        let label = format!("RGA{n} ({name})");
        let read = parsed(root.file(RGA), move |text| rga(text).get(n).map(|(_, load)| *load));
        let found = Found::new(Part::Unit, Quantity::Load, PartId::named(format!("RGA{n}")).driver("rkrga"), read);
        finds.push(found.label(label).limit(Some(100.0)).source(format!("{RGA}: scheduler[{n}]")));
    }
    for (name, _) in vpu(&text(finds, Part::Unit, "engine.VPU", VPU)) {
        let source = format!("{VPU}: load of {name}");
        let read = {
            let name = name.clone();
            parsed(root.file(VPU), move |text| {
                vpu(text).into_iter().find(|(other, _)| *other == name).map(|(_, load)| load)
            })
        };
        let found =
            Found::new(Part::Unit, Quantity::Load, PartId::named(format!("VPU.{name}")).driver("mpp_service"), read);
        finds.push(found.label(name).limit(Some(100.0)).source(source));
    }
}

fn npu(root: &Root, finds: &mut Finds, text: &str) {
    let cores = npu_cores(text);
    if cores.is_empty() {
        return;
    }
    let mean = |text: &str| {
        let cores = npu_cores(text);
        (!cores.is_empty()).then(|| cores.iter().sum::<f64>() / cores.len() as f64)
    };
    let found = Found::new(Part::Npu, Quantity::Load, PartId::only().driver("rknpu"), parsed(root.file(NPU), mean))
        .label("NPU");
    let source = if cores.len() > 1 { format!("{NPU}: mean of its cores") } else { NPU.to_owned() };
    finds.push(found.limit(Some(100.0)).source(source));
    for n in (0..cores.len()).filter(|_| cores.len() > 1) {
        let read = parsed(root.file(NPU), move |text| npu_cores(text).get(n).copied());
        let found = Found::new(Part::NpuCore, Quantity::Load, PartId::named(n.to_string()).driver("rknpu"), read)
            .label(format!("NPU core {n}"));
        finds.push(found.limit(Some(100.0)).source(format!("{NPU}: Core{n}")));
    }
}

/// `NPU load:  Core0:  0%, Core1:  0%, Core2:  0%,` or, of a single one, `NPU load:  12%`.
fn npu_cores(text: &str) -> Vec<f64> {
    let Some((_, loads)) = text.split_once("NPU load:") else { return Vec::new() };
    let loads = loads.split(',').filter_map(|part| part.rsplit(':').next()?.trim().strip_suffix('%'));
    loads.filter_map(|load| load.trim().parse::<u32>().ok().map(f64::from)).collect()
}

/// Each scheduler's name and load: `scheduler[0]: rga3`, then `load = 0%`.
fn rga(text: &str) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    let mut name = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with("scheduler[") {
            name = line.split_once(':').map(|(_, name)| name.trim().to_owned());
        } else if let Some(load) = line.strip_prefix("load") {
            let load = load.trim_start_matches([' ', '=', '\t']).trim_end_matches('%').trim();
            found.extend(name.take().zip(load.parse::<u32>().ok().map(f64::from)));
        }
    }
    found
}

/// Each codec's device and load: `fdbd0000.rkvenc-core   load:   0.00% utilization:   0.00%`.
fn vpu(text: &str) -> Vec<(String, f64)> {
    let codec = |line: &str| {
        let (name, rest) = line.split_once("load:")?;
        let load = rest.trim_start().split('%').next()?.parse::<f64>().ok().filter(|load| load.is_finite())?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), load))
    };
    text.lines().filter_map(codec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_read_as_the_drivers_print_them() {
        assert_eq!(npu_cores("NPU load:  Core0: 17%, Core1:  0%, Core2:  4%,\n"), [17.0, 0.0, 4.0]);
        assert_eq!(npu_cores("NPU load:  12%\n"), [12.0]);
        assert_eq!(npu_cores("NPU load:  Core0: -3%,\n"), [] as [f64; 0]);
        let text = "num of scheduler = 2\n================= load ==================\n\
                    scheduler[0]: rga3\n\t load = 3%\n-----\nscheduler[1]: rga2\n\t load = 0%\n";
        assert_eq!(rga(text), [("rga3".into(), 3.0), ("rga2".into(), 0.0)]);
        let text = "fdbd0000.rkvenc-core      load:   1.50% utilization:   0.00%\nfdc38100.rkvdec load: x\n";
        assert_eq!(vpu(text), [("fdbd0000.rkvenc-core".into(), 1.5)]);
    }
}
