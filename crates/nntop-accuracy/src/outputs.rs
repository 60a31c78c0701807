//! A model's outputs in a file, example by example, so that memory does not grow with their number: a line of JSON with the
//! example's name and the tensors, then the tensors' bytes.

use nntop_core::event::Fault;
use nntop_engine::tensor::{Data, DataType, Shape, Tensor};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

/// The outputs of an example's windows, mostly one.
pub(crate) type Windows = Vec<Vec<Tensor>>;

#[derive(Serialize, Deserialize)]
struct Head {
    example: String,
    windows: Vec<Vec<Entry>>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    /// ONNX's number of the type.
    dtype: i32,
    shape: Shape,
    bytes: usize,
}

/// Writes such a file.
pub(crate) struct Writer {
    path: String,
    file: BufWriter<File>,
}

impl Writer {
    pub(crate) fn create(path: &str) -> Result<Self, Fault> {
        let file = File::create(path).map_err(|e| cannot(path, &e))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    /// Appends an example. Outputs of text are left out: no number tells how near they are.
    pub(crate) fn keep(&mut self, example: &str, windows: &[Vec<Tensor>]) -> Result<(), Fault> {
        fn dense(t: &Tensor) -> Option<(&Tensor, &[u8])> {
            match &t.data {
                Data::Bytes(bytes) => Some((t, bytes)),
                Data::Strings(_) => None,
            }
        }
        let entry = |(t, bytes): (&Tensor, &[u8])| Entry {
            name: t.name.clone(),
            dtype: t.dtype.onnx(),
            shape: t.shape.clone(),
            bytes: bytes.len(),
        };
        let head = Head {
            example: example.to_owned(),
            windows: windows.iter().map(|w| w.iter().filter_map(dense).map(entry).collect()).collect(),
        };
        let mut write = || -> std::io::Result<()> {
            serde_json::to_writer(&mut self.file, &head)?;
            self.file.write_all(b"\n")?;
            windows.iter().flatten().filter_map(dense).try_for_each(|(_, bytes)| self.file.write_all(bytes))
        };
        write().map_err(|e| cannot(&self.path, &e))
    }

    pub(crate) fn finish(mut self) -> Result<(), Fault> {
        self.file.flush().map_err(|e| cannot(&self.path, &e))
    }
}

fn cannot(path: &str, e: &std::io::Error) -> Fault {
    Fault::run(format!("the outputs cannot be written to {path}: {e}"))
        .hint("they take as much room as all outputs of all examples; --limit evaluates fewer")
}

/// Reads such a file.
pub(crate) struct Reader {
    file: BufReader<File>,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        Ok(Self { file: BufReader::new(File::open(path).map_err(|e| e.to_string())?) })
    }

    /// The next example's outputs; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(String, Windows)>, String> {
        let mut line = Vec::new();
        if self.file.read_until(b'\n', &mut line).map_err(|e| e.to_string())? == 0 {
            return Ok(None);
        }
        let head: Head = serde_json::from_slice(&line).map_err(|e| format!("no saved outputs: {e}"))?;
        let mut windows = Vec::with_capacity(head.windows.len());
        for entries in head.windows {
            windows.push(entries.into_iter().map(|entry| self.tensor(entry)).collect::<Result<_, _>>()?);
        }
        Ok(Some((head.example, windows)))
    }

    fn tensor(&mut self, entry: Entry) -> Result<Tensor, String> {
        let dtype = DataType::from_onnx(entry.dtype).ok_or("a type of elements that is not known")?;
        let mut bytes = Vec::new();
        let read = (&mut self.file).take(entry.bytes as u64).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        if read < entry.bytes {
            return Err(format!("it ends within {:?}", entry.name));
        }
        Ok(Tensor { name: entry.name, dtype, shape: entry.shape, data: Data::Bytes(bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_come_back_example_by_example() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("outputs");
        let tensor = |name: &str, values: &[f32]| Tensor {
            name: name.into(),
            dtype: DataType::F32,
            shape: vec![1, values.len() as u64],
            data: Data::Bytes(values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        };
        // A line break among the bytes is none of the file's.
        let first = vec![vec![tensor("a", &[f32::from_bits(0x0a0a_0a0a), 2.0])], vec![tensor("a", &[3.0])]];
        let text = Tensor { dtype: DataType::String, data: Data::Strings(vec![b"x".to_vec()]), ..tensor("t", &[]) };
        let mut writer = Writer::create(path.to_str().unwrap()).unwrap();
        writer.keep("one.png", &first).unwrap();
        writer.keep("two.png", &[vec![tensor("b", &[]), text]]).unwrap();
        writer.finish().unwrap();
        let mut reader = Reader::open(&path).unwrap();
        assert_eq!(reader.next(), Ok(Some(("one.png".into(), first))));
        assert_eq!(reader.next(), Ok(Some(("two.png".into(), vec![vec![tensor("b", &[])]]))));
        assert_eq!(reader.next(), Ok(None));
        let whole = std::fs::read(&path).unwrap();
        let cut = whole.iter().position(|b| *b == b'\n').unwrap() + 4;
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert!(Reader::open(&path).unwrap().next().unwrap_err().contains("ends within"));
    }
}
