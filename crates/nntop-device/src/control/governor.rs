//! The governor that chooses the CPUs' clocks: `scaling_governor` of every cpufreq policy.

use super::{Control, Place, Seen, refused};
use nntop_core::event::Fault;

const POLICIES: &str = "/sys/devices/system/cpu/cpufreq";

pub(super) struct Governor;

/// The policies with their governors.
fn policies(place: &Place) -> Vec<(String, String)> {
    let names = place.root.list(POLICIES).into_iter().filter(|name| name.starts_with("policy"));
    let with = |name: String| {
        let governor = place.root.text(format!("{POLICIES}/{name}/scaling_governor"))?;
        Some((name, governor))
    };
    names.filter_map(with).collect()
}

fn write(place: &Place, policy: &str, governor: &str) -> Result<(), Fault> {
    let path = format!("{POLICIES}/{policy}/scaling_governor");
    std::fs::write(place.root.path(&path), governor).map_err(|e| refused(&path, &e))
}

impl Control for Governor {
    fn name(&self) -> &'static str {
        "governor"
    }

    fn what(&self) -> &'static str {
        "how the CPUs' clocks are chosen"
    }

    fn look(&self, place: &Place) -> Result<Seen, String> {
        let policies = policies(place);
        let Some((first, now)) = policies.first() else {
            return Err(format!("{POLICIES}: no policy has a governor"));
        };
        let available = |policy: &str| {
            let text = place.root.text(format!("{POLICIES}/{policy}/scaling_available_governors")).unwrap_or_default();
            text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        // Only what all can have.
        let mut choices = available(first);
        policies.iter().for_each(|(policy, _)| choices.retain(|choice| available(policy).contains(choice)));
        if choices.is_empty() {
            return Err(format!("{POLICIES}: no governor is available to all policies"));
        }
        let alike = policies.iter().all(|(_, governor)| governor == now);
        Ok(Seen { now: Some(if alike { now.clone() } else { remembered(&policies) }), choices })
    }

    fn set(&self, place: &Place, value: &str) -> Result<(), Fault> {
        policies(place).iter().try_for_each(|(policy, _)| write(place, policy, value))
    }

    fn remember(&self, place: &Place) -> Result<Option<String>, Fault> {
        Ok(Some(remembered(&policies(place))))
    }

    fn restore(&self, place: &Place, before: &str) -> Result<(), Fault> {
        let pairs = before.split(' ').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().try_for_each(|(policy, governor)| write(place, policy, governor))
    }
}

/// `policy0=schedutil policy4=ondemand`
fn remembered(policies: &[(String, String)]) -> String {
    policies.iter().map(|(policy, governor)| format!("{policy}={governor}")).collect::<Vec<_>>().join(" ")
}
