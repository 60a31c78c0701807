//! Recordings from outside: recorded by the real program, torn by real kills, replayed.

use crate::support::{Running, nntop, run};
use crate::terminal::Terminal;
use nntop::event::{Event, Plan};
use nntop::recording::{Recording, Writer};
use nntop::state::{State, Variant};
use nntop::tui::{Theme, Ui, draw};
use nntop::unit::Nanos;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::process::Signal;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

const TWO: [&str; 2] = ["slow:synthetic:lognormal,median=3ms", "fast:synthetic:lognormal,median=1ms"];

fn bench(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = nntop();
    command.current_dir(folder.path()).arg("bench").args(TWO).args(args);
    command
}

fn replay(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = nntop();
    command.current_dir(folder.path()).arg("replay").args(args);
    command
}

fn record(folder: &TempDir, args: &[&str]) -> Command {
    let mut command = nntop();
    command.current_dir(folder.path()).arg("record").args(args);
    command
}

#[test]
fn a_replay_gives_the_result_of_the_run_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let live = run(&mut bench(&folder, &["-n", "500", "--record", "run.nntop", "--format", "json"]));
    let again = run(&mut replay(&folder, &["run.nntop", "--format", "json"]));
    assert_eq!(live.ok().stdout, again.ok().stdout);
    assert!(!live.stdout.contains("recording"), "nothing was lost: {}", live.stdout);
    let text = run(&mut replay(&folder, &["run.nntop"]));
    assert!(text.ok().stdout.contains("slow") && text.stdout.contains("fast"), "{text:?}");
    let early = run(&mut replay(&folder, &["run.nntop", "--format", "json", "--at", "1us"])).ok().json();
    assert_eq!(early["variants"].as_array().unwrap().len(), 0, "{early}");
}

#[test]
fn info_and_exports_say_what_the_recording_holds() {
    let folder = tempfile::tempdir().unwrap();
    let live = run(&mut bench(&folder, &["-n", "300", "--record", "run.nntop", "--format", "json"])).ok().json();
    let info = run(&mut record(&folder, &["info", "run.nntop", "--format", "json"])).ok().json();
    assert_eq!(info["schema"], "nntop.recording-info/1");
    assert!(info["duration_s"].as_f64().unwrap() > 0.5, "{info}");
    assert_eq!(info["notes"], Value::Array(Vec::new()));
    for (i, name) in ["slow", "fast"].iter().enumerate() {
        assert_eq!(info["variants"][i]["name"], *name);
        assert_eq!(info["variants"][i]["inferences"], live["variants"][i]["latency_ns"]["n"]);
        assert_eq!(info["variants"][i]["p50_ns"], live["variants"][i]["latency_ns"]["p50"]);
    }
    let counts = info["counts"].as_object().unwrap();
    assert_eq!(counts.values().map(|n| n.as_u64().unwrap()).sum::<u64>(), info["events"].as_u64().unwrap());
    let blocks = counts["block"].as_u64().unwrap();

    let text = run(&mut record(&folder, &["info", "run.nntop"]));
    assert!(text.ok().stdout.contains("300 inferences"), "{text:?}");
    let csv = run(&mut record(&folder, &["export", "run.nntop", "--format", "csv"]));
    assert_eq!(csv.ok().stdout.lines().count() as u64, blocks + 1);
    let json = run(&mut record(&folder, &["export", "run.nntop", "--format", "json"])).ok().json();
    assert_eq!(json["result"], live);
    assert_eq!(json["events"].as_array().unwrap().len() as u64, info["events"].as_u64().unwrap());
    let hdr = run(&mut record(&folder, &["export", "run.nntop", "--format", "hdr"]));
    let measured = csv.stdout.lines().filter(|l| l.contains(",measure,")).count();
    assert_eq!(hdr.ok().stdout.lines().filter(|l| l.starts_with("Tag=")).count(), measured, "{}", hdr.stdout);
    assert!(hdr.stdout.contains("HIST"), "V2, deflated: {}", hdr.stdout);
}

#[test]
fn a_killed_run_leaves_a_recording_that_opens_and_misses_a_second_at_most() {
    for i in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.nntop");
        let mut running =
            Running::start(&mut bench(&folder, &["-t", "60s", "--warmup", "20", "--record", "run.nntop"]));
        running.until("slow: measuring");
        // Until so many frames are there: each kill at another place.
        while std::fs::metadata(&path).map_or(0, |m| m.len()) < 3_000 + i * 1_500 {
            std::thread::yield_now();
        }
        running.signal(Signal::KILL);
        assert_eq!(running.end().signal, Some(9));
        let recording = Recording::open(&path).unwrap();
        let events: Vec<_> = recording.iter().map(|e| e.unwrap()).collect();
        assert!(events.windows(2).all(|w| w[0].seq + 1 == w[1].seq), "nothing is missing before the end");
        assert_eq!(events[0].seq, 1);
        let info = run(&mut record(&folder, &["info", "run.nntop", "--format", "json"])).ok().json();
        assert_eq!(info["events"], events.len());
        let result = run(&mut replay(&folder, &["run.nntop", "--format", "json"])).ok().json();
        assert_eq!(result["variants"][0]["status"], "interrupted", "{result}");
    }
}

#[test]
fn a_full_disk_ends_the_recording_and_not_the_run() {
    let folder = tempfile::tempdir().unwrap();
    // A limit on file sizes is what a full disk is, and needs no root: 28 kB of the 45 or more that so many inferences take, of which
    // the first second takes 12.
    let mut command = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_nntop");
    let line = format!(
        "ulimit -f 56; exec {program} bench synthetic:lognormal,median=1ms -n 4000 --record run.nntop --format json"
    );
    command.current_dir(folder.path()).args(["-c", &line]);
    let full = run(&mut command);
    let findings = full.ok().json()["findings"].to_string();
    assert!(findings.contains("recording_lost") && findings.contains("is not in the file"), "{findings}");
    assert!(full.stderr.contains("warning: recording run.nntop"), "{full:?}");
    let recording = Recording::open(&folder.path().join("run.nntop")).unwrap();
    assert!(recording.iter().all(|e| e.is_ok()) && recording.length().0 > 0);
}

#[test]
fn a_recording_that_cannot_be_begun_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    for place in ["nosuch/run.nntop", "/dev/full", "."] {
        let run = run(&mut bench(&folder, &["-n", "50", "--record", place, "--format", "json"]));
        assert!(run.ok().json()["findings"].to_string().contains("cannot be written"), "{run:?}");
        assert!(run.stderr.contains("warning: recording"), "{run:?}");
    }
}

#[test]
fn what_is_no_recording_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    file("zip", b"PK\x03\x04 and so on");
    file("empty", b"");
    let header = |text: &str| {
        let mut bytes = vec![0x50, 0x2a, 0x4d, 0x18];
        bytes.extend((text.len() as u32 + 1).to_le_bytes());
        bytes.push(b'H');
        bytes.extend(text.as_bytes());
        bytes
    };
    file("tomorrow", &header("nntop.recording 2.0\nwho knows"));
    run(&mut replay(&folder, &["zip"]))
        .failed(2, "not a recording of nntop (first bytes are \"PK")
        .hint("--record FILE");
    run(&mut replay(&folder, &["empty"])).failed(2, "empty: not a recording");
    run(&mut replay(&folder, &["nosuch"])).failed(2, "nosuch");
    run(&mut replay(&folder, &["."])).failed(2, "a recording is a file");
    run(&mut replay(&folder, &["tomorrow"]))
        .failed(2, "version 2.0 of the format")
        .hint("install the version of nntop");
    let mut newer = header("nntop.recording 1.9\n{\"nntop\":\"9.0.0\",\"colour\":\"blue\"}");
    newer.extend([0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, b'Z', 1, 2]);
    file("newer", &newer);
    let newer = run(&mut record(&folder, &["info", "newer"]));
    assert!(newer.ok().stdout.contains("newer version 1.9"), "{newer:?}");
}

/// An entry that says `raw` bytes and a frame of `content`, after a header.
fn crafted(raw: u32, events: u32, content: &[u8]) -> Vec<u8> {
    let text = "nntop.recording 1.0\n{\"nntop\":\"0.1.0\"}";
    let mut bytes = vec![0x50, 0x2a, 0x4d, 0x18];
    bytes.extend((text.len() as u32 + 1).to_le_bytes());
    bytes.push(b'H');
    bytes.extend(text.as_bytes());
    let packed = zstd::bulk::compress(content, 3).unwrap();
    bytes.extend([0x50, 0x2a, 0x4d, 0x18, 22, 0, 0, 0, b'E']);
    bytes.extend(5u64.to_le_bytes());
    bytes.extend(events.to_le_bytes());
    bytes.extend(raw.to_le_bytes());
    bytes.extend((packed.len() as u32).to_le_bytes());
    bytes.push(0);
    bytes.extend(packed);
    bytes
}

#[test]
fn hostile_recordings_end_in_an_error_and_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let line = |seq: u64| format!("{{\"t\":1,\"host\":0,\"seq\":{seq},\"kind\":\"done\"}}\n");
    let zeros = vec![b' '; 300 << 20];
    let cases = [
        ("bomb", crafted(u32::MAX, 1, &zeros), "no recording has such"),
        ("liar", crafted(1_000, 1, &zeros), "damaged"),
        ("line", crafted(60 << 20, 1, &zeros[..60 << 20]), "a line of"),
        ("order", crafted(2 * line(7).len() as u32, 2, (line(7) + &line(7)).as_bytes()), "comes after event 7"),
        ("count", crafted(line(7).len() as u32, 9, line(7).as_bytes()), "1 events where 9"),
        ("noise", crafted(4, 1, b"{]}\n"), "cannot be read"),
    ];
    for (name, content, words) in cases {
        std::fs::write(folder.path().join(name), content).unwrap();
        // Within 400 MB of address space; the dashboard alone takes a part of it.
        let mut command = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_nntop");
        command.current_dir(folder.path()).args(["-c", &format!("ulimit -v 400000; exec {program} replay {name}")]);
        run(&mut command).failed(2, words);
    }
}

/// Recorded by nntop 0.1.0: what it says must be read the same by every later version.
#[test]
fn a_recording_of_version_1_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/recordings/v1.nntop");
    let folder = tempfile::tempdir().unwrap();
    let result = run(&mut replay(&folder, &[path.to_str().unwrap(), "--format", "json"])).ok().json();
    let figures = ["n", "p50", "p99", "max"];
    for (i, expected) in
        [[150, 4_268_051, 13_396_237, 14_167_794], [150, 2_091_012, 13_103_475, 22_054_035]].iter().enumerate()
    {
        let latency = &result["variants"][i]["latency_ns"];
        assert_eq!(figures.map(|f| latency[f].as_u64().unwrap()), *expected, "{latency}");
    }
}

/// Of 1.1, with a condensed part: its figures are those of the stream that it was made from.
#[test]
fn a_condensed_recording_of_version_1_1_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/recordings/v1.1-condensed.nntop");
    let made = folder.path().join("made.nntop");
    let events: Vec<Event> = nntop_testing::TWO_SYNTHETIC.lines().map(|l| Event::from_line(l).unwrap()).collect();
    let mut writer = Writer::new(Plan::default(), 4_000, Box::new(|_| {}), Arc::default());
    writer.start(&made);
    for (i, event) in events.iter().enumerate() {
        writer.event(event);
        if i % 50 == 49 {
            writer.flush();
        }
    }
    writer.end();
    let figures = |path: &Path| {
        let recording = Recording::open(path).unwrap();
        assert!(recording.condensed_from().is_some() && recording.notes.is_empty(), "{:?}", recording.notes);
        // All of it, without the keyframe at its end.
        let mut state = State::default();
        recording.iter().for_each(|e| state.apply(&e.unwrap()));
        let of = |v: &Variant| {
            let m = &v.latency.measured;
            (m.n(), m.min(), m.max(), [0.5, 0.9, 0.99].map(|q| m.quantile(q)), v.latency.busy)
        };
        state.variants.iter().map(of).collect::<Vec<_>>()
    };
    let mut live = State::default();
    events.iter().for_each(|e| live.apply(e));
    let made = figures(&made);
    assert_eq!(figures(&stored), made);
    for (v, made) in live.variants.iter().zip(made) {
        let m = &v.latency.measured;
        assert_eq!((m.n(), m.min(), m.max(), v.latency.busy), (made.0, made.1, made.2, made.4));
        for (q, seen) in [0.5, 0.9, 0.99].into_iter().zip(made.3) {
            // So few that the run has them as they are; the file has the histogram.
            let (seen, then) = (seen.unwrap() as f64, m.quantile(q).unwrap() as f64);
            assert!((seen / then - 1.0).abs() < 1e-3, "{q}: {seen} {then}");
        }
    }
}

#[test]
fn the_screen_of_a_replay_is_the_screen_of_the_run() {
    let whole = Recording::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/recordings/v1.nntop")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.nntop");
    // A part of it begins with a keyframe: from there the way is another one.
    let (from, end) = (Nanos::from_millis(900), whole.end());
    nntop::recording::trim(&whole, from, end, &path).unwrap();
    let part = Recording::open(&path).unwrap();
    for ms in (950..end.0 / 1_000_000).step_by(170) {
        let t = Nanos::from_millis(ms);
        let mut live = State::default();
        for event in whole.iter().map(|e| e.unwrap()) {
            if live.now.max(event.t) > t {
                break;
            }
            live.apply(&event);
        }
        for size in [(80, 24), (120, 36), (200, 60)] {
            let screen = painted(&live, size);
            assert_eq!(screen, painted(&whole.state_at(t).unwrap(), size), "{ms} ms, {size:?}");
            assert_eq!(screen, painted(&part.state_at(t).unwrap(), size), "{ms} ms, {size:?}, from a keyframe");
        }
    }
}

fn painted(state: &State, (width, height): (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw(state, &Ui::default(), &Theme::default(), area, &mut buffer);
    buffer
}

fn open(folder: &Path, args: &[&str]) -> Terminal {
    Terminal::open(args, folder, 120, 36)
}

#[test]
fn the_dashboard_records_with_a_key_and_replays_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut t = open(folder.path(), &["synthetic:lognormal,median=2ms"]);
    t.shows("measuring");
    t.press("r");
    t.shows("● rec");
    t.press("m");
    t.shows("marked");
    t.press("r");
    t.shows("saved nntop-");
    t.press("w");
    t.wait_for("the recording of what was seen", |s| s.contains("saved nntop-") && !s.contains("● rec"));
    t.press("q");
    assert_eq!(t.end(), 0);
    let files = std::fs::read_dir(folder.path()).unwrap().flatten();
    let recordings: Vec<_> = files.map(|f| f.path()).filter(|p| p.extension().is_some_and(|e| e == "nntop")).collect();
    assert!(!recordings.is_empty());

    let file = recordings[0].to_str().unwrap();
    let mut t = open(folder.path(), &["replay", file, "--speed", "0.0625"]);
    t.shows("▸ replay 00:0");
    t.shows("1/16x");
    t.press(" ");
    t.shows("‖ replay");
    t.press("\u{1b}[F");
    t.wait_for("the end", |s| s.contains("space play"));
    t.press("p");
    t.shows("this is a replay");
    t.press("]");
    t.shows("1/8x");
    t.press("\u{1b}[H");
    t.shows("‖ replay 00:00");
    t.press("?");
    t.shows("one second back");
    t.press("q");
    assert_eq!(t.end(), 0);
    assert!(t.is_restored());
}
