//! What outputs are held against: saved ones, or those of a model that runs first, on the same examples.

use crate::cli::bench::BenchArgs;
use crate::cli::model_spec::variants;
use crate::cli::run_args::RunArgs;
use crate::cli::{Exit, run};
use nntop_core::event::{Bursts, Fault, Plan, Reference, Stop, VariantSpec, Warmup};
use nntop_core::unit::Nanos;
use nntop_results::result::VariantResult;
use std::path::Path;
use tempfile::TempDir;

/// The outputs of a reference, in a file that goes with this where it was made for it.
pub(super) struct Outputs {
    name: String,
    file: String,
    _made_in: Option<TempDir>,
}

impl Outputs {
    /// Of what `--reference` names; the exit where its model could not be run, which has been reported then.
    pub(super) fn of(given: &str, bench: &BenchArgs) -> Result<Result<Self, Exit>, Fault> {
        if is_saved(given) {
            if !Path::new(given).is_file() {
                return Err(Fault::input(format!("--reference {given}: no such file")).hint("check the path"));
            }
            return Ok(Ok(Self { name: given.to_owned(), file: given.to_owned(), _made_in: None }));
        }
        Self::made_by(model(given, &bench.run)?, bench)
    }

    /// Runs a model over the examples and keeps its outputs.
    pub(super) fn made_by(mut spec: VariantSpec, bench: &BenchArgs) -> Result<Result<Self, Exit>, Fault> {
        if bench.run.host.host.is_some() {
            return Err(Fault::input("--reference: a model cannot be the reference with --host")
                .hint("save its outputs as .npz on the board and name that file"));
        }
        let failed = |e: std::io::Error| Fault::run(format!("a folder for the reference's outputs: {e}"));
        let folder = tempfile::Builder::new().prefix("nntop-reference-").tempdir().map_err(failed)?;
        let file = folder.path().join("outputs").display().to_string();
        let mut evaluation = bench.run.accuracy.unlabelled(&spec);
        evaluation.outputs = Some(file.clone());
        evaluation.predictions = None;
        spec.evaluation = Some(Box::new(evaluation));
        let name = spec.name.clone();
        Ok(evaluated(spec, bench)?.map(|_| Self { name, file, _made_in: Some(folder) }))
    }

    pub(super) fn reference(&self) -> Reference {
        Reference { name: self.name.clone(), outputs: self.file.clone(), ..Reference::default() }
    }
}

/// Whether it is a file of outputs and not a model.
pub(super) fn is_saved(given: &str) -> bool {
    Path::new(given).extension().is_some_and(|e| e.eq_ignore_ascii_case("npz") || e.eq_ignore_ascii_case("npy"))
}

/// The one model that a text names, with the options of the command line.
pub(super) fn model(given: &str, args: &RunArgs) -> Result<VariantSpec, Fault> {
    let args = RunArgs { model: vec![given.to_owned()], models: None, ..args.clone() };
    let mut all = variants(&args, 1)?.variants;
    all.pop().ok_or_else(|| Fault::input(format!("--reference {given}: no model")))
}

/// Evaluates a model and measures nothing: the result's only variant, or the exit where it could not be run.
pub(super) fn evaluated(spec: VariantSpec, bench: &BenchArgs) -> Result<Result<VariantResult, Exit>, Fault> {
    // Of the same options, and nothing that is to be done once: no recording, no metric of a command.
    let args = RunArgs {
        model: Vec::new(),
        models: None,
        record: None,
        metrics: Default::default(),
        target: Vec::new(),
        require_ep: false,
        ..bench.run.clone()
    };
    let plan = Plan {
        stop: Stop { runs: Some(1), ..Stop::default() },
        warmup: Warmup { runs: 0, duration: Nanos::ZERO, steady: false },
        bursts: Bursts::OnDemand,
        ..run::plan_for(vec![spec], &args, false)?
    };
    let mut finished = run::measure(&plan, &args, bench.quiet, run::signals()?)?;
    Ok(match run::verdict(&finished) {
        Exit::Ok => finished.result.variants.pop().ok_or(Exit::Failed),
        exit => Err(exit),
    })
}
