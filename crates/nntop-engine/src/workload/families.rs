//! Values of inputs whose meaning is in their name: a mask of random bits is one that no text has.

use super::{WorkloadError, random};
use crate::tensor::{Data, DataType, Shape, Tensor, TensorSpec};

/// What is known of an input by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Which tokens count: all.
    Mask,
    /// Of which sentence a token is, whether a cache is used: the first, no.
    Zero,
    /// Where a token stands: 0, 1, 2 …
    Position,
    /// How long a sequence is: as long as there is room.
    Length,
}

impl Family {
    fn of(input: &TensorSpec) -> Option<Self> {
        let whole = matches!(input.dtype, DataType::I32 | DataType::I64 | DataType::U32 | DataType::U64);
        let name = input.name.to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        match () {
            () if has(&["attention_mask", "input_mask", "padding_mask"]) => Some(Self::Mask),
            () if has(&["token_type", "segment_id", "use_cache"]) => Some(Self::Zero),
            () if whole && has(&["position_id"]) => Some(Self::Position),
            () if whole && input.dims.len() <= 1 && has(&["length", "_len", "seq_len"]) => Some(Self::Length),
            () => None,
        }
    }
}

/// Values for the input at this place: those of its family, else [`random()`] ones.
///
/// # Errors
/// When there is no memory for them.
pub fn values(inputs: &[(TensorSpec, Shape)], place: usize, seed: u64) -> Result<Tensor, WorkloadError> {
    let (spec, shape) = &inputs[place];
    let mut tensor = random(spec, place, shape, seed)?;
    let last = shape.last().copied().unwrap_or(1).max(1);
    // The second axis of the tokens, features or samples.
    let room = inputs.iter().filter_map(|(_, shape)| shape.get(1)).max().copied().unwrap_or(1);
    let value: &dyn Fn(u64) -> u64 = match Family::of(spec) {
        Some(Family::Mask) => &|_| 1,
        Some(Family::Zero) => &|_| 0,
        Some(Family::Position) => &|at| at % last,
        Some(Family::Length) => &|_| room,
        None => return Ok(tensor),
    };
    if let Data::Bytes(bytes) = &mut tensor.data
        && let Some(element) = writer(spec.dtype)
    {
        let n = shape.iter().product::<u64>();
        bytes.clear();
        bytes.extend((0..n).flat_map(|at| element(value(at))));
    }
    Ok(tensor)
}

/// How a small whole number is written in a type; `None` for types that no such input has.
fn writer(dtype: DataType) -> Option<fn(u64) -> Vec<u8>> {
    Some(match dtype {
        DataType::Bool | DataType::U8 | DataType::I8 => |v| vec![v as u8],
        DataType::I32 | DataType::U32 => |v| (v as u32).to_le_bytes().to_vec(),
        DataType::I64 | DataType::U64 => |v| v.to_le_bytes().to_vec(),
        DataType::F32 => |v| (v as f32).to_le_bytes().to_vec(),
        DataType::F64 => |v| (v as f64).to_le_bytes().to_vec(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(all: &[(&str, DataType, &[u64])], place: usize) -> Vec<u8> {
        let dims = |shape: &[u64]| shape.iter().map(|n| crate::tensor::Dim::Fixed(*n)).collect();
        let spec = |name: &str, dtype, shape| TensorSpec { name: name.into(), dtype, dims: dims(shape) };
        let inputs: Vec<_> = all.iter().map(|(n, t, s)| (spec(n, *t, s), s.to_vec())).collect();
        match values(&inputs, place, 1).unwrap().data {
            Data::Bytes(bytes) => bytes,
            Data::Strings(_) => panic!("text"),
        }
    }

    #[test]
    fn names_say_what_values_are() {
        let ids: (&str, DataType, &[u64]) = ("input_ids", DataType::I64, &[1, 3]);
        let words = |bytes: Vec<u8>| bytes.chunks(8).map(|c| c[0]).collect::<Vec<_>>();
        let of = |name, dtype, shape: &[u64]| made(&[ids, (name, dtype, shape)], 1);
        assert_eq!(words(of("attention_mask", DataType::I64, &[1, 3])), [1, 1, 1]);
        assert_eq!(words(of("serving_default_token_type_ids:0", DataType::I64, &[1, 3])), [0, 0, 0]);
        assert_eq!(words(of("position_ids", DataType::I64, &[2, 3])), [0, 1, 2, 0, 1, 2]);
        assert_eq!(words(of("input_lengths", DataType::I64, &[1])), [3]);
        assert_eq!(of("use_cache_branch", DataType::Bool, &[1]), [0]);
        assert_eq!(of("attention_mask", DataType::F32, &[1, 2]), [0, 0, 128, 63, 0, 0, 128, 63]);
        assert_ne!(of("mask_image", DataType::U8, &[1, 8]), [1; 8], "a picture");
        assert_eq!(of("past_key_values.0.key", DataType::F32, &[1, 8, 0, 64]), [0; 0]);
    }
}
