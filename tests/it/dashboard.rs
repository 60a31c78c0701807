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
    // What was measured stays in the shell's window, with its number in the history.
    let left = t.text();
    let rows = |name: &str| left.lines().any(|l| l.trim_start().starts_with(name) && l.split_whitespace().count() > 6);
    assert!(rows("variant") && rows("fp32") && rows("int8") && left.contains("95 %"), "{left}");
    let number = left.split("nntop runs show ").nth(1).and_then(|n| n.split_whitespace().next()).expect("a number");
    assert!(left.contains(&format!("run {number} in the history")) && number.parse::<u64>().is_ok(), "{left}");
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
fn a_terminal_too_small_to_draw_in_is_waited_for() {
    let (mut t, _folder) = open(&["synthetic:constant,median=2ms"], 40, 10);
    t.wait_for("how large it is and has to be", |s| {
        let said = s.replace('\n', " ");
        said.contains("40x10") && said.contains("60x16")
    });
    t.resize(80, 24);
    t.shows("measuring");
    t.press("q");
    assert_eq!(t.end(), 0);
    assert!(t.is_restored());
}

#[test]
fn the_terminal_is_asked_for_its_background_and_the_answer_is_no_keys() {
    let (mut t, _folder) = open(&["synthetic:constant,median=2ms"], 80, 24);
    t.shows("measuring");
    let asked = t.written.windows(6).any(|w| w == b"\x1b]11;?");
    assert!(asked, "it asks");
    // The answer of a light terminal, in pieces; its digits would be pages, its slashes a search.
    t.press("\x1b]11;rgb:ffff/");
    t.press("ffff/ffff\x07");
    t.press("5");
    t.shows("[5Log]");
    t.press("1");
    t.shows("[1Live]");
    // 256 colours: what keys are about is 37 on dark and 24 on light.
    let last = t.written.windows(4).rposition(|w| w == b"5;24");
    let dark = t.written.windows(4).rposition(|w| w == b"5;37");
    assert!(last > dark, "light colours after the answer: {last:?} {dark:?}");
    t.press("q");
    assert_eq!(t.end(), 0);

    let (mut t, _folder) = open(&["synthetic:constant,median=2ms", "--theme", "light"], 80, 24);
    t.shows("measuring");
    let has = |what: &[u8]| t.written.windows(what.len()).any(|w| w == what);
    assert!(has(b"5;24") && !has(b"5;37") && !has(b"\x1b]11;?"), "it need not ask");
    t.press("q");
    assert_eq!(t.end(), 0);
}

/// The row of the table in which the keys are.
fn focused(screen: &str) -> Option<String> {
    let row = screen.lines().skip(1).find(|l| l.trim_start().starts_with('▸'))?;
    row.split_whitespace().nth(1).map(String::from)
}

#[test]
fn keys_whose_bytes_come_in_pieces_neither_quit_nor_misfire() {
    let models = ["synthetic:constant,median=2ms", "synthetic:constant,median=3ms", "synthetic:constant,median=4ms"];
    let (mut t, _folder) = open(&models, 120, 36);
    t.wait_for("three rows", |s| s.contains("measuring") && focused(s).as_deref() == Some("A"));
    // Alone it closes what is open, and says how to quit where nothing is.
    t.press("?");
    t.shows("? closes");
    t.press("\x1b");
    t.wait_for("help closed", |s| !s.contains("? closes"));
    t.press("\x1b");
    t.shows("q quits");
    // Right: its first byte, a new size, which is read after that byte, and the rest.
    for (wide, row) in [(118, "B"), (120, "C")] {
        t.press("\x1b");
        t.resize(wide, 36);
        t.wait_for("the new size", |s| s.lines().next().is_some_and(|l| l.ends_with("5 Log ")) || s.contains("5 Log"));
        t.press("[C");
        t.wait_for("the next row", |s| focused(s).as_deref() == Some(row));
    }
    // A click whose digits would be keys of other pages.
    t.press("\x1b");
    t.press("[<0;");
    t.press("5;20M");
    t.press("\x1b");
    t.press("[D");
    t.wait_for("the row before", |s| focused(s).as_deref() == Some("B"));
    assert!(t.text().contains("[1 Live]"), "{}", t.text());
    t.press("q");
    assert_eq!(t.end(), 0);
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
