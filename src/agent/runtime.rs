//! Which library a variant's engine is loaded from: found, or fetched on the first run.

use crate::event::{Fault, Kind};
use crate::installer::{self, DataDir, Environment, InstallError, Progress, Request, Search};
use crate::unit::Bytes;
use std::path::Path;

/// The library for ONNX Runtime. Blocks: it may start Python and pip.
///
/// `given` is `--engine-path`; `say` gets progress as events.
pub(super) fn resolve(
    environment: &Environment,
    given: Option<&str>,
    may_install: bool,
    say: &dyn Fn(Kind),
) -> Result<String, Fault> {
    let data = DataDir::of(environment).map_err(fault)?;
    let search = Search { engine_path: given.map(Path::new), environment, data: Some(&data) };
    if let Some(found) = search.first().map_err(fault)? {
        return Ok(found.path.display().to_string());
    }
    if !may_install {
        return Err(Fault::input("no ONNX Runtime is installed, and --offline forbids to fetch one")
            .hint(installer::command_to_type("onnxruntime", None)));
    }
    let what = format!("fetching ONNX Runtime {}", installer::DEFAULT_ORT_VERSION);
    let progress = |what: &str, done, total, finished| {
        say(Kind::Progress { what: what.to_owned(), done, total, finished });
    };
    progress(&what, Bytes(0), None, false);
    let installed = installer::install(&Request::new("onnxruntime"), environment, &data, &mut |p| match p {
        Progress::Waiting => progress("another nntop fetches ONNX Runtime", Bytes(0), None, false),
        Progress::Asking { .. } => progress(&what, Bytes(0), None, false),
        Progress::Downloading { done, total, .. } => progress(&what, done, total, false),
        Progress::Unpacking { done, total } => progress("unpacking and checking it", done, Some(total), false),
    });
    progress(&what, Bytes(0), None, true);
    installed.map(|i| i.library.display().to_string()).map_err(fault)
}

/// An installer's error as a fault: whose move it is, and what to do.
pub fn fault(e: InstallError) -> Fault {
    let fault = if e.is_input() { Fault::input(e.to_string()) } else { Fault::run(e.to_string()) };
    fault.maybe_hint(e.hint())
}
