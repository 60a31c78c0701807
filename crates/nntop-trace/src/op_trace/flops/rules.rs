//! The table: which rule goes with which operator type, of ONNX and of ONNX Runtime's own.
//!
//! Types without a rule: those whose work is not in the shapes (Resize: the mode; GroupQueryAttention: how much of
//! the buffer is filled; trees, sorting, NonMaxSuppression: the data).

use super::{Call, Work, attention, dense, product};

/// Which of its bytes an operator moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moves {
    /// All inputs, all outputs.
    All,
    /// Of the first input only as much as comes out.
    Part,
}

pub(super) struct Rule {
    pub(super) work: fn(Call<'_>) -> Option<Work>,
    pub(super) moves: Moves,
    /// Whether all of its work is multiplying and adding up: a MAC is two operations of it.
    pub(super) is_product: bool,
    types: &'static [&'static str],
}

/// The rule for an operator type.
pub(super) fn of(op_type: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.types.contains(&op_type))
}

const fn rule(work: fn(Call<'_>) -> Option<Work>, types: &'static [&'static str]) -> Rule {
    Rule { work, moves: Moves::All, is_product: false, types }
}

const fn products(work: fn(Call<'_>) -> Option<Work>, types: &'static [&'static str]) -> Rule {
    Rule { is_product: true, ..rule(work, types) }
}

const RULES: &[Rule] = &[
    // fvcore, `conv_flop_count`: batch · outputs · filter. As MACs; here times two.
    products(dense::conv, &["Conv", "FusedConv", "NhwcConv", "NhwcFusedConv", "ConvInteger", "SNPEConv"]),
    products(dense::conv_quantized, &["QLinearConv"]),
    // fvcore, the same with input and output exchanged.
    products(dense::conv_transposed, &["ConvTranspose", "ConvTransposeWithDynamicPads"]),
    // fvcore, `matmul_flop_jit`, `bmm_flop_jit`, `addmm_flop_jit`; TensorFlow, `_calc_mat_mul_flops`: 2 · K · outputs.
    products(dense::matmul, &["MatMul", "MatMulInteger", "MatMulInteger16"]),
    products(dense::matmul_fused, &["FusedMatMul", "TransposeMatMul", "FusedMatMulActivation"]),
    products(
        dense::matmul_packed,
        &["MatMulNBits", "MatMulBnb4", "MatMulFpQ4", "DynamicQuantizeMatMul", "MatMulIntegerToFloat"],
    ),
    products(dense::matmul_quantized, &["QLinearMatMul"]),
    products(dense::gemm, &["Gemm", "FusedGemm", "GemmFloat8"]),
    products(dense::gemm_quantized, &["QGemm"]),
    // The equations in ONNX's operator documentation; the products, not the activations.
    products(dense::lstm, &["LSTM", "DynamicQuantizeLSTM"]),
    products(dense::gru, &["GRU"]),
    products(dense::rnn, &["RNN"]),
    // Vaswani et al. 2017, equation 1; the softmax in it is not counted.
    products(attention::attention, &["Attention", "QAttention"]),
    products(attention::separate, &["MultiHeadAttention"]),
    // fvcore, `norm_flop_counter`: five for each element with scale and shift; skip connections and sums of embeddings
    // add theirs.
    rule(|c| each_output(c, 5), &["LayerNormalization", "InstanceNormalization", "GroupNormalization", "GroupNorm"]),
    rule(
        |c| each_output(c, 4),
        &["SimplifiedLayerNormalization", "RMSNormalization", "LpNormalization", "MeanVarianceNormalization"],
    ),
    rule(|c| each_output(c, 6), &["SkipLayerNormalization"]),
    rule(|c| each_output(c, 5), &["SkipSimplifiedLayerNormalization"]),
    Rule {
        work: |c| each_output(c, 7),
        moves: Moves::Part,
        is_product: false,
        types: &["EmbedLayerNormalization", "QEmbedLayerNormalization"],
    },
    // fvcore, `batchnorm_flop_jit`: two, mean and variance being constants of inference.
    rule(|c| each_output(c, 2), &["BatchNormalization"]),
    // Maximum, difference, exponential, sum, quotient.
    rule(|c| each_output(c, 5), &["Softmax", "LogSoftmax", "QLinearSoftmax"]),
    // A product and an addition for each element.
    rule(
        |c| each_output(c, 2),
        &["QuantizeLinear", "DequantizeLinear", "BiasGelu", "BiasAdd", "HardSigmoid", "HardSwish", "Swish"],
    ),
    // Minimum and maximum first.
    rule(|c| each_output(c, 4), &["DynamicQuantizeLinear"]),
    // TensorFlow, `_unary_op_flops`, `_binary_per_element_op_flops`: one for each element that comes out.
    rule(
        |c| each_output(c, 1),
        &[
            "Abs",
            "Acos",
            "Acosh",
            "Add",
            "And",
            "Asin",
            "Asinh",
            "Atan",
            "Atanh",
            "BitShift",
            "BitwiseAnd",
            "BitwiseNot",
            "BitwiseOr",
            "BitwiseXor",
            "Ceil",
            "Celu",
            "Clip",
            "Cos",
            "Cosh",
            "Div",
            "Elu",
            "Equal",
            "Erf",
            "Exp",
            "FastGelu",
            "Floor",
            "Gelu",
            "Greater",
            "GreaterOrEqual",
            "IsInf",
            "IsNaN",
            "LeakyRelu",
            "Less",
            "LessOrEqual",
            "Log",
            "Mish",
            "Mod",
            "Mul",
            "Neg",
            "Not",
            "Or",
            "PRelu",
            "ParametricSoftplus",
            "Pow",
            "QLinearAdd",
            "QLinearLeakyRelu",
            "QLinearMul",
            "QLinearSigmoid",
            "QuickGelu",
            "Reciprocal",
            "Relu",
            "Round",
            "ScaledTanh",
            "Selu",
            "Shrink",
            "Sigmoid",
            "Sign",
            "Sin",
            "Sinh",
            "Softplus",
            "Softsign",
            "Sqrt",
            "Sub",
            "Tan",
            "Tanh",
            "ThresholdedRelu",
            "Xor",
        ],
    ),
    // n inputs take n - 1 operations.
    rule(each_input_but_one, &["Max", "Mean", "Min", "Sum"]),
    // TensorFlow, `_reduction_op_flops`: one for each element that goes in.
    rule(
        |c| each_input(c, 1),
        &[
            "ArgMax",
            "ArgMin",
            "CumSum",
            "GlobalAveragePool",
            "GlobalMaxPool",
            "QLinearGlobalAveragePool",
            "QLinearReduceMean",
            "ReduceL1",
            "ReduceLogSum",
            "ReduceMax",
            "ReduceMean",
            "ReduceMin",
            "ReduceProd",
            "ReduceSum",
            "ReduceSumInteger",
        ],
    ),
    // … and its square or exponential.
    rule(|c| each_input(c, 2), &["GlobalLpPool", "ReduceL2", "ReduceLogSumExp", "ReduceSumSquare"]),
    // The window is not in the shapes. Counted as if windows did not overlap: every input once, the least it can be.
    rule(|c| each_input(c, 1), &["AveragePool", "LpPool", "MaxPool", "NhwcMaxPool", "QLinearAveragePool"]),
    // Nothing is computed; or what encloses is counted itself (If, Loop, Scan).
    rule(
        |_| Some(Work::of(0)),
        &[
            "Cast",
            "CastLike",
            "Compress",
            "Concat",
            "Constant",
            "ConstantOfShape",
            "DepthToSpace",
            "Dropout",
            "Expand",
            "EyeLike",
            "Flatten",
            "Identity",
            "If",
            "Loop",
            "MemcpyFromHost",
            "MemcpyToHost",
            "OneHot",
            "Pad",
            "QLinearConcat",
            "QLinearWhere",
            "Range",
            "ReorderInput",
            "ReorderOutput",
            "Reshape",
            "ReverseSequence",
            "Scan",
            "ScatterElements",
            "ScatterND",
            "Size",
            "SpaceToDepth",
            "Split",
            "Squeeze",
            "Tile",
            "Transpose",
            "Trilu",
            "Unsqueeze",
            "Where",
        ],
    ),
    Rule {
        work: |_| Some(Work::of(0)),
        moves: Moves::Part,
        is_product: false,
        types: &["Gather", "GatherElements", "GatherND", "Shape", "Slice"],
    },
];

fn each_output(call: Call<'_>, operations: u64) -> Option<Work> {
    Some(Work::of(product(call.output()?)?.checked_mul(operations)?))
}

fn each_input(call: Call<'_>, operations: u64) -> Option<Work> {
    Some(Work::of(product(call.input(0)?)?.checked_mul(operations)?))
}

fn each_input_but_one(call: Call<'_>) -> Option<Work> {
    let operations = (call.inputs.len() as u64).checked_sub(1)?;
    each_output(call, operations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_has_two_rules() {
        let mut all: Vec<&str> = RULES.iter().flat_map(|rule| rule.types).copied().collect();
        all.sort_unstable();
        let before = all.len();
        all.dedup();
        assert_eq!(all.len(), before);
    }
}
