//! The script, and talking to it: a request goes in, lines of JSON come out.

use super::written::{Layer, Original, Refused, Variant, Written};
use nntop_core::program::{self, End, Program, python};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// Its modules, in the order in which they need each other; the last one runs.
const MODULES: [(&str, &str); 4] = [
    ("graph", include_str!("../../assets/python/graph.py")),
    ("prune", include_str!("../../assets/python/prune.py")),
    ("quantize", include_str!("../../assets/python/quantize.py")),
    ("optimize", include_str!("../../assets/python/optimize.py")),
];

/// The longest answer: a model with thousands of layers.
const LONGEST: usize = 16 << 20;

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Heard {
    /// The variant at work.
    pub variant: String,
    /// What is done.
    pub text: String,
    /// Steps or samples that are done.
    pub done: u64,
    /// Of how many.
    pub total: u64,
}

/// Why it came to nothing.
#[derive(Debug)]
pub enum Failed {
    /// It was stopped.
    Stopped,
    /// The model cannot be used: the reason, and what would help.
    Model(String, Option<String>),
    /// The environment cannot be used, or the tools broke down: their last words.
    Tools(String),
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Answer {
    Progress(Heard),
    Original(Original),
    Variant(Box<Variant>),
    Refused(Refused),
    Layers { layers: Vec<Layer> },
    Failed { reason: String, hint: Option<String> },
    Done,
}

/// The script as one text: Python's modules without a folder that they lie in.
fn text() -> String {
    let mut text = String::from(
        "import types\ndef module(name, text):\n m = types.ModuleType(name)\n sys.modules[name] = m\n \
         exec(compile(text, name + '.py', 'exec'), m.__dict__)\n",
    );
    for (name, content) in MODULES {
        // A JSON string is one of Python's: the modules are ASCII.
        text += &format!("module({name:?}, {})\n", Value::from(content));
    }
    text
}

/// Runs it; `heard` learns how far it is, and it ends when `stop` says so.
///
/// # Errors
/// When it was stopped, the model cannot be used, or the tools broke down.
pub fn run(
    interpreter: &Path,
    request: &Value,
    heard: &mut dyn FnMut(Heard),
    stop: &dyn Fn() -> bool,
) -> Result<Written, Failed> {
    let broken = |e: std::io::Error| Failed::Tools(e.to_string());
    let command = python::code(interpreter, &text()).map_err(broken)?;
    let mut written = Written::default();
    let (mut done, mut failed, mut last) = (false, None, String::new());
    let program = Program::new(command).input(request.to_string()).longest_line(LONGEST).stop(stop);
    let end = program.lines(|line| {
        match line {
            program::Heard::Out(line) => match serde_json::from_str(&line) {
                Ok(Answer::Progress(far)) => heard(far),
                Ok(Answer::Original(original)) => written.original = Some(original),
                Ok(Answer::Variant(variant)) => written.variants.push(*variant),
                Ok(Answer::Refused(refused)) => written.refused.push(refused),
                Ok(Answer::Layers { layers }) => written.layers = layers,
                Ok(Answer::Failed { reason, hint }) => failed = Some(Failed::Model(reason, hint)),
                Ok(Answer::Done) => done = true,
                // Libraries' own lines are on the other stream.
                Err(_) => {}
            },
            program::Heard::Err(line) if !line.trim().is_empty() => last = line,
            program::Heard::Err(_) | program::Heard::Idle => {}
        }
        true
    });
    match (end.map_err(broken)?, failed) {
        (End::Stopped, _) => Err(Failed::Stopped),
        (_, Some(failed)) => Err(failed),
        (_, None) if done => Ok(written),
        (End::Exited(status), None) if last.is_empty() => Err(Failed::Tools(format!("they ended with {status}"))),
        (_, None) => Err(Failed::Tools(last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_fits_into_an_argument_and_is_ascii() {
        // One argument may have 128 KiB (execve(2)).
        assert!(text().len() < 100_000, "{}", text().len());
        assert!(MODULES.iter().all(|(_, content)| content.is_ascii()));
    }

    #[test]
    fn answers_are_read_and_a_crash_is_told_by_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("python");
        let answer = |script: &str| {
            use std::os::unix::fs::PermissionsExt;
            std::fs::write(&python, format!("#!/bin/sh\ncat >/dev/null\n{script}\n")).unwrap();
            std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
            run(&python, &serde_json::json!({}), &mut |_| {}, &|| false)
        };
        let good = answer(
            r#"echo '{"event":"progress","variant":"int8","text":"calibrating","done":1,"total":2}'
echo '{"event":"refused","name":"int4","reason":"no matrix product","hint":null}'; echo '{"event":"done"}'"#,
        );
        assert_eq!(good.unwrap().refused[0].name, "int4");
        let failed = answer("echo \"ModuleNotFoundError: No module named 'onnx'\" >&2; exit 1");
        assert!(matches!(failed, Err(Failed::Tools(why)) if why.contains("onnx")));
        let model = answer(r#"echo '{"event":"failed","reason":"no such operator","hint":"x"}'"#);
        assert!(matches!(model, Err(Failed::Model(..))));
    }
}
