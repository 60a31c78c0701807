//! OpenVINO and LiteRT: installed by nntop itself, loaded at run time, each with the other's and the files' own answers.

use crate::support::{Run, data_dir, demo, file, nntop, run, runtime, test_models};
use nntop::engine;
use nntop::event::{EngineOptions, VariantSpec};
use nntop::tensor::{Data, DataType, Tensor};
use nntop::workload;
use nntop_testing::required_data;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The library of an engine that nntop has installed for the tests, as ONNX Runtime's.
#[track_caller]
pub(crate) fn installed(name: &'static str) -> &'static Path {
    static ALL: [OnceLock<Result<PathBuf, String>>; 2] = [OnceLock::new(), OnceLock::new()];
    let place = if name == "openvino" { &ALL[0] } else { &ALL[1] };
    let library = place.get_or_init(|| {
        let run = run(nntop().args(["engine", "install", name]));
        let path = run.stdout.trim_end().split_once(" is installed: ").map(|(_, path)| PathBuf::from(path));
        path.filter(|_| run.code == Some(0)).ok_or_else(|| {
            format!(
                "these tests need {name}, and `nntop engine install {name}` could not fetch it:\n{}\
                 either give this machine python3, pip and a network, or install a wheel once:\n\
                 NNTOP_DATA_DIR={} nntop engine install {name} --wheel FILE",
                run.stderr,
                data_dir().display()
            )
        })
    });
    library.as_ref().unwrap_or_else(|why| panic!("{why}"))
}

pub(crate) fn spec(engine: &'static str, model: &Path) -> VariantSpec {
    let options = EngineOptions {
        library: Some(installed(engine).to_str().unwrap().into()),
        threads: Some(1),
        // What the reference was computed in.
        precision: (engine == "openvino").then(|| "f32".into()),
        ..EngineOptions::default()
    };
    let model = model.to_str().unwrap().into();
    VariantSpec { name: "test".into(), model, engine: engine.into(), options, ..VariantSpec::default() }
}

/// What an engine answers to the same input, the second time: it must not build on the first.
pub(crate) fn answer(spec: &VariantSpec, inputs: Option<&Path>) -> Vec<Tensor> {
    let model = engine::open(spec).unwrap().load(spec).unwrap();
    let tensors = match inputs {
        Some(folder) => workload::from_file(folder, model.inputs()).unwrap(),
        None => {
            let shapes = workload::resolve_shapes(model.inputs(), None, &BTreeMap::new(), &BTreeMap::new()).unwrap();
            shapes.iter().enumerate().map(|(i, (input, shape))| workload::random(input, i, shape, 7).unwrap()).collect()
        }
    };
    answer_to(model.as_ref(), &tensors)
}

/// The same of a model that is loaded, to the given tensors.
pub(crate) fn answer_to(model: &dyn engine::Model, tensors: &[Tensor]) -> Vec<Tensor> {
    let mut stream = model.stream(tensors).unwrap();
    stream.infer().unwrap();
    stream.infer().unwrap();
    stream.outputs().unwrap()
}

/// The largest difference: of floating-point values relative to the largest of them, of others in steps.
#[track_caller]
pub(crate) fn difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!((a.dtype, &a.shape), (b.dtype, &b.shape), "{}", a.name);
    let (a, b) = (numbers(a), numbers(b));
    let largest = b.1.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    let scale = if b.0 && largest > 0.0 { largest } else { 1.0 };
    let apart = a.1.iter().zip(&b.1).map(|(x, y)| (x - y).abs() / scale);
    apart.fold(0.0, |most, d| if d.is_nan() { f64::INFINITY } else { most.max(d) })
}

/// Whether a tensor is of floating-point numbers, and its values.
pub(crate) fn numbers(t: &Tensor) -> (bool, Vec<f64>) {
    let Data::Bytes(bytes) = &t.data else { panic!("{} is text", t.name) };
    macro_rules! read {
        ($ty:ty) => {
            bytes.chunks_exact(size_of::<$ty>()).map(|c| <$ty>::from_le_bytes(c.try_into().unwrap()) as f64).collect()
        };
    }
    let values = match t.dtype {
        DataType::F32 => read!(f32),
        DataType::F64 => read!(f64),
        DataType::I16 => read!(i16),
        DataType::I32 => read!(i32),
        DataType::I64 => read!(i64),
        DataType::I8 => read!(i8),
        DataType::U8 | DataType::Bool => read!(u8),
        other => panic!("{} is {other}", t.name),
    };
    (t.dtype.is_float(), values)
}

pub(crate) fn bench(engine: &'static str, model: &str, options: &[&str]) -> Run {
    installed(engine);
    let fixed = ["-n", "5", "--warmup", "2", "--offline", "--format", "json", "--engine", engine];
    run(nntop().args(["bench", model]).args(fixed).args(options))
}

#[test]
fn openvino_says_what_it_was_set_to_and_in_which_precision_it_computes() {
    let model = demo("digits-fp32");
    let run =
        bench("openvino", &model, &["--threads", "1", "--precision", "f32", "--hint", "latency", "--device", "cpu"]);
    let v = run.ok().json()["variants"][0].clone();
    assert_eq!((&v["engine"]["precision"], &v["engine"]["threads"]), (&"f32".into(), &1.into()), "{v}");
    let settings = &v["engine"]["settings"];
    assert_eq!((&settings["PERFORMANCE_HINT"], &settings["NUM_STREAMS"]), (&"LATENCY".into(), &"1".into()), "{v}");
    assert_eq!(v["engine"]["providers"], serde_json::json!(["cpu"]));
    // Left to itself it says what it chose; narrower than the model, that is a finding.
    let own = bench("openvino", &model, &["--no-profile"]).ok().json()["variants"][0].clone();
    let chosen = own["engine"]["precision"].as_str().unwrap().to_owned();
    let said = own["findings"].as_array().unwrap().iter().find(|f| f["id"] == "other_precision").unwrap();
    assert_eq!(said["level"], if chosen == "f32" { "ok" } else { "warning" }, "{said}");
    assert!(said["text"].as_str().unwrap().contains(&chosen));
    // Hints, streams and threads that were asked for are what it runs with, or it says what it made of them.
    let asked = ["--hint", "throughput", "--num-streams", "2", "--threads", "2", "--precision", "f32", "--no-profile"];
    let v = bench("openvino", &model, &asked).ok().json()["variants"][0].clone();
    let (settings, threads) = (&v["engine"]["settings"], &v["engine"]["threads"]);
    assert_eq!((&settings["PERFORMANCE_HINT"], threads), (&"THROUGHPUT".into(), &2.into()), "{v}");
    assert_eq!((&settings["NUM_STREAMS"], &settings["OPTIMAL_NUMBER_OF_INFER_REQUESTS"]), (&"2".into(), &"2".into()));
    for device in ["AUTO", "HETERO:CPU"] {
        let v = bench("openvino", &model, &["--no-profile", "--device", device]).ok().json()["variants"][0].clone();
        assert_eq!((&v["engine"]["providers"][0], v["engine"]["precision"].is_string()), (&"cpu".into(), true), "{v}");
    }
}

#[test]
fn openvino_fixes_free_axes_before_it_compiles() {
    // Compiled with them free it would answer on empty tensors.
    let Some(folder) = test_models() else { return };
    let model = folder.join("tiny-bert-mrpc/model.onnx");
    let mut spec = spec("openvino", &model);
    let shapes = |spec: &VariantSpec| answer(spec, None).iter().map(|t| t.shape.clone()).collect::<Vec<_>>();
    assert!(shapes(&spec).iter().all(|s| s[0] == 1));
    spec.options.batch = Some(3);
    let run = bench("openvino", model.to_str().unwrap(), &["--dim", "N=3", "--no-profile"]);
    let v = run.ok().json()["variants"][0].clone();
    assert_eq!((&v["inputs"][0]["shape"][0], &v["batch_size"]), (&"3".into(), &3.into()), "{v}");
}

#[test]
fn the_operators_add_up_to_the_inference_or_what_is_missing_is_said() {
    let (Some(folder), Some(tiny)) = (test_models(), tflite_models()) else { return };
    let squeezenet = folder.join("light_squeezenet/model.onnx");
    let mut of = vec![("openvino", squeezenet, None)];
    for tiny in tiny {
        of.push(("openvino", tiny.clone(), None));
        of.push(("litert", tiny.clone(), Some("xnnpack")));
        of.push(("litert", tiny, Some("builtin")));
    }
    for (engine, model, kernels) in of {
        let model = model.to_str().unwrap();
        let kernels: Vec<&str> = kernels.iter().flat_map(|k| ["--kernels", k]).collect();
        let v = bench(engine, model, &[&["--threads", "1"], &kernels[..]].concat()).ok().json()["variants"][0].clone();
        let number = |value: &serde_json::Value| value.as_f64().unwrap_or_else(|| panic!("{value} of {v}"));
        let operators = v["operators"].as_array().unwrap();
        assert!(operators.len() > 3 && v["placement"]["by_provider"]["cpu"] == operators.len(), "{v}");
        let (wall, gap) = (number(&v["profile"]["wall_ns"]), number(&v["profile"]["gap_ns"]));
        let sum: f64 = operators.iter().map(|o| number(&o["self_ns"])).sum();
        assert!((sum + gap - wall).abs() <= 0.01 * wall + 100.0, "{model}: {sum} and {gap} are not {wall}");
        // What is more than the inference itself is told by the profile, too: the wall grows with it, and the note says so.
        let said = v["profile"]["partial"].as_str().unwrap_or_default();
        assert!(gap <= 0.1 * wall || said.contains("whole microseconds"), "{model}: {gap} of {wall}: {said:?}");
    }
}

/// Every `.tflite` file of the test data, where it is; never none.
#[track_caller]
pub(crate) fn tflite_models() -> Option<Vec<PathBuf>> {
    let mut all = Vec::new();
    for folder in std::fs::read_dir(required_data("mlperf-tiny")?).unwrap().map(|e| e.unwrap().path()) {
        let files = std::fs::read_dir(&folder).into_iter().flatten().map(|e| e.unwrap().path());
        all.extend(files.filter(|p| p.extension().is_some_and(|e| e == "tflite")));
    }
    all.sort();
    assert!(all.len() >= 6, "{all:?}");
    Some(all)
}

#[test]
fn litert_says_its_kernels_threads_and_operators() {
    let Some(models) = tflite_models() else { return };
    let path = models.iter().find(|p| p.ends_with("pretrainedResnet.tflite")).unwrap();
    let model = path.to_str().unwrap();
    // The file alone says which engine it is for.
    installed("litert");
    let options = ["-n", "20", "--warmup", "5", "--offline", "--threads", "2", "--format", "json"];
    let v = run(nntop().args(["bench", model]).args(options)).ok().json()["variants"][0].clone();
    assert_eq!((&v["engine"]["name"], &v["engine"]["threads"]), (&"litert".into(), &2.into()), "{v}");
    assert_eq!(
        (&v["engine"]["settings"]["kernels"], &v["model"]["format"]),
        (&"xnnpack".into(), &"tflite".into()),
        "{v}"
    );
    assert_eq!((&v["model"]["operators"], &v["inputs"][0]["shape"][0]), (&16.into(), &"1".into()), "{v}");
    let text = run(nntop().args(["bench", model, "-n", "20", "--warmup", "5", "--offline", "--kernels", "builtin"]));
    assert!(text.ok().stdout.contains("operators: 16 of 16 on cpu"), "{text:?}");
    assert!(text.stdout.contains("kernels builtin") && text.stdout.contains("CONV_2D"), "{text:?}");
    // A batch that the file leaves free.
    let batch = bench("litert", model, &["-b", "4", "--no-profile"]).ok().json()["variants"][0].clone();
    assert_eq!((&batch["inputs"][0]["shape"][0], &batch["batch_size"]), (&"4".into(), &4.into()), "{batch}");
}

#[test]
fn what_litert_cannot_do_is_one_clear_line() {
    let (ort, _) = (runtime(), installed("litert"));
    let dir = tempfile::tempdir().unwrap();
    let onnx = demo("digits-fp32");
    bench("litert", &onnx, &[]).failed(2, "not a TensorFlow Lite model").hint("--engine");
    let text = file(&dir, "text.tflite", "this is no model at all");
    bench("litert", &text, &[]).failed(2, "a text file").hint("--engine");
    let Some(models) = tflite_models() else { return };
    let model = &models[0];
    let whole = std::fs::read(model).unwrap();
    let cut = file(&dir, "cut.tflite", &whole[..whole.len() / 2]);
    bench("litert", &cut, &[]).failed(2, "cut.tflite");
    let model = model.to_str().unwrap();
    bench("litert", model, &["--engine-path", ort.to_str().unwrap()])
        .failed(2, "is not LiteRT")
        .hint("engine install litert");
    bench("litert", model, &["--device", "GPU"]).failed(2, "--device GPU").hint("CPU");
    bench("litert", model, &["--precision", "f16"]).failed(2, "--precision is not for litert").hint("openvino");
    bench("litert", model, &["--kernels", "builtin", "--threads", "2"]).failed(2, "use one thread").hint("xnnpack");
    bench("litert", model, &["--kernels", "fast"]).failed(2, "--kernels fast").hint("builtin");
    bench("litert", model, &["--shape", "nosuch:1"]).failed(2, "nosuch");
}

#[test]
fn the_list_says_what_each_runtime_can_do() {
    let (_, openvino) = (runtime(), installed("openvino"));
    let list = run(nntop().args(["engine", "list"])).ok().stdout.clone();
    let entry = list.lines().position(|l| l.starts_with("* openvino 20")).unwrap_or_else(|| panic!("{list}"));
    let lines: Vec<&str> = list.lines().skip(entry).take(3).collect();
    assert!(
        lines[0].contains("CPU") && lines[0].contains("HETERO") && lines[0].contains("installed by nntop"),
        "{list}"
    );
    assert!(lines[1].contains(".xml") && lines[1].contains("profiles"), "{list}");
    assert_eq!(lines[2].trim(), openvino.to_str().unwrap());
}

#[test]
fn what_cannot_be_loaded_is_one_clear_line() {
    let (ort, openvino) = (runtime(), installed("openvino"));
    let model = demo("digits-fp32");
    bench("openvino", &model, &["--engine-path", ort.to_str().unwrap()])
        .failed(2, "is not OpenVINO")
        .hint("engine install");
    // A library without those it needs: the loader's own words name what is missing.
    let alone = tempfile::tempdir().unwrap();
    std::fs::copy(openvino, alone.path().join(openvino.file_name().unwrap())).unwrap();
    bench("openvino", &model, &["--engine-path", alone.path().to_str().unwrap()])
        .failed(2, "libopenvino.so")
        .hint("openvino");
    bench("openvino", &model, &["--device", "NPU.7"]).failed(2, "NPU.7").hint("CPU");
    bench("openvino", &model, &["--ep", "cpu"]).failed(2, "--ep is not for openvino").hint("--device");
    bench("openvino", &model, &["--hint", "fast"]).failed(2, "--hint fast").hint("latency");
    let other = run(nntop().args(["bench", &model, "-n", "3", "--engine", "openvino==1.0.0", "--offline"]));
    other.failed(2, "OpenVINO 1.0.0").hint("engine install openvino==1.0.0");
}

#[test]
fn a_model_of_another_format_or_a_damaged_one_is_refused_and_the_other_goes_on() {
    let _ = (runtime(), installed("openvino"));
    let dir = tempfile::tempdir().unwrap();
    let net = "<?xml version=\"1.0\"?><net name=\"n\" version=\"11\"><layers><layer id=\"0\"";
    let cut = file(&dir, "cut.xml", net);
    bench("openvino", &cut, &[]).failed(2, "cut.xml").hint("again");
    let text = file(&dir, "text.tflite", "this is no model at all");
    bench("openvino", &text, &[]).failed(2, "text.tflite").hint("--engine");
    // An engine that knows nothing of the format refuses it, too.
    let no_engine = run(nntop().args(["bench", &cut, "-n", "3", "--engine", "onnxruntime", "--offline"]));
    no_engine.failed(2, "an XML file").hint("--engine openvino");
    let bad = format!("bad:{cut},engine=openvino");
    let both = ["bench", "good:synthetic:constant,median=1ms", &bad, "-n", "50", "--warmup", "2", "--offline"];
    let beside = run(nntop().args(both).args(["--format", "json"]));
    let json = beside.failed(2, "cut.xml").json();
    assert_eq!((&json["variants"][0]["status"], &json["variants"][1]["status"]), (&"ok".into(), &"failed".into()));
}

#[test]
fn the_program_links_no_runtime() {
    let Ok(output) = Command::new("ldd").arg(env!("CARGO_BIN_EXE_nntop")).output() else {
        nntop_testing::skip("there is no ldd");
        return;
    };
    let linked = String::from_utf8_lossy(&output.stdout).to_lowercase();
    assert!(linked.contains("libc.so"), "{linked}");
    for runtime in ["onnxruntime", "openvino", "litert", "tensorflow", "torch", "cuda", "stdc++"] {
        assert!(!linked.contains(runtime), "{runtime} is linked:\n{linked}");
    }
}
