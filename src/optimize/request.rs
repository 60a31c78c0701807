//! What is asked for: variants, each a chain of steps, with the names that they are compared by.

use serde::Serialize;

/// How a model is quantized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantization {
    /// Weights and activations in 8 bits, with ranges from calibration; weights signed.
    Int8,
    /// The same with unsigned weights.
    Uint8,
    /// Weights in 8 bits, ranges of activations looked for at every inference.
    Dynamic,
    /// Weights of matrix products in 4 bits.
    Int4,
}

impl Quantization {
    /// As it is typed, and what its variant is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::Uint8 => "uint8",
            Self::Dynamic => "dynamic",
            Self::Int4 => "int4",
        }
    }
}

/// Which weights are pruned together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// The smallest of all layers.
    Global,
    /// The smallest of each layer.
    Layer,
    /// N weights stay of every M in a row.
    Groups(u32, u32),
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Global => f.write_str("global"),
            Self::Layer => f.write_str("layer"),
            Self::Groups(keep, of) => write!(f, "{keep}:{of}"),
        }
    }
}

/// How ranges of activations are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The smallest and the largest value.
    Minmax,
    /// The range that loses the least information.
    Entropy,
    /// All but the outermost values.
    Percentile,
}

/// A step, as the script takes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "step", rename_all = "lowercase")]
pub enum Step {
    /// The smallest weights become zero.
    Prune {
        /// The share of zeros, from 0 to 1.
        share: f64,
        /// Which weights are compared.
        pattern: String,
    },
    /// 8 bits with calibration.
    Static {
        /// `int8` or `uint8`: the type of weights.
        r#type: &'static str,
        /// `qdq` or `qoperator`.
        form: &'static str,
        /// A scale for each output channel.
        per_channel: bool,
        /// How ranges are found.
        calibration: Method,
    },
    /// 8 bits without calibration.
    Dynamic,
    /// 4-bit weights.
    Int4 {
        /// Weights that share a scale.
        block: u32,
    },
    /// Half precision.
    Fp16 {
        /// `float32` or `float16`: the type of inputs and outputs.
        io: &'static str,
    },
    /// The graph as ONNX Runtime optimizes it.
    Fuse {
        /// `basic`, `extended` or `all`.
        level: &'static str,
    },
}

/// A variant that is to be written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wanted {
    /// What it is called.
    pub name: String,
    /// The name of its file.
    pub file: String,
    /// What is done, in this order.
    pub steps: Vec<Step>,
}

/// The options of all variants.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How it is quantized, one variant each.
    pub quantize: Vec<Quantization>,
    /// The share of weights to prune, and which.
    pub prune: Option<(f64, Pattern)>,
    /// Whether there is one in half precision, and the type of its inputs and outputs.
    pub fp16: Option<&'static str>,
    /// Whether there is a fused one, and the level.
    pub fuse: Option<&'static str>,
    /// How ranges are found.
    pub calibration: Method,
    /// `qdq` or `qoperator`.
    pub form: &'static str,
    /// A scale for each output channel.
    pub per_channel: bool,
    /// Weights that share a scale in 4 bits.
    pub block: u32,
}

impl Settings {
    /// The step that quantizes with calibration.
    pub fn calibrated(&self, r#type: &'static str) -> Step {
        Step::Static { r#type, form: self.form, per_channel: self.per_channel, calibration: self.calibration }
    }

    fn step(&self, how: Quantization) -> Step {
        match how {
            Quantization::Int8 | Quantization::Uint8 => self.calibrated(how.name()),
            Quantization::Dynamic => Step::Dynamic,
            Quantization::Int4 => Step::Int4 { block: self.block },
        }
    }
}

/// The variants that the settings describe: each quantization, pruned, each quantization of the pruned one, half precision, fused.
pub fn wanted(settings: &Settings, stem: &str) -> Vec<Wanted> {
    let quantized: Vec<(&str, Step)> = settings.quantize.iter().map(|how| (how.name(), settings.step(*how))).collect();
    let mut all: Vec<(String, Vec<Step>)> =
        quantized.iter().map(|(name, step)| ((*name).to_owned(), vec![step.clone()])).collect();
    if let Some((share, pattern)) = &settings.prune {
        let prune = Step::Prune { share: *share, pattern: pattern.to_string() };
        all.push(("pruned".into(), vec![prune.clone()]));
        all.extend(quantized.iter().map(|(name, step)| (format!("pruned+{name}"), vec![prune.clone(), step.clone()])));
    }
    all.extend(settings.fp16.map(|io| ("fp16".to_owned(), vec![Step::Fp16 { io }])));
    all.extend(settings.fuse.map(|level| ("fused".to_owned(), vec![Step::Fuse { level }])));
    all.into_iter().map(|(name, steps)| Wanted { file: format!("{stem}-{name}.onnx"), name, steps }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            quantize: vec![Quantization::Int8, Quantization::Dynamic],
            prune: Some((0.5, Pattern::Groups(2, 4))),
            fp16: Some("float32"),
            fuse: None,
            calibration: Method::Minmax,
            form: "qdq",
            per_channel: true,
            block: 32,
        }
    }

    #[test]
    fn pruned_models_are_quantized_in_a_chain() {
        let all = wanted(&settings(), "net");
        let names: Vec<&str> = all.iter().map(|w| w.name.as_str()).collect();
        assert_eq!(names, ["int8", "dynamic", "pruned", "pruned+int8", "pruned+dynamic", "fp16"]);
        assert_eq!(all[3].file, "net-pruned+int8.onnx");
        let json = serde_json::to_value(&all[3]).unwrap();
        assert_eq!(json["steps"][0], serde_json::json!({"step": "prune", "share": 0.5, "pattern": "2:4"}));
        assert_eq!(json["steps"][1]["step"], "static");
        assert_eq!(json["steps"][1]["calibration"], "minmax");
    }
}
