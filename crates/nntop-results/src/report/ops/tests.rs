//! Files of a small made profile, and of one with hostile names.

use super::*;
use crate::report::layout::UNLIMITED;
use nntop_trace::op_trace::{OpRow, RowKind, TensorSig};

fn op(name: &str, op_type: &str, parent: u32, micros: u64) -> OpRow {
    OpRow {
        name: name.into(),
        op_type: op_type.into(),
        parent: Some(parent),
        provider: Some("cpu".into()),
        calls: 4,
        total: Nanos(micros * 1_000),
        self_time: Nanos(micros * 1_000),
        ..OpRow::default()
    }
}

/// Four inferences of a small network with a subgraph.
pub(super) fn small() -> OpProfile {
    let scope = OpRow {
        name: "model_run".into(),
        kind: RowKind::Scope,
        calls: 4,
        total: Nanos(960_000),
        self_time: Nanos(20_000),
        start: Some(Nanos(1_000)),
        ..OpRow::default()
    };
    let conv = OpRow {
        flops: Some(4 * 8_000_000),
        bytes: Some(Bytes(4 * 200_000)),
        start: Some(Nanos(2_000)),
        inputs: vec![TensorSig { dtype: "float32".into(), shape: vec![1, 3, 8, 8] }],
        outputs: vec![TensorSig { dtype: "float32".into(), shape: vec![1, 8, 8, 8] }],
        ..op("/layer1/conv1/Conv", "Conv", 0, 400)
    };
    let relu = OpRow { start: Some(Nanos(110_000)), ..op("/layer1/relu/Relu", "Relu", 0, 100) };
    let fused = OpRow { start: Some(Nanos(140_000)), ..op("/layer1/conv2/Conv", "FusedConv", 0, 200) };
    let outer = OpRow {
        total: Nanos(240_000),
        self_time: Nanos(40_000),
        start: Some(Nanos(190_000)),
        ..op("/head/If", "If", 0, 0)
    };
    let inner = OpRow { start: Some(Nanos(200_000)), ..op("/head/fc/MatMul", "MatMul", 4, 200) };
    OpProfile {
        source: "onnxruntime".into(),
        inferences: 4,
        wall: Nanos(1_000_000),
        gap: Nanos(40_000),
        rows: vec![scope, conv, relu, fused, outer, inner],
        ..OpProfile::default()
    }
}

pub(super) const TITLE: &str = "small · onnxruntime 1.31.1 · cpu · batch 1";

fn subject(profile: &OpProfile) -> Subject<'_> {
    Subject { title: TITLE, profile, overhead: Some(0.04) }
}

/// Names that break formats, and one that breaks lines.
fn hostile() -> OpProfile {
    let names = [
        "a;b/Conv",
        "new\nline\r\0\u{1b}[31m",
        "<script>alert(1)</script>",
        "\"quoted\",'too'",
        "größe/层/Conv",
        "ends with 42",
        "# comment",
        "",
        "--",
        "]]>",
        "\u{ffff}\u{fffe}",
        &"x".repeat(10_000),
    ];
    let rows = names.iter().map(|name| OpRow { parent: None, ..op(name, "Conv", 0, 100) }).collect();
    OpProfile { source: "onnxruntime".into(), inferences: 1, wall: Nanos(2_000_000), rows, ..OpProfile::default() }
}

/// All that makes XML well-formed as far as such a picture goes: tags in pairs, no stray `<` or `&`, allowed characters.
fn well_formed(svg: &str) {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        assert!(text.split('&').skip(1).all(|t| t.split_once(';').is_some_and(|(name, _)| name.len() <= 6)), "{text}");
        rest = &rest[at..];
        let (begin, end) = match rest {
            r if r.starts_with("<![CDATA[") => ("<![CDATA[", "]]>"),
            r if r.starts_with("<!--") => ("<!--", "-->"),
            _ => ("<", ">"),
        };
        let stop = rest.find(end).unwrap_or_else(|| panic!("{begin} has no end"));
        let tag = &rest[begin.len()..stop];
        if begin == "<" && !tag.starts_with(['?', '!']) {
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop().as_deref(), Some(name)),
                None if !tag.ends_with('/') => open.push(tag.split_whitespace().next().unwrap().to_owned()),
                None => {}
            }
        }
        rest = &rest[stop + end.len()..];
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(
        !svg.contains(
            |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}')
        )
    );
}

#[test]
fn stacks_are_module_paths_in_the_order_of_execution() {
    assert_eq!(
        folded(subject(&small())),
        "model_run 5000\nmodel_run;layer1;conv1;Conv 100000\nmodel_run;layer1;relu;Relu 25000\n\
         model_run;layer1;conv2;FusedConv 50000\nmodel_run;head;If 10000\nmodel_run;head;If;fc;MatMul 50000\n\
         between operators 10000\n"
    );
}

#[test]
fn the_flame_graph_says_what_it_shows() {
    let svg = flame(subject(&small())).unwrap();
    well_formed(&svg);
    assert!(svg.contains(TITLE));
    assert!(svg.contains("250 µs per inference · 5 operators · mean of 4 profiled inferences · by onnxruntime"));
    assert!(svg.contains("<title>Conv (100,000 ns per inference, 40.00%)</title>"));
    let (r, g, b) = nntop_trace::op_trace::Family::Convolution.rgb();
    let conv = &svg[svg.find("<title>Conv (").unwrap()..];
    assert!(conv[..300].contains(&format!("fill=\"rgb({r},{g},{b})\"")), "{}", &conv[..300]);
    assert!(svg.contains("prefers-color-scheme: dark"));
    assert!(svg.contains("convolution 60 %"));
    assert_eq!(svg, flame(subject(&small())).unwrap());
}

#[test]
fn the_flame_graph_has_operators_in_its_first_rows_and_fits_a_phone() {
    let svg = flame(subject(&small())).unwrap();
    // The root's row is there for inferno's script, hidden and above the picture.
    assert!(svg.contains("<g class=\"root\"><title>all (") && svg.contains("<svg id=\"frames\" y=\"-24\""));
    let row = |label: &str| -> usize {
        let frame = &svg[svg.find(&format!("<title>{label} (")).unwrap()..];
        frame.split_once("y=\"").unwrap().1.split('"').next().unwrap().parse().unwrap()
    };
    let (first, own) = (row("layer1"), row("model_run"));
    assert_eq!((row("head"), own, row("conv1")), (first, first, first + 24), "no row holds all the others");
    // What stands in the first line is the title alone.
    let line =
        |id: &str| svg.split(&format!("id=\"{id}\"")).nth(1).unwrap().split("y=\"").nth(1).unwrap()[..2].to_owned();
    assert_eq!(
        (line("title"), line("search"), line("unzoom"), line("details")),
        ("24".into(), "64".into(), "64".into(), "64".into())
    );
    assert!(svg.contains("@media (max-width: 640px)") && svg.contains("legend-narrow"));
    // Of a name that does not fit, the end is shown: that is where names differ.
    let mut long = small();
    long.rows[1].name = format!("/layer1/conv1/{}_nchwc", "x".repeat(300));
    assert!(flame(subject(&long)).unwrap().contains("xx</text>"), "without the layout that all names have");
    // A step that holds a part only is no wrapper.
    let mut split = small();
    split.rows[0].self_time = Nanos(0);
    split.rows.push(OpRow { name: "second".into(), kind: RowKind::Scope, calls: 4, ..OpRow::default() });
    split.rows.push(op("/tail/Softmax", "Softmax", 6, 600));
    let svg = flame(subject(&split)).unwrap();
    assert!(svg.contains("<title>model_run (") && svg.contains("<title>second ("));
}

#[test]
fn a_difference_is_red_and_blue_and_says_what_is_not_drawn() {
    let mut after = small();
    after.rows[1].self_time = Nanos(800_000);
    after.rows[3].self_time = Nanos(100_000);
    after.rows[2].self_time = Nanos(0);
    let svg = differential(subject(&small()), Subject { title: "b", profile: &after, overhead: None }).unwrap();
    well_formed(&svg);
    let color = |label: &str| {
        let frame = &svg[svg.find(&format!("<title>{label} (")).unwrap()..];
        let rgb = frame.split_once("rgb(").unwrap().1.split_once(')').unwrap().0;
        rgb.split(',').map(|c| c.parse::<i32>().unwrap()).collect::<Vec<_>>()
    };
    let (slower, faster, alike) = (color("Conv"), color("FusedConv"), color("MatMul"));
    assert!(slower[0] > slower[2] && faster[2] > faster[0], "{slower:?} {faster:?}");
    assert_eq!(alike[0], alike[2], "white");
    assert!(svg.contains("not drawn: only in the first (25.0 µs)"), "Relu is gone");
}

#[test]
fn renamed_operators_are_paired_by_family_and_order_and_new_ones_are_not_red() {
    let mut after = small();
    for i in [1, 3] {
        after.rows[i].op_type = "QLinearConv".into();
        after.rows[i].name = format!("/layer1/c_token_{i}");
        after.rows[i].self_time = Nanos(100_000);
    }
    after.rows.push(op("/new/Softmax", "Softmax", 0, 400));
    let after = Subject { title: "b", profile: &after, overhead: None };
    let table = compared(subject(&small()), after, 0, UNLIMITED);
    let line = |what: &str| table.lines().find(|l| l.contains(what)).unwrap_or_else(|| panic!("{what}: {table}"));
    assert!(line("(before: Conv)").contains("100      25.0   −75.0"), "{table}");
    assert!(line("(before: FusedConv)").contains("50.0      25.0   −25.0"), "{table}");
    assert!(line("  convolution").contains("150      50.0"), "{table}");
    let svg = differential(subject(&small()), after).unwrap();
    let softmax = &svg[svg.find("<title>Softmax (").unwrap()..];
    assert!(softmax.contains("rgb(250,250,250)") && softmax[..300].contains("rgb(250,250,250)"), "{:.300}", softmax);
    assert!(svg.contains("only in this one (100 µs)") && svg.contains("2 paired whose names or types differ"));
}

#[test]
fn hostile_names_stay_names() {
    let profile = hostile();
    let stacks = folded(subject(&profile));
    // Two kinds of names collapse into none; all others keep a line of their own, and the gap of the wall is no row.
    assert_eq!(stacks.lines().count(), profile.rows.len(), "{stacks:.2000}");
    for line in stacks.lines() {
        let (stack, count) = line.rsplit_once(' ').unwrap();
        assert!(count.parse::<u64>().is_ok() && !stack.is_empty(), "{line:.200}");
        let last = stack.rsplit(' ').next().unwrap();
        assert!(last.parse::<f64>().is_err(), "{line:.200} would be read as two counts");
    }
    let svg = flame(subject(&profile)).unwrap();
    well_formed(&svg);
    assert!(!svg.contains("<script>alert"));
    assert!(svg.contains("größe") && svg.contains("层"));
    well_formed(&differential(subject(&profile), subject(&small())).unwrap());
    let parsed: serde_json::Value = serde_json::from_str(&speedscope(&[subject(&profile)])).unwrap();
    assert_eq!(parsed["profiles"][0]["samples"].as_array().unwrap().len(), profile.rows.len());
    let _: serde_json::Value = serde_json::from_str(&chrome(&[subject(&profile)])).unwrap();
    let sheet = markdown(&[subject(&profile)]);
    let rows: Vec<&str> = sheet.lines().skip_while(|l| !l.starts_with("| ---")).skip(1).take(10).collect();
    let cells = |row: &str| row.replace("\\|", "").matches('|').count();
    assert!(rows.iter().all(|row| cells(row) == cells(rows[0]) && !row.contains("<script")), "{rows:#?}");
    assert!(!text(subject(&profile), 0, UNLIMITED).contains('\u{1b}'));
    let table = csv(subject(&profile));
    let mut reader = ::csv::Reader::from_reader(table.as_bytes());
    let names: Vec<String> = reader.records().map(|r| r.unwrap()[5].to_owned()).collect();
    let given: Vec<String> = profile.rows.iter().map(|r| nntop_core::text::cell(&r.name).into_owned()).collect();
    assert_eq!(names, given, "a table keeps every name, but for what steers a terminal or a spreadsheet");
}

#[test]
fn a_device_stands_beside_the_program() {
    let mut profile = small();
    profile.rows.push(OpRow { kind: RowKind::Kernel, ..op("sgemm_128x64_nn", "", 5, 160) });
    let stacks = folded(subject(&profile));
    assert!(
        stacks.contains("on the device, beside it;model_run;head;If;fc;MatMul;sgemm_128x64_nn 40000\n"),
        "{stacks}"
    );
    assert!(stacks.contains("\nmodel_run;head;If;fc;MatMul 50000\n"), "the operator keeps its own time: {stacks}");
    assert!(text(subject(&profile), 0, UNLIMITED).contains("\n 250 µs per inference"), "and the inference its own");
    let trace: serde_json::Value = serde_json::from_str(&chrome(&[subject(&profile)])).unwrap();
    let kernel = trace["traceEvents"].as_array().unwrap().iter().find(|e| e["name"] == "sgemm_128x64_nn").unwrap();
    assert_eq!((&kernel["tid"], &kernel["dur"]), (&2.into(), &40.0.into()));
}

#[test]
fn an_empty_profile_is_no_picture() {
    let empty = OpProfile::default();
    assert_eq!(flame(subject(&empty)), Err(FlameError::Empty));
    assert_eq!(folded(subject(&empty)), "");
}

#[test]
fn a_deep_or_broken_tree_neither_hangs_nor_breaks() {
    let mut profile = small();
    let rows = (0..5_000u32).map(|i| OpRow {
        name: format!("f{i}"),
        kind: RowKind::Function,
        parent: i.checked_sub(1),
        self_time: Nanos(10),
        ..OpRow::default()
    });
    profile.rows = rows.collect();
    profile.rows[7].parent = Some(4_000_000);
    assert!(flame(subject(&profile)).is_ok());
    chrome(&[subject(&profile)]);
}

#[test]
fn speedscope_has_what_its_schema_asks_for() {
    let text = speedscope(&[subject(&small()), Subject { title: "again", ..subject(&small()) }]);
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(file["$schema"], "https://www.speedscope.app/file-format-schema.json");
    let frames = file["shared"]["frames"].as_array().unwrap();
    assert!(frames.iter().all(|f| f["name"].is_string()));
    for profile in file["profiles"].as_array().unwrap() {
        assert_eq!((&profile["type"], &profile["unit"]), (&"sampled".into(), &"nanoseconds".into()));
        let (samples, weights) = (profile["samples"].as_array().unwrap(), profile["weights"].as_array().unwrap());
        assert_eq!(samples.len(), weights.len());
        let sum: u64 = weights.iter().map(|w| w.as_u64().unwrap()).sum();
        assert_eq!((profile["startValue"].as_u64(), profile["endValue"].as_u64()), (Some(0), Some(sum)));
        assert!(samples.iter().flat_map(|s| s.as_array().unwrap()).all(|i| i.as_u64().unwrap() < frames.len() as u64));
    }
}

#[test]
fn slices_of_a_trace_nest() {
    let text = chrome(&[subject(&small())]);
    let trace: serde_json::Value = serde_json::from_str(&text).unwrap();
    let slices: Vec<(f64, f64, String)> = trace["traceEvents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["ph"] == "X")
        .map(|e| {
            let at = e["ts"].as_f64().unwrap();
            (at, at + e["dur"].as_f64().unwrap(), e["name"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(slices.len(), 6);
    for (i, a) in slices.iter().enumerate() {
        for b in &slices[i + 1..] {
            let apart = a.1 <= b.0 || b.1 <= a.0;
            let nested = (a.0 <= b.0 && b.1 <= a.1) || (b.0 <= a.0 && a.1 <= b.1);
            assert!(apart || nested, "{a:?} crosses {b:?}");
        }
    }
    let conv = trace["traceEvents"].as_array().unwrap().iter().find(|e| e["name"] == "Conv").unwrap();
    assert_eq!((conv["ts"].as_f64(), conv["dur"].as_f64()), (Some(2.0), Some(100.0)), "its own start, its mean");
    let without_starts =
        OpProfile { rows: small().rows.into_iter().map(|row| OpRow { start: None, ..row }).collect(), ..small() };
    assert!(chrome(&[subject(&without_starts)]).contains("\"order only\""));
}

#[test]
fn files_do_not_change_unseen() {
    insta::assert_snapshot!("profile.txt", text(subject(&small()), 3, UNLIMITED));
    let mut after = small();
    after.rows[1].self_time = Nanos(200_000);
    after.rows[3].op_type = "QLinearConv".into();
    let after = Subject { title: "int8 · onnxruntime 1.31.1 · cpu · batch 1", ..subject(&after) };
    insta::assert_snapshot!("compared.txt", compared(subject(&small()), after, 2, UNLIMITED));
    insta::assert_snapshot!("profile.md", markdown(&[subject(&small())]));
    insta::assert_snapshot!("profile.csv", csv(subject(&small())));
    insta::assert_snapshot!("profile.trace.json", pretty(&chrome(&[subject(&small())])));
    insta::assert_snapshot!("profile.speedscope.json", pretty(&speedscope(&[subject(&small())])));
}

fn pretty(json: &str) -> String {
    let version = concat!("nntop ", env!("CARGO_PKG_VERSION"));
    serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(json).unwrap())
        .unwrap()
        .replace(version, "nntop VERSION")
}
