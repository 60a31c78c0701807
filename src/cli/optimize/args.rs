//! The options of `nntop optimize`.

use crate::cli::heading;
use crate::cli::output::{self, note};
use crate::cli::report::ReportFormat;
use crate::cli::result_format::ResultFormat;
use crate::cli::run_args::RunArgs;
use crate::cli::screen::LookArgs;
use crate::cli::values::above_zero;
use crate::optimize::{Method, Pattern, Quantization, Settings, Step};
use clap::{Args, ValueEnum};
use nntop_core::event::Fault;
use std::path::PathBuf;

const OPTIMIZE: &str = "What to write";

const EXAMPLES: &str = "\
Examples:
  nntop optimize net.onnx --quantize int8 --dataset photos/ --save-dir out    8 bits, calibrated with examples
  nntop optimize net.onnx --all --save-dir out                                all that there is, side by side
  nntop optimize net.onnx --prune 0.5 --quantize int8 --save-dir out          pruned, quantized, and both
  nntop optimize net.onnx --fp16 --fuse --save-dir out --write-only           the files alone
  nntop optimize net.onnx --propose-exclusions --save-dir out                 which layers 8 bits cost most";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct OptimizeArgs {
    #[command(flatten)]
    pub(super) run: RunArgs,
    /// Write the variants, the result and a report into this folder (created if missing)
    #[arg(long, value_name = "DIR", required = true, help_heading = heading::OUTPUT, display_order = 3)]
    pub(super) save_dir: PathBuf,
    /// Quantize: int8, uint8 (with calibration), dynamic, int4 (weights of matrix products); a variant each
    #[arg(long, value_name = "HOW,...", value_delimiter = ',', num_args = 0..=1, default_missing_value = "int8", help_heading = OPTIMIZE)]
    quantize: Vec<Quantize>,
    /// Prune this share of the weights by magnitude: 0.5, 50%; with --quantize also a variant that is both
    #[arg(long, value_name = "SHARE", value_parser = share, help_heading = OPTIMIZE)]
    prune: Option<f64>,
    /// Prune the smallest weights of all layers (global), of each layer, or all but N of every M (2:4)
    #[arg(long, value_name = "global|layer|N:M", value_parser = pattern, help_heading = OPTIMIZE)]
    prune_pattern: Option<Pattern>,
    /// Convert to half precision
    #[arg(long, help_heading = OPTIMIZE)]
    fp16: bool,
    /// Write the graph as ONNX Runtime optimizes it: basic, extended, all
    #[arg(long, value_name = "LEVEL", num_args = 0..=1, default_missing_value = "extended", help_heading = OPTIMIZE)]
    fuse: Option<Level>,
    /// int8, dynamic, pruned by 0.5, pruned and quantized, fp16, fused
    #[arg(long, help_heading = OPTIMIZE)]
    all: bool,
    /// Leave these nodes or operators as they are: a name, a type, with * and ? (repeatable)
    #[arg(long, value_name = "NODE|OPERATOR", help_heading = OPTIMIZE)]
    pub(super) exclude: Vec<String>,
    /// Rank layers by the error that quantizing each alone brings, and propose which to exclude
    #[arg(long, help_heading = OPTIMIZE)]
    pub(super) propose_exclusions: bool,
    /// How ranges of activations are found: minmax, entropy, percentile
    #[arg(long, value_name = "METHOD", default_value = "minmax", hide_possible_values = true, help_heading = OPTIMIZE)]
    calibration: Calibration,
    /// Calibrate with N examples of --dataset (labels are not needed), chosen by --seed; else N random inputs
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = above_zero, help_heading = OPTIMIZE)]
    pub(super) calibration_samples: u64,
    /// One scale for each tensor instead of one for each output channel
    #[arg(long, help_heading = OPTIMIZE, hide_short_help = true)]
    per_tensor: bool,
    /// How quantized operators are written: qdq, qoperator
    #[arg(long, value_name = "FORM", default_value = "qdq", hide_possible_values = true, help_heading = OPTIMIZE, hide_short_help = true)]
    quant_form: Form,
    /// Weights that share a scale in 4 bits
    #[arg(long, value_name = "N", default_value = "32", value_parser = ["16", "32", "64", "128", "256"], help_heading = OPTIMIZE, hide_short_help = true)]
    int4_block: String,
    /// Type of inputs and outputs with --fp16: float32, float16
    #[arg(long, value_name = "TYPE", default_value = "float32", value_parser = ["float32", "float16"], hide_possible_values = true, help_heading = OPTIMIZE, hide_short_help = true)]
    fp16_io: String,
    /// Write the files, and measure nothing
    #[arg(long, conflicts_with = "live", help_heading = OPTIMIZE)]
    pub(super) write_only: bool,
    /// Compare on the dashboard
    #[arg(long, help_heading = OPTIMIZE)]
    pub(super) live: bool,
    /// Write the comparison to this file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = heading::OUTPUT, display_order = 1)]
    pub(super) output: Option<PathBuf>,
    /// Format of the comparison [default: by the ending of -o, else text]
    #[arg(long, value_name = "FORMAT", help_heading = heading::OUTPUT, display_order = 2)]
    pub(super) format: Option<ResultFormat>,
    /// Format of the report in --save-dir
    #[arg(long, value_name = "FORMAT", default_value = "markdown", help_heading = heading::OUTPUT, hide_short_help = true)]
    pub(super) report_format: ReportFormat,
    /// Exit with status 4 if the verdict of a variant is INVALID
    #[arg(long, help_heading = heading::OUTPUT)]
    pub(super) strict: bool,
    /// Print no progress
    #[arg(short, long, help_heading = heading::OUTPUT)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) look: LookArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Quantize {
    /// Weights and activations in 8 bits, calibrated
    Int8,
    /// The same, with unsigned weights
    Uint8,
    /// Weights in 8 bits, activations measured at every inference
    Dynamic,
    /// Weights of matrix products in 4 bits
    Int4,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    /// Constant folding and redundant nodes: standard operators
    Basic,
    /// Also fusions into operators of ONNX Runtime's own
    Extended,
    /// Also the layout of this processor
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Calibration {
    Minmax,
    Entropy,
    Percentile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Qdq,
    Qoperator,
}

fn share(text: &str) -> Result<f64, String> {
    let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |percent| (percent, 100.0));
    let value = number.trim().parse::<f64>().map(|value| value / scale);
    let value = value.ok().filter(|value| *value > 0.0 && *value < 1.0);
    value.ok_or_else(|| "expected a share between 0 and 1, such as 0.5 or 50%".into())
}

fn pattern(text: &str) -> Result<Pattern, String> {
    let groups = || {
        let (keep, of) = text.split_once(':')?;
        let (keep, of) = (keep.parse().ok()?, of.parse().ok()?);
        (0 < keep && keep < of && of <= 64).then_some(Pattern::Groups(keep, of))
    };
    match text {
        "global" => Ok(Pattern::Global),
        "layer" => Ok(Pattern::Layer),
        _ => groups().ok_or_else(|| "expected global, layer, or N:M with N below M, such as 2:4".into()),
    }
}

impl OptimizeArgs {
    /// What the variants are made with.
    pub(super) fn settings(&self) -> Result<Settings, Fault> {
        let mut quantize = Vec::new();
        for how in &self.quantize {
            let how = match how {
                Quantize::Int8 => Quantization::Int8,
                Quantize::Uint8 => Quantization::Uint8,
                Quantize::Dynamic => Quantization::Dynamic,
                Quantize::Int4 => Quantization::Int4,
            };
            if !quantize.contains(&how) {
                quantize.push(how);
            }
        }
        if self.all && quantize.is_empty() {
            quantize = vec![Quantization::Int8, Quantization::Dynamic];
        }
        let prune = match (self.prune, &self.prune_pattern) {
            // The pattern says the share.
            (Some(_), Some(Pattern::Groups(keep, of))) => {
                return Err(Fault::input(format!("--prune and --prune-pattern {keep}:{of} both say the share"))
                    .hint(format!("leave --prune out: --prune-pattern {keep}:{of}")));
            }
            (None, Some(groups @ Pattern::Groups(keep, of))) => {
                Some((1.0 - f64::from(*keep) / f64::from(*of), groups.clone()))
            }
            (Some(share), pattern) => Some((share, pattern.clone().unwrap_or(Pattern::Global))),
            (None, Some(other)) => {
                return Err(Fault::input(format!("--prune-pattern {other}: no share is given"))
                    .hint("--prune 0.5 makes half of the weights zero"));
            }
            (None, None) => self.all.then_some((0.5, Pattern::Layer)),
        };
        let fuse = match self.fuse {
            Some(Level::Basic) => Some("basic"),
            Some(Level::Extended) => Some("extended"),
            Some(Level::All) => Some("all"),
            None => self.all.then_some("extended"),
        };
        let io = if self.fp16_io == "float16" { "float16" } else { "float32" };
        Ok(Settings {
            quantize,
            prune,
            fp16: (self.fp16 || self.all).then_some(io),
            fuse,
            calibration: match self.calibration {
                Calibration::Minmax => Method::Minmax,
                Calibration::Entropy => Method::Entropy,
                Calibration::Percentile => Method::Percentile,
            },
            form: if self.quant_form == Form::Qdq { "qdq" } else { "qoperator" },
            per_channel: !self.per_tensor,
            block: self.int4_block.parse().unwrap_or(32),
        })
    }

    /// How layers are quantized one by one.
    pub(super) fn ranking(&self) -> Option<Step> {
        self.settings().ok().map(|settings| settings.calibrated(Quantization::Int8.name()))
    }

    /// How wide text is.
    pub(super) fn width(&self) -> usize {
        output::width(self.output.as_deref())
    }

    /// Says something that is no result.
    pub(super) fn say(&self, line: &str) {
        if !self.quiet && !line.is_empty() {
            note(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_patterns_are_read() {
        assert_eq!((share("0.5"), share("50%"), share("50 %")), (Ok(0.5), Ok(0.5), Ok(0.5)));
        assert!(["0", "1", "50", "-1", "x"].iter().all(|text| share(text).is_err()));
        assert_eq!(pattern("2:4"), Ok(Pattern::Groups(2, 4)));
        assert!(["4:4", "0:4", "4:2", "2:", "filter"].iter().all(|text| pattern(text).is_err()));
    }
}
