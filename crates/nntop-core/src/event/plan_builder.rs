//! Plans made in code: what `nntop bench MODEL` does by default, changed one call at a time.

use super::{Bursts, Plan, Stop, Target, VariantSpec, Warmup};
use crate::catalog::{EngineId, EngineKind};
use crate::unit::Nanos;
use std::path::Path;

/// Measured time per variant where nothing else limits it.
pub const MEASURED: Nanos = Nanos::from_millis(10_000);

/// Measured time per variant after which waiting for a narrow interval ends, where nothing else limits it: ±1 % of blocks that
/// spread by 10 % takes two minutes in A/B.
pub const UNTIL_CI: Nanos = Nanos::from_millis(300_000);

/// How often the device is sampled.
pub const SAMPLE_EVERY: Nanos = Nanos::from_millis(1_000);

/// After how long without a sign of life a step is given up where nothing else is said: some execution providers compile a model
/// for a quarter of an hour when it is first loaded.
pub const TIMEOUT: Nanos = Nanos::from_millis(30 * 60_000);

impl Plan {
    /// A plan for one model: ten seconds of measured time after a warm-up until its latency is steady, then one profile of
    /// its operators. [`runs`](Self::runs), [`duration`](Self::duration) and [`until_ci`](Self::until_ci) replace the limit of
    /// ten seconds. A missing engine is an error; [`may_install`](Self::may_install) lets nntop fetch it.
    ///
    /// ```
    /// use nntop_core::event::{Plan, VariantSpec};
    ///
    /// let plan = Plan::of("a.onnx").variant(VariantSpec::of("a.onnx").engine("openvino")).runs(1_000);
    /// assert_eq!(plan.variants[0].engine.name(), "onnxruntime");
    /// assert_eq!(plan.variants[1].name, "a #2");
    /// ```
    pub fn of(variant: impl Into<VariantSpec>) -> Self {
        let plan = Self {
            stop: Stop { duration: Some(MEASURED), ..Stop::default() },
            sample_every: SAMPLE_EVERY,
            bursts: Bursts::AtEnd,
            timeout: TIMEOUT,
            ..Self::default()
        };
        plan.variant(variant)
    }

    /// Adds a variant: variants take turns and are compared with the first. A name that is taken gets a number.
    #[must_use]
    pub fn variant(mut self, variant: impl Into<VariantSpec>) -> Self {
        let mut variant = variant.into();
        let taken = |name: &str| self.variants.iter().any(|v| v.name == name);
        let name = variant.name.clone();
        let mut n = 1;
        while taken(&variant.name) {
            n += 1;
            variant.name = format!("{name} #{n}");
        }
        self.variants.push(variant);
        self
    }

    /// Measures this number of inferences of each variant, however long that takes.
    #[must_use]
    pub fn runs(self, inferences: u64) -> Self {
        self.stop(Stop { runs: Some(inferences), ..Stop::default() })
    }

    /// Measures each variant for so long.
    #[must_use]
    pub fn duration(self, time: Nanos) -> Self {
        self.stop(Stop { duration: Some(time), ..Stop::default() })
    }

    /// Measures until the 95 % interval of every median is `share` of it wide on either side (0.01 is ±1 %), for five minutes of
    /// measured time at most.
    #[must_use]
    pub fn until_ci(self, share: f64) -> Self {
        self.stop(Stop { until_ci: Some(share), duration: Some(UNTIL_CI), ..Stop::default() })
    }

    /// Ends each variant at the first of several limits; without any, only when the session is stopped.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Leaves this out at the start of each variant.
    #[must_use]
    pub fn warmup(mut self, warmup: Warmup) -> Self {
        self.warmup = warmup;
        self
    }

    /// Adds a target that every variant has to reach: `"p99<25ms".parse()`.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.targets.push(target);
        self
    }

    /// Measures all variants at once, under each other's load, instead of in turns.
    #[must_use]
    pub fn parallel(mut self) -> Self {
        self.parallel = true;
        self
    }

    /// Lets the machine rest first, so that its idle power is known.
    #[must_use]
    pub fn idle(mut self, time: Nanos) -> Self {
        self.idle = time;
        self
    }

    /// Profiles operators at other times than at the end.
    #[must_use]
    pub fn bursts(mut self, bursts: Bursts) -> Self {
        self.bursts = bursts;
        self
    }

    /// Fetches a missing engine with pip instead of failing.
    #[must_use]
    pub fn may_install(mut self) -> Self {
        self.may_install = true;
        self
    }
}

impl VariantSpec {
    /// A model file on the engine whose own format it is, named after the file. `synthetic:lognormal,median=2ms` is a synthetic
    /// engine without a file.
    pub fn of(model: impl Into<String>) -> Self {
        let model = model.into();
        let engine = EngineId::from(model.as_str());
        if engine.is(EngineKind::Synthetic) {
            return Self { name: engine.name().to_owned(), engine, model, ..Self::default() };
        }
        let path = Path::new(&model);
        let (name, engine) = (name_of(path), EngineKind::for_file(path).into());
        Self { name, engine, model, ..Self::default() }
    }

    /// Gives it a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Runs it on this engine: `onnxruntime`, `openvino==2026.4.1`.
    #[must_use]
    pub fn engine(mut self, engine: impl Into<EngineId>) -> Self {
        self.engine = engine.into();
        self
    }

    /// Threads for one operator.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = Some(threads);
        self
    }

    /// Samples per inference, where the model's first axis is free.
    #[must_use]
    pub fn batch(mut self, samples: u64) -> Self {
        self.options.batch = Some(samples);
        self
    }
}

impl From<&str> for VariantSpec {
    fn from(model: &str) -> Self {
        Self::of(model)
    }
}

impl From<String> for VariantSpec {
    fn from(model: String) -> Self {
        Self::of(model)
    }
}

impl From<&Path> for VariantSpec {
    fn from(model: &Path) -> Self {
        Self::of(model.display().to_string())
    }
}

/// What a model is called: its file's stem; its folder's name where the file is called `model.onnx`.
pub fn name_of(path: &Path) -> String {
    let text = |s: Option<&std::ffi::OsStr>| s.map(|s| s.to_string_lossy().into_owned());
    let stem = text(path.file_stem()).unwrap_or_else(|| path.display().to_string());
    match text(path.parent().and_then(Path::file_name)) {
        Some(folder) if stem == "model" && !folder.is_empty() => folder,
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_one_limit_unless_several_are_given() {
        let plan = Plan::of("a.onnx");
        assert_eq!(plan.stop, Stop { duration: Some(MEASURED), ..Stop::default() });
        assert_eq!(plan.clone().runs(7).stop, Stop { runs: Some(7), ..Stop::default() });
        let until = plan.clone().runs(7).until_ci(0.01).stop;
        assert_eq!((until.runs, until.duration, until.until_ci), (None, Some(UNTIL_CI), Some(0.01)));
        let both = Stop { runs: Some(7), duration: Some(MEASURED), until_ci: None };
        assert_eq!(plan.stop(both).stop, both);
    }

    #[test]
    fn a_variant_is_called_after_its_file_and_no_two_alike() {
        let plan = Plan::of("mnist-8/model.onnx").variant(Path::new("b.tflite")).variant("other/b.pte");
        let told: Vec<_> = plan.variants.iter().map(|v| (v.name.as_str(), v.engine.name())).collect();
        assert_eq!(told, [("mnist-8", "onnxruntime"), ("b", "litert"), ("b #2", "executorch")]);
        let synthetic = VariantSpec::of("synthetic:constant,median=1ms");
        assert_eq!(
            (synthetic.name.as_str(), synthetic.engine.to_string()),
            ("synthetic", "synthetic:constant,median=1ms".to_owned())
        );
    }
}
