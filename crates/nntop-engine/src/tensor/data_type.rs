//! Element types of tensors: all that ONNX has, with the names users know from NumPy and ml_dtypes.

use serde::{Deserialize, Serialize};

macro_rules! data_types {
    ($($variant:ident = $onnx:literal, $name:literal, $bits:literal, $doc:literal;)*) => {
        /// What a tensor's elements are. Serialised by [`DataType::name`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum DataType {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)*
        }

        impl DataType {
            /// Every type, in ONNX's order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name as users know it: `float32`, `int8`, `bfloat16`, `string`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// `TensorProto.DataType` of ONNX; `None` for undefined and newer types.
            pub const fn from_onnx(number: i32) -> Option<Self> {
                match number { $($onnx => Some(Self::$variant),)* _ => None }
            }

            /// Its number in `TensorProto.DataType`.
            pub const fn onnx(self) -> i32 {
                match self { $(Self::$variant => $onnx,)* }
            }

            /// Bits that one element takes in a dense buffer; 0 for strings, which have no fixed size.
            pub const fn size_bits(self) -> u64 {
                match self { $(Self::$variant => $bits,)* }
            }
        }
    };
}

data_types! {
    F32 = 1, "float32", 32, "IEEE single precision.";
    U8 = 2, "uint8", 8, "Unsigned, 8 bits.";
    I8 = 3, "int8", 8, "Signed, 8 bits.";
    U16 = 4, "uint16", 16, "Unsigned, 16 bits.";
    I16 = 5, "int16", 16, "Signed, 16 bits.";
    I32 = 6, "int32", 32, "Signed, 32 bits.";
    I64 = 7, "int64", 64, "Signed, 64 bits.";
    String = 8, "string", 0, "Byte strings, mostly UTF-8.";
    Bool = 9, "bool", 8, "One byte, 0 or 1.";
    F16 = 10, "float16", 16, "IEEE half precision.";
    F64 = 11, "float64", 64, "IEEE double precision.";
    U32 = 12, "uint32", 32, "Unsigned, 32 bits.";
    U64 = 13, "uint64", 64, "Unsigned, 64 bits.";
    C64 = 14, "complex64", 64, "Two single-precision numbers.";
    C128 = 15, "complex128", 128, "Two double-precision numbers.";
    BF16 = 16, "bfloat16", 16, "The upper half of a single-precision number.";
    F8E4M3FN = 17, "float8_e4m3fn", 8, "8 bits, 4 of exponent, no infinities.";
    F8E4M3FNUZ = 18, "float8_e4m3fnuz", 8, "8 bits, 4 of exponent, no infinities, no negative zero.";
    F8E5M2 = 19, "float8_e5m2", 8, "8 bits, 5 of exponent.";
    F8E5M2FNUZ = 20, "float8_e5m2fnuz", 8, "8 bits, 5 of exponent, no infinities, no negative zero.";
    U4 = 21, "uint4", 4, "Unsigned, two in a byte, the first in the low half.";
    I4 = 22, "int4", 4, "Signed, two in a byte, the first in the low half.";
    F4E2M1 = 23, "float4_e2m1fn", 4, "4 bits, two in a byte.";
    F8E8M0 = 24, "float8_e8m0fnu", 8, "A power of two.";
    U2 = 25, "uint2", 2, "Unsigned, four in a byte.";
    I2 = 26, "int2", 2, "Signed, four in a byte.";
}

impl DataType {
    /// The bytes that `elements` take in a dense buffer; `None` for strings and beyond 64 bits.
    pub fn byte_len(self, elements: u64) -> Option<u64> {
        match self.size_bits() {
            0 => None,
            bits @ 1..8 => Some(elements.div_ceil(8 / bits)),
            bits => elements.checked_mul(bits / 8),
        }
    }

    /// Whether it is a floating-point type of any width.
    pub const fn is_float(self) -> bool {
        use DataType::*;
        matches!(
            self,
            F32 | F16 | F64 | BF16 | F8E4M3FN | F8E4M3FNUZ | F8E5M2 | F8E5M2FNUZ | F4E2M1 | F8E8M0 | C64 | C128
        )
    }
}

impl std::fmt::Display for DataType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_onnx_own() {
        assert_eq!(DataType::ALL.len(), 26);
        for (i, &t) in DataType::ALL.iter().enumerate() {
            assert_eq!(t.onnx(), i as i32 + 1);
            assert_eq!(DataType::from_onnx(t.onnx()), Some(t));
        }
        assert_eq!(DataType::from_onnx(0), None);
        assert_eq!(DataType::from_onnx(-1), None);
        assert_eq!(DataType::F32.to_string(), "float32");
        assert_eq!(serde_json::to_string(&DataType::BF16).unwrap(), r#""bfloat16""#);
    }

    #[test]
    fn small_types_share_bytes() {
        assert_eq!(DataType::U4.byte_len(3), Some(2));
        assert_eq!(DataType::I2.byte_len(9), Some(3));
        assert_eq!(DataType::C128.byte_len(2), Some(32));
        assert_eq!(DataType::F64.byte_len(u64::MAX), None);
        assert_eq!(DataType::String.byte_len(1), None);
    }
}
