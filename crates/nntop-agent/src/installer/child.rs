//! Running a helper program: its output line by line, nothing of ours for it to read.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::time::Duration;

/// Whether what runs is to end: [`stop`].
static STOP: AtomicBool = AtomicBool::new(false);

/// How often that is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Ends whatever the installer has running, as soon as may be, and all that it would run after. Safe in a signal's handler.
pub fn stop() {
    STOP.store(true, Ordering::Relaxed);
}

/// Whether that was asked for.
pub fn is_stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// What a running program did.
pub(super) enum Heard {
    /// A line on its standard output.
    Out(String),
    /// A line on its standard error.
    Err(String),
    /// Nothing, for one tick.
    Idle,
}

/// Ends the program when the caller leaves early.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // After a normal end both do nothing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `command` to its end; `heard` gets each line, and [`Heard::Idle`] after each silent `tick`.
/// When it returns false, the program is killed and there is no status; after [`stop`] it is an error.
pub(super) fn run(
    command: &mut Command,
    tick: Duration,
    mut heard: impl FnMut(Heard) -> bool,
) -> std::io::Result<Option<ExitStatus>> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let parent = std::process::id();
    // SAFETY: between fork and exec only async-signal-safe calls: prctl, getppid, _exit.
    unsafe {
        command.pre_exec(move || {
            // Ended by Ctrl-C, nntop leaves without waiting: nothing of its own may go on fetching. The signal comes
            // when the spawning thread ends, which waits for the program here.
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
            if libc::getppid() as u32 != parent {
                libc::_exit(1);
            }
            Ok(())
        });
    }
    let mut child = Reaped(command.spawn()?);
    let (lines, inbox) = mpsc::sync_channel(64);
    if let Some(out) = child.0.stdout.take() {
        forward(out, lines.clone(), Heard::Out);
    }
    if let Some(err) = child.0.stderr.take() {
        forward(err, lines, Heard::Err);
    }
    let mut silent = Duration::ZERO;
    loop {
        if is_stopped() {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let wait = tick.saturating_sub(silent).min(LOOK);
        let event = match inbox.recv_timeout(wait) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) if silent + wait < tick => {
                silent += wait;
                continue;
            }
            Err(RecvTimeoutError::Timeout) => Heard::Idle,
            // Both pipes are closed: it has ended, or soon will.
            Err(RecvTimeoutError::Disconnected) => return child.0.wait().map(Some),
        };
        silent = Duration::ZERO;
        if !heard(event) {
            return Ok(None);
        }
    }
}

/// Reads `pipe` on a thread of its own, which ends with the pipe or the receiver.
fn forward(pipe: impl Read + Send + 'static, lines: SyncSender<Heard>, wrap: fn(String) -> Heard) {
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(pipe.read_until(b'\n', &mut line), Ok(n) if n > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if lines.send(wrap(text)).is_err() {
                return;
            }
            line.clear();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn lines_of_both_pipes_arrive_and_stdin_is_empty() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let status = run(&mut sh("cat; echo a; echo b >&2; echo c; exit 3"), Duration::from_secs(5), |heard| {
            match heard {
                Heard::Out(line) => out.push(line),
                Heard::Err(line) => err.push(line),
                Heard::Idle => {}
            }
            true
        });
        assert_eq!(status.unwrap().unwrap().code(), Some(3));
        assert_eq!((out, err), (vec!["a".to_owned(), "c".to_owned()], vec!["b".to_owned()]));
    }

    #[test]
    fn a_silent_program_can_be_given_up() {
        let mut ticks = 0;
        let status = run(&mut sh("exec sleep 600"), Duration::from_millis(5), |_| {
            ticks += 1;
            ticks < 3
        });
        assert!(status.unwrap().is_none());
        assert_eq!(ticks, 3);
    }
}
