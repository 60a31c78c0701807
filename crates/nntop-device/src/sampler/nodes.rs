//! Metrics that are each one small file: what most boards have. A kind of hardware is a function that finds its
//! files; this is the sampler around it, which looks again now and then for files that came late.

use super::ceiling::Ceiling;
use super::parse::reason;
use super::{Reading, Registry, Root, Sampler, SysFile};
use nntop_core::event::{Lack, MetricDecl, MetricId, MetricKey, Part, PartId, Quantity, Rail};
use nntop_core::unit::{Nanos, Unit};
use std::io::{self, ErrorKind};

/// Takes a reading at a time of the stream; without a time it only tries whether there is something to read.
/// `Ok(None)` is a rate that has no second reading yet.
pub(super) type Read = Box<dyn FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send>;

/// Rates are differences over at least this long; in between the last value holds.
const RATE_WINDOW: Nanos = Nanos::from_millis(50);

/// A metric that was found.
pub(super) struct Found {
    decl: MetricDecl,
    often: bool,
    ceiling: Option<Ceiling>,
    read: Read,
}

impl Found {
    pub(super) fn new(
        part: Part,
        quantity: Quantity,
        device: PartId,
        read: impl FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send + 'static,
    ) -> Self {
        Self::of(MetricDecl::new(0, MetricKey::new(part, quantity), device), read)
    }

    /// As a declaration has it; the number does not matter.
    pub(super) fn of(
        decl: MetricDecl,
        read: impl FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send + 'static,
    ) -> Self {
        Self { decl, often: false, ceiling: None, read: Box::new(read) }
    }

    /// What tells it from others on a screen.
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.decl.label = label.into();
        self
    }

    /// Where it is read.
    pub(super) fn source(mut self, source: impl Into<String>) -> Self {
        self.decl.source = source.into();
        self
    }

    /// The value that it cannot or must not exceed.
    pub(super) fn limit(mut self, limit: Option<f64>) -> Self {
        self.decl.limit = limit;
        self
    }

    /// Beyond this it is no reading.
    pub(super) fn ceiling(mut self, ceiling: Option<Ceiling>) -> Self {
        self.ceiling = ceiling;
        self
    }

    /// The power rail that it is about.
    pub(super) fn rail(mut self, rail: Rail) -> Self {
        self.decl.rail = Some(rail);
        self
    }

    /// Read with the power rails, ten times a second while something is measured.
    pub(super) fn often(self) -> Self {
        Self { often: true, ..self }
    }
}

/// What a look at the machine gave.
#[derive(Default)]
pub(super) struct Finds {
    found: Vec<Found>,
    absent: Vec<(Lack, Part, String, String)>,
}

impl Finds {
    pub(super) fn push(&mut self, found: Found) {
        self.found.push(found);
    }

    /// The number in a file, times `factor`.
    pub(super) fn file(
        &mut self,
        root: &Root,
        (part, quantity, device): (Part, Quantity, PartId),
        label: impl Into<String>,
        path: &str,
        factor: f64,
    ) {
        self.push(Found::new(part, quantity, device, scaled(root.file(path), factor)).label(label).source(path));
    }

    /// The machine has no such thing.
    pub(super) fn absent(&mut self, part: Part, name: impl Into<String>, reason: impl Into<String>) {
        self.absent.push((Lack::Absent, part, name.into(), reason.into()));
    }

    /// It is there and cannot be read.
    #[allow(dead_code)]
    pub(super) fn unreadable(&mut self, part: Part, name: impl Into<String>, reason: impl Into<String>) {
        self.absent.push((Lack::Unreadable, part, name.into(), reason.into()));
    }

    /// It is there, and its driver is not supported.
    pub(super) fn unsupported(&mut self, part: Part, name: impl Into<String>, reason: impl Into<String>) {
        self.absent.push((Lack::Unsupported, part, name.into(), reason.into()));
    }

    /// `path` gave no reading, for this reason: it is not there, or it is and may not be read.
    pub(super) fn failed(&mut self, part: Part, name: impl Into<String>, path: &str, error: &io::Error) {
        self.absent.push((lack(error), part, name.into(), format!("{path}: {}", why_not(path, error))));
    }

    /// Whether anything is known of a piece of this kind: a reading, or why there is none.
    pub(super) fn speaks_of(&self, part: Part, directory: &str) -> bool {
        self.found.iter().any(|f| f.decl.key.part == part && f.decl.device.path.as_deref() == Some(directory))
    }

    /// Whether this quantity of this part was found.
    pub(super) fn has(&self, part: Part, quantity: Quantity, device: &PartId) -> bool {
        self.found.iter().any(|found| found.decl.is(part, quantity) && found.decl.device.name == device.name)
    }

    /// Whether this quantity of any part of the kind was found.
    pub(super) fn has_any(&self, part: Part, quantity: Quantity) -> bool {
        self.found.iter().any(|found| found.decl.is(part, quantity))
    }
}

/// The sampler around a function that finds files.
pub(super) struct Nodes {
    name: &'static str,
    root: Root,
    find: fn(&Root, &mut Finds),
    known: Vec<Node>,
    /// What was read and cannot be.
    refused: Vec<(MetricId, String)>,
}

struct Node {
    id: MetricId,
    unit: Unit,
    often: bool,
    ceiling: Option<(Ceiling, String)>,
    read: Read,
}

impl Nodes {
    pub(super) fn new(name: &'static str, root: &Root, find: fn(&Root, &mut Finds)) -> Self {
        Self { name, root: root.clone(), find, known: Vec::new(), refused: Vec::new() }
    }

    fn pass(&mut self, now: Nanos, out: &mut Vec<Reading>, wanted: impl Fn(&Node) -> bool) {
        for node in self.known.iter_mut().filter(|node| wanted(node)) {
            let value = (node.read)(Some(now)).ok().flatten();
            let mut value = value.filter(|value| sane(node.unit, *value));
            if let (Some((ceiling, source)), Some(watts)) = (&node.ceiling, value)
                && !ceiling.holds(watts)
            {
                self.refused.push((node.id, ceiling.refused(source, watts)));
                value = None;
            }
            out.push((node.id, value));
        }
    }
}

impl Sampler for Nodes {
    fn name(&self) -> &'static str {
        self.name
    }

    fn probe(&mut self, registry: &mut Registry) {
        let mut finds = Finds::default();
        (self.find)(&self.root, &mut finds);
        for mut found in finds.found {
            let (part, name, source) = (found.decl.key.part, &found.decl.name, &found.decl.source);
            if registry.has(name) {
                continue;
            }
            match (found.read)(None) {
                Err(e) if matches!(e.kind(), ErrorKind::PermissionDenied | ErrorKind::NotFound) => {
                    registry.lacks(lack(&e), part, name, format!("{source}: {}", why_not(source, &e)));
                    continue;
                }
                // Declared all the same: a unit that is off answers once it is switched on.
                Err(e) => registry.unreadable(part, name, format!("{source}: cannot be read now ({})", reason(&e))),
                Ok(Some(value)) if !sane(found.decl.unit, value) => {
                    registry.unreadable(part, name, format!("{source}: reads {value}, which is impossible"));
                }
                Ok(_) => {}
            }
            let unit = found.decl.unit;
            let ceiling = found.ceiling.zip(Some(found.decl.source.clone()));
            let id = registry.add(found.decl).id();
            self.known.push(Node { id, unit, often: found.often, ceiling, read: found.read });
        }
        for (lack, part, name, reason) in finds.absent {
            registry.lacks(lack, part, name, reason);
        }
    }

    fn probe_again(&mut self, registry: &mut Registry) {
        self.probe(registry);
    }

    fn sample(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        self.pass(now, out, |_| true);
    }

    fn sample_rails(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        self.pass(now, out, |node| node.often);
    }

    fn refused(&mut self) -> Vec<(MetricId, String)> {
        std::mem::take(&mut self.refused)
    }
}

/// A file that is there and may not be read is another thing than one that is not there.
pub(super) fn lack(error: &io::Error) -> Lack {
    match error.kind() {
        ErrorKind::NotFound => Lack::Absent,
        _ => Lack::Unreadable,
    }
}

/// Why a file cannot be read, and what would grant it.
pub(super) fn why_not(path: &str, error: &io::Error) -> String {
    let reason = reason(error);
    match error.kind() {
        ErrorKind::PermissionDenied if path.starts_with("/sys/kernel/debug") => format!(
            "{reason}: debugfs is for root; `sudo mount -o remount,mode=755 /sys/kernel/debug` opens it until the \
             next boot"
        ),
        ErrorKind::PermissionDenied => format!("{reason}: `sudo chmod a+r {path}` opens it until the next boot"),
        _ => reason,
    }
}

/// Whether a value can be one: garbled files hold any number.
fn sane(unit: Unit, value: f64) -> bool {
    match unit {
        Unit::Percent => (0.0..=100.0).contains(&value),
        Unit::Hertz => (0.0..1e12).contains(&value),
        Unit::Celsius => (-60.0..150.0).contains(&value),
        Unit::Rpm => (0.0..1e6).contains(&value),
        Unit::Volts => (-1e4..1e4).contains(&value),
        // Some sensors count what flows back as negative.
        Unit::Watts | Unit::Amperes => (-1e5..1e5).contains(&value),
        Unit::Bytes | Unit::BytesPerSecond | Unit::Joules | Unit::Nanoseconds | Unit::Count => {
            (0.0..1e19).contains(&value)
        }
    }
}

/// Reads the integer in a file, times `factor`.
pub(super) fn scaled(
    file: SysFile,
    factor: f64,
) -> impl FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send + 'static {
    move |_| Ok(Some(file.number()? * factor))
}

/// Reads what `value` finds in the text of a file; text without it is an error.
pub(super) fn parsed(
    file: SysFile,
    value: impl Fn(&str) -> Option<f64> + Send + 'static,
) -> impl FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send + 'static {
    let mut buffer = Vec::new();
    move |_| {
        let text = file.read_into(&mut buffer)?;
        value(text).map(Some).ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "not understood"))
    }
}

/// How fast a counter rises per second, as `value` makes it of that. A counter that fell has begun anew.
pub(super) fn rate(
    mut counter: impl FnMut() -> io::Result<f64> + Send + 'static,
    value: impl Fn(f64) -> f64 + Send + 'static,
) -> impl FnMut(Option<Nanos>) -> io::Result<Option<f64>> + Send + 'static {
    let mut last: Option<(Nanos, f64, Option<f64>)> = None;
    move |now| {
        let count = counter().inspect_err(|_| last = None)?;
        let Some(now) = now else { return Ok(None) };
        let rate = match last {
            Some((then, _, rate)) if now.since(then) < RATE_WINDOW => return Ok(rate),
            Some((then, before, _)) if count >= before => Some(value((count - before) / now.since(then).as_secs_f64())),
            _ => None,
        };
        last = Some((now, count, rate));
        Ok(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_needs_two_readings_and_a_counter_that_rises() {
        let mut counts = [5.0, 5.0, 9.0, 1.0, 3.0].into_iter();
        let mut read = rate(move || Ok(counts.next().unwrap_or_default()), |per_second| per_second * 10.0);
        let mut at = |ms: Option<u64>| read(ms.map(Nanos::from_millis)).unwrap();
        assert_eq!((at(None), at(Some(1_000)), at(Some(3_000))), (None, None, Some(20.0)));
        assert_eq!((at(Some(4_000)), at(Some(5_000))), (None, Some(20.0)));
    }

    #[test]
    fn what_cannot_be_is_no_reading() {
        assert!(sane(Unit::Percent, 100.0) && !sane(Unit::Percent, 6_553.5) && !sane(Unit::Percent, -1.0));
        assert!(!sane(Unit::Hertz, -5.0) && !sane(Unit::Hertz, 1.8e19) && !sane(Unit::Celsius, -256.0));
    }

    #[test]
    fn who_may_not_look_is_told_what_opens_the_door() {
        let denied = io::Error::from(ErrorKind::PermissionDenied);
        assert!(why_not("/sys/kernel/debug/rknpu/load", &denied).contains("remount"));
        assert!(why_not("/sys/x", &denied).contains("chmod a+r /sys/x"));
    }
}
