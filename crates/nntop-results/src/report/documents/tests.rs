//! Reports of results that were written down: every style in every format, whatever the names are.

use super::*;
use crate::result::RunResult;

/// Two variants on a board, one of them noisy and without energy.
fn pair() -> RunResult {
    serde_json::from_str(include_str!("fixtures/pair.json")).unwrap()
}

/// One variant as an nntop wrote it that knew no devices, series and operators.
fn older() -> RunResult {
    serde_json::from_str(include_str!("fixtures/older.json")).unwrap()
}

fn source(name: &str, result: RunResult) -> Source {
    Source { name: name.into(), result }
}

fn document(style: Style, sources: &[Source]) -> Document {
    compose(style, sources, &Words { task: Some("Image Classification".into()), reference: None })
}

#[test]
fn every_style_in_every_format() {
    let sources = [source("pair.json", pair())];
    for style in Style::ALL {
        let document = document(style, &sources);
        let name = style.name();
        let snapshot = |ending: &str, text: &str| {
            insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(format!("{name}.{ending}"), text);
            });
        };
        snapshot("txt", &text(&document, 110));
        snapshot("md", &markdown(&document, &[]));
        snapshot("csv", &csv(&document).replace("\r\n", "\n"));
        snapshot("json", &json(&document));
        snapshot("html", html(&document, &[]).split("<body>").nth(1).unwrap());
    }
    if let Some(folder) = std::env::var_os("NNTOP_SCREENS") {
        let page = html(&document(Style::Summary, &sources), &chart::charts(&sources));
        std::fs::write(std::path::Path::new(&folder).join("report.html"), page).unwrap();
    }
}

#[test]
fn charts_of_the_pair() {
    for chart in chart::charts(&[source("pair.json", pair())]) {
        insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{}.svg", chart.id), chart.svg.replace("><", ">\n<"));
        });
        assert!(chart::alone(&chart.svg).contains("xmlns=\"http://www.w3.org/2000/svg\""));
    }
}

/// Rows have as many cells as there are columns, and notes exist.
fn check(document: &Document) {
    let noted = |notes: &[usize]| notes.iter().all(|n| (1..=document.notes.len()).contains(n));
    for table in &document.tables {
        assert!(table.columns.iter().all(|c| noted(&c.notes)));
        for row in &table.rows {
            assert_eq!(row.len(), table.columns.len(), "{}: {row:?}", table.title);
            assert!(row.iter().all(|cell| noted(&cell.notes)), "{row:?}");
            let silent = row.iter().find(|cell| cell.content == Content::Absent && cell.notes.is_empty());
            assert_eq!(silent, None, "every empty cell says why");
        }
    }
}

/// Cells of a row of a Markdown table: bars that are not escaped separate.
fn cells(line: &str) -> usize {
    let mut before = ' ';
    let mut bars = 0;
    for c in line.chars() {
        bars += usize::from(c == '|' && before != '\\');
        before = if before == '\\' && c == '\\' { ' ' } else { c };
    }
    bars - 1
}

/// Everything that a document is written as can be read again.
fn reads_again(document: &Document) {
    let written = csv(document);
    for part in written.split("\r\n\r\n") {
        let mut reader = ::csv::Reader::from_reader(part.as_bytes());
        let columns = reader.headers().unwrap().len();
        let rows = reader.records().map(|record| record.unwrap().len()).collect::<Vec<_>>();
        assert!(!rows.is_empty() && rows.iter().all(|n| *n == columns), "{part}");
    }
    let value: serde_json::Value = serde_json::from_str(&json(document)).unwrap();
    assert_eq!(value["schema"], SCHEMA);
    let text = markdown(document, &[]);
    for block in text.split("\n\n").filter(|block| block.starts_with("| ")) {
        let counts: Vec<usize> = block.lines().map(cells).collect();
        assert!(counts.iter().all(|n| *n == counts[0]), "{block}");
    }
}

#[test]
fn results_of_every_kind_fill_every_style() {
    let mut failed = pair();
    failed.variants[0].latency_ns = None;
    failed.variants[0].series = None;
    failed.variants[0].error =
        serde_json::from_str(r#"{"blame": "run", "message": "the runtime was ended by a signal"}"#).unwrap();
    let mut bare = older();
    bare.variants.clear();
    let all = [
        vec![source("pair.json", pair())],
        vec![source("older.json", older())],
        vec![source("pair.json", pair()), source("older.json", older())],
        vec![source("a.json", failed)],
        vec![source("nothing.json", bare.clone()), source("pair.json", pair())],
    ];
    for sources in &all {
        for style in Style::ALL {
            let document = document(style, sources);
            check(&document);
            reads_again(&document);
            assert!(text(&document, 40).lines().count() > 5);
        }
        chart::charts(sources);
    }
    // Nothing at all is no panic either.
    let empty = document(Style::Summary, &[source("nothing.json", bare)]);
    assert!(!text(&empty, 80).is_empty() && !html(&empty, &[]).is_empty());
}

#[test]
fn names_of_others_stay_names() {
    let hostile = "=1+1|a\\|<script>alert(1)</script>&amp;\"'`[x](y)\u{1b}[31m\n# h_e_ad\t\u{0}";
    let mut result = pair();
    result.host.name = hostile.into();
    result.host.board = Some(hostile.into());
    for v in &mut result.variants {
        v.name = hostile.into();
        v.model.path = hostile.into();
        v.engine.name = hostile.into();
        v.energy_absent = Some(hostile.into());
        v.operators.operators.iter_mut().for_each(|op| op.op_type = hostile.into());
    }
    let sources = [source(hostile, result)];
    let words = Words { task: Some(hostile.into()), reference: Some(format!("https://a.b/{hostile}")) };
    for style in Style::ALL {
        let document = compose(style, &sources, &words);
        check(&document);
        reads_again(&document);
        let plain = text(&document, 110);
        assert!(!plain.chars().any(|c| c.is_control() && c != '\n'), "{plain:?}");
        let page = html(&document, &chart::charts(&sources));
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
        let md = markdown(&document, &[]);
        assert!(!md.contains("<script") && !md.contains("\n# h"), "{md}");
        let table = csv(&document);
        assert!(
            !table.lines().flat_map(|line| line.split(',')).any(|field| field.trim_matches('"').starts_with('=')),
            "{table}"
        );
    }
    for chart in chart::charts(&sources) {
        assert!(!chart.svg.contains("<script"));
    }
}

#[test]
fn a_page_needs_nothing_else() {
    let sources = [source("pair.json", pair())];
    let page = html(&document(Style::Zoo, &sources), &chart::charts(&sources));
    for outside in ["src=", "<link", "@import", "url(", "<script", "http-equiv=\"refresh\""] {
        assert!(!page.contains(outside), "{outside}");
    }
    // Where it leads is a link, and nothing is fetched.
    assert_eq!(page.matches("https://").count(), page.matches("href=\"https://").count());
}

#[test]
fn runs_of_several_files_stand_together_and_are_told_apart() {
    let sources = [source("monday.json", pair()), source("tuesday.json", older())];
    let page = markdown(&document(Style::BeforeAfter, &sources), &[]);
    assert!(page.contains("After (resnet50 (tuesday.json))"), "{page}");
    assert!(page.contains("measured in different runs"), "{page}");
    let mut twice = pair();
    twice.variants[1].model.sha256 = twice.variants[0].model.sha256.clone();
    twice.variants[1].engine.providers = vec!["cuda".into(), "cpu".into()];
    let keras = document(Style::Keras, &[source("both.json", twice)]);
    assert_eq!(keras.tables[0].rows.len(), 1, "one model, on the processor and on a GPU");
}

#[test]
fn conclusions_follow_the_figures() {
    let said = document(Style::Compression, &[source("pair.json", pair())]).conclusions;
    assert!(
        said[0].starts_with("Inference Time: resnet50-int8 reduces it, from 0.0460 to 0.0201 s (56 % less)"),
        "{said:?}"
    );
    let mut slower = pair();
    slower.variants.swap(0, 1);
    slower.comparison.clear();
    let said = document(Style::Compression, &[source("pair.json", slower)]).conclusions;
    assert!(said[0].contains("no method reduces it") && said[2].contains("no method reduces it"), "{said:?}");
    let mut alone = pair();
    alone.variants.truncate(1);
    let said = document(Style::Compression, &[source("pair.json", alone)]).conclusions;
    assert!(said[0].contains("nothing to compare"), "{said:?}");
}

#[test]
fn operations_that_were_hardly_counted_are_no_figure() {
    let mut result = pair();
    let v = &mut result.variants[1];
    v.operators.operators.iter_mut().filter(|op| op.op_type == "QLinearConv").for_each(|op| op.flops = None);
    v.complexity =
        Some(crate::result::ComplexityResult { flops: 5_000_000, uncounted: [("QLinearConv".into(), 2)].into() });
    let document = document(Style::Edge, &[source("pair.json", result)]);
    let row = document.tables[1].rows.last().unwrap();
    assert_eq!((row[1].shown_text(), row[2].shown_text()), ("8.18 G", "n/a"));
    assert!(document.notes[row[2].notes[0] - 1].starts_with("2 QLinearConv have no rule"), "{:?}", document.notes);
}

#[test]
fn the_verdicts_stand_at_the_headline_the_gravest_first() {
    let page = html(&document(Style::Edge, &[source("pair.json", pair())]), &[]);
    let head = page.split("</h1>").nth(1).unwrap().split("</header>").next().unwrap();
    let (noisy, stable) = (head.find(">NOISY<").unwrap(), head.find(">STABLE<").unwrap());
    assert!(noisy < stable && head.contains("resnet50-int8: block medians"), "{head}");
    let mut failed = pair();
    failed.variants[0].status = crate::result::Status::Failed;
    failed.variants[0].error =
        serde_json::from_str(r#"{"blame": "run", "message": "the runtime was ended by a signal"}"#).unwrap();
    let of = document(Style::Zoo, &[source("a.json", failed)]).verdicts;
    assert_eq!((of[0].word.as_str(), of[0].about.as_str()), ("FAILED", "resnet50: the runtime was ended by a signal"));
    let mut imported = pair();
    imported.imported = Some("trtexec".into());
    imported.variants.iter_mut().for_each(|v| v.verdict = None);
    assert_eq!(document(Style::Zoo, &[source("a.json", imported)]).verdicts, [], "another tool gives no verdict");
}

#[test]
fn types_of_one_family_are_folded_into_it() {
    let page = html(&document(Style::Summary, &[source("pair.json", pair())]), &[]);
    let family = page.split("<details>").nth(1).unwrap().split("</details>").next().unwrap();
    let shares = |line: &str| -> Vec<String> {
        line.split("%\">").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    };
    let lines: Vec<&str> = family.lines().filter(|l| l.contains("class=\"row")).collect();
    assert!(lines[0].contains("convolution <small>2 types</small>"), "{family}");
    assert_eq!(shares(lines[0]), ["81.0", "81.0"]);
    assert!(lines[1].contains("Conv") && lines[2].contains("QLinearConv"), "{family}");
    assert_eq!(
        (shares(lines[1]), shares(lines[2])),
        (vec!["81.0".into(), "–".into()], vec!["–".into(), "81.0".into()])
    );
}

/// Where a text of a picture ends, by the average width of its characters, and where it begins.
fn extent(text: &str) -> (f64, f64) {
    let of = |name: &str| text.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let x: f64 = of("x").parse().unwrap();
    let long = text.split('>').nth(1).unwrap().chars().count() as f64 * 6.0;
    match of("text-anchor") {
        "start" => (x, x + long),
        "middle" => (x - long / 2.0, x + long / 2.0),
        _ => (x - long, x),
    }
}

#[test]
fn charts_have_a_picture_for_a_phone_that_nothing_leaves() {
    let mut many = pair();
    for i in 0..10 {
        let mut more = many.variants[i % 2].clone();
        more.name = format!("a-name-that-is-long-{i}");
        more.model.size_bytes = more.model.size_bytes.map(|bytes| bytes + 1_000_000 * i as u64);
        many.variants.push(more);
    }
    for result in [pair(), many] {
        for of in chart::charts(&[source("a.json", result)]) {
            let head = of.narrow.split('>').next().unwrap();
            assert!(head.contains("viewBox=\"0 0 372 ") && !head.contains("width="), "{head}");
            for text in of.narrow.split("<text ").skip(1).map(|rest| rest.split("</text>").next().unwrap()) {
                let (from, to) = extent(text);
                assert!(from >= -1.0 && to <= 373.0, "{}: {text}", of.id);
            }
        }
    }
    let page = html(&document(Style::Summary, &[source("pair.json", pair())]), &chart::charts(&[source("a", pair())]));
    let ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let once: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), once.len(), "{ids:?}");
}
