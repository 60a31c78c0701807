//! Energy of a variant's own measured blocks: the power rails integrated over them and over nothing else.
//!
//! ```text
//! readings   ·    ·    ·    ·    ·    ·    ·    ·        counters: rising evenly between two readings
//! blocks       [─ A ─][─ B ─]   [─ B ─][─ A ─]           power:    changing evenly between two readings
//! ```
//!
//! A block counts once readings surround it, and only if none is missing; energy and inferences are of the same
//! blocks.

use super::rails::{integral, total, updates};
use super::{Device, Metric, Variant};
use nntop_core::event::{Block, BlockKind, Part, Quantity};
use nntop_core::stats::{self, BlockDigest, Interval, Ratio};
use nntop_core::unit::Nanos;

/// Below so many new values of the sensors within the measured blocks there is no energy: the edges would decide.
const UPDATES: u64 = 20;

/// Why there is no energy of variants that measure all at once.
pub(super) const PARALLEL: &str = "measured in parallel: a power rail cannot separate the variants";

/// What a variant's measured blocks took, as far as the readings cover them.
#[derive(Debug, Clone, PartialEq)]
pub struct Energy {
    /// All that the rails gave, in joules.
    pub joules: f64,
    /// What they would have given without work, in joules; absent when no idle time was measured before the run.
    pub idle_joules: Option<f64>,
    /// Inferences of these blocks.
    pub inferences: u64,
    /// The rails that were added up.
    pub rails: Vec<String>,
    /// What these feed, and what they do not.
    pub scope: String,
}

impl Energy {
    /// Per inference, in millijoules.
    pub fn gross_mj(&self) -> f64 {
        self.joules * 1e3 / self.inferences as f64
    }

    /// Per inference and without what the machine draws at rest, in millijoules. Below zero where the work drew
    /// less than the rest before it: then the two cannot be told apart.
    pub fn net_mj(&self) -> Option<f64> {
        self.idle_joules.map(|idle| (self.joules - idle) * 1e3 / self.inferences as f64)
    }

    /// Inferences per joule, gross.
    pub fn inferences_per_joule(&self) -> f64 {
        self.inferences as f64 / self.joules
    }
}

/// Takes a block in.
pub(super) fn block(device: &Device, variants: &mut [Variant], block: &Block) {
    let current = variants.iter().any(|v| v.slot == block.variant && v.run == block.run);
    if !current || block.phase != BlockKind::Measure || block.latency.n == 0 || total(device).is_empty() {
        return;
    }
    let meets = |v: &Variant| {
        // Of blocks that come as they end, only the newest can reach into this one.
        v.slot != block.variant
            && v.latency
                .recent
                .iter()
                .rev()
                .take(8)
                .any(|b| b.kind == BlockKind::Measure && b.t0 < block.t1 && block.t0 < b.t1)
    };
    let mut shared = false;
    for v in variants.iter_mut().filter(|v| meets(v)) {
        v.energy.shared = true;
        shared = true;
    }
    if let Some(v) = variants.iter_mut().find(|v| v.slot == block.variant) {
        v.energy.shared |= shared;
        v.energy.open.push((block.t0, block.t1, block.latency.n * v.spec.scenario.per_query()));
    }
}

/// Settles the blocks that the readings have passed.
pub(super) fn settle(device: &Device, variants: &mut [Variant]) {
    if variants.iter().all(|v| v.energy.open.is_empty()) {
        return;
    }
    let rails = total(device);
    let newest = |rail: &&Metric| rail.series.iter().next_back().map_or(Nanos::ZERO, |(t, _)| t);
    let Some(passed) = rails.iter().map(newest).min() else { return };
    for v in variants {
        let account = &mut v.energy;
        let open = std::mem::take(&mut account.open);
        let (done, open): (Vec<_>, Vec<_>) = open.into_iter().partition(|(_, end, _)| *end <= passed);
        account.open = open;
        for (begin, end, n) in done {
            let joules: Option<f64> = rails.iter().map(|rail| integral(rail, begin, end)).sum();
            if let Some(joules) = joules {
                account.joules += joules;
                account.inferences += n;
                // Joined blocks hold several: the one that this is in.
                let holds = |d: &&mut BlockDigest| d.began() <= begin && end <= d.ended();
                if let Some(digest) = v.latency.digests.iter_mut().rev().find(holds) {
                    digest.add_energy(joules, n);
                }
                account.span = account.span + end.since(begin);
                // The rail that is updated least decides.
                let counts = rails.iter().map(|rail| updates(rail, begin, end, account.updated));
                let fewest = counts.min_by_key(|(count, _)| *count);
                if let Some((count, last)) = fewest {
                    account.updates += count;
                    account.updated = last;
                }
            }
        }
    }
}

/// A variant's energy, or why there is none.
pub(super) fn of(device: &Device, idle: Option<(Nanos, f64)>, v: &Variant) -> Result<Energy, String> {
    let rails = total(device);
    let account = &v.energy;
    if rails.is_empty() {
        return Err(why_none(device));
    }
    let names: Vec<String> = rails.iter().map(|rail| rail.decl.label.clone()).collect();
    if account.shared {
        return Err("several variants ran at the same time: their energy cannot be separated".into());
    }
    if v.latency.blocks == 0 {
        return Err("nothing was measured".into());
    }
    // A GPU draws its idle power for whatever the processor does.
    if v.on_cpu() && rails.iter().all(|rail| rail.decl.key.part == Part::Gpu) {
        let why = absences(device);
        return Err(format!("the model ran on the processor, and only the GPU's power is known: {why}"));
    }
    if account.updates < UPDATES {
        let (names, count) = (names.join(" and "), account.updates);
        return Err(format!("only {count} new values of {names} in the measured time; {UPDATES} are needed"));
    }
    if account.joules <= 0.0 {
        return Err(format!("{} reported no energy, which is impossible", names.join(" and ")));
    }
    let mut scopes: Vec<&str> = Vec::new();
    for scope in rails.iter().filter_map(|rail| rail.decl.rail.as_ref()).map(|rail| rail.scope.as_str()) {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(Energy {
        joules: account.joules,
        idle_joules: idle.map(|(span, joules)| joules / span.as_secs_f64() * account.span.as_secs_f64()),
        inferences: account.inferences,
        rails: names,
        scope: scopes.join("; and "),
    })
}

/// The energy of an inference of `a` over one of `b`, from the pairs of blocks that belong together: above 1, `b`
/// takes less. Or why there is none.
pub(super) fn ratio(
    device: &Device,
    (a, left): (&Variant, &[BlockDigest]),
    (b, right): (&Variant, &[BlockDigest]),
) -> Result<Ratio, String> {
    for v in [a, b] {
        of(device, None, v).map_err(|why| format!("{}: {why}", v.spec.name))?;
        // A value that spans turns of both would be half the other's.
        let (values, blocks) = (v.energy.updates, v.latency.blocks);
        if values < blocks {
            return Err(format!(
                "{}: the sensors had {values} new values in {blocks} blocks, less than one each",
                v.spec.name
            ));
        }
    }
    stats::compare_energy(left, right)
        .ok_or_else(|| format!("the energy of fewer than {} pairs of blocks is known", stats::LEAST_BLOCKS))
}

/// Where a variant's energy per inference lies, in millijoules. Absent where the sensors are slower than the blocks: a
/// value that spans several would make them alike.
pub(super) fn interval(v: &Variant) -> Option<Interval> {
    let found = stats::energy_interval(&v.latency.digests).filter(|_| v.energy.updates >= v.latency.blocks)?;
    Some(Interval { low: found.low * 1e3, high: found.high * 1e3 })
}

fn why_none(device: &Device) -> String {
    let parts = device.quantity(Quantity::Power).map(|m| m.decl.label.clone()).collect::<Vec<_>>().join(", ");
    if !parts.is_empty() {
        return format!("no rail is known to feed the whole machine or a processor; there are {parts}");
    }
    absences(device)
}

/// Why rails are missing.
fn absences(device: &Device) -> String {
    let power = device.absent.iter().filter(|absent| matches!(absent.part, Part::Rail | Part::Rapl | Part::Battery));
    let reasons: Vec<&str> = power.map(|absent| absent.reason.as_str()).collect();
    if reasons.is_empty() { "no power rail was found".into() } else { reasons.join("; ") }
}
