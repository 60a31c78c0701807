//! Results that other tools wrote, as results of nntop: what there is, and what there is not stays absent.
//!
//! | of | file |
//! |---|---|
//! | nntop | `nntop.result/1` |
//! | OpenVINO's `benchmark_app` | `benchmark_report.json` (`-json_stats`) or `.csv` (`-report_type no_counters`), or what it prints |
//! | TensorRT's `trtexec` | `--exportTimes`, or what it prints |
//! | `litert-benchmark` | `--result_json` |
//! | LiteRT's `benchmark_model` | what it prints, also through `adb logcat` |
//! | `onnxruntime_perf_test` | the result file, or what it prints |
//! | MLPerf LoadGen | `mlperf_log_summary.txt` |
//! | Triton's `perf_analyzer` | the CSV of `-f` |
//! | hyperfine, and lists of times | `--export-json`; a number a line, or JSON, with a unit |
//!
//! A file is recognised by its content. Files with single samples get intervals, for these samples are blocks of one; summaries
//! have none.

mod benchmark_app;
mod benchmark_model;
mod hyperfine;
mod litert;
mod loadgen;
mod ort_perf_test;
mod peer;
mod perf_analyzer;
mod raw;
mod trtexec;
mod trtexec_log;

use super::RunResult;
use super::pair::is_result;
use nntop_core::event::Fault;
use serde_json::Value;

/// A result that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultFile {
    /// What was measured.
    pub result: RunResult,
    /// What is to be known about it: what its figures are of, what was left out.
    pub notes: Vec<String>,
}

/// Reads a result of nntop or of a tool that it knows; `name` is the file's, for errors and for variants without a name.
///
/// # Errors
/// When it is none of these, or damaged.
pub fn result(bytes: &[u8], name: &str) -> Result<ResultFile, Fault> {
    let about = |f: Fault| f.about(name);
    let text = std::str::from_utf8(bytes).map_err(|_| about(unknown(bytes)))?;
    let text = &*plain(text.trim_start_matches('\u{feff}'));
    if looks_like_json(text) {
        let json: Value = serde_json::from_str(text)
            .map_err(|e| about(Fault::input(format!("no JSON that can be read: {e}")).hint("is the file whole?")))?;
        return from_json(json, name).map_err(about);
    }
    let found = if loadgen::is(text) {
        loadgen::read(text)
    } else if benchmark_app::is_csv(text) {
        benchmark_app::read_csv(text)
    } else if benchmark_app::is_log(text) {
        benchmark_app::read_log(text, stem(name))
    } else if trtexec_log::is(text) {
        trtexec_log::read(text, stem(name))
    } else if benchmark_model::is(text) {
        benchmark_model::read(text, stem(name))
    } else if perf_analyzer::is(text) {
        perf_analyzer::read(text)
    } else if ort_perf_test::is(text) {
        ort_perf_test::read(text)
    } else if raw::is(text) {
        raw::read(text, stem(name))
    } else {
        return Err(about(unknown(bytes)));
    };
    found.map_err(|why| about(Fault::input(why)))
}

/// Whether a text is meant as JSON. Logs begin with brackets, too: `[Step 1/11]`, `[ INFO ]`, `[10/03/2024-10:47:50] [I]`.
fn looks_like_json(text: &str) -> bool {
    let text = text.trim_start();
    match text.strip_prefix('[') {
        Some(rest) => {
            let date = rest.split(']').next().is_some_and(|head| head.contains('/') && !head.contains(['"', ',']));
            let word = rest.trim_start().starts_with(|c: char| c.is_ascii_alphabetic());
            !date && (!word || ["true", "false", "null"].iter().any(|known| rest.trim_start().starts_with(known)))
        }
        None => text.starts_with('{'),
    }
}

/// Whether a file that begins like this may be a result: text, and no model.
pub fn may_be(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let first = head.iter().find(|b| !b.is_ascii_whitespace());
    // OpenVINO's models begin with `<`; ONNX's and LiteRT's hold bytes that no text has.
    first.is_some_and(|b| b.is_ascii_graphic() && *b != b'<')
        && !head.iter().any(|b| *b < 0x20 && !b.is_ascii_whitespace() && *b != ESC)
}

/// Terminals' colours stand in logs.
const ESC: u8 = 0x1b;

/// A text without what colours it: `ESC [ 32 m`.
fn plain(text: &str) -> std::borrow::Cow<'_, str> {
    let mut parts = text.split(char::from(ESC));
    let first = parts.next().unwrap_or_default();
    if first.len() == text.len() {
        return text.into();
    }
    let rest = parts.map(|part| match part.strip_prefix('[') {
        Some(code) => {
            code.trim_start_matches(|c: char| ('\u{20}'..='\u{3f}').contains(&c)).get(1..).unwrap_or_default()
        }
        None => part,
    });
    std::iter::once(first).chain(rest).collect::<String>().into()
}

fn from_json(json: Value, name: &str) -> Result<ResultFile, Fault> {
    if let Some(schema) = json.get("schema").and_then(Value::as_str) {
        return own(schema.to_owned(), json);
    }
    let found = if benchmark_app::is(&json) {
        benchmark_app::read(&json)
    } else if trtexec::is(&json) {
        trtexec::read(&json, stem(name))
    } else if litert::is(&json) {
        litert::read(&json)
    } else if hyperfine::is(&json) {
        hyperfine::read(&json, stem(name))
    } else if raw::is_json(&json) {
        raw::read_json(&json, stem(name))
    } else {
        return Err(Fault::input("JSON, but not a result of a supported tool").hint(KNOWN));
    };
    found.map_err(Fault::input)
}

fn own(schema: String, json: Value) -> Result<ResultFile, Fault> {
    if !is_result(&schema) {
        let fault = Fault::input(format!("of schema {schema}, and not a result ({})", super::SCHEMA));
        return Err(match schema.starts_with("nntop.result/") {
            true => fault.hint("it is of another version of nntop: install that one, or measure again"),
            false => fault.hint("results are written by nntop bench -o FILE"),
        });
    }
    let result = serde_json::from_value(json)
        .map_err(|e| Fault::input(format!("damaged: {e}")).hint("is the file whole, and as nntop wrote it?"))?;
    Ok(ResultFile { result, notes: Vec::new() })
}

const KNOWN: &str = "known are nntop's results (--format json) and recordings, and those of benchmark_app, trtexec (--exportTimes or its log), litert-benchmark, \
                     benchmark_model, onnxruntime_perf_test, LoadGen's summary, perf_analyzer's CSV, hyperfine, and lists of times with a unit";

fn unknown(bytes: &[u8]) -> Fault {
    let shown: String = bytes.iter().take(12).flat_map(|b| std::ascii::escape_default(*b)).map(char::from).collect();
    Fault::input(format!("unrecognised result file (first bytes are \"{shown}\")")).hint(KNOWN)
}

/// `a/times.json` is called `times`.
fn stem(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

#[cfg(test)]
mod tests;
