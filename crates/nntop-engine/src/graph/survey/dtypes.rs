//! Element types of what ONNX nodes make, where shape inference leaves them open: by ONNX's type constraints.

use crate::graph::proto::NodeProto;
use crate::graph::weights;
use crate::tensor::DataType;
use nntop_core::event::TensorSig;

/// Gives the outputs of a node types, from those of its inputs.
pub(super) fn complete(node: &NodeProto, inputs: &[TensorSig], outputs: &mut [TensorSig]) {
    let input = |at: usize| inputs.get(at).map(|sig| sig.dtype.clone()).filter(|dtype| !dtype.is_empty());
    let number = |name: &str| node.attribute(name).and_then(|a| a.i).and_then(|i| DataType::from_onnx(i as i32));
    let named = |dtype: DataType| Some(dtype.name().to_owned());
    for (at, output) in outputs.iter_mut().enumerate().filter(|(_, output)| output.dtype.is_empty()) {
        let dtype = match node.op() {
            "Shape" | "Size" | "NonZero" | "ArgMax" | "ArgMin" | "NonMaxSuppression" => named(DataType::I64),
            "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Not" | "And" | "Or" | "Xor"
            | "IsNaN" | "IsInf" => named(DataType::Bool),
            "TopK" if at == 1 => named(DataType::I64),
            "MaxPool" if at == 1 => named(DataType::I64),
            "Dropout" if at == 1 => named(DataType::Bool),
            "Cast" | "EyeLike" | "RandomNormal" | "RandomUniform" => {
                number("to").or_else(|| number("dtype")).and_then(named)
            }
            "CastLike" | "Where" => input(1),
            "QuantizeLinear" => input(2).or_else(|| named(DataType::U8)),
            "DequantizeLinear" => input(1),
            "DynamicQuantizeLinear" if at != 1 => named(DataType::U8),
            "DynamicQuantizeLinear" => named(DataType::F32),
            "MatMulInteger" | "ConvInteger" => named(DataType::I32),
            "MatMulIntegerToFloat" => named(DataType::F32),
            "QLinearConv" | "QLinearMatMul" => input(7).or_else(|| input(0)),
            "OneHot" => input(2),
            "ConstantOfShape" => weights::value(node).map_or(Some(DataType::F32), |v| v.dtype().ok()).and_then(named),
            "Constant" => weights::value(node).and_then(|v| v.dtype().ok()).and_then(named),
            _ => input(0),
        };
        output.dtype = dtype.unwrap_or_default();
    }
}
