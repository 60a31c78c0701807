//! Which library a variant's engine is loaded from: found, or fetched on the first run.

use crate::installer::{self, DataDir, Environment, InstallError, Progress, Request, Runtime, Search, Source};
use nntop_core::event::{Fault, Kind, VariantSpec, short_provider};
use nntop_core::unit::Bytes;
use std::path::Path;

/// What is to be found: `openvino`, `openvino==2025.4.1`, `onnxruntime-gpu`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    runtime: Runtime,
    /// As it was typed: the runtime, or a package of it.
    package: String,
    version: Option<String>,
    /// The package that brings the first execution provider of `--ep`, where another one was not typed.
    prefer: Option<&'static str>,
}

impl Wanted {
    /// `None` for engines that need no library.
    pub(super) fn of(spec: &VariantSpec) -> Option<Self> {
        let runtime = Runtime::of(spec.engine.kind()?)?;
        let package = spec.engine.package();
        let provider = spec.options.providers.first().filter(|_| package == spec.engine.name());
        let prefer = provider.and_then(|p| runtime.library().bringing(&short_provider(p))).map(|p| p.name);
        Some(Self { runtime, package: package.to_owned(), version: spec.engine.version().map(String::from), prefer })
    }

    /// What a person calls it: `ONNX Runtime`, `onnxruntime-gpu 1.31.1`.
    fn title(&self) -> String {
        let name = if self.package == self.runtime.kind().name() { self.runtime.kind().title() } else { &self.package };
        self.version.as_ref().map_or_else(|| name.to_owned(), |v| format!("{name} {v}"))
    }
}

/// The library of the runtime. Blocks: it may start Python and pip.
///
/// `given` is `--engine-path`; `file` says whether the model is worth a runtime, before one is fetched; `say` gets progress as events.
pub(super) fn resolve(
    environment: &Environment,
    wanted: &Wanted,
    given: Option<&str>,
    may_install: bool,
    file: &dyn Fn() -> Result<(), Fault>,
    say: &dyn Fn(Kind),
) -> Result<String, Fault> {
    let data = DataDir::of(environment).map_err(fault)?;
    let search = Search {
        runtime: wanted.runtime,
        engine_path: given.map(Path::new),
        environment,
        data: Some(&data),
        package: Some(wanted.package.as_str()).filter(|p| *p != wanted.runtime.kind().name()),
        version: wanted.version.as_deref(),
    };
    if let Some(found) = search.first().map_err(fault)? {
        // Of nntop's own installs the one that has the provider.
        let fitting = Search { package: wanted.prefer, ..search };
        let better = (wanted.prefer.is_some() && found.source == Source::Install).then(|| fitting.first()).transpose();
        let found = better.map_err(fault)?.flatten().filter(|b| b.source == Source::Install).unwrap_or(found);
        return Ok(found.path.display().to_string());
    }
    file()?;
    let wanted =
        &Wanted { package: wanted.prefer.map_or_else(|| wanted.package.clone(), String::from), ..wanted.clone() };
    let title = wanted.title();
    if !may_install {
        return Err(Fault::input(format!("no {title} is installed, and --offline forbids downloading one"))
            .hint(installer::command_to_type(&wanted.package, wanted.version.as_deref())));
    }
    let default = Runtime::package(&wanted.package).and_then(|(_, package)| Runtime::default_version(package));
    let what = match (&wanted.version, default) {
        (None, Some(version)) => format!("fetching {title} {version}"),
        _ => format!("fetching {title}"),
    };
    let progress = |what: &str, done, total, finished| {
        say(Kind::Progress { what: what.to_owned(), done, total, finished });
    };
    progress(&what, Bytes(0), None, false);
    let request = Request { version: wanted.version.clone(), ..Request::new(wanted.package.clone()) };
    let installed = installer::install(&request, environment, &data, &mut |p| match p {
        Progress::Waiting => progress(&format!("another nntop fetches {title}"), Bytes(0), None, false),
        Progress::Asking { .. } | Progress::Installing { .. } => progress(&what, Bytes(0), None, false),
        Progress::Downloading { done, total, .. } => progress(&what, done, total, false),
        Progress::Unpacking { done, total } => progress("unpacking and checking it", done, Some(total), false),
    });
    progress(&what, Bytes(0), None, true);
    installed.map(|i| i.library.display().to_string()).map_err(fault)
}

/// Where an execution provider that compiles for minutes may keep what it has made.
pub(super) fn cache(environment: &Environment, spec: &VariantSpec) -> Option<String> {
    let compiles = |p: &String| ["tensorrt", "trt"].contains(&short_provider(p).as_str());
    let wanted = spec.options.providers.iter().any(compiles);
    wanted.then(|| Some(DataDir::of(environment).ok()?.cache().display().to_string())).flatten()
}

/// An installer's error as a fault: whose move it is, and what to do.
pub fn fault(e: InstallError) -> Fault {
    let fault = if e.is_input() { Fault::input(e.to_string()) } else { Fault::run(e.to_string()) };
    fault.maybe_hint(e.hint())
}
