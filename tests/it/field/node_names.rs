//! A model whose node names are an attack: on every surface that shows operators, a name is a name.

use crate::onnx::{Axis, network, node, port, with};
use crate::support::{nntop, run, runtime};
use serde_json::Value;

/// What steers a terminal, turns text round, forges a line, a cell, a tag, a frame.
const HOSTILE: &str =
    "=cmd()\u{1b}[2J\u{1b}]0;evil\u{7}\u{9b}31m\u{202e}gpj\u{2066}\nerror: forged\r<script>alert(1)</script>\"'`|;%n";

/// What no text for people may hold. Line breaks are the surface's own, and are looked at by what they forge.
fn steers(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

#[track_caller]
fn clean(surface: &str, text: &str) {
    assert!(!text.is_empty(), "{surface} is empty");
    if let Some(c) = text.chars().find(|c| steers(*c)) {
        let at = text.find(c).unwrap();
        let around: String = text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
        panic!("{surface} has {c:?} behind {around:?}");
    }
    let forged = text.lines().find(|line| line.starts_with("error: forged"));
    assert_eq!(forged, None, "{surface}");
}

/// Cells keep line breaks, lines end as RFC 4180 has it, and tables follow each other.
#[track_caller]
fn cells_are_clean(surface: &str, text: &str) {
    let mut rows = 0;
    for row in csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes()).records() {
        let row = row.unwrap_or_else(|e| panic!("{surface}: {e}"));
        rows += 1;
        let steered = row.iter().find(|cell| cell.chars().any(|c| steers(c) && c != '\r'));
        assert_eq!(steered, None, "{surface}");
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '@'])), "{surface}: {row:?}");
    }
    assert!(rows > 1, "{surface}: {text}");
}

#[test]
fn a_node_name_is_a_name_on_every_surface() {
    runtime();
    let folder = tempfile::tempdir().unwrap();
    let axes = [Axis::Size(64), Axis::Size(64)];
    // Softmax and Erf are not fused: the names stay.
    let nodes = [
        with(&node("Softmax", &["x"], "m"), HOSTILE, &[]),
        with(&node("Erf", &["m"], "y"), &format!("{HOSTILE}/second"), &[]),
    ];
    let model = folder.path().join("names.onnx");
    std::fs::write(&model, network(13, &nodes, &[], [&port("x", &axes), &port("y", &axes)])).unwrap();
    let dir = folder.path().join("out");
    let ran = run(nntop().arg("profile").arg(&model).args(["-n", "20", "--warmup", "2", "--save-dir"]).arg(&dir));
    ran.ok();
    clean("the text", &ran.stdout);
    clean("standard error", &ran.stderr);
    assert!(ran.stdout.contains("Softmax"), "{}", ran.stdout);
    let mut seen = 0;
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        let (name, text) = (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path));
        let text = text.unwrap_or_else(|e| panic!("{name}: {e}"));
        seen += 1;
        if name.ends_with("json") {
            // For programs: escaped, and whole.
            assert!(!text.chars().any(|c| c < ' ' && c != '\n'), "{name}");
            serde_json::from_str::<Value>(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            continue;
        }
        if name.ends_with("csv") {
            cells_are_clean(&name, &text);
            continue;
        }
        clean(&name, &text);
        if name.ends_with("svg") {
            assert!(!text.contains("<script>alert"), "{name}");
        }
        if name.ends_with("md") {
            // A bar would begin a cell. Tables end at a blank line.
            let cells = |line: &&str| line.replace("\\|", "").matches('|').count();
            let rows: Vec<usize> = text.lines().map(|line| cells(&line)).collect();
            assert!(rows.windows(2).all(|two| two[0] == two[1] || two.contains(&0)), "{text}");
        }
    }
    assert!(seen >= 7, "{seen} files");
    // The same through a measurement's report, in each of its formats.
    for format in ["text", "csv", "markdown", "html"] {
        let bench = run(nntop().arg("bench").arg(&model).args(["-n", "20", "--warmup", "2", "--format", format]));
        match format {
            "csv" => cells_are_clean(format, &bench.ok().stdout),
            _ => clean(format, &bench.ok().stdout),
        }
        assert!(!bench.stdout.contains("<script>alert"), "{format}");
    }
}
