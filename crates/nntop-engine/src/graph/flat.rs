//! As much of the FlatBuffers format as a reader of models needs. Every access is checked: a file may be damaged.

/// A table in a buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A vector in a buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vector<'a> {
    bytes: &'a [u8],
    /// Where its first element is.
    at: usize,
    len: usize,
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// Where an offset at `at` leads.
fn follow(bytes: &[u8], at: usize) -> Option<usize> {
    let to = at.checked_add(u32_at(bytes, at)? as usize)?;
    (to < bytes.len()).then_some(to)
}

/// The table that a file begins with.
pub(super) fn root(bytes: &[u8]) -> Option<Table<'_>> {
    Some(Table { bytes, at: follow(bytes, 0)? })
}

impl<'a> Table<'a> {
    /// Where a field is; `None` where it is left out, and so has its default.
    fn field(self, slot: u16) -> Option<usize> {
        let back = array(self.bytes, self.at).map(i32::from_le_bytes)?;
        let vtable = usize::try_from(i64::try_from(self.at).ok()? - i64::from(back)).ok()?;
        let size = array(self.bytes, vtable).map(u16::from_le_bytes)?;
        let entry = 4 + 2 * slot;
        if entry + 2 > size {
            return None;
        }
        let offset = array(self.bytes, vtable.checked_add(usize::from(entry))?).map(u16::from_le_bytes)?;
        if offset == 0 { None } else { self.at.checked_add(usize::from(offset)) }
    }

    pub(super) fn u32(self, slot: u16) -> u32 {
        self.field(slot).and_then(|at| u32_at(self.bytes, at)).unwrap_or(0)
    }

    pub(super) fn u64(self, slot: u16) -> u64 {
        self.field(slot).and_then(|at| array(self.bytes, at)).map_or(0, u64::from_le_bytes)
    }

    pub(super) fn i8(self, slot: u16) -> i8 {
        self.field(slot).and_then(|at| array(self.bytes, at)).map_or(0, i8::from_le_bytes)
    }

    pub(super) fn text(self, slot: u16) -> Option<&'a str> {
        let vector = self.vector(slot, 1)?;
        std::str::from_utf8(vector.bytes.get(vector.at..vector.at + vector.len)?).ok()
    }

    /// A vector of elements of `size` bytes; `None` where it is left out, or leads out of the file.
    pub(super) fn vector(self, slot: u16, size: usize) -> Option<Vector<'a>> {
        let at = follow(self.bytes, self.field(slot)?)?;
        let len = u32_at(self.bytes, at)? as usize;
        let first = at + 4;
        let end = first.checked_add(len.checked_mul(size)?)?;
        (end <= self.bytes.len()).then_some(Vector { bytes: self.bytes, at: first, len })
    }

    /// Whether a field is there.
    pub(super) fn has(self, slot: u16) -> bool {
        self.field(slot).is_some()
    }

    /// A vector of tables.
    pub(super) fn tables(self, slot: u16) -> Option<impl Iterator<Item = Option<Table<'a>>>> {
        let v = self.vector(slot, 4)?;
        Some((0..v.len).map(move |i| Some(Table { bytes: v.bytes, at: follow(v.bytes, v.at + 4 * i)? })))
    }

    /// The bytes of a vector of bytes; none where it is left out.
    pub(super) fn octets(self, slot: u16) -> &'a [u8] {
        self.vector(slot, 1).and_then(|v| v.bytes.get(v.at..v.at + v.len)).unwrap_or_default()
    }

    /// A table that a field leads to.
    pub(super) fn table(self, slot: u16) -> Option<Table<'a>> {
        Some(Table { bytes: self.bytes, at: follow(self.bytes, self.field(slot)?)? })
    }

    /// A vector of 64-bit numbers; empty where it is left out.
    pub(super) fn longs(self, slot: u16) -> Vec<i64> {
        let Some(v) = self.vector(slot, 8) else { return Vec::new() };
        (0..v.len).filter_map(|i| array(v.bytes, v.at + 8 * i).map(i64::from_le_bytes)).collect()
    }

    /// A vector of 32-bit numbers; empty where it is left out.
    pub(super) fn numbers(self, slot: u16) -> Vec<i32> {
        let Some(v) = self.vector(slot, 4) else { return Vec::new() };
        (0..v.len).filter_map(|i| array(v.bytes, v.at + 4 * i).map(i32::from_le_bytes)).collect()
    }
}

impl Vector<'_> {
    pub(super) fn len(self) -> usize {
        self.len
    }
}
