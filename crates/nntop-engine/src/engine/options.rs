//! Settings that an engine does not have are refused: left aside without a word, they would be taken for set.

use nntop_core::event::{Fault, GraphOptimization, VariantSpec};

/// Who takes a setting.
const TAKERS: [(&str, &[&str]); 8] = [
    ("--ep", &["onnxruntime", "torch"]),
    ("--ep-option", &["onnxruntime"]),
    ("--graph-opt", &["onnxruntime"]),
    ("--device", &["openvino", "litert"]),
    ("--hint", &["openvino"]),
    ("--num-streams", &["openvino"]),
    ("--precision", &["openvino", "onnxruntime"]),
    ("--kernels", &["litert"]),
];

/// Whether the engine of `spec` takes all that is set.
///
/// # Errors
/// The first setting that it does not take, and who does.
pub(super) fn check(spec: &VariantSpec) -> Result<(), Fault> {
    let engine = spec.engine_name();
    if engine == "tract" && !cfg!(feature = "tract") {
        return Err(Fault::input("--engine tract: this nntop was built without it")
            .hint("cargo install nntop --features tract; nntop engine list shows what can be used"));
    }
    let o = &spec.options;
    let set = [
        !o.providers.is_empty(),
        !o.provider_options.is_empty(),
        o.graph_optimization != GraphOptimization::All,
        o.device.is_some(),
        o.hint.is_some(),
        o.num_streams.is_some(),
        o.precision.is_some(),
        o.kernels.is_some(),
    ];
    if engine == "synthetic" {
        return Ok(());
    }
    match TAKERS.iter().zip(set).find(|((_, takers), is_set)| *is_set && !takers.contains(&engine)) {
        Some(((option, takers), _)) => {
            let whose = takers.join(" and ");
            let hint = match (*option, engine) {
                ("--ep", "executorch") => "a program of ExecuTorch runs where it was lowered to".into(),
                ("--ep" | "--device", "tract") => "tract runs on the CPU".into(),
                ("--ep", _) => format!("{engine} takes --device; execution providers are onnxruntime's"),
                ("--device", "executorch") => "a program of ExecuTorch runs where it was lowered to".into(),
                ("--device", _) => format!("{engine} takes --ep, for example --ep cuda"),
                (_, "torch" | "executorch" | "tract") => format!("it is for {whose}"),
                _ => format!("it is for {whose}; per model: MODEL,{}=...", option.trim_start_matches('-')),
            };
            Err(Fault::input(format!("{}: {option} is not for {engine}", spec.name)).hint(hint))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::EngineOptions;

    #[test]
    #[cfg(not(feature = "tract"))]
    fn an_engine_that_was_not_built_in_says_how_to_have_it() {
        let fault = check(&VariantSpec { engine: "tract".into(), ..VariantSpec::default() }).unwrap_err();
        assert!(fault.hint.unwrap().contains("--features tract"));
    }

    #[test]
    fn what_an_engine_does_not_take_is_refused() {
        let spec = |engine: &str, options| VariantSpec { engine: engine.into(), options, ..VariantSpec::default() };
        let device = EngineOptions { device: Some("CPU".into()), ..EngineOptions::default() };
        let fault = check(&spec("onnxruntime", device.clone())).unwrap_err();
        assert!(fault.message.contains("--device is not for onnxruntime") && fault.hint.unwrap().contains("--ep"));
        assert_eq!(check(&spec("openvino==2025.4.1", device.clone())), Ok(()));
        assert_eq!(check(&spec("litert", device)), Ok(()));
        let ep = EngineOptions { providers: vec!["cuda".into()], ..EngineOptions::default() };
        assert!(check(&spec("openvino", ep.clone())).unwrap_err().hint.unwrap().contains("--device"));
        assert_eq!(check(&spec("onnxruntime-gpu", ep)), Ok(()));
        let hint = EngineOptions { hint: Some("latency".into()), ..EngineOptions::default() };
        assert!(check(&spec("litert", hint)).unwrap_err().hint.unwrap().contains("openvino"));
    }
}
