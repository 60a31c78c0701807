//! `--engine all`: the same model on every engine of this machine that reads its format.

use nntop_agent::agent::install_fault;
use nntop_agent::installer::{self, DataDir, Environment, Runtime, Search, interpreter};
use nntop_core::catalog::{EngineKind, Source};
use nntop_core::event::{Fault, VariantSpec};
use nntop_engine::engine::built_in;
use std::path::Path;

/// What asks for it, in the place of an engine's name.
pub(super) const ALL: &str = "all";

/// An engine that was found: its name, what tells it from others, and its library or interpreter.
struct Installed {
    engine: EngineKind,
    title: String,
    /// Absent for what is part of this program.
    library: Option<String>,
}

/// Each variant that asks for all engines once for each of them; the others as they are.
///
/// # Errors
/// When there is no engine for a model.
pub(super) fn expand(specs: Vec<VariantSpec>) -> Result<Vec<VariantSpec>, Fault> {
    if specs.iter().all(|spec| spec.engine.name() != ALL) {
        return Ok(specs);
    }
    let environment = Environment::of_this_process();
    let data = DataDir::of(&environment).map_err(install_fault)?;
    let mut all = Vec::new();
    for spec in specs {
        if spec.engine.name() != ALL {
            all.push(spec);
            continue;
        }
        let found = installed(&spec.model, &environment, &data)?;
        if found.is_empty() {
            let engine = EngineKind::for_file(Path::new(&spec.model));
            return Err(Fault::input(format!("{}: no engine on this machine reads it", spec.model))
                .hint(installer::command_to_type(engine.name(), None)));
        }
        for Installed { engine, title, library } in found {
            let mut one = spec.clone();
            (one.name, one.engine, one.options.library) = (format!("{} {title}", spec.name), engine.into(), library);
            all.push(one);
        }
    }
    Ok(all)
}

/// The engines for a file, the one whose own format it is first.
fn installed(model: &str, environment: &Environment, data: &DataDir) -> Result<Vec<Installed>, Fault> {
    let mut all = Vec::new();
    for engine in EngineKind::readers(Path::new(model)) {
        if let Source::Python(package) = &engine.entry().source {
            let found = interpreter::find(package.name, None, environment, Some(data));
            all.extend(found.map(|found| Installed {
                engine,
                title: format!("{engine} {}", found.version),
                library: Some(found.path.display().to_string()),
            }));
        }
        if let Some(said) = built_in(engine) {
            all.push(Installed { engine, title: format!("{engine} {}", said.version), library: None });
        }
        let Some(runtime) = Runtime::of(engine) else { continue };
        let search = Search { runtime, engine_path: None, environment, data: Some(data), package: None, version: None };
        for found in search.all().map_err(install_fault)? {
            let name = found.package.as_deref().unwrap_or(engine.name());
            let title = found.version.as_ref().map_or_else(|| name.to_owned(), |version| format!("{name} {version}"));
            all.push(Installed { engine, title, library: Some(found.path.display().to_string()) });
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_that_name_their_engine_stay_as_they_are() {
        let spec = VariantSpec { engine: "openvino".into(), name: "a".into(), ..VariantSpec::default() };
        assert_eq!(expand(vec![spec.clone()]).unwrap(), [spec]);
    }
}
