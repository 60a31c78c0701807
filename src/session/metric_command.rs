//! A metric that is a program of the user's: it gets the result as JSON, and prints a number with its unit.

use super::{Measured, Metric};
use nntop_core::event::CustomValue;
use nntop_results::result::RunResult;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How long a command may take where nothing else is said.
const LIMIT: Duration = Duration::from_secs(60);

/// More than a number takes: what prints more prints something else.
const MOST_OUTPUT: usize = 4_096;

/// How often a waiting session looks whether it was stopped.
const LOOK: Duration = Duration::from_millis(100);

/// A shell command that measures a metric.
///
/// It runs once for each variant, when nothing is measured any more. On its standard input it gets the result so far,
/// `nntop.result/1` with the one variant, and in its environment `NNTOP_VARIANT` (the variant's name) and `NNTOP_MODEL` (the
/// model's path). It prints one line: a number and, behind it, its unit, such as `12.5 ms` or `0.93`. A command that fails,
/// prints anything else, prints more than 4 KiB or takes longer than its [limit](Self::limit) leaves the metric without a value,
/// and with the reason. What it starts is ended with it.
#[derive(Debug, Clone)]
pub struct MetricCommand {
    command: String,
    limit: Duration,
}

impl MetricCommand {
    /// A command, as `sh -c` takes it. It may take a minute.
    pub fn new(command: impl Into<String>) -> Self {
        Self { command: command.into(), limit: LIMIT }
    }

    /// Lets it take so long, and kills it then.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    fn run(&self, of: &Measured<'_>) -> Result<CustomValue, String> {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &self.command])
            .env("NNTOP_VARIANT", &of.variant.name)
            .env("NNTOP_MODEL", &of.variant.model.path);
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: what it starts ends with it, and Ctrl-C is nntop's to handle.
        let child = shell.process_group(0).spawn().map_err(|e| format!("cannot be started: {e}"))?;
        let group = Group(Pid::from_child(&child));
        let one = RunResult { variants: vec![of.variant.clone()], comparison: Vec::new(), ..of.result.clone() };
        let said = talk(child, one.to_json().into_bytes()).map_err(|e| format!("cannot be run: {e}"))?;
        let ended = self.listen(&said, &group, of)?;
        if !ended.status.success() {
            let last =
                ended.stderr.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().to_owned();
            let printed = if last.is_empty() { String::new() } else { format!(": {last}") };
            return Err(format!("failed ({}){printed}", ended.status));
        }
        CustomValue::parse(&ended.stdout)
    }

    /// Waits for the end, for so long at most.
    fn listen(&self, said: &Receiver<Said>, group: &Group, of: &Measured<'_>) -> Result<Ended, String> {
        let (mut status, mut out, mut err) = (None, None, None);
        let mut left = self.limit;
        loop {
            match said.recv_timeout(left.min(LOOK)) {
                Ok(Said::Ended(ended)) => {
                    status = Some(ended.map_err(|e| format!("cannot be waited for: {e}"))?);
                    // What it has left in the background may hold its output open.
                    group.kill();
                }
                Ok(Said::Out(text)) => out = Some(text),
                Ok(Said::Err(text)) => err = Some(text),
                Ok(Said::TooMuch) => {
                    return Err(format!(
                        "printed more than {MOST_OUTPUT} bytes where a number with its unit is expected"
                    ));
                }
                Err(RecvTimeoutError::Timeout) if of.is_stopped() => return Err("was stopped".into()),
                Err(RecvTimeoutError::Timeout) => {
                    left = left.saturating_sub(LOOK);
                    if left.is_zero() {
                        return Err(format!("did not end within {} s and was killed", self.limit.as_secs_f64()));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return Err("ended without a word".into()),
            }
            if let (Some(status), Some(stdout), Some(stderr)) = (&status, &out, &err) {
                return Ok(Ended { status: *status, stdout: stdout.clone(), stderr: stderr.clone() });
            }
        }
    }
}

impl Metric for MetricCommand {
    fn measure(&mut self, of: &Measured<'_>) -> CustomValue {
        self.run(of).unwrap_or_else(|why| CustomValue::absent(format!("its command {why}")))
    }
}

/// The processes of a command. Dropping it kills those that are left.
struct Group(Pid);

impl Group {
    fn kill(&self) {
        // Where all have ended there is no such group.
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// How a command ended, and what it printed.
struct Ended {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

/// What the threads around a command have to say.
enum Said {
    Ended(std::io::Result<ExitStatus>),
    Out(String),
    Err(String),
    TooMuch,
}

/// Feeds a command and reads what it prints, each on a thread of its own.
fn talk(mut child: Child, input: Vec<u8>) -> std::io::Result<Receiver<Said>> {
    let (to, said) = channel();
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let thread =
        |work: Box<dyn FnOnce() + Send>| std::thread::Builder::new().name("nntop-metric".into()).spawn(work).map(drop);
    thread(Box::new(move || {
        if let Some(mut stdin) = stdin {
            // A command that does not read it needs nothing of it.
            let _ = stdin.write_all(&input);
        }
    }))?;
    let (out, err) = (to.clone(), to.clone());
    thread(Box::new(move || read_output(stdout, &out)))?;
    thread(Box::new(move || drop(err.send(Said::Err(stderr.map(read_last).unwrap_or_default())))))?;
    thread(Box::new(move || drop(to.send(Said::Ended(child.wait())))))?;
    Ok(said)
}

/// All of a short output; of a long one only that it is.
fn read_output(pipe: Option<impl Read>, to: &Sender<Said>) {
    let mut text = Vec::new();
    let read = pipe.map(|pipe| pipe.take(MOST_OUTPUT as u64 + 1).read_to_end(&mut text));
    let said = match read {
        Some(Ok(n)) if n > MOST_OUTPUT => Said::TooMuch,
        _ => Said::Out(String::from_utf8_lossy(&text).into_owned()),
    };
    let _ = to.send(said);
}

/// The end of an output of any length.
fn read_last(mut pipe: impl Read) -> String {
    let mut kept = Vec::new();
    let mut chunk = [0; 4_096];
    while let Ok(n @ 1..) = pipe.read(&mut chunk) {
        kept.extend_from_slice(&chunk[..n]);
        let surplus = kept.len().saturating_sub(MOST_OUTPUT);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}
