//! `nntop eval`: accuracy on real data sets with their known figures, and on small ones made here.

use crate::onnx::{self, Axis};
use crate::support::{demo, nntop, run, runtime, test_models};
use nntop::accuracy::dataset::{Dataset, Label, predictions};
use nntop::accuracy::task::detection::Coco;
use serde_json::Value;

/// `nntop eval` of these, as JSON.
#[track_caller]
pub(crate) fn evaluated(words: &[&str]) -> Value {
    runtime();
    let mut command = nntop();
    command.arg("eval").args(words).args(["-t", "200ms", "--warmup", "0", "-q", "--format", "json"]);
    run(&mut command).ok().json()
}

#[track_caller]
pub(crate) fn metric(result: &Value, variant: usize, name: &str) -> f64 {
    let found = &result["variants"][variant]["accuracy"];
    found["metrics"][name]["value"].as_f64().unwrap_or_else(|| panic!("{name}: {found:#}"))
}

#[test]
fn the_demo_s_digits_have_the_accuracy_of_their_readme() {
    let labels = format!("{}/assets/demo/digits-test.npz", env!("CARGO_MANIFEST_DIR"));
    let result = evaluated(&[&demo("digits-fp32"), &demo("digits-int8"), "--dataset", &labels]);
    for (variant, right) in [352.0, 350.0].into_iter().enumerate() {
        assert_eq!((metric(&result, variant, "top1") * 360.0).round(), right, "{variant}");
        let accuracy = &result["variants"][variant]["accuracy"];
        assert_eq!((accuracy["n"].as_u64(), accuracy["task"].as_str()), (Some(360), Some("classification")));
        assert!(accuracy["preprocessing"].as_str().unwrap().starts_with("the arrays"), "{accuracy:#}");
        let top1 = &accuracy["metrics"]["top1"];
        assert!(top1["low"].as_f64() < top1["value"].as_f64() && top1["value"].as_f64() < top1["high"].as_f64());
        // The latency is measured apart from it.
        assert!(result["variants"][variant]["latency_ns"]["p50"].as_u64().unwrap() > 0);
        assert!(accuracy["time"]["engine"].as_u64().unwrap() > 0);
    }
}

#[test]
fn targets_gates_tables_and_reports_have_it() {
    runtime();
    let labels = format!("{}/assets/demo/digits-test.npz", env!("CARGO_MANIFEST_DIR"));
    let (fp32, int8) = (demo("digits-fp32"), demo("digits-int8"));
    let base = ["eval", &fp32, &int8, "--dataset", &labels, "-t", "200ms", "--warmup", "0", "-q"];
    let text = run(nntop().args(base));
    let text = &text.ok().stdout;
    for words in ["top1", "accuracy: top1 ", "inference time p50 ", "points", "McNemar's p", "360 examples"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(run(nntop().args(base).args(["--target", "top1>50%"])).code, Some(0));
    let missed = run(nntop().args(base).args(["--target", "top1>99.9%"]));
    assert!(missed.code == Some(3) && missed.stderr.contains("top1"), "{missed:?}");
    let table = run(nntop().args(base).args(["--format", "markdown"]));
    let row =
        table.ok().stdout.lines().find(|l| l.contains("Accuracy")).unwrap_or_else(|| panic!("{table:?}")).to_owned();
    assert!(!row.contains("n/a"), "{row}");
    // Its figures have a table of their own, the one that counts most first.
    let (_, figures) = table.stdout.split_once("Accuracy\n").unwrap_or_else(|| panic!("{table:?}"));
    let place = |name: &str| figures.find(&format!("| {name} ")).unwrap_or_else(|| panic!("{name}: {figures}"));
    assert!(place("top1") < place("auc") && !table.stdout.contains("Custom metrics"), "{figures}");
}

#[test]
fn a_comparison_is_gated_in_points() {
    runtime();
    let labels = format!("{}/assets/demo/digits-test.npz", env!("CARGO_MANIFEST_DIR"));
    let (fp32, int8) = (demo("digits-fp32"), demo("digits-int8"));
    let compare = |gate: &str| {
        let words =
            ["compare", &fp32, &int8, "--dataset", &labels, "-t", "300ms", "--warmup", "0", "-q", "--fail-if", gate];
        run(nntop().args(words))
    };
    let passed = compare("top1<-5pp");
    assert!(passed.ok().stdout.contains("top1 -0.56 points"), "{passed:?}");
    // The right answers of 352 and 350 of 360 differ by less than chance.
    assert!(compare("top1<-0.1pp").ok().stdout.contains("not shown to be beyond -0.10 points"));
    let none = run(nntop().args(["compare", &fp32, &int8, "-t", "300ms", "-q", "--fail-if", "top1<-1pp"]));
    none.failed(2, "top1");
}

#[test]
fn pictures_in_folders_bad_files_and_saved_answers() {
    let dir = tempfile::tempdir().unwrap();
    for class in ["0", "1"] {
        std::fs::create_dir(dir.path().join(class)).unwrap();
        for i in 0..6 {
            let picture = include_bytes!("../../crates/nntop-engine/src/workload/pictures/grey.png");
            std::fs::write(dir.path().join(format!("{class}/{i}.png")), picture).unwrap();
        }
    }
    std::fs::write(dir.path().join("1/broken.png"), "no picture").unwrap();
    let (model, data) = (demo("digits-fp32"), dir.path().to_str().unwrap());
    let answers = dir.path().join("answers.ndjson");
    let result = evaluated(&[
        &model,
        "--dataset",
        data,
        "--preprocess",
        "unit",
        "--save-predictions",
        answers.to_str().unwrap(),
    ]);
    let accuracy = &result["variants"][0]["accuracy"];
    assert_eq!((accuracy["n"].as_u64(), accuracy["errors"].as_u64()), (Some(12), Some(1)), "{accuracy:#}");
    assert!(accuracy["first_error"].as_str().unwrap().starts_with("1/broken.png: "), "{accuracy:#}");
    assert_eq!(std::fs::read_to_string(answers).unwrap().lines().count(), 12);
    let strict = run(nntop().args(["eval", &model, "--dataset", data, "--max-errors", "0", "-q", "-t", "100ms"]));
    strict.failed(2, "1/broken.png");
    run(nntop().args(["eval", &model, "-q"])).failed(2, "needs --dataset");
    let empty = tempfile::tempdir().unwrap();
    run(nntop().args(["eval", &model, "--dataset", empty.path().to_str().unwrap()])).failed(2, "no labels were found");
    run(nntop().args(["eval", &model, "--dataset", data, "--preprocess", "imagenett"])).failed(2, "no such preset");
}

#[test]
fn accuracy_is_a_column_and_an_axis_of_a_sweep() {
    let labels = format!("{}/assets/demo/digits-test.npz", env!("CARGO_MANIFEST_DIR"));
    let (fp32, int8) = (demo("digits-fp32"), demo("digits-int8"));
    runtime();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sweep.json");
    let words = ["bench", &fp32, &int8, "--threads", "1,2", "--dataset", &labels, "-t", "200ms", "--warmup", "0", "-q"];
    run(nntop().args(words).arg("-o").arg(&file)).ok();
    let result: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    crate::schemas::hold(&result);
    let points = result["sweep"]["points"].as_array().unwrap();
    let right = |p: &Value| (p["accuracy"].as_f64().unwrap() * 360.0).round();
    assert_eq!(points.iter().map(right).collect::<Vec<_>>(), [352.0, 352.0, 350.0, 350.0]);
    // The best of the more accurate model is beaten by nothing, however fast the other is.
    let p50 = |p: &&Value| p["p50_ns"].as_u64().unwrap();
    let best = points[..2].iter().filter(|p| p["verdict"] != "INVALID").min_by_key(p50).unwrap();
    assert_eq!(best["on_front"], true, "{points:#?}");
    let text = run(nntop().args(words));
    let head = text.ok().stdout.lines().next().unwrap_or_default();
    assert!(head.ends_with("top1") && text.stdout.contains("an accuracy"), "{text:?}");
}

#[test]
fn a_segmentation_is_judged_pixel_by_pixel() {
    let dir = tempfile::tempdir().unwrap();
    // By Pillow: red, green, blue, red; and the classes 0, 1, none (255), 2.
    let files = [
        (
            "images/a.png",
            "89504e470d0a1a0a0000000d4948445200000002000000020802000000fdd49a73000000154944415478da05c101010000008010ff4f1742500c1cf103fd392db1620000000049454e44ae426082",
        ),
        (
            "masks/a.png",
            "89504e470d0a1a0a0000000d494844520000000200000002080000000057dd52f80000000e4944415478da63606064facf0800020f01041d5f39890000000049454e44ae426082",
        ),
    ];
    for (name, hex) in files {
        let bytes = (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap());
        std::fs::create_dir(dir.path().join(name).parent().unwrap()).unwrap();
        std::fs::write(dir.path().join(name), bytes.collect::<Vec<u8>>()).unwrap();
    }
    std::fs::write(dir.path().join("classes.txt"), "red\ngreen\nblue\n").unwrap();
    // The colours are the scores.
    let model = dir.path().join("colours.onnx");
    let axes = [Axis::Size(1), Axis::Size(3), Axis::Size(2), Axis::Size(2)];
    std::fs::write(&model, onnx::unary(13, "Identity", &axes)).unwrap();
    let result = evaluated(&[model.to_str().unwrap(), "--dataset", dir.path().to_str().unwrap()]);
    // Red: one pixel of two that are called so; green: its one; blue: the one that is called red. The pixel of 255 counts for nothing.
    assert!((metric(&result, 0, "miou") - (0.5 + 1.0 + 0.0) / 3.0).abs() < 1e-12, "{result:#}");
    assert!((metric(&result, 0, "pixel_accuracy") - 2.0 / 3.0).abs() < 1e-12);
    let accuracy = &result["variants"][0]["accuracy"];
    assert_eq!(
        (accuracy["task"].as_str(), accuracy["classes"][1]["class"].as_str()),
        (Some("segmentation"), Some("green"))
    );
    assert!(accuracy["preprocessing"].as_str().unwrap().contains("stretched"), "{accuracy:#}");
}

#[test]
fn memory_does_not_grow_with_the_number_of_images() {
    let picture = include_bytes!("../../crates/nntop-engine/src/workload/pictures/grey.png");
    // An input takes 49 kB, and what is prepared together 25 MB: of 6000 images kept it would be 295 MB.
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("mean.onnx");
    let axes = |side| [Axis::Size(1), Axis::Size(3), Axis::Size(side), Axis::Size(side)];
    let ports = [onnx::port("x", &axes(64)), onnx::port("y", &axes(1))];
    let node = onnx::node("GlobalAveragePool", &["x"], "y");
    std::fs::write(&model, onnx::model(13, &node, None, [&ports[0], &ports[1]])).unwrap();
    let model = model.to_str().unwrap();
    let peak = |images: usize| {
        let dir = tempfile::tempdir().unwrap();
        let one = dir.path().join("picture");
        std::fs::write(&one, picture).unwrap();
        for i in 0..images {
            let class = dir.path().join((i % 2).to_string());
            std::fs::create_dir_all(&class).unwrap();
            std::fs::hard_link(&one, class.join(format!("{i}.png"))).unwrap();
        }
        let result = evaluated(&[model, "--threads", "1", "--dataset", dir.path().to_str().unwrap()]);
        let v = &result["variants"][0];
        assert_eq!(v["accuracy"]["n"].as_u64(), Some(images as u64));
        // The worker's own peak since it was started, the evaluation included.
        v["memory"]["rss_peak_bytes"].as_f64().unwrap()
    };
    let (few, many) = (peak(600), peak(6_000));
    assert!(many < 1.1 * few, "{few} bytes of 600 images, {many} of 6000");
}

#[test]
fn known_data_sets_give_their_published_figures() {
    let Some(models) = test_models() else { return };
    let data = models.parent().unwrap();
    let path = |name: &str| data.join(name).to_str().unwrap().to_owned();
    let mnist = path("models/mnist-8/model.onnx");
    let png = evaluated(&[&mnist, "--dataset", &path("datasets/mnist-png")]);
    assert_eq!((metric(&png, 0, "top1") * 312.0).round(), 300.0);
    let idx = evaluated(&[&mnist, "--dataset", &path("datasets/mnist-png/t10k-0-500-images-idx3-ubyte")]);
    assert_eq!((metric(&idx, 0, "top1") * 500.0).round(), 493.0);
    let resnet = path("mlperf-tiny/ic01-resnet8/resnet8_cifar10_float32.onnx");
    let cifar = evaluated(&[&resnet, "--dataset", &path("datasets/cifar10-jpg/ic01-format")]);
    assert_eq!(
        ((metric(&cifar, 0, "top1") * 200.0).round(), (metric(&cifar, 0, "top5") * 200.0).round()),
        (144.0, 197.0)
    );
    let expected: Value =
        serde_json::from_slice(&std::fs::read(path("datasets/cifar10-jpg/expected.json")).unwrap()).unwrap();
    let reference = &expected["reference"]["pretrainedResnet.tflite (float32)"]["confusion"];
    assert_eq!(&cifar["variants"][0]["accuracy"]["confusion"], reference);
    // With a JPEG decoder of its own: within three of two hundred.
    let jpeg = evaluated(&[&resnet, "--dataset", &path("datasets/cifar10-jpg")]);
    assert!((metric(&jpeg, 0, "top1") * 200.0 - 144.0).abs() <= 3.0);
}

#[test]
fn boxes_have_the_precision_that_pycocotools_computes() {
    let Some(models) = test_models() else { return };
    let toy = models.parent().unwrap().join("datasets/detection-voc-toy");
    let set = Dataset::open(&toy).unwrap();
    let annotations = toy.join("gts_coco_format/toy_example_coco.JSON");
    let mut found = predictions(&toy.join("dets_coco_format/coco_dets.json"), &annotations).unwrap();
    let mut coco = Coco::new(set.classes.clone());
    for item in &set.items {
        let Label::Objects(truths) = &item.label else { panic!("{item:?}") };
        coco.answer(truths.to_vec(), found.remove(&item.name).unwrap_or_default());
    }
    let metrics = coco.accuracy().metrics;
    // expected.json of the set: pycocotools.
    for (name, right) in
        [("map", 0.495_216_878_830_740_3), ("map50", 0.759_488_448_844_884_5), ("map75", 0.396_287_128_712_871_2)]
    {
        assert!((metrics[name].value - right).abs() < 1e-9, "{name}: {} and not {right}", metrics[name].value);
    }
    assert!(!metrics.contains_key("map_small"), "there is no small object");
}
