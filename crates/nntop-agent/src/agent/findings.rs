//! What a profiling burst left: the runtime's files, read and removed on a thread that may block.

use nntop_core::event::line::read_line;
use nntop_core::event::{Found, ModelNode, OpProfile};
use nntop_trace::op_trace::{self, onnxruntime};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Reads what a burst left and empties the folder. For a thread that may block. `nodes` are the model file's own.
///
/// # Errors
/// A sentence: why there is no profile.
pub(super) fn read(folder: &Path, found: Found, nodes: &[ModelNode]) -> Result<OpProfile, String> {
    let mut profile = read_found(folder, found)?;
    op_trace::flops::of_model(&mut profile, nodes);
    Ok(profile)
}

fn read_found(folder: &Path, found: Found) -> Result<OpProfile, String> {
    match found {
        Found::Rows(profile) => Ok(profile),
        Found::Nothing(reason) => Err(reason),
        Found::Files { skip } => {
            let read = files(folder).and_then(|files| read_files(&files, skip));
            // Whatever else the runtime left there goes, too.
            files(folder).into_iter().flatten().for_each(|path| drop(std::fs::remove_file(path)));
            read
        }
    }
}

/// A file per inference, or one of a whole session whose first inferences do not count.
fn read_files(files: &[PathBuf], skip: u64) -> Result<OpProfile, String> {
    if files.is_empty() {
        return Err("the runtime wrote no profile".into());
    }
    let read = |path: &PathBuf| match skip {
        // Told by content: ONNX Runtime's own, or what PyTorch's profiler writes.
        0 => op_trace::open(path).map(|titled| titled.profile).map_err(|e| e.to_string()),
        _ => File::open(path)
            .map_err(|e| format!("{}: cannot be read: {e}", path.display()))
            .and_then(|file| onnxruntime::read(later_runs(file, skip)).map_err(|e| e.to_string())),
    };
    let profile = op_trace::merge(files.iter().map(read).collect::<Result<Vec<_>, _>>()?);
    if profile.executed_ops().next().is_none() {
        return Err("the runtime's profile holds no operator".into());
    }
    Ok(profile)
}

/// A session's profile without its first `skip` inferences. Each ends with its `model_run` event, one event a line.
fn later_runs(file: impl Read, skip: u64) -> impl Read {
    let mut reader = BufReader::new(file);
    let (mut line, mut ended) = (Vec::new(), 0);
    while ended < skip && matches!(read_line(&mut reader, &mut line), Ok(1..)) {
        const RUN: &[u8] = b"\"model_run\"";
        ended += u64::from(line.windows(RUN.len()).any(|part| part == RUN));
    }
    b"[\n".chain(reader)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: cannot be read: {e}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort_unstable();
    Ok(files)
}
