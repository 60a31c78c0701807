//! A worker process seen from outside: its orders, its events, what it prints, how it ends.

use super::cgroup::Group;
use super::python;
use super::text::Lines;
use command_fds::{CommandFdExt, FdMapping};
use nntop_core::event::line::{self, LONGEST_LINE};
use nntop_core::event::{Event, LogSource, WorkerOrder};
use nntop_core::program;
use nntop_engine::worker::{ASKED, EVENTS_FD, Task, WorkerSpec};
use rustix::process::Pid;
use std::fs::File;
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::net::unix::pipe;
use tokio::sync::mpsc::UnboundedSender;

/// What a worker's pipes bring.
#[derive(Debug)]
pub(super) enum Says {
    /// An event.
    Event(Box<Event>),
    /// A printed line.
    Line(LogSource, String),
    /// Its end. Everything it said before has come.
    Exited(ExitStatus),
}

/// A running worker. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Child {
    pid: Pid,
    /// It and what its runtime has started.
    processes: program::Group,
    orders: File,
    /// Its limits; they go after it.
    group: Option<Group>,
}

impl Child {
    /// Starts `program worker`, or the engine's worker in Python, in `group` if there is one, and passes on what it says through `tell`.
    pub(super) fn spawn(
        program: &Path,
        spec: &WorkerSpec,
        group: Option<Group>,
        tell: impl Fn(Says) + Clone + Send + 'static,
    ) -> std::io::Result<Self> {
        // CLOEXEC, both: a write end leaked into another worker would hide this one's end.
        let (events, events_end) = std::io::pipe()?;
        let by_python = python::package(&spec.variant.engine).filter(|_| spec.task != Task::Describe);
        let (mut command, script) = match (by_python, &spec.variant.options.library) {
            (Some(_), Some(interpreter)) => {
                let (command, script) = python::command(program, interpreter)?;
                (command, Some(script))
            }
            _ => (std::process::Command::new(program), None),
        };
        let events_end = FdMapping { parent_fd: events_end.into(), child_fd: EVENTS_FD };
        command
            // For people who read `ps`; the spec itself goes through the pipe.
            .args(["worker", &spec.slot.to_string(), &spec.variant.name])
            .env(ASKED, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C at the terminal is the front end's to handle.
            .process_group(0)
            .fd_mappings(std::iter::once(events_end).chain(script).collect())
            .map_err(std::io::Error::other)?;
        // A stopped worker sees no end of file, hence SIGKILL when the spawning thread ends.
        program::die_with_parent(&mut command);
        let mut command = tokio::process::Command::from(command);
        let mut child = command.kill_on_drop(true).spawn()?;
        // Holds our copy of the events' write end: with it open, the end of the worker would never be seen.
        drop(command);

        let missing = || std::io::Error::other("a worker's pipe is missing");
        let pid = child.id().and_then(|id| Pid::from_raw(id as i32)).ok_or_else(missing)?;
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let processes = program::Group::led_by(pid);
        let mut this = Self { pid, processes, orders: File::from(stdin.into_owned_fd()?), group };
        // It waits for its spec: nothing that counts has happened yet.
        if let Some(group) = &this.group {
            group.enter(this.pid())?;
        }
        let spec = serde_json::to_string(spec).map_err(std::io::Error::other)?;
        writeln!(this.orders, "{spec}")?;

        let events = pipe::Receiver::from_owned_fd(events.into())?;
        let readers = [
            tokio::spawn(read_events(events, tell.clone())),
            tokio::spawn(read_lines(stdout, LogSource::Stdout, tell.clone())),
            tokio::spawn(read_lines(stderr, LogSource::Stderr, tell.clone())),
        ];
        tokio::spawn(async move {
            let Ok(status) = child.wait().await else { return };
            for reader in readers {
                // A process that the runtime started may hold a pipe open for ever.
                let _ = tokio::time::timeout(Duration::from_secs(1), reader).await;
            }
            tell(Says::Exited(status));
        });
        Ok(this)
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get() as u32
    }

    /// Whether it is stopped, by somebody else where it is to run.
    pub(super) fn is_stopped(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't']))
    }

    /// Whether the kernel has killed it because it wanted more memory than its limit.
    pub(super) fn starved(&self) -> bool {
        self.group.as_ref().is_some_and(Group::starved)
    }

    /// Sends an order. A worker that is gone takes none; its end is reported by itself.
    pub(super) fn order(&mut self, order: &WorkerOrder) {
        if let Ok(line) = serde_json::to_string(order) {
            let _ = writeln!(self.orders, "{line}");
        }
    }

    /// Stops it in its tracks: runtimes' thread pools go on spinning after an inference.
    pub(super) fn suspend(&self) {
        self.processes.suspend();
    }

    /// Lets it go on.
    pub(super) fn resume(&self) {
        self.processes.resume();
    }
}

async fn read_events(pipe: pipe::Receiver, tell: impl Fn(Says)) {
    let mut pipe = BufReader::with_capacity(1 << 16, pipe);
    let unreadable = |e: &dyn std::fmt::Display| {
        Says::Line(LogSource::Nntop, format!("error: a worker's event cannot be read: {e}"))
    };
    let mut bytes = Vec::new();
    loop {
        match next_line(&mut pipe, &mut bytes).await {
            Ok(false) => break,
            Ok(true) => match Event::from_line(&String::from_utf8_lossy(&bytes)) {
                Ok(event) => tell(Says::Event(Box::new(event))),
                Err(e) => tell(unreadable(&e)),
            },
            // With the pipe goes the worker.
            Err(e) => return tell(unreadable(&e)),
        }
    }
}

/// Reads one line without its end; false where there is none any more.
async fn next_line(pipe: &mut (impl AsyncBufRead + Unpin), line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    loop {
        let part = pipe.fill_buf().await?;
        if part.is_empty() {
            return Ok(!line.is_empty());
        }
        let end = part.iter().position(|b| *b == b'\n');
        line.extend_from_slice(&part[..end.unwrap_or(part.len())]);
        let n = end.map_or(part.len(), |end| end + 1);
        pipe.consume(n);
        if line.len() > LONGEST_LINE {
            return Err(line::too_long());
        }
        if end.is_some() {
            return Ok(true);
        }
    }
}

async fn read_lines(mut pipe: impl AsyncRead + Unpin, source: LogSource, tell: impl Fn(Says)) {
    let mut lines = Lines::default();
    let mut chunk = [0u8; 4_096];
    while let Ok(n @ 1..) = pipe.read(&mut chunk).await {
        lines.push(&chunk[..n]).into_iter().for_each(|l| tell(Says::Line(source, l)));
    }
    lines.end().into_iter().for_each(|l| tell(Says::Line(source, l)));
}

/// A way to tell the supervisor, tagged with who speaks.
pub(super) fn teller<T: Send + 'static>(
    to: UnboundedSender<T>,
    tag: impl Fn(Says) -> T + Clone + Send + 'static,
) -> impl Fn(Says) + Clone + Send + 'static {
    move |says| drop(to.send(tag(says)))
}

/// How a process ended, in words.
pub(super) fn describe_exit(status: ExitStatus) -> String {
    if let Some(signal) = status.signal() {
        let name = match signal {
            4 => "SIGILL: an instruction that this CPU does not support",
            6 => "SIGABRT: the runtime aborted",
            7 => "SIGBUS: bus error",
            8 => "SIGFPE: arithmetic error",
            9 => "SIGKILL: killed from outside, perhaps by the kernel for lack of memory",
            11 => "SIGSEGV: segmentation fault",
            15 => "SIGTERM: terminated from outside",
            _ => return format!("was killed by signal {signal}"),
        };
        return format!("was killed by {name}");
    }
    format!("ended with exit code {}", status.code().unwrap_or(-1))
}
