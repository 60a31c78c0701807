//! The user's own values: `.npy`, `.npz`, `.pb`, and folders laid out as ONNX's test vectors.

use super::WorkloadError;
use super::shapes::fits;
use crate::tensor::{DataType, Shape, Tensor, TensorError, TensorSpec, npy, pb};
use std::path::Path;

/// Values for all inputs, in the inputs' order and with their names.
///
/// A `.npy` or `.pb` file serves a model of one input; a `.npz` file has an array for each input, by name, or
/// in order as `numpy.savez(path, a, b)` calls them `arr_0`, `arr_1`; a folder has `input_0.pb`, `input_1.pb` ….
/// The file decides the size of free axes, and the runtime whether it takes them: names are no constraint.
///
/// # Errors
/// When the file cannot be read, or does not hold what the inputs take: which is seen before a value is read.
pub fn from_file(path: &Path, inputs: &[TensorSpec]) -> Result<Vec<Tensor>, WorkloadError> {
    checked(path, inputs, true)
}

/// The shapes that [`from_file`] gives the inputs, by their names, without reading values where a file's head says them.
///
/// # Errors
/// As those of [`from_file`].
pub fn shapes_of_file(path: &Path, inputs: &[TensorSpec]) -> Result<Vec<(String, Shape)>, WorkloadError> {
    Ok(checked(path, inputs, false)?.into_iter().map(|tensor| (tensor.name, tensor.shape)).collect())
}

fn checked(path: &Path, inputs: &[TensorSpec], values: bool) -> Result<Vec<Tensor>, WorkloadError> {
    // What no input takes is refused, or left alone, by its head.
    let wanted = |name: &str, dtype: DataType, shape: &[u64]| {
        let place = || inputs.get(name.strip_prefix("arr_")?.parse::<usize>().ok()?);
        let only = || inputs.first().filter(|_| name.is_empty());
        let input = inputs.iter().find(|input| input.name == name).or_else(place).or_else(only);
        values && input.is_some_and(|input| input.dtype == dtype && fits(input, shape))
    };
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let tensors = match extension.as_str() {
        _ if path.is_dir() => folder(path, inputs)?,
        "npy" => single(path, inputs, |path| npy::read_wanted(path, &wanted))?,
        "pb" => single(path, inputs, pb::read)?,
        "npz" => by_name(path, inputs, npy::read_archive_wanted(path, &wanted)?)?,
        _ => return Err(WorkloadError::UnknownFile { path: path.into() }),
    };
    let mut checked = Vec::with_capacity(tensors.len());
    for (input, tensor) in inputs.iter().zip(tensors) {
        check(path, input, &tensor)?;
        checked.push(Tensor { name: input.name.clone(), ..tensor });
    }
    Ok(checked)
}

fn single(
    path: &Path,
    inputs: &[TensorSpec],
    read: impl Fn(&Path) -> Result<Tensor, TensorError>,
) -> Result<Vec<Tensor>, WorkloadError> {
    let tensor = read(path)?;
    if inputs.len() == 1 {
        return Ok(vec![tensor]);
    }
    Err(WorkloadError::Count { path: path.into(), held: "one tensor".into(), inputs: specs(inputs) })
}

fn folder(path: &Path, inputs: &[TensorSpec]) -> Result<Vec<Tensor>, WorkloadError> {
    let file = |i: usize| path.join(format!("input_{i}.pb"));
    if let Some((i, input)) = inputs.iter().enumerate().find(|(i, _)| !file(*i).exists()) {
        let held = match i {
            0 => "no input_0.pb".into(),
            1 => "input_0.pb only".into(),
            _ => format!("input_0.pb to input_{}.pb", i - 1),
        };
        return Err(WorkloadError::MissingInput { path: path.into(), input: input.name.clone(), held });
    }
    (0..inputs.len()).map(|i| Ok(pb::read(&file(i))?)).collect()
}

fn by_name(path: &Path, inputs: &[TensorSpec], mut arrays: Vec<Tensor>) -> Result<Vec<Tensor>, WorkloadError> {
    let unnamed = arrays.iter().enumerate().all(|(i, array)| array.name == format!("arr_{i}"));
    if unnamed && arrays.len() == inputs.len() {
        return Ok(arrays);
    }
    let held = arrays.iter().map(|a| format!("\"{}\"", a.name)).collect::<Vec<_>>().join(", ");
    let mut ordered = Vec::with_capacity(inputs.len());
    for input in inputs {
        let Some(at) = arrays.iter().position(|array| array.name == input.name) else {
            return Err(WorkloadError::MissingInput { path: path.into(), input: input.name.clone(), held });
        };
        ordered.push(arrays.swap_remove(at));
    }
    Ok(ordered)
}

fn check(path: &Path, input: &TensorSpec, tensor: &Tensor) -> Result<(), WorkloadError> {
    let same_shape = fits(input, &tensor.shape);
    if same_shape && tensor.dtype == input.dtype {
        return Ok(());
    }
    Err(WorkloadError::Unfit {
        path: path.into(),
        input: input.name.clone(),
        takes: input.describe(),
        held: tensor.describe(),
        convert: same_shape.then(|| input.dtype.name()),
    })
}

fn specs(inputs: &[TensorSpec]) -> Vec<String> {
    inputs.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Dim;
    use crate::tensor::pb::TensorProto;
    use npyz::WriterBuilder as _;
    use prost::Message as _;
    use std::path::PathBuf;

    fn input(name: &str, dims: &[Dim]) -> TensorSpec {
        TensorSpec { name: name.into(), dtype: DataType::F32, dims: dims.to_vec() }
    }

    fn batch() -> Vec<Dim> {
        vec![Dim::Named("N".into()), Dim::Fixed(2)]
    }

    fn npy<T: npyz::AutoSerialize + Default + Clone>(shape: &[u64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd().unwrap();
        writer.extend(vec![T::default(); shape.iter().product::<u64>() as usize]).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn write(dir: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn npz(dir: &tempfile::TempDir, arrays: &[(&str, &[u64])]) -> PathBuf {
        let path = dir.path().join("in.npz");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        for (name, shape) in arrays {
            zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, &npy::<f32>(shape)).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    #[test]
    fn one_array_serves_one_input_and_sizes_its_batch() {
        let dir = tempfile::tempdir().unwrap();
        let path = write(&dir, "x.npy", &npy::<f32>(&[7, 2]));
        let tensors = from_file(&path, &[input("x", &batch())]).unwrap();
        assert_eq!((tensors[0].name.as_str(), tensors[0].shape.as_slice()), ("x", [7, 2].as_slice()));
        let error = from_file(&path, &[input("x", &batch()), input("y", &batch())]).unwrap_err().to_string();
        assert!(
            error.ends_with("holds one tensor, but the model takes 2 inputs: x: float32[N,2], y: float32[N,2]"),
            "{error}"
        );
    }

    #[test]
    fn type_and_shape_must_fit() {
        let dir = tempfile::tempdir().unwrap();
        let wrong_type = from_file(&write(&dir, "d.npy", &npy::<f64>(&[7, 2])), &[input("x", &batch())]).unwrap_err();
        assert!(wrong_type.to_string().ends_with("input \"x\" takes float32[N,2], but the file holds float64[7,2]"));
        assert!(wrong_type.hint().unwrap().contains("astype('float32')"));
        let wrong_shape = from_file(&write(&dir, "s.npy", &npy::<f32>(&[7, 3])), &[input("x", &batch())]).unwrap_err();
        assert!(wrong_shape.to_string().contains("takes float32[N,2], but the file holds float32[7,3]"));
        assert!(!wrong_shape.hint().unwrap().contains("astype"));
    }

    #[test]
    fn archives_match_by_name_or_by_order() {
        let dir = tempfile::tempdir().unwrap();
        let inputs = [input("a", &batch()), input("b", &[Dim::Fixed(3)])];
        let named = from_file(&npz(&dir, &[("b", &[3]), ("extra", &[1]), ("a", &[4, 2])]), &inputs).unwrap();
        assert_eq!((named[0].shape.as_slice(), named[1].shape.as_slice()), ([4, 2].as_slice(), [3].as_slice()));
        let ordered = from_file(&npz(&dir, &[("arr_0", &[4, 2]), ("arr_1", &[3])]), &inputs).unwrap();
        assert_eq!(ordered[1].name, "b");
        let error = from_file(&npz(&dir, &[("a", &[4, 2]), ("c", &[3])]), &inputs).unwrap_err().to_string();
        assert!(error.ends_with("in.npz: nothing for input \"b\"; it holds \"a\", \"c\""), "{error}");
        let twice = [input("a", &batch()), input("b", &batch())];
        let tensors = from_file(&npz(&dir, &[("a", &[4, 2]), ("b", &[5, 2])]), &twice).unwrap();
        assert_eq!(
            (tensors[0].shape[0], tensors[1].shape[0]),
            (4, 5),
            "one name, and two sizes that the runtime may take"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_by_its_head_before_a_value_is_read() {
        let dir = tempfile::tempdir().unwrap();
        // A head that promises two terabytes, and nothing behind it: to read on would be another error.
        let promised = |shape: &str| {
            let head = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
            [b"\x93NUMPY\x01\x00", &(head.len() as u16).to_le_bytes()[..], head.as_bytes()].concat()
        };
        let path = write(&dir, "big.npy", &promised("(500000000000, 3)"));
        let error = from_file(&path, &[input("x", &batch())]).unwrap_err().to_string();
        assert!(
            error.ends_with("input \"x\" takes float32[N,2], but the file holds float32[500000000000,3]"),
            "{error}"
        );
        let archive = dir.path().join("big.npz");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&archive).unwrap());
        for (name, bytes) in [("x", npy::<f32>(&[4, 2])), ("extra", promised("(500000000000,)"))] {
            zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, &bytes).unwrap();
        }
        zip.finish().unwrap();
        assert_eq!(
            from_file(&archive, &[input("x", &batch())]).unwrap()[0].shape,
            [4, 2],
            "what nobody takes is not read"
        );
        let path = write(&dir, "shape.npy", &promised("(7, 2)"));
        assert_eq!(shapes_of_file(&path, &[input("x", &batch())]).unwrap(), [("x".to_owned(), vec![7, 2])]);
    }

    #[test]
    fn folders_are_read_in_input_order() {
        let dir = tempfile::tempdir().unwrap();
        let vector = |n: i64| {
            let (data_type, float_data) = (Some(DataType::F32.onnx()), vec![0.5; n as usize * 2]);
            TensorProto { dims: vec![n, 2], data_type, float_data, ..Default::default() }.encode_to_vec()
        };
        let path = write(&dir, "input_0.pb", &vector(1));
        assert_eq!(from_file(&path, &[input("x", &batch())]).unwrap()[0].shape, [1, 2]);
        let inputs = [input("a", &batch()), input("b", &batch())];
        let error = from_file(dir.path(), &inputs).unwrap_err().to_string();
        assert!(error.ends_with("nothing for input \"b\"; it holds input_0.pb only"), "{error}");
        write(&dir, "input_1.pb", &vector(1));
        assert_eq!(from_file(dir.path(), &inputs).unwrap().len(), 2);
    }

    #[test]
    fn other_files_are_refused_with_what_would_do() {
        let dir = tempfile::tempdir().unwrap();
        let error = from_file(&write(&dir, "x.csv", b"1,2"), &[input("x", &batch())]).unwrap_err();
        assert!(error.to_string().ends_with("x.csv: not a kind of file that inputs are read from"));
        assert!(error.hint().unwrap().contains(".npz"));
        let error = from_file(&dir.path().join("gone.npy"), &[input("x", &batch())]).unwrap_err();
        assert!(error.to_string().ends_with("gone.npy: no such file") && error.hint().is_some());
    }
}
