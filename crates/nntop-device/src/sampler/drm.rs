//! GPUs of PCs through the kernel's own drivers: amdgpu, i915, xe. Cards go by the driver that serves them.

use super::ceiling::Ceiling;
use super::nodes::{Finds, Found, parsed, rate, scaled, why_not};
use super::parse::index;
use super::{Root, SysFile};
use nntop_core::event::{MetricDecl, MetricKey, Part, PartId, Quantity, Rail, RailRole};
use nntop_core::unit::Nanos;
use std::io;

const CARDS: &str = "/sys/class/drm";

/// Counters move in steps of milliseconds: what they rise over less than this is no power.
const SHORT: Nanos = Nanos::from_millis(50);

/// A card: where it is, and what it is called.
struct Card {
    /// `/sys/class/drm/card0`
    directory: String,
    id: PartId,
    label: String,
}

impl Card {
    /// This quantity of the card.
    fn found(
        &self,
        quantity: Quantity,
        read: impl FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send + 'static,
    ) -> Found {
        Found::new(Part::Gpu, quantity, self.id.clone(), read).label(&self.label)
    }

    /// Notes that its driver shows no such quantity.
    fn unsupported(&self, finds: &mut Finds, quantity: Quantity, reason: String) {
        let name = MetricDecl::new(0, MetricKey::new(Part::Gpu, quantity), self.id.clone()).name;
        finds.unsupported(Part::Gpu, name, reason);
    }
}

pub(super) fn find(root: &Root, finds: &mut Finds) {
    for card in root.list(CARDS).into_iter().filter(|name| index(name, "card", "").is_some()) {
        let directory = format!("{CARDS}/{card}");
        let uevent = root.read(format!("{directory}/device/uevent")).unwrap_or_default();
        let fact = |key: &str| uevent.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
        let vendor = root.text(format!("{directory}/device/vendor"));
        let driver = fact("DRIVER=");
        let kind: fn(&Root, &mut Finds, &Card) = match (driver.as_deref(), vendor.as_deref()) {
            (Some("amdgpu"), _) | (None, Some("0x1002")) => amdgpu,
            (Some("xe"), _) => xe,
            (Some("i915"), _) | (None, Some("0x8086")) => i915,
            _ => continue,
        };
        let id = PartId { driver, ..PartId::named(&card).pci(fact("PCI_SLOT_NAME=")).path(&directory) };
        kind(root, finds, &Card { directory, id, label: format!("Intel {card}") });
    }
}

/// The first of these files that is there.
fn first(root: &Root, paths: &[String]) -> Option<String> {
    paths.iter().find(|path| root.exists(path)).cloned()
}

fn megahertz(root: &Root, path: &str) -> Option<f64> {
    root.number(path).ok().filter(|mhz| *mhz > 0.0).map(|mhz| mhz * 1e6)
}

fn amdgpu(root: &Root, finds: &mut Finds, card: &Card) {
    let device = format!("{}/device", card.directory);
    let product = root.text(format!("{device}/product_name"));
    // Two cards of one kind have one name: then whose it is says the card.
    let twins = |product: &String| {
        let others = root.list(CARDS).into_iter().filter(|name| index(name, "card", "").is_some());
        let products = others.map(|name| root.text(format!("{CARDS}/{name}/device/product_name")));
        products.filter(|other| other.as_ref() == Some(product)).count() > 1
    };
    let label = match product {
        Some(product) if twins(&product) => format!("{product} ({})", card.id.name),
        Some(product) => product,
        None => format!("amdgpu {}", card.id.name),
    };
    let card = &Card { directory: card.directory.clone(), id: card.id.clone(), label };
    let mut file = |quantity, file: &str, limit: Option<f64>| {
        let path = format!("{device}/{file}");
        match root.exists(&path) {
            true => finds.push(card.found(quantity, scaled(root.file(&path), 1.0)).limit(limit).source(path)),
            false => card.unsupported(finds, quantity, format!("{path}: {}", why_not(&path, &root.why_not(&path)))),
        }
    };
    let number = |file: &str| root.number(format!("{device}/{file}")).ok().filter(|bytes| *bytes > 0.0);
    file(Quantity::Load, "gpu_busy_percent", Some(100.0));
    file(Quantity::Memory, "mem_info_vram_used", number("mem_info_vram_total"));
    if number("mem_info_gtt_total").is_some() || root.exists(format!("{device}/mem_info_gtt_used")) {
        file(Quantity::Gtt, "mem_info_gtt_used", number("mem_info_gtt_total"));
    }
    if root.exists(format!("{device}/mem_busy_percent")) {
        file(Quantity::MemoryLoad, "mem_busy_percent", Some(100.0));
    }
    let chips =
        root.list(format!("{device}/hwmon")).into_iter().map(|chip| format!("{device}/hwmon/{chip}/freq1_input"));
    let chips: Vec<String> = chips.collect();
    match first(root, &chips) {
        Some(path) => {
            let found = card.found(Quantity::Clock, scaled(root.file(&path), 1.0));
            finds.push(found.limit(highest_state(root, &device)).source(path));
        }
        None if current_state(&root.read(format!("{device}/pp_dpm_sclk")).unwrap_or_default()).is_some() => {
            // Chips before Vega, and virtual functions, have no clock in hwmon.
            let path = format!("{device}/pp_dpm_sclk");
            let found = card.found(Quantity::Clock, parsed(root.file(&path), current_state));
            finds.push(found.limit(highest_state(root, &device)).source(format!("{path}: the line with *")));
        }
        None => {
            card.unsupported(finds, Quantity::Clock, format!("{device}: neither hwmon's freq1_input nor pp_dpm_sclk"))
        }
    }
    let states = format!("{device}/pp_dpm_mclk");
    if root.read(&states).is_ok_and(|text| current_state(&text).is_some()) {
        let found = card.found(Quantity::MemoryClock, parsed(root.file(&states), current_state));
        finds.push(found.source(format!("{states}: the line with *")));
    }
}

/// The line with the star of `0: 500Mhz`, `1: 1500Mhz *`, in Hz.
fn current_state(text: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.trim_end().strip_suffix('*'))?;
    state(line)
}

/// `1: 1500Mhz`, in Hz. A state of sleep is `S: 19Mhz`.
fn state(line: &str) -> Option<f64> {
    let value = line.split_once(':')?.1.trim().to_lowercase();
    value.split_once("mhz")?.0.trim().parse::<u32>().ok().map(|mhz| f64::from(mhz) * 1e6)
}

/// The last line of `0: 500Mhz`, `1: 1500Mhz *`, in Hz.
fn highest_state(root: &Root, device: &str) -> Option<f64> {
    let text = root.read(format!("{device}/pp_dpm_sclk")).ok()?;
    text.lines().filter_map(state).reduce(f64::max)
}

fn i915(root: &Root, finds: &mut Finds, card: &Card) {
    let directory = &card.directory;
    let gt = format!("{directory}/gt/gt0");
    let paths = |new: &str, old: &str| [format!("{gt}/{new}"), format!("{directory}/{old}")];
    let most = first(root, &paths("rps_RP0_freq_mhz", "gt_RP0_freq_mhz")).and_then(|path| megahertz(root, &path));
    let cap = first(root, &paths("rps_max_freq_mhz", "gt_max_freq_mhz"));
    let allowed = cap.as_deref().and_then(|path| megahertz(root, path));
    // The clock that the GPU runs at, 0 while it sleeps; else the one that it was asked for.
    let act = first(root, &paths("rps_act_freq_mhz", "gt_act_freq_mhz"));
    let clock = act.or_else(|| first(root, &paths("rps_cur_freq_mhz", "gt_cur_freq_mhz")));
    clocks(root, finds, card, (clock, cap, most.or(allowed)), directory);
    let idle = first(root, &paths("rc6_residency_ms", "power/rc6_residency_ms"));
    busy(root, finds, card, idle, directory);
    reasons(root, finds, card, &gt, "throttle_reason_");
    energy(root, finds, card);
}

fn xe(root: &Root, finds: &mut Finds, card: &Card) {
    let gt = format!("{}/device/tile0/gt0", card.directory);
    let at = |file: &str| Some(format!("{gt}/{file}")).filter(|path| root.exists(path));
    let most = at("freq0/rp0_freq").and_then(|path| megahertz(root, &path));
    let cap = at("freq0/max_freq");
    let allowed = cap.as_deref().and_then(|path| megahertz(root, path));
    let clock = at("freq0/act_freq").or_else(|| at("freq0/cur_freq"));
    clocks(root, finds, card, (clock, cap, most.or(allowed)), &gt);
    busy(root, finds, card, at("gtidle/idle_residency_ms"), &gt);
    reasons(root, finds, card, &format!("{gt}/freq0/throttle"), "reason_");
    energy(root, finds, card);
}

type Clocks = (Option<String>, Option<String>, Option<f64>);

fn clocks(root: &Root, finds: &mut Finds, card: &Card, (clock, cap, most): Clocks, directory: &str) {
    let mut file = |quantity, path: &str, limit| {
        finds.push(card.found(quantity, scaled(root.file(path), 1e6)).limit(limit).source(path));
    };
    if let Some(path) = &cap {
        file(Quantity::ClockCap, path, most);
    }
    match &clock {
        Some(path) => file(Quantity::Clock, path, most),
        None => card.unsupported(finds, Quantity::Clock, format!("{directory}: the driver shows no clock")),
    }
}

/// What is not sleep is counted as work: too high where the GPU is kept awake, never too low.
fn busy(root: &Root, finds: &mut Finds, card: &Card, idle: Option<String>, directory: &str) {
    let Some(path) = idle else {
        return card.unsupported(finds, Quantity::Load, format!("{directory}: the driver shows no time asleep"));
    };
    let file = root.file(&path);
    let load = |ms_per_second: f64| (100.0 - ms_per_second / 10.0).clamp(0.0, 100.0);
    let found = card.found(Quantity::Load, rate(move || file.number(), load));
    finds.push(found.limit(Some(100.0)).source(format!("{path}: time not asleep")));
}

/// Why the GPU is slower than it was asked to be.
fn reasons(root: &Root, finds: &mut Finds, card: &Card, directory: &str, prefix: &str) {
    for file in root.list(directory) {
        let Some(reason) = file.strip_prefix(prefix).filter(|reason| *reason != "status") else { continue };
        let path = format!("{directory}/{file}");
        let key = MetricKey::new(Part::Gpu, Quantity::Throttled);
        let decl = MetricDecl::with_detail(0, key, card.id.clone(), reason.to_owned());
        let found = Found::of(decl, scaled(root.file(&path), 1.0));
        finds.push(found.label(format!("GPU held back ({reason})")).source(path).often());
    }
}

/// A discrete card's energy counters, in microjoules. i915 has one; xe has the card's, which is the first, and the
/// package's, which is within it, and on some machines only the latter.
/// <https://docs.kernel.org/admin-guide/abi-testing.html> (`sysfs-driver-intel-xe-hwmon`)
fn energy(root: &Root, finds: &mut Finds, card: &Card) {
    let directory = format!("{}/device/hwmon", card.directory);
    let chips = root.list(&directory).into_iter().map(|chip| format!("{directory}/{chip}"));
    // i915 has a chip for each tile beside the card's.
    let chips = chips.filter(|chip| !root.text(format!("{chip}/name")).is_some_and(|name| name.contains("_gt")));
    let counters = chips.flat_map(|chip| [1, 2].map(|n| (chip.clone(), n)));
    let mut counters = counters.filter(|(chip, n)| root.exists(format!("{chip}/energy{n}_input")));
    let Some((chip, n)) = counters.next() else { return };
    let scope = match n {
        1 => "the GPU with its memory; not the processor",
        _ => "the GPU's package; not its memory and board",
    };
    let rail = Rail { role: RailRole::Share, scope: scope.to_owned(), update: None };
    let path = format!("{chip}/energy{n}_input");
    let ceiling = Ceiling::of_power(root, &chip, n).or_else(|| Ceiling::of_power(root, &chip, 1));
    let joules = card.found(Quantity::Energy, counted(root.file(&path), ceiling.as_ref())).rail(rail.clone());
    finds.push(joules.source(&path).often());
    let found = card.found(Quantity::Power, watts(root.file(&path))).rail(rail).ceiling(ceiling);
    finds.push(found.source(format!("{path}: its rise over time")).often());
    if let Some((chip, n)) = counters.next() {
        let path = format!("{chip}/energy{n}_input");
        let label = root.text(format!("{chip}/energy{n}_label")).unwrap_or_else(|| "package".to_owned());
        let id = PartId { name: format!("{} {label}", card.id.name), ..card.id.clone() };
        let ceiling = Ceiling::of_power(root, &chip, n).or_else(|| Ceiling::of_power(root, &chip, 1));
        let rail = Rail { role: RailRole::Part, scope: format!("part of {}", card.label), update: None };
        let joules = counted(root.file(&path), ceiling.as_ref());
        let joules = Found::new(Part::Rail, Quantity::Energy, id.clone(), joules).rail(rail.clone());
        finds.push(joules.label(format!("{} {label}", card.label)).source(&path).often());
        let found = Found::new(Part::Rail, Quantity::Power, id, watts(root.file(&path))).rail(rail).ceiling(ceiling);
        finds
            .push(found.label(format!("{} {label}", card.label)).source(format!("{path}: its rise over time")).often());
    }
}

/// How fast a counter of microjoules rises.
fn watts(counter: SysFile) -> impl FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send + 'static {
    rate(move || counter.number(), |microjoules| microjoules / 1e6)
}

/// A counter of microjoules, in joules, without what it rises faster than can be: that is left out of its sum.
fn counted(
    counter: SysFile,
    ceiling: Option<&Ceiling>,
) -> impl FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send + 'static {
    let most = ceiling.map(Ceiling::most);
    let mut last: Option<(Nanos, f64)> = None;
    let mut left_out = 0.0;
    move |now| {
        let joules = counter.number()? / 1e6;
        let (Some(now), Some(most)) = (now, most) else { return Ok(Some(joules)) };
        match last {
            Some((then, _)) if now.since(then) < SHORT => {}
            Some((then, before)) => {
                last = Some((now, joules));
                if joules - before > most * now.since(then).as_secs_f64() {
                    left_out += joules - before;
                    return Ok(None);
                }
            }
            None => last = Some((now, joules)),
        }
        Ok(Some(joules - left_out))
    }
}
