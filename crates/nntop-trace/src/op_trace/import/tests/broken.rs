//! Files cut short, damaged, or made to exhaust memory.

use super::*;
use proptest::prelude::*;

fn said(bytes: &[u8]) -> String {
    let error = read(bytes).unwrap_err();
    assert!(error.hint().is_some(), "{error}");
    error.to_string()
}

#[test]
fn cut_at_any_byte_it_is_an_error_or_what_could_be_read() {
    for (name, bytes) in ALL {
        let whole = parsed(bytes);
        for end in 0..bytes.len() {
            match read(&bytes[..end]) {
                Ok(titled) => {
                    let profile = titled.profile;
                    adds_up(&profile);
                    assert!(profile.rows.len() <= whole.rows.len(), "{name} cut at {end}");
                    // Lines are not missed where a file ends with one.
                    let is_whole = !name.ends_with(".json") || bytes[end..].trim_ascii().is_empty();
                    assert!(is_whole || profile.partial.is_some(), "{name} cut at {end}");
                }
                Err(error) => assert!(!error.to_string().contains('\n'), "{name} cut at {end}: {error}"),
            }
        }
    }
}

#[test]
fn what_is_cut_says_where() {
    let text = bytes("kineto.json");
    let end = text.windows(12).position(|w| w == b"aten::linear").unwrap();
    let why = parsed(&text[..end]).partial.unwrap();
    assert!(why.contains(&format!("it ends early at byte {end}, and what follows is not in it")), "{why}");
    let why = parsed(&[&bytes("trtexec.json")[..200], b"x"].concat()).partial.unwrap();
    assert!(why.contains("at byte 20"), "{why}");
    let why = parsed(&bytes("cprofile.pstats")[..200]).partial.unwrap();
    assert!(why.starts_with("it ends at byte 200 of 200, where "), "{why}");
}

#[test]
fn what_holds_nothing_is_refused_with_the_place() {
    assert_eq!(said(br#"{"traceEvents": []}"#), "a trace: no event with a duration in it, at byte 19");
    assert_eq!(said(br#"{"traceEvents": [{"#), "a trace: it ends early, at byte 18");
    assert!(said(br#"[{"count": 5}, {"averageMs": 1}]"#).contains("trtexec's profile: no layer in it, at byte "));
    assert!(said(b"layerName;execStatus;layerType\n").contains("benchmark_app's counters: no layer in it, at byte "));
    assert_eq!(said(b"{0"), "cProfile's statistics: it lacks a function with its sums, at byte 2");
    assert!(said(br#"{"duration": 1, "sample_count": 0, "root_frame": null}"#).contains("no frame with a time in it"));
}

#[test]
fn sizes_have_bounds() {
    let long =
        format!(r#"{{"traceEvents":[{{"ph":"X","name":"a","ts":0,"dur":1}},{{"name":"{}"}}]}}"#, "x".repeat(2 << 20));
    assert!(parsed(long.as_bytes()).partial.unwrap().contains("a string of more than 1 MiB"));
    let deep = format!(r#"{{"traceEvents":[{{"ph":"X","name":"a","ts":0,"dur":1}},{}"#, "[".repeat(1 << 20));
    assert!(parsed(deep.as_bytes()).partial.unwrap().contains("more nesting than any profile has"));
    // Frames a thousand deep are Python's own limit; stacks of any depth do not exhaust ours.
    let frame = r#"{"function":"f","time":1,"children":["#;
    let stack = format!(r#"{{"sample_count":1,"root_frame":{}{}}}"#, frame.repeat(5_000), "]}".repeat(5_000));
    assert_eq!(parsed(stack.as_bytes()).rows.len(), 5_000);
    let nested = (0..3_000).map(|i| format!(r#"{{"ph":"X","name":"f{i}","ts":{i},"dur":{}}}"#, 10_000 - 2 * i));
    let nested = format!(r#"{{"traceEvents":[{}]}}"#, nested.collect::<Vec<_>>().join(","));
    assert_eq!(parsed(nested.as_bytes()).rows.len(), crate::op_trace::import::DEEPEST);
    let frames = "\t1 f (x)\n".repeat(5_000);
    assert_eq!(parsed(format!("a 1 2.0: cycles:\n{frames}").as_bytes()).rows.len(), 2 + 1_023);
    let line = parsed(&[b"a 1 2.0: cycles:\n\t1 f (x)\n", &vec![b'x'; 3 << 20][..]].concat());
    assert!(line.partial.unwrap().contains("a line of more than 1 MiB at byte 26"));
}

#[test]
fn a_length_that_the_file_cannot_hold_takes_no_memory() {
    // A tuple of four thousand million values, and a text of as many bytes.
    assert!(said(b"{(\xff\xff\xff\xff").contains("it lacks a length that the file can hold, at byte 2"));
    assert!(said(b"{)\x03u\xff\xff\xff\x7f").contains("at byte 4"));
    // References to what is not there, and to what is being read.
    assert!(said(b"\xfb)\x01r\x09\x00\x00\x00").contains("at byte 3"));
    assert!(said(b"\xfb)\x01r\x00\x00\x00\x00").contains("at byte 3"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let begins: [&[u8]; 9] = [
            b"", b"{\"traceEvents\":[", b"[{\"ph\":", b"[{\"timeMs\":", b"layerName;execStatus;", b"\xfb\xa9", b"{(",
            b"===== Run Order =====\n", b"a 1 2.0: cycles:\n",
        ];
        for begin in begins {
            if let Ok(titled) = read(&[begin, &bytes].concat()[..]) {
                adds_up(&titled.profile);
            }
        }
    }

    #[test]
    fn no_damage_makes_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        for (_, bytes) in ALL {
            let mut bytes = bytes.to_vec();
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            if let Ok(titled) = read(&bytes[..]) {
                adds_up(&titled.profile);
            }
        }
    }
}
