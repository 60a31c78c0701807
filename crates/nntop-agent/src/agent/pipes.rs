//! The front end's side of an agent behind pipes: a program is started, events come from it, commands go to it.
//!
//! What the files of a plan are called may differ between the two machines: [`Renamed`] has both names.

use super::handle::{Commander, Handle, Keeper};
use nntop_core::event::{Command, Event, Kind, LogLine, LogSource, Order, Severity, VariantSpec, line};
use nntop_core::unit::Nanos;
use std::io::{BufReader, Result, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use tokio::sync::mpsc::unbounded_channel;

/// A program that was started to be talked to.
#[derive(Debug)]
pub struct Pipes {
    /// The process.
    pub child: Child,
    /// Its standard input.
    pub to: ChildStdin,
    /// Its standard output. What has been read of it is no event.
    pub from: BufReader<ChildStdout>,
}

impl Pipes {
    /// Starts `command`, which heeds no Ctrl-C: the terminal's is the front end's to handle.
    ///
    /// # Errors
    /// When it cannot be started.
    #[allow(unsafe_code, reason = "what a child does between fork and exec")]
    pub fn open(command: &mut std::process::Command) -> Result<Self> {
        // SAFETY: between fork and exec only async-signal-safe calls: signal.
        unsafe {
            command.pre_exec(|| {
                // Not by a process group of its own: ssh has to be able to ask for a password at the terminal. It heeds
                // a SIGINT that is ignored when it starts.
                libc::signal(libc::SIGINT, libc::SIG_IGN);
                Ok(())
            });
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let missing = || std::io::Error::other("the agent's pipes are missing");
        let to = child.stdin.take().ok_or_else(missing)?;
        let from = BufReader::with_capacity(1 << 16, child.stdout.take().ok_or_else(missing)?);
        Ok(Self { child, to, from })
    }
}

/// Files that have another name on the agent's machine: (here, there).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renamed(Vec<(String, String)>);

impl Renamed {
    /// Adds a file or folder. The name there has to be one that occurs in no other text.
    pub fn add(&mut self, here: impl Into<String>, there: impl Into<String>) {
        self.0.push((here.into(), there.into()));
    }

    fn there(&self, name: &mut String) {
        if let Some((_, there)) = self.0.iter().find(|(here, _)| here == name) {
            name.clone_from(there);
        }
    }

    fn variant(&self, spec: &mut VariantSpec) {
        self.there(&mut spec.model);
        spec.options.input.iter_mut().for_each(|input| self.there(input));
        if let Some(evaluation) = &mut spec.evaluation {
            self.there(&mut evaluation.dataset);
            evaluation.preprocess.iter_mut().for_each(|file| self.there(file));
        }
    }

    /// A command with the names that files have there.
    fn command(&self, mut command: Command) -> Command {
        if let Order::Start(plan) = &mut command.order {
            plan.variants.iter_mut().for_each(|spec| self.variant(spec));
        }
        command
    }

    /// A line of events with the names that files have here: in the plan's echo, in messages, wherever they stand.
    fn line(&self, mut line: String) -> String {
        let quoted = |name: &str| {
            let text = serde_json::to_string(name).unwrap_or_default();
            text.trim_matches('"').to_owned()
        };
        for (here, there) in &self.0 {
            let there = quoted(there);
            if line.contains(&there) {
                line = line.replace(&there, &quoted(here));
            }
        }
        line
    }
}

/// Starts `command` (an agent behind pipes, here or on another machine) and connects to it.
///
/// # Errors
/// When it cannot be started.
pub fn connect(command: &mut std::process::Command) -> Result<Handle> {
    attach(Pipes::open(command)?, Renamed::default())
}

/// Talks to the agent that `pipes` lead to.
///
/// # Errors
/// When no thread can be started.
pub fn attach(pipes: Pipes, names: Renamed) -> Result<Handle> {
    let Pipes { child, mut to, from } = pipes;
    let (say, events) = std::sync::mpsc::channel();
    let here = names.clone();
    std::thread::Builder::new().name("nntop-events".into()).spawn(move || {
        let mut last = Nanos::ZERO;
        for line in line::lines(from) {
            let wrong = |text: String| {
                let log = LogLine { variant: None, source: LogSource::Nntop, severity: Severity::Error, text };
                Event::new(last, Kind::Log(log))
            };
            let event = match line.map(|line| here.line(line)) {
                Err(e) => wrong(format!("it cannot be read any more: {e}")),
                Ok(line) => Event::from_line(&line).unwrap_or_else(|e| {
                    let start: String = line.chars().take(80).collect();
                    wrong(format!("it says {start:?}, which is no event ({e})"))
                }),
            };
            last = event.t;
            if say.send(event).is_err() {
                break;
            }
        }
    })?;
    let (send, mut commands) = unbounded_channel::<Command>();
    std::thread::Builder::new().name("nntop-orders".into()).spawn(move || {
        while let Some(command) = commands.blocking_recv() {
            let line = serde_json::to_string(&names.command(command)).unwrap_or_default();
            if writeln!(to, "{line}").is_err() {
                break;
            }
        }
    })?;
    Ok(Handle::new(events, Commander::new(send), Keeper::Process(child)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::Plan;

    #[test]
    fn files_have_their_own_names_on_each_side() {
        let mut names = Renamed::default();
        names.add("a \"b\".onnx", "/home/u/.cache/nntop/files/1f/a.onnx");
        let command = Command { id: 1, order: Order::Start(Plan::of("a \"b\".onnx")) };
        let Order::Start(plan) = names.command(command).order else { panic!("another order") };
        assert_eq!(plan.variants[0].model, "/home/u/.cache/nntop/files/1f/a.onnx");
        let line = names.line(r#"{"text":"/home/u/.cache/nntop/files/1f/a.onnx: truncated"}"#.into());
        assert_eq!(line, r#"{"text":"a \"b\".onnx: truncated"}"#);
    }
}
