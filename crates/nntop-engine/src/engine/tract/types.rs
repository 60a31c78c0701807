//! Element types that tract and nntop both have.

use crate::tensor::DataType;
use tract_onnx::prelude::DatumType;

macro_rules! types {
    ($($ours:ident),*) => {
        /// tract's name for a type that both have.
        pub(super) fn datum_type(dtype: DataType) -> Option<DatumType> {
            match dtype { $(DataType::$ours => Some(DatumType::$ours),)* _ => None }
        }

        /// Our name for one of tract's types.
        pub(super) fn data_type(dtype: DatumType) -> Option<DataType> {
            match dtype { $(DatumType::$ours => Some(DataType::$ours),)* _ => None }
        }
    };
}

types!(F32, F64, F16, I8, I16, I32, I64, U8, U16, U32, U64, Bool);
