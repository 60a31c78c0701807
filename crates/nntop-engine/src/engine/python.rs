//! What files of PyTorch and ExecuTorch say about themselves, without Python: what kind they are, and whether that kind
//! can be run at all. Their workers are written in Python; nntop's own worker never loads these engines.

use crate::sha256::sha256_hex;
use nntop_core::catalog::EngineKind;
use nntop_core::event::{Fault, ModelInfo};
use nntop_core::unit::Bytes;
use std::fs::File;
use std::io::{BufReader, Read, Seek};

/// Describes the file.
///
/// # Errors
/// When it is not there, or is nothing that `engine` could run: always the user's move, with what to do.
pub(super) fn describe(path: &str, engine: EngineKind) -> Result<ModelInfo, Fault> {
    let unreadable = |e: std::io::Error| Fault::input(format!("{path}: cannot be read: {e}"));
    let mut file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    if size == 0 {
        return Err(Fault::input(format!("{path}: the file is empty (0 bytes)")));
    }
    let format = match engine {
        EngineKind::ExecuTorch => executorch(path, &mut file)?,
        _ => torch(path, &mut file)?,
    };
    file.rewind().map_err(unreadable)?;
    let sha256 = sha256_hex(file).map_err(unreadable)?;
    Ok(ModelInfo { path: path.to_owned(), sha256, format: format.into(), size: Bytes(size), ..ModelInfo::default() })
}

/// What an archive begins with.
const ZIP: &[u8] = b"PK";

fn is_executorch(head: &[u8; 8]) -> bool {
    head[4..6] == *b"ET"
}

/// A program of ExecuTorch is a flatbuffer; its identifier stands behind the root's offset (`ET12`, schema/program.fbs).
fn executorch(path: &str, file: &mut File) -> Result<&'static str, Fault> {
    let mut head = [0; 8];
    match file.read_exact(&mut head) {
        Ok(()) if is_executorch(&head) => Ok(EngineKind::ExecuTorch.name()),
        Ok(()) if head.starts_with(ZIP) => Err(Fault::input(format!(
            "{path}: is an archive, and no program of ExecuTorch"
        ))
        .hint(format!("one of PyTorch's runs as it is, by the ending .pt or .pt2: --engine {}", EngineKind::Torch))),
        _ => Err(Fault::input(format!("{path}: is no program of ExecuTorch"))
            .hint("a .pte is made by to_edge_transform_and_lower(…).to_executorch() of the Python package executorch")),
    }
}

/// TorchScript, torch.export and checkpoints are all zip archives: what lies in them tells which it is.
fn torch(path: &str, file: &mut File) -> Result<&'static str, Fault> {
    const EXPORT: &str = "save the whole model: torch.export.save(torch.export.export(model.eval(), (example,)), \"model.pt2\"), \
                          torch.jit.trace(model, example).save(\"model.pt\"), or torch.onnx.export(model, example, \"model.onnx\")";
    let mut head = [0; 8];
    let whole_head = file.read_exact(&mut head).is_ok();
    let damaged = |what: String| {
        Fault::input(format!("{path}: is damaged: {what}")).hint("copy it again, or save it again from PyTorch")
    };
    if whole_head && is_executorch(&head) {
        return Err(Fault::input(format!("{path}: is a program of ExecuTorch"))
            .hint(format!("--engine {}", EngineKind::ExecuTorch)));
    }
    if !whole_head || !head.starts_with(ZIP) {
        return Err(Fault::input(format!("{path}: is no archive of PyTorch")).hint(EXPORT));
    }
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|e| match e {
        zip::result::ZipError::InvalidArchive(_) => {
            damaged("its list of contents is missing: it may be cut short".into())
        }
        e => damaged(e.to_string()),
    })?;
    // PyTorch itself does not look at the sums of what it reads.
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).map_err(|e| damaged(e.to_string()))?;
        let name = entry.name().map_or_else(|_| format!("entry {i}"), |name| name.to_string());
        std::io::copy(&mut entry, &mut std::io::sink())
            .map_err(|_| damaged(format!("{name} is not what was saved")))?;
    }
    // The first folder is the archive's own name.
    let inside = |name: &str| name.split_once('/').map(|(_, rest)| rest.to_owned());
    let names: Vec<String> = archive.file_names().filter_map(|name| inside(&name.ok()?)).collect();
    let has = |begin: &str| names.iter().any(|name| name.starts_with(begin));
    if has("code/") {
        Ok("torchscript")
    } else if has("models/") || has("serialized_exported_program.json") {
        Ok("torch.export")
    } else if names.iter().any(|name| name == "data.pkl") {
        // Whoever unpickles runs whatever the file says.
        Err(Fault::input(format!(
            "{path}: is a checkpoint of PyTorch: weights, or a pickled object, without the model's code"
        ))
        .hint(EXPORT))
    } else {
        Err(Fault::input(format!("{path}: is a zip archive, and none of PyTorch's")).hint(EXPORT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// An archive as `torch.save` and its kin make it.
    fn archive(names: &[&str]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut zip = zip::ZipWriter::new(file.reopen().unwrap());
        for name in names {
            zip.start_file(format!("net/{name}"), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(b"x").unwrap();
        }
        zip.finish().unwrap();
        file
    }

    fn described(file: &tempfile::NamedTempFile, engine: EngineKind) -> Result<ModelInfo, Fault> {
        describe(file.path().to_str().unwrap(), engine)
    }

    #[test]
    fn archives_are_told_apart_by_what_lies_in_them() {
        let script = archive(&["data/0", "data.pkl", "code/__torch__.py", "constants.pkl"]);
        let info = described(&script, EngineKind::Torch).unwrap();
        assert_eq!((info.format.as_str(), info.sha256.len()), ("torchscript", 64));
        assert_eq!(info.size.0, script.path().metadata().unwrap().len());
        let export = archive(&["data/weights/weight_0", "models/model.json", "archive_format"]);
        assert_eq!(described(&export, EngineKind::Torch).unwrap().format, "torch.export");
    }

    #[test]
    fn weights_without_a_model_are_refused_with_what_to_save_instead() {
        let fault = described(&archive(&["data.pkl", "data/0", "version"]), EngineKind::Torch).unwrap_err();
        assert!(fault.message.contains("checkpoint"), "{fault:?}");
        assert!(fault.hint.unwrap().contains("torch.export.save"));
        let other = described(&archive(&["word/document.xml"]), EngineKind::Torch).unwrap_err();
        assert!(other.message.contains("none of PyTorch's"), "{other:?}");
    }

    #[test]
    fn damage_is_found_before_anything_is_loaded() {
        let file = archive(&["code/x", "data/0"]);
        let whole = std::fs::read(file.path()).unwrap();
        std::fs::write(file.path(), &whole[..whole.len() / 2]).unwrap();
        assert!(described(&file, EngineKind::Torch).unwrap_err().message.contains("may be cut short"));
        let mut flipped = whole.clone();
        // The one byte of an entry stands behind its name.
        let at = whole.windows(7).position(|w| w == b"/code/x").unwrap() + 7;
        flipped[at] ^= 0xff;
        std::fs::write(file.path(), flipped).unwrap();
        let fault = described(&file, EngineKind::Torch).unwrap_err();
        assert!(fault.message.contains("is damaged: ") && fault.hint.unwrap().contains("again"), "{}", fault.message);
        std::fs::write(file.path(), b"\x08\x07\x12\x07pytorch").unwrap();
        assert!(described(&file, EngineKind::Torch).unwrap_err().message.contains("is no archive of PyTorch"));
        std::fs::write(file.path(), b"<\0\0\0ET12eh00").unwrap();
        assert!(described(&file, EngineKind::Torch).unwrap_err().hint.unwrap().contains("--engine executorch"));
    }

    #[test]
    fn what_is_no_program_of_executorch_is_refused() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        assert!(described(&file, EngineKind::ExecuTorch).unwrap_err().message.contains("empty"));
        file.write_all(b"<\0\0\0ET12eh00").unwrap();
        assert_eq!(described(&file, EngineKind::ExecuTorch).unwrap().format, "executorch");
        let fault = described(&archive(&["code/x"]), EngineKind::ExecuTorch).unwrap_err();
        assert!(fault.message.contains("no program of ExecuTorch"), "{fault:?}");
        assert!(describe("/nonexistent.pt", EngineKind::Torch).unwrap_err().message.contains("cannot be read"));
    }
}
