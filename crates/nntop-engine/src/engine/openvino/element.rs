//! Element types by OpenVINO's numbers, which are not the same in all versions.

use super::api::{Api, CShape, Handle};
use crate::tensor::DataType;

/// Up to 2025 the enumeration began with an "undefined" type; later ones are smaller by one from there on. What was added
/// since stands among the rest, so that it is told by how many bits an element has.
///
/// In order of today's numbers from 1 on. `None` is a type that nntop does not have.
const ORDER: [Option<DataType>; 25] = {
    use DataType::*;
    [
        Some(Bool),
        Some(BF16),
        Some(F16),
        Some(F32),
        Some(F64),
        Some(I4),
        Some(I8),
        Some(I16),
        Some(I32),
        Some(I64),
        None,
        Some(U2),
        None,
        Some(U4),
        None,
        Some(U8),
        Some(U16),
        Some(U32),
        Some(U64),
        None,
        Some(F8E4M3FN),
        Some(F8E5M2),
        Some(String),
        Some(F4E2M1),
        Some(F8E8M0),
    ]
};

/// The numbers of one library.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements {
    offset: u32,
}

impl Elements {
    /// Asks the library: eight elements of 64 bits are 64 bytes, and the first type of such a size is float64.
    pub(super) fn of(api: &Api) -> Option<Self> {
        let first = (0..10).find(|&number| bytes_of_eight(api, number) == Some(64))?;
        let elements = first.checked_sub(5).map(|offset| Self { offset })?;
        // Versions before 2024.2 lack some in between.
        let is = |dtype, bytes| elements.number(dtype).is_some_and(|n| bytes_of_eight(api, n) == Some(bytes));
        (is(DataType::I64, 64) && is(DataType::U8, 8) && is(DataType::U16, 16) && is(DataType::U64, 64))
            .then_some(elements)
    }

    /// The type of a number.
    pub(super) fn data_type(self, number: u32) -> Option<DataType> {
        let place = number.checked_sub(self.offset + 1)? as usize;
        *ORDER.get(place)?
    }

    /// The number of a type.
    pub(super) fn number(self, dtype: DataType) -> Option<u32> {
        let place = ORDER.iter().position(|t| *t == Some(dtype))?;
        Some(place as u32 + self.offset + 1)
    }
}

fn bytes_of_eight(api: &Api, number: u32) -> Option<usize> {
    let mut dims = [8i64];
    let (mut tensor, mut bytes): (Handle, usize) = (std::ptr::null_mut(), 0);
    // SAFETY: the shape is copied; the tensor is released where there is one. A number that is no type is an error code.
    unsafe {
        if (api.ov_tensor_create)(number, CShape { rank: 1, dims: dims.as_mut_ptr() }, &raw mut tensor) != 0 {
            return None;
        }
        let status = (api.ov_tensor_get_byte_size)(tensor, &raw mut bytes);
        (api.ov_tensor_free)(tensor);
        (status == 0).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_version() {
        let (today, older) = (Elements { offset: 0 }, Elements { offset: 1 });
        assert_eq!((today.data_type(4), older.data_type(5)), (Some(DataType::F32), Some(DataType::F32)));
        assert_eq!((today.data_type(0), older.data_type(1), today.data_type(99)), (None, None, None));
        assert_eq!((today.number(DataType::U8), older.number(DataType::U8)), (Some(16), Some(17)));
        assert_eq!(today.number(DataType::C64), None);
    }
}
