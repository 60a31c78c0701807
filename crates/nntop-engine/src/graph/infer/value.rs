//! What is known of a tensor: its shape, and of small ones their values.

use crate::graph::proto::{TensorProto, ValueInfoProto};
use crate::tensor::{Data, DataType, elements};
use std::rc::Rc;

/// Tensors of more elements are no shapes.
const MOST: usize = 4_096;

/// No tensor has a longer axis, or more elements: sums and products of two sizes do not overflow.
const LONGEST: u64 = 1 << 31;
const LARGEST: u64 = 1 << 48;

/// A tensor as far as it is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Value {
    pub(crate) shape: Option<Vec<u64>>,
    /// Its elements, integers or not: shapes and scales are far from where a float stops being exact.
    pub(crate) data: Option<Rc<[f64]>>,
    pub(crate) dtype: Option<DataType>,
}

impl Value {
    /// A tensor of this shape, whose values do not matter.
    pub(crate) fn of(shape: Vec<u64>) -> Self {
        Self { shape: Some(shape), ..Self::default() }
    }

    /// Integers that are known.
    pub(crate) fn ints(shape: Vec<u64>, data: Vec<f64>) -> Self {
        Self::with(shape, data, Some(DataType::I64))
    }

    /// Values that are known, unless there are too many to be a shape.
    pub(crate) fn with(shape: Vec<u64>, data: Vec<f64>, dtype: Option<DataType>) -> Self {
        let fits = data.len() <= MOST && elements(&shape) == Some(data.len() as u64);
        Self { shape: Some(shape), data: fits.then(|| data.into()), dtype }
    }

    /// An initializer, or the value of a `Constant`.
    pub(crate) fn constant(tensor: &TensorProto) -> Self {
        let shape = tensor.shape().ok();
        let dtype = tensor.dtype().ok();
        let small = shape.as_deref().and_then(elements).is_some_and(|n| n <= MOST as u64);
        let data = if small && !tensor.is_external() { numbers(tensor).map(Into::into) } else { None };
        Self { shape, data, dtype }
    }

    /// The same, without a shape that no tensor has.
    pub(super) fn sound(self) -> Self {
        let is_sound =
            |shape: &Vec<u64>| shape.iter().all(|n| *n <= LONGEST) && elements(shape).is_some_and(|n| n <= LARGEST);
        match &self.shape {
            Some(shape) if !is_sound(shape) => Self { shape: None, data: None, dtype: self.dtype },
            _ => self,
        }
    }

    /// As integers, where all of it is known: a shape, axes, a size.
    pub(crate) fn as_ints(&self) -> Option<Vec<i64>> {
        self.data.as_ref().map(|data| data.iter().map(|x| *x as i64).collect())
    }

    /// The only element.
    pub(crate) fn scalar(&self) -> Option<f64> {
        self.data.as_ref().filter(|data| data.len() == 1).map(|data| data[0])
    }

    pub(crate) fn is_int(&self) -> bool {
        !matches!(self.dtype, None | Some(DataType::F32 | DataType::F64 | DataType::F16 | DataType::BF16))
    }

    pub(crate) fn type_name(&self) -> String {
        self.dtype.map(|dtype| dtype.name().to_owned()).unwrap_or_default()
    }
}

/// The elements of a tensor as numbers; absent for types that no shape has.
fn numbers(tensor: &TensorProto) -> Option<Vec<f64>> {
    let Ok(Data::Bytes(bytes)) = tensor.values() else { return None };
    fn each<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f64) -> Vec<f64> {
        bytes.chunks_exact(N).filter_map(|chunk| chunk.try_into().ok()).map(read).collect()
    }
    let numbers: Vec<f64> = match tensor.dtype().ok()? {
        DataType::I64 => each(&bytes, |b| i64::from_le_bytes(b) as f64),
        DataType::U64 => each(&bytes, |b| u64::from_le_bytes(b) as f64),
        DataType::I32 => each(&bytes, |b| f64::from(i32::from_le_bytes(b))),
        DataType::F32 => each(&bytes, |b| f64::from(f32::from_le_bytes(b))),
        DataType::F64 => each(&bytes, f64::from_le_bytes),
        DataType::Bool | DataType::U8 => each(&bytes, |[b]: [u8; 1]| f64::from(b)),
        _ => return None,
    };
    Some(numbers)
}

/// The shape that the file states, if it states all of it.
pub(super) fn stated(info: &ValueInfoProto) -> Option<Vec<u64>> {
    let shape = info.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
    shape.dim.iter().map(|dim| dim.dim_value.and_then(|n| u64::try_from(n).ok())).collect()
}

/// The element type that the file states.
pub(super) fn dtype(info: &ValueInfoProto) -> Option<DataType> {
    DataType::from_onnx(info.r#type.as_ref()?.tensor_type.as_ref()?.elem_type?)
}
