//! The agent behind pipes: commands in on standard input, events out on standard output, a line each.
//!
//! `ssh host nntop agent --stdio` is all that remote needs.

use super::handle::{Commander, Handle, Keeper};
use super::{Surroundings, spawn};
use nntop_core::event::{Command, Event, Kind, LogLine, LogSource, Severity, line};
use std::io::{BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use tokio::sync::mpsc::unbounded_channel;

/// Serves one front end on standard input and output until it leaves or the plan is done.
///
/// # Errors
/// When the agent cannot be started or the front end cannot be written to.
pub fn serve(surroundings: Surroundings) -> std::io::Result<()> {
    let (events, commander, ending) = spawn(surroundings)?.split();
    std::thread::Builder::new().name("nntop-commands".into()).spawn(move || {
        for line in line::lines(std::io::stdin().lock()).map_while(Result::ok) {
            match serde_json::from_str::<Command>(&line) {
                Ok(command) => commander.pass(command),
                Err(_) => break,
            }
        }
        // Dropping the commander here tells the agent that the front end has left.
    })?;
    let mut out = std::io::stdout().lock();
    for event in events {
        out.write_all(event.to_line().as_bytes())?;
        out.flush()?;
    }
    ending.wait();
    Ok(())
}

/// Starts `command` (an agent behind pipes, here or on another machine) and connects to it.
///
/// # Errors
/// When it cannot be started.
pub fn connect(command: &mut std::process::Command) -> std::io::Result<Handle> {
    // SAFETY: between fork and exec only async-signal-safe calls: signal.
    unsafe {
        command.pre_exec(|| {
            // Ctrl-C at the terminal is the front end's to handle. Not by a process group of its own: ssh has to
            // be able to ask for a password at the terminal. It heeds a SIGINT that is ignored when it starts.
            libc::signal(libc::SIGINT, libc::SIG_IGN);
            Ok(())
        });
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let missing = || std::io::Error::other("the agent's pipes are missing");
    let mut to_agent = child.stdin.take().ok_or_else(missing)?;
    let from_agent = child.stdout.take().ok_or_else(missing)?;

    let (say, events) = std::sync::mpsc::channel();
    std::thread::Builder::new().name("nntop-events".into()).spawn(move || {
        let mut last = nntop_core::unit::Nanos::ZERO;
        for line in line::lines(BufReader::with_capacity(1 << 16, from_agent)) {
            let wrong = |text: String| {
                let log = LogLine { variant: None, source: LogSource::Nntop, severity: Severity::Error, text };
                Event::new(last, Kind::Log(log))
            };
            let event = match line {
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
            let line = serde_json::to_string(&command).unwrap_or_default();
            if writeln!(to_agent, "{line}").is_err() {
                break;
            }
        }
    })?;
    Ok(Handle::new(events, Commander::new(send), Keeper::Process(child)))
}
