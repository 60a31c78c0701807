//! Profiles that other tools wrote, one file per format. A format is recognised by the first bytes of the file.
//!
//! All readers stream or keep what they read in proportion to what comes out of it, with bounds for files that were
//! made to exhaust memory. What is cut short or damaged is read as far as it goes and says so in
//! [`OpProfile::partial`]; where nothing could be read there is an error with the place, in bytes.

mod intervals;
mod json;
mod kineto;
mod lines;
mod litert;
mod marshal;
mod openvino;
mod perf;
mod pstats;
mod pyinstrument;
mod speedscope;
#[cfg(test)]
mod tests;
mod trtexec;

use super::OpenError;
use nntop_core::event::OpProfile;
use std::io::BufRead;

pub use perf::PERF;

/// More rows than this are nobody's profile.
const MOST_ROWS: usize = 1 << 20;

/// Stacks deeper than this end there: what lies below counts for the frame that stands at this depth.
const DEEPEST: usize = 1_024;

/// A format of another tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Trace events, of PyTorch's profiler or of anything that writes for chrome://tracing.
    Kineto,
    /// What trtexec writes with `--exportProfile`.
    Trtexec,
    /// Counters of OpenVINO's benchmark_app, JSON.
    OpenvinoJson,
    /// Counters of OpenVINO's benchmark_app, CSV.
    OpenvinoCsv,
    /// Operator profile of LiteRT's benchmark_model.
    Litert,
    /// Python's cProfile.
    Pstats,
    /// pyinstrument's JSON.
    Pyinstrument,
    /// What `perf script` prints.
    Perf,
    /// speedscope's JSON, of py-spy, speedscope itself, or nntop.
    Speedscope,
}

/// Whether the text holds this word.
fn holds(text: &[u8], word: &str) -> bool {
    memchr::memmem::find(text, word.as_bytes()).is_some()
}

impl Format {
    /// The format that a file's begin shows.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        let any = |words: &[&str]| words.iter().any(|word| holds(text, word));
        match text.first() {
            _ if marshal::begins_dict(head) => Some(Self::Pstats),
            Some(b'{') if any(&["\"nntop."]) => None,
            Some(b'{') if any(&["\"detailed_performance\"", "\"avg_performance\""]) => Some(Self::OpenvinoJson),
            Some(b'{') if speedscope::begins(text) => Some(Self::Speedscope),
            Some(b'{') if any(&["\"root_frame\"", "\"sample_count\""]) => Some(Self::Pyinstrument),
            Some(b'{')
                if any(&["\"traceEvents\"", "\"schemaVersion\"", "\"deviceProperties\"", "\"displayTimeUnit\""]) =>
            {
                Some(Self::Kineto)
            }
            Some(b'[') if any(&["\"timeMs\"", "\"averageMs\""]) => Some(Self::Trtexec),
            Some(b'[') if any(&["\"Session\"", "\"Node\"", "\"Api\"", "\"op_name\""]) => None,
            Some(b'[') if any(&["\"ph\""]) => Some(Self::Kineto),
            Some(_) if openvino::begins_csv(text) => Some(Self::OpenvinoCsv),
            Some(_) if litert::begins(text) => Some(Self::Litert),
            Some(_) if perf::begins(text) => Some(Self::Perf),
            _ => None,
        }
    }

    /// Reads a profile of this format.
    pub(super) fn read(self, input: impl BufRead) -> Result<OpProfile, OpenError> {
        match self {
            Self::Kineto => kineto::read(input),
            Self::Trtexec => trtexec::read(input),
            Self::OpenvinoJson => openvino::read_json(input),
            Self::OpenvinoCsv => openvino::read_csv(input),
            Self::Litert => litert::read(input),
            Self::Pstats => pstats::read(input),
            Self::Pyinstrument => pyinstrument::read(input),
            Self::Perf => perf::read(input),
            Self::Speedscope => speedscope::read(input),
        }
    }
}

/// Milliseconds as text, as nanoseconds; absent where that is no time.
fn millis(text: &str) -> Option<u64> {
    scaled(text, 1e6)
}

/// A time as text in a unit of so many nanoseconds; absent where that is no time of less than 104 days.
fn scaled(text: &str, unit: f64) -> Option<u64> {
    let ns = text.trim().parse::<f64>().ok()? * unit;
    (0.0..(1u64 << 53) as f64).contains(&ns).then(|| ns.round() as u64)
}

/// `1 event`, `2 events`.
fn counted(n: u64, what: &str) -> String {
    format!(
        "{} {what}{}",
        nntop_core::unit::grouped(n),
        match (n, what) {
            (1, _) => "",
            (_, "launch") => "es",
            _ => "s",
        }
    )
}

/// What is missing from a profile, as one text.
fn joined(notes: Vec<String>) -> Option<String> {
    Some(notes.join("; ")).filter(|text| !text.is_empty())
}
