//! Element types by OpenVINO's numbers, which are not the same in all versions.

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
    pub(super) fn of(bytes_of_eight: impl Fn(u32) -> Option<usize>) -> Option<Self> {
        let first = (0..10).find(|&number| bytes_of_eight(number) == Some(64))?;
        let elements = first.checked_sub(5).map(|offset| Self { offset })?;
        // Versions before 2024.2 lack some in between.
        let is = |dtype, bytes| elements.number(dtype).is_some_and(|n| bytes_of_eight(n) == Some(bytes));
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

    #[test]
    fn the_offset_is_found_by_the_sizes_of_types() {
        // Bits per element in the order of the numbers, of today's versions and of those that begin with "undefined".
        let bits = [8, 16, 16, 32, 64, 4, 8, 16, 32, 64, 1, 2, 3, 4, 6, 8, 16, 32, 64];
        let asked = |first: usize| move |number: u32| bits.get((number as usize).checked_sub(first)?).copied();
        assert_eq!(Elements::of(asked(1)).map(|e| e.offset), Some(0));
        assert_eq!(Elements::of(asked(2)).map(|e| e.offset), Some(1));
        assert!(Elements::of(|_| Some(8)).is_none(), "no type is of 64 bits");
        let lacks_one = |number: u32| asked(1)(if number > 10 { number + 1 } else { number });
        assert!(Elements::of(lacks_one).is_none(), "versions before 2024.2");
    }
}
