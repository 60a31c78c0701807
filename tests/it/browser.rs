//! Flame graphs in a real browser: they open, zoom, search, and complain about nothing.

use super::devtools::{Page, browser};
use super::support::{file, nntop, run};
use nntop::event::{OpProfile, OpRow, RowKind};
use nntop::op_trace::{ProfileFile, SCHEMA, Titled};
use nntop::unit::Nanos;
use serde_json::Value;
use tempfile::TempDir;

fn op(name: &str, op_type: &str, micros: u64) -> OpRow {
    let time = Nanos(micros * 1_000);
    OpRow { name: name.into(), op_type: op_type.into(), calls: 1, total: time, self_time: time, ..OpRow::default() }
}

/// A file of a profile like a small residual network's; `slower` makes its second half take longer.
fn profile(folder: &TempDir, name: &str, slower: u64) -> String {
    let mut rows = vec![op("/conv1/Conv", "Conv", 310), op("/maxpool/MaxPool", "MaxPool", 120)];
    for block in 0..6u64 {
        let at = |rest: &str| format!("/layer{}/layer{}.{}/{rest}", block / 2 + 1, block / 2 + 1, block % 2);
        let more = if block > 2 { slower } else { 1 };
        rows.push(op(&at("conv1/Conv"), "FusedConv", (180 + 20 * block) * more));
        rows.push(op(&at("bn1/BatchNormalization"), "BatchNormalization", 40));
        rows.push(op(&at("conv2/Conv"), "Conv", 210 + 15 * block));
        rows.push(op(&at("Add"), "Add", 25));
        rows.push(op(&at("relu/Relu"), "Relu", 20));
    }
    rows.push(op("/avgpool/GlobalAveragePool", "GlobalAveragePool", 30));
    rows.push(op("/Flatten", "Flatten", 4));
    rows.push(op("/Flatten_quant", "QuantizeLinear", 35));
    rows.push(op("/fc/Gemm", "Gemm", 160));
    rows.push(OpRow { kind: RowKind::Op, ..op("a;b <script>alert(1)</script> \"\u{1}größe\"", "Softmax", 60) });
    let sum: u64 = rows.iter().map(|row| row.self_time.0).sum();
    let profile = OpProfile {
        source: "onnxruntime".into(),
        inferences: 1,
        wall: Nanos(sum + 90_000),
        gap: Nanos(90_000),
        rows,
        ..OpProfile::default()
    };
    let title = format!("{name} · onnxruntime 1.31.1 · cpu · batch 1");
    let profiles = vec![Titled { title, overhead: None, profile }];
    let content = ProfileFile { schema: SCHEMA.into(), nntop: "0".into(), profiles };
    file(folder, &format!("{name}.json"), serde_json::to_string(&content).unwrap())
}

/// The frame of that label.
fn frame(label: &str) -> String {
    format!(
        "[...document.getElementById('frames').children].find(g => g.querySelector('title').textContent.startsWith({:?}))",
        format!("{label} (")
    )
}

fn width(page: &mut Page, label: &str) -> f64 {
    page.js(&format!("{}.querySelector('rect').getBoundingClientRect().width", frame(label))).as_f64().unwrap()
}

/// The width of the row that all frames share.
fn whole(page: &mut Page) -> f64 {
    page.js("document.getElementById('frames').getBoundingClientRect().width").as_f64().unwrap()
}

fn text(page: &mut Page, id: &str) -> String {
    page.js(&format!("document.getElementById('{id}').textContent")).as_str().unwrap().to_owned()
}

#[test]
fn a_flame_graph_opens_zooms_and_searches() {
    let Some(browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    let input = profile(&folder, "resnet", 1);
    run(nntop().args(["flame", &input])).ok();
    let mut page = Page::open(&browser, &format!("{}/resnet.svg", folder.path().display()));
    page.screenshot("flame-light.png");

    // It fills the window, says what it is of, and hostile names are names.
    let all = whole(&mut page);
    assert!(all > 1_200.0, "{all}");
    assert_eq!(text(&mut page, "title"), "resnet · onnxruntime 1.31.1 · cpu · batch 1");
    assert!(page.js("document.documentElement.nodeName") == "svg");
    assert!(page.js("document.querySelector('#frames script') === null").as_bool().unwrap());

    // A frame under the pointer tells its numbers.
    page.hover(&frame("layer2.1"));
    page.wait_for("document.getElementById('details').textContent.trim() !== ''");
    let details = text(&mut page, "details");
    assert!(details.contains("layer2.1 (") && details.contains(" ns per inference, "), "{details}");

    // A click zooms: the frame fills the picture, others go, and there is a way back.
    let before = width(&mut page, "layer2.1");
    assert!(before < all / 2.0);
    let hidden = "document.getElementById('unzoom').classList.contains('hide')";
    assert_eq!(page.js(hidden), Value::Bool(true));
    page.click(&frame("layer2.1"));
    page.screenshot("flame-zoomed.png");
    assert!((width(&mut page, "layer2.1") - all).abs() < 1.0);
    assert_eq!(page.js(hidden), Value::Bool(false));
    assert_eq!(page.js(&format!("{}.classList.contains('hide')", frame("layer1"))), Value::Bool(true));
    page.click("document.getElementById('unzoom')");
    assert!((width(&mut page, "layer2.1") - before).abs() < 1.0);
    assert_eq!(page.js(hidden), Value::Bool(true));

    // Search marks what it finds and says how much that is.
    let fill = |label: &str| format!("{}.querySelector('rect').getAttribute('fill')", frame(label));
    let plain = page.js(&fill("Relu"));
    page.click_and_answer("document.getElementById('search')", "^Relu ");
    page.screenshot("flame-search.png");
    assert_ne!(page.js(&fill("Relu")), plain);
    let matched = text(&mut page, "matched");
    let percent: f64 =
        matched.trim_start_matches("Matched: ").trim_end_matches('%').parse().unwrap_or_else(|_| panic!("{matched}"));
    assert!((1.0..10.0).contains(&percent), "{matched}");
    page.click("document.getElementById('search')");
    assert_eq!(page.js(&fill("Relu")), plain);

    // The legend finds a family: both kinds of convolution.
    page.click("document.querySelector('.legend rect')");
    assert_ne!(page.js(&fill("Conv")), page.js(&fill("Relu")));
    assert_eq!(page.js(&fill("Conv")), page.js(&fill("FusedConv")));
    assert!(text(&mut page, "matched").starts_with("Matched: "));
    page.click("document.getElementById('search')");

    // A dark page has light letters.
    let letters = "getComputedStyle(document.getElementById('title')).fill";
    assert_eq!(page.js(letters), "rgb(0, 0, 0)");
    page.scheme("dark");
    assert_eq!(page.js(letters), "rgb(213, 218, 227)");
    page.screenshot("flame-dark.png");
    assert_eq!(page.errors, [""; 0]);
}

#[test]
fn a_difference_of_two_profiles_opens_and_zooms() {
    let Some(browser) = browser() else { return };
    let folder = TempDir::new().unwrap();
    let (before, after) = (profile(&folder, "fp32", 1), profile(&folder, "int8", 2));
    let out = format!("{}/diff.svg", folder.path().display());
    run(nntop().args(["flame", &before, "--diff", &after, "-o", &out])).ok();
    let mut page = Page::open(&browser, &out);
    page.screenshot("diff-light.png");
    let all = whole(&mut page);
    page.click(&frame("layer3"));
    assert!((width(&mut page, "layer3") - all).abs() < 1.0);
    page.scheme("dark");
    page.screenshot("diff-dark.png");
    assert_eq!(page.errors, [""; 0]);
}
