//! A tensor's elements as numbers, whatever their type.

use super::{Data, DataType, Tensor};
use nntop_core::half::{bf16_value, f16_value};

impl Tensor {
    /// Its elements as numbers, in their order; `None` for types that are none.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        let Data::Bytes(bytes) = &self.data else { return None };
        macro_rules! each {
            ($number:ty) => {
                each(bytes, |b| <$number>::from_le_bytes(b) as f64)
            };
        }
        Some(match self.dtype {
            DataType::F32 => each!(f32),
            DataType::F64 => each!(f64),
            DataType::F16 => each(bytes, |b| f16_value(u16::from_le_bytes(b))),
            DataType::BF16 => each(bytes, |b| bf16_value(u16::from_le_bytes(b))),
            DataType::U8 | DataType::Bool => each!(u8),
            DataType::I8 => each!(i8),
            DataType::U16 => each!(u16),
            DataType::I16 => each!(i16),
            DataType::U32 => each!(u32),
            DataType::I32 => each!(i32),
            DataType::U64 => each!(u64),
            DataType::I64 => each!(i64),
            _ => return None,
        })
    }
}

fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    bytes.as_chunks::<N>().0.iter().map(|b| number(*b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_the_numbers_they_are() {
        let numbers = |dtype, bytes: &[u8]| {
            let data = Data::Bytes(bytes.to_vec());
            Tensor { name: String::new(), dtype, shape: Vec::new(), data }.numbers()
        };
        assert_eq!(numbers(DataType::F32, &1.5_f32.to_le_bytes()), Some(vec![1.5]));
        assert_eq!(numbers(DataType::I64, &(-7_i64).to_le_bytes()), Some(vec![-7.0]));
        assert_eq!(numbers(DataType::I8, &[255]), Some(vec![-1.0]));
        assert_eq!(numbers(DataType::BF16, &0x3fc0_u16.to_le_bytes()), Some(vec![1.5]));
        let halves = [0x3e00_u16, 0xc000, 0x0001, 0x7c00].map(u16::to_le_bytes).concat();
        assert_eq!(numbers(DataType::F16, &halves), Some(vec![1.5, -2.0, 2.0_f64.powi(-24), f64::INFINITY]));
        assert_eq!(numbers(DataType::String, &[]), None);
    }
}
