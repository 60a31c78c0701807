//! Values as ONNX Runtime writes them, numbers in quotes included.

use nntop_core::event::TensorSig;
use std::borrow::Cow;

/// Shapes of more axes than this are nobody's.
const MOST_AXES: usize = 32;

/// A string without its quotes and escapes; anything else as it stands.
///
/// ONNX Runtime escapes nothing, so a backslash may be just that.
pub(super) fn text(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(inner) = unquoted(value) else { return Cow::Borrowed(value) };
    if memchr::memchr(b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    match serde_json::from_slice::<String>(value) {
        Ok(text) => Cow::Owned(text.into_bytes()),
        Err(_) => Cow::Borrowed(inner),
    }
}

fn unquoted(value: &[u8]) -> Option<&[u8]> {
    value.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// A count, with quotes or without.
pub(super) fn count(value: &[u8]) -> Option<u64> {
    let digits = unquoted(value).unwrap_or(value);
    if digits.is_empty() || digits.len() > 19 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0')))
}

/// A time in microseconds, whole or not, as nanoseconds.
pub(super) fn nanos(micros: &[u8]) -> Option<i64> {
    if let Some(whole) = count(micros) {
        return i64::try_from(whole).ok()?.checked_mul(1000).filter(|ns| *ns <= LATEST);
    }
    let micros: f64 = str::from_utf8(unquoted(micros).unwrap_or(micros)).ok()?.parse().ok()?;
    let ns = (micros * 1e3).round();
    (ns.abs() <= LATEST as f64).then_some(ns as i64)
}

/// A profile of more than 104 days is none; sums of its times stay far from overflowing.
const LATEST: i64 = 1 << 53;

/// What tells threads apart: their number, or their name's bytes.
pub(super) fn thread(value: &[u8]) -> u64 {
    count(value).unwrap_or_else(|| {
        // FNV-1a; it only has to differ.
        value.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
    })
}

/// `[{"float":[1,3,224,224]},{"int64":[2]}]`; absent when it is something else.
pub(super) fn shapes(value: &[u8]) -> Option<Vec<TensorSig>> {
    let list: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(value).ok()?;
    list.iter()
        .map(|tensor| {
            let (dtype, shape) = tensor.iter().next()?;
            let shape = shape.as_array().filter(|axes| axes.len() <= MOST_AXES)?;
            // An axis that is not known is -1.
            let shape = shape.iter().map(serde_json::Value::as_u64).collect::<Option<_>>()?;
            Some(TensorSig { dtype: data_type(dtype), shape })
        })
        .collect()
}

/// nntop's name of an element type of ONNX Runtime.
fn data_type(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "float" => "float32",
        "double" => "float64",
        "int4x2" => "int4",
        "uint4x2" => "uint4",
        "int2x4" => "int2",
        "uint2x4" => "uint2",
        "float8e4m3fn" => "float8_e4m3fn",
        "float8e4m3fnuz" => "float8_e4m3fnuz",
        "float8e5m2" => "float8_e5m2",
        "float8e5m2fnuz" => "float8_e5m2fnuz",
        "float4e2m1x2" => "float4_e2m1fn",
        other => other,
    }
    .to_owned()
}

/// Threads that worked on a node: the one that ran it and those of the pool that took a part of it.
///
/// Counts `"num_run"` that is not 0 in `thread_scheduling_stats`; absent where the runtime says nothing, as it does
/// with one thread.
pub(super) fn threads(stats: &[u8]) -> Option<u32> {
    if stats.first() != Some(&b'{') {
        return None;
    }
    let key = br#""num_run""#;
    let worked = memchr::memmem::find_iter(stats, key).filter(|at| {
        let rest = &stats[at + key.len()..];
        let digit = rest.iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b':' | b'"'));
        digit.is_some_and(|d| matches!(d, b'1'..=b'9'))
    });
    Some(1 + worked.count() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_quotes_and_without() {
        assert_eq!(count(br#""1048576""#), Some(1_048_576));
        assert_eq!(count(b"7"), Some(7));
        assert_eq!(count(b"-7"), None);
        assert_eq!(count(br#""""#), None);
        assert_eq!(count(b"99999999999999999999"), None);
    }

    #[test]
    fn times_are_microseconds_of_any_notation() {
        assert_eq!(nanos(b"12"), Some(12_000));
        assert_eq!(nanos(b"12.0625"), Some(12_063));
        assert_eq!(nanos(b"-3"), Some(-3_000));
        assert_eq!(nanos(b"1e3"), Some(1_000_000));
        assert_eq!(nanos(b"NaN"), None);
        assert_eq!(nanos(b"9999999999999999999"), None);
        assert_eq!(nanos(b""), None);
    }

    #[test]
    fn shapes_are_read_with_their_types() {
        let read = shapes(br#"[{"float":[1,3,64,64]},{"int64":[]}]"#).unwrap();
        assert_eq!(read.iter().map(ToString::to_string).collect::<Vec<_>>(), ["float32[1,3,64,64]", "int64[]"]);
        assert_eq!(shapes(b"[]"), Some(Vec::new()));
        assert_eq!(shapes(br#"[{"float":[-1]}]"#), None, "an unknown axis");
        assert_eq!(shapes(b""), None);
    }

    #[test]
    fn only_threads_that_ran_a_part_count() {
        let stats =
            br#"{"main_thread": {"Run": 7}, "sub_threads": {"1": {"num_run": 1, "core": 0}, "2": {"num_run": 0}}}"#;
        assert_eq!(threads(stats), Some(2));
        assert_eq!(threads(br#""""#), None);
    }

    #[test]
    fn a_backslash_that_escapes_nothing_stays() {
        assert_eq!(&*text(br#""a\u0041""#), b"aA");
        assert_eq!(&*text(br#""C:\q""#), br"C:\q");
    }
}
