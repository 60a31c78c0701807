//! What OpenVINO says, as one line without the places in its own source files.

use nntop_core::catalog::EngineKind;
use nntop_core::event::Fault;
use std::path::Path;

/// A fault while reading or compiling the model of `path`.
pub(super) fn load_failed(path: &str, version: &str, words: &str) -> Fault {
    if let Some((format, library)) = no_frontend(path, words) {
        return Fault::input(format!("{path}: this OpenVINO {version} reads no {format}: {library} is not beside it"))
            .hint("an installation that is whole has it: nntop engine install openvino");
    }
    let lower = words.to_ascii_lowercase();
    let foreign = ["wasn't fully converted", "not supported", "unsupported", "no conversion rule"];
    let others = EngineKind::OpenVino.alternatives(Path::new(path));
    let another = others.map(|o| format!("; or try another engine: {o}")).unwrap_or_default();
    let hint = if lower.contains("unable to read the model") || lower.contains("cannot determine") {
        let reads = EngineKind::OpenVino.entry().reads();
        format!("OpenVINO reads {reads}, each by a frontend library beside its own")
    } else if foreign.iter().any(|words| lower.contains(words)) {
        format!("this OpenVINO lacks what the model needs, and a newer one may have it{another}")
    } else {
        format!("the file may be damaged: export or fetch it again{another}")
    };
    Fault::input(format!("{path}: OpenVINO {version} cannot load it: {words}")).hint(hint)
}

/// The format of a file, and the library that reads it, where OpenVINO lists those that it has and it is not among them.
fn no_frontend(path: &str, words: &str) -> Option<(String, String)> {
    let (_, listed) = words.split_once("Available frontends:")?;
    let extension = Path::new(path).extension()?.to_string_lossy().to_ascii_lowercase();
    let (name, library) = match extension.as_str() {
        "onnx" => ("onnx", "onnx"),
        "tflite" => ("tflite", "tensorflow_lite"),
        "xml" => ("ir", "ir"),
        "pdmodel" => ("paddle", "paddle"),
        _ => return None,
    };
    let has = listed.split_whitespace().any(|frontend| frontend == name);
    (!has).then(|| (format!(".{extension}"), format!("libopenvino_{library}_frontend.so")))
}

/// A file that is a part of a model, or of a kind that looks like one that OpenVINO reads.
pub(in crate::engine) fn no_model(path: &Path) -> Fault {
    let beside = |ending: &str| path.with_extension(ending).display().to_string();
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let (what, hint) = match extension.as_str() {
        "json" => (
            "OpenVINO reads no JSON; if this is a program that PaddlePaddle 3 saved, it reads those of before",
            "save it as .pdmodel: FLAGS_enable_pir_api=0, or export it to ONNX (paddle2onnx)".to_owned(),
        ),
        "pdiparams" => ("weights without their program", format!("give {}", beside("pdmodel"))),
        _ => ("weights without their graph", format!("give {}", beside("xml"))),
    };
    Fault::input(format!("{}: {what}", path.display())).hint(hint)
}

/// One line: exceptions are wrapped in each other, and only the innermost words help.
pub(super) fn clean(raw: &str) -> String {
    let place = |line: &str| {
        line.starts_with("Exception from ") || (line.starts_with("Check '") && line.contains("' failed at "))
    };
    let lines = raw.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut words: Vec<String> = Vec::new();
    for line in lines {
        if !place(line) {
            words.push(line.to_owned());
        } else if let Some((_, said)) = line.split_once("failed at ").and_then(|(_, place)| place.split_once(": ")) {
            // `Check 'x' failed at src/core/src/model.cpp:12: The words`
            let said = said.trim_end_matches(':').trim();
            if !said.is_empty() {
                words.push(said.to_owned());
            }
        }
    }
    if words.is_empty() {
        // Nothing but places: better those than silence.
        return raw.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let text = words.join(" ");
    text.trim_start_matches("[ GENERAL_ERROR ]").trim().trim_end_matches(['.', ':']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_and_the_words_stay() {
        let raw = "Exception from src/inference/src/cpp/core.cpp:92:\nException from src/inference/src/model_reader.cpp:142:\n\
                   Unable to read the model: a.txt Please check that model format: txt is supported and the model is correct.\n";
        assert_eq!(
            clean(raw),
            "Unable to read the model: a.txt Please check that model format: txt is supported and the model is correct"
        );
        let check = "Check 'false' failed at src/plugins/intel_cpu/src/graph.cpp:12:\n[ GENERAL_ERROR ] too large\n";
        assert_eq!(clean(check), "too large");
        assert_eq!(clean("Exception from src/a.cpp:1:\n"), "Exception from src/a.cpp:1:");
        assert_eq!(clean(""), "");
    }

    #[test]
    fn a_frontend_that_is_missing_is_named() {
        let words = "Unable to read the model: \"a.onnx\" Available frontends: jax paddle tflite ir tf";
        let fault = load_failed("a.onnx", "2026.4.1", words);
        assert!(fault.message.contains("libopenvino_onnx_frontend.so is not beside it"), "{}", fault.message);
        // One that has read it and found it wrong is not missing.
        assert!(load_failed("a.tflite", "2026.4.1", words).message.contains("Unable to read"));
    }

    #[test]
    fn parts_of_models_lead_to_the_model() {
        assert!(no_model(Path::new("x/a.bin")).hint.unwrap().contains("x/a.xml"));
        assert!(no_model(Path::new("a.pdiparams")).hint.unwrap().contains("a.pdmodel"));
        assert!(no_model(Path::new("a.json")).hint.unwrap().contains("FLAGS_enable_pir_api=0"));
    }
}
