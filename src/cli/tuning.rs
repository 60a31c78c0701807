//! Settings of OpenVINO, LiteRT and execution providers.

use super::values::streams;
use clap::Args;
use nntop_core::event::EngineOptions;

/// What OpenVINO, LiteRT and execution providers can be told.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct TuningArgs {
    /// The device of OpenVINO or LiteRT: CPU, GPU, GPU.1, NPU, AUTO, HETERO:GPU,CPU [default: CPU]
    #[arg(long, value_name = "NAME")]
    pub(super) device: Option<String>,
    /// OpenVINO's performance hint: latency, throughput or cumulative_throughput [default: its own choice]
    #[arg(long, value_name = "HINT")]
    pub(super) hint: Option<String>,
    /// OpenVINO's streams: inferences that one model runs at once [default: its own choice]
    #[arg(long, value_name = "N", value_parser = num_streams)]
    pub(super) num_streams: Option<u32>,
    /// The precision in which OpenVINO (f32, f16, bf16) or an execution provider (tensorrt: f16, bf16, int8; cuda: f32,
    /// tf32) computes [default: its own choice, which is shown]
    #[arg(long, alias = "infer-precision", value_name = "TYPE")]
    pub(super) precision: Option<String>,
    /// What the first execution provider of --ep is told, by its own names (repeatable), such as trt_dla_enable=1; of
    /// another one NAME:KEY=VALUE
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(super) ep_option: Vec<(String, String)>,
    /// LiteRT's kernels on the CPU: xnnpack or builtin [default: xnnpack]
    #[arg(long, value_name = "NAME")]
    pub(super) kernels: Option<String>,
}

impl TuningArgs {
    /// Puts them into a model's options.
    pub(super) fn put_into(&self, options: &mut EngineOptions) {
        options.device.clone_from(&self.device);
        options.hint.clone_from(&self.hint);
        options.num_streams = self.num_streams;
        options.precision.clone_from(&self.precision);
        options.kernels.clone_from(&self.kernels);
        options.provider_options = self.ep_option.iter().cloned().collect();
    }
}

fn num_streams(text: &str) -> Result<u32, String> {
    streams(text, 1_024).map(|n| n as u32)
}

/// `trt_dla_enable=1`; `key|value` is how onnxruntime_perf_test writes it.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once(['=', '|']) {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("looks like KEY=VALUE, for example trt_dla_enable=1".into()),
    }
}

/// One of these settings by its key; `None` when it is none of them.
///
/// # Errors
/// What is wrong with the value.
pub(super) fn set(options: &mut EngineOptions, key: &str, value: &str) -> Option<Result<(), String>> {
    let text = || Some(value.to_owned());
    match key {
        // Commas separate settings.
        "device" => options.device = Some(value.replace('+', ",")),
        "hint" => options.hint = text(),
        "precision" => options.precision = text(),
        "kernels" => options.kernels = text(),
        "num-streams" => match num_streams(value) {
            Ok(n) => options.num_streams = Some(n),
            Err(why) => return Some(Err(why)),
        },
        _ => match key.strip_prefix("ep-option.") {
            Some(name) => drop(options.provider_options.insert(name.to_owned(), value.to_owned())),
            None => return None,
        },
    }
    Some(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_a_model_are_read() {
        let mut options = EngineOptions::default();
        assert_eq!(set(&mut options, "device", "HETERO:GPU+CPU"), Some(Ok(())));
        assert_eq!(options.device.as_deref(), Some("HETERO:GPU,CPU"));
        assert!(set(&mut options, "num-streams", "0").unwrap().is_err());
        assert_eq!(set(&mut options, "colour", "red"), None);
        assert_eq!(set(&mut options, "ep-option.trt_dla_enable", "1"), Some(Ok(())));
        assert_eq!(options.provider_options["trt_dla_enable"], "1");
        assert_eq!(pair("cuda:use_tf32=0"), Ok(("cuda:use_tf32".into(), "0".into())));
        assert_eq!(pair("device_id|1"), Ok(("device_id".into(), "1".into())));
        assert!(pair("device_id").is_err() && pair("=1").is_err());
    }
}
