//! `nntop engine`: runtimes on this machine.

use super::args::EngineCommand;
use super::{Exit, exit};
use crate::agent::install_fault;
use crate::engine::{Probe, probe};
use crate::event::Fault;
use crate::installer::{self, DataDir, Environment, Progress, Request, Search};
use crate::unit::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

pub(super) fn run(command: &EngineCommand) -> Result<Exit, Fault> {
    match command {
        EngineCommand::List { engine_path } => list(engine_path.as_deref()),
        EngineCommand::Install { name, wheel } => install(name, wheel.as_deref()),
        EngineCommand::Probe { path } => {
            let said = probe(path)?;
            print(&format!("{}\n", serde_json::to_string(&said).unwrap_or_default()))
        }
    }
}

/// What is there, as lines: also part of `nntop doctor`.
pub(super) fn table(engine_path: Option<&Path>) -> Result<String, Fault> {
    let environment = Environment::of_this_process();
    let data = DataDir::of(&environment).map_err(install_fault)?;
    let search = Search { engine_path, environment: &environment, data: Some(&data) };
    let found = search.all().map_err(install_fault)?;
    if found.is_empty() {
        return Ok(format!("no ONNX Runtime found; {} fetches it\n", installer::command_to_type("onnxruntime", None)));
    }
    let mut text = String::new();
    for (i, f) in found.iter().enumerate() {
        let mark = if i == 0 { '*' } else { ' ' };
        let name = f.package.as_deref().unwrap_or("onnxruntime");
        match ask(&f.path) {
            Ok(said) => {
                let providers: Vec<String> =
                    said.providers.iter().map(|p| p.trim_end_matches("ExecutionProvider").to_lowercase()).collect();
                text += &format!("{mark} {name} {:<8}  {:<18}  {}\n", said.version, f.source, providers.join(", "));
            }
            Err(why) => text += &format!("{mark} {name} {:<8}  {:<18}  cannot be used: {why}\n", "", f.source),
        }
        text += &format!("    {}\n", f.path.display());
    }
    text += "* is used unless --engine-path names another; providers are those the library was built with\n";
    Ok(text)
}

/// Asks a library in a process of its own: a bad one must not take this one down.
fn ask(path: &Path) -> Result<Probe, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let output = Command::new(program)
        .args(["engine", "probe"])
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| e.to_string())?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        said.lines().next().map_or_else(|| output.status.to_string(), |l| l.trim_start_matches("error: ").to_owned())
    })
}

fn list(engine_path: Option<&Path>) -> Result<Exit, Fault> {
    print(&table(engine_path)?)
}

fn install(name: &str, wheel: Option<&Path>) -> Result<Exit, Fault> {
    let (engine, version) = match name.split_once("==") {
        Some((engine, version)) => (engine, Some(version.to_owned())),
        None => (name, None),
    };
    let environment = Environment::of_this_process();
    let data = DataDir::of(&environment).map_err(install_fault)?;
    let request = Request { engine: engine.into(), version, wheel: wheel.map(Path::to_path_buf) };
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template(" {msg} {bar:30} {binary_bytes}/{binary_total_bytes} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
    let show = |message: String, done: Bytes, total: Option<Bytes>| {
        bar.set_message(message);
        bar.set_length(total.unwrap_or(done).0);
        bar.set_position(done.0);
    };
    let installed = installer::install(&request, &environment, &data, &mut |p| match p {
        Progress::Waiting => show("another nntop is installing".into(), Bytes(0), None),
        Progress::Asking { requirement } => show(format!("looking for {requirement}"), Bytes(0), None),
        Progress::Downloading { file, done, total } => show(file, done, total),
        Progress::Unpacking { done, total } => show("unpacking and checking".into(), done, Some(total)),
    });
    bar.finish_and_clear();
    let installed = installed.map_err(install_fault)?;
    let m = &installed.manifest;
    print(&format!("{} {} is installed: {}\n", m.name, m.version, installed.library.display()))
}

fn print(text: &str) -> Result<Exit, Fault> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Fault::run(format!("cannot print: {e}"))),
        _ => Ok(exit::Exit::Ok),
    }
}
