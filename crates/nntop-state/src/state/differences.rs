//! What two variants differ in: what was asked for, and what differs although it was not.
//!
//! A variant's spec is what was asked of it. Whatever differs in effect is put down to a difference of the specs if that
//! explains it; what is left is what nobody asked for, and may be why one of them is faster.

use super::{Condition, Variant};
use nntop_core::catalog::EngineKind;
use nntop_core::event::{Ready, VariantSpec};
use nntop_core::settings::ROWS;
use nntop_core::unit::Unit;

/// Clocks further apart than this share are not alike. Boost clocks wander by a percent from second to second.
const CLOCKS_APART: f64 = 0.02;

/// Temperatures further apart than this, in degrees: the resolution of many sensors is one.
const HEAT_APART: f64 = 3.0;

/// Both lists, as `what (the first's, the second's)`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Differences {
    /// What was asked to differ.
    pub(super) asked: Vec<String>,
    /// What differs besides.
    pub(super) unlike: Vec<String>,
}

/// How `b` differs from `a`.
pub(super) fn between(a: &Variant, b: &Variant) -> Differences {
    let mut out = Differences::default();
    let asked = asked(&a.spec, &b.spec);
    let is_asked = |what: &str| asked.iter().any(|(name, _)| *name == what);
    let mut told: Vec<&str> = Vec::new();
    for fact in FACTS {
        let (left, right) = ((fact.of)(a), (fact.of)(b));
        if left == right {
            continue;
        }
        let both = |what: &str| format!("{what} ({left}, {right})");
        if fact.follows.iter().any(|what| is_asked(what)) && (fact.as_asked)(a) && (fact.as_asked)(b) {
            out.asked.push(both(fact.what));
            told.push(fact.what);
        } else {
            out.unlike.push(both(fact.what));
        }
    }
    let explained =
        |what: &str| told.iter().any(|fact| FACTS.iter().any(|f| f.what == *fact && f.follows.contains(&what)));
    out.asked
        .extend(asked.iter().filter(|(what, _)| !explained(what)).map(|(what, values)| format!("{what} {values}")));
    out.unlike.extend(clock_and_heat(a, b));
    out
}

/// Something that is so in effect, and the settings that explain a difference in it.
struct Fact {
    what: &'static str,
    follows: &'static [&'static str],
    of: fn(&Variant) -> String,
    /// Whether it came out as it was asked for.
    as_asked: fn(&Variant) -> bool,
}

const FACTS: &[Fact] = &[
    Fact {
        what: "engine",
        follows: &["engine", "library"],
        of: |v| of(v, |r| format!("{} {}", r.engine.name, r.engine.version).trim().to_string()),
        as_asked: |_| true,
    },
    Fact {
        what: "providers",
        follows: &["ep", "device", "engine"],
        of: |v| of(v, |r| r.engine.providers.iter().map(|p| short(p)).collect::<Vec<_>>().join("+")),
        // The first choice is what counts; what ONNX Runtime adds behind it takes the operators that it lacks.
        as_asked: |v| {
            if v.spec.options.device.is_some() {
                // What AUTO and HETERO run on is their choice, and asked for by their name.
                return true;
            }
            let first = v.spec.options.providers.first().map_or("cpu", |p| short(p));
            let got = v.ready.as_ref().and_then(|r| r.engine.providers.first());
            got.is_none_or(|got| short(got).eq_ignore_ascii_case(first)) || v.spec.engine.is(EngineKind::Synthetic)
        },
    },
    Fact {
        what: "threads",
        follows: &["threads", "cpus"],
        of: |v| of(v, |r| r.engine.threads.map_or_else(|| "engine default".into(), |n| n.to_string())),
        as_asked: |v| {
            let got = v.ready.as_ref().map(|r| r.engine.threads);
            v.spec.options.threads.is_none_or(|n| got.is_none_or(|got| got == Some(n)))
        },
    },
    Fact {
        what: "precision",
        follows: &["model"],
        of: |v| v.model.as_ref().and_then(|m| m.precision.clone()).unwrap_or_else(none),
        as_asked: |_| true,
    },
    Fact {
        what: "computes in",
        follows: &["precision"],
        // Engines that do not say compute in what the weights are.
        of: |v| {
            let own = || {
                v.model.as_ref().and_then(|m| m.precision.as_deref()).map(|p| match p {
                    "float32" | "float16" | "float64" => p.replace("float", "f"),
                    "bfloat16" => "bf16".into(),
                    _ => "f32".into(),
                })
            };
            of(v, |r| r.engine.precision.clone().or_else(own).unwrap_or_else(none))
        },
        as_asked: |_| true,
    },
    Fact {
        what: "batch",
        follows: &["batch", "dim", "shape", "input"],
        of: |v| of(v, |r| r.batch.to_string()),
        as_asked: |_| true,
    },
    Fact {
        what: "input types",
        follows: &[],
        of: |v| of(v, |r| r.inputs.iter().map(|p| p.dtype.clone()).collect::<Vec<_>>().join("+")),
        as_asked: |_| true,
    },
    Fact {
        what: "input shapes",
        follows: &["batch", "dim", "shape", "input"],
        of: |v| of(v, |r| r.inputs.iter().map(|p| p.shape.join("×")).collect::<Vec<_>>().join("+")),
        as_asked: |_| true,
    },
];

fn of(v: &Variant, fact: impl Fn(&Ready) -> String) -> String {
    v.ready.as_ref().map_or_else(none, fact)
}

fn none() -> String {
    "–".into()
}

/// The settings in which two specs differ, each with both values where they are short.
fn asked(a: &VariantSpec, b: &VariantSpec) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    let mut note = |what: &'static str, left: String, right: String| {
        if left != right {
            out.push((what, format!("({left}, {right})")));
        }
    };
    note("model", a.model.clone(), b.model.clone());
    // A synthetic engine is its own model.
    let (a_engine, b_engine) = (a.engine.to_string(), b.engine.to_string());
    if !(a_engine == a.model && b_engine == b.model) {
        note("engine", a_engine, b_engine);
    }
    for row in &ROWS {
        let value = |spec: &VariantSpec| row.shown(&spec.options).unwrap_or_else(|| row.default.into());
        note(row.title, value(a), value(b));
    }
    out
}

/// Clock and temperature, where they differed while each of them measured.
fn clock_and_heat(a: &Variant, b: &Variant) -> Vec<String> {
    let mut out = Vec::new();
    if let (Some(left), Some(right)) =
        (a.conditions.steady(Condition::CpuClock), b.conditions.steady(Condition::CpuClock))
        && (left - right).abs() > CLOCKS_APART * left.max(right)
    {
        out.push(format!("CPU clock ({}, {})", Unit::Hertz.format(left), Unit::Hertz.format(right)));
    }
    if let (Some(left), Some(right)) =
        (a.conditions.steady(Condition::Temperature), b.conditions.steady(Condition::Temperature))
        && (left - right).abs() > HEAT_APART
    {
        out.push(format!("temperature ({}, {})", Unit::Celsius.format(left), Unit::Celsius.format(right)));
    }
    out
}

/// `CUDAExecutionProvider` is `CUDA` to people.
fn short(provider: &str) -> &str {
    provider.strip_suffix("ExecutionProvider").unwrap_or(provider)
}

#[cfg(test)]
#[path = "differences_tests.rs"]
mod tests;
