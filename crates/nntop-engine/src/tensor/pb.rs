//! ONNX's own tensor message, as `.pb` test vectors and as a model's weights.

use super::{Data, DataType, Tensor, TensorError, elements};
use bytes::Bytes;
use std::path::Path;

/// `onnx.TensorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TensorProto {
    #[prost(int64, repeated, tag = "1")]
    pub(crate) dims: Vec<i64>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) data_type: Option<i32>,
    #[prost(float, repeated, tag = "4")]
    pub(crate) float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub(crate) int32_data: Vec<i32>,
    #[prost(bytes = "bytes", repeated, tag = "6")]
    pub(crate) string_data: Vec<Bytes>,
    #[prost(int64, repeated, tag = "7")]
    pub(crate) int64_data: Vec<i64>,
    #[prost(string, optional, tag = "8")]
    pub(crate) name: Option<String>,
    #[prost(bytes = "bytes", optional, tag = "9")]
    pub(crate) raw_data: Option<Bytes>,
    #[prost(double, repeated, tag = "10")]
    pub(crate) double_data: Vec<f64>,
    #[prost(uint64, repeated, tag = "11")]
    pub(crate) uint64_data: Vec<u64>,
    #[prost(message, repeated, tag = "13")]
    pub(crate) external_data: Vec<StringStringEntryProto>,
    #[prost(int32, optional, tag = "14")]
    pub(crate) data_location: Option<i32>,
}

/// `onnx.StringStringEntryProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StringStringEntryProto {
    #[prost(string, optional, tag = "1")]
    pub(crate) key: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) value: Option<String>,
}

impl TensorProto {
    /// Whether the values lie in another file.
    pub(crate) fn is_external(&self) -> bool {
        self.data_location == Some(1)
    }

    /// The element type; an error in words when there is none.
    pub(crate) fn dtype(&self) -> Result<DataType, String> {
        let number = self.data_type.unwrap_or_default();
        DataType::from_onnx(number).ok_or_else(|| format!("its element type {number} is unknown"))
    }

    /// The shape; an error in words when an axis is negative or the product overflows.
    pub(crate) fn shape(&self) -> Result<Vec<u64>, String> {
        let shape: Option<Vec<u64>> = self.dims.iter().map(|&d| u64::try_from(d).ok()).collect();
        let shape = shape.ok_or_else(|| format!("its shape [{}] has a negative axis", super::join(&self.dims)))?;
        elements(&shape).ok_or_else(|| format!("its shape [{}] is too large", super::join(&shape)))?;
        Ok(shape)
    }

    /// The values, as bytes that hold (the payload may be any of the typed fields) or strings.
    /// An error in words when they do not fit type and shape.
    pub(crate) fn values(&self) -> Result<Data, String> {
        self.check()?;
        if self.dtype()? == DataType::String {
            return Ok(Data::Strings(self.string_data.iter().map(|s| s.to_vec()).collect()));
        }
        Ok(Data::Bytes(match &self.raw_data {
            Some(raw) => raw.to_vec(),
            None => self.typed()?,
        }))
    }

    /// Whether the payload has the size that type and shape need, without copying it.
    pub(crate) fn check(&self) -> Result<(), String> {
        let (dtype, shape) = (self.dtype()?, self.shape()?);
        let n = elements(&shape).unwrap_or(u64::MAX);
        let (have, need, what) = match (dtype, &self.raw_data) {
            (DataType::String, _) => (self.string_data.len() as u64, n, "strings"),
            (_, Some(raw)) => {
                let need =
                    dtype.byte_len(n).ok_or_else(|| format!("its shape [{}] is too large", super::join(&shape)))?;
                (raw.len() as u64, need, "bytes")
            }
            _ => (self.typed_len(dtype), typed_need(dtype, n), "values"),
        };
        if have == need {
            return Ok(());
        }
        Err(format!("it holds {have} {what}, but {dtype}[{}] needs {need}", super::join(&shape)))
    }

    /// How many entries the typed field for `dtype` has.
    fn typed_len(&self, dtype: DataType) -> u64 {
        use DataType::*;
        let len = match dtype {
            F32 | C64 => self.float_data.len(),
            F64 | C128 => self.double_data.len(),
            I64 => self.int64_data.len(),
            U32 | U64 => self.uint64_data.len(),
            _ => self.int32_data.len(),
        };
        len as u64
    }

    /// The typed field for the element type as dense bytes: narrow types travel in the low bits of an int32.
    pub(crate) fn typed(&self) -> Result<Vec<u8>, String> {
        use DataType::*;
        let dtype = self.dtype()?;
        Ok(match dtype {
            F32 | C64 => self.float_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            F64 | C128 => self.double_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            I64 => self.int64_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            U64 => self.uint64_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            U32 => self.uint64_data.iter().flat_map(|v| (*v as u32).to_le_bytes()).collect(),
            I32 => self.int32_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
            F16 | BF16 | I16 | U16 => self.int32_data.iter().flat_map(|v| (*v as u16).to_le_bytes()).collect(),
            _ => self.int32_data.iter().map(|v| *v as u8).collect(),
        })
    }
}

/// How many entries of its typed field `n` elements take: complex numbers two, packed types a part of one.
fn typed_need(dtype: DataType, n: u64) -> u64 {
    match dtype {
        DataType::C64 | DataType::C128 => n.saturating_mul(2),
        _ if dtype.size_bits() < 8 => dtype.byte_len(n).unwrap_or(u64::MAX),
        _ => n,
    }
}

/// Reads a serialised ONNX `TensorProto`.
pub fn read(path: &Path) -> Result<Tensor, TensorError> {
    let bytes = Bytes::from(std::fs::read(path).map_err(|e| TensorError::io(path, e))?);
    let malformed = |reason: String| TensorError::malformed(path, ".pb", reason);
    if bytes.is_empty() {
        return Err(malformed("it is empty".into()));
    }
    let proto: TensorProto =
        prost::Message::decode(bytes).map_err(|e| malformed(format!("it is not a serialised tensor ({e})")))?;
    if proto.is_external() {
        return Err(malformed("its values lie in another file, which nntop does not follow".into()));
    }
    let data = proto.values().map_err(malformed)?;
    let (dtype, shape) = (proto.dtype().map_err(malformed)?, proto.shape().map_err(malformed)?);
    Ok(Tensor { name: proto.name.unwrap_or_default(), dtype, shape, data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    fn through_a_file(proto: &TensorProto) -> Result<Tensor, TensorError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("input_0.pb");
        std::fs::write(&path, proto.encode_to_vec()).unwrap();
        read(&path)
    }

    fn proto(dtype: DataType, dims: &[i64]) -> TensorProto {
        TensorProto { name: Some("x".into()), data_type: Some(dtype.onnx()), dims: dims.to_vec(), ..Default::default() }
    }

    #[test]
    fn raw_and_typed_fields_give_the_same_tensor() {
        let raw: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        let typed = TensorProto { float_data: vec![1.5, -2.0], ..proto(DataType::F32, &[1, 2]) };
        let dense = TensorProto { raw_data: Some(raw.clone().into()), ..proto(DataType::F32, &[1, 2]) };
        let tensor = through_a_file(&typed).unwrap();
        assert_eq!(tensor, through_a_file(&dense).unwrap());
        assert_eq!((tensor.describe().as_str(), tensor.data), ("float32[1,2]", Data::Bytes(raw)));
    }

    #[test]
    fn narrow_types_travel_in_int32() {
        let bytes = |dtype, dims: &[i64], ints: &[i32]| {
            let t = TensorProto { int32_data: ints.to_vec(), ..proto(dtype, dims) };
            match through_a_file(&t).unwrap().data {
                Data::Bytes(b) => b,
                Data::Strings(_) => panic!("strings"),
            }
        };
        assert_eq!(bytes(DataType::F16, &[2], &[0x3c00, 0xc000]), [0, 0x3c, 0, 0xc0]);
        assert_eq!(bytes(DataType::I8, &[2], &[-1, 5]), [0xff, 5]);
        assert_eq!(bytes(DataType::U4, &[3], &[0x21, 0x03]), [0x21, 0x03]);
        assert_eq!(bytes(DataType::Bool, &[2], &[1, 0]), [1, 0]);
        let wide = TensorProto { uint64_data: vec![u64::from(u32::MAX)], ..proto(DataType::U32, &[1]) };
        assert_eq!(through_a_file(&wide).unwrap().data, Data::Bytes(vec![0xff; 4]));
        let complex = TensorProto { float_data: vec![1.0, 2.0], ..proto(DataType::C64, &[1]) };
        assert_eq!(through_a_file(&complex).unwrap().describe(), "complex64[1]");
    }

    #[test]
    fn strings_keep_their_bytes() {
        let t = TensorProto { string_data: vec!["é".into(), "".into()], ..proto(DataType::String, &[2]) };
        let tensor = through_a_file(&t).unwrap();
        assert_eq!(tensor.data, Data::Strings(vec!["é".as_bytes().to_vec(), vec![]]));
    }

    #[test]
    fn every_error_names_the_file_and_the_mismatch() {
        let message = |t: &TensorProto| through_a_file(t).unwrap_err().to_string();
        let short = TensorProto { raw_data: Some(vec![0; 4].into()), ..proto(DataType::F32, &[2, 2]) };
        assert!(
            message(&short).ends_with("input_0.pb: not a usable .pb file: it holds 4 bytes, but float32[2,2] needs 16")
        );
        assert!(message(&proto(DataType::F32, &[-1])).contains("negative axis"));
        assert!(message(&proto(DataType::F32, &[i64::MAX, i64::MAX])).contains("too large"));
        assert!(message(&TensorProto { data_type: Some(99), ..Default::default() }).contains("element type 99"));
        assert!(message(&TensorProto { data_location: Some(1), ..proto(DataType::F32, &[]) }).contains("another file"));

        let dir = tempfile::tempdir().unwrap();
        let missing = read(&dir.path().join("gone.pb")).unwrap_err();
        assert!(missing.to_string().ends_with("gone.pb: no such file"), "{missing}");
        assert!(missing.hint().is_some());
    }
}
