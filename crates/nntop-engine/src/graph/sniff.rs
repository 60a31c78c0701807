//! What a file is that is not an ONNX model, by its first bytes, and whether a protobuf is whole.

use nntop_core::catalog;

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    /// In words, with its article: `a zip archive`.
    pub(super) name: &'static str,
    /// What to do.
    pub(super) hint: String,
}

const EXPORT: &str = "export the model to ONNX first, for example with torch.onnx.export(model, args, \"model.onnx\")";
const CONVERT: &str = "nntop reads .onnx files: export the model to ONNX from the framework that made it";
const UNPACK: &str = "unpack it and give the .onnx file inside";
const DOWNLOAD: &str = "this is what a failed download leaves behind: fetch the model again from its raw address";
const NO_MODEL: &str = "give the path of an .onnx model";

/// By the first bytes; no ONNX file starts so. (offset, bytes, name, hint)
const MAGIC: &[(usize, &[u8], &str, &str)] = &[
    (
        0,
        b"PK\x03\x04",
        "a zip archive",
        "a PyTorch checkpoint (.pt, .pth), a .npz or a .keras file is one too: export the model to ONNX, or unpack the .onnx file inside",
    ),
    (0, b"PK\x05\x06", "an empty zip archive", NO_MODEL),
    (0, b"version https://git-lfs", "a Git LFS pointer", "fetch the real file with `git lfs pull`"),
    (0, b"\x1f\x8b", "a gzip archive", UNPACK),
    (0, b"\xfd7zXZ\0", "an xz archive", UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive", UNPACK),
    (0, b"BZh", "a bzip2 archive", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (257, b"ustar", "a tar archive", UNPACK),
    (
        4,
        b"ORTM",
        "an ONNX Runtime .ort model",
        "call it NAME.ort, which ONNX Runtime reads; other engines read the .onnx file that it was converted from",
    ),
    (
        0,
        b"\x89HDF\r\n\x1a\n",
        "an HDF5 file, as Keras writes",
        "convert it with tf2onnx, or with model.export(\"model.onnx\", format=\"onnx\") in Keras 3",
    ),
    (0, b"GGUF", "a GGUF model", CONVERT),
    (0, b"ftrt", "a TensorRT engine", "give the .onnx file that it was built from"),
    (0, b"ptrt", "a TensorRT engine", "give the .onnx file that it was built from"),
    (0, b"\x7fELF", "an ELF program or library", NO_MODEL),
    (0, b"MZ", "a Windows program or library", NO_MODEL),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image", NO_MODEL),
    (0, b"\xff\xd8\xff", "a JPEG image", NO_MODEL),
    (0, b"%PDF", "a PDF document", NO_MODEL),
    (0, b"\x93NUMPY", "a NumPy array", "an array is an input, not a model: give it with --input"),
    (0, b"\x80\x02", "a Python pickle, as older PyTorch checkpoints are", EXPORT),
    (0, b"\x80\x03", "a Python pickle", EXPORT),
    (0, b"\x80\x04", "a Python pickle", EXPORT),
    (0, b"\x80\x05", "a Python pickle", EXPORT),
];

/// What the file is if its first bytes alone rule out ONNX.
pub(super) fn foreign(head: &[u8]) -> Option<Kind> {
    // Every exporter writes the IR version first, as field 1: nothing above starts with that byte.
    if head.first() == Some(&0x08) && !is_safetensors(head) {
        return None;
    }
    if head.get(4..).is_some_and(|rest| rest.starts_with(b"TFL3")) {
        return Some(Kind { name: "a TensorFlow Lite model", hint: other_engines("tflite") });
    }
    let named = MAGIC.iter().find(|(at, magic, ..)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    if let Some(&(_, _, name, hint)) = named {
        return Some(Kind { name, hint: hint.into() });
    }
    if is_safetensors(head) {
        let hint = "a safetensors file holds weights without a graph: export the model to ONNX";
        return Some(Kind { name: "a safetensors file", hint: hint.into() });
    }
    None
}

/// What the file is, given that it does not decode as ONNX.
pub(super) fn undecodable(head: &[u8]) -> Option<Kind> {
    let text = text(head)?.trim_start().to_ascii_lowercase();
    let (name, hint) = match text.as_str() {
        t if t.starts_with("<!doctype html") || t.starts_with("<html") || t.contains("<html") => {
            ("an HTML page", DOWNLOAD.into())
        }
        t if t.starts_with("<?xml") || t.starts_with("<net") => {
            ("an XML file, as OpenVINO writes", other_engines("xml"))
        }
        t if t.starts_with(['{', '[']) => ("a JSON file", DOWNLOAD.into()),
        _ => ("a text file", NO_MODEL.into()),
    };
    Some(Kind { name, hint })
}

/// Which engines run files of this ending.
fn other_engines(extension: &str) -> String {
    format!("other engines run it: {}", catalog::options_for(extension))
}

/// 8 bytes of length, then JSON.
fn is_safetensors(head: &[u8]) -> bool {
    head.get(5..10).is_some_and(|b| b == b"\0\0\0{\"")
}

/// The head as text, if it is nothing but text.
fn text(head: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The head may end in the middle of a character.
        Err(e) if head.len() - e.valid_up_to() < 4 => std::str::from_utf8(&head[..e.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let printable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    (!text.is_empty() && text.chars().all(printable)).then_some(text)
}

/// The first bytes as a person can compare them: `PK\x03\x04`.
pub(super) fn shown(head: &[u8]) -> String {
    let count = if text(head).is_some() { 24 } else { 8 };
    let cut = &head[..head.len().min(count)];
    cut.iter()
        .map(|&b| match b {
            b'\n' => "\\n".into(),
            b'\r' => "\\r".into(),
            b'\t' => "\\t".into(),
            b'"' | b'\\' => format!("\\{}", b as char),
            b' '..=b'~' => (b as char).to_string(),
            b => format!("\\x{b:02x}"),
        })
        .collect()
}

/// Walks the outermost fields of a protobuf: `Some(n)` when one of them says that the file should have at
/// least `n` bytes, but it has fewer.
pub(super) fn truncated(bytes: &[u8]) -> Option<u64> {
    let mut at = 0;
    while at < bytes.len() {
        let key = varint(bytes, &mut at)?;
        let skip = match (key >> 3, key & 7) {
            (0, _) => return None,
            (_, 0) => varint(bytes, &mut at).map(|_| 0)?,
            (_, 1) => 8,
            (_, 2) => varint(bytes, &mut at)?,
            (_, 5) => 4,
            _ => return None,
        };
        let end = (at as u64).checked_add(skip)?;
        if end > bytes.len() as u64 {
            // A wild length comes from damage, not from a download that stopped: protobuf ends at 2 GiB.
            return (end < 1 << 31).then_some(end);
        }
        at = end as usize;
    }
    None
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_their_first_bytes() {
        let name = |head: &[u8]| foreign(head).or_else(|| undecodable(head)).map(|k| k.name);
        assert_eq!(name(b"PK\x03\x04rest"), Some("a zip archive"));
        assert_eq!(name(b"version https://git-lfs.github.com/spec/v1\n"), Some("a Git LFS pointer"));
        assert_eq!(name(b"\x1c\0\0\0TFL3\0"), Some("a TensorFlow Lite model"));
        assert_eq!(name(b"\x89HDF\r\n\x1a\n"), Some("an HDF5 file, as Keras writes"));
        assert_eq!(name(b"\x80\x02}q\0"), Some("a Python pickle, as older PyTorch checkpoints are"));
        assert_eq!(name(b"\n<!DOCTYPE html><html>"), Some("an HTML page"));
        assert_eq!(name(b"<?xml version=\"1.0\"?><net name="), Some("an XML file, as OpenVINO writes"));
        assert_eq!(name(b"{\"error\": 404}"), Some("a JSON file"));
        assert_eq!(name(b"404: Not Found"), Some("a text file"));
        assert_eq!(name(b"\x40\0\0\0\0\0\0\0{\"__metadata__\""), Some("a safetensors file"));
        assert_eq!(name(b"\x7fELF\x02"), Some("an ELF program or library"));
        assert_eq!(name(b"\x08\x07\x12\x07pytorch"), None);
        assert_eq!(name(b""), None);
    }

    #[test]
    fn first_bytes_are_shown_readably() {
        assert_eq!(shown(b"PK\x03\x04\x14\0\0\0\x08\0"), "PK\\x03\\x04\\x14\\x00\\x00\\x00");
        assert_eq!(shown(b"say \"hi\"\n"), "say \\\"hi\\\"\\n");
    }

    #[test]
    fn a_file_that_ends_inside_a_field_is_truncated() {
        let whole = [0x08, 0x03, 0x3a, 0x04, 1, 2, 3, 4];
        assert_eq!(truncated(&whole), None);
        assert_eq!(truncated(&whole[..6]), Some(8));
        assert_eq!(truncated(&[0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), None);
        assert_eq!(truncated(&[0xff; 20]), None);
    }
}
