//! What ONNX Runtime says, as one line without the paths of its own source files.

use nntop_core::event::Fault;

/// A fault while loading the model of `path`.
pub(super) fn load_failed(path: &str, version: &str, raw: &str) -> Fault {
    let text = clean(raw);
    let lower = text.to_ascii_lowercase();
    let foreign = ["not a registered function/op", "no op registered", "no opset import for domain"];
    let hint = if foreign.iter().any(|words| lower.contains(words)) {
        Some("the model needs operators that this build does not have: a newer runtime, or the library they come from")
    } else if lower.contains("opset") {
        Some(
            "export the model with an older opset, or install a newer runtime: nntop engine install onnxruntime==VERSION",
        )
    } else if lower.contains("not_implemented") || lower.contains("could not find an implementation") {
        Some(
            "no chosen execution provider has this operator for this data type: try another --ep, or convert the model",
        )
    } else if lower.contains("external data") {
        Some("the external data file must lie beside the model, under the name that the model gives")
    } else {
        None
    };
    Fault::input(format!("{path}: ONNX Runtime {version} cannot load it: {text}")).maybe_hint(hint.map(String::from))
}

/// One line, without source positions and C++ signatures.
pub(super) fn clean(raw: &str) -> String {
    let mut text = raw.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((_, said)) = text.strip_prefix("Load model from ").and_then(|rest| rest.split_once(" failed:")) {
        text = said.to_owned();
    }
    while let Some(start) = text.find("/onnxruntime_src/").or_else(|| text.find("/onnxruntime/core/")) {
        // `/path/file.cc:46 void f(const T&)::<lambda()> The words` or `/path/file.cc:46 f The words`
        let tail = &text[start..];
        let after_position = tail.find(' ').map_or(tail.len(), |i| i + 1);
        let words = skip_signature(&tail[after_position..]);
        let end = text.len() - words.len();
        text.replace_range(start..end, "");
    }
    text.trim().trim_end_matches('.').to_owned()
}

/// What follows a C++ signature: after its closing parenthesis and qualifiers, where it has any.
fn skip_signature(text: &str) -> &str {
    let mut depth = 0usize;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                let rest = &text[i + 1..];
                if depth == 0 && (rest.starts_with(' ') || rest.is_empty()) {
                    return rest.trim_start().trim_start_matches("const ").trim_start();
                }
            }
            // A sentence before any parenthesis: there is no signature, at most a name.
            '.' | ':' if depth == 0 && text[i + 1..].starts_with(' ') => break,
            _ => {}
        }
    }
    text.split_once(' ').filter(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_')).map_or(text, |s| s.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_positions_and_signatures_go_and_the_words_stay() {
        let raw = "Load model from a b.onnx failed:/onnxruntime_src/onnxruntime/core/graph/model_load_utils.h:46 \
                   void onnxruntime::model_load_utils::ValidateOpsetForDomain(const std::unordered_map<std::string, int>&, \
                   const onnxruntime::logging::Logger&, bool, const string&, int) ONNX Runtime only *guarantees* support for \
                   models stamped with official released onnx opset versions.\nOpset 314159 is under development.";
        assert_eq!(
            clean(raw),
            "ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. \
             Opset 314159 is under development"
        );
        assert_eq!(clean("Load model from x failed:Protobuf parsing failed."), "Protobuf parsing failed");
        assert_eq!(clean("plain words"), "plain words");
    }

    #[test]
    fn an_opset_that_is_too_new_says_what_to_do() {
        assert!(load_failed("m", "1.31.1", "opset 99 is too new").hint.unwrap().contains("older opset"));
    }
}
