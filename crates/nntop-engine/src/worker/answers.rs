//! The outputs of the first inference as numbers, whatever their type.

use crate::tensor::{Data, DataType, Tensor};
use nntop_core::event::{MOST_OUTPUTS, OutputSample};

/// Larger outputs than this many values are not looked at: that would take longer than the inference.
const MOST: usize = 1 << 24;

/// The samples of the outputs that are numbers.
pub(super) fn samples(outputs: &[Tensor]) -> Vec<OutputSample> {
    outputs.iter().filter_map(sample).take(MOST_OUTPUTS).collect()
}

fn sample(tensor: &Tensor) -> Option<OutputSample> {
    let Data::Bytes(bytes) = &tensor.data else { return None };
    let values = values(tensor.dtype, bytes).filter(|v| v.len() <= MOST)?;
    Some(OutputSample::of(tensor.name.clone(), tensor.shape.to_vec(), &values))
}

/// Little-endian values; `None` for types that are not compared.
fn values(dtype: DataType, bytes: &[u8]) -> Option<Vec<f64>> {
    macro_rules! each {
        ($number:ty) => {
            bytes
                .as_chunks::<{ size_of::<$number>() }>()
                .0
                .iter()
                .map(|b| <$number>::from_le_bytes(*b) as f64)
                .collect()
        };
    }
    Some(match dtype {
        DataType::F32 => each!(f32),
        DataType::F64 => each!(f64),
        DataType::I8 => each!(i8),
        DataType::U8 | DataType::Bool => each!(u8),
        DataType::I16 => each!(i16),
        DataType::U16 => each!(u16),
        DataType::I32 => each!(i32),
        DataType::U32 => each!(u32),
        DataType::I64 => each!(i64),
        DataType::U64 => each!(u64),
        DataType::F16 => bytes.as_chunks::<2>().0.iter().map(|b| half(u16::from_le_bytes(*b))).collect(),
        DataType::BF16 => {
            let wide = |b: &[u8; 2]| f64::from(f32::from_bits(u32::from(u16::from_le_bytes(*b)) << 16));
            bytes.as_chunks::<2>().0.iter().map(wide).collect()
        }
        _ => return None,
    })
}

/// IEEE half precision: 1 bit of sign, 5 of exponent, 10 of fraction.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2.0_f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2.0_f64.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_the_numbers_they_are() {
        assert_eq!(values(DataType::F32, &1.5_f32.to_le_bytes()), Some(vec![1.5]));
        assert_eq!(values(DataType::I64, &(-7_i64).to_le_bytes()), Some(vec![-7.0]));
        assert_eq!(values(DataType::I8, &[255]), Some(vec![-1.0]));
        assert_eq!(values(DataType::BF16, &0x3fc0_u16.to_le_bytes()), Some(vec![1.5]));
        let halves = [0x3e00_u16, 0xc000, 0x0001, 0x7c00].map(u16::to_le_bytes).concat();
        assert_eq!(values(DataType::F16, &halves), Some(vec![1.5, -2.0, 2.0_f64.powi(-24), f64::INFINITY]));
        assert_eq!(values(DataType::String, &[]), None);
    }
}
