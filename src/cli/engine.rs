//! `nntop engine`: runtimes on this machine.

use super::Exit;
use super::exit::print_fault;
use super::host::HostArgs;
use super::output;
use super::values::duration;
use crate::headless::FetchBar;
use clap::{Args, Subcommand};
use nntop_agent::agent::install_fault;
use nntop_agent::installer::interpreter::Interpreter;
use nntop_agent::installer::{self, DataDir, Environment, Found, Progress, PythonInstall, Request, Runtime, Search};
use nntop_core::catalog::{self, EngineKind, PythonPackage, Source};
use nntop_core::event::{Fault, short_provider};
use nntop_core::program::{End, Program};
use nntop_core::unit::{Bytes, Nanos};
use nntop_engine::engine::{Probe, built_in, probe};
use nntop_results::report::layout::fit;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Shown below the help.
pub(super) const EXAMPLES: &str = "\
Examples:
  nntop engine list
  nntop engine install openvino
  nntop engine install onnxruntime==1.22.0
  nntop engine list --host user@board
  nntop engine install onnxruntime --wheel onnxruntime-1.22.0-cp312-cp312-manylinux_2_28_aarch64.whl";

/// What came of the command on a board, where one is named.
fn elsewhere(command: &EngineCommand) -> Result<Option<Result<Exit, Fault>>, Fault> {
    Ok(match command {
        EngineCommand::Install { wheel: Some(wheel), host, .. } if host.host.is_some() => {
            return Err(Fault::input(format!("--wheel {}: not with --host: it is not copied", wheel.display()))
                .hint("copy it to the board and run nntop engine install --wheel there"));
        }
        EngineCommand::List { host, .. } | EngineCommand::Install { host, .. } | EngineCommand::Remove { host, .. } => {
            host.forward()
        }
        EngineCommand::Probe { .. } => None,
    })
}

/// How long a library is asked where nothing else is said: loading one from a slow card takes seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Args)]
pub(super) struct EngineArgs {
    #[command(subcommand)]
    command: EngineCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum EngineCommand {
    /// List the runtimes on this machine: version, place, execution providers, devices, formats, profilers
    List {
        /// Also look at this library or folder
        #[arg(long, value_name = "PATH")]
        engine_path: Option<PathBuf>,
        /// Give up on a library that has not answered after this time
        #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
        timeout: Nanos,
        #[command(flatten)]
        host: HostArgs,
    },
    /// Install a runtime into nntop's data folder, with pip or from a wheel
    Install {
        /// NAME or NAME==VERSION: onnxruntime, onnxruntime-gpu, onnxruntime-openvino, openvino, litert, torch, executorch, quantizer (for nntop optimize)
        #[arg(value_name = "NAME[==VERSION]")]
        name: String,
        /// Install this wheel, for boards without a network
        #[arg(long, value_name = "FILE")]
        wheel: Option<PathBuf>,
        #[command(flatten)]
        host: HostArgs,
    },
    /// Remove a runtime that nntop installed
    Remove {
        /// NAME, or NAME==VERSION where several versions are installed
        #[arg(value_name = "NAME[==VERSION]")]
        name: String,
        #[command(flatten)]
        host: HostArgs,
    },
    /// Load a library and print what it says about itself as JSON
    #[command(hide = true)]
    Probe {
        /// As which engine's
        #[arg(long, value_name = "NAME")]
        engine: String,
        /// The library
        path: PathBuf,
    },
}

pub(super) fn run(args: &EngineArgs) -> Result<Exit, Fault> {
    if let Some(elsewhere) = elsewhere(&args.command)? {
        return elsewhere;
    }
    match &args.command {
        EngineCommand::List { engine_path, timeout, .. } => list(engine_path.as_deref(), (*timeout).into()),
        EngineCommand::Install { name, wheel, .. } => install(name, wheel.as_deref()),
        EngineCommand::Remove { name, .. } => remove(name),
        EngineCommand::Probe { engine, path } => {
            let kind =
                EngineKind::named(engine).ok_or_else(|| Fault::input(format!("no engine is called {engine:?}")))?;
            let said = probe(kind, path)?;
            print(&format!("{}\n", serde_json::to_string(&said).unwrap_or_default()))
        }
    }
}

/// The help of `--engine`.
pub(super) fn help() -> String {
    let default =
        |kind: EngineKind| Some(format!(".{} {kind}", kind.entry().formats.iter().find(|f| f.is_own)?.extension));
    let defaults = EngineKind::all().filter_map(default).collect::<Vec<_>>().join(", ");
    format!(
        "Engine, with ==VERSION to choose one: {}; all: every installed one that reads the file [default: by the file: {defaults}]",
        catalog::spellings()
    )
}

/// What is there, as lines: also part of `nntop doctor`.
pub(super) fn table(engine_path: Option<&Path>, limit: Duration) -> Result<String, Fault> {
    let mut text = String::new();
    each(engine_path, limit, &mut |entry| {
        text += entry;
        Ok(())
    })?;
    Ok(text)
}

/// Gives each runtime's lines to `print` when it has answered, and what is not there last. Interpreters are asked meanwhile:
/// one that starts slowly, or has no package of ours, keeps nobody waiting.
pub(super) fn each(
    engine_path: Option<&Path>,
    limit: Duration,
    print: &mut dyn FnMut(&str) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let environment = Environment::of_this_process();
    let data = DataDir::of(&environment).map_err(install_fault)?;
    std::thread::scope(|scope| {
        let python = |package: &'static PythonPackage| {
            installer::interpreter::find(package.name, None, &environment, Some(&data))
        };
        let packages = EngineKind::all().filter_map(|kind| Some((kind, kind.entry().source.python()?)));
        let asked: Vec<_> = packages.map(|(kind, package)| (kind, scope.spawn(move || python(package)))).collect();
        let (mut any, mut missing) = (false, String::new());
        let mut found = |entry: &str| {
            any = true;
            print(entry)
        };
        for runtime in Runtime::all() {
            // A path is one runtime's library: the others are looked for where they usually are.
            let given = engine_path.filter(|p| holds(runtime, p) || Runtime::all().all(|r| !holds(r, p)));
            let search = Search {
                runtime,
                engine_path: given,
                environment: &environment,
                data: Some(&data),
                package: None,
                version: None,
            };
            let all = search.all().map_err(install_fault)?;
            for (i, f) in all.iter().enumerate() {
                found(&entry(runtime, f, i == 0, limit))?;
            }
            if all.is_empty() {
                let command = installer::command_to_type(runtime.kind().name(), None);
                missing += &format!("{}: not installed ({command})\n", runtime.kind().title());
            }
        }
        for kind in EngineKind::all() {
            let Source::BuiltIn { feature: Some(feature) } = &kind.entry().source else { continue };
            match built_in(kind) {
                Some(said) => found(&built_in_entry(kind, &said))?,
                None => {
                    let reads = kind.entry().reads();
                    missing += &format!(
                        "{kind}, which reads {reads} in Rust alone, is not built in: cargo install nntop --features {feature}\n"
                    );
                }
            }
        }
        for (kind, answer) in asked {
            match answer.join().ok().flatten() {
                Some(interpreter) => found(&python_entry(kind, &interpreter, &data))?,
                None => {
                    let command = installer::command_to_type(kind.name(), None);
                    missing += &format!("{kind}: not installed ({command} fetches it and its packages)\n");
                }
            }
        }
        for (tool, purpose) in catalog::tools() {
            match installer::python_installs(tool.environment, &data).first() {
                Some(i) => {
                    let (name, version, path) = (tool.environment, &i.version, i.python.display());
                    found(&format!("  {name} {version:<8}  installed by nntop   {purpose}\n    {path}\n"))?;
                }
                None => {
                    let command = installer::command_to_type(tool.environment, None);
                    missing += &format!("{}, {purpose}: not installed ({command})\n", tool.environment);
                }
            }
        }
        if any {
            let with_providers = EngineKind::OnnxRuntime.title();
            print(&format!(
                "* = default (--engine-path or NAME==VERSION choose another); {with_providers}'s execution providers are those it was built with\n"
            ))?;
        }
        print(&missing)
    })
}

/// The interpreter that has a package, and what is run in it.
fn python_entry(kind: EngineKind, found: &Interpreter, data: &DataDir) -> String {
    let source = if found.path.starts_with(data.engines()) { "installed by nntop" } else { "python" };
    let (version, reads) = (&found.version, kind.entry().reads());
    format!(
        "* {kind} {version:<8}  {source:<18}  devices are listed when a model is loaded\n    reads {reads}, in a worker of Python's\n    {}\n",
        found.path.display()
    )
}

/// An engine that is part of this program.
fn built_in_entry(kind: EngineKind, said: &Probe) -> String {
    let (providers, entry) = (said.providers.join(", "), kind.entry());
    let (reads, profiles) = (entry.reads(), entry.profiles(&said.version));
    format!("* {kind} {:<8}  {:<18}  {providers}\n    reads {reads}; profiles {profiles}\n", said.version, "built in")
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
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(runtime.library().file))
}

/// One library: what it is, where it is from, what it can run on, read and profile, or why it cannot be used.
fn entry(runtime: Runtime, found: &Found, first: bool, limit: Duration) -> String {
    let mark = if first { '*' } else { ' ' };
    let name = found.package.as_deref().unwrap_or(runtime.kind().name());
    let (version, facts) = match ask(runtime, &found.path, limit) {
        Ok(said) => {
            let version =
                if said.version.is_empty() { found.version.clone().unwrap_or_default() } else { said.version };
            // Devices are shown as the engine spells them, execution providers as they are typed.
            let shown = |p: &String| if p.ends_with("ExecutionProvider") { short_provider(p) } else { p.clone() };
            let providers = said.providers.iter().map(shown).collect::<Vec<_>>().join(", ");
            let entry = runtime.kind().entry();
            let (reads, profiles) = (entry.reads(), entry.profiles(&version));
            (version, format!("{providers}\n    reads {reads}; profiles {profiles}"))
        }
        Err(why) => (found.version.clone().unwrap_or_default(), format!("cannot be used: {why}")),
    };
    let source = found.source.to_string();
    format!("{mark} {name} {version:<8}  {source:<18}  {facts}\n    {}\n", found.path.display())
}

/// Asks a library in a process of its own: a bad one must not take this one down.
fn ask(runtime: Runtime, path: &Path, limit: Duration) -> Result<Probe, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut command = Command::new(program);
    command.args(["engine", "probe", "--engine", runtime.kind().name()]).arg(path);
    let output = Program::new(command).limit(limit).output().map_err(|e| e.to_string())?;
    // A runtime may print lines of its own before.
    let said = output.text().lines().rev().find_map(|line| serde_json::from_str(line).ok());
    said.ok_or_else(|| {
        let said = String::from_utf8_lossy(&output.err);
        match (said.lines().find_map(|l| l.strip_prefix("error: ")), output.end) {
            (_, End::Late { limit, .. }) => format!("it did not answer within {} s (--timeout)", limit.as_secs_f64()),
            (Some(error), _) => error.to_owned(),
            (None, End::Exited(status)) => format!("it crashed the process ({status})"),
            (None, _) => "it prints without end".into(),
        }
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

fn list(engine_path: Option<&Path>, limit: Duration) -> Result<Exit, Fault> {
    let width = output::width(None);
    each(engine_path, limit, &mut |entry| output::print(&fit(entry, width)))?;
    Ok(Exit::Ok)
}

fn install(name: &str, wheel: Option<&Path>) -> Result<Exit, Fault> {
    let (engine, version) = match name.split_once("==") {
        Some((engine, version)) => (engine, Some(version.to_owned())),
        None => (name, None),
    };
    let environment = Environment::of_this_process();
    let data = DataDir::of(&environment).map_err(install_fault)?;
    let request = Request { engine: engine.into(), version, wheel: wheel.map(Path::to_path_buf) };
    if let Some(package) = catalog::python_package(engine) {
        if wheel.is_some() {
            return Err(Fault::input(format!("--wheel: {engine} needs more packages than its own"))
                .hint("install it into a Python of your own, and name that: --engine-path PYTHON"));
        }
        return match install_python(package, request.version.as_deref())? {
            Some(i) => print(&format!("{} {} is installed: {}\n", i.package, i.version, i.python.display())),
            None => Ok(interrupted(name)),
        };
    }
    stop_with_signals()?;
    let fetch = FetchBar::new();
    let installed = installer::install(&request, &environment, &data, &mut |p| show(&fetch, p));
    fetch.bar.finish_and_clear();
    if installed.is_err() && installer::is_stopped() {
        return Ok(interrupted(name));
    }
    let installed = installed.map_err(install_fault)?;
    let m = &installed.manifest;
    print(&format!("{} {} is installed: {}\n", m.name, m.version, installed.library.display()))
}

/// Ctrl-C ends pip, removes what it has fetched, and says so.
#[allow(unsafe_code, reason = "a signal handler")]
fn stop_with_signals() -> Result<(), Fault> {
    for signal in [SIGINT, SIGTERM] {
        // SAFETY: to store a flag is all that the handler does.
        let heard = unsafe { signal_hook::low_level::register(signal, installer::stop) };
        heard.map_err(|e| Fault::run(format!("cannot listen for signals: {e}")))?;
    }
    Ok(())
}

/// The end of an install that a signal has stopped.
pub(super) fn interrupted(name: &str) -> Exit {
    print_fault(&Fault::run(format!("interrupted: {name} is not installed; its partial download was removed")));
    Exit::Interrupted
}

/// Shows how far an install is.
fn show(fetch: &FetchBar, progress: Progress) {
    let show = |message: String, done: Bytes, total: Option<Bytes>| fetch.show(&message, done, total);
    match progress {
        Progress::Waiting => show("another nntop is installing".into(), Bytes(0), None),
        Progress::Asking { requirement } => show(format!("looking for {requirement}"), Bytes(0), None),
        Progress::Downloading { file, done, total } => show(file, done, total),
        Progress::Installing { done } => show("unpacking".into(), done, None),
        Progress::Unpacking { done, total } => show("unpacking and checking".into(), done, Some(total)),
    }
}

/// Installs a Python package into an environment of its own; `None` when a signal has stopped it.
///
/// # Errors
/// When it cannot be installed.
pub(super) fn install_python(
    package: &'static PythonPackage,
    version: Option<&str>,
) -> Result<Option<PythonInstall>, Fault> {
    let environment = Environment::of_this_process();
    let data = DataDir::of(&environment).map_err(install_fault)?;
    stop_with_signals()?;
    let fetch = FetchBar::new();
    if !fetch.bar.is_hidden() {
        fetch.bar.println(format!(
            "{} {}, up to {} of disk space while installing",
            package.environment, package.needs, package.space
        ));
    }
    let done = installer::install_python(package, version, &environment, &data, &mut |p| show(&fetch, p));
    fetch.bar.finish_and_clear();
    match done {
        Err(_) if installer::is_stopped() => Ok(None),
        done => done.map(Some).map_err(install_fault),
    }
}

fn print(text: &str) -> Result<Exit, Fault> {
    output::print(text).map(|()| Exit::Ok)
}
