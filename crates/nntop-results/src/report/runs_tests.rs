//! What a list of runs says, and how a trend reads.

use super::super::layout::UNLIMITED;
use super::*;
use nntop_core::event::CustomValue;

/// A run on day `day` of `variant`, with a median of so many milliseconds.
fn entry(id: i64, day: u64, variant: &str, ms: f64) -> Entry {
    Entry {
        id,
        began_unix_ns: 1_700_000_000_000_000_000 + day * 86_400_000_000_000,
        label: (id == 1).then(|| "main".into()),
        host: "orin".into(),
        variant: variant.into(),
        model: format!("models/{variant}.onnx"),
        sha256: None,
        engine: "onnxruntime 1.31.1".into(),
        provider: "CPU".into(),
        threads: Some(2),
        batch: 1,
        scenario: "single-stream".into(),
        status: Status::Ok,
        verdict: Some(Verdict::Stable),
        p50_ns: Some(ms * 1e6),
        p99_ns: Some(ms * 2e6),
        throughput_ips: Some(1e3 / ms),
        memory_bytes: Some(5e7),
        energy_mj: None,
        custom_metrics: std::collections::BTreeMap::new(),
    }
}

#[test]
fn a_list_has_a_row_per_variant() {
    let mut noisy = entry(2, 1, "b|\u{1b}[31m", 4.0);
    (noisy.verdict, noisy.batch) = (Some(Verdict::Noisy), 8);
    insta::assert_snapshot!(runs(&[noisy, entry(2, 1, "net", 2.0), entry(1, 0, "net", 2.1)], UNLIMITED));
}

#[test]
fn a_trend_goes_from_the_oldest_to_the_newest_per_model_and_settings() {
    let mut failed = entry(5, 4, "net", 99.0);
    failed.status = Status::Failed;
    let mut other = entry(4, 3, "net", 8.0);
    other.threads = Some(4);
    let all = [failed, other, entry(3, 2, "net", 2.2), entry(2, 1, "net", 2.0), entry(1, 0, "net", 2.1)];
    insta::assert_snapshot!(trend(&all, UNLIMITED));
    assert_eq!(trend(&[], UNLIMITED), "");
}

#[test]
fn metrics_of_the_users_own_have_columns_and_a_line_in_the_trend() {
    let with = |mut entry: Entry, value: CustomValue| {
        entry.custom_metrics.insert("accuracy".into(), value);
        entry
    };
    let all = [
        with(entry(3, 2, "net", 2.2), CustomValue::new(92.5, Some("%"))),
        with(entry(2, 1, "net", 2.0), CustomValue::absent("it hangs")),
        entry(1, 0, "net", 2.1),
    ];
    let lines = |text: String, words: &str| text.lines().filter(|l| l.contains(words)).count();
    assert_eq!(
        (lines(runs(&all, UNLIMITED), "accuracy"), lines(runs(&all, UNLIMITED), "92.5 %")),
        (1, 1),
        "{}",
        runs(&all, UNLIMITED)
    );
    assert_eq!(lines(trend(&all, UNLIMITED), "accuracy"), 1, "{}", trend(&all, UNLIMITED));
    let text = runs_csv(&all).unwrap();
    let mut read = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(read.headers().unwrap().iter().next_back(), Some("accuracy (%)"));
    let cells: Vec<String> = read.records().map(|r| r.unwrap().iter().next_back().unwrap().to_owned()).collect();
    assert_eq!(cells, ["92.5", "", ""]);
}

#[test]
fn a_csv_comes_back_as_it_was() {
    let all = [entry(2, 1, "a,\"b\"\nc", 2.0), entry(1, 0, "net", 2.1)];
    let text = runs_csv(&all).unwrap();
    let back: Vec<Entry> = csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect();
    assert_eq!(back, all);
}
