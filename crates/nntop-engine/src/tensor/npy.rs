//! NumPy's `.npy` and `.npz`: any order and endianness in, dense row-major little-endian out.
//!
//! The header is read here rather than by a crate: a file is input from outside, and a shape that overflows
//! or a header that nests must be an error in words, not a panic.

use super::{Data, DataType, Tensor, TensorError, elements, join};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// NumPy itself refuses longer headers.
const MAX_HEADER: usize = 10_000;
/// NumPy has at most 64 axes.
const MAX_AXES: usize = 64;

/// Whether an array of that name, type and shape is wanted: of one that is not, no value is read. The name is empty where
/// a file holds one array.
pub type Wanted<'a> = dyn Fn(&str, DataType, &[u64]) -> bool + 'a;

/// Reads one array from a `.npy` file; the tensor has no name.
///
/// # Errors
/// When there is no such file, or no array in it.
pub fn read(path: &Path) -> Result<Tensor, TensorError> {
    read_wanted(path, &|_, _, _| true)
}

/// As [`read`]; an array that is not `wanted` has its type and shape, and no values.
///
/// # Errors
/// As those of [`read`].
pub fn read_wanted(path: &Path, wanted: &Wanted<'_>) -> Result<Tensor, TensorError> {
    let file = File::open(path).map_err(|e| TensorError::io(path, e))?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        return Err(TensorError::io(path, std::io::ErrorKind::IsADirectory.into()));
    }
    array(std::io::BufReader::new(file), "", wanted).map_err(|e| e.at(path, ".npy"))
}

/// Reads every array of a `.npz` archive, in the archive's order; each tensor has its array's name.
///
/// # Errors
/// When there is no such file, or no array in it.
pub fn read_archive(path: &Path) -> Result<Vec<Tensor>, TensorError> {
    read_archive_wanted(path, &|_, _, _| true)
}

/// As [`read_archive`]; an array that is not `wanted` has its type and shape, and no values: three megabytes of an archive
/// can be three gigabytes of zeros.
///
/// # Errors
/// As those of [`read_archive`].
pub fn read_archive_wanted(path: &Path, wanted: &Wanted<'_>) -> Result<Vec<Tensor>, TensorError> {
    let malformed = |reason: String| TensorError::malformed(path, ".npz", reason);
    let file = File::open(path).map_err(|e| TensorError::io(path, e))?;
    let mut zip = zip::ZipArchive::new(file).map_err(|e| malformed(e.to_string()))?;
    let mut tensors = Vec::new();
    for i in 0..zip.len() {
        let entry = zip.by_index(i).map_err(|e| malformed(e.to_string()))?;
        let file_name = entry.name().map_err(|e| malformed(e.to_string()))?.into_owned();
        let Some(name) = file_name.strip_suffix(".npy").map(str::to_owned) else { continue };
        let tensor = array(entry, &name, wanted).map_err(|e| e.within(&name).at(path, ".npz"))?;
        tensors.push(Tensor { name, ..tensor });
    }
    if tensors.is_empty() { Err(malformed("it holds no array".into())) } else { Ok(tensors) }
}

/// What is wrong with an array, before it is known in which file.
enum Wrong {
    Malformed(String),
    Unsupported(String),
}

impl Wrong {
    fn within(self, array: &str) -> Self {
        match self {
            Self::Malformed(reason) => Self::Malformed(format!("array \"{array}\": {reason}")),
            Self::Unsupported(dtype) => Self::Unsupported(format!("{dtype} (array \"{array}\")")),
        }
    }

    fn at(self, path: &Path, kind: &'static str) -> TensorError {
        match self {
            Self::Malformed(reason) => TensorError::malformed(path, kind, reason),
            Self::Unsupported(dtype) => TensorError::Unsupported { path: path.into(), dtype },
        }
    }
}

impl From<&str> for Wrong {
    fn from(reason: &str) -> Self {
        Self::Malformed(reason.into())
    }
}

fn array(mut source: impl Read, name: &str, wanted: &Wanted<'_>) -> Result<Tensor, Wrong> {
    let header = Header::read(&mut source)?;
    let (kind, width) = element(&header.descr)?;
    let n = elements(&header.shape).and_then(|n| n.checked_mul(width as u64)).ok_or("its shape is too large")?;
    let dtype = match kind {
        Element::Plain(dtype) => dtype,
        Element::Ascii | Element::Unicode => DataType::String,
    };
    if !wanted(name, dtype, &header.shape) {
        return Ok(Tensor { name: String::new(), dtype, shape: header.shape, data: Data::Bytes(Vec::new()) });
    }
    // Grows with what is there, so that a header cannot make it reserve what the file does not hold.
    let mut bytes = Vec::new();
    source.take(n).read_to_end(&mut bytes).map_err(|e| Wrong::Malformed(e.to_string()))?;
    if bytes.len() as u64 != n {
        let shape = join(&header.shape);
        return Err(Wrong::Malformed(format!("it ends early: [{shape}] needs {n} bytes, it has {}", bytes.len())));
    }
    if header.fortran {
        bytes = row_major(&bytes, &header.shape, width);
    }
    if header.descr.starts_with('>') {
        let part = kind.swap_width(width);
        bytes.chunks_exact_mut(part.max(1)).for_each(<[u8]>::reverse);
    }
    let (dtype, data) = match kind {
        Element::Plain(dtype) => (dtype, Data::Bytes(bytes)),
        Element::Ascii => (DataType::String, Data::Strings(split(&bytes, width, <[u8]>::to_vec))),
        Element::Unicode => (DataType::String, Data::Strings(split(&bytes, width, utf8))),
    };
    let data = match data {
        // Elements of no width leave nothing to split: all of them are empty strings.
        Data::Strings(_) if width == 0 => {
            let count = elements(&header.shape).filter(|&n| n <= 1 << 24).ok_or("its shape is too large")?;
            Data::Strings(vec![Vec::new(); count as usize])
        }
        data => data,
    };
    Ok(Tensor { name: String::new(), dtype, shape: header.shape, data })
}

/// How an element is stored.
#[derive(Clone, Copy)]
enum Element {
    Plain(DataType),
    Ascii,
    Unicode,
}

impl Element {
    /// The bytes that a change of endianness turns around: complex numbers and text have parts.
    fn swap_width(self, width: usize) -> usize {
        match self {
            Self::Plain(DataType::C64) | Self::Unicode => 4,
            Self::Plain(DataType::C128) => 8,
            Self::Plain(_) => width,
            Self::Ascii => 1,
        }
    }
}

/// `<f4` → float32, 4 bytes.
fn element(descr: &str) -> Result<(Element, usize), Wrong> {
    use DataType::*;
    let unsupported = || Wrong::Unsupported(format!("\"{descr}\""));
    let body = descr.strip_prefix(['<', '>', '|', '=']).ok_or_else(unsupported)?;
    let size = body.get(1..).and_then(|s| s.parse::<usize>().ok());
    let plain = |dtype: DataType| Ok((Element::Plain(dtype), (dtype.size_bits() / 8) as usize));
    match (body, size) {
        ("b1", _) => plain(Bool),
        ("i1", _) => plain(I8),
        ("i2", _) => plain(I16),
        ("i4", _) => plain(I32),
        ("i8", _) => plain(I64),
        ("u1", _) => plain(U8),
        ("u2", _) => plain(U16),
        ("u4", _) => plain(U32),
        ("u8", _) => plain(U64),
        ("f2", _) => plain(F16),
        ("f4", _) => plain(F32),
        ("f8", _) => plain(F64),
        ("c8", _) => plain(C64),
        ("c16", _) => plain(C128),
        (_, Some(n)) if body.starts_with('S') => Ok((Element::Ascii, n)),
        (_, Some(n)) if body.starts_with('U') => Ok((Element::Unicode, n.checked_mul(4).ok_or_else(unsupported)?)),
        ("O", _) => Err(Wrong::Unsupported("object (a pickled Python array)".into())),
        _ => Err(unsupported()),
    }
}

/// Column-major to row-major.
fn row_major(bytes: &[u8], shape: &[u64], width: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = vec![0u64; shape.len()];
    while out.len() < bytes.len() {
        let (offset, _) = index.iter().zip(shape).fold((0, 1), |(at, stride), (i, n)| (at + i * stride, stride * n));
        let at = offset as usize * width;
        out.extend_from_slice(&bytes[at..at + width]);
        for (i, n) in index.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < *n {
                break;
            }
            *i = 0;
        }
    }
    out
}

/// Cuts fixed-width text into strings, without the zeros that pad it.
fn split(bytes: &[u8], width: usize, convert: impl Fn(&[u8]) -> Vec<u8>) -> Vec<Vec<u8>> {
    bytes
        .chunks_exact(width.max(1))
        .map(|chunk| {
            let mut text = convert(chunk);
            text.truncate(text.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1));
            text
        })
        .collect()
}

fn utf8(utf32: &[u8]) -> Vec<u8> {
    let code = |c: &[u8]| c.iter().rev().fold(0u32, |code, &b| code << 8 | u32::from(b));
    let text: String = utf32.chunks_exact(4).map(|c| char::from_u32(code(c)).unwrap_or('\u{fffd}')).collect();
    text.into_bytes()
}

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`
struct Header {
    descr: String,
    fortran: bool,
    shape: Vec<u64>,
}

impl Header {
    fn read(source: &mut impl Read) -> Result<Self, Wrong> {
        let mut start = [0; 8];
        source.read_exact(&mut start).map_err(|_| "it is too short for a header")?;
        if &start[..6] != b"\x93NUMPY" {
            return Err("it does not start with NumPy's signature".into());
        }
        let mut length = [0; 4];
        let width = if start[6] == 1 { 2 } else { 4 };
        source.read_exact(&mut length[..width]).map_err(|_| "it is too short for a header")?;
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_HEADER {
            return Err("its header is too long".into());
        }
        let mut text = vec![0; length];
        source.read_exact(&mut text).map_err(|_| "it is too short for a header")?;
        Self::parse(&String::from_utf8_lossy(&text))
    }

    fn parse(text: &str) -> Result<Self, Wrong> {
        let value = |key: &str| {
            let quoted = [format!("'{key}':"), format!("\"{key}\":")];
            quoted.iter().find_map(|k| text.split_once(k.as_str())).map(|(_, rest)| rest.trim_start())
        };
        let (Some(descr), Some(order), Some(shape)) = (value("descr"), value("fortran_order"), value("shape")) else {
            return Err("its header lacks descr, fortran_order or shape".into());
        };
        if descr.starts_with(['[', '(']) {
            return Err(Wrong::Unsupported("structured (records with fields)".into()));
        }
        let descr = descr.split(['\'', '"']).nth(1).ok_or("its header has no element type")?.to_owned();
        let fortran = order.starts_with("True");
        let inside = shape.strip_prefix('(').and_then(|s| s.split_once(')')).ok_or("its header has no shape")?.0;
        // Python 2 wrote long integers with an L.
        let axes = inside.split(',').map(|axis| axis.trim().trim_end_matches('L')).filter(|axis| !axis.is_empty());
        let shape: Vec<u64> = axes
            .map(|axis| axis.parse().map_err(|_| "its shape is not a tuple of integers"))
            .collect::<Result<_, _>>()?;
        if shape.len() > MAX_AXES {
            return Err("its shape has too many axes".into());
        }
        Ok(Self { descr, fortran, shape })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use npyz::WriterBuilder as _;
    use proptest::prelude::*;

    fn npy<T: npyz::AutoSerialize + npyz::Serialize + Copy>(
        values: &[T],
        shape: &[u64],
        order: npyz::Order,
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let options = npyz::WriteOptions::new().default_dtype().shape(shape).order(order);
        let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
        writer.extend(values.iter().copied()).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn parse(bytes: &[u8]) -> Result<Tensor, TensorError> {
        array(bytes, "", &|_, _, _| true).map_err(|e| e.at(Path::new("x.npy"), ".npy"))
    }

    #[test]
    fn another_writers_files_come_back() {
        let floats = parse(&npy(&[1.5f32, -2.0, 3.0], &[1, 3], npyz::Order::C)).unwrap();
        assert_eq!((floats.describe().as_str(), floats.elements()), ("float32[1,3]", 3));
        assert_eq!(floats.data, Data::Bytes([1.5f32, -2.0, 3.0].iter().flat_map(|v| v.to_le_bytes()).collect()));
        assert_eq!(parse(&npy(&[7i64], &[], npyz::Order::C)).unwrap().describe(), "int64[]");
        assert_eq!(parse(&npy(&[true, false], &[2], npyz::Order::C)).unwrap().data, Data::Bytes(vec![1, 0]));
        assert_eq!(parse(&npy::<u8>(&[], &[2, 0], npyz::Order::C)).unwrap().describe(), "uint8[2,0]");
    }

    #[test]
    fn column_major_becomes_row_major() {
        // 0 1 2 / 3 4 5, stored by columns.
        let tensor = parse(&npy(&[0u8, 3, 1, 4, 2, 5], &[2, 3], npyz::Order::Fortran)).unwrap();
        assert_eq!(tensor.data, Data::Bytes(vec![0, 1, 2, 3, 4, 5]));
    }

    #[test]
    fn big_endian_becomes_little_endian() {
        let header = |d: &str| format!("{{'descr': '{d}', 'fortran_order': False, 'shape': (1,), }}\n");
        assert_eq!(parse(&with_header(&header(">i2"), &[1, 2])).unwrap().data, Data::Bytes(vec![2, 1]));
        let complex = parse(&with_header(&header(">c8"), &[1, 2, 3, 4, 5, 6, 7, 8])).unwrap();
        assert_eq!(complex.data, Data::Bytes(vec![4, 3, 2, 1, 8, 7, 6, 5]));
        let half = parse(&with_header(&header("<f2"), &[0, 0x3c])).unwrap();
        assert_eq!(half.describe(), "float16[1]");
    }

    #[test]
    fn text_loses_its_padding() {
        let header = |d: &str| format!("{{'descr': '{d}', 'fortran_order': False, 'shape': (2,), }}\n");
        let ascii = parse(&with_header(&header("|S3"), b"ab\0c\0\0")).unwrap();
        assert_eq!(ascii.data, Data::Strings(vec![b"ab".to_vec(), b"c".to_vec()]));
        let unicode: Vec<u8> = "éa".chars().flat_map(|c| (c as u32).to_be_bytes()).collect();
        let text = parse(&with_header(&header(">U1"), &unicode)).unwrap();
        assert_eq!(text.data, Data::Strings(vec!["é".as_bytes().to_vec(), b"a".to_vec()]));
        let none = parse(&with_header(&header("<U0"), b"")).unwrap();
        assert_eq!(none.data, Data::Strings(vec![vec![], vec![]]));
    }

    #[test]
    fn archives_name_their_arrays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("inputs.npz");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for (name, bytes) in [("ids.npy", npy(&[1i32], &[1], npyz::Order::C)), ("notes.txt", b"x".to_vec())] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, &bytes).unwrap();
        }
        zip.finish().unwrap();
        let tensors = read_archive(&path).unwrap();
        assert_eq!((tensors.len(), tensors[0].name.as_str()), (1, "ids"));
    }

    #[test]
    fn every_error_says_what_is_wrong() {
        let message = |bytes: &[u8]| parse(bytes).unwrap_err().to_string();
        assert_eq!(message(b"PK"), "x.npy: not a usable .npy file: it is too short for a header");
        assert!(message(b"not a numpy file").contains("signature"));
        let header = |d: &str, s: &str| format!("{{'descr': {d}, 'fortran_order': False, 'shape': {s}, }}\n");
        assert!(message(&with_header(&header("'<f4'", "(2,)"), &[0; 4])).contains("[2] needs 8 bytes, it has 4"));
        assert!(message(&with_header(&header("'|V2'", "(2,)"), &[0; 4])).contains("type \"|V2\""));
        assert!(message(&with_header(&header("[('a', '<f4')]", "(2,)"), &[])).contains("structured"));
        assert!(message(&with_header(&header("'|O'", "(2,)"), &[])).contains("pickled"));
        let huge = header("'<f4'", "(18446744073709551615, 2)");
        assert!(message(&with_header(&huge, &[])).contains("too large"));
        let dir = tempfile::tempdir().unwrap();
        assert!(read(dir.path()).unwrap_err().to_string().ends_with("is a folder, not a file"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(header in ".{0,200}", data in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse(&data);
            let _ = parse(&with_header(&header, &data));
        }

        #[test]
        fn no_shape_makes_it_panic(shape in "[0-9L, ]{0,30}", fortran in any::<bool>(), width in "[fiuSUc][0-9]{1,20}") {
            let order = if fortran { "True" } else { "False" };
            let header = format!("{{'descr': '>{width}', 'fortran_order': {order}, 'shape': ({shape}), }}\n");
            let _ = parse(&with_header(&header, &[0; 64]));
        }
    }
}
