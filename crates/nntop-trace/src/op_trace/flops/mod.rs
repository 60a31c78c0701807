//! How much work an operator is, from the shapes of its tensors alone.
//!
//! FLOPs are operations, of integers too: a multiplication and an addition are two, so one MAC is 2 FLOPs. Counted is
//! what the operator computes, not how: a convolution by Winograd has the FLOPs of the direct one. The bias and the
//! activation that a runtime fused into an operator are not counted, nor is the requantization inside a quantized
//! one: counters of published figures (fvcore, torchvision) leave them out. An elementwise function is one operation for
//! each element that it makes, be it an addition or a hyperbolic tangent.
//!
//! Shapes are the executed ones at first: where a runtime pads channels to its block size (`NCHWc`), padding is in them.
//! [`of_model`] puts the model file's own in their place, where there is one.
//!
//! An operator without a rule has no FLOPs, and neither has one whose shapes do not say enough: a runtime that packs
//! weights for its kernels may not list them any more. The model file has them.

mod attention;
mod dense;
mod model;
mod rules;
#[cfg(test)]
mod tests;

pub use model::of_model;

use nntop_core::event::TensorSig;

/// What one call of an operator costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Operations; absent without a rule, or when the shapes do not say.
    pub flops: Option<u64>,
    /// Bytes of inputs, weights and outputs, each once; absent when a shape or a type is.
    pub bytes: Option<u64>,
}

/// What a rule finds in the shapes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Work {
    flops: u64,
    /// Bytes of a weight that the runtime does not list; absent when their number is not known.
    unlisted: Option<u64>,
}

impl Work {
    fn of(flops: u64) -> Self {
        Self { flops, unlisted: Some(0) }
    }
}

/// The inputs and outputs of one call.
#[derive(Clone, Copy)]
struct Call<'a> {
    inputs: &'a [TensorSig],
    outputs: &'a [TensorSig],
}

impl<'a> Call<'a> {
    fn input(self, at: usize) -> Option<&'a [u64]> {
        self.inputs.get(at).map(|t| t.shape.as_slice())
    }

    fn output(self) -> Option<&'a [u64]> {
        self.outputs.first().map(|t| t.shape.as_slice())
    }
}

fn product(axes: &[u64]) -> Option<u64> {
    axes.iter().try_fold(1u64, |n, d| n.checked_mul(*d))
}

/// What one call of an operator of this type costs.
pub fn cost(op_type: &str, inputs: &[TensorSig], outputs: &[TensorSig]) -> Cost {
    let rule = rules::of(op_type);
    let work = rule.and_then(|rule| (rule.work)(Call { inputs, outputs }));
    let listed = match rule.map(|rule| rule.moves) {
        Some(rules::Moves::Part) => part(inputs, outputs),
        _ => sum(inputs).zip(sum(outputs)).and_then(|(a, b)| a.checked_add(b)),
    };
    let bytes = match (rule, work) {
        (_, Some(work)) => listed.zip(work.unlisted).and_then(|(a, b)| a.checked_add(b)),
        // Which inputs are missing is not known.
        (Some(_), None) => None,
        (None, None) => listed,
    };
    // An operator that makes and takes nothing says nothing.
    Cost { flops: work.map(|w| w.flops), bytes: bytes.filter(|_| !inputs.is_empty() || !outputs.is_empty()) }
}

/// Multiplications that are added up in one call of an operator: half of the operations of convolutions, matrix products,
/// recurrent layers and attention, none of others. Absent where the shapes do not say, or there is no rule.
pub fn macs(op_type: &str, inputs: &[TensorSig], outputs: &[TensorSig]) -> Option<u64> {
    let rule = rules::of(op_type)?;
    if rule.is_product { (rule.work)(Call { inputs, outputs }).map(|work| work.flops / 2) } else { Some(0) }
}

/// Only as much is read of the first input as comes out.
fn part(inputs: &[TensorSig], outputs: &[TensorSig]) -> Option<u64> {
    let out = sum(outputs)?;
    out.checked_mul(2)?.checked_add(sum(inputs.get(1..).unwrap_or_default())?)
}

fn sum(tensors: &[TensorSig]) -> Option<u64> {
    tensors.iter().try_fold(0u64, |n, t| n.checked_add(bytes_of(t)?))
}

/// The bytes of a dense tensor; absent for strings and unknown types.
fn bytes_of(tensor: &TensorSig) -> Option<u64> {
    let elements = tensor.elements()?;
    Some(match bits(&tensor.dtype)? {
        bits @ ..8 => elements.div_ceil(8 / bits),
        bits => elements.checked_mul(bits / 8)?,
    })
}

/// Bits of an element, by nntop's names of types.
fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "float64" | "int64" | "uint64" | "complex64" => 64,
        "float32" | "int32" | "uint32" => 32,
        "float16" | "bfloat16" | "int16" | "uint16" => 16,
        "int8" | "uint8" | "bool" => 8,
        "int4" | "uint4" | "float4_e2m1fn" => 4,
        "int2" | "uint2" => 2,
        "complex128" => 128,
        float8 if float8.starts_with("float8_") => 8,
        _ => return None,
    })
}

/// Whether there is a rule for operators of this type.
#[cfg(test)]
fn has_rule(op_type: &str) -> bool {
    rules::of(op_type).is_some()
}
