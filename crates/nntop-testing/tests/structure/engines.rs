//! What is known of an engine stands in the catalogue and in the engine's own folder, and nowhere else.

use crate::modules::modules;
use crate::{crates, made_up, root, sources};
use std::path::Path;

/// The catalogue's rows.
const TABLE: &str = "crates/nntop-core/src/catalog/table.rs";

/// The engines' folders.
const ENGINES: &str = "crates/nntop-engine/src/engine";

/// Files and folders that name engines for another reason.
const ELSEWHERE: [(&str, &str); 5] = [
    ("crates/nntop-trace/src", "the formats of profiles have the names of the tools that write them"),
    ("crates/nntop-engine/src/graph/mod.rs", "the formats of model files have the names of what reads them"),
    ("crates/nntop-results/src/report/documents/row.rs", "execution providers of ONNX Runtime"),
    ("crates/nntop-engine/src/engine/onnxruntime/providers.rs", "execution providers of ONNX Runtime"),
    ("crates/nntop-engine/src/engine/onnxruntime/provider_options.rs", "execution providers of ONNX Runtime"),
];

/// The names of engines and of their packages, as the rows have them, each with its engine's.
fn names(table: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut engine = String::new();
    for line in table.lines() {
        let is_row = line.trim_start().starts_with("name:");
        for part in line.split("name: \"").skip(1) {
            let name = part.split('"').next().unwrap().to_owned();
            if is_row && line.starts_with("        name") {
                engine.clone_from(&name);
            }
            found.push((name, engine.clone()));
        }
    }
    found.dedup();
    found
}

/// Whether a text of code names an engine: by itself, with its version or settings, or in a command to type.
fn tells(text: &str, name: &str) -> bool {
    let follows = |rest: &str| rest.is_empty() || rest.starts_with("==") || rest.starts_with(':');
    let typed = ["--engine ", "engine install ", "engine="];
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    text.strip_prefix(name).is_some_and(follows)
        || typed
            .iter()
            .any(|before| text.match_indices(&format!("{before}{name}")).any(|(at, all)| ends(&text[at + all.len()..])))
}

/// Each place that tells what only the catalogue should, as `file: "text" names engine`.
fn told(names: &[(String, String)], folder: &str, root: &Path, sources: &crate::Sources) -> Vec<String> {
    let elsewhere = |file: &Path| ELSEWHERE.iter().any(|(path, _)| file.starts_with(path)) || file == Path::new(TABLE);
    let mut found = Vec::new();
    for module in modules(sources, &Path::new(folder).join(root)).iter().filter(|m| !elsewhere(&m.file)) {
        for (name, engine) in names {
            let own = Path::new(ENGINES).join(engine);
            if module.file.starts_with(&own) || module.file == own.with_extension("rs") {
                continue;
            }
            // Examples in a help text show what is typed, and say nothing of which engines there are.
            let texts = module.texts.iter().filter(|text| !text.starts_with("Examples:") && tells(text, name));
            found.extend(texts.map(|text| format!("{}: {text:?} names {name}", module.file.display())));
        }
    }
    found
}

#[test]
fn a_new_engine_is_a_row_and_a_folder() {
    let names = names(&std::fs::read_to_string(root().join(TABLE)).unwrap());
    assert!(names.iter().filter(|(name, engine)| name == engine).count() >= 7, "{names:?}");
    assert!(names.contains(&("ai-edge-litert".into(), "litert".into())), "{names:?}");
    let mut found = Vec::new();
    for folder in crates() {
        let sources = sources(&folder);
        let lib = Path::new("lib.rs");
        let root = if sources.contains_key(&Path::new(&folder).join(lib)) { lib } else { Path::new("main.rs") };
        found.extend(told(&names, &folder, root, &sources));
    }
    assert!(found.is_empty(), "ask nntop_core::catalog instead:\n{}", found.join("\n"));
    let gone = ELSEWHERE.iter().filter(|(path, _)| !crate::root().join(path).exists());
    assert_eq!(gone.map(|(path, _)| *path).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_name_that_stands_elsewhere_is_found() {
    let names = [("openvino".to_owned(), "openvino".to_owned())];
    let told = |file: &str, code: &str| {
        let sources = made_up(&[(file, code)]);
        let (folder, root) = file.rsplit_once('/').unwrap();
        told(&names, folder, Path::new(root), &sources).len()
    };
    assert_eq!(told("src/lib.rs", "fn f(x: &str) -> bool { x == \"openvino\" }"), 1);
    assert_eq!(told("src/lib.rs", "fn f() { println!(\"or --engine openvino; not both\") }"), 1);
    assert_eq!(told("src/lib.rs", "fn f(x: &str) -> bool { matches!(x, \"openvino==1\" | \"openvinos\") }"), 1);
    assert_eq!(told("src/lib.rs", "fn f() -> &'static str { \"OpenVINO reads it, openvino does\" }"), 0);
    assert_eq!(told("src/lib.rs", "#[cfg(test)] mod tests { const A: &str = \"openvino\"; }"), 0);
    assert_eq!(told(&format!("{ENGINES}/openvino/lib.rs"), "const NAME: &str = \"openvino\";"), 0);
    assert_eq!(told(&format!("{ENGINES}/litert/lib.rs"), "const NAME: &str = \"openvino\";"), 1);
}
