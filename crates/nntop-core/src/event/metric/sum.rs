//! The power of a machine as a whole: which rails add up to it, and what that sum is called.

use super::decl::{MetricDecl, MetricId, RailRole};
use super::key::Quantity;

/// The rails that add up to a machine's power, each once: the inputs; where there is none, the shares; where there are
/// neither, the battery. None where only parts are measured.
///
/// This is the only definition of a machine's total. The headline, charts, snapshots, the exporter and energy per
/// inference all ask it.
#[derive(Debug, Clone, PartialEq)]
pub struct TotalPower<'a> {
    parts: Vec<&'a MetricDecl>,
}

impl<'a> TotalPower<'a> {
    /// Of these metrics those that add up. A rail that has a power and an energy counter stands here by its power;
    /// whatever is neither power nor energy is left out.
    pub fn of(metrics: impl IntoIterator<Item = &'a MetricDecl>) -> Option<Self> {
        let is = |metric: &&MetricDecl| matches!(metric.key.quantity, Quantity::Power | Quantity::Energy);
        let all: Vec<&MetricDecl> = metrics.into_iter().filter(is).collect();
        let power = |metric: &MetricDecl| metric.key.quantity == Quantity::Power;
        let once = |metric: &&MetricDecl| power(metric) || !all.iter().any(|m| power(m) && m.same_part(metric));
        let role = |metric: &MetricDecl| metric.rail.as_ref().map_or(RailRole::Part, |rail| rail.role);
        let best = all.iter().map(|metric| role(metric)).min().filter(|role| *role != RailRole::Part)?;
        let parts = all.iter().copied().filter(once).filter(|metric| role(metric) == best).collect();
        Some(Self { parts })
    }

    /// The rails, in the order declared.
    pub fn parts(&self) -> &[&'a MetricDecl] {
        &self.parts
    }

    /// What the sum is called: its rails' names, `package-0+package-1`.
    pub fn name(&self) -> String {
        self.parts.iter().map(|metric| metric.label.as_str()).collect::<Vec<_>>().join("+")
    }

    /// The same for where room is short: `package-0`, or `sum of 4 rails`.
    pub fn short_name(&self) -> String {
        match self.parts.as_slice() {
            [only] => only.label.clone(),
            parts => format!("sum of {} rails", parts.len()),
        }
    }

    /// What it feeds and what it does not, in words.
    pub fn scope(&self) -> String {
        let mut scopes: Vec<&str> = Vec::new();
        for scope in self.parts.iter().filter_map(|metric| Some(metric.rail.as_ref()?.scope.as_str())) {
            if !scope.is_empty() && !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes.join("; ")
    }

    /// The sum in watts. Absent as soon as one of the rails has no reading: what is left would be another sum.
    pub fn watts(&self, value: impl Fn(MetricId) -> Option<f64>) -> Option<f64> {
        self.parts.iter().map(|metric| value(metric.id)).sum()
    }

    /// The names of the rails that have no reading.
    pub fn silent(&self, value: impl Fn(MetricId) -> Option<f64>) -> Vec<&'a str> {
        self.parts.iter().filter(|metric| value(metric.id).is_none()).map(|metric| metric.label.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{MetricKey, Part, PartId, Rail};

    fn rail(id: MetricId, name: &str, role: RailRole) -> MetricDecl {
        let decl = MetricDecl::new(id, MetricKey::new(Part::Rail, Quantity::Power), PartId::named(name));
        MetricDecl { rail: Some(Rail { role, scope: format!("of {role:?}"), update: None }), ..decl }
    }

    #[test]
    fn inputs_hold_shares_and_shares_hold_parts() {
        let name = |rails: &[MetricDecl]| TotalPower::of(rails).map(|total| total.name());
        let (input, battery) = (rail(0, "VDD_IN", RailRole::Input), rail(1, "battery", RailRole::Battery));
        let (one, two) = (rail(2, "package-0", RailRole::Share), rail(3, "package-1", RailRole::Share));
        let part = rail(4, "core", RailRole::Part);
        assert_eq!(name(&[part.clone(), one.clone(), input, battery.clone()]).unwrap(), "VDD_IN");
        assert_eq!(name(&[part.clone(), one, two, battery.clone()]).unwrap(), "package-0+package-1");
        assert_eq!(name(&[part.clone(), battery]).unwrap(), "battery");
        assert_eq!(name(&[part]), None);
        assert_eq!(name(&[]), None);
    }

    #[test]
    fn a_rail_with_a_counter_is_added_once_and_a_silent_one_leaves_no_sum() {
        let (one, two) = (rail(0, "package-0", RailRole::Share), rail(1, "package-1", RailRole::Share));
        let key = MetricKey::new(Part::Rail, Quantity::Energy);
        let counter = MetricDecl { rail: one.rail.clone(), ..MetricDecl::new(2, key, one.device.clone()) };
        let all = [one, two, counter];
        let total = TotalPower::of(&all).unwrap();
        assert_eq!((total.name(), total.short_name()), ("package-0+package-1".into(), "sum of 2 rails".into()));
        assert_eq!(total.scope(), "of Share");
        assert_eq!(total.watts(|id| Some(f64::from(id) + 1.0)), Some(3.0));
        let half = |id| (id == 0).then_some(1.0);
        assert_eq!((total.watts(half), total.silent(half)), (None, vec!["package-1"]));
    }
}
