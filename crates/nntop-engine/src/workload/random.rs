//! Made-up values: the same for the same seed, of a range that no operator chokes on.

use super::WorkloadError;
use crate::tensor::{Data, DataType, Tensor, TensorSpec, elements};
use rand::{Rng, RngExt};
use rand_pcg::Pcg64;

/// Words for string inputs: short, and of different lengths.
const WORDS: &[&str] = &["a", "the", "cat", "sat", "on", "mat", "with", "seven", "little", "birds"];

/// Values for the input at this place. The same seed, place, type and shape give the same values, whatever the input is
/// called: runtimes name inputs in their own ways. Two inputs of one model differ.
///
/// Floats are uniform in 0..1, as normalised images are. Integers of 8 bits and fewer take their whole range, as
/// quantised images do. Wider integers are 0 or 1: most are indices or token ids into a table of a size that the
/// model does not tell, and an index out of range is a crash or an error; 0 and 1 are in every vocabulary.
pub fn random(spec: &TensorSpec, place: usize, shape: &[u64], seed: u64) -> Result<Tensor, WorkloadError> {
    let too_large = || WorkloadError::too_large(&spec.name, shape);
    let n = elements(shape).and_then(|n| usize::try_from(n).ok()).ok_or_else(too_large)?;
    let mut rng = Pcg64::new(u128::from(seed), place as u128);
    let data = if spec.dtype == DataType::String {
        let mut words = Vec::new();
        words.try_reserve_exact(n).map_err(|_| too_large())?;
        words.extend((0..n).map(|_| WORDS[rng.random_range(0..WORDS.len())].as_bytes().to_vec()));
        Data::Strings(words)
    } else {
        let len = spec.dtype.byte_len(n as u64).and_then(|n| usize::try_from(n).ok()).ok_or_else(too_large)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| too_large())?;
        fill(spec.dtype, n, len, &mut bytes, &mut rng);
        Data::Bytes(bytes)
    };
    Ok(Tensor { name: spec.name.clone(), dtype: spec.dtype, shape: shape.to_vec(), data })
}

fn fill(dtype: DataType, n: usize, len: usize, out: &mut Vec<u8>, rng: &mut impl Rng) {
    use DataType::*;
    match dtype {
        F32 => out.extend((0..n).flat_map(|_| rng.random::<f32>().to_le_bytes())),
        F64 => out.extend((0..n).flat_map(|_| rng.random::<f64>().to_le_bytes())),
        C64 => out.extend((0..2 * n).flat_map(|_| rng.random::<f32>().to_le_bytes())),
        C128 => out.extend((0..2 * n).flat_map(|_| rng.random::<f64>().to_le_bytes())),
        F16 => out.extend((0..n).flat_map(|_| (small_float(rng, 10, 15) as u16).to_le_bytes())),
        BF16 => out.extend((0..n).flat_map(|_| (small_float(rng, 7, 127) as u16).to_le_bytes())),
        F8E4M3FN => out.extend((0..n).map(|_| small_float(rng, 3, 7) as u8)),
        F8E4M3FNUZ => out.extend((0..n).map(|_| small_float(rng, 3, 8) as u8)),
        F8E5M2 => out.extend((0..n).map(|_| small_float(rng, 2, 15) as u8)),
        F8E5M2FNUZ => out.extend((0..n).map(|_| small_float(rng, 2, 16) as u8)),
        // Only powers of two: a half or one.
        F8E8M0 => out.extend((0..n).map(|_| rng.random_range(126..=127u8))),
        // 0, 0.5 or 1 in each half of a byte.
        F4E2M1 => out.extend((0..len).map(|_| rng.random_range(0..3u8) | rng.random_range(0..3u8) << 4)),
        Bool => out.extend((0..n).map(|_| rng.random_range(0..=1u8))),
        U8 | I8 | U4 | I4 | U2 | I2 => out.extend((0..len).map(|_| rng.random::<u8>())),
        U16 | I16 | I32 | U32 | I64 | U64 => {
            let width = len / n.max(1);
            for _ in 0..n {
                out.push(rng.random_range(0..=1));
                out.resize(out.len() + width - 1, 0);
            }
        }
        String => {}
    }
}

/// A float in 0..1 of few bits, exact: `k / 2^(mantissa + 1)`, which has no more significant bits than fit.
fn small_float(rng: &mut impl Rng, mantissa: u32, bias: u32) -> u32 {
    let steps = 1 << (mantissa + 1);
    let value = rng.random_range(0..steps) as f32 / steps as f32;
    if value == 0.0 {
        return 0;
    }
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 23) + bias - 127, bits & 0x7f_ffff);
    exponent << mantissa | fraction >> (23 - mantissa)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(dtype: DataType, shape: &[u64], seed: u64) -> Tensor {
        random(&TensorSpec { name: "x".into(), dtype, dims: vec![] }, 0, shape, seed).unwrap()
    }

    fn bytes(tensor: &Tensor) -> &[u8] {
        match &tensor.data {
            Data::Bytes(bytes) => bytes,
            Data::Strings(_) => panic!("strings"),
        }
    }

    #[test]
    fn every_type_fills_its_shape_and_repeats() {
        for &dtype in DataType::ALL {
            let tensor = make(dtype, &[3, 5], 1);
            assert_eq!(tensor, make(dtype, &[3, 5], 1), "{dtype}");
            match &tensor.data {
                Data::Bytes(b) => assert_eq!(b.len() as u64, dtype.byte_len(15).unwrap(), "{dtype}"),
                Data::Strings(s) => assert!(s.len() == 15 && s.iter().all(|w| !w.is_empty())),
            }
            assert_eq!(make(dtype, &[2, 0], 1).elements(), 0);
            assert_ne!(tensor.data, make(dtype, &[3, 5], 2).data, "{dtype}");
        }
    }

    #[test]
    fn two_inputs_of_one_model_differ_and_names_do_not_matter() {
        let made = |name: &str, place: usize| {
            let spec = TensorSpec { name: name.into(), dtype: DataType::F32, dims: vec![] };
            random(&spec, place, &[9], 1).unwrap().data
        };
        assert_ne!(made("a", 0), made("b", 1));
        assert_eq!(made("a", 0), made("b", 0));
    }

    #[test]
    fn floats_lie_between_zero_and_one() {
        let floats = make(DataType::F32, &[1000], 7);
        let floats: Vec<f32> = bytes(&floats).chunks(4).map(|c| f32::from_le_bytes(c.try_into().unwrap())).collect();
        assert!(floats.iter().all(|f| (0.0..1.0).contains(f)));
        let mean = floats.iter().sum::<f32>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
        let brains = make(DataType::BF16, &[1000], 7);
        let wide = |c: &[u8]| f32::from_bits(u32::from(u16::from_le_bytes([c[0], c[1]])) << 16);
        assert!(bytes(&brains).chunks(2).map(wide).all(|f| (0.0..1.0).contains(&f)));
        // 1.0 in half precision is 0x3c00; everything below it, as a number without sign, is smaller.
        let halves = make(DataType::F16, &[1000], 7);
        assert!(bytes(&halves).chunks(2).all(|c| u16::from_le_bytes([c[0], c[1]]) < 0x3c00));
        // 1.0 is 0x38 in E4M3.
        assert!(bytes(&make(DataType::F8E4M3FN, &[1000], 7)).iter().all(|&b| b < 0x38));
    }

    #[test]
    fn integers_are_safe_as_indices() {
        let ids = make(DataType::I64, &[100], 3);
        let ids: Vec<i64> = bytes(&ids).chunks(8).map(|c| i64::from_le_bytes(c.try_into().unwrap())).collect();
        assert!(ids.iter().all(|i| (0..=1).contains(i)) && ids.contains(&0) && ids.contains(&1));
        assert!(bytes(&make(DataType::U8, &[1000], 3)).iter().any(|&b| b > 127));
        assert!(bytes(&make(DataType::Bool, &[1000], 3)).iter().all(|&b| b < 2));
    }

    #[test]
    fn sizes_beyond_memory_are_errors() {
        let spec = TensorSpec { name: "x".into(), dtype: DataType::F32, dims: vec![] };
        let error = random(&spec, 0, &[u64::MAX, 4], 0).unwrap_err();
        assert_eq!(error.to_string(), "input \"x\" of shape [18446744073709551615,4] does not fit into memory");
        assert!(random(&spec, 0, &[1 << 61], 0).is_err());
    }
}
