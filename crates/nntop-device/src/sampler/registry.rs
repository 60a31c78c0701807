//! The table of metrics: who declares one gets its id, and what is missing is written down with its reason.

use nntop_core::event::{Absent, Group, MetricDecl, MetricId, Rail, Slot};
use nntop_core::unit::Unit;
use std::collections::BTreeSet;

/// The metrics of one stream, and what is missing.
#[derive(Debug, Default)]
pub struct Registry {
    declared: Vec<MetricDecl>,
    absent: Vec<Absent>,
    /// How many of each were handed out by [`Registry::take_new`].
    taken: (usize, usize),
    /// Which metrics are only known from a registry before this one: by their places.
    inherited: BTreeSet<usize>,
}

impl Registry {
    /// Continues after other samplers: a metric of the same name keeps its number.
    pub(super) fn continuing(declared: Vec<MetricDecl>, absent: Vec<Absent>) -> Self {
        let inherited = (0..declared.len()).collect();
        let taken = (declared.len(), absent.len());
        Self { declared, absent, taken, inherited }
    }

    /// What the next samplers continue from. Nothing of it is announced twice.
    pub(super) fn handed_over(self) -> Self {
        let inherited = (0..self.declared.len()).collect();
        Self { inherited, ..self }
    }

    /// Says of all that is read from `source` that it hangs, or of itself where nothing was read from it.
    pub(super) fn hangs(&mut self, source: &str, why: &str) {
        let of = |metric: &&MetricDecl| metric.source.split([':', ' ', ',']).any(|word| word == source);
        let names: Vec<String> = self.declared.iter().filter(of).map(|metric| metric.name.clone()).collect();
        let names = if names.is_empty() { vec![source.to_owned()] } else { names };
        for name in names {
            self.absent(name, format!("{source}: {why}"));
        }
    }

    /// The metrics that only the registry before knew: they have no reading.
    pub(super) fn gone(&self) -> impl Iterator<Item = MetricId> + '_ {
        self.inherited.iter().map(|place| self.declared[*place].id)
    }

    /// Declares a metric by its stable dotted name; [`Declaration`] has the rest of its facts.
    pub fn declare(&mut self, group: Group, name: impl Into<String>, unit: Unit) -> Declaration<'_> {
        let name = name.into();
        if let Some(place) = self.inherited.iter().copied().find(|place| self.declared[*place].name == name) {
            self.inherited.remove(&place);
            return Declaration(&mut self.declared[place]);
        }
        // The last id is shared should a machine ever have more metrics: better than to fail.
        let place = self.declared.len();
        let id = MetricId::try_from(place).unwrap_or(MetricId::MAX);
        self.declared.push(MetricDecl {
            id,
            name,
            group,
            label: String::new(),
            unit,
            limit: None,
            source: String::new(),
            variant: None,
            rail: None,
        });
        Declaration(&mut self.declared[place])
    }

    /// Whether a metric has this name already: a second look declares only what is new.
    pub fn has(&self, name: &str) -> bool {
        let mut here = self.declared.iter().enumerate().filter(|(place, _)| !self.inherited.contains(place));
        here.any(|(_, metric)| metric.name == name)
    }

    /// Says that `name`, a metric or the common start of several, is not there, and why. Once: who looks again
    /// and finds it missing still says nothing new.
    pub fn absent(&mut self, name: impl Into<String>, reason: impl Into<String>) {
        let name = name.into();
        if !self.absent.iter().any(|absent| absent.name == name) {
            self.absent.push(Absent { name, reason: reason.into() });
        }
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

/// A metric that is being declared; ends with [`Declaration::id`].
#[must_use = "end with `id()`, which says how readings name the metric"]
pub struct Declaration<'a>(&'a mut MetricDecl);

impl Declaration<'_> {
    /// What tells it from others of its group.
    pub fn label(self, label: impl Into<String>) -> Self {
        self.0.label = label.into();
        self
    }

    /// The value that it cannot or must not exceed, where that is known.
    pub fn limit(self, limit: impl Into<Option<f64>>) -> Self {
        self.0.limit = limit.into();
        self
    }

    /// Where it is read: a path or a library, and how it is computed where that is not plain.
    pub fn source(self, source: impl Into<String>) -> Self {
        self.0.source = source.into();
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
