//! The history keeps what it is given, finds it again, and grows older with the program.

use super::*;
use crate::result::{EngineResult, VariantResult, Verdict};
use tempfile::TempDir;

const DAY: u64 = 86_400_000_000_000;

/// A run of `model` on day `day` that measured nothing but a rate.
fn run(model: &str, day: u64, label: Option<&str>) -> RunResult {
    let engine = EngineResult { name: "onnxruntime".into(), version: Some("1.31.1".into()), ..EngineResult::default() };
    let mut variant = VariantResult { name: model.into(), engine, batch_size: 1, ..VariantResult::default() };
    variant.model.path = format!("models/{model}.onnx");
    variant.throughput_ips = Some(100.0 + day as f64);
    variant.verdict = Some(Verdict::Stable);
    RunResult {
        schema: SCHEMA.into(),
        began_unix_ns: Some(day * DAY),
        label: label.map(str::to_owned),
        variants: vec![variant],
        ..RunResult::default()
    }
}

fn open(dir: &TempDir) -> History {
    History::open(&dir.path().join("deep/er").join(FILE)).unwrap()
}

fn ids(history: &History, filter: Filter) -> Vec<i64> {
    history.list(&filter).unwrap().iter().map(|e| e.id).collect()
}

#[test]
fn what_is_put_in_comes_out_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = open(&dir);
    let result = run("net", 3, Some("before"));
    let id = history.add(&result, 0).unwrap();
    assert_eq!(history.get(id).unwrap().as_ref(), Some(&result));
    assert_eq!(history.get(id + 1).unwrap(), None);
    let rows = history.list(&Filter::default()).unwrap();
    assert_eq!(rows, Entry::all(&result, id, 0));
    assert_eq!((rows[0].engine.as_str(), rows[0].verdict), ("onnxruntime 1.31.1", Some(Verdict::Stable)));
    drop(history);
    assert_eq!(History::read(&dir.path().join("deep/er").join(FILE)).unwrap().unwrap().get(id).unwrap(), Some(result));
}

#[test]
fn runs_are_found_by_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = open(&dir);
    let mut two = run("mnist", 5, None);
    two.variants.push(run("squeeze_net", 5, None).variants.remove(0));
    for result in [run("squeezenet", 1, Some("old")), run("mnist", 9, Some("new")), two] {
        history.add(&result, 0).unwrap();
    }
    // Newest first, whatever the order that they came in.
    assert_eq!(ids(&history, Filter::default()), [2, 3, 3, 1]);
    let model = |text: &str| Filter { model: Some(text.into()), ..Filter::default() };
    assert_eq!(ids(&history, model("mnist")), [2, 3]);
    assert_eq!(ids(&history, model("models/sq")), [3, 1], "the path, too");
    assert_eq!(ids(&history, model("squeeze_")), [3], "no pattern of SQL's");
    assert_eq!(ids(&history, Filter { label: Some("old".into()), ..Filter::default() }), [1]);
    assert_eq!(ids(&history, Filter { engine: Some("onnxruntime 1.3".into()), ..Filter::default() }).len(), 4);
    assert_eq!(ids(&history, Filter { engine: Some("runtime".into()), ..Filter::default() }), [0; 0]);
    assert_eq!(ids(&history, Filter { since: Some(5 * DAY), ..Filter::default() }), [2, 3, 3]);
    assert_eq!(ids(&history, Filter { before: Some(5 * DAY), ..Filter::default() }), [1]);
    assert_eq!(ids(&history, Filter { limit: Some(2), ..Filter::default() }), [2, 3, 3], "a limit counts runs");
    assert_eq!(ids(&history, Filter { limit: Some(1), ..model("squeeze") }), [3]);
    assert_eq!(ids(&history, Filter { ids: vec![1, 2], ..Filter::default() }), [2, 1]);
}

#[test]
fn runs_are_named_and_deleted_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = open(&dir);
    for day in 1..=3 {
        history.add(&run("net", day, None), 0).unwrap();
    }
    assert!(history.label(2, Some("golden")).unwrap() && !history.label(7, Some("golden")).unwrap());
    assert_eq!(history.get(2).unwrap().unwrap().label.as_deref(), Some("golden"), "in the result, too");
    assert_eq!(history.delete(&[1, 3, 9]).unwrap(), 2);
    assert_eq!(ids(&history, Filter::default()), [2]);
    let rows: i64 = history.db.query_row("SELECT count(*) FROM variants", [], |r| r.get(0)).unwrap();
    assert_eq!(rows, 1, "nothing is left behind");
    assert_eq!(history.add(&run("net", 4, None), 0).unwrap(), 4, "a number is never given again");
}

#[test]
fn a_file_goes_through_the_steps_that_it_lacks() {
    let mut db = Connection::open_in_memory().unwrap();
    migrate(&mut db, STEPS).unwrap();
    db.execute("INSERT INTO runs (began_unix_ns, host, nntop, result) VALUES (1, 'h', '0', '{}')", []).unwrap();
    let next = [STEPS, &["ALTER TABLE runs ADD COLUMN note TEXT"]].concat();
    migrate(&mut db, &next).unwrap();
    let kept: (i64, Option<String>) =
        db.query_row("SELECT began_unix_ns, note FROM runs", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    assert_eq!((kept, schema::version(&db).unwrap()), ((1, None), next.len() as i64));
    // A step that fails leaves all as it was.
    let broken = [&next[..], &["CREATE TABLE half (x); NONSENSE"]].concat();
    assert!(migrate(&mut db, &broken).is_err());
    assert_eq!(schema::version(&db).unwrap(), next.len() as i64);
    assert!(db.prepare("SELECT * FROM half").is_err());
    // And an older program keeps its hands off it.
    assert!(matches!(migrate(&mut db, STEPS), Err(MigrateError::Newer(version)) if version == next.len() as i64));
}

#[test]
fn what_is_no_history_is_said_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE);
    assert!(History::read(&path).unwrap().is_none());
    let content = "this is no database, but a text that is long enough to be taken for one".repeat(20);
    std::fs::write(&path, &content).unwrap();
    for found in [History::open(&path).map(Some), History::read(&path)] {
        let wrong = found.unwrap_err();
        assert!(
            wrong.message.contains("no history of nntop") && wrong.hint.unwrap().contains("mv "),
            "{}",
            wrong.message
        );
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
}

#[test]
fn a_full_disk_takes_nothing_and_breaks_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut history = open(&dir);
    history.add(&run("net", 1, None), 0).unwrap();
    let pages: i64 = history.db.query_row("PRAGMA page_count", [], |r| r.get(0)).unwrap();
    let _: i64 = history.db.query_row(&format!("PRAGMA max_page_count = {}", pages + 1), [], |r| r.get(0)).unwrap();
    let mut large = run("net", 2, None);
    large.variants[0].model.path = "x".repeat(100_000);
    let wrong = history.add(&large, 0).unwrap_err();
    assert!(wrong.message.contains("cannot be written"), "{}", wrong.message);
    assert_eq!(ids(&history, Filter::default()), [1]);
    let sound: String = history.db.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
    assert_eq!(sound, "ok");
}
