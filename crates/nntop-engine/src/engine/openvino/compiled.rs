//! A model compiled for a device and for the shapes of its inputs.

use super::core::Core;
use super::properties::{READ_BACK, Wanted};
use super::sys::{CompiledModel, Model};
use crate::tensor::TensorSpec;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::sync::Arc;

/// A compiled model.
pub(super) struct Compiled {
    pub(super) core: Arc<Core>,
    pub(super) sys: Arc<CompiledModel>,
    pub(super) outputs: Vec<TensorSpec>,
    /// The shapes that it was compiled for.
    pub(super) shapes: Vec<Vec<u64>>,
}

impl Compiled {
    pub(super) fn new(
        core: &Arc<Core>,
        model: &Model,
        wanted: &Wanted,
        outputs: Vec<TensorSpec>,
        shapes: Vec<Vec<u64>>,
    ) -> Result<Self, String> {
        let text = |t: &str| CString::new(t).map_err(|e| e.to_string());
        let properties = wanted.properties.iter().map(|(key, value)| Ok((text(key)?, text(value)?)));
        let properties = properties.collect::<Result<Vec<_>, String>>()?;
        let compiled = CompiledModel::new(model, &text(&wanted.device)?, &properties)?;
        Ok(Self { core: Arc::clone(core), sys: Arc::new(compiled), outputs, shapes })
    }

    /// What it says that it was set to.
    pub(super) fn settings(&self, wanted: &Wanted) -> BTreeMap<String, String> {
        let asked = wanted.properties.iter().map(|(key, _)| key.as_str()).filter(|key| *key != "PERF_COUNT");
        let keys = READ_BACK.into_iter().chain(asked);
        let mut all: BTreeMap<String, String> =
            keys.filter_map(|key| Some((key.to_owned(), self.sys.property(key)?))).collect();
        let precision = wanted.asked("INFERENCE_PRECISION_HINT");
        // AUTO and HETERO do not say in which precision their devices compute: it is what was asked for, which they pass
        // on, or what the device itself would take.
        if let (false, Some(devices)) = (all.contains_key("INFERENCE_PRECISION_HINT"), all.get("EXECUTION_DEVICES")) {
            let first = devices.split([',', ' ']).next().unwrap_or_default().trim_matches(['(', ')']).to_owned();
            let own = || self.core.sys.property(&first, "INFERENCE_PRECISION_HINT");
            let found = precision.map(String::from).or_else(own);
            all.extend(found.map(|p| ("INFERENCE_PRECISION_HINT".to_owned(), p)));
        }
        all
    }
}
