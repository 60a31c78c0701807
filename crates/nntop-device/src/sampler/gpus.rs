//! GPUs of boards whose drivers have files of their own: Broadcom's VideoCore (v3d), Arm's Mali, Qualcomm's Adreno (kgsl).

use super::nodes::{Finds, Found, parsed, scaled};
use super::parse::index;
use super::{Root, SysFile, unsupported};
use nntop_core::event::{Part, PartId, Quantity};
use nntop_core::unit::Nanos;
use std::io::{self, ErrorKind};

const CARDS: &str = "/sys/class/drm";
const KGSL: &str = "/sys/class/kgsl/kgsl-3d0";

/// The clock of a Raspberry Pi's GPU, which the firmware sets.
const V3D_CLOCK: &str = "/sys/kernel/debug/clk/fw-clk-v3d/clk_rate";

/// A way to read a load.
pub(super) type Load = Box<dyn FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send>;

pub(super) fn find(root: &Root, finds: &mut Finds) {
    kgsl(root, finds);
    arm(root, finds);
    for card in root.list(CARDS).into_iter().filter(|name| index(name, "card", "").is_some()) {
        let device = format!("{CARDS}/{card}/device");
        if unsupported::driver(root, &device).as_deref() == Some("v3d") {
            v3d(root, finds, &device);
        }
    }
}

/// Whether the machine's GPU is known already: by devfreq, or as a card.
fn known(finds: &Finds) -> bool {
    finds.has_any(Part::Gpu, Quantity::Load)
}

fn found(quantity: Quantity, path: &str, read: Load) -> Found {
    Found::new(Part::Gpu, quantity, PartId::only().path(path), read).label("GPU")
}

/// Qualcomm's own driver, where devfreq does not show it.
fn kgsl(root: &Root, finds: &mut Finds) {
    if !root.exists(KGSL) {
        return;
    }
    let clock = format!("{KGSL}/gpuclk");
    if !finds.has_any(Part::Gpu, Quantity::Clock) && root.exists(&clock) {
        let most = root.number(format!("{KGSL}/max_gpuclk")).ok().filter(|hertz| *hertz > 0.0);
        let read = Box::new(scaled(root.file(&clock), 1.0));
        finds.push(found(Quantity::Clock, KGSL, read).limit(most).source(clock));
    }
    if !known(finds) {
        match kgsl_load(root) {
            Some((path, read)) => finds.push(found(Quantity::Load, KGSL, read).limit(Some(100.0)).source(path)),
            None => finds.unsupported(Part::Gpu, "gpu.load", format!("{KGSL}: driver kgsl: it shows no load")),
        }
    }
}

/// `12 %`, or the busy and the whole time of the last interval: `  123456  1000000`.
fn kgsl_load(root: &Root) -> Option<(String, Load)> {
    let at = |file: &str| Some(format!("{KGSL}/{file}")).filter(|path| root.exists(path));
    if let Some(path) = at("gpu_busy_percentage") {
        let read = parsed(root.file(&path), percent);
        return Some((path, Box::new(read)));
    }
    let path = at("gpubusy")?;
    let read = parsed(root.file(&path), busy_of_whole);
    Some((path, Box::new(read)))
}

/// `12 %`, `12%`, `12`.
fn percent(text: &str) -> Option<f64> {
    text.trim().trim_end_matches('%').trim().parse::<u32>().ok().map(f64::from)
}

fn busy_of_whole(text: &str) -> Option<f64> {
    let mut words = text.split_whitespace().map(str::parse::<u64>);
    match (words.next()?.ok()?, words.next()?.ok()?) {
        // It has slept all the time.
        (0, 0) => Some(0.0),
        (busy, whole) if busy <= whole => Some(busy as f64 / whole as f64 * 100.0),
        _ => None,
    }
}

/// The load of a devfreq GPU in the files of its driver: Qualcomm's, Arm's.
pub(super) fn load_beside(root: &Root, directory: &str) -> Option<(String, Load)> {
    let at = |path: String| Some(path).filter(|path| root.exists(path));
    if let Some(path) = at(format!("{directory}/gpu_load")) {
        let read = parsed(root.file(&path), percent);
        return Some((path, Box::new(read)));
    }
    if directory.contains("kgsl") {
        return kgsl_load(root);
    }
    let device = format!("{directory}/device");
    let files = ["utilisation", "utilization", "gpu_utilization"];
    let path = files.into_iter().find_map(|file| at(format!("{device}/{file}"))).or_else(|| mali_load(root))?;
    let read = parsed(root.file(&path), percent);
    Some((path, Box::new(read)))
}

/// A Mali's load where Arm's driver has its node.
fn mali_load(root: &Root) -> Option<String> {
    let node = |file: &str| format!("/sys/class/misc/mali0/device/{file}");
    let paths = [node("utilisation"), node("utilization"), "/sys/kernel/gpu/gpu_busy".to_owned()];
    paths.into_iter().find(|path| root.exists(path))
}

/// Notes why a devfreq GPU has no load.
pub(super) fn without_load(root: &Root, finds: &mut Finds, directory: &str) {
    let device = format!("{directory}/device");
    match unsupported::driver(root, &device) {
        Some(driver) if ["msm", "panfrost", "panthor", "etnaviv"].contains(&driver.as_str()) => {
            let reason =
                format!("{device}: driver {driver}: its load is not in sysfs, only what each process had of it");
            finds.unsupported(Part::Gpu, "gpu.load", reason);
        }
        Some(driver) => {
            finds.unsupported(
                Part::Gpu,
                "gpu.load",
                format!("{device}: driver {driver}: neither load nor utilisation"),
            );
        }
        None => finds.absent(Part::Gpu, "gpu.load", format!("{device}: neither load nor utilisation")),
    }
}

/// Arm's own driver without devfreq.
fn arm(root: &Root, finds: &mut Finds) {
    const NODE: &str = "/sys/class/misc/mali0";
    if known(finds) || !root.exists(NODE) {
        return;
    }
    match mali_load(root) {
        Some(path) => {
            let read = Box::new(parsed(root.file(&path), percent));
            finds.push(found(Quantity::Load, NODE, read).limit(Some(100.0)).source(path));
        }
        None => {
            finds.unsupported(Part::Gpu, "gpu.load", format!("{NODE}: Mali, driver mali_kbase: it shows no load here"))
        }
    }
}

/// The GPU of Raspberry Pi 4 and 5.
fn v3d(root: &Root, finds: &mut Finds, device: &str) {
    if known(finds) {
        return;
    }
    let path = format!("{device}/gpu_stats");
    if root.exists(&path) {
        let read = Box::new(busiest(root.file(&path)));
        let source = format!("{path}: its busiest queue");
        finds.push(found(Quantity::Load, device, read).limit(Some(100.0)).source(source));
    } else {
        finds.failed(Part::Gpu, "gpu.load", &path, &root.why_not(&path));
    }
    if root.exists(V3D_CLOCK) {
        finds.push(found(Quantity::Clock, device, Box::new(scaled(root.file(V3D_CLOCK), 1.0))).source(V3D_CLOCK));
    }
}

/// The share of time in which the busiest queue ran, since the last reading. The driver's table has its own time:
/// `render  1000000000000  5  600000000`, queue, time, jobs, and how long it ran, in nanoseconds.
fn busiest(file: SysFile) -> impl FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send + 'static {
    let mut last: Option<(Vec<Queue>, Option<f64>)> = None;
    let mut buffer = Vec::new();
    move |now| {
        let queues = queues(file.read_into(&mut buffer)?);
        if queues.is_empty() {
            last = None;
            return Err(io::Error::new(ErrorKind::InvalidData, "not understood"));
        }
        if now.is_none() {
            return Ok(None);
        }
        let load = match &last {
            None => None,
            Some((before, load)) => {
                // Each reading of the file has a time of its own; a table that has not moved says nothing new.
                let share = |queue: &Queue| {
                    let then = before.iter().find(|then| then.name == queue.name)?;
                    let span = queue.time.checked_sub(then.time).filter(|span| *span > 0)?;
                    Some(queue.ran.checked_sub(then.ran)? as f64 / span as f64 * 100.0)
                };
                queues.iter().filter_map(share).reduce(f64::max).map(|load| load.min(100.0)).or(*load)
            }
        };
        last = Some((queues, load));
        Ok(load)
    }
}

/// A queue's time and how long it has run, in nanoseconds.
#[derive(Debug, Clone, PartialEq)]
struct Queue {
    name: String,
    time: u64,
    ran: u64,
}

fn queues(text: &str) -> Vec<Queue> {
    let queue = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, time, _, ran] = *words else { return None };
        // Cleaning caches is no work of a program's.
        let (time, ran) = (time.parse().ok()?, ran.parse().ok()?);
        (name != "cache_clean").then(|| Queue { name: name.to_owned(), time, ran })
    };
    text.lines().filter_map(queue).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_loads_read_as_they_print_them() {
        assert_eq!((percent("12 %\n"), percent("7"), percent("-1 %")), (Some(12.0), Some(7.0), None));
        assert_eq!(busy_of_whole("  123456  1000000\n"), Some(12.3456));
        assert_eq!((busy_of_whole("0 0"), busy_of_whole("5 1"), busy_of_whole("5")), (Some(0.0), None, None));
        let text = "queue\ttimestamp\tjobs\truntime\nrender\t1000\t5\t600\ncache_clean\t1000\t1\t999\nbad\t1\n";
        assert_eq!(queues(text), [Queue { name: "render".into(), time: 1_000, ran: 600 }]);
    }
}
