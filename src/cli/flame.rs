//! `nntop flame`: a profile that something else wrote, as a flame graph or in another format.

use super::Exit;
use super::formats::Format;
use super::output::{Output, note, print};
use clap::{Args, ValueEnum};
use nntop_core::event::Fault;
use nntop_results::report::ops::{self, FlameError, Subject};
use nntop_trace::op_trace::{self, OpenError, Titled};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  nntop flame profile.json                          profile.svg
  nntop flame before.json --diff after.json -o d.svg
  nntop flame trace.json -o out.speedscope.json     for https://www.speedscope.app";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FlameArgs {
    /// A profile of ONNX Runtime, PyTorch, TensorRT, OpenVINO, LiteRT, perf, cProfile, pyinstrument or nntop
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File to write; - is standard output [default: FILE with the ending of the format]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// A second profile: show what takes longer (red) and less long (blue) in it than in FILE
    #[arg(long, value_name = "OTHER")]
    diff: Option<PathBuf>,
    /// Title of the picture
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Format [default: by the ending of -o, else svg]
    #[arg(long, value_name = "FORMAT")]
    format: Option<FlameFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FlameFormat {
    /// A flame graph for a browser, with zoom and search
    Svg,
    /// Folded stacks, for flamegraph.pl and similar tools
    Folded,
    /// For https://www.speedscope.app
    Speedscope,
    /// For https://ui.perfetto.dev and chrome://tracing
    Chrome,
}

impl Format for FlameFormat {
    const ENDINGS: &'static [(&'static str, Self)] = &[
        ("svg", Self::Svg),
        ("folded", Self::Folded),
        ("speedscope.json", Self::Speedscope),
        ("trace.json", Self::Chrome),
        ("json", Self::Chrome),
    ];
    const DEFAULT: Self = Self::Svg;
}

impl FlameFormat {
    fn ending(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Folded => "folded",
            Self::Speedscope => "speedscope.json",
            Self::Chrome => "trace.json",
        }
    }
}

pub(super) fn run(args: &FlameArgs) -> Result<Exit, Fault> {
    let mut first = open(&args.file)?;
    let mut second = args.diff.as_deref().map(open).transpose()?;
    if let Some(title) = &args.title {
        second.as_mut().unwrap_or(&mut first).title.clone_from(title);
    }
    let format = FlameFormat::choose(args.format, args.output.as_deref());
    let text = written(format, &first, second.as_ref()).map_err(|e| fault(e, &args.file))?;
    let path = args.output.clone().unwrap_or_else(|| args.file.with_extension(format.ending()));
    if path == Path::new("-") {
        print(&text)?;
        return Ok(Exit::Ok);
    }
    if same(&path, &args.file) || args.diff.as_deref().is_some_and(|diff| same(&path, diff)) {
        return Err(Fault::input(format!("{}: this would replace the profile that is read", path.display()))
            .hint("name another file with -o"));
    }
    Output::open(&path)?.write(&text)?;
    for (file, titled) in [Some((&args.file, &first)), args.diff.as_ref().zip(second.as_ref())].into_iter().flatten() {
        if let Some(why) = &titled.profile.partial {
            note(&format!("warning: {}: incomplete: {why}", file.display()));
        }
    }
    Ok(Exit::Ok)
}

fn written(format: FlameFormat, first: &Titled, second: Option<&Titled>) -> Result<String, FlameError> {
    let subjects: Vec<Subject> = std::iter::once(first).chain(second).map(subject).collect();
    match (format, &subjects[..]) {
        (FlameFormat::Svg, [before, after]) => ops::differential(*before, *after),
        (FlameFormat::Svg, _) => ops::flame(subjects[0]),
        (FlameFormat::Folded, [before, after]) => Ok(ops::folded_difference(*before, *after)),
        (FlameFormat::Folded, _) => Ok(ops::folded(subjects[0])),
        (FlameFormat::Speedscope, _) => Ok(ops::speedscope(&subjects)),
        (FlameFormat::Chrome, _) => Ok(ops::chrome(&subjects)),
    }
}

pub(super) fn subject(titled: &Titled) -> Subject<'_> {
    Subject { title: &titled.title, profile: &titled.profile, overhead: titled.overhead }
}

/// Reads a profile, and says what to do where that fails.
pub(super) fn open(path: &Path) -> Result<Titled, Fault> {
    op_trace::open(path).map_err(|e: OpenError| Fault::input(e.to_string()).maybe_hint(e.hint()))
}

pub(super) fn fault(error: FlameError, file: &Path) -> Fault {
    match error {
        FlameError::Empty => Fault::input(format!("{}: {error}", file.display())),
        FlameError::Drawing(_) => Fault::run(format!("{}: {error}", file.display())),
    }
}

fn same(a: &Path, b: &Path) -> bool {
    let real = |p: &Path| p.canonicalize().ok();
    real(a).is_some_and(|a| Some(a) == real(b))
}
