//! Running a program to its end, or to the end of a limit.

use super::group::{Group, die_with_parent};
use super::lines::{Line, Lines};
use crate::clock::{Clock, MonotonicClock};
use crate::unit::Nanos;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, pidfd_open, waitid};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Result, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How often it is looked whether to stop, and, where the kernel gives no descriptor for a process (before 5.3), whether the
/// program has ended.
const LOOK: Nanos = Nanos::from_millis(100);

/// How long a killed program is waited for. One that hangs in the kernel dies when the kernel lets it.
const DYING: Nanos = Nanos::from_millis(1_000);

/// A program and its limits.
pub struct Program<'a> {
    command: Command,
    limit: Option<Duration>,
    tick: Option<Duration>,
    most: usize,
    longest: usize,
    input: VecDeque<u8>,
    stop: Option<&'a dyn Fn() -> bool>,
    outlives: bool,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself.
    Exited(ExitStatus),
    /// It took longer than its limit. It was killed, unless it hangs in the kernel.
    Late {
        /// The limit.
        limit: Duration,
        /// Whether it is gone.
        killed: bool,
    },
    /// It printed more than its limit, in bytes, and was killed.
    TooMuch(usize),
    /// It was killed because its caller was asked to stop.
    Stopped,
    /// It was killed because the caller needed no more of its output.
    GivenUp,
}

impl End {
    /// Whether it ended by itself, and says that all went well.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Exited(status) if status.success())
    }
}

/// How a program ended, and what it printed.
#[derive(Debug, Clone)]
pub struct Output {
    /// How it ended.
    pub end: End,
    /// What it printed on its standard output.
    pub out: Vec<u8>,
    /// The last that it printed on its standard error.
    pub err: Vec<u8>,
}

impl Output {
    /// Its standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// The last line on its standard error that is not empty.
    pub fn last_error(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.err);
        text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
    }
}

/// What a running program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A line on its standard output.
    Out(String),
    /// A line on its standard error.
    Err(String),
    /// Nothing, for one tick.
    Idle,
}

/// What comes out of the two pipes.
#[derive(Clone, Copy)]
enum Part<'a> {
    Out(&'a [u8]),
    Err(&'a [u8]),
    OutEnd,
    ErrEnd,
    Idle,
}

impl<'a> Program<'a> {
    /// A program without a limit of time, that may print 1 MiB in lines of up to 64 KiB and has nothing to read.
    pub fn new(command: Command) -> Self {
        Self {
            command,
            limit: None,
            tick: None,
            most: 1 << 20,
            longest: 1 << 16,
            input: VecDeque::new(),
            stop: None,
            outlives: false,
        }
    }

    /// It is killed when it takes longer.
    #[must_use]
    pub fn limit(self, limit: Duration) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// [`Heard::Idle`] comes whenever it has been silent for so long.
    #[must_use]
    pub fn tick(self, tick: Duration) -> Self {
        Self { tick: Some(tick), ..self }
    }

    /// The most bytes that it may print ([`output`](Self::output) only; what is heard line by line is not kept).
    #[must_use]
    pub fn most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// The most bytes of a line: the rest of the line is dropped.
    #[must_use]
    pub fn longest_line(self, longest: usize) -> Self {
        Self { longest, ..self }
    }

    /// What it gets on its standard input.
    #[must_use]
    pub fn input(self, input: impl Into<Vec<u8>>) -> Self {
        Self { input: input.into().into(), ..self }
    }

    /// It is killed soon after this says so.
    #[must_use]
    pub fn stop(self, stop: &'a dyn Fn() -> bool) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// It goes on to its end when nntop is killed, as what changes the device must.
    #[must_use]
    pub fn outlives_nntop(self) -> Self {
        Self { outlives: true, ..self }
    }

    /// Runs it, and keeps what it prints.
    ///
    /// # Errors
    /// When it cannot be started or waited for.
    pub fn output(self) -> Result<Output> {
        let most = self.most;
        let (mut out, mut err) = (Vec::new(), VecDeque::new());
        let mut too_much = false;
        let end = self.talk(&mut |part| {
            match part {
                Part::Out(bytes) => {
                    too_much = out.len() + bytes.len() > most;
                    out.extend_from_slice(&bytes[..bytes.len().min(most - out.len())]);
                }
                Part::Err(bytes) => {
                    err.extend(bytes);
                    let surplus = err.len().saturating_sub(most);
                    err.drain(..surplus);
                }
                Part::OutEnd | Part::ErrEnd | Part::Idle => {}
            }
            !too_much
        })?;
        let end = if too_much { End::TooMuch(most) } else { end };
        Ok(Output { end, out, err: err.into() })
    }

    /// Runs it; `heard` gets every line, and [`Heard::Idle`] after each silent [`tick`](Self::tick). When it returns false, the
    /// program is killed.
    ///
    /// # Errors
    /// When it cannot be started or waited for.
    pub fn lines(self, mut heard: impl FnMut(Heard) -> bool) -> Result<End> {
        let (mut out, mut err) = (Lines::new(self.longest), Lines::new(self.longest));
        let text = |line: Line| line.text.trim_end().to_owned();
        self.talk(&mut |part| match part {
            Part::Out(bytes) => out.push(bytes, &mut |line| heard(Heard::Out(text(line)))),
            Part::Err(bytes) => err.push(bytes, &mut |line| heard(Heard::Err(text(line)))),
            Part::OutEnd => out.end().is_none_or(|line| heard(Heard::Out(text(line)))),
            Part::ErrEnd => err.end().is_none_or(|line| heard(Heard::Err(text(line)))),
            Part::Idle => heard(Heard::Idle),
        })
    }

    fn talk(mut self, on: &mut dyn FnMut(Part<'_>) -> bool) -> Result<End> {
        let stdin = if self.input.is_empty() { Stdio::null() } else { Stdio::piped() };
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: what it starts ends with it, and Ctrl-C is nntop's to handle.
        self.command.process_group(0);
        if !self.outlives {
            die_with_parent(&mut self.command);
        }
        let clock = MonotonicClock::start();
        let mut running = Running::of(self.command.spawn()?)?;
        let after = |time: Duration| Nanos(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        let (limit, tick) = (self.limit.map(after), self.tick.map(after));
        let mut heard_at = clock.now();
        loop {
            if self.stop.is_some_and(|stop| stop()) {
                running.kill(&clock);
                return Ok(End::Stopped);
            }
            let now = clock.now();
            if let (Some(limit), Some(given)) = (limit, self.limit)
                && now >= limit
            {
                let killed = running.kill(&clock);
                return Ok(End::Late { limit: given, killed });
            }
            if let Some(tick) = tick
                && now.since(heard_at) >= tick
            {
                heard_at = now;
                if !on(Part::Idle) {
                    running.kill(&clock);
                    return Ok(End::GivenUp);
                }
            }
            let looks = (self.stop.is_some() || running.ended.is_none()).then_some(LOOK);
            let idle = tick.map(|tick| tick.since(now.since(heard_at)));
            let wait = [limit.map(|limit| limit.since(now)), idle, looks].into_iter().flatten().min();
            running.wait(wait, !self.input.is_empty())?;
            running.write(&mut self.input);
            // Before its pipes are read: what it printed before its end is in them by now.
            let ended = running.has_ended()?;
            let went_on = running.read(on, &mut || heard_at = clock.now(), ended);
            if !went_on {
                running.kill(&clock);
                return Ok(End::GivenUp);
            }
            if ended {
                return running.reap().map(End::Exited);
            }
        }
    }
}

/// A started program with its pipes.
struct Running {
    child: Child,
    group: Group,
    stdin: Option<File>,
    out: Option<File>,
    err: Option<File>,
    /// Becomes readable when the program has ended.
    ended: Option<OwnedFd>,
}

impl Running {
    fn of(mut child: Child) -> Result<Self> {
        let group = Group::of(&child);
        let (stdin, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let stdin = stdin.map(|pipe| File::from(OwnedFd::from(pipe)));
        let out = out.map(|pipe| File::from(OwnedFd::from(pipe)));
        let err = err.map(|pipe| File::from(OwnedFd::from(pipe)));
        for pipe in [&stdin, &out, &err].into_iter().flatten() {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        let ended = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).ok();
        Ok(Self { child, group, stdin, out, err, ended })
    }

    /// Waits until there is something to do, for so long at most.
    fn wait(&self, limit: Option<Nanos>, writes: bool) -> Result<()> {
        let reading = [&self.out, &self.err].into_iter().flatten().map(AsFd::as_fd);
        let reading = reading.chain(self.ended.as_ref().map(AsFd::as_fd)).map(|fd| (fd, PollFlags::IN));
        let writing = self.stdin.as_ref().filter(|_| writes).map(|pipe| (pipe.as_fd(), PollFlags::OUT));
        let mut fds: Vec<PollFd<'_>> = reading
            .chain(writing)
            .map(|(fd, flags): (BorrowedFd<'_>, _)| PollFd::from_borrowed_fd(fd, flags))
            .collect();
        let limit = limit
            .map(|limit| Timespec { tv_sec: (limit.0 / 1_000_000_000) as _, tv_nsec: (limit.0 % 1_000_000_000) as _ });
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// Hands on what the pipe takes, and closes it behind the last byte. A program that does not read it needs nothing of it.
    fn write(&mut self, input: &mut VecDeque<u8>) {
        let Some(pipe) = &mut self.stdin else { return };
        while !input.is_empty() {
            match pipe.write(input.as_slices().0) {
                Ok(n) => drop(input.drain(..n)),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => return,
                Err(_) => input.clear(),
            }
        }
        self.stdin = None;
    }

    /// Reads what is there; with `all`, until the pipes are empty. False when `on` has heard enough.
    fn read(&mut self, on: &mut dyn FnMut(Part<'_>) -> bool, heard: &mut dyn FnMut(), all: bool) -> bool {
        let mut chunk = [0; 1 << 14];
        loop {
            let mut more = false;
            for is_out in [true, false] {
                let pipe = if is_out { &mut self.out } else { &mut self.err };
                let Some(file) = pipe else { continue };
                let (part, end) = match file.read(&mut chunk) {
                    Ok(n @ 1..) => (if is_out { Part::Out(&chunk[..n]) } else { Part::Err(&chunk[..n]) }, false),
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                    // What it has left in the background may hold the pipe open.
                    Err(e) if e.kind() == std::io::ErrorKind::WouldBlock && !all => continue,
                    _ => (if is_out { Part::OutEnd } else { Part::ErrEnd }, true),
                };
                if end {
                    *pipe = None;
                } else {
                    more = true;
                    heard();
                }
                if !on(part) {
                    return false;
                }
            }
            if !all || !more {
                return true;
            }
        }
    }

    /// Whether the program has ended. It stays a zombie: as long as it is one, no other group gets its number.
    fn has_ended(&self) -> Result<bool> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        match waitid(WaitId::Pid(Pid::from_child(&self.child)), options) {
            Ok(status) => Ok(status.is_some()),
            Err(Errno::INTR) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    /// Ends what it has left behind, and takes its status.
    fn reap(&mut self) -> Result<ExitStatus> {
        self.group.kill();
        self.child.wait()
    }

    /// Kills it with all that it has started; whether it is gone.
    fn kill(&mut self, clock: &MonotonicClock) -> bool {
        self.group.kill();
        (self.stdin, self.out, self.err) = (None, None, None);
        let until = clock.now() + DYING;
        while matches!(self.has_ended(), Ok(false)) {
            let left = until.since(clock.now());
            if left == Nanos::ZERO {
                return false;
            }
            let step = if self.ended.is_some() { left } else { left.min(LOOK) };
            let _ = self.wait(Some(step), false);
        }
        self.child.wait().is_ok()
    }
}
