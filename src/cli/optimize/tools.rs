//! The Python that has ONNX Runtime's tools, and what to say where there is none, or where it cannot help.

use crate::cli::engine;
use crate::cli::output::note;
use crate::optimize::{Failed, Heard};
use indicatif::{ProgressBar, ProgressStyle};
use nntop_agent::installer::{self, DataDir, Environment, interpreter};
use nntop_core::catalog::{self, EngineKind};
use nntop_core::event::Fault;
use nntop_core::program::{Program, python};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Importing all of it takes seconds from a slow card.
const PATIENCE: Duration = Duration::from_secs(120);

/// The interpreter: nntop's own environment, else one of the user's that has all of it, else it is installed. `None` when a signal
/// has stopped that.
///
/// # Errors
/// When it may not be fetched, or cannot be.
pub(super) fn interpreter(offline: bool) -> Result<Option<PathBuf>, Fault> {
    let tool = catalog::quantizer();
    let environment = Environment::of_this_process();
    let data = DataDir::of(&environment).ok();
    if let Some(own) =
        data.as_ref().and_then(|data| installer::python_installs(tool.environment, data).into_iter().next())
    {
        return Ok(Some(own.python));
    }
    for path in interpreter::candidates(tool.name, &environment, None) {
        let Ok(found) = interpreter::ask(&path, tool.name) else { continue };
        if python::code(&found.path, tool.try_out)
            .and_then(|command| Program::new(command).limit(PATIENCE).output())
            .is_ok_and(|said| said.end.is_success())
        {
            return Ok(Some(found.path));
        }
    }
    let command = installer::command_to_type(tool.environment, None);
    if offline {
        return Err(Fault::input(format!("no Python on this machine has what {} takes", tool.environment))
            .hint(format!("leave --offline out, or install it first: {command}")));
    }
    match engine::install_python(tool, None)? {
        Some(installed) => Ok(Some(installed.python)),
        None => {
            engine::interrupted(tool.environment);
            Ok(None)
        }
    }
}

/// Refuses files that are no ONNX models, with the tool that is for them.
pub(super) fn check_format(path: &Path) -> Result<(), Fault> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let kind = EngineKind::for_file(path);
    let hint = match ending.as_str() {
        "tflite" => "the package ai-edge-quantizer quantizes .tflite files; then: nntop compare a.tflite b.tflite",
        "xml" => "the package nncf quantizes OpenVINO's models; then: nntop compare a.xml b.xml",
        "ort" => "name the .onnx file that it was made from",
        _ if kind != EngineKind::OnnxRuntime => "export it to ONNX first, with torch.onnx.export for PyTorch's models",
        _ => return Ok(()),
    };
    Err(Fault::input(format!("{}: nntop optimize takes ONNX models, not .{ending}", path.display())).hint(hint))
}

/// What to say of a failure.
pub(super) fn fault(failed: Failed, model: &Path, interpreter: &Path) -> Fault {
    let tool = catalog::quantizer().environment;
    match failed {
        Failed::Stopped => Fault::run("interrupted"),
        Failed::Model(reason, hint) => Fault::input(format!("{}: {reason}", model.display())).maybe_hint(hint),
        Failed::Tools(why) => {
            Fault::run(format!("the tools in {} broke down: {why}", interpreter.display())).hint(format!(
                "if they cannot be loaded, make them anew: nntop engine remove {tool}; {}",
                installer::command_to_type(tool, None)
            ))
        }
    }
}

/// Shows how far the tools are: a line that changes on a terminal, elsewhere one for each thing that is done.
pub(super) struct Talk {
    bar: ProgressBar,
    said: RefCell<String>,
    quiet: bool,
}

impl Talk {
    pub(super) fn new(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        if let Ok(style) = ProgressStyle::with_template(" {spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar, said: RefCell::default(), quiet }
    }

    pub(super) fn show(&self, heard: &Heard) {
        let what = format!("{}: {}", heard.variant, heard.text);
        if self.bar.is_hidden() {
            if !self.quiet && *self.said.borrow() != what {
                note(&what);
            }
        } else {
            self.bar.set_message(format!("{what} ({} of {})", heard.done + 1, heard.total));
        }
        *self.said.borrow_mut() = what;
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
