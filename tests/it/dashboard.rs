//! The real dashboard in a pseudo-terminal: it opens on the demo, keys are pressed, things die, it is quit.

use crate::support::runtime;
use crate::terminal::Terminal;
use rustix::process::{Pid, Signal, kill_process};

fn open(args: &[&str], columns: u16, rows: u16) -> (Terminal, tempfile::TempDir) {
    runtime();
    let folder = tempfile::tempdir().unwrap();
    (Terminal::open(args, folder.path(), columns, rows), folder)
}

#[test]
fn the_demo_opens_obeys_its_keys_and_quits() {
    let (mut t, folder) = open(&["demo", "-o", "result.json"], 120, 36);
    let words = [
        "nntop",
        "fp32",
        "int8",
        "p50",
        "p99",
        "inf/s",
        "onnxruntime",
        "CPU",
        "mem",
        "measuring",
        "95 %",
        "space pause",
    ];
    t.wait_for("both models measuring", |s| words.iter().all(|w| s.contains(w)));

    t.press("?");
    t.shows("restart");
    t.press("?");
    t.wait_for("help closed", |s| !s.contains("? closes"));
    t.press("5");
    t.wait_for("the log page", |s| s.contains("[5 Log]"));
    t.press("2");
    t.wait_for("the operators of both", |s| ["[2 Ops]", "in both", "flame"].iter().all(|w| s.contains(w)));
    t.press("b");
    t.shows("▸type");
    t.press("v");
    t.wait_for("the operators of one", |s| s.contains("self of"));
    // The page's name in the header, as a terminal says that it was clicked.
    let at = t
        .text()
        .lines()
        .next()
        .and_then(|l| l.find("1 Live").map(|i| l[..i].chars().count()))
        .expect("pages in the header");
    t.press(&format!("\u{1b}[<0;{};1M", at + 2));
    t.wait_for("the live page", |s| s.contains("[1 Live]"));
    t.press(" ");
    t.shows("paused");
    t.press(" ");
    t.shows("measuring");
    t.press("z");
    t.shows("frozen");
    t.press("z");
    t.press("s");
    t.shows(".svg");
    let svg =
        std::fs::read_dir(folder.path()).unwrap().flatten().find(|f| f.path().extension().is_some_and(|e| e == "svg"));
    let svg = std::fs::read_to_string(svg.expect("a screenshot in the folder").path()).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("int8"));

    // Both are profiled after their warm-up: their flame graph is the difference.
    t.press("f");
    t.shows("saved nntop-flame-");
    let is_flame = |name: &std::ffi::OsStr| name.to_string_lossy().contains("-flame-");
    let flame = std::fs::read_dir(folder.path()).unwrap().flatten().find(|f| is_flame(&f.file_name()));
    let flame = std::fs::read_to_string(flame.expect("a flame graph in the folder").path()).unwrap();
    assert!(flame.contains("int8 against fp32") && flame.contains("Conv"), "{flame:.300}");

    t.press("q");
    assert_eq!(t.end(), 0);
    assert!(t.is_restored());
    let result: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("result.json")).unwrap()).unwrap();
    assert!(result["variants"][1]["latency_ns"]["n"].as_u64().unwrap() > 0);
}

#[test]
fn it_fits_every_size_people_use() {
    for (columns, rows) in [(60, 16), (80, 24), (200, 60)] {
        let (mut t, _folder) = open(&["demo"], columns, rows);
        t.wait_for("the second model's figures", |s| s.contains("95 %"));
        t.press("q");
        assert_eq!(t.end(), 0);
    }
}

#[test]
fn a_dead_worker_shows_in_its_pane_and_can_be_restarted() {
    let args = ["slow:synthetic:constant,median=4ms", "fast:synthetic:constant,median=1ms"];
    let (mut t, _folder) = open(&args, 120, 36);
    t.shows("95 %");
    let victim = crate::processes::workers_of(Pid::from_raw(t.pid() as i32).unwrap())[0].pid;
    kill_process(victim, Signal::KILL).unwrap();
    t.wait_for("the failure", |s| s.contains("failed") && s.contains("SIGKILL"));
    t.press("a");
    t.press("R");
    t.wait_for("both to measure again", |s| s.contains("95 %") && !s.contains("SIGKILL"));
    t.press("q");
    assert_eq!(t.end(), 0);
    assert!(t.is_restored());
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let (mut t, _folder) = open(&["synthetic:constant,median=2ms"], 80, 24);
    t.shows("measuring");
    kill_process(Pid::from_raw(t.pid() as i32).unwrap(), Signal::TERM).unwrap();
    assert_ne!(t.end(), 0);
    assert!(t.is_restored());
}

#[test]
fn the_mouse_is_left_to_the_terminal_where_that_is_wanted() {
    let captures = |t: &Terminal| t.written.windows(8).any(|w| w == b"\x1b[?1000h");
    for (option, captured) in [(None, true), (Some("--no-mouse"), false)] {
        let args: Vec<&str> = ["synthetic:constant,median=2ms"].into_iter().chain(option).collect();
        let (mut t, _folder) = open(&args, 80, 24);
        t.shows("measuring");
        assert_eq!(captures(&t), captured);
        t.press("q");
        assert_eq!(t.end(), 0);
        assert!(t.is_restored());
    }
}

#[test]
fn a_terminal_too_small_to_draw_in_is_said_at_once() {
    let (mut t, _folder) = open(&["demo"], 40, 10);
    assert_eq!(t.end(), 2);
    let said = t.text().replace('\n', "");
    assert!(said.contains("40x10") && said.contains("60x16"), "{said}");
    assert!(t.is_restored());
}

#[test]
fn a_model_that_cannot_be_read_opens_no_dashboard() {
    let (mut t, _folder) = open(&["nosuch.onnx"], 80, 24);
    assert_eq!(t.end(), 2);
    assert!(t.text().contains("error: nosuch.onnx"), "{}", t.text());
    assert!(!t.written.windows(6).any(|w| w == b"[?1049"), "the screen was not taken");
}

#[test]
fn a_headless_run_shows_how_far_it_is() {
    let (mut t, _folder) = open(&["bench", "synthetic:constant,median=2ms", "-t", "2s"], 100, 24);
    t.shows("measuring, p50 ");
    t.shows("s left");
    assert_eq!(t.end(), 0);
    let screen = t.text();
    assert!(screen.contains("inf/s") && !screen.contains("left"), "the line goes, the table stays:\n{screen}");
}

#[test]
fn a_dashboard_that_ends_with_a_missed_target_ends_with_3() {
    for (target, code) in [("p50<1ms", 3), ("p50<1000s", 0)] {
        let (mut t, _folder) = open(&["net:synthetic:constant,median=2ms", "--target", target, "-n", "50"], 120, 36);
        t.wait_for("its end", |s| s.contains("done") && s.contains(target));
        t.press("q");
        assert_eq!(t.end(), code, "{}", t.text());
        assert!(t.is_restored());
        assert_eq!(t.text().contains("net: p50<1ms missed with "), code == 3, "{}", t.text());
    }
}

#[test]
fn the_header_shows_how_far_the_interval_has_come() {
    let (mut t, _folder) = open(&["net:synthetic:constant,median=200us", "--until-ci", "25%"], 120, 36);
    t.wait_for("a width", |s| s.contains(" of ±25 %") && !s.contains("±? of"));
    t.shows("done");
    t.press("q");
    assert_eq!(t.end(), 0);
}
