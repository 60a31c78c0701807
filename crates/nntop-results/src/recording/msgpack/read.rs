//! Values from MessagePack.

use super::{DEEPEST, Error};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor,
};

/// Reads a value; bytes after it are an error.
pub(in crate::recording) fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    let mut reader = Reader { rest: bytes, depth: 0 };
    let value = T::deserialize(&mut reader)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(Error::new("there is more behind the value")) }
}

/// A value, or the head of one.
#[derive(Debug, Clone, Copy)]
enum Token<'de> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Str(&'de str),
    Bin(&'de [u8]),
    Array(usize),
    Map(usize),
}

struct Reader<'de> {
    rest: &'de [u8],
    depth: u16,
}

impl<'de> Reader<'de> {
    fn take(&mut self, n: usize) -> Result<&'de [u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or_else(|| Error::new("cut short"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// A big-endian number of `n` bytes.
    fn number(&mut self, n: usize) -> Result<u64, Error> {
        Ok(self.take(n)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn len(&mut self, n: usize) -> Result<usize, Error> {
        Ok(self.number(n)? as usize)
    }

    fn str(&mut self, n: usize) -> Result<Token<'de>, Error> {
        let text = std::str::from_utf8(self.take(n)?).map_err(|_| Error::new("text that is no UTF-8"))?;
        Ok(Token::Str(text))
    }

    fn token(&mut self) -> Result<Token<'de>, Error> {
        let marker = self.number(1)? as u8;
        Ok(match marker {
            0x00..=0x7f => Token::Unsigned(marker.into()),
            0x80..=0x8f => Token::Map((marker & 0x0f).into()),
            0x90..=0x9f => Token::Array((marker & 0x0f).into()),
            0xa0..=0xbf => self.str((marker & 0x1f).into())?,
            0xc0 => Token::Nil,
            0xc2 | 0xc3 => Token::Bool(marker == 0xc3),
            0xc4..=0xc6 => {
                let n = self.len(1 << (marker - 0xc4))?;
                Token::Bin(self.take(n)?)
            }
            0xca => Token::Float(f32::from_bits(self.number(4)? as u32).into()),
            0xcb => Token::Float(f64::from_bits(self.number(8)?)),
            0xcc..=0xcf => Token::Unsigned(self.number(1 << (marker - 0xcc))?),
            0xd0 => Token::Signed((self.number(1)? as i8).into()),
            0xd1 => Token::Signed((self.number(2)? as i16).into()),
            0xd2 => Token::Signed((self.number(4)? as i32).into()),
            0xd3 => Token::Signed(self.number(8)? as i64),
            0xd9..=0xdb => {
                let n = self.len(1 << (marker - 0xd9))?;
                self.str(n)?
            }
            0xdc | 0xdd => Token::Array(self.len(2 << (marker - 0xdc))?),
            0xde | 0xdf => Token::Map(self.len(2 << (marker - 0xde))?),
            0xe0..=0xff => Token::Signed((marker as i8).into()),
            0xc1 | 0xc7..=0xc9 | 0xd4..=0xd8 => return Err(Error::new("a type that no state has")),
        })
    }

    fn array(&mut self) -> Result<Items<'_, 'de>, Error> {
        match self.token()? {
            Token::Array(left) => self.items(left),
            other => Err(unexpected(other, "a list")),
        }
    }

    fn map(&mut self) -> Result<Items<'_, 'de>, Error> {
        match self.token()? {
            Token::Map(left) => self.items(left),
            other => Err(unexpected(other, "a map")),
        }
    }

    fn items(&mut self, left: usize) -> Result<Items<'_, 'de>, Error> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(Error::new("nested too deeply")) } else { Ok(Items { reader: self, left }) }
    }

    fn text(&mut self) -> Result<&'de str, Error> {
        match self.token()? {
            Token::Str(text) => Ok(text),
            other => Err(unexpected(other, "text")),
        }
    }

    /// Whether the next value is nil, which is passed then.
    fn nil(&mut self) -> bool {
        let nil = self.rest.first() == Some(&0xc0);
        self.rest = &self.rest[usize::from(nil)..];
        nil
    }

    fn skip(&mut self) -> Result<(), Error> {
        let mut left = 1usize;
        while left > 0 {
            left -= 1;
            let more = match self.token()? {
                Token::Array(n) => n,
                Token::Map(n) => n.saturating_mul(2),
                _ => 0,
            };
            left = left.checked_add(more).ok_or_else(|| Error::new("cut short"))?;
        }
        Ok(())
    }
}

#[cold]
fn unexpected(found: Token<'_>, wanted: &str) -> Error {
    Error(format!("{found:?} where {wanted} was expected").into())
}

/// Items of a list, or keys and values of a map.
struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: usize,
}

impl Items<'_, '_> {
    fn end<T>(self, value: T) -> Result<T, Error> {
        self.reader.depth -= 1;
        if self.left == 0 { Ok(value) } else { Err(Error::new("more items than there should be")) }
    }

    /// What memory may be taken for: an item is a byte at least.
    fn hint(&self) -> usize {
        self.left.min(self.reader.rest.len())
    }

    fn next(&mut self) -> bool {
        let more = self.left > 0;
        self.left -= usize::from(more);
        more
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        if self.next() { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        if self.next() { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.hint())
    }
}

/// A variant of an enum: its name, or a map of its name to what it holds.
struct Variant<'a, 'de>(&'a mut Reader<'de>);

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        Ok((seed.deserialize(&mut *self.0)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_map(visitor)
    }
}

/// Methods that read a token of one kind and hand it over.
macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.token()? {
                Token::Unsigned(n) => visitor.visit_u64(n),
                Token::Signed(n) => visitor.visit_i64(n),
                other => Err(unexpected(other, "a whole number")),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Error;

    /// What is asked for where a value is to say itself what it is: behind tags and in flattened structs.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.token()? {
            Token::Nil => visitor.visit_unit(),
            Token::Bool(value) => visitor.visit_bool(value),
            Token::Unsigned(value) => visitor.visit_u64(value),
            Token::Signed(value) => visitor.visit_i64(value),
            Token::Float(value) => visitor.visit_f64(value),
            Token::Str(value) => visitor.visit_borrowed_str(value),
            Token::Bin(value) => visitor.visit_borrowed_bytes(value),
            Token::Array(left) => {
                let mut items = self.items(left)?;
                let value = visitor.visit_seq(&mut items)?;
                items.end(value)
            }
            Token::Map(left) => {
                let mut items = self.items(left)?;
                let value = visitor.visit_map(&mut items)?;
                items.end(value)
            }
        }
    }

    numbers! { deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.token()? {
            Token::Bool(value) => visitor.visit_bool(value),
            other => Err(unexpected(other, "a truth value")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.token()? {
            Token::Float(value) => visitor.visit_f64(value),
            other => Err(unexpected(other, "a number")),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.token()? {
            Token::Bin(value) => visitor.visit_borrowed_bytes(value),
            other => Err(unexpected(other, "bytes")),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.nil() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.nil() { visitor.visit_unit() } else { Err(Error::new("something where nothing was expected")) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.array()?.end(())?;
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut items = self.array()?;
        let value = visitor.visit_seq(&mut items)?;
        items.end(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut items = self.map()?;
        let value = visitor.visit_map(&mut items)?;
        items.end(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        // A variant that holds something is a map of one; one that holds nothing is its name alone.
        let holds = matches!(self.rest.first(), Some(0x81));
        self.rest = &self.rest[usize::from(holds)..];
        visitor.visit_enum(Variant(self))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip()?;
        visitor.visit_unit()
    }

    fn deserialize_i128<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("128 bits are not in MessagePack"))
    }

    fn deserialize_u128<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("128 bits are not in MessagePack"))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
