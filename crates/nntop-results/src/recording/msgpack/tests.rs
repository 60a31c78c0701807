//! What is written and read, held against `rmp_serde`.

use super::{from_slice, to_vec};
use proptest::prelude::*;
use proptest::{collection, option};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Wrapped(u64);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Choice {
    Nothing,
    One(i64),
    Two(i32, String),
    Named { a: Option<f64>, b: Vec<u32> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Empty,
    Full { n: u64, of: Vec<Choice> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Inner {
    share: f64,
    half: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Whole {
    unit: Unit,
    wrapped: Wrapped,
    signed: Vec<i64>,
    small: (u8, i8, u16, i16, char, bool),
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maybe: Option<Wrapped>,
    choices: Vec<Choice>,
    tagged: Tagged,
    map: BTreeMap<u32, BTreeMap<String, Option<bool>>>,
    #[serde(flatten)]
    inner: Inner,
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        Just(Choice::Nothing),
        any::<i64>().prop_map(Choice::One),
        (any::<i32>(), ".{0,8}").prop_map(|(n, text)| Choice::Two(n, text)),
        (
            option::of(any::<f64>().prop_filter("equal to itself", |f| !f.is_nan())),
            collection::vec(any::<u32>(), 0..20)
        )
            .prop_map(|(a, b)| Choice::Named { a, b }),
    ]
}

prop_compose! {
    fn whole()(
        wrapped in any::<u64>(),
        signed in collection::vec(any::<i64>(), 0..20),
        small in any::<(u8, i8, u16, i16, char, bool)>(),
        text in ".{0,40}",
        maybe in any::<Option<u64>>(),
        choices in collection::vec(choice(), 0..5),
        full in option::of(any::<u64>()),
        map in collection::btree_map(any::<u32>(), collection::btree_map("[a-z]{0,3}", any::<Option<bool>>(), 0..3), 0..4),
        share in -1e300..1e300f64,
        half in -1e30..1e30f32,
    ) -> Whole {
        let tagged = full.map_or(Tagged::Empty, |n| Tagged::Full { n, of: choices.clone() });
        let (wrapped, maybe, inner) = (Wrapped(wrapped), maybe.map(Wrapped), Inner { share, half });
        Whole { unit: Unit, wrapped, signed, small, text, maybe, choices, tagged, map, inner }
    }
}

proptest! {
    #[test]
    fn the_bytes_are_those_of_rmp_serde_and_come_back(value in whole()) {
        let bytes = to_vec(&value).unwrap();
        prop_assert_eq!(&bytes, &rmp_serde::to_vec_named(&value).unwrap());
        prop_assert_eq!(from_slice::<Whole>(&bytes).unwrap(), value);
    }

    #[test]
    fn what_is_cut_or_damaged_is_an_error_or_another_value_and_no_panic(
        value in whole(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let mut bytes = to_vec(&value).unwrap();
        let at = at.index(bytes.len());
        prop_assert!(from_slice::<Whole>(&bytes[..at]).is_err());
        bytes[at] = byte;
        let _ = from_slice::<Whole>(&bytes);
    }
}

#[test]
fn numbers_at_the_edges_of_their_lengths_come_back() {
    let edges = (0..64).flat_map(|bit| [(1u64 << bit) - 1, 1u64 << bit]).collect::<Vec<_>>();
    assert_eq!(to_vec(&edges).unwrap(), rmp_serde::to_vec_named(&edges).unwrap());
    assert_eq!(from_slice::<Vec<u64>>(&to_vec(&edges).unwrap()).unwrap(), edges);
    let below = edges.iter().map(|n| (*n as i64).wrapping_neg()).collect::<Vec<_>>();
    assert_eq!(to_vec(&below).unwrap(), rmp_serde::to_vec_named(&below).unwrap());
    assert_eq!(from_slice::<Vec<i64>>(&to_vec(&below).unwrap()).unwrap(), below);
    for n in [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
        let value = ("é".repeat(n / 2), vec![1u8; n]);
        assert_eq!(to_vec(&value).unwrap(), rmp_serde::to_vec_named(&value).unwrap(), "{n}");
        assert_eq!(from_slice::<(String, Vec<u8>)>(&to_vec(&value).unwrap()).unwrap(), value);
    }
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0];
    let back = from_slice::<[f64; 4]>(&to_vec(&odd).unwrap()).unwrap();
    assert_eq!(back.map(f64::to_bits), odd.map(f64::to_bits));
}

#[test]
fn fields_that_are_not_known_are_passed_over() {
    #[derive(Serialize)]
    struct Newer {
        before: Vec<(u8, BTreeMap<u8, String>)>,
        share: f64,
        half: f32,
        behind: Choice,
    }
    let before = vec![(1, BTreeMap::from([(2, "x".to_owned())]))];
    let newer = Newer { before, share: 1.5, half: 0.25, behind: Choice::Two(1, "y".into()) };
    assert_eq!(from_slice::<Inner>(&to_vec(&newer).unwrap()).unwrap(), Inner { share: 1.5, half: 0.25 });
}

#[test]
fn hostile_lengths_and_depths_are_errors() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Nested(Vec<Nested>);
    for bytes in
        [&b"\xdd\xff\xff\xff\xff"[..], b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"]
    {
        assert!(from_slice::<Vec<Vec<u8>>>(bytes).is_err() && from_slice::<serde::de::IgnoredAny>(bytes).is_err());
    }
    let deep = [[0x91; 100_000].as_slice(), &[0x90]].concat();
    assert!(from_slice::<Nested>(&deep).unwrap_err().to_string().contains("deeply"));
    assert!(from_slice::<serde::de::IgnoredAny>(&deep).is_ok(), "what is passed over takes no stack");
    assert!(from_slice::<u8>(b"\x01\x01").is_err() && from_slice::<u8>(b"\xcd\x01\x00").is_err());
    assert!(from_slice::<[u8; 1]>(b"\x92\x01\x01").is_err() && from_slice::<bool>(b"\xa0").is_err());
}
