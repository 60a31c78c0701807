//! What OpenVINO says, as one line without the places in its own source files.

use crate::event::Fault;

/// A fault while reading or compiling the model of `path`.
pub(super) fn load_failed(path: &str, version: &str, words: &str) -> Fault {
    let lower = words.to_ascii_lowercase();
    let foreign = ["wasn't fully converted", "not supported", "unsupported", "no conversion rule"];
    let hint = if lower.contains("unable to read the model") || lower.contains("cannot determine") {
        "OpenVINO reads .onnx, .xml with .bin, .tflite and .pdmodel, each by a frontend library beside its own"
    } else if foreign.iter().any(|words| lower.contains(words)) {
        "this OpenVINO lacks what the model needs: a newer one may have it, or another engine: --engine onnxruntime, --engine litert"
    } else {
        "the file may be damaged: export or fetch it again; or try another engine: --engine onnxruntime, --engine litert"
    };
    Fault::input(format!("{path}: OpenVINO {version} cannot load it: {words}")).hint(hint)
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
}
