//! Operator types by what they do, each family with one hue: table, flame graph and SVG agree on it.

/// What operators of a type are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Convolutions, transposed ones included.
    Convolution,
    /// Products of matrices: `MatMul`, `Gemm`, `Einsum`.
    MatrixProduct,
    /// Attention and recurrent cells.
    Sequence,
    /// Batch, layer, group and instance normalisation.
    Normalization,
    /// Element by element, not linear: `Relu`, `Sigmoid`, `Softmax`.
    Activation,
    /// Arithmetic element by element, and reductions.
    Elementwise,
    /// Pooling and resampling.
    Pooling,
    /// Between floating point and integers.
    Quantization,
    /// Moves or reinterprets values without computing any.
    DataMovement,
    /// None of these.
    Other,
}

impl Family {
    /// All of them, in the order in which a legend shows them.
    pub const ALL: [Self; 10] = [
        Self::Convolution,
        Self::MatrixProduct,
        Self::Sequence,
        Self::Normalization,
        Self::Activation,
        Self::Elementwise,
        Self::Pooling,
        Self::Quantization,
        Self::DataMovement,
        Self::Other,
    ];

    /// The family of an operator type, by the name that any runtime gives it: `Conv`, `QLinearConv`, `CONV_2D`, `aten::conv2d`.
    pub fn of(op_type: &str) -> Self {
        let plain: String =
            op_type.rsplit("::").next().unwrap_or(op_type).chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_ascii_lowercase();
        // `QLinearAdd` is an addition: what stands behind the prefix counts.
        let plain = plain.strip_prefix("qlinear").unwrap_or(&plain);
        let has = |words: &[&str]| words.iter().any(|word| plain.contains(word));
        let is = |words: &[&str]| words.contains(&plain);
        // The order matters: FusedConv with a Relu in its name is a convolution.
        match () {
            () if has(&["quantize", "requant", "fakequant"]) => Self::Quantization,
            () if has(&["conv"]) && !has(&["convert"]) => Self::Convolution,
            () if has(&["attention", "lstm", "gru", "rotaryemb"]) || is(&["rnn"]) => Self::Sequence,
            () if has(&["norm", "lrn"]) => Self::Normalization,
            () if has(&["matmul", "gemm", "fullyconnected", "innerproduct", "einsum"]) => Self::MatrixProduct,
            () if is(&["mm", "linear", "bmm", "addmm", "baddbmm"]) => Self::MatrixProduct,
            () if has(&["pool", "resize", "upsample", "gridsample", "roialign", "interpolate"]) => Self::Pooling,
            () if has(&[
                "relu", "sigmoid", "gelu", "softmax", "softplus", "swish", "silu", "tanh", "logistic", "mish",
            ]) || is(&["elu", "selu", "celu", "clip", "erf", "softsign", "thresholdedrelu", "hardmax"]) =>
            {
                Self::Activation
            }
            () if has(&[
                "reshape",
                "transpose",
                "concat",
                "slice",
                "gather",
                "scatter",
                "squeeze",
                "flatten",
                "memcpy",
            ]) || has(&["depthtospace", "spacetodepth", "reorder", "copy", "permute", "unpack"])
                || is(&[
                    "cast", "convert", "split", "pad", "expand", "tile", "identity", "shape", "constant", "pack",
                    "view",
                ])
                || is(&[
                    "constantofshape",
                    "onehot",
                    "range",
                    "size",
                    "reverse",
                    "parameter",
                    "result",
                    "cat",
                    "contiguous",
                ]) =>
            {
                Self::DataMovement
            }
            () if has(&["reduce", "arg", "cumsum", "equal", "greater", "less"])
                || is(&[
                    "add", "sub", "mul", "div", "pow", "sqrt", "exp", "log", "neg", "abs", "min", "max", "mean",
                ])
                || is(&[
                    "sum",
                    "reciprocal",
                    "floor",
                    "ceil",
                    "round",
                    "sign",
                    "mod",
                    "not",
                    "and",
                    "or",
                    "xor",
                    "where",
                ])
                || is(&["sin", "cos", "rsqrt", "multiply", "subtract", "divide", "power", "eltwise", "biasadd"]) =>
            {
                Self::Elementwise
            }
            () => Self::Other,
        }
    }

    /// Its name, as a legend shows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Convolution => "convolution",
            Self::MatrixProduct => "matrix product",
            Self::Sequence => "attention, recurrent",
            Self::Normalization => "normalisation",
            Self::Activation => "activation",
            Self::Elementwise => "elementwise",
            Self::Pooling => "pooling, resize",
            Self::Quantization => "quantisation",
            Self::DataMovement => "data movement",
            Self::Other => "other",
        }
    }

    /// Red, green, blue. Light enough for dark letters on it; neighbours in [`ALL`](Self::ALL) differ in lightness or along
    /// blue and yellow, so that they can be told apart without seeing red and green as different.
    pub const fn rgb(self) -> (u8, u8, u8) {
        match self {
            Self::Convolution => (99, 169, 237),
            Self::MatrixProduct => (245, 163, 82),
            Self::Sequence => (190, 143, 222),
            Self::Normalization => (240, 219, 110),
            Self::Activation => (92, 190, 150),
            Self::Elementwise => (201, 170, 136),
            Self::Pooling => (126, 218, 228),
            Self::Quantization => (236, 132, 144),
            Self::DataMovement => (166, 174, 188),
            Self::Other => (210, 214, 220),
        }
    }

    /// The nearest of xterm's 256 colours.
    pub const fn xterm(self) -> u8 {
        match self {
            Self::Convolution => 75,
            Self::MatrixProduct => 215,
            Self::Sequence => 140,
            Self::Normalization => 221,
            Self::Activation => 72,
            Self::Elementwise => 180,
            Self::Pooling => 116,
            Self::Quantization => 174,
            Self::DataMovement => 145,
            Self::Other => 252,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_every_runtime_find_their_family() {
        let families = [
            (
                Family::Convolution,
                &["Conv", "FusedConv", "QLinearConv", "CONV_2D", "aten::conv2d", "DEPTHWISE_CONV_2D"][..],
            ),
            (
                Family::MatrixProduct,
                &["MatMul", "Gemm", "FusedMatMul", "QLinearMatMul", "FULLY_CONNECTED", "aten::addmm"],
            ),
            (Family::Sequence, &["Attention", "LSTM", "GRU", "MultiHeadAttention"]),
            (Family::Normalization, &["BatchNormalization", "LayerNormalization", "SkipLayerNormalization", "LRN"]),
            (Family::Activation, &["Relu", "QuickGelu", "BiasGelu", "Softmax", "Clip", "LOGISTIC", "QLinearSoftmax"]),
            (Family::Elementwise, &["Add", "Mul", "ReduceMean", "QLinearAdd", "Where", "ArgMax"]),
            (
                Family::Pooling,
                &["MaxPool", "GlobalAveragePool", "QLinearGlobalAveragePool", "Resize", "RESIZE_BILINEAR"],
            ),
            (Family::Quantization, &["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"]),
            (
                Family::DataMovement,
                &["Reshape", "Transpose", "Concat", "Cast", "Convert", "ReorderInput", "MemcpyToHost"],
            ),
            (Family::Other, &["TreeEnsembleClassifier", "Loop", ""]),
        ];
        for (family, types) in families {
            for op_type in types {
                assert_eq!(Family::of(op_type), family, "{op_type}");
            }
        }
    }

    #[test]
    fn dark_letters_read_on_every_hue() {
        // Relative luminance and contrast as WCAG 2 defines them; 7 is its highest level.
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        for family in Family::ALL {
            let (r, g, b) = family.rgb();
            let luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
            let contrast = (luminance + 0.05) / 0.05;
            assert!(contrast >= 7.0, "{family:?}: {contrast:.1}");
        }
    }
}
