//! Values to MessagePack.

use super::{DEEPEST, Error};
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Writes a value, each number and each length in as few bytes as it takes.
pub(in crate::recording) fn to_vec<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let mut writer = Writer { out: Vec::new(), depth: 0 };
    value.serialize(&mut writer)?;
    Ok(writer.out)
}

struct Writer {
    out: Vec<u8>,
    depth: u16,
}

impl Writer {
    fn unsigned(&mut self, value: u64) {
        let bytes = value.to_be_bytes();
        match value {
            0..=0x7f => self.out.push(value as u8),
            0x80..=0xff => self.out.extend_from_slice(&[0xcc, value as u8]),
            0x100..=0xffff => self.put(0xcd, &bytes[6..]),
            0x1_0000..=0xffff_ffff => self.put(0xce, &bytes[4..]),
            _ => self.put(0xcf, &bytes),
        }
    }

    fn signed(&mut self, value: i64) {
        let bytes = value.to_be_bytes();
        match value {
            0.. => self.unsigned(value as u64),
            -0x20..0 => self.out.push(value as u8),
            -0x80..-0x20 => self.put(0xd0, &bytes[7..]),
            -0x8000..-0x80 => self.put(0xd1, &bytes[6..]),
            -0x8000_0000..-0x8000 => self.put(0xd2, &bytes[4..]),
            _ => self.put(0xd3, &bytes),
        }
    }

    fn str(&mut self, text: &str) -> Result<(), Error> {
        let n = u32::try_from(text.len()).map_err(|_| Error::new("too long a text"))?;
        match n {
            0..=31 => self.out.push(0xa0 | n as u8),
            32..=0xff => self.out.extend_from_slice(&[0xd9, n as u8]),
            0x100..=0xffff => self.put(0xda, &(n as u16).to_be_bytes()),
            _ => self.put(0xdb, &n.to_be_bytes()),
        }
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn put(&mut self, marker: u8, bytes: &[u8]) {
        self.out.push(marker);
        self.out.extend_from_slice(bytes);
    }

    /// A list or a map, whose head is put before its items at their end: how many come is not always known.
    fn begin(&mut self, kind: Head) -> Result<Items<'_>, Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::new("nested too deeply"));
        }
        let start = self.out.len();
        self.out.push(0);
        Ok(Items { writer: self, kind, start, n: 0 })
    }

    /// A variant that holds something: a map of its name to that.
    fn variant(&mut self, name: &str) -> Result<(), Error> {
        self.out.push(0x81);
        self.str(name)
    }
}

/// What a list's and what a map's head begins with: up to 15 items, up to 65 535, more.
#[derive(Clone, Copy)]
struct Head([u8; 3]);

const ARRAY: Head = Head([0x90, 0xdc, 0xdd]);
const MAP: Head = Head([0x80, 0xde, 0xdf]);

struct Items<'a> {
    writer: &'a mut Writer,
    kind: Head,
    start: usize,
    n: usize,
}

impl Items<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.n += 1;
        value.serialize(&mut *self.writer)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        self.n += 1;
        self.writer.str(name)?;
        value.serialize(&mut *self.writer)
    }

    fn finish(self) -> Result<(), Error> {
        self.writer.depth -= 1;
        let n = u32::try_from(self.n).map_err(|_| Error::new("too many items"))?;
        let [few, some, many] = self.kind.0;
        match n {
            0..=15 => self.writer.out[self.start] = few | n as u8,
            16..=0xffff => {
                let [a, b] = (n as u16).to_be_bytes();
                self.writer.out.splice(self.start..=self.start, [some, a, b]);
            }
            _ => {
                let [a, b, c, d] = n.to_be_bytes();
                self.writer.out.splice(self.start..=self.start, [many, a, b, c, d]);
            }
        }
        Ok(())
    }
}

macro_rules! items {
    ($($of:ident::$method:ident)*) => {$(
        impl $of for Items<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

items! { SerializeSeq::serialize_element SerializeTuple::serialize_element SerializeTupleStruct::serialize_field
SerializeTupleVariant::serialize_field }

macro_rules! fields {
    ($($of:ident)*) => {$(
        impl $of for Items<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

macro_rules! numbers {
    ($($method:ident($of:ty) = $as:ident;)*) => {$(
        fn $method(self, value: $of) -> Result<(), Error> {
            self.$as(value.into());
            Ok(())
        }
    )*};
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Items<'a>;
    type SerializeStruct = Items<'a>;
    type SerializeStructVariant = Items<'a>;

    numbers! {
        serialize_u8(u8) = unsigned;
        serialize_u16(u16) = unsigned;
        serialize_u32(u32) = unsigned;
        serialize_u64(u64) = unsigned;
        serialize_i8(i8) = signed;
        serialize_i16(i16) = signed;
        serialize_i32(i32) = signed;
        serialize_i64(i64) = signed;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out.push(0xc2 | u8::from(value));
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.put(0xca, &value.to_be_bytes());
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.put(0xcb, &value.to_be_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.str(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        let n = u32::try_from(value.len()).map_err(|_| Error::new("too many bytes"))?;
        match n {
            0..=0xff => self.out.extend_from_slice(&[0xc4, n as u8]),
            0x100..=0xffff => self.put(0xc5, &(n as u16).to_be_bytes()),
            _ => self.put(0xc6, &n.to_be_bytes()),
        }
        self.out.extend_from_slice(value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.push(0xc0);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.out.push(0x90);
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), Error> {
        self.str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(name)?;
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, Error> {
        self.begin(ARRAY)
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, Error> {
        self.begin(ARRAY)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Error> {
        self.begin(ARRAY)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Items<'a>, Error> {
        self.variant(name)?;
        self.begin(ARRAY)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Items<'a>, Error> {
        self.begin(MAP)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Error> {
        self.begin(MAP)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Items<'a>, Error> {
        self.variant(name)?;
        self.begin(MAP)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
