//! `nntop profile`: where a model's time goes, as a table and as files.

use super::dataset::{self, Found};
use super::flame::{fault, open, subject};
use super::formats::Format;
use super::heading;
use super::output::{self, Output, deliver, note};
use super::run_args::RunArgs;
use super::{Exit, history, overwrite, run};
use clap::{Args, ValueEnum};
use nntop_core::event::Fault;
use nntop_core::settings::Setting;
use nntop_core::unit::Nanos;
use nntop_results::report::layout::UNLIMITED;
use nntop_results::report::ops::{self, Subject};
use nntop_state::{State, Variant};
use nntop_trace::op_trace::{OpProfile, ProfileFile, SCHEMA, Titled};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  nntop profile squeezenet.onnx                  tables by type and by operator
  nntop profile squeezenet.onnx -o flame.svg     a flame graph
  nntop profile fp32:a.onnx int8:b.onnx          two models, and how they differ
  nntop profile net.onnx --save-dir profile      every format
  nntop profile --import trace.json              a profile of another tool";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ProfileArgs {
    #[command(flatten)]
    run: RunArgs,
    /// A profile that another tool wrote, instead of a model (repeatable: two are compared)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "models", "one", "host"], help_heading = heading::MEASURE)]
    import: Vec<PathBuf>,
    /// The model, as an option
    #[arg(long = "model", value_name = "MODEL", help_heading = heading::MEASURE, hide_short_help = true)]
    one: Vec<String>,
    /// The same as --ep cuda
    #[arg(long, conflicts_with = "ep", help_heading = heading::ENGINE, hide_short_help = true)]
    use_cuda: bool,
    /// For scripts that name one: a model is always profiled by its runtime's own profiler
    #[arg(long, value_name = "NAME", default_value = "auto", help_heading = heading::ENGINE, hide_short_help = true)]
    profiler: Profiler,
    /// Operators in the table, the most expensive first; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20, help_heading = heading::OUTPUT)]
    top: usize,
    /// Write the profile to this file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = heading::OUTPUT, display_order = 1)]
    output: Option<PathBuf>,
    /// Format of the profile [default: by the ending of -o, else text]
    #[arg(long, value_name = "FORMAT", help_heading = heading::OUTPUT, display_order = 2)]
    format: Option<ProfileFormat>,
    /// Write the profile in every format into this folder (created if missing)
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT, display_order = 3)]
    save_dir: Option<PathBuf>,
    /// Print no progress
    #[arg(short, long, help_heading = heading::OUTPUT)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Profiler {
    /// The runtime's own
    Auto,
    /// ONNX Runtime's
    Onnxruntime,
    /// PyTorch's, for PyTorch models
    Torch,
    /// A sampler of Python code, for PyTorch models
    Pyinstrument,
    /// Python's own, for PyTorch models
    Cprofile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProfileFormat {
    /// Tables by type and by operator
    Text,
    /// Schema nntop.profile/1
    Json,
    /// Every row, for a spreadsheet
    Csv,
    /// The ten most expensive operators, and all types
    Markdown,
    /// Folded stacks
    Folded,
    /// For https://ui.perfetto.dev and chrome://tracing
    Chrome,
    /// For https://www.speedscope.app
    Speedscope,
    /// A flame graph; of two profiles their difference
    Svg,
}

impl Format for ProfileFormat {
    const ENDINGS: &'static [(&'static str, Self)] = &[
        ("json", Self::Json),
        ("csv", Self::Csv),
        ("md", Self::Markdown),
        ("markdown", Self::Markdown),
        ("folded", Self::Folded),
        ("trace.json", Self::Chrome),
        ("speedscope.json", Self::Speedscope),
        ("svg", Self::Svg),
    ];
    const DEFAULT: Self = Self::Text;
}

/// A profile and the name that its files begin with.
struct Named {
    name: String,
    titled: Titled,
}

pub(super) fn run(args: &ProfileArgs) -> Result<Exit, Fault> {
    let output = args.output.as_deref().map(Output::open).transpose()?.map(|output| output.quiet(args.quiet));
    if let Some(dir) = &args.save_dir {
        std::fs::create_dir_all(dir).map_err(|e| {
            Fault::input(format!("--save-dir {}: cannot be made: {e}", dir.display()))
                .hint("name a folder that you may write to")
        })?;
    }
    let (found, exit) = if args.import.is_empty() { measured(args)? } else { (imported(&args.import)?, Exit::Ok) };
    if found.is_empty() {
        return Ok(exit);
    }
    if let Some(dir) = &args.save_dir {
        save(dir, &found, args.top)?;
    }
    let format = ProfileFormat::choose(args.format, args.output.as_deref());
    let text = printed(format, &found, args.top, output::width(args.output.as_deref()))?;
    deliver(output, &text)?;
    Ok(exit)
}

fn imported(files: &[PathBuf]) -> Result<Vec<Named>, Fault> {
    let mut found: Vec<Named> = Vec::new();
    for path in files {
        let titled = open(path)?;
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        found.push(Named { name: distinct(&found, &file_name(&stem)), titled });
    }
    Ok(found)
}

/// Measures the models with a profiling burst at the end, each beside its own clean figures.
fn measured(args: &ProfileArgs) -> Result<(Vec<Named>, Exit), Fault> {
    let signals = run::signals()?;
    let wish = wish(args)?;
    let plan = run::plan(&wish, false)?;
    let mut finished = run::measure(&plan, &wish, args.quiet, signals)?;
    history::keep(&wish.history, &mut finished.result);
    let exit = run::verdict(&finished);
    let mut found: Vec<Named> = Vec::new();
    for v in &finished.state.variants {
        match &v.ops.latest {
            Some(profile) => {
                let titled = Titled { title: title(v), overhead: v.profiling_overhead(), profile: profile.clone() };
                found.push(Named { name: distinct(&found, &file_name(&v.spec.name)), titled });
            }
            None if exit == Exit::Ok => {
                let why = v.ops.absent.as_deref().unwrap_or("the run ended without one");
                return Err(Fault::run(format!("{}: no operator profile: {why}", v.spec.name)));
            }
            None => {}
        }
    }
    Ok((found, exit))
}

/// The options in the words of `bench`.
fn wish(args: &ProfileArgs) -> Result<RunArgs, Fault> {
    let mut wish = args.run.clone();
    wish.model.extend(args.one.iter().cloned());
    if args.use_cuda {
        wish.settings.set(Setting::Providers, "cuda");
    }
    // Its inputs; a profile has no accuracy.
    if let Some(dir) = wish.accuracy.dataset.take() {
        wish.settings.set(Setting::Input, dataset(&dir)?.display().to_string());
    }
    if matches!(args.profiler, Profiler::Torch | Profiler::Pyinstrument | Profiler::Cprofile) {
        note("note: --profiler names a profiler of Python code; the model is profiled by its runtime's own");
    }
    Ok(wish)
}

/// What of a data set can be an input.
fn dataset(dir: &Path) -> Result<PathBuf, Fault> {
    match dataset::look(dir)? {
        Found::Input(path) => Ok(path),
        Found::Others(_) => Err(Fault::input(format!("--dataset {}: no image, no input_0.pb, no .npz and no .npy file in it", dir.display()))
            .hint("leave --dataset out for random inputs, or name a folder with .jpg or .png files, or with one array: numpy.save(\"data/x.npy\", x)")),
    }
}

/// `squeezenet · onnxruntime 1.31.1 · cpu · batch 1`.
fn title(v: &Variant) -> String {
    let mut parts = vec![v.spec.name.clone()];
    if let Some(engine) = v.ready.as_ref().map(|r| &r.engine) {
        parts.push(format!("{} {}", engine.name, engine.version).trim().to_owned());
        parts.extend((!engine.providers.is_empty()).then(|| engine.providers.join("+")));
        parts.extend(engine.threads.map(|n| format!("{n} thread{}", if n == 1 { "" } else { "s" })));
    }
    parts.push(format!("batch {}", v.batch()));
    parts.join(" · ")
}

/// The flame graph of what was profiled last; of two variants their difference.
pub(super) fn flame_of(state: &State) -> Result<String, String> {
    let profiled = || state.variants.iter().filter_map(|v| Some((title(v), v.ops.latest.as_ref()?, v.ops.at)));
    let titled: Vec<_> = profiled().collect();
    let of = |(title, profile, _): &'_ (String, &OpProfile, Nanos)| (title.clone(), OpProfile::clone(profile));
    let svg = match &titled[..] {
        [] => return Err("no operator profile yet: press p".into()),
        [a, b] => {
            let (a, b) = (of(a), of(b));
            ops::differential(
                Subject { title: &a.0, profile: &a.1, overhead: None },
                Subject { title: &b.0, profile: &b.1, overhead: None },
            )
        }
        many => {
            let newest = many.iter().max_by_key(|(_, _, at)| *at).map(of).unwrap_or_default();
            ops::flame(Subject { title: &newest.0, profile: &newest.1, overhead: None })
        }
    };
    svg.map_err(|e| e.to_string())
}

fn printed(format: ProfileFormat, found: &[Named], top: usize, width: usize) -> Result<String, Fault> {
    let subjects: Vec<Subject> = found.iter().map(|n| subject(&n.titled)).collect();
    let each = |one: fn(Subject) -> String| subjects.iter().map(|of| one(*of)).collect::<String>();
    Ok(match (format, &subjects[..]) {
        (ProfileFormat::Text, _) => tables(&subjects, top, width),
        (ProfileFormat::Json, _) => json(found)?,
        (ProfileFormat::Csv, _) => each(ops::csv),
        (ProfileFormat::Markdown, _) => ops::markdown(&subjects),
        (ProfileFormat::Folded, [before, after]) => ops::folded_difference(*before, *after),
        (ProfileFormat::Folded, _) => each(ops::folded),
        (ProfileFormat::Chrome, _) => ops::chrome(&subjects),
        (ProfileFormat::Speedscope, _) => ops::speedscope(&subjects),
        (ProfileFormat::Svg, [before, after]) => {
            ops::differential(*before, *after).map_err(|e| fault(e, Path::new(after.title)))?
        }
        (ProfileFormat::Svg, _) => ops::flame(subjects[0]).map_err(|e| fault(e, Path::new(subjects[0].title)))?,
    })
}

fn tables(subjects: &[Subject], top: usize, width: usize) -> String {
    let mut text = subjects.iter().map(|of| ops::text(*of, top, width)).collect::<Vec<_>>().join("\n");
    if let [before, after] = subjects {
        text.push('\n');
        text.push_str(&ops::compared(*before, *after, top, width));
    }
    text
}

fn json(found: &[Named]) -> Result<String, Fault> {
    let file = ProfileFile {
        schema: SCHEMA.into(),
        nntop: env!("CARGO_PKG_VERSION").into(),
        profiles: found.iter().map(|n| n.titled.clone()).collect(),
    };
    let text =
        serde_json::to_string(&file).map_err(|e| Fault::run(format!("the profile cannot be written as JSON: {e}")))?;
    Ok(text + "\n")
}

/// Every format of every profile, and for two their difference.
fn save(dir: &Path, found: &[Named], top: usize) -> Result<(), Fault> {
    for one in found {
        let of = subject(&one.titled);
        let alone = std::slice::from_ref(one);
        let write = |ending: &str, text: &str| file(&dir.join(format!("{}.{ending}", one.name)), text);
        write("ops.txt", &ops::text(of, top, UNLIMITED))?;
        write("ops.json", &json(alone)?)?;
        write("ops.csv", &ops::csv(of))?;
        write("ops.md", &ops::markdown(&[of]))?;
        write("folded", &ops::folded(of))?;
        write("trace.json", &ops::chrome(&[of]))?;
        write("speedscope.json", &ops::speedscope(&[of]))?;
        write("flame.svg", &ops::flame(of).map_err(|e| fault(e, Path::new(&one.name)))?)?;
    }
    if let [before, after] = found {
        let svg = ops::differential(subject(&before.titled), subject(&after.titled));
        let path = dir.join(format!("{}-{}.flame.svg", before.name, after.name));
        file(&path, &svg.map_err(|e| fault(e, &path))?)?;
        let table = ops::compared(subject(&before.titled), subject(&after.titled), 0, UNLIMITED);
        file(&dir.join(format!("{}-{}.ops.txt", before.name, after.name)), &table)?;
    }
    Ok(())
}

fn file(path: &Path, text: &str) -> Result<(), Fault> {
    overwrite::check(path)?;
    nntop_core::new_file::write(path, text.as_bytes()).map_err(|e| {
        Fault::input(format!("{}: cannot be written: {e}", path.display())).hint("name another folder with --save-dir")
    })?;
    output::written(path);
    Ok(())
}

/// A name that is one file's on every system.
fn file_name(name: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+') { c } else { '_' };
    let name: String = name.chars().map(kept).take(80).collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "profile".into() } else { name.into() }
}

/// The name with a number, where another has it already.
fn distinct(found: &[Named], name: &str) -> String {
    let taken = |name: &str| found.iter().any(|other| other.name == name);
    let numbered = || (2..).map(|n| format!("{name}_{n}"));
    std::iter::once(name.to_owned()).chain(numbered()).find(|name| !taken(name)).unwrap_or_default()
}
