//! A variant's operators in a result: where the time of an inference went, and on which execution provider.

use nntop_core::event::{Method, OpProfile};
use nntop_core::unit::Nanos;
use nntop_state::Variant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the operators were profiled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileResult {
    /// Who measured: `onnxruntime`.
    pub source: String,
    /// How the times came about.
    pub method: Method,
    /// Profiled inferences; none of them is in any other figure.
    pub inferences: u64,
    /// Wall time of one of them. The self times of all operators and `gap_ns` add up to it.
    pub wall_ns: u64,
    /// … and its part that no operator accounts for.
    pub gap_ns: u64,
    /// The part of `gap_ns` in which devices or other threads worked, at most; absent where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere_ns: Option<u64>,
    /// How much longer a profiled inference takes than a measured one, in percent; absent where nothing was measured.
    pub overhead_percent: Option<f64>,
    /// Why this is less than all; absent when it is all.
    pub partial: Option<String>,
}

/// One operator, per inference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperatorResult {
    /// Its name as the runtime gives it.
    pub name: String,
    /// Its type: `Conv`.
    #[serde(rename = "type")]
    pub op_type: String,
    /// The operator that encloses it (`Loop`, `If`), by its place in the list.
    pub parent: Option<usize>,
    /// The execution provider that ran it.
    pub provider: Option<String>,
    /// What it took on the host without the operators that it encloses.
    pub self_ns: u64,
    /// What the kernels and copies took that it started on a device; absent where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_ns: Option<u64>,
    /// What it took with them.
    pub total_ns: u64,
    /// How often it ran.
    pub calls: f64,
    /// Floating-point or integer operations; absent where there is no rule for its type.
    pub flops: Option<u64>,
    /// Operations by the shapes that the runtime executed, where these are others; absent where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executed_flops: Option<u64>,
    /// Bytes of inputs, weights and outputs; absent where shapes are.
    pub bytes: Option<u64>,
    /// Inputs of its first call: `float32[1,3,224,224]`.
    pub inputs: Vec<String>,
    /// Outputs of its first call.
    pub outputs: Vec<String>,
}

/// Where the operators ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacementResult {
    /// The execution provider that was asked for first.
    pub asked: String,
    /// Operators that ran.
    pub operators: u64,
    /// How many by provider.
    pub by_provider: BTreeMap<String, u64>,
    /// Those on another provider than the one asked for: `2 TopK, 1 Loop on cpu`; absent when there are none.
    pub elsewhere: Option<String>,
}

/// The reason where nobody asked for a profile, or there was no time for one.
pub(crate) const NOT_PROFILED: &str = "its operators were not profiled";

/// What a result says about a variant's operators.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Operators {
    /// The newest profile; absent for the reason in `profile_absent`.
    pub profile: Option<ProfileResult>,
    /// Why there is none.
    pub profile_absent: Option<String>,
    /// The operators that ran, in the order of the profile, enclosing ones first.
    pub operators: Vec<OperatorResult>,
    /// Where they ran; absent where the runtime does not say.
    pub placement: Option<PlacementResult>,
}

impl Operators {
    pub(super) fn of(v: &Variant) -> Self {
        let Some(profile) = &v.ops.latest else {
            let reason = v.ops.absent.clone().unwrap_or_else(|| NOT_PROFILED.into());
            return Self { profile_absent: Some(reason), ..Self::default() };
        };
        Self {
            profile: Some(ProfileResult {
                source: profile.source.clone(),
                method: profile.method,
                inferences: profile.inferences,
                wall_ns: profile.per_inference(profile.wall).0,
                gap_ns: profile.per_inference(profile.between_operators()).0,
                elsewhere_ns: Some(profile.per_inference(profile.elsewhere).0).filter(|ns| *ns > 0),
                overhead_percent: v.profiling_overhead().map(|share| share * 100.0),
                partial: profile.partial.clone(),
            }),
            profile_absent: None,
            operators: operators(profile),
            placement: v.placement().map(|p| PlacementResult {
                elsewhere: (!p.elsewhere.is_empty()).then(|| p.fallen()),
                asked: p.asked,
                operators: p.total as u64,
                by_provider: p.by_provider.into_iter().map(|(on, n)| (on, n as u64)).collect(),
            }),
        }
    }

    /// Operator types and what they took themselves, on the host or on devices, whichever was longer; longest first.
    pub fn types(&self) -> Vec<(&str, u64)> {
        let mut types: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for op in &self.operators {
            let name = if op.op_type.is_empty() { &op.name } else { &op.op_type };
            let (host, device) = types.entry(name).or_default();
            (*host, *device) = (*host + op.self_ns, *device + op.device_ns.unwrap_or(0));
        }
        let mut types: Vec<_> = types.into_iter().map(|(name, (host, device))| (name, host.max(device))).collect();
        types.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        types
    }
}

fn operators(profile: &OpProfile) -> Vec<OperatorResult> {
    // Where each row lies in the list; a row that is not in it stands for the nearest that encloses it and is.
    let mut places: Vec<Option<usize>> = Vec::with_capacity(profile.rows.len());
    let mut out = Vec::new();
    let per = |over_all: u64| profile.per_inference(Nanos(over_all)).0;
    for row in &profile.rows {
        let parent = row.parent.and_then(|p| places.get(p as usize).copied().flatten());
        if !row.is_executed_op() {
            places.push(parent);
            continue;
        }
        places.push(Some(out.len()));
        out.push(OperatorResult {
            name: row.name.clone(),
            op_type: row.op_type.clone(),
            parent,
            provider: row.provider.clone(),
            self_ns: per(row.self_time.0),
            device_ns: Some(per(row.device_time.0)).filter(|ns| *ns > 0),
            total_ns: per(row.total.0),
            calls: row.calls as f64 / profile.inferences.max(1) as f64,
            flops: row.flops.map(per),
            executed_flops: row.executed_flops.map(per),
            bytes: row.bytes.map(|b| per(b.0)),
            inputs: row.inputs.iter().map(ToString::to_string).collect(),
            outputs: row.outputs.iter().map(ToString::to_string).collect(),
        });
    }
    out
}
