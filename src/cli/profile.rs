//! `nntop profile`: where a model's time goes, as a table and as files.

use super::args::RunArgs;
use super::dataset::{self, Found};
use super::flame::{fault, open, say, subject};
use super::output::{Output, print};
use super::{Exit, history, run};
use clap::{Args, ValueEnum};
use nntop_core::event::Fault;
use nntop_core::unit::Nanos;
use nntop_results::report::ops::{self, Subject};
use nntop_results::state::{State, Variant};
use nntop_trace::op_trace::{OpProfile, ProfileFile, SCHEMA, Titled};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Args)]
pub(super) struct ProfileArgs {
    #[command(flatten)]
    run: RunArgs,
    /// The model, as an option
    #[arg(long = "model", value_name = "MODEL")]
    one: Vec<String>,
    /// A profile that something else wrote, instead of a model (repeatable: two are compared)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "models", "one"])]
    import: Vec<PathBuf>,
    /// Write all files into this folder, which is made
    #[arg(long, value_name = "DIR")]
    save_dir: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ProfileFormat,
    /// Write what would be printed to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Operators in the table, dearest first; 0 is all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Inputs from this folder: input_0.pb ..., or a single .npy or .npz file
    #[arg(long, value_name = "DIR", conflicts_with = "input")]
    dataset: Option<PathBuf>,
    /// The same as --ep cuda
    #[arg(long, conflicts_with = "ep")]
    use_cuda: bool,
    /// Who profiles; an .onnx model always has its runtime's own profiler, which the other names stand for
    #[arg(long, value_name = "NAME", default_value = "auto")]
    profiler: Profiler,
    /// No progress on stderr
    #[arg(short, long)]
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
    /// The ten dearest operators and all types
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

/// A profile and the name that its files begin with.
struct Named {
    name: String,
    titled: Titled,
}

pub(super) fn run(args: &ProfileArgs) -> Result<Exit, Fault> {
    let output = args.output.as_deref().map(Output::open).transpose()?;
    if let Some(dir) = &args.save_dir {
        std::fs::create_dir_all(dir).map_err(|e| {
            Fault::input(format!("--save-dir {}: cannot be made: {e}", dir.display()))
                .hint("name a folder in a place where you may write")
        })?;
    }
    let (found, exit) = if args.import.is_empty() { measured(args)? } else { (imported(&args.import)?, Exit::Ok) };
    if found.is_empty() {
        return Ok(exit);
    }
    if let Some(dir) = &args.save_dir {
        save(dir, &found, args.top)?;
    }
    let text = printed(args.format, &found, args.top)?;
    match output {
        Some(output) => output.write(&text)?,
        None => print(&text)?,
    }
    Ok(exit)
}

fn imported(files: &[PathBuf]) -> Result<Vec<Named>, Fault> {
    let mut found: Vec<Named> = Vec::new();
    for path in files {
        let titled = open(path)?;
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        found.push(Named { name: apart(&found, &file_name(&stem)), titled });
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
                found.push(Named { name: apart(&found, &file_name(&v.spec.name)), titled });
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
        wish.ep = vec!["cuda".into()];
    }
    if let Some(dir) = &args.dataset {
        wish.input = Some(dataset(dir)?);
    }
    if matches!(args.profiler, Profiler::Torch | Profiler::Pyinstrument | Profiler::Cprofile) {
        say("note: --profiler names a profiler of Python code; the model is profiled by its runtime's own");
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
        [] => return Err("no operators are profiled yet: p profiles them".into()),
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

fn printed(format: ProfileFormat, found: &[Named], top: usize) -> Result<String, Fault> {
    let subjects: Vec<Subject> = found.iter().map(|n| subject(&n.titled)).collect();
    let each = |one: fn(Subject) -> String| subjects.iter().map(|of| one(*of)).collect::<String>();
    Ok(match (format, &subjects[..]) {
        (ProfileFormat::Text, _) => tables(&subjects, top),
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

fn tables(subjects: &[Subject], top: usize) -> String {
    let mut text = subjects.iter().map(|of| ops::text(*of, top)).collect::<Vec<_>>().join("\n");
    if let [before, after] = subjects {
        text.push('\n');
        text.push_str(&ops::compared(*before, *after, top));
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
        write("ops.txt", &ops::text(of, top))?;
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
        let table = ops::compared(subject(&before.titled), subject(&after.titled), 0);
        file(&dir.join(format!("{}-{}.ops.txt", before.name, after.name)), &table)?;
    }
    Ok(())
}

fn file(path: &Path, text: &str) -> Result<(), Fault> {
    std::fs::write(path, text).map_err(|e| {
        Fault::input(format!("{}: cannot be written: {e}", path.display())).hint("name another folder with --save-dir")
    })?;
    say(&format!("written: {}", path.display()));
    Ok(())
}

/// A name that is one file's on every system.
fn file_name(name: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+') { c } else { '_' };
    let name: String = name.chars().map(kept).take(80).collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "profile".into() } else { name.into() }
}

/// Told apart from the names that there are.
fn apart(found: &[Named], name: &str) -> String {
    let taken = |name: &str| found.iter().any(|other| other.name == name);
    let numbered = || (2..).map(|n| format!("{name}_{n}"));
    std::iter::once(name.to_owned()).chain(numbered()).find(|name| !taken(name)).unwrap_or_default()
}
