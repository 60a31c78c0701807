//! The conversation with the script on the board.

use super::heard::Heard;
use super::interrupt::Interrupt;
use super::link::refused;
use super::script::{self, READY, quoted};
use super::{Say, Step, Target};
use nntop_agent::agent::Pipes;
use nntop_core::event::Fault;
use nntop_core::program;
use nntop_core::text::clean;
use nntop_core::unit::Bytes;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;
use std::io::{BufRead, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A command in the place of ssh, as git's `GIT_SSH_COMMAND` is: a shell takes it, with host and command behind it.
const SSH_COMMAND: &str = "NNTOP_SSH_COMMAND";

/// How a dead link is noticed: after half a minute without an answer.
const OPTIONS: [&str; 5] = ["-T", "-o", "ServerAliveInterval=10", "-o", "ServerAliveCountMax=3"];

/// Lines that a login script may print before the board is ready, and how long one may be.
const GREETING: usize = 10_000;
const LONGEST: usize = 64 << 10;

/// How often an interrupt is looked for.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
const LOOKS_PER_SECOND: u64 = 5;

/// A file on its way is read in pieces.
const CHUNK: usize = 256 << 10;

/// The script on the board, waiting for orders. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Shell {
    pub(super) host: String,
    /// The board's architecture, with the name that Rust has for it, where it has one.
    pub(super) machine: String,
    /// Its kernel's name: `Linux`.
    pub(super) system: String,
    /// The folder for what is brought there.
    pub(super) cache: String,
    pub(super) pipes: Pipes,
    pub(super) heard: Heard,
    /// How often to look before it is given up.
    looks: u64,
    interrupt: Interrupt,
}

/// The command that connects.
fn ssh(host: &str) -> Result<Command, Fault> {
    let mut command = match std::env::var(SSH_COMMAND) {
        Ok(own) if !own.trim().is_empty() => {
            let mut command = program::shell(&format!("{own} \"$@\""));
            command.arg(SSH_COMMAND);
            command
        }
        _ => {
            let mut command = program::command("ssh").map_err(|e| {
                Fault::run(format!("--host needs OpenSSH's client: {e}"))
                    .hint("install it (openssh-client), or name a command in its place: NNTOP_SSH_COMMAND")
            })?;
            command.args(OPTIONS);
            command
        }
    };
    command.args([host, &script::command()]).stderr(Stdio::piped());
    Ok(command)
}

impl Shell {
    pub(super) fn open(target: &Target) -> Result<Self, Fault> {
        let host = target.host.clone();
        let cannot = |e: std::io::Error| Fault::run(format!("ssh cannot be started: {e}")).about(&host);
        let mut pipes = Pipes::open(&mut ssh(&host)?).map_err(cannot)?;
        let errors = pipes.child.stderr.take().ok_or_else(|| cannot(std::io::Error::other("it has no stderr")))?;
        let heard = Heard::listen(errors).map_err(cannot)?;
        let interrupt = Interrupt::catch();
        let looks = target.patience.as_secs().max(1).saturating_mul(LOOKS_PER_SECOND);
        let (machine, system, cache) = Default::default();
        let mut shell = Self { host, machine, system, cache, pipes, heard, looks, interrupt };
        for _ in 0..GREETING {
            let Some(line) = shell.next_line()? else {
                return Err(refused(&shell.host, shell.pipes.child.wait().ok(), shell.heard.last()));
            };
            let Some(about) = line.strip_prefix(READY) else { continue };
            let mut words = about.splitn(3, ' ');
            let mut word = || words.next().unwrap_or_default().to_owned();
            (shell.machine, shell.system, shell.cache) = (architecture(&word()), word(), word());
            return Ok(shell);
        }
        Err(shell.wrong("what it prints is no answer of nntop's"))
    }

    /// Every line of what it prints, until it ends.
    pub(super) fn each_line(&mut self, mut each: impl FnMut(&str) -> Result<(), Fault>) -> Result<(), Fault> {
        // What a program prints may take as long as it likes.
        self.looks = u64::MAX;
        while let Some(line) = self.next_line()? {
            each(&line)?;
        }
        Ok(())
    }

    /// The next line; `None` at the end.
    fn next_line(&mut self) -> Result<Option<String>, Fault> {
        let mut line = Vec::new();
        loop {
            if self.pipes.from.buffer().is_empty() {
                self.wait_for(self.pipes.from.get_ref(), PollFlags::IN)?;
            }
            let broken = |e: std::io::Error| Fault::run(format!("the link is broken: {e}")).about(&self.host);
            let part = self.pipes.from.fill_buf().map_err(broken)?;
            if part.is_empty() {
                return Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned()));
            }
            let end = part.iter().position(|b| *b == b'\n');
            line.extend_from_slice(&part[..end.unwrap_or(part.len())]);
            let n = end.map_or(part.len(), |end| end + 1);
            self.pipes.from.consume(n);
            if line.len() > LONGEST {
                return Err(self.wrong("it prints a line without an end"));
            }
            if end.is_some() {
                return Ok(Some(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()));
            }
        }
    }

    /// Waits until a pipe can be read or written, or has ended.
    fn wait_for(&self, pipe: &impl AsFd, what: PollFlags) -> Result<(), Fault> {
        for _ in 0..self.looks {
            self.interrupt.heed();
            if poll(&mut [PollFd::new(pipe, what)], Some(&LOOK)) != Ok(0) {
                return Ok(());
            }
        }
        let waited = Duration::from_secs(self.looks / LOOKS_PER_SECOND);
        Err(self.wrong(&format!("no answer for {} s", waited.as_secs())).hint("--timeout TIME waits longer"))
    }

    fn wrong(&self, why: &str) -> Fault {
        Fault::run(why).about(&self.host)
    }

    /// An order and its answer.
    fn ask(&mut self, order: &str, words: &[&str]) -> Result<String, Fault> {
        self.order(order, words)?;
        self.answer()
    }

    /// Sends an order.
    pub(super) fn order(&mut self, order: &str, words: &[&str]) -> Result<(), Fault> {
        let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        // Where the other side has ended, its answer is missing: that says more.
        let _ = writeln!(self.pipes.to, "{order} {}", words.join(" "));
        Ok(())
    }

    fn answer(&mut self) -> Result<String, Fault> {
        match self.next_line()? {
            Some(line) => match line.strip_prefix("failed: ") {
                Some(why) => {
                    let _ = self.pipes.child.wait();
                    Err(Fault { printed: self.heard.last(), ..self.wrong(&clean(why)) })
                }
                None => Ok(line),
            },
            None => {
                let _ = self.pipes.child.wait();
                let fault = self.wrong("the link was lost while files were copied");
                Err(Fault { printed: self.heard.last(), ..fault }
                    .hint("run it again: what has arrived is not copied twice"))
            }
        }
    }

    /// Programs called nntop on the board, each with its version where it runs. `own` is that in the cache.
    pub(super) fn versions(&mut self, own: &str) -> Result<Vec<(String, Option<String>)>, Fault> {
        self.order("version", &[own])?;
        let mut found = Vec::new();
        loop {
            let line = self.answer()?;
            if line == "end" {
                return Ok(found);
            }
            if let Some((path, says)) = line.strip_prefix("found ").and_then(|rest| rest.split_once('|')) {
                found.push((path.to_owned(), says.strip_prefix("nntop ").map(str::to_owned)));
            }
        }
    }

    pub(super) fn has(&mut self, path: &str) -> Result<bool, Fault> {
        Ok(self.ask("has", &[path])? == "yes")
    }

    pub(super) fn sum(&mut self, path: &str) -> Result<String, Fault> {
        self.ask("sum", &[path])
    }

    pub(super) fn mark(&mut self, path: &str) -> Result<(), Fault> {
        self.ask("mark", &[path]).map(drop)
    }

    /// Copies a file of this machine into the cache. It is there under its name only when all of it has arrived.
    pub(super) fn put(
        &mut self,
        file: &Path,
        sum: &str,
        mode: &str,
        to: &str,
        say: &mut Say<'_>,
    ) -> Result<u64, Fault> {
        let cannot = |e: std::io::Error| Fault::input(e.to_string()).about(&file.display().to_string());
        let mut content = std::fs::File::open(file).map_err(cannot)?;
        let total = content.metadata().map_err(cannot)?.len();
        self.order("put", &[&total.to_string(), sum, mode, to])?;
        let what = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (mut done, mut chunk) = (0, vec![0; CHUNK]);
        let host = self.host.clone();
        let stuck = |e: rustix::io::Errno| Fault::run(e.to_string()).about(&host);
        // A link that takes nothing must not keep Ctrl-C waiting.
        ioctl_fionbio(&self.pipes.to, true).map_err(stuck)?;
        while done < total {
            let most = chunk.len().min((total - done) as usize);
            let n = content.read(&mut chunk[..most]).map_err(cannot)?;
            if n == 0 {
                return Err(cannot(std::io::Error::other("it became shorter while it was copied")));
            }
            if !self.send(&chunk[..n])? {
                // Its answer says why, or that there is none.
                break;
            }
            done += n as u64;
            say(Step::Copying { what: &what, done: Bytes(done), total: Bytes(total) });
        }
        ioctl_fionbio(&self.pipes.to, false).map_err(stuck)?;
        self.answer().map(|_| total)
    }

    /// Writes all of it; false where the other side has ended.
    fn send(&mut self, mut bytes: &[u8]) -> Result<bool, Fault> {
        while !bytes.is_empty() {
            self.interrupt.heed();
            match self.pipes.to.write(bytes) {
                Ok(n) => bytes = &bytes[n..],
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => self.wait_for(&self.pipes.to, PollFlags::OUT)?,
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }
}

/// What `uname -m` says, with Rust's names.
fn architecture(machine: &str) -> String {
    match machine {
        "arm64" => "aarch64",
        "amd64" => "x86_64",
        "armv6l" | "armv7l" | "armv8l" => "arm",
        "i386" | "i486" | "i586" | "i686" => "x86",
        other => other,
    }
    .to_owned()
}
