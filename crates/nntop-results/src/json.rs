//! JSON, written and read in one way each. Every further way (another format, reader or kind of value) would be compiled
//! again for each of the two hundred types of a result.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Serializer;
use serde_json::ser::{Formatter, PrettyFormatter};
use std::io::{self, Write};

/// Pretty, with a newline at the end. A list of numbers is one line: a series of hundreds of points is not hundreds of lines.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, Lists::default());
    // Results have string keys and are written to memory: nothing of it can fail.
    value.serialize(&mut serializer).expect("a result holds nothing that JSON cannot");
    out.push(b'\n');
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// In one line, without blanks.
pub(crate) fn compact(value: &impl Serialize) -> String {
    squeezed(pretty(value))
}

/// JSON without what stands between its values.
fn squeezed(mut json: String) -> String {
    let (mut inside, mut escaped) = (false, false);
    json.retain(|c| {
        let kept = inside || !c.is_ascii_whitespace();
        inside ^= c == '"' && !escaped;
        escaped = inside && c == '\\' && !escaped;
        kept
    });
    json
}

/// Reads a value.
///
/// # Errors
/// When it is no JSON, or lacks what the value needs.
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> serde_json::Result<T> {
    serde_json::from_str(json).and_then(serde_json::from_value::<T>)
}

/// serde_json's pretty format, but that nothing is written before a list's element until it is known what that is.
#[derive(Default)]
struct Lists<'a> {
    pretty: PrettyFormatter<'a>,
    /// An element begins: whether it is the list's first.
    begins: Option<bool>,
    /// For every open list whether it holds plain values.
    plain: Vec<bool>,
}

impl Lists<'_> {
    fn plain<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        let Some(first) = self.begins.take() else { return Ok(()) };
        self.plain.last_mut().into_iter().for_each(|plain| *plain = true);
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn nested<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begins.take().map_or(Ok(()), |first| self.pretty.begin_array_value(out, first))
    }
}

macro_rules! plain_values {
    ($($name:ident: $type:ty,)*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, out: &mut W, value: $type) -> io::Result<()> {
            self.plain(out)?;
            self.pretty.$name(out, value)
        }
    )*};
}

impl Formatter for Lists<'_> {
    fn write_null<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.plain(out)?;
        out.write_all(b"null")
    }

    plain_values! {
        write_bool: bool, write_i8: i8, write_i16: i16, write_i32: i32, write_i64: i64, write_i128: i128, write_u8: u8,
        write_u16: u16, write_u32: u32, write_u64: u64, write_u128: u128, write_f32: f32, write_f64: f64,
    }

    fn begin_string<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.nested(out)?;
        self.pretty.begin_string(out)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.nested(out)?;
        self.plain.push(false);
        self.pretty.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        if self.plain.pop() == Some(true) {
            // The pretty format would break the line before the bracket; without elements it does not.
            let mut nothing = io::sink();
            self.pretty.end_array(&mut nothing)?;
            return out.write_all(b"]");
        }
        self.pretty.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        self.begins = Some(first);
        Ok(())
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.nested(out)?;
        self.pretty.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json as value};

    #[test]
    fn lists_of_numbers_are_one_line_and_all_else_is_as_serde_json_has_it() {
        let of = value!({"a": [1, 2.5, -3, null], "b": [], "h": [true, false], "c": {"d": ["x", "y"], "e": [[1, 2], [3]], "f": {}}, "g": true});
        let text = pretty(&of);
        assert!(text.contains("\"a\": [1, 2.5, -3, null],\n"), "{text}");
        assert!(text.contains("[1, 2],\n") && text.contains("    \"d\": [\n      \"x\",\n"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), of);
        let plain = value!({"a": {"b": "c", "d": [{"e": 1}, {"f": []}]}});
        assert_eq!(pretty(&plain), serde_json::to_string_pretty(&plain).unwrap() + "\n");
    }

    #[test]
    fn one_line_is_what_serde_json_writes() {
        let of = value!({"a b": ["x \" y\\", "\\\\ \"", " \n\t", 1.5, {"": [" "]}], "é 日": {"\\": " : , "}, "n": []});
        assert_eq!(compact(&of), serde_json::to_string(&of).unwrap());
        assert_eq!(read::<Value>(&compact(&of)).unwrap(), of);
    }
}
