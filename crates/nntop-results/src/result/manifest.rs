//! What two results have to have in common, so that a difference between their figures is one between their models.
//!
//! Variants that one run measured differ as the command asked. Results that were measured apart may
//! differ in anything, unseen: another processor, another version of the runtime. Such are named, and refused
//! unless they are allowed.

use super::Side;
use nntop_core::catalog::{EngineId, EngineKind};
use nntop_core::event::{HostInfo, short_provider};
use nntop_core::settings;
use serde::{Deserialize, Serialize};

/// Something that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// What.
    pub what: String,
    /// What it is on the side that the other is held against.
    pub against: String,
    /// What it is on the side that is judged.
    pub variant: String,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{} ({}, {})", self.what, self.against, self.variant))
    }
}

/// How two sides differ.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Differences {
    /// What makes their figures incomparable.
    pub(super) mismatches: Vec<Mismatch>,
    /// What is to be known, and no reason to refuse.
    pub(super) noted: Vec<Mismatch>,
    /// What only one of them tells.
    pub(super) unchecked: Vec<String>,
}

/// What a difference in a fact means.
#[derive(Clone, Copy, PartialEq)]
enum Weight {
    /// The figures are not comparable.
    Refused,
    /// The same, unless it came with another model file.
    OfTheModel,
    /// To be known.
    Noted,
}

type Fact = (&'static str, Weight, fn(&Side) -> Option<String>);

/// The names under which facts can be allowed to differ.
pub const MANIFEST: [&str; 17] = [
    "processor",
    "CPUs",
    "architecture",
    "board",
    "power mode",
    "governor",
    "engine",
    "providers",
    "threads",
    "batch",
    "input shapes",
    "scenario",
    "parallel",
    "graph optimisation",
    "limits",
    "precision",
    "input types",
];

const FACTS: &[Fact] = &[
    ("processor", Weight::Refused, |s| s.host.cpu_model.clone()),
    ("CPUs", Weight::Refused, |s| (s.host.cpus > 0).then(|| s.host.cpus.to_string())),
    ("architecture", Weight::Refused, |s| Some(s.host.arch.clone()).filter(|a| !a.is_empty())),
    ("board", Weight::Refused, |s| board(&s.host)),
    ("power mode", Weight::Refused, |s| s.host.power_mode.clone()),
    ("governor", Weight::Refused, |s| s.host.governor.clone()),
    ("engine", Weight::Refused, engine),
    ("providers", Weight::Refused, providers),
    ("threads", Weight::Refused, threads),
    ("batch", Weight::Refused, |s| own_or(s, (s.variant.batch_size > 0).then(|| s.variant.batch_size.to_string()))),
    ("input shapes", Weight::Refused, |s| inputs(s, |p| p.shape.join("×"))),
    ("scenario", Weight::Refused, |s| Some(s.variant.scenario.to_string()).filter(|_| s.imported.is_none())),
    ("parallel", Weight::Refused, |s| Some(yes(s.parallel)).filter(|_| s.imported.is_none())),
    ("graph optimisation", Weight::Refused, |s| {
        Some(format!("{:?}", s.variant.options.graph_optimization).to_lowercase()).filter(|_| s.imported.is_none())
    }),
    ("limits", Weight::Refused, limits),
    ("precision", Weight::OfTheModel, |s| s.variant.model.precision.clone()),
    ("input types", Weight::OfTheModel, |s| inputs(s, |p| p.dtype.clone())),
    ("model", Weight::Noted, |s| s.variant.model.sha256.as_ref().map(|sha| format!("sha256 {}…", short(sha)))),
    ("host", Weight::Noted, |s| Some(s.host.name.clone()).filter(|n| !n.is_empty())),
    ("kernel", Weight::Noted, |s| s.host.kernel.clone()),
    ("operating system", Weight::Noted, |s| s.host.os.clone()),
    ("placement", Weight::Noted, placement),
    ("nntop", Weight::Noted, |s| Some(s.nntop.clone()).filter(|v| !v.is_empty() && s.imported.is_none())),
];

/// How `b` differs from `a`.
pub(super) fn between(a: &Side, b: &Side) -> Differences {
    let (left, right) = (&a.variant.model.sha256, &b.variant.model.sha256);
    let another_file = left.is_some() && right.is_some() && left != right;
    let mut out = Differences::default();
    for (what, weight, of) in FACTS {
        match (of(a), of(b)) {
            (Some(against), Some(variant)) if against != variant => {
                let differs = Mismatch { what: (*what).into(), against, variant };
                match weight {
                    Weight::Refused => out.mismatches.push(differs),
                    Weight::OfTheModel if !another_file => out.mismatches.push(differs),
                    _ => out.noted.push(differs),
                }
            }
            (Some(_), None) | (None, Some(_)) if *weight != Weight::Noted => out.unchecked.push((*what).into()),
            _ => {}
        }
    }
    out
}

fn board(host: &HostInfo) -> Option<String> {
    host.board.clone().or_else(|| host.soc.clone())
}

/// A default of ours says nothing of another tool's run.
fn own_or(s: &Side, known: Option<String>) -> Option<String> {
    known.filter(|_| s.imported.is_none() || s.variant.batch_size > 1)
}

fn engine(s: &Side) -> Option<String> {
    let name = Some(&s.variant.engine.name).filter(|n| !n.is_empty())?;
    // A synthetic engine is its own model.
    let id = EngineId::from(name.as_str());
    if id.is(EngineKind::Synthetic) {
        return Some(id.name().to_owned());
    }
    Some(format!("{name} {}", s.variant.engine.version.as_deref().unwrap_or_default()).trim().to_owned())
}

fn providers(s: &Side) -> Option<String> {
    let all = s.variant.engine.providers.iter().map(|p| short_provider(p)).collect::<Vec<_>>();
    Some(all.join("+")).filter(|p| !p.is_empty())
}

fn threads(s: &Side) -> Option<String> {
    match s.variant.engine.threads {
        Some(n) => Some(n.to_string()),
        None => Some("engine default".into()).filter(|_| s.imported.is_none()),
    }
}

fn inputs(s: &Side, of: impl Fn(&nntop_core::event::Port) -> String) -> Option<String> {
    Some(s.variant.inputs.iter().map(of).collect::<Vec<_>>().join("+")).filter(|text| !text.is_empty())
}

fn limits(s: &Side) -> Option<String> {
    let parts = settings::phrases(&s.variant.options);
    let text = if parts.is_empty() { "none".into() } else { parts.join(", ") };
    Some(text).filter(|_| s.imported.is_none())
}

fn placement(s: &Side) -> Option<String> {
    let placement = s.variant.operators.placement.as_ref()?;
    let of = |(name, n): (&String, &u64)| format!("{n} on {}", short_provider(name));
    Some(match placement.by_provider.len() {
        // How many there are is the model's matter.
        0 | 1 => format!("all on {}", short_provider(placement.by_provider.keys().next()?)),
        _ => placement.by_provider.iter().map(of).collect::<Vec<_>>().join(", "),
    })
}

fn yes(is: bool) -> String {
    if is { "yes".into() } else { "no".into() }
}

fn short(sha: &str) -> &str {
    sha.get(..12).unwrap_or(sha)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{RunResult, VariantResult};

    fn side() -> Side {
        let mut variant = VariantResult { name: "net".into(), batch_size: 1, ..VariantResult::default() };
        variant.throughput_ips = Some(100.0);
        (variant.engine.name, variant.engine.version) = ("onnxruntime".into(), Some("1.23.2".into()));
        (variant.model.sha256, variant.model.precision) = (Some("a".repeat(64)), Some("float32".into()));
        let mut result = RunResult { variants: vec![variant], ..RunResult::default() };
        result.host.cpu_model = Some("Cortex-A78".into());
        Side::all(&result, "before", super::super::Source::measured()).remove(0)
    }

    fn names(found: &[Mismatch]) -> Vec<&str> {
        found.iter().map(|m| m.what.as_str()).collect()
    }

    #[test]
    fn every_fact_that_can_be_allowed_is_one_that_is_refused() {
        let refused = FACTS.iter().filter(|(_, weight, _)| *weight != Weight::Noted).map(|(what, ..)| *what);
        assert_eq!(refused.collect::<Vec<_>>(), MANIFEST);
    }

    #[test]
    fn what_differs_is_named_with_both_values() {
        let (a, mut b) = (side(), side());
        assert_eq!(between(&a, &b), Differences::default());
        b.host.cpu_model = Some("Cortex-A57".into());
        b.variant.engine.version = Some("1.31.1".into());
        b.variant.engine.threads = Some(2);
        let found = between(&a, &b);
        assert_eq!(names(&found.mismatches), ["processor", "engine", "threads"]);
        assert_eq!(found.mismatches[1].to_string(), "engine (onnxruntime 1.23.2, onnxruntime 1.31.1)");
    }

    #[test]
    fn another_file_may_bring_another_precision_and_the_same_may_not() {
        let (a, mut b) = (side(), side());
        b.variant.model.precision = Some("int8".into());
        assert_eq!(names(&between(&a, &b).mismatches), ["precision"]);
        b.variant.model.sha256 = Some("b".repeat(64));
        let found = between(&a, &b);
        assert_eq!((names(&found.mismatches), names(&found.noted)), (vec![], vec!["precision", "model"]));
    }

    #[test]
    fn what_only_one_side_tells_is_said_and_refuses_nothing() {
        let (a, mut b) = (side(), side());
        b.imported = Some("trtexec".into());
        (b.host.cpu_model, b.variant.engine.version) = (None, Some("1.23.2".into()));
        let found = between(&a, &b);
        assert_eq!(names(&found.mismatches), [""; 0]);
        assert!(found.unchecked.contains(&"processor".to_owned()) && found.unchecked.contains(&"threads".to_owned()));
    }
}
