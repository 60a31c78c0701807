//! Between nntop's tensors and ONNX Runtime's values.

use super::sys;
use crate::tensor::{Data, DataType, Dim, Tensor, TensorSpec};
use nntop_core::event::Fault;
use ort::session::Session;
use ort::value::{DynTensor, Outlet, TensorElementType, ValueType};

/// The tensors among a session's inputs or outputs, and the names of what is none.
pub(super) fn specs(outlets: &[Outlet]) -> (Vec<TensorSpec>, Vec<String>) {
    let (mut tensors, mut others) = (Vec::new(), Vec::new());
    for outlet in outlets {
        match outlet.dtype() {
            ValueType::Tensor { ty, shape, dimension_symbols } => {
                let dims = shape.iter().zip(dimension_symbols.iter()).map(|(&size, symbol)| {
                    match (u64::try_from(size), symbol.is_empty()) {
                        (Ok(size), _) => Dim::Fixed(size),
                        (Err(_), true) => Dim::Unknown,
                        (Err(_), false) => Dim::Named(symbol.to_string()),
                    }
                });
                match data_type(*ty) {
                    Some(dtype) => {
                        tensors.push(TensorSpec { name: outlet.name().into(), dtype, dims: dims.collect() });
                    }
                    None => others.push(format!("{} ({ty})", outlet.name())),
                }
            }
            other => others.push(format!("{} ({other})", outlet.name())),
        }
    }
    (tensors, others)
}

/// Copies a tensor into memory that ONNX Runtime owns, so that it can be bound without another copy.
pub(super) fn upload(session: &Session, tensor: &Tensor) -> Result<DynTensor, Fault> {
    let refused = |e: ort::Error| Fault::run(format!("input {}: ONNX Runtime refuses it: {e}", tensor.name));
    let shape: Vec<i64> = tensor.shape.iter().map(|&n| n as i64).collect();
    match &tensor.data {
        Data::Strings(strings) => {
            let strings: Vec<String> = strings.iter().map(|s| String::from_utf8_lossy(s).into_owned()).collect();
            let value = ort::value::Tensor::from_string_array((shape, &*strings)).map_err(refused)?;
            Ok(value.upcast())
        }
        Data::Bytes(bytes) => {
            let ty = element_type(tensor.dtype);
            let mut value = DynTensor::new(session.allocator(), ty, shape).map_err(refused)?;
            sys::fill(&mut value, bytes).map_err(|room| {
                let (name, what, has) = (&tensor.name, tensor.describe(), bytes.len());
                Fault::run(format!("input {name}: {what} takes {room} bytes, the tensor has {has}"))
            })?;
            Ok(value)
        }
    }
}

/// Copies a value out; `None` when it is no tensor.
pub(super) fn download(name: &str, value: ort::value::DynValue) -> Result<Option<Tensor>, Fault> {
    let ValueType::Tensor { ty, shape, .. } = value.dtype().clone() else { return Ok(None) };
    let Some(dtype) = data_type(ty) else { return Ok(None) };
    let failed = |e: ort::Error| Fault::run(format!("output {name}: cannot be read: {e}"));
    let shape_u: Vec<u64> = shape.iter().map(|&n| n.max(0) as u64).collect();
    let tensor = value.downcast::<ort::value::DynTensorValueType>().map_err(failed)?;
    let data = if dtype == DataType::String {
        let (_, strings) = tensor.try_extract_strings().map_err(failed)?;
        Data::Strings(strings.into_iter().map(String::into_bytes).collect())
    } else {
        Data::Bytes(sys::bytes(&tensor))
    };
    Ok(Some(Tensor { name: name.into(), dtype, shape: shape_u, data }))
}

macro_rules! element_types {
    ($($ours:ident = $theirs:ident),* $(,)?) => {
        fn data_type(ty: TensorElementType) -> Option<DataType> {
            match ty { $(TensorElementType::$theirs => Some(DataType::$ours),)* _ => None }
        }

        fn element_type(dtype: DataType) -> TensorElementType {
            match dtype { $(DataType::$ours => TensorElementType::$theirs,)* }
        }
    };
}

element_types! {
    F32 = Float32, U8 = Uint8, I8 = Int8, U16 = Uint16, I16 = Int16, I32 = Int32, I64 = Int64, String = String,
    Bool = Bool, F16 = Float16, F64 = Float64, U32 = Uint32, U64 = Uint64, C64 = Complex64, C128 = Complex128,
    BF16 = Bfloat16, F8E4M3FN = Float8E4M3FN, F8E4M3FNUZ = Float8E4M3FNUZ, F8E5M2 = Float8E5M2,
    F8E5M2FNUZ = Float8E5M2FNUZ, U4 = Uint4, I4 = Int4, F4E2M1 = Float4E2M1, F8E8M0 = Float8E8M0, U2 = Uint2,
    I2 = Int2,
}
