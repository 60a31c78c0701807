//! The rows hold together, and every string is an engine's name and comes back as it was.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn every_engine_has_its_own_row_and_no_name_means_two() {
    let mut names = BTreeSet::new();
    for (place, kind) in EngineKind::all().enumerate() {
        let entry = kind.entry();
        assert_eq!((kind as usize, entry.kind), (place, kind));
        let packages = entry.source.library().map(|l| l.packages).unwrap_or_default().iter().map(|p| p.name);
        let mut own: BTreeSet<&str> = packages.chain([entry.name]).chain(entry.aliases.iter().copied()).collect();
        own.extend(entry.source.python().map(|p| p.name));
        for name in own {
            assert!(names.insert(name), "{name} is {kind}, and another engine's");
            assert_eq!(EngineKind::of_package(name), Some(kind), "{name}");
        }
    }
}

#[test]
fn a_file_chooses_its_engine_and_lists_those_that_read_it() {
    use EngineKind::*;
    let readers = |name: &str| EngineKind::readers(Path::new(name));
    assert_eq!(readers("a.onnx"), [OnnxRuntime, OpenVino, Tract]);
    assert_eq!(readers("a.tflite"), [LiteRt, OpenVino]);
    assert_eq!(readers("b.XML"), [OpenVino]);
    assert_eq!(readers("inference.pdmodel"), [OpenVino]);
    assert_eq!((readers("e.pt2"), readers("f.pte")), (vec![Torch], vec![ExecuTorch]));
    assert_eq!(readers("no ending"), readers("a.onnx"));
    assert_eq!(options_for("tflite"), "--engine litert, or --engine openvino");
    assert_eq!(readers("a.ort"), [OnnxRuntime]);
    let start = "onnxruntime .onnx, .ort; openvino .onnx, .xml with .bin, .tflite, .pdmodel; litert .tflite";
    assert!(formats().starts_with(start), "{}", formats());
    // No ending is the own format of two.
    let own = |kind: EngineKind| kind.entry().formats.iter().filter(|f| f.is_own).map(|f| f.extension);
    let all: Vec<&str> = EngineKind::all().flat_map(own).collect();
    assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
}

#[test]
fn what_can_be_installed_is_what_has_a_package() {
    assert_eq!(
        installable(),
        [
            "onnxruntime",
            "onnxruntime-gpu",
            "onnxruntime-openvino",
            "openvino",
            "litert",
            "torch",
            "executorch",
            "quantizer",
            "litert-interpreter"
        ]
    );
    assert!(spellings().ends_with("tract, synthetic:DISTRIBUTION,median=TIME"));
}

#[test]
fn the_profiler_depends_on_the_version() {
    let onnxruntime = EngineKind::OnnxRuntime.entry();
    assert!(
        ["1.25.0", "1.31.1", "1.26.0-dev", "2.0.0"].iter().all(|v| onnxruntime.profile.of(v) == Profiler::Inference)
    );
    assert!(["1.17.0", "1.24.4", "1.19.2+cuda", ""].iter().all(|v| onnxruntime.profile.of(v) == Profiler::Session));
    assert!(EngineKind::OpenVino.entry().profiles("2026.4.1").contains("counters"));
    assert_eq!(EngineKind::ExecuTorch.entry().profiles("1.5.1"), "no operators");
}

#[test]
fn an_id_knows_engine_package_version_and_argument() {
    let parts = |text: &str| {
        let id = EngineId::from(text);
        (id.kind(), id.name().to_owned(), id.package().to_owned(), id.version().map(String::from))
    };
    let of = |kind, name: &str, package: &str, version: Option<&str>| {
        (Some(kind), name.to_owned(), package.to_owned(), version.map(String::from))
    };
    assert_eq!(parts("openvino==2025.4.1"), of(EngineKind::OpenVino, "openvino", "openvino", Some("2025.4.1")));
    assert_eq!(parts("onnxruntime-gpu"), of(EngineKind::OnnxRuntime, "onnxruntime", "onnxruntime-gpu", None));
    assert_eq!(
        parts("onnxruntime-webgpu==1"),
        of(EngineKind::OnnxRuntime, "onnxruntime", "onnxruntime-webgpu", Some("1"))
    );
    assert_eq!(parts("ai-edge-litert"), of(EngineKind::LiteRt, "litert", "ai-edge-litert", None));
    assert_eq!(parts("tflite"), of(EngineKind::LiteRt, "litert", "litert", None));
    let synthetic = EngineId::from("synthetic:normal,median=1ms");
    assert_eq!((synthetic.kind(), synthetic.argument()), (Some(EngineKind::Synthetic), Some("normal,median=1ms")));
    for (text, name) in
        [("", ""), ("tensorflow", "tensorflow"), ("openvino:x", "openvino:x"), ("onnxruntimes", "onnxruntimes")]
    {
        assert_eq!((EngineId::from(text).kind(), EngineId::from(text).name()), (None, name));
    }
    assert!(EngineId::default().is_empty() && EngineId::from("") == EngineId::default());
    assert_eq!(EngineId::from("my-engine==2:fast").argument(), Some("fast"));
}

/// Strings that are likely to be names of engines, and any others.
fn text() -> impl Strategy<Value = String> {
    let names: Vec<&str> =
        EngineKind::all().map(EngineKind::name).chain(["onnxruntime-gpu", "ai-edge-litert", "mine", ""]).collect();
    let likely = (prop::sample::select(names), "(==[0-9a-z.=:]{0,8})?", "(:[a-z,=:0-9]{0,12})?");
    prop_oneof![likely.prop_map(|(name, version, argument)| format!("{name}{version}{argument}")), any::<String>()]
}

proptest! {
    #[test]
    fn every_string_comes_back_as_it_was(text in text()) {
        let id = EngineId::from(text.as_str());
        let is_alias = EngineKind::all().any(|kind| kind.entry().aliases.contains(&text.split(['=', ':']).next().unwrap()));
        if !is_alias {
            prop_assert_eq!(id.to_string(), text.as_str());
        }
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(&json, &serde_json::to_string(&id.to_string()).unwrap());
        prop_assert_eq!(serde_json::from_str::<EngineId>(&json).unwrap(), id);
    }
}
