//! The table of metrics: who declares one gets its id, and what is missing is written down with its reason.

use crate::event::{Absent, Group, MetricDecl, MetricId, Rail, Slot};
use crate::unit::Unit;

/// The metrics of one stream, and what is missing.
#[derive(Debug, Default)]
pub struct Registry {
    declared: Vec<MetricDecl>,
    absent: Vec<Absent>,
    /// How many of each were handed out by [`Registry::take_new`].
    taken: (usize, usize),
}

impl Registry {
    /// Declares a metric by its stable dotted name; [`Declaration`] has the rest of its facts.
    pub fn declare(&mut self, group: Group, name: impl Into<String>, unit: Unit) -> Declaration<'_> {
        // The last id is shared should a machine ever have more metrics: better than to fail.
        let place = self.declared.len();
        let id = MetricId::try_from(place).unwrap_or(MetricId::MAX);
        self.declared.push(MetricDecl {
            id,
            name: name.into(),
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
        self.declared.iter().any(|metric| metric.name == name)
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
