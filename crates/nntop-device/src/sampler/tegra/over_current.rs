//! Over-current events: the hardware halves clocks for about a millisecond each, which no clock file shows.

use crate::sampler::Root;
use crate::sampler::identity::soc;
use crate::sampler::nodes::{Finds, Found, lack, scaled, why_not};
use crate::sampler::parse::index;
use nntop_core::event::{Lack, MetricDecl, MetricId, MetricKey, Part, PartId, Quantity};

const CHIPS: &str = "/sys/class/hwmon";

/// The same counters as the firmware shows them, for root.
const FIRMWARE: &str = "/sys/kernel/debug/bpmp/debug/soctherm";

pub(super) fn find(root: &Root, finds: &mut Finds) {
    let chips = root.list(CHIPS).into_iter().map(|chip| format!("{CHIPS}/{chip}"));
    let mut chips = chips.filter(|chip| root.text(format!("{chip}/name")).as_deref() == Some("soctherm_oc"));
    // What the inputs mean is Orin's wiring; Xavier's and Thor's are others.
    let cause = |n: u32| match (n, soc(root).as_deref()) {
        (1, Some("tegra234")) => "under-voltage (oc1)".to_owned(),
        (2, Some("tegra234")) => "average over-current (oc2)".to_owned(),
        (3, Some("tegra234")) => "instantaneous over-current (oc3)".to_owned(),
        _ => format!("over-current (oc{n})"),
    };
    let counters: Vec<(u32, String)> = match chips.next() {
        Some(chip) => {
            let files = root.list(&chip);
            let numbers = files.iter().filter_map(|file| index(file, "oc", "_event_cnt"));
            numbers.map(|n| (n, format!("{chip}/oc{n}_event_cnt"))).collect()
        }
        None => {
            let numbers = root.list(FIRMWARE).into_iter().filter_map(|name| index(&name, "oc", ""));
            numbers.map(|n| (n, format!("{FIRMWARE}/oc{n}/event_cnt"))).collect()
        }
    };
    if counters.is_empty() && soc(root).is_some_and(|soc| soc != "tegra210") {
        let error = root.why_not(FIRMWARE);
        let why = format!("no chip soctherm_oc in {CHIPS}; {FIRMWARE}: {}", why_not(FIRMWARE, &error));
        match lack(&error) {
            Lack::Absent => finds.absent(Part::Board, "throttle.over_current", why),
            _ => finds.unreadable(Part::Board, "throttle.over_current", why),
        }
    }
    for (n, path) in counters {
        let key = MetricKey::new(Part::Board, Quantity::ThrottleEvents);
        let decl = MetricDecl::with_detail(0, key, PartId::only(), format!("oc{n}"));
        finds.push(Found::of(decl, scaled(root.file(&path), 1.0)).label(cause(n)).source(path).often());
    }
}

/// Whether what each counter counts is switched on, where a file beside the counter tells.
pub(crate) fn enabled(root: &Root, declared: &[MetricDecl]) -> Vec<(MetricId, f64)> {
    let counters = declared.iter().filter(|metric| metric.is(Part::Board, Quantity::ThrottleEvents));
    let switch = |metric: &MetricDecl| {
        let path = metric.source.strip_suffix("_event_cnt")?;
        Some((metric.id, root.number(format!("{path}_throt_en")).ok()?))
    };
    counters.filter_map(switch).collect()
}
