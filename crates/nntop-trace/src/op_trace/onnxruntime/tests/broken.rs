//! Files cut short, damaged, or something else altogether.

use super::*;
use proptest::prelude::*;

fn said(text: &str) -> String {
    let error = read(text.as_bytes()).unwrap_err();
    assert!(error.hint().is_some());
    error.to_string()
}

fn partial(text: &str) -> String {
    let profile = read(text.as_bytes()).unwrap();
    adds_up(&profile);
    profile.partial.expect("it is partial")
}

#[test]
fn what_is_no_profile_is_refused_with_the_place() {
    assert_eq!(said(""), "the file is empty (0 bytes)");
    assert!(said("  {\"traceEvents\":[]}").contains("an object (\"{\") at byte 2"));
    assert!(said("\u{8}PK").contains("\"\\x08\" at byte 0"));
    assert!(said(" \n").contains("the end of the file at byte 2"));
    assert!(said("[]").contains("no operator has run in this profile (0 events)"));
    assert!(said("[1, 2]").contains("damaged at byte 1: an event or the end of the list"));
    assert!(said(&file(&[session(7, "session_initialization", 1, 2)])).contains("(1 events)"));
    assert!(said("[{\"name\": ").contains("damaged at byte 10"));
}

#[test]
fn an_error_names_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.json");
    let missing = read_file(&path).unwrap_err();
    assert!(missing.to_string().starts_with(&format!("{}: not readable: ", path.display())));
    assert!(missing.hint().unwrap().contains("check the path"));
    std::fs::write(&path, "").unwrap();
    assert!(read_file(&path).unwrap_err().to_string().ends_with("p.json: the file is empty (0 bytes)"));
}

#[test]
fn cut_at_any_byte_it_is_an_error_or_says_that_it_is_partial() {
    // One run, and one with a loop after it.
    let second = with_a_loop().into_iter().map(|event| event.replace("\"ts\" :1", "\"ts\" :3"));
    let text = file(&two_runs().drain(1..6).chain(second).collect::<Vec<_>>());
    let whole = read(text.as_bytes()).unwrap();
    let closing = text.rfind(']').unwrap();
    for end in 0..closing {
        match read(&text.as_bytes()[..end]) {
            Ok(profile) => {
                adds_up(&profile);
                assert!(profile.partial.is_some(), "cut at {end}");
                assert!(profile.inferences <= whole.inferences);
            }
            Err(error) => assert!(!error.to_string().contains('\n')),
        }
    }
    assert_eq!(read(&text.as_bytes()[..closing + 1]).unwrap(), whole);
}

#[test]
fn a_cut_file_gives_its_complete_runs() {
    let text = file(&two_runs());
    let end = text.rfind("\"ts\" :1996").unwrap();
    let profile = read(&text.as_bytes()[..end]).unwrap();
    assert_eq!((profile.inferences, profile.wall), (1, Nanos(44_000)));
    let why = profile.partial.unwrap();
    assert!(why.contains(&format!("the file ends at byte {end} within the event that begins at byte")), "{why}");
    assert!(why.contains("2 operator calls are left out"), "{why}");
}

#[test]
fn without_a_complete_run_operators_stand_by_themselves() {
    let text = format!("[\n{},\n{}", node(7, "a", 0, "Conv", 10, 30), node(7, "b", 1, "Relu", 50, 5));
    let profile = read(text.as_bytes()).unwrap();
    adds_up(&profile);
    assert_eq!((profile.inferences, profile.wall, profile.rows.len()), (0, Nanos(35_000), 2));
    assert!(profile.partial.unwrap().contains("no complete inference (model_run)"));
}

#[test]
fn an_unreadable_line_is_left_out_and_the_place_said() {
    let mut events = two_runs();
    // ONNX Runtime does not escape names.
    events.insert(3, node(7, "a\"b", 5, "Relu", 1031, 1));
    let text = file(&events);
    let why = partial(&text);
    let at = text.find("a\"b").unwrap() + 2;
    assert!(why.contains(&format!("an event is unreadable, first at byte {at}")), "{why}");
    assert_eq!(read(text.as_bytes()).unwrap().inferences, 2);
}

#[test]
fn dropped_events_are_said() {
    let mut events = two_runs();
    events.push(
        r#"{"cat" : "Session","pid" :7,"tid" :7,"dur" :0,"ts" :9,"ph" : "X","name" :"profile_truncated","args" : {"dropped_event_count" : "31","max_num_events" : "1000000"}}"#
            .into(),
    );
    assert_eq!(partial(&file(&events)), "ONNX Runtime kept 1,000,000 events and dropped 31");
}

#[test]
fn nesting_and_length_have_bounds() {
    let deep = |levels: usize| {
        format!("[{{\"x\":{}{}}},\n{}]", "[".repeat(levels), "]".repeat(levels), two_runs().join(",\n"))
    };
    assert!(partial(&deep(100_000)).contains("less nesting"));
    let long = format!("[{},{{\"x\":\"{}\"}}]", two_runs().join(","), "x".repeat(LONGEST_EVENT));
    assert!(partial(&long).contains("an event of less than 4 MiB"));
}

#[test]
fn times_of_any_size_do_not_overflow() {
    let run = session(7, "model_run", 0, 9_007_199_254_740);
    let profile = read(file(&vec![run; 3000]).as_bytes()).unwrap();
    assert_eq!(profile.inferences, 3000);
    let beyond = session(7, "model_run", 0, u64::MAX);
    assert!(said(&file(&[beyond])).contains("a duration (dur)"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes[..]);
        let _ = read(&[b"[", &bytes[..]].concat()[..]);
    }

    #[test]
    fn no_damage_makes_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = file(&[two_runs(), with_a_loop()].concat()).into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(profile) = read(&bytes[..]) {
            let own: u64 = profile.rows.iter().map(|row| row.self_time.0).sum();
            prop_assert!(own + profile.gap.0 >= profile.wall.0);
            for (i, row) in profile.rows.iter().enumerate() {
                prop_assert!(row.parent.is_none_or(|parent| (parent as usize) < i), "parents come first");
                prop_assert!(row.self_time <= row.total);
            }
        }
    }
}
