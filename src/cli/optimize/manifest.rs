//! `optimize.json` beside the variants: what was done, and which files of the folder are nntop's own.

use crate::cli::overwrite;
use crate::optimize::{InputSource, Samples, Wanted, Written};
use nntop_core::event::Fault;
use nntop_core::new_file;
use serde_json::{Value, json};
use std::path::Path;

const NAME: &str = "optimize.json";
const SCHEMA: &str = "nntop.optimize/1";

/// What the original is called beside its variants.
pub(super) const ORIGINAL: &str = "original";

/// What was done.
pub(super) struct Manifest(Value);

impl Manifest {
    pub(super) fn new(model: &Path, samples: &Samples, wanted: &[Wanted], written: &Written) -> Self {
        let fed = match &samples.fed {
            InputSource::Random(seed) => json!({"random": {"seed": seed, "count": samples.count}}),
            InputSource::Examples { dataset, count, total, set_aside, seed, preprocessing } => {
                json!({"dataset": dataset, "count": count, "total": total, "set_aside": set_aside,
                       "evaluated": if *set_aside > 0 { total - set_aside } else { 0 }, "seed": seed,
                       "preprocessing": preprocessing})
            }
            InputSource::File(path) => json!({"file": path, "count": samples.count}),
        };
        let variants: Vec<Value> = written
            .variants
            .iter()
            .map(|variant| {
                let mut value = json!(variant);
                let steps = wanted.iter().find(|w| w.name == variant.name).map(|w| &w.steps);
                value["steps"] = json!(steps);
                value
            })
            .collect();
        Self(json!({
            "schema": SCHEMA,
            "nntop": env!("CARGO_PKG_VERSION"),
            "model": model,
            "original": written.original,
            "calibration": fed,
            "variants": variants,
            "refused": written.refused,
            "layers": written.layers,
        }))
    }

    pub(super) fn to_json(&self) -> String {
        format!("{:#}\n", self.0)
    }

    pub(super) fn save(&self, folder: &Path) -> Result<(), Fault> {
        let path = folder.join(NAME);
        overwrite::check(&path)?;
        new_file::write(&path, self.to_json().as_bytes())
            .map_err(|e| Fault::run(format!("{}: cannot be written: {e}", path.display())))
    }

    /// The files that earlier runs have written into this folder.
    pub(super) fn files(folder: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(folder.join(NAME)).unwrap_or_default();
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let own = value["schema"] == SCHEMA;
        let files = value["variants"].as_array().into_iter().flatten().filter(|_| own);
        files.filter_map(|v| v["file"].as_str().map(str::to_owned)).collect()
    }
}
