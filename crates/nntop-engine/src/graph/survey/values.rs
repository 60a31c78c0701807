//! Zeros and denormals among the elements of a tensor, counted piece by piece.

use crate::tensor::DataType;

/// How many bytes are looked at in one piece: a multiple of every element.
pub(super) const PIECE: usize = 1 << 20;

/// What was counted in a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counted {
    pub(super) zeros: u64,
    pub(super) denormals: u64,
}

/// Whether elements of this type can be told from zero here.
pub(super) fn is_countable(dtype: DataType) -> bool {
    !matches!(dtype, DataType::String | DataType::C64 | DataType::C128 | DataType::F8E8M0)
}

/// Whether numbers of this type can be denormal.
pub(super) fn has_denormals(dtype: DataType) -> bool {
    matches!(dtype, DataType::F32 | DataType::F64 | DataType::F16 | DataType::BF16)
}

/// Counts in `bytes`, whole elements of `dtype`. `zero` is the number that stands for zero in integers; `left` is how
/// many elements there are at most: the last byte of narrow ones may hold more.
pub(super) fn count(dtype: DataType, bytes: &[u8], zero: i64, left: u64) -> Counted {
    use DataType::*;
    match dtype {
        F32 => floats::<4>(bytes, |b| u64::from(u32::from_le_bytes(b)), 31, 23),
        F64 => floats::<8>(bytes, u64::from_le_bytes, 63, 52),
        F16 => floats::<2>(bytes, |b| u64::from(u16::from_le_bytes(b)), 15, 10),
        BF16 => floats::<2>(bytes, |b| u64::from(u16::from_le_bytes(b)), 15, 7),
        // Only the sign apart from the value; those without a negative zero have another number there.
        F8E4M3FN | F8E5M2 => zeros::<1>(bytes, |[b]| b & 0x7f == 0),
        F8E4M3FNUZ | F8E5M2FNUZ => zeros::<1>(bytes, |[b]| b == 0),
        I8 => zeros::<1>(bytes, |b| i64::from(i8::from_le_bytes(b)) == zero),
        U8 | Bool => zeros::<1>(bytes, |[b]| i64::from(b) == zero),
        I16 => zeros::<2>(bytes, |b| i64::from(i16::from_le_bytes(b)) == zero),
        U16 => zeros::<2>(bytes, |b| i64::from(u16::from_le_bytes(b)) == zero),
        I32 => zeros::<4>(bytes, |b| i64::from(i32::from_le_bytes(b)) == zero),
        U32 => zeros::<4>(bytes, |b| i64::from(u32::from_le_bytes(b)) == zero),
        I64 | U64 => zeros::<8>(bytes, |b| i64::from_le_bytes(b) == zero),
        I4 | U4 | F4E2M1 | I2 | U2 => narrow(dtype, bytes, zero, left),
        String | C64 | C128 | F8E8M0 => Counted::default(),
    }
}

/// `sign` is the place of the sign bit, `fraction` the width of the fraction.
fn floats<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> u64, sign: u32, fraction: u32) -> Counted {
    let (size, exponent) = ((1u64 << sign) - 1, ((1u64 << sign) - 1) ^ ((1u64 << fraction) - 1));
    let mut found = Counted::default();
    for chunk in bytes.chunks_exact(N) {
        let Ok(chunk) = chunk.try_into() else { continue };
        let bits = read(chunk) & size;
        found.zeros += u64::from(bits == 0);
        found.denormals += u64::from(bits != 0 && bits & exponent == 0);
    }
    found
}

fn zeros<const N: usize>(bytes: &[u8], is_zero: impl Fn([u8; N]) -> bool) -> Counted {
    let chunks = bytes.chunks_exact(N).filter_map(|chunk| chunk.try_into().ok());
    Counted { zeros: chunks.map(|chunk| u64::from(is_zero(chunk))).sum(), denormals: 0 }
}

/// Several elements in a byte, the first in the low bits.
fn narrow(dtype: DataType, bytes: &[u8], zero: i64, left: u64) -> Counted {
    let bits = dtype.size_bits() as u32;
    let mask = (1u8 << bits) - 1;
    let wanted = (zero as u8) & mask;
    let each = 8 / bits;
    let is_float = dtype == DataType::F4E2M1;
    let elements = bytes.iter().flat_map(|byte| (0..each).map(move |i| byte >> (i * bits) & mask));
    let is_zero = |element: &u8| if is_float { element & 0b111 == 0 } else { *element == wanted };
    let most = usize::try_from(left).unwrap_or(usize::MAX);
    Counted { zeros: elements.take(most).filter(is_zero).count() as u64, denormals: 0 }
}
