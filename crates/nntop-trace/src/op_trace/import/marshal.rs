//! Python's marshal format, as far as cProfile writes it: dictionaries and tuples of texts and numbers.
//!
//! The format is that of `Python/marshal.c`, versions 0 to 5. A value that was written before is a reference to it, and
//! stays one here, so that a small file does not become a large tree.

use std::rc::Rc;

/// Dictionaries in tuples in dictionaries: more is nobody's profile.
const DEEPEST: u32 = 16;

/// The mark of values that are referred to later.
const REFERRED: u8 = 0x80;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    None,
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    Tuple(Rc<[Value]>),
    Dict(Rc<[(Value, Value)]>),
}

/// Where it is damaged, and what should be there.
#[derive(Debug, PartialEq)]
pub(super) struct Damage(pub(super) usize, pub(super) &'static str);

/// Whether this is the begin of a dictionary with tuples for keys, or of an empty one.
pub(super) fn begins_dict(head: &[u8]) -> bool {
    matches!(head, [dict, key, ..] if dict & !REFERRED == b'{' && (matches!(key & !REFERRED, b')' | b'(') || *head == [*dict, b'0']))
}

/// What could be read of a dictionary, and why not all of it.
pub(super) fn dict(bytes: &[u8]) -> (Vec<(Value, Value)>, Option<Damage>) {
    let mut reader = Reader { bytes, at: 0, seen: Vec::new() };
    let mut entries = Vec::new();
    let damage = reader.entries_of_all(&mut entries).err();
    (entries, damage)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Values that may be referred to; absent while they are being read.
    seen: Vec<Option<Value>>,
}

impl Reader<'_> {
    fn entries_of_all(&mut self, entries: &mut Vec<(Value, Value)>) -> Result<(), Damage> {
        let kind = self.byte()?;
        if kind & !REFERRED != b'{' {
            return Err(Damage(0, "a dictionary"));
        }
        if kind & REFERRED != 0 {
            self.seen.push(None);
        }
        self.entries(entries, 1)
    }

    fn take(&mut self, n: usize) -> Result<&[u8], Damage> {
        let end = self.at.checked_add(n).filter(|end| *end <= self.bytes.len());
        let Some(end) = end else { return Err(Damage(self.bytes.len(), "the rest of a value")) };
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Damage> {
        Ok(self.take(1)?[0])
    }

    fn int(&mut self) -> Result<i32, Damage> {
        let mut four = [0; 4];
        four.copy_from_slice(self.take(4)?);
        Ok(i32::from_le_bytes(four))
    }

    fn length(&mut self) -> Result<usize, Damage> {
        let at = self.at;
        // Every element has a byte at least.
        let left = |n: &usize| *n <= self.bytes.len() - at;
        let n =
            self.bytes.get(at..at + 4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]) as usize);
        let n = n.filter(left).ok_or(Damage(at, "a length that the file can hold"))?;
        self.at += 4;
        Ok(n)
    }

    fn entries(&mut self, entries: &mut Vec<(Value, Value)>, depth: u32) -> Result<(), Damage> {
        loop {
            // An end in place of a key.
            if self.bytes.get(self.at) == Some(&b'0') {
                self.at += 1;
                return Ok(());
            }
            let key = self.value(depth)?;
            let value = self.value(depth)?;
            entries.push((key, value));
        }
    }

    fn value(&mut self, depth: u32) -> Result<Value, Damage> {
        let at = self.at;
        if depth > DEEPEST {
            return Err(Damage(at, "less nesting"));
        }
        let byte = self.byte()?;
        let place = (byte & REFERRED != 0).then(|| {
            self.seen.push(None);
            self.seen.len() - 1
        });
        let value = match byte & !REFERRED {
            b'N' | b'F' | b'T' => Value::None,
            b'i' => Value::Int(self.int()?.into()),
            b'l' => self.long()?,
            b'g' => {
                let mut eight = [0; 8];
                eight.copy_from_slice(self.take(8)?);
                Value::Float(f64::from_le_bytes(eight))
            }
            b'f' => {
                let n = self.byte()?.into();
                let text = String::from_utf8_lossy(self.take(n)?).into_owned();
                Value::Float(text.parse().map_err(|_| Damage(at, "a number"))?)
            }
            b'z' | b'Z' => {
                let n = self.byte()?.into();
                self.text(n)?
            }
            b's' | b't' | b'u' | b'a' | b'A' => {
                let n = self.length()?;
                self.text(n)?
            }
            b')' => {
                let n = self.byte()?.into();
                self.tuple(n, depth)?
            }
            b'(' => {
                let n = self.length()?;
                self.tuple(n, depth)?
            }
            b'{' => {
                let mut entries = Vec::new();
                self.entries(&mut entries, depth + 1)?;
                Value::Dict(entries.into())
            }
            b'r' => {
                let i = usize::try_from(self.int()?).ok();
                let seen = i.and_then(|i| self.seen.get(i)).cloned().flatten();
                return seen.ok_or(Damage(at, "a reference to what stands before it"));
            }
            _ => return Err(Damage(at, "a tuple, a dictionary, a text or a number")),
        };
        if let Some(place) = place {
            self.seen[place] = Some(value.clone());
        }
        Ok(value)
    }

    fn text(&mut self, n: usize) -> Result<Value, Damage> {
        Ok(Value::Text(String::from_utf8_lossy(self.take(n)?).into()))
    }

    fn tuple(&mut self, n: usize, depth: u32) -> Result<Value, Damage> {
        let mut values = Vec::new();
        for _ in 0..n {
            values.push(self.value(depth + 1)?);
        }
        Ok(Value::Tuple(values.into()))
    }

    /// An integer of more than 31 bits: digits of 15 bits each.
    fn long(&mut self) -> Result<Value, Damage> {
        let at = self.at;
        let n = self.int()?;
        let digits = self.take(usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX).saturating_mul(2))?;
        let mut value: i64 = 0;
        for (i, digit) in digits.chunks_exact(2).enumerate() {
            let digit = i64::from(u16::from_le_bytes([digit[0], digit[1]]));
            if i >= 4 || digit >= 1 << 15 {
                return Err(Damage(at, "a number of less than 60 bits"));
            }
            value |= digit << (15 * i);
        }
        Ok(Value::Int(if n < 0 { -value } else { value }))
    }
}
