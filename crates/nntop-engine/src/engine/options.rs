//! Settings that an engine does not have are refused: left aside without a word, they would be taken for set.

use super::probe;
use nntop_core::catalog::{self, Entry, Setting, Source};
use nntop_core::event::{Fault, VariantSpec};
use nntop_core::settings::{ROWS, Row};

/// Whether the engine of `spec` is part of this program and takes all that is set.
///
/// # Errors
/// The first setting that it does not take, and who does.
pub(super) fn check(spec: &VariantSpec) -> Result<(), Fault> {
    // What an engine of somebody else's takes is its own to say.
    let Some(engine) = spec.engine.entry() else { return Ok(()) };
    if let Source::BuiltIn { feature: Some(feature) } = engine.source
        && probe::built_in(engine.kind).is_none()
    {
        return Err(Fault::input(format!("--engine {}: this nntop was built without it", engine.name))
            .hint(format!("cargo install nntop --features {feature}; nntop engine list shows what can be used")));
    }
    // The worker in Python has the closed loop and no other: its figures would bear the name of a load that there was not.
    if engine.source.python().is_some() && !spec.scenario.is_default() {
        let text = format!("{}: {} is not measured under a load: {}", spec.name, engine.name, spec.scenario);
        return Err(Fault::input(text).hint("it runs with --scenario single-stream; as an ONNX model it runs with all"));
    }
    let only_some = |row: &&Row| !catalog::takers(row.setting).is_empty();
    let set = ROWS.iter().filter(only_some).find(|row| row.setting.is_set(&spec.options) && !engine.takes(row.setting));
    match set {
        Some(row) => {
            let text = format!("{}: --{} is not for {}", spec.name, row.flag, engine.name);
            Err(Fault::input(text).hint(hint(row, engine)))
        }
        None => Ok(()),
    }
}

/// What takes the setting's place, or which engines take it.
fn hint(row: &Row, engine: &Entry) -> String {
    match (row.setting, engine.runs_on) {
        (Setting::Providers | Setting::Device, Some(why)) => why.into(),
        (Setting::Providers, None) => {
            format!("{} takes --device; execution providers are {}'s", engine.name, takers(Setting::ProviderOptions))
        }
        (Setting::Device, None) => format!("{} takes --ep, for example --ep cuda", engine.name),
        (setting, _) => {
            format!("it is for {}; per model: MODEL,{}=...", takers(setting), row.typed_key())
        }
    }
}

fn takers(setting: Setting) -> String {
    catalog::takers(setting).iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::{EngineOptions, Scenario};

    #[test]
    #[cfg(not(feature = "tract"))]
    fn an_engine_that_was_not_built_in_says_how_to_have_it() {
        let fault = check(&VariantSpec { engine: "tract".into(), ..VariantSpec::default() }).unwrap_err();
        assert!(fault.hint.unwrap().contains("--features tract"));
    }

    #[test]
    fn a_worker_in_python_refuses_a_load_that_it_has_no_loop_for() {
        let spec = |engine: &str, scenario| VariantSpec { engine: engine.into(), scenario, ..VariantSpec::default() };
        let paced = Scenario::Paced { rate: 30.0, deadline: None, queue: 1 };
        for scenario in [paced, Scenario::Offline { concurrency: 2 }] {
            for engine in ["torch", "executorch"] {
                let fault = check(&spec(engine, scenario)).unwrap_err();
                assert!(fault.message.contains(&scenario.to_string()), "{}", fault.message);
                assert_eq!(check(&spec(engine, Scenario::SingleStream)), Ok(()));
            }
            assert_eq!(check(&spec("onnxruntime", scenario)), Ok(()));
        }
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
        assert_eq!(check(&spec("onnxruntime-gpu", ep.clone())), Ok(()));
        assert_eq!(
            check(&spec("synthetic:constant", ep.clone())),
            Ok(()),
            "it has nothing that a setting could change"
        );
        assert_eq!(check(&spec("an-engine-of-mine", ep.clone())), Ok(()));
        assert!(check(&spec("executorch", ep)).unwrap_err().hint.unwrap().contains("lowered"));
        let hint = EngineOptions { hint: Some("latency".into()), ..EngineOptions::default() };
        assert!(check(&spec("litert", hint)).unwrap_err().hint.unwrap().contains("openvino"));
    }
}
