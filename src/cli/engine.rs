//! `nntop engine`: runtimes on this machine.

use super::args::EngineCommand;
use super::{Exit, exit};
use indicatif::{ProgressBar, ProgressStyle};
use nntop_agent::agent::install_fault;
use nntop_agent::installer::{self, DataDir, Environment, Found, Progress, Request, Runtime, Search};
use nntop_core::event::{Fault, short_provider};
use nntop_core::unit::Bytes;
use nntop_engine::engine::{Probe, built_in, formats, probe, profiling};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

pub(super) fn run(command: &EngineCommand) -> Result<Exit, Fault> {
    match command {
        EngineCommand::List { engine_path } => list(engine_path.as_deref()),
        EngineCommand::Install { name, wheel } => install(name, wheel.as_deref()),
        EngineCommand::Remove { name } => remove(name),
        EngineCommand::Probe { engine, path } => {
            let said = probe(engine, path)?;
            print(&format!("{}\n", serde_json::to_string(&said).unwrap_or_default()))
        }
    }
}

/// What is there, as lines: also part of `nntop doctor`.
pub(super) fn table(engine_path: Option<&Path>) -> Result<String, Fault> {
    let environment = Environment::of_this_process();
    let data = DataDir::of(&environment).map_err(install_fault)?;
    let mut text = String::new();
    let mut missing = String::new();
    for runtime in Runtime::ALL {
        // A path is one runtime's library: the others are looked for where they usually are.
        let given = engine_path.filter(|p| holds(runtime, p) || Runtime::ALL.iter().all(|r| !holds(*r, p)));
        let search = Search {
            runtime,
            engine_path: given,
            environment: &environment,
            data: Some(&data),
            package: None,
            version: None,
        };
        let found = search.all().map_err(install_fault)?;
        for (i, f) in found.iter().enumerate() {
            text += &entry(runtime, f, i == 0);
        }
        if found.is_empty() {
            let command = installer::command_to_type(runtime.name(), None);
            missing += &format!("  no {} found; {command} fetches it\n", runtime.title());
        }
    }
    for package in installer::PYTHON_PACKAGES {
        match python_entry(package, &environment, &data) {
            Some(entry) => text += &entry,
            None => {
                missing +=
                    &format!("no {package} found; nntop engine install {package} fetches it, with all that it needs\n")
            }
        }
    }
    match built_in() {
        Some(said) => {
            text += &format!(
                "* tract {:<8}  {:<18}  {}\n    reads .onnx in floating point; profiles operators, within the running session\n",
                said.version,
                "built in",
                said.providers.join(", ")
            )
        }
        None => missing += "tract, ONNX in Rust alone, is not built in: cargo install nntop --features tract\n",
    }
    if !text.is_empty() {
        text += "* is used unless --engine-path or NAME==VERSION names another; ONNX Runtime's execution providers are those it was built with\n";
    }
    Ok(missing.lines().fold(text, |text, line| format!("{text}{}\n", line.trim_start())))
}

/// The interpreter that has a package, and what is run in it.
fn python_entry(package: &str, environment: &Environment, data: &DataDir) -> Option<String> {
    let found = installer::interpreter::find(package, None, environment, Some(data))?;
    let (source, reads) = match (found.path.starts_with(data.engines()), package) {
        (true, "torch") => ("installed by nntop", ".pt, .pt2"),
        (false, "torch") => ("python", ".pt, .pt2"),
        (true, _) => ("installed by nntop", ".pte"),
        (false, _) => ("python", ".pte"),
    };
    let version = &found.version;
    Some(format!(
        "* {package} {version:<8}  {source:<18}  devices are asked when a model is loaded\n    reads {reads}, in a worker of Python's\n    {}\n",
        found.path.display()
    ))
}

/// Whether a path that a person names is this runtime's library, or a folder with it.
fn holds(runtime: Runtime, path: &Path) -> bool {
    if path.is_dir() {
        let environment = Environment::default();
        let search = Search {
            runtime,
            engine_path: Some(path),
            environment: &environment,
            data: None,
            package: None,
            version: None,
        };
        return search.first().is_ok_and(|found| found.is_some());
    }
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(runtime.library()))
}

/// One library: what it is, where it is from, what it can run on, read and profile, or why it cannot be used.
fn entry(runtime: Runtime, found: &Found, first: bool) -> String {
    let mark = if first { '*' } else { ' ' };
    let name = found.package.as_deref().unwrap_or(runtime.name());
    let (version, facts) = match ask(runtime, &found.path) {
        Ok(said) => {
            let version =
                if said.version.is_empty() { found.version.clone().unwrap_or_default() } else { said.version };
            let providers = said.providers.iter().map(|p| match runtime {
                Runtime::OnnxRuntime => short_provider(p),
                _ => p.clone(),
            });
            let providers = providers.collect::<Vec<_>>().join(", ");
            let profiles = profiling(runtime.name(), &version);
            (version, format!("{providers}\n    reads {}; profiles {profiles}", formats(runtime.name())))
        }
        Err(why) => (found.version.clone().unwrap_or_default(), format!("cannot be used: {why}")),
    };
    let source = found.source.to_string();
    format!("{mark} {name} {version:<8}  {source:<18}  {facts}\n    {}\n", found.path.display())
}

/// Asks a library in a process of its own: a bad one must not take this one down.
fn ask(runtime: Runtime, path: &Path) -> Result<Probe, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let output = Command::new(program)
        .args(["engine", "probe", "--engine", runtime.name()])
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| e.to_string())?;
    // A runtime may print lines of its own before.
    let printed = String::from_utf8_lossy(&output.stdout);
    let said = printed.lines().rev().find_map(|line| serde_json::from_str(line).ok());
    said.ok_or_else(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        let error = said.lines().find_map(|l| l.strip_prefix("error: "));
        error.map_or_else(|| format!("it took the process down ({})", output.status), str::to_owned)
    })
}

fn remove(name: &str) -> Result<Exit, Fault> {
    let (engine, version) = match name.split_once("==") {
        Some((engine, version)) => (engine, Some(version)),
        None => (name, None),
    };
    let data = DataDir::of(&Environment::of_this_process()).map_err(install_fault)?;
    let (what, folder) = installer::remove(engine, version, &data).map_err(install_fault)?;
    print(&format!("{what} is removed: {}\n", folder.display()))
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
    // Ctrl-C ends pip, removes what it has fetched, and says so.
    for signal in [SIGINT, SIGTERM] {
        // SAFETY: to store a flag is all that the handler does.
        let heard = unsafe { signal_hook::low_level::register(signal, installer::stop) };
        heard.map_err(|e| Fault::run(format!("cannot listen for signals: {e}")))?;
    }
    let interrupted = || {
        exit::say(&Fault::run(format!("interrupted: {name} is not installed, and what was fetched of it is removed")));
        Ok(Exit::Interrupted)
    };
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template(" {msg} {bar:30} {binary_bytes}/{binary_total_bytes} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
    let show = |message: String, done: Bytes, total: Option<Bytes>| {
        bar.set_message(message);
        bar.set_length(total.unwrap_or(done).0);
        bar.set_position(done.0);
    };
    let mut each = |p| match p {
        Progress::Waiting => show("another nntop is installing".into(), Bytes(0), None),
        Progress::Asking { requirement } => show(format!("looking for {requirement}"), Bytes(0), None),
        Progress::Downloading { file, done, total } => show(file, done, total),
        Progress::Installing { done } => show("unpacking".into(), done, None),
        Progress::Unpacking { done, total } => show("unpacking and checking".into(), done, Some(total)),
    };
    if installer::PYTHON_PACKAGES.contains(&engine) {
        if wheel.is_some() {
            return Err(Fault::input(format!("--wheel: {engine} needs more packages than its own"))
                .hint("install it into a Python of your own, and name that: --engine-path PYTHON"));
        }
        if !bar.is_hidden() {
            bar.println(format!("{engine} needs PyTorch, which PyPI has built for CUDA, with CUDA's packages: some 3 GB to fetch, {} on the disk meanwhile", installer::PYTHON_SPACE));
        }
        let done = installer::install_python(engine, request.version.as_deref(), &environment, &data, &mut each);
        bar.finish_and_clear();
        if done.is_err() && installer::is_stopped() {
            return interrupted();
        }
        let i = done.map_err(install_fault)?;
        return print(&format!("{} {} is installed: {}\n", i.package, i.version, i.python.display()));
    }
    let installed = installer::install(&request, &environment, &data, &mut each);
    bar.finish_and_clear();
    if installed.is_err() && installer::is_stopped() {
        return interrupted();
    }
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
