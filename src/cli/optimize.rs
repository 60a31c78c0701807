//! `nntop optimize`: writes variants of a model and compares them with it: quantized, pruned, fused, in half precision.

mod args;
mod gains;
mod manifest;
mod text;
mod tools;

pub(super) use args::OptimizeArgs;

use super::exit::print_fault;
use super::formats::Format;
use super::model_spec::{MOST, variants};
use super::names::split_name;
use super::output::{Output, deliver, note};
use super::report::Folder;
use super::result_format::ResultFormat;
use super::screen::ScreenArgs;
use super::{Exit, bench, dataset_input, history, live, overwrite, run};
use crate::optimize::{self, Failed, Samples, Staging, Wanted, Written};
use manifest::{Manifest, ORIGINAL};
use nntop_core::event::{Evaluation, Fault, VariantSpec};
use nntop_engine::graph;
use nntop_results::report;
use nntop_results::result::RunResult;
use serde_json::json;
use signal_hook::iterator::Signals;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// Samples on which the outputs of a variant are held against the original's, at most.
const PROBED: usize = 64;

pub(super) fn run(args: &OptimizeArgs) -> Result<Exit, Fault> {
    let signals = run::signals()?;
    let model = only_model(args)?;
    let stem = model.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let wanted = optimize::wanted(&args.settings()?, &stem);
    if wanted.is_empty() && !args.propose_exclusions {
        return Err(Fault::input("nntop optimize: nothing is asked for")
            .hint("name what to do: --quantize int8, --prune 0.5, --fp16, --fuse, or --all"));
    }
    check_places(args, &model, &wanted)?;
    let output = args.output.as_deref().map(Output::open).transpose()?;
    let staging = Staging::below(&args.save_dir)?;
    let samples = samples(args, &model, &staging)?;
    args.say(&text::fed(&samples, args.run.accuracy.dataset.is_some()));
    let Some(interpreter) = tools::interpreter(args.run.offline)? else { return Ok(Exit::Interrupted) };
    let signals = RefCell::new(signals);
    let written = match write(args, &model, &wanted, &samples, &staging, &interpreter, &signals) {
        Ok(written) => written,
        Err(Failed::Stopped) => {
            print_fault(&Fault::run("interrupted: no variant is written"));
            return Ok(Exit::Interrupted);
        }
        Err(failed) => return Err(tools::fault(failed, &model, &interpreter)),
    };
    let manifest = Manifest::new(&model, &samples, &wanted, &written);
    place(args, &staging, &written, &manifest)?;
    drop(staging);
    for refused in &written.refused {
        note(&text::refused(refused));
    }
    if written.variants.is_empty() && !wanted.is_empty() {
        return Err(Fault::input(format!("{}: no variant could be written", model.display()))
            .maybe_hint(written.refused.iter().find_map(|r| r.hint.clone())));
    }
    if args.write_only || written.variants.is_empty() {
        let json = ResultFormat::choose(args.format, args.output.as_deref()) == ResultFormat::Json;
        let shown = if json { manifest.to_json() } else { text::written(&written, args) };
        return deliver(output, &shown).map(|()| Exit::Ok);
    }
    let mut args = args.clone();
    args.run.accuracy.leave_out = samples.set_aside();
    compare(&args, &model, &written, output, signals.into_inner())
}

/// The one model, an ONNX file.
fn only_model(args: &OptimizeArgs) -> Result<PathBuf, Fault> {
    let [model] = &args.run.model[..] else {
        return Err(Fault::input(format!("nntop optimize takes one model; {} given", args.run.model.len()))
            .hint("nntop optimize net.onnx --quantize int8 --save-dir out"));
    };
    let path = Path::new(split_name(model).1).to_owned();
    if !path.is_file() {
        return Err(Fault::input(format!("{}: there is no such file", path.display()))
            .hint("settings are options here: --threads 2, not net.onnx,threads=2"));
    }
    tools::check_format(&path)?;
    Ok(path)
}

/// Nothing is replaced that an earlier run has not written.
fn check_places(args: &OptimizeArgs, model: &Path, wanted: &[Wanted]) -> Result<(), Fault> {
    let own = Manifest::files(&args.save_dir);
    for file in wanted.iter().map(|wanted| &wanted.file) {
        let path = args.save_dir.join(file);
        if path.canonicalize().is_ok_and(|there| model.canonicalize().is_ok_and(|model| model == there)) {
            return Err(Fault::input(format!("{}: a variant would replace the original", path.display()))
                .hint("name another folder with --save-dir"));
        }
        if !own.contains(file) {
            overwrite::check(&path)?;
        }
    }
    Ok(())
}

/// What the tools are fed with.
fn samples(args: &OptimizeArgs, model: &Path, staging: &Staging) -> Result<Samples, Fault> {
    let mut wish = args.run.clone();
    wish.model = vec![model.display().to_string()];
    let spec: VariantSpec = variants(&wish, MOST)?.variants.swap_remove(0);
    let file =
        graph::read(model).map_err(|e| Fault::input(format!("{}: {e}", model.display())).maybe_hint(e.hint()))?;
    let examples = args.run.accuracy.dataset.as_deref().map(|dataset| Evaluation {
        dataset: dataset.display().to_string(),
        preprocess: args.run.accuracy.preprocess.clone(),
        seed: spec.options.seed,
        max_errors: args.run.accuracy.max_errors,
        ..Evaluation::default()
    });
    let most = usize::try_from(args.calibration_samples).unwrap_or(usize::MAX);
    Samples::write(&file, &spec, examples.as_ref(), most, &staging.path().join("samples"))
}

/// Lets the tools write the variants into the staging folder.
fn write(
    args: &OptimizeArgs,
    model: &Path,
    wanted: &[Wanted],
    samples: &Samples,
    staging: &Staging,
    interpreter: &Path,
    signals: &RefCell<Signals>,
) -> Result<Written, Failed> {
    let rank = args.propose_exclusions.then(|| args.ranking());
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let staging = absolute(staging.path());
    let request = json!({
        "model": absolute(model),
        "folder": staging.join("out"),
        "work": staging.join("work"),
        "samples": absolute(&samples.folder),
        "inputs": samples.inputs,
        "count": samples.count,
        "probe": PROBED,
        "exclude": args.exclude,
        "variants": wanted,
        "rank": rank,
    });
    let progress = tools::Talk::new(args.quiet);
    let stop = || signals.borrow_mut().pending().next().is_some();
    optimize::run(interpreter, &request, &mut |heard| progress.show(&heard), &stop)
}

/// Moves the variants to their places.
fn place(args: &OptimizeArgs, staging: &Staging, written: &Written, manifest: &Manifest) -> Result<(), Fault> {
    for variant in &written.variants {
        let to = args.save_dir.join(&variant.file);
        std::fs::rename(staging.path().join("out").join(&variant.file), &to)
            .map_err(|e| Fault::run(format!("{}: cannot be written: {e}", to.display())))?;
        args.say(&format!("written: {}", to.display()));
    }
    if written.variants.is_empty() { Ok(()) } else { manifest.save(&args.save_dir) }
}

/// Measures the original and its variants in turns.
fn compare(
    args: &OptimizeArgs,
    model: &Path,
    written: &Written,
    output: Option<Output<'_>>,
    signals: Signals,
) -> Result<Exit, Fault> {
    let mut wish = args.run.clone();
    let named = |(name, path): (&str, PathBuf)| format!("{name}:{}", path.display());
    let own = written.variants.iter().map(|v| (v.name.as_str(), args.save_dir.join(&v.file)));
    wish.model = std::iter::once((ORIGINAL, model.to_owned())).chain(own).map(named).collect();
    if args.live {
        drop(signals);
        let screen = ScreenArgs { output: args.output.clone(), look: args.look.clone() };
        return live::run(&wish, &screen);
    }
    let wish = dataset_input::with_dataset(&wish)?;
    let plan = run::plan(&wish, false)?;
    let folder = Folder::make(&args.save_dir, args.report_format)?;
    let mut finished = run::measure(&plan, &wish, args.quiet, signals)?;
    let result: &mut RunResult = &mut finished.result;
    let format = ResultFormat::choose(args.format, args.output.as_deref());
    // In text the files' figures have a table of their own.
    let in_words = (format == ResultFormat::Text).then(|| text::compared(result, written, args));
    gains::add(result, written);
    history::keep(&args.run.history, result);
    folder.save(result)?;
    let shown = in_words.unwrap_or_else(|| format.write(result, report::compared, args.output.as_deref()));
    deliver(output, &shown)?;
    Ok(bench::gate(run::verdict(&finished), &finished.result, args.strict))
}
