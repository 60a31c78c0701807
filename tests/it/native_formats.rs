//! The formats that OpenVINO reads, each with a small network of its own making (`references/formats.py`): its answers,
//! what nntop says of the file, free axes, and files that are not whole.

use crate::native::{answer_to, bench, numbers, spec};
use crate::support::file;
use nntop::engine;
use nntop::tensor::{Data, DataType, Tensor};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn net(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/references/formats").join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn each_format_answers_as_openvinos_python_package_and_where_it_comes_from() {
    let answers: Value = serde_json::from_str(include_str!("references/formats/answers.json")).unwrap();
    let same = |got: &[f64], expected: &Value, allowed: f64| {
        let apart = got.iter().zip(expected.as_array().unwrap()).map(|(a, b)| (a - b.as_f64().unwrap()).abs());
        apart.fold(0.0f64, f64::max) <= allowed
    };
    for name in ["net.pdmodel", "net.xml", "net-f16.xml", "net-int8.xml"] {
        let spec = spec("openvino", &net(name));
        let model = engine::open(&spec).unwrap().load(&spec).unwrap();
        let ramp = (0..768).flat_map(|i| (i as f32 / 768.0).to_le_bytes()).collect();
        let input = Tensor {
            name: model.inputs()[0].name.clone(),
            dtype: DataType::F32,
            shape: vec![1, 3, 16, 16],
            data: Data::Bytes(ramp),
        };
        let got = numbers(&answer_to(model.as_ref(), &[input])[0]).1;
        // A part in a thousand of the largest; int8 sums overflow on processors without VNNI, and are others there.
        assert!(same(&got, &answers[name], if name.contains("int8") { 0.02 } else { 5e-4 }), "{name}: {got:?}");
        let origin = [("int8", 0.01), ("f16", 5e-4)].iter().find(|(kind, _)| name.contains(kind));
        assert!(same(&got, &answers["paddlepaddle"], origin.map_or(1e-5, |(_, apart)| *apart)), "{name}: {got:?}");
    }
}

#[test]
fn what_a_file_says_of_itself_is_shown_and_its_free_axis_is_the_batch() {
    let of = [
        ("net.pdmodel", "paddle", "float32", 3_804 + 1_144),
        ("net.xml", "openvino", "float32", 8_341 + 1_072),
        ("net-f16.xml", "openvino", "float16", 11_177 + 548),
        ("net-int8.xml", "openvino", "int8", 8_884 + 420),
    ];
    for (name, format, precision, size) in of {
        let run = bench("openvino", text(&net(name)), &["-b", "3", "--threads", "1", "--precision", "f32"]);
        let v = run.ok().json()["variants"][0].clone();
        let model = &v["model"];
        assert_eq!((&model["format"], &model["precision"]), (&format.into(), &precision.into()), "{name}: {v}");
        assert_eq!((&model["size_bytes"], &v["batch_size"]), (&size.into(), &3.into()), "{name}: {v}");
        // 8 × 3 × 3 × 3 and 8 × 4 weights, and 8 and 4 of bias; of quantised ones some scales are counted, too.
        let params = model["params"].as_u64().unwrap();
        assert!((248..=270).contains(&params), "{name}: {params} weights");
        assert!(model["operators"].as_u64().unwrap() >= 6, "{name}: {v}");
        assert_eq!(v["inputs"][0]["shape"], serde_json::json!(["3", "3", "16", "16"]), "{name}");
        assert!(v["profile"]["source"] == "openvino", "{name}: {v}");
        if name == "net-int8.xml" {
            let types: Vec<&str> =
                v["operators"].as_array().unwrap().iter().filter_map(|o| o["type"].as_str()).collect();
            assert!(types.contains(&"Convolution"), "{types:?}");
        }
    }
}

#[test]
fn a_model_without_its_weights_or_cut_short_is_one_clear_line() {
    let dir = tempfile::tempdir().unwrap();
    let copy = |from: &str, name: &str| file(&dir, name, std::fs::read(net(from)).unwrap());
    let cut = |from: &str, name: &str| {
        let whole = std::fs::read(net(from)).unwrap();
        file(&dir, name, &whole[..whole.len() / 2])
    };
    let lonely = copy("net.pdmodel", "lonely.pdmodel");
    bench("openvino", &lonely, &[]).failed(2, "lonely.pdiparams").hint("put the file at");
    let short = copy("net.pdmodel", "short.pdmodel");
    cut("net.pdiparams", "short.pdiparams");
    bench("openvino", &short, &[]).failed(2, "short.pdiparams").hint("cut short");
    let broken = cut("net.pdmodel", "broken.pdmodel");
    copy("net.pdiparams", "broken.pdiparams");
    bench("openvino", &broken, &[]).failed(2, "broken.pdmodel").hint("again");
    let lonely = copy("net.xml", "lonely.xml");
    bench("openvino", &lonely, &[]).failed(2, "lonely.bin").hint("put the file at");
    let short = copy("net.xml", "short.xml");
    cut("net.bin", "short.bin");
    bench("openvino", &short, &[]).failed(2, "short.bin").hint("cut short");
}

#[test]
fn files_that_only_look_like_a_model_lead_to_one() {
    let dir = tempfile::tempdir().unwrap();
    bench("openvino", text(&net("net.bin")), &[]).failed(2, "without their graph").hint("net.xml");
    bench("openvino", text(&net("net.pdiparams")), &[]).failed(2, "without their program").hint("net.pdmodel");
    let newer = file(&dir, "net.json", r#"{"base_code":{"magic":"pir","version":1},"program":{}}"#);
    bench("openvino", &newer, &[]).failed(2, "PaddlePaddle 3").hint("pdmodel");
    for other in ["onnxruntime", "litert"] {
        let run =
            crate::support::run(crate::support::nntop().args(["bench", text(&net("net.pdmodel")), "-n", "3"]).args([
                "--offline",
                "--engine",
                other,
            ]));
        run.failed(2, "a PaddlePaddle program").hint("--engine openvino");
    }
}

/// A network of one operator, as OpenVINO's own format has it: `dims` of an input `given`, and perhaps a second one.
fn one_operator(dir: &tempfile::TempDir, name: &str, shape: &str, second: Option<&str>) -> String {
    // A bounded axis stands as a free one, and of an open rank there are none.
    let axes = |shape: &str| -> String {
        let axes = shape.split(',').filter(|n| !n.is_empty() && *n != "...");
        axes.map(|n| format!("<dim>{}</dim>", if n.contains("..") { "-1" } else { n })).collect()
    };
    let parameter = |id: u32, name: &str, shape: &str| {
        format!(
            r#"<layer id="{id}" name="{name}" type="Parameter" version="opset1"><data shape="{shape}" element_type="f32"/>
            <output><port id="0" precision="FP32" names="{name}">{}</port></output></layer>"#,
            axes(shape)
        )
    };
    let (first, other) = (parameter(0, "given", shape), second.map(|s| parameter(1, "second", s)).unwrap_or_default());
    let ports = format!(r#"<port id="0" precision="FP32">{}</port>"#, axes(shape));
    let (operator, ports, edge, out) = match second {
        Some(second) => (
            r#"type="Multiply" version="opset1"><data auto_broadcast="numpy"/>"#,
            format!(r#"{ports}<port id="1" precision="FP32">{}</port>"#, axes(second)),
            r#"<edge from-layer="1" from-port="0" to-layer="2" to-port="1"/>"#,
            2,
        ),
        None => (r#"type="ReLU" version="opset1">"#, ports, "", 1),
    };
    let text = format!(
        r#"<?xml version="1.0"?><net name="n" version="11"><layers>{first}{other}
        <layer id="2" name="op" {operator}<input>{ports}</input>
        <output><port id="{out}" precision="FP32">{}</port></output></layer>
        <layer id="3" name="result" type="Result" version="opset1"><input><port id="0" precision="FP32">{0}</port></input></layer>
        </layers><edges><edge from-layer="0" from-port="0" to-layer="2" to-port="0"/>{edge}
        <edge from-layer="2" from-port="{out}" to-layer="3" to-port="0"/></edges></net>"#,
        axes(shape)
    );
    file(dir, name, text)
}

#[test]
fn shapes_are_fixed_where_they_are_free_and_left_where_they_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let shape =
        |run: &crate::support::Run, place: usize| run.ok().json()["variants"][0]["inputs"][place]["shape"].clone();
    // A number beside a tensor whose batch is free.
    let scaled = one_operator(&dir, "scaled.xml", "-1,3", Some(""));
    let run = bench("openvino", &scaled, &["-b", "5", "--no-profile"]);
    assert_eq!((shape(&run, 0), shape(&run, 1)), (serde_json::json!(["5", "3"]), serde_json::json!([])));
    // Not even how many axes there are.
    let open = one_operator(&dir, "open.xml", "...", None);
    bench("openvino", &open, &["--no-profile"]).failed(2, "leaves open how many axes").hint("--shape given:");
    let run = bench("openvino", &open, &["--no-profile", "--shape", "given:2,7"]);
    assert_eq!(shape(&run, 0), serde_json::json!(["2", "7"]));
    // Within bounds, and outside of them.
    let bounds = one_operator(&dir, "bounds.xml", "1..8,3", None);
    let run = bench("openvino", &bounds, &["--no-profile", "-b", "8"]);
    assert_eq!(shape(&run, 0), serde_json::json!(["8", "3"]));
    let inner = one_operator(&dir, "inner.xml", "2,-1", None);
    bench("openvino", &inner, &["--no-profile", "--strict-shapes"])
        .failed(2, "no size for an unnamed axis")
        .hint("--shape given:2,N");
    bench("openvino", &inner, &["--no-profile", "-b", "3"]).failed(2, "the model's batch is fixed");
}
