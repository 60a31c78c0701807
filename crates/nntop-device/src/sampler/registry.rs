//! The table of what was found: a metric that is declared gets its id, and what is missing is noted with its reason.

use nntop_core::event::{Absent, Lack, MetricDecl, MetricId, MetricKey, Part, PartId, Quantity, Rail, Slot};
use nntop_core::text;
use nntop_core::unit::Unit;
use std::collections::{BTreeSet, HashMap, HashSet};

/// No name of a part is longer: what sensors call themselves has to fit a screen and a name of ours.
const LONGEST_NAME: usize = 120;

/// A reason is a sentence or two.
const LONGEST_REASON: usize = 600;

/// The metrics of one stream, and what is missing.
#[derive(Debug, Default)]
pub struct Registry {
    declared: Vec<MetricDecl>,
    absent: Vec<Absent>,
    /// The places of names in `declared`, and the names in `absent`: machines with thousands of sensors are looked at again
    /// and again.
    places: HashMap<String, usize>,
    missing: HashSet<String>,
    /// How many of each were handed out by [`Registry::take_new`].
    taken: (usize, usize),
    /// Which metrics are only known from a registry before this one: by their places.
    inherited: BTreeSet<usize>,
}

impl Registry {
    /// Continues after other samplers: a metric of the same name keeps its number.
    pub(crate) fn continuing(declared: Vec<MetricDecl>, absent: Vec<Absent>) -> Self {
        let inherited = (0..declared.len()).collect();
        let taken = (declared.len(), absent.len());
        let places = declared.iter().enumerate().map(|(place, metric)| (metric.name.clone(), place)).collect();
        let missing = absent.iter().map(|absent| absent.name.clone()).collect();
        Self { declared, absent, places, missing, taken, inherited }
    }

    /// What the next samplers continue from. Nothing of it is announced twice.
    pub(crate) fn handed_over(self) -> Self {
        let inherited = (0..self.declared.len()).collect();
        Self { inherited, ..self }
    }

    /// Notes for all that is read from `source` that it hangs, or for the source itself where nothing was read from it.
    pub(crate) fn hangs(&mut self, source: &str, why: &str) {
        let of = |metric: &&MetricDecl| metric.source.split([':', ' ', ',']).any(|word| word == source);
        let named = |metric: &MetricDecl| (metric.key.part, metric.name.clone());
        let names: Vec<(Part, String)> = self.declared.iter().filter(of).map(named).collect();
        let names = if names.is_empty() { vec![(Part::Other, source.to_owned())] } else { names };
        for (part, name) in names {
            self.unreadable(part, name, format!("{source}: {why}"));
        }
    }

    /// The metrics that only the registry before knew: they have no reading.
    pub(crate) fn gone(&self) -> impl Iterator<Item = MetricId> + '_ {
        self.inherited.iter().map(|place| self.declared[*place].id)
    }

    /// Declares a quantity of a part. Its name and unit are the table's; [`Declaration`] has the rest of its facts.
    pub fn declare(&mut self, part: Part, quantity: Quantity, device: PartId) -> Declaration<'_> {
        self.add(MetricDecl::new(0, MetricKey::new(part, quantity), device))
    }

    /// Declares one of several metrics of a part's quantity: a cause of throttling, one of its limits.
    pub fn declare_detail(
        &mut self,
        part: Part,
        quantity: Quantity,
        device: PartId,
        detail: impl Into<String>,
    ) -> Declaration<'_> {
        self.add(MetricDecl::with_detail(0, MetricKey::new(part, quantity), device, detail.into()))
    }

    /// Declares what is in no table: a metric of the user's own, by a name and its unit.
    pub fn declare_custom(&mut self, name: impl Into<String>, unit: Unit) -> Declaration<'_> {
        let key = MetricKey::new(Part::Custom, Quantity::Custom);
        self.add(MetricDecl { unit, ..MetricDecl::new(0, key, PartId::named(name)) })
    }

    /// A declaration gets its number: that of one with its name, where samplers before had one.
    pub(crate) fn add(&mut self, decl: MetricDecl) -> Declaration<'_> {
        let decl = cleaned(decl);
        if let Some(place) = self.places.get(&decl.name).copied().filter(|place| self.inherited.contains(place)) {
            self.inherited.remove(&place);
            return Declaration(&mut self.declared[place]);
        }
        // The last id is shared should a machine ever have more metrics: better than to fail.
        let place = self.declared.len();
        let id = MetricId::try_from(place).unwrap_or(MetricId::MAX);
        self.places.entry(decl.name.clone()).or_insert(place);
        self.declared.push(MetricDecl { id, ..decl });
        Declaration(&mut self.declared[place])
    }

    /// Whether a metric of this name is declared: a second look declares only what is new.
    pub fn has(&self, name: &str) -> bool {
        let place = self.places.get(&*text::short(name, LONGEST_NAME));
        place.is_some_and(|place| !self.inherited.contains(place))
    }

    /// Whether this quantity of this part is declared.
    pub fn has_metric(&self, part: Part, quantity: Quantity, device: &PartId) -> bool {
        self.has(&MetricDecl::new(0, MetricKey::new(part, quantity), device.clone()).name)
    }

    /// Notes that the machine has no `name`, a metric or the common start of several, and where was looked. Once: a
    /// second look that finds it missing again adds nothing.
    pub fn absent(&mut self, part: Part, name: impl Into<String>, reason: impl Into<String>) {
        self.lacks(Lack::Absent, part, name, reason);
    }

    /// Notes that `name` is there and cannot be read: why, and what would grant it.
    pub fn unreadable(&mut self, part: Part, name: impl Into<String>, reason: impl Into<String>) {
        self.lacks(Lack::Unreadable, part, name, reason);
    }

    /// Notes that `name` is there and not supported: the reason names the driver.
    pub fn unsupported(&mut self, part: Part, name: impl Into<String>, reason: impl Into<String>) {
        self.lacks(Lack::Unsupported, part, name, reason);
    }

    /// Notes one of the three.
    pub fn lacks(&mut self, lack: Lack, part: Part, name: impl Into<String>, reason: impl Into<String>) {
        let name = text::short(&name.into(), LONGEST_NAME).into_owned();
        if self.missing.insert(name.clone()) {
            let reason = text::short(&reason.into(), LONGEST_REASON).into_owned();
            self.absent.push(Absent { name, reason, part, lack });
        }
    }

    /// Notes why what was read of a metric is no reading.
    pub(crate) fn refuse(&mut self, id: MetricId, why: String) {
        if let Some(metric) = self.declared.get(usize::from(id)) {
            let (part, name) = (metric.key.part, metric.name.clone());
            self.unreadable(part, name, why);
        }
    }

    /// Whether it was noted why this metric has no reading, now or before.
    pub(crate) fn has_reason(&self, metric: &MetricDecl) -> bool {
        self.missing.contains(&metric.name)
    }

    /// Every metric declared so far, in order of their ids.
    pub fn declarations(&self) -> &[MetricDecl] {
        &self.declared
    }

    /// Everything found missing so far.
    pub fn absences(&self) -> &[Absent] {
        &self.absent
    }

    /// What came in since the last call.
    pub fn take_new(&mut self) -> (Vec<MetricDecl>, Vec<Absent>) {
        let (declared, absent) = self.taken;
        self.taken = (self.declared.len(), self.absent.len());
        (self.declared[declared..].to_vec(), self.absent[absent..].to_vec())
    }
}

/// A declaration whose names nothing can steer a terminal by, whatever the driver or the tree called the part.
fn cleaned(decl: MetricDecl) -> MetricDecl {
    let short = |name: &str| text::short(name, LONGEST_NAME).into_owned();
    let one_line = |words: &str| text::short(words, LONGEST_REASON).into_owned();
    let device = PartId {
        name: short(&decl.device.name),
        driver: decl.device.driver.as_deref().map(short),
        pci: decl.device.pci.as_deref().map(short),
        path: decl.device.path.as_deref().map(one_line),
    };
    let (name, label, detail) = (short(&decl.name), short(&decl.label), short(&decl.detail));
    MetricDecl { name, label, detail, device, source: one_line(&decl.source), ..decl }
}

/// A metric that is being declared; ends with [`Declaration::id`].
#[must_use = "end with `id()`, which says how readings name the metric"]
pub struct Declaration<'a>(&'a mut MetricDecl);

impl Declaration<'_> {
    /// What tells it from others on a screen; without it the part's name.
    pub fn label(self, label: impl Into<String>) -> Self {
        self.0.label = text::short(&label.into(), LONGEST_NAME).into_owned();
        self
    }

    /// The value that it cannot or must not exceed, where that is known.
    pub fn limit(self, limit: impl Into<Option<f64>>) -> Self {
        self.0.limit = limit.into();
        self
    }

    /// Where it is read: a path or a library, and how it is computed where that is not plain.
    pub fn source(self, source: impl Into<String>) -> Self {
        self.0.source = text::short(&source.into(), LONGEST_REASON).into_owned();
        self
    }

    /// What the power rail feeds that it is about.
    pub fn rail(self, rail: Rail) -> Self {
        self.0.rail = Some(rail);
        self
    }

    /// The variant whose worker it is about.
    pub fn variant(self, slot: Slot) -> Self {
        self.0.variant = Some(slot);
        self
    }

    /// How readings name it.
    pub fn id(self) -> MetricId {
        self.0.id
    }
}
