//! Operators that work element by element, and those that fold axes.

use super::call::axes;
use super::{Call, Value};
use crate::tensor::{DataType, elements};

/// The outputs of such an operator; absent for others.
pub(super) fn outputs(call: &Call<'_>) -> Option<Vec<Value>> {
    let op = call.op();
    let first = || call.input(0).and_then(|x| x.shape.clone());
    let like =
        |shape: Option<Vec<u64>>| Value { shape, dtype: call.input(0).and_then(|x| x.dtype), ..Value::default() };
    Some(match op {
        "Cast" => vec![cast(call)],
        "Floor" | "Ceil" | "Round" | "Neg" | "Abs" | "Sqrt" | "Identity" | "Not" => vec![unary(call)],
        "Add" | "Sub" | "Mul" | "Div" | "Mod" | "Pow" | "Max" | "Min" | "Equal" | "Greater" | "GreaterOrEqual"
        | "Less" | "LessOrEqual" | "And" | "Or" | "Xor" | "Where" => vec![elementwise(call)],
        "Sum" | "Mean" | "PRelu" | "BitShift" | "BitwiseAnd" | "BitwiseOr" | "BitwiseXor" | "BiasGelu" | "BiasAdd" => {
            vec![like(broadcast_all((0..call.inputs.len()).map(|i| call.shape(i))))]
        }
        // Scale and zero point stand behind each input.
        "QLinearAdd" | "QLinearMul" => vec![like(broadcast_all([call.shape(0), call.shape(3)].into_iter()))],
        "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceProd" | "ReduceL1" | "ReduceL2"
        | "ReduceLogSum" | "ReduceLogSumExp" | "ReduceSumSquare" | "ReduceSumInteger" => vec![reduced(call)],
        "ArgMax" | "ArgMin" => {
            let axis = call.int("axis").unwrap_or(0);
            let keep = call.int("keepdims").unwrap_or(1) != 0;
            vec![Value { dtype: Some(DataType::I64), ..like(call.shape(0).and_then(|x| folded(x, &[axis], keep))) }]
        }
        "BatchNormalization"
        | "InstanceNormalization"
        | "GroupNormalization"
        | "LpNormalization"
        | "LRN"
        | "MeanVarianceNormalization"
        | "Softmax"
        | "LogSoftmax"
        | "Hardmax"
        | "QLinearSoftmax"
        | "CumSum"
        | "Trilu"
        | "DequantizeLinear"
        | "QuantizeLinear"
        | "QLinearSigmoid"
        | "QLinearLeakyRelu"
        | "Clip"
        | "SkipLayerNormalization"
        | "SkipSimplifiedLayerNormalization"
        | "ScatterND"
        | "ScatterElements"
        | "ReverseSequence"
        | "RotaryEmbedding" => {
            vec![like(first())]
        }
        "LayerNormalization" | "SimplifiedLayerNormalization" | "RMSNormalization" => vec![like(first())],
        "Dropout" => vec![like(first()), like(first())],
        "DynamicQuantizeLinear" => vec![like(first()), Value::of(vec![]), Value::of(vec![])],
        op if is_unary(op) => vec![like(first())],
        _ => return None,
    })
}

/// Functions of one element each.
fn is_unary(op: &str) -> bool {
    const ALL: [&str; 50] = [
        "Relu",
        "LeakyRelu",
        "Sigmoid",
        "Tanh",
        "Exp",
        "Log",
        "Erf",
        "Elu",
        "Selu",
        "Celu",
        "Gelu",
        "FastGelu",
        "QuickGelu",
        "Mish",
        "Softplus",
        "Softsign",
        "HardSigmoid",
        "HardSwish",
        "ThresholdedRelu",
        "Sin",
        "Cos",
        "Tan",
        "Sinh",
        "Cosh",
        "Asin",
        "Acos",
        "Atan",
        "Asinh",
        "Acosh",
        "Atanh",
        "Reciprocal",
        "Sign",
        "IsNaN",
        "IsInf",
        "BitwiseNot",
        "Shrink",
        "ScaledTanh",
        "ParametricSoftplus",
        "Swish",
        "CastLike",
        "Bernoulli",
        "RandomNormalLike",
        "RandomUniformLike",
        "EyeLike",
        "Affine",
        "ImageScaler",
        "Scale",
        "Binarizer",
        "Normalizer",
        "Scaler",
    ];
    ALL.contains(&op)
}

/// The shape of two that are stretched to each other.
pub(super) fn broadcast(a: &[u64], b: &[u64]) -> Option<Vec<u64>> {
    let rank = a.len().max(b.len());
    let at = |shape: &[u64], i: usize| (i + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    (0..rank)
        .map(|i| match (at(a, i), at(b, i)) {
            (a, b) if a == b => Some(a),
            (1, n) | (n, 1) => Some(n),
            _ => None,
        })
        .collect()
}

fn broadcast_all<'a>(mut shapes: impl Iterator<Item = Option<&'a [u64]>>) -> Option<Vec<u64>> {
    let first = shapes.next()??.to_vec();
    shapes.try_fold(first, |all, shape| broadcast(&all, shape?))
}

fn cast(call: &Call<'_>) -> Value {
    let Some(x) = call.input(0) else { return Value::default() };
    let dtype = call.int("to").and_then(|n| DataType::from_onnx(i32::try_from(n).ok()?));
    let to_int = matches!(dtype, Some(DataType::I64 | DataType::I32));
    let data = x.data.as_ref().map(|data| data.iter().map(|v| if to_int { v.trunc() } else { *v }).collect());
    Value { shape: x.shape.clone(), data, dtype }
}

fn unary(call: &Call<'_>) -> Value {
    let Some(x) = call.input(0) else { return Value::default() };
    let of = match call.op() {
        "Floor" => f64::floor,
        "Ceil" => f64::ceil,
        "Round" => f64::round_ties_even,
        "Neg" => |v: f64| -v,
        "Abs" => f64::abs,
        "Sqrt" => f64::sqrt,
        "Not" => |v: f64| f64::from(v == 0.0),
        _ => |v: f64| v,
    };
    let data = x.data.as_ref().map(|data| data.iter().map(|v| of(*v)).collect());
    Value { shape: x.shape.clone(), data, dtype: x.dtype }
}

/// Arithmetic and comparisons; of values that are known, the values.
fn elementwise(call: &Call<'_>) -> Value {
    let shape = broadcast_all((0..call.inputs.len()).map(|i| call.shape(i)));
    let dtype = call.input(if call.op() == "Where" { 1 } else { 0 }).and_then(|x| x.dtype);
    let data = shape.as_ref().and_then(|shape| computed(call, shape));
    match (shape, data) {
        (Some(shape), Some(data)) => Value::with(shape, data, dtype),
        (shape, _) => Value { shape, dtype, data: None },
    }
}

fn computed(call: &Call<'_>, shape: &[u64]) -> Option<Vec<f64>> {
    let n = usize::try_from(elements(shape)?).ok()?;
    let inputs: Vec<(&[u64], &[f64])> =
        call.inputs.iter().map(|x| Some((x.shape.as_deref()?, x.data.as_deref()?))).collect::<Option<_>>()?;
    let whole = call.input(0)?.is_int();
    let truth = |is: bool| f64::from(u8::from(is));
    let two = |a: f64, b: f64| -> Option<f64> {
        Some(match call.op() {
            "Add" => a + b,
            "Sub" => a - b,
            "Mul" => a * b,
            "Div" if whole && b == 0.0 => return None,
            "Div" if whole => (a / b).trunc(),
            "Div" => a / b,
            "Mod" if b != 0.0 => a.rem_euclid(b),
            "Pow" => a.powf(b),
            "Max" => a.max(b),
            "Min" => a.min(b),
            "Equal" => truth(a == b),
            "Greater" => truth(a > b),
            "GreaterOrEqual" => truth(a >= b),
            "Less" => truth(a < b),
            "LessOrEqual" => truth(a <= b),
            "And" => truth(a != 0.0 && b != 0.0),
            "Or" => truth(a != 0.0 || b != 0.0),
            "Xor" => truth((a != 0.0) != (b != 0.0)),
            _ => return None,
        })
    };
    let element = |i: usize| -> Option<f64> {
        let mut all = inputs.iter().map(|(from, data)| data.get(place(i, shape, from)).copied());
        if call.op() == "Where" {
            let (is, a, b) = (all.next()??, all.next()??, all.next()??);
            return Some(if is != 0.0 { a } else { b });
        }
        let first = all.next()??;
        all.try_fold(first, |so_far, x| two(so_far, x?))
    };
    (n <= 4_096).then(|| (0..n).map(element).collect())?
}

/// Where the element at `i` of a tensor of this shape comes from in one that was stretched to it.
pub(super) fn place(mut i: usize, shape: &[u64], from: &[u64]) -> usize {
    let (mut at, mut stride) = (0, 1);
    for (back, n) in shape.iter().rev().enumerate() {
        let n = (*n).max(1) as usize;
        let (here, rest) = (i % n, i / n);
        if let Some(own) = from.len().checked_sub(back + 1).map(|axis| from[axis] as usize) {
            at += if own == 1 { 0 } else { here * stride };
            stride *= own;
        }
        i = rest;
    }
    at
}

fn reduced(call: &Call<'_>) -> Value {
    let Some(x) = call.input(0) else { return Value::default() };
    let Ok(of) = call.ints_of(1, "axes") else { return Value::default() };
    let keep = call.int("keepdims").unwrap_or(1) != 0;
    let of = of.filter(|of| !of.is_empty());
    let shape = x.shape.as_ref().and_then(|shape| match of {
        None if call.int("noop_with_empty_axes").unwrap_or(0) != 0 => Some(shape.clone()),
        None => folded(shape, &(0..shape.len() as i64).collect::<Vec<_>>(), keep),
        Some(of) => folded(shape, &of, keep),
    });
    // Sizes are multiplied up.
    let all = shape.as_ref().is_some_and(|shape| elements(shape) == Some(1));
    let data = x.data.as_ref().filter(|_| all).and_then(|data| match call.op() {
        "ReduceProd" => Some(data.iter().product::<f64>()),
        "ReduceSum" => Some(data.iter().sum()),
        "ReduceMax" => data.iter().copied().reduce(f64::max),
        "ReduceMin" => data.iter().copied().reduce(f64::min),
        _ => None,
    });
    Value { data: data.map(|x| vec![x].into()), shape, dtype: x.dtype }
}

/// A shape without these axes, or with ones in their place.
fn folded(shape: &[u64], of: &[i64], keep: bool) -> Option<Vec<u64>> {
    let gone = axes(of, shape.len())?;
    let left = shape.iter().enumerate().filter(|(i, _)| keep || !gone.contains(i));
    Some(left.map(|(i, n)| if gone.contains(&i) { 1 } else { *n }).collect())
}
