//! The engines that a worker can open: those of the catalogue, and those that a program brings itself.

use super::Model;
use super::{Engine, describe, open};
use crate::graph::Shapes;
use crate::sha256::sha256_hex;
use nntop_core::event::{Accuracy, Evaluation, Fault, ModelInfo, VariantSpec};
use nntop_core::unit::Bytes;
use std::fs::File;
use std::path::Path;

/// An engine of your own: how a plan names it, what its model files are, and how it is opened.
///
/// It is opened in the worker, a process that runs one model. What a plan puts behind the name and a colon
/// (`my-engine:fast`) is in [`EngineId::argument`](nntop_core::catalog::EngineId::argument) of the spec's engine.
pub trait EngineFactory {
    /// What a plan calls it. The name of an engine of nntop's own replaces that one.
    fn name(&self) -> &str;

    /// What the model file says about itself, read in a process of its own before the model is loaded. By default its size
    /// and its SHA-256, with the ending of its name as the format.
    ///
    /// # Errors
    /// When the file cannot be used: why, and what to do.
    fn describe(&self, spec: &VariantSpec) -> Result<ModelInfo, Fault> {
        let path = Path::new(&spec.model);
        let unreadable = |e: std::io::Error| Fault::input(format!("{}: cannot be read: {e}", spec.model));
        let file = File::open(path).map_err(unreadable)?;
        let size = Bytes(file.metadata().map_err(unreadable)?.len());
        let format = path.extension().map_or_else(|| "unknown".into(), |e| e.to_string_lossy().to_ascii_lowercase());
        let sha256 = sha256_hex(file).map_err(unreadable)?;
        Ok(ModelInfo { path: spec.model.clone(), sha256, format, size, ..ModelInfo::default() })
    }

    /// Opens the engine.
    ///
    /// # Errors
    /// When it cannot run here, or does not take what is set in `spec`.
    fn open(&self, spec: &VariantSpec) -> Result<Box<dyn Engine>, Fault>;
}

/// Evaluates a loaded model on a labelled data set; takes in the figures until now, and at the end those of all examples.
pub type Evaluator = fn(&dyn Model, &VariantSpec, &Evaluation, &mut dyn FnMut(Accuracy)) -> Result<(), Fault>;

/// The engines that a worker knows.
#[derive(Default)]
pub struct Engines {
    own: Vec<Box<dyn EngineFactory>>,
}

impl Engines {
    /// Those that nntop comes with.
    pub fn standard() -> Self {
        Self::default()
    }

    /// One more.
    #[must_use]
    pub fn with(mut self, factory: impl EngineFactory + 'static) -> Self {
        self.own.push(Box::new(factory));
        self
    }

    /// The names of those that the program brought.
    pub fn own_names(&self) -> impl Iterator<Item = &str> {
        self.own.iter().map(|factory| factory.name())
    }

    /// Opens the engine that `spec` names.
    ///
    /// # Errors
    /// When there is no such engine, it does not take what is set, or its library cannot be loaded.
    pub fn open(&self, spec: &VariantSpec) -> Result<Box<dyn Engine>, Fault> {
        self.of(spec).map_or_else(|| open(spec), |factory| factory.open(spec))
    }

    /// What the model file of `spec` says about itself. `shapes` are those that its inputs will have.
    ///
    /// # Errors
    /// When the file is no model that the engine could load, is damaged, or lacks a part of itself.
    pub fn describe(&self, spec: &VariantSpec, shapes: &Shapes<'_>) -> Result<ModelInfo, Fault> {
        self.of(spec).map_or_else(|| describe(spec, shapes), |factory| factory.describe(spec))
    }

    /// The last that was added counts.
    fn of(&self, spec: &VariantSpec) -> Option<&dyn EngineFactory> {
        self.own.iter().rev().find(|factory| factory.name() == spec.engine.name()).map(|factory| &**factory)
    }
}

impl std::fmt::Debug for Engines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.own_names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Pace, Synthetic};

    struct Mine;

    impl EngineFactory for Mine {
        fn name(&self) -> &str {
            "mine"
        }

        fn open(&self, spec: &VariantSpec) -> Result<Box<dyn Engine>, Fault> {
            let median = spec.engine.argument().unwrap_or("1ms");
            Ok(Box::new(Synthetic::parse(&format!("synthetic:constant,median={median}"), Pace::Real)?))
        }
    }

    #[test]
    fn an_engine_of_ones_own_is_opened_by_its_name_and_the_others_remain() {
        let engines = Engines::standard().with(Mine);
        let spec = |engine: &str| VariantSpec { engine: engine.into(), ..VariantSpec::default() };
        assert!(engines.open(&spec("mine:2ms")).is_ok());
        assert!(engines.open(&spec("synthetic:constant")).is_ok());
        let unknown = engines.open(&spec("others")).err().unwrap();
        assert!(unknown.message.contains("\"others\"") && unknown.hint.unwrap().contains("onnxruntime"));
        assert!(Engines::standard().open(&spec("mine")).is_err());
    }

    #[test]
    fn its_model_file_has_a_size_and_a_sum() {
        let file = tempfile::Builder::new().suffix(".NET").tempfile().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let engines = Engines::standard().with(Mine);
        let spec = |model: &Path| VariantSpec {
            engine: "mine".into(),
            model: model.display().to_string(),
            ..VariantSpec::default()
        };
        let info = engines.describe(&spec(file.path()), &|_| None).unwrap();
        assert_eq!((info.format.as_str(), info.size, &info.sha256[..8]), ("net", Bytes(3), "ba7816bf"));
        assert!(
            engines
                .describe(&spec(Path::new("/nonexistent.net")), &|_| None)
                .unwrap_err()
                .message
                .contains("cannot be read")
        );
    }
}
