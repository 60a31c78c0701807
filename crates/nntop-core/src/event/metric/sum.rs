//! Which rails add up to the whole machine.

use super::decl::{MetricDecl, RailRole};

/// Of these power or energy metrics those that add up to the machine's: the inputs; where there is none, the shares;
/// where there are neither, the battery. None where only parts are measured. `decl` gives an item's declaration.
///
/// This is the only definition of a machine's total: what differs between uses is which metrics are asked about.
pub fn adding_up<T>(metrics: impl IntoIterator<Item = T>, decl: impl Fn(&T) -> &MetricDecl) -> Vec<T> {
    let role = |item: &T| decl(item).rail.as_ref().map_or(RailRole::Part, |rail| rail.role);
    let all: Vec<T> = metrics.into_iter().collect();
    match all.iter().map(role).min() {
        None | Some(RailRole::Part) => Vec::new(),
        Some(best) => all.into_iter().filter(|item| role(item) == best).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{MetricKey, Part, PartId, Quantity, Rail};

    #[test]
    fn inputs_hold_shares_and_shares_hold_parts() {
        let rail = |name: &str, role| {
            let decl = MetricDecl::new(0, MetricKey::new(Part::Rail, Quantity::Power), PartId::named(name));
            MetricDecl { rail: Some(Rail { role, scope: String::new(), update: None }), ..decl }
        };
        let names = |rails: &[MetricDecl]| {
            adding_up(rails, |decl| decl).into_iter().map(|decl| decl.label.clone()).collect::<Vec<_>>()
        };
        let (input, battery) = (rail("VDD_IN", RailRole::Input), rail("battery", RailRole::Battery));
        let (one, two) = (rail("package-0", RailRole::Share), rail("package-1", RailRole::Share));
        let part = rail("core", RailRole::Part);
        assert_eq!(names(&[part.clone(), one.clone(), input, battery.clone()]), ["VDD_IN"]);
        assert_eq!(names(&[part.clone(), one, two, battery.clone()]), ["package-0", "package-1"]);
        assert_eq!(names(&[part.clone(), battery]), ["battery"]);
        assert_eq!(names(&[part]), [""; 0]);
    }
}
