//! `nntop report`, and what `--save-dir` writes: the founding documents' command lines, results, recordings, pages.

use super::devtools::{Page, browser};
use super::onnx::{Axis, unary};
use super::support::{Run, file, nntop, npy, run, runtime};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// A folder with four models of one name each, and a data set of one array of 32 samples.
fn workplace() -> TempDir {
    let folder = TempDir::new().unwrap();
    let models = folder.path().join("models");
    std::fs::create_dir_all(&models).unwrap();
    for name in ["resnet50", "quantized_model", "pruned_model", "distilled_model"] {
        let model = unary(13, "Relu", &[Axis::Name("N"), Axis::Size(64)]);
        std::fs::write(models.join(format!("{name}.onnx")), model).unwrap();
    }
    std::fs::create_dir_all(folder.path().join("data/test")).unwrap();
    std::fs::write(folder.path().join("data/test/x.npy"), npy("<f4", 4, &[32, 64])).unwrap();
    folder
}

/// `nntop bench` with a command line as a document has it.
fn bench(folder: &Path, line: &str) -> Run {
    runtime();
    run(nntop().arg("bench").args(line.split_whitespace().map(|word| word.trim_matches('"'))).current_dir(folder))
}

fn report(folder: &Path, words: &[&str]) -> Run {
    run(nntop().arg("report").args(words).current_dir(folder))
}

const FOUNDING: &str = r#"
  --models "original:models/resnet50.onnx,quantized:models/quantized_model.onnx,pruned:models/pruned_model.onnx,distilled:models/distilled_model.onnx"
  --dataset ./data/test
  --batch-size 32
  --num-runs 100
  --save-dir benchmark_results"#;

#[test]
fn the_founding_command_line_writes_result_report_and_charts() {
    let folder = workplace();
    bench(folder.path(), &format!("{FOUNDING} --report-format markdown")).ok();
    let saved = folder.path().join("benchmark_results");
    let text = std::fs::read_to_string(saved.join("report.md")).unwrap();
    for expected in ["| original |", "| quantized |", "| pruned |", "| distilled |", "Throughput (inf/s)", "## Charts"]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    // Every picture that it names is there and can be drawn.
    let pictures: Vec<&str> =
        text.lines().filter_map(|l| l.strip_prefix("![")?.split_once("](")?.1.strip_suffix(')')).collect();
    assert!(pictures.len() >= 3, "{text}");
    for picture in pictures {
        let svg = std::fs::read_to_string(saved.join(picture)).unwrap();
        assert!(svg.starts_with("<svg xmlns=") && svg.trim_end().ends_with("</svg>"), "{picture}");
    }
    // The detailed log holds every variant, each measured with the data set's values.
    let result: Value = serde_json::from_slice(&std::fs::read(saved.join("result.json")).unwrap()).unwrap();
    for v in result["variants"].as_array().unwrap() {
        assert_eq!((&v["batch_size"], &v["latency_ns"]["n"]), (&json!(32), &json!(100)));
        assert_eq!(v["options"]["input"], "./data/test/x.npy");
        let (series, histogram) = (&v["series"], &v["histogram"]);
        let len = |of: &Value| of.as_array().unwrap().len();
        assert!(len(&series["p50_ns"]) > 0 && len(&series["p50_ns"]) == len(&series["begin_ns"]));
        let sum: u64 = histogram["counts"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!((sum, len(&histogram["edges_ns"])), (100, len(&histogram["counts"]) + 1));
    }
    // Accuracy is not known, and the report says so.
    assert!(text.contains("--dataset with labels measures accuracy"), "{text}");
}

#[test]
fn the_report_is_written_in_the_format_that_is_asked_for() {
    let folder = workplace();
    for (format, name, words) in [
        ("html", "report.html", "<!DOCTYPE html>"),
        ("csv", "report.csv", "p50 (ms)"),
        ("json", "report.json", "nntop.report/1"),
        ("text", "report.txt", "Measured on"),
    ] {
        let line =
            format!("models/resnet50.onnx -n 20 --warmup 5 -q --no-profile --save-dir out --report-format {format}");
        bench(folder.path(), &line).ok();
        let text = std::fs::read_to_string(folder.path().join("out").join(name)).unwrap();
        assert!(text.contains(words), "{text}");
    }
    bench(folder.path(), "models/resnet50.onnx -n 20 --save-dir models/resnet50.onnx")
        .failed(2, "--save-dir")
        .hint("folder");
    bench(folder.path(), "models/resnet50.onnx -n 20 --report-format html").failed(2, "--save-dir");
}

#[test]
fn the_founding_command_line_on_pytorch_models_goes_to_pytorch() {
    let folder = workplace();
    // There are no such files, and on most machines there is no PyTorch: then it says what to install.
    let ran = bench(folder.path(), &FOUNDING.replace(".onnx", ".pt"));
    ran.failed(2, "");
    if ran.stderr.contains("has the package torch") {
        ran.hint("nntop engine install torch");
    }
}

/// `images/cat/1.png` and `images/dog/2.JPG`, of other sizes than the model `picture.onnx` takes.
fn pictures(folder: &TempDir) {
    let model = unary(13, "Relu", &[Axis::Name("N"), Axis::Size(3), Axis::Size(6), Axis::Size(4)]);
    std::fs::write(folder.path().join("picture.onnx"), model).unwrap();
    let (png, jpeg) = (&include_bytes!("pictures/orange.png")[..], &include_bytes!("pictures/orange.jpg")[..]);
    for (name, bytes) in [("cat/1.png", png), ("dog/2.JPG", jpeg)] {
        let path = folder.path().join("images").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_folder_of_images_is_an_input_and_is_named_everywhere() {
    let folder = workplace();
    pictures(&folder);
    let few = "-n 20 --warmup 5 --no-profile";
    let line = format!("picture.onnx --dataset images -b 3 {few}");
    let said = "2 images from images, repeated to a batch of 3, resized to 4 x 6";
    let ran = bench(folder.path(), &format!("{line} --format json -o r.json"));
    ran.ok();
    let result: Value = serde_json::from_slice(&std::fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    let v = &result["variants"][0];
    assert_eq!((&v["inputs_from"], &v["options"]["input"]), (&json!(said), &json!("images")), "{v}");
    assert_eq!(v["inputs"][0]["shape"], json!(["3", "3", "6", "4"]));
    let text = bench(folder.path(), &line);
    assert!(text.ok().stdout.contains(&format!("inputs: {said}")), "{text:?}");
    let page = report(folder.path(), &["r.json", "--format", "markdown"]);
    assert!(page.ok().stdout.contains("2 images from images"), "{page:?}");
    // A grid may vary the batch: images are for every size.
    let grid = bench(folder.path(), &format!("picture.onnx --dataset images -b 1,2 {few} --format json"));
    assert_eq!(grid.ok().json()["variants"][1]["inputs_from"], "2 images from images, resized to 4 x 6");
    let profile = run(nntop()
        .args("profile --model picture.onnx --dataset images --format json -t 1s".split(' '))
        .current_dir(folder.path()));
    profile.ok();
}

#[test]
fn images_that_cannot_be_an_input_are_named_with_the_way_out() {
    let folder = workplace();
    pictures(&folder);
    let few = "-n 20 --warmup 5 --no-profile";
    bench(folder.path(), &format!("models/resnet50.onnx --dataset images {few}"))
        .failed(2, "no input is a picture")
        .hint("[N,3,H,W]");
    std::fs::write(folder.path().join("images/cat/0.jpg"), [0xff, 0xd8, 0xff]).unwrap();
    bench(folder.path(), &format!("picture.onnx --dataset images {few}"))
        .failed(2, "images/cat/0.jpg")
        .hint("take it out");
    std::fs::create_dir_all(folder.path().join("text")).unwrap();
    std::fs::write(folder.path().join("text/readme.txt"), "no image").unwrap();
    let ran = bench(folder.path(), &format!("picture.onnx --dataset text {few} --format json"));
    assert!(ran.ok().stderr.contains("inputs are random values"), "{ran:?}");
    assert_eq!(ran.json()["variants"][0]["options"]["input"], Value::Null);
    bench(folder.path(), "models/resnet50.onnx --dataset nowhere -n 20")
        .failed(2, "nowhere: no such file or folder")
        .hint("relative to the current folder");
}

#[test]
fn a_comparison_is_saved_with_its_report_as_a_benchmark_is() {
    let folder = TempDir::new().unwrap();
    measured(&folder);
    let compare = |words: &str| run(nntop().arg("compare").args(words.split(' ')).current_dir(folder.path()));
    compare("old:run.json,variant=slow new:run.json,variant=fast --save-dir saved --report-format html").ok();
    let saved = |name: &str| std::fs::read_to_string(folder.path().join(name));
    let comparison: Value = serde_json::from_str(&saved("saved/comparison.json").unwrap()).unwrap();
    assert_eq!(comparison["schema"], "nntop.comparison/1");
    let page = saved("saved/report.html").unwrap();
    assert!(page.contains("slow") && page.contains("fast") && page.contains("<svg"), "both take part");
    assert!(saved("saved/result.json").is_err(), "nothing was measured");
    compare("synthetic:median=300us synthetic:median=200us -n 500 -q --no-history --save-dir now").ok();
    let result: Value = serde_json::from_str(&saved("now/result.json").unwrap()).unwrap();
    assert_eq!(result["variants"].as_array().map(Vec::len), Some(2));
    assert!(saved("now/report.md").unwrap().contains("## Charts"));
}

/// A result of two synthetic variants, recorded while it was measured.
fn measured(folder: &TempDir) {
    let words = ["bench", "slow:synthetic:normal,median=400us", "fast:synthetic:normal,median=200us"];
    let rest = ["-n", "1500", "-q", "--format", "json", "-o", "run.json", "--record", "run.nntop"];
    run(nntop().args(words).args(rest).current_dir(folder.path())).ok();
}

#[test]
fn every_style_is_filled_from_a_result_and_from_its_recording_alike() {
    let folder = TempDir::new().unwrap();
    measured(&folder);
    for style in ["summary", "edge", "mcu", "zoo", "zoo-short", "keras", "platform", "compression", "before-after"] {
        let read = |name: &str| report(folder.path(), &[name, "--style", style, "--format", "json"]).ok().json();
        let (result, recording) = (read("run.json"), read("run.nntop"));
        assert_eq!((&result["schema"], &result["style"]), (&json!("nntop.report/1"), &json!(style)));
        assert_eq!(result["tables"], recording["tables"], "{style}");
        assert_eq!(result["notes"], recording["notes"], "{style}");
        let text = report(folder.path(), &["run.json", "--style", style]).ok().stdout.clone();
        assert!(text.contains("fast") && text.contains("Notes"), "{text}");
    }
    let keras = report(folder.path(), &["run.json", "--style", "keras", "--format", "markdown"]).stdout;
    assert!(keras.contains("nntop bench MODEL -b 32"), "what is measured otherwise than in Keras says how: {keras}");
    let zoo =
        report(folder.path(), &["run.json", "--style", "zoo", "--task", "Image Classification", "--format", "md"]);
    assert!(zoo.ok().stdout.contains("| slow | Image Classification |"), "{zoo:?}");
}

#[test]
fn the_ending_of_the_file_says_what_is_written() {
    let folder = TempDir::new().unwrap();
    measured(&folder);
    for (name, words) in
        [("r.html", "<!DOCTYPE"), ("r.md", "| --- |"), ("r.csv", "Model,"), ("r.json", "schema"), ("r", "─")]
    {
        let ran = report(folder.path(), &["run.json", "-o", name]);
        assert_eq!(ran.ok().stdout, "");
        assert!(std::fs::read_to_string(folder.path().join(name)).unwrap().contains(words), "{name}");
    }
    let two = report(folder.path(), &["run.json", "run.nntop", "--format", "csv"]);
    assert!(two.ok().stdout.contains("slow (run.json)") && two.stdout.contains("slow (run.nntop)"), "{two:?}");
}

#[test]
fn other_tools_results_go_into_a_report_beside_ours() {
    let folder = TempDir::new().unwrap();
    measured(&folder);
    let excerpts = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/nntop-results/src/result/import/excerpts");
    for entry in std::fs::read_dir(excerpts).unwrap() {
        let path = entry.unwrap().path();
        let theirs = path.to_str().unwrap();
        let document = report(folder.path(), &[theirs, "run.json", "--format", "json"]).ok().json();
        let text = document.to_string();
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(text.contains("slow") && text.contains(&*name), "{name}: {text}");
        // What their file tells stands in the table, and nothing is said of a machine that it does not name.
        let alone = report(folder.path(), &[theirs, "--format", "markdown"]);
        let text = &alone.ok().stdout;
        assert!(!text.contains("nothing was measured") && !text.contains("(0 CPUs)"), "{name}: {text}");
        assert!(!text.contains("Measured with: nntop"), "{name}: {text}");
        let document = report(folder.path(), &[theirs, "--format", "json"]).ok().json();
        let speed = document["tables"][0]["rows"][0].as_array().unwrap();
        assert!(speed.iter().skip(1).any(|cell| cell["value"].is_number()), "{name}: {speed:?}");
        let page = report(folder.path(), &[theirs, "--format", "html"]);
        assert!(page.ok().stdout.ends_with("</html>\n"), "{name}");
    }
}

#[test]
fn what_is_no_result_is_refused_in_words() {
    let folder = TempDir::new().unwrap();
    let refused = |content: &str| {
        file(&folder, "x.json", content);
        report(folder.path(), &["x.json"])
    };
    refused("").failed(2, "x.json: not a result: the file is empty").hint("nntop bench");
    refused("{\"schema\": \"nntop.device/1\"}").failed(2, "schema nntop.device/1").hint("nntop bench");
    refused("{\"a\": 1}").failed(2, "not a result of a supported tool").hint("benchmark_app");
    refused("{\"schema\": \"nntop.result/1\"}").failed(2, "damaged: missing field").hint("whole");
    refused("once upon a time").failed(2, "x.json: unrecognised result file").hint("hyperfine");
    refused("\u{1}\u{2}\u{3}\u{4}").failed(2, "x.json: not a recording of nntop").hint("--record");
    report(folder.path(), &["nowhere.json"]).failed(2, "nowhere.json").hint("nntop bench");
    report(folder.path(), &["x.json", "--style", "fancy"]).failed(2, "fancy");
    report(folder.path(), &[]).failed(2, "FILE");
}

#[test]
fn the_page_opens_in_a_browser_in_both_themes_and_on_paper() {
    let Some(browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    measured(&folder);
    let text = std::fs::read_to_string(folder.path().join("run.json")).unwrap();
    file(&folder, "run.json", text.replace("\"fast\"", r#""<img src=x onerror=alert(1)> & co""#));
    report(folder.path(), &["run.json", "-o", "r.html"]).ok();
    let mut page = Page::open(&browser, &folder.path().join("r.html").display().to_string());

    // All is there, and names are names.
    let count =
        |page: &mut Page, what: &str| page.js(&format!("document.querySelectorAll('{what}').length")).as_u64().unwrap();
    assert!(count(&mut page, "figure svg") >= 3);
    assert_eq!(count(&mut page, "img, script, link"), 0);
    assert!(page.js("document.body.innerText.includes('<img src=x onerror=alert(1)> & co')").as_bool().unwrap());
    assert_eq!(page.js("performance.getEntriesByType('resource').length"), json!(0), "nothing is fetched");

    // Those who cannot see it are told: every picture has its name, every note its place, every table its head.
    assert_eq!(page.js("[...document.querySelectorAll('svg[role=img]')].every(svg => svg.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id).textContent))"), json!(true));
    assert_eq!(
        page.js("[...document.querySelectorAll('sup a')].every(a => document.querySelector(a.getAttribute('href')))"),
        json!(true)
    );
    assert_eq!(page.js("[...document.querySelectorAll('table')].every(t => t.querySelector('th[scope=col]') && t.querySelector('th[scope=row]'))"), json!(true));
    page.js("document.querySelector('figure details').scrollIntoView({block: 'center'})");
    page.click("document.querySelector('figure details summary')");
    assert_eq!(page.js("document.querySelector('figure details').open"), json!(true));

    // A dark page has light letters, a bar its variant's colour, and paper is white.
    let ink = "getComputedStyle(document.body).color";
    let bar = "getComputedStyle(document.querySelector('#comparison rect.s1')).fill";
    page.screenshot("report-light.png");
    assert_eq!((page.js(ink), page.js(bar)), (json!("rgb(21, 26, 33)"), json!("rgb(217, 114, 11)")));
    page.scheme("dark");
    page.screenshot("report-dark.png");
    assert_eq!((page.js(ink), page.js(bar)), (json!("rgb(228, 232, 239)"), json!("rgb(245, 163, 82)")));
    page.ask(
        "Emulation.setEmulatedMedia",
        json!({"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]}),
    );
    assert_eq!(page.js(ink), json!("rgb(21, 26, 33)"));

    // On a phone nothing sticks out: what is wide scrolls in its own place.
    page.ask("Emulation.setEmulatedMedia", json!({"media": ""}));
    page.ask(
        "Emulation.setDeviceMetricsOverride",
        json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true}),
    );
    page.screenshot("report-phone.png");
    let beyond = "[...document.querySelectorAll('main *')].filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > 391).map(e => e.outerHTML.slice(0, 80))";
    assert_eq!((page.js(beyond), page.js("document.documentElement.scrollWidth")), (json!([]), json!(390)));
    assert_eq!(page.errors, [""; 0]);
}
