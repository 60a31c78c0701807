//! A variant among all that are reported, and how it is called there.

use crate::result::{RunResult, VariantResult};

/// A result and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// What tells it from others: its file's name.
    pub name: String,
    /// The result.
    pub result: RunResult,
}

/// A variant of one of the results.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    /// Its run.
    pub(super) run: &'a RunResult,
    /// Itself.
    pub(super) variant: &'a VariantResult,
    /// Its name, told apart from those of other runs.
    pub(super) label: String,
}

/// What computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The CPUs.
    Processor,
    /// A GPU.
    Gpu,
}

/// All variants of all results, in their order.
pub(super) fn rows(sources: &[Source]) -> Vec<Row<'_>> {
    let all = || sources.iter().flat_map(|s| s.result.variants.iter().map(move |v| (s, v)));
    let label = |source: &Source, name: &str| match all().filter(|(_, v)| v.name == name).count() {
        0 | 1 => name.to_owned(),
        _ => format!("{name} ({})", source.name),
    };
    let mut rows: Vec<Row> =
        all().map(|(s, variant)| Row { run: &s.result, variant, label: label(s, &variant.name) }).collect();
    // Files of one name in several folders.
    for i in 1..rows.len() {
        let (wished, mut n) = (rows[i].label.clone(), 1);
        while rows[..i].iter().any(|row| row.label == rows[i].label) {
            n += 1;
            rows[i].label = format!("{wished} #{n}");
        }
    }
    rows
}

impl Row<'_> {
    /// The machine's board, else its processor, else its name.
    pub(super) fn device(&self) -> String {
        let host = &self.run.host;
        let known = [&host.board, &host.cpu_model].into_iter().flatten().map(|text| text.trim());
        let mut known = known.filter(|text| !text.is_empty());
        known.next().map_or_else(|| host.name.clone(), str::to_owned)
    }

    /// `onnxruntime 1.31.1`.
    pub(super) fn engine(&self) -> String {
        let engine = &self.variant.engine;
        format!("{} {}", engine.name, engine.version.as_deref().unwrap_or_default()).trim().to_owned()
    }

    /// What its first execution provider computes on; `None` where that is neither processor nor GPU.
    pub(super) fn place(&self) -> Option<Place> {
        let first = self.variant.engine.providers.first().map(|p| p.to_ascii_lowercase());
        match first.as_deref() {
            None | Some("cpu" | "xnnpack" | "acl" | "onednn" | "openvino" | "synthetic") => Some(Place::Processor),
            Some("cuda" | "tensorrt" | "nvrtx" | "rocm" | "migraphx" | "webgpu" | "gpu") => Some(Place::Gpu),
            Some(_) => None,
        }
    }

    /// Whether `other` was measured in the same run.
    pub(super) fn beside(&self, other: &Self) -> bool {
        std::ptr::eq(self.run, other.run)
    }
}
