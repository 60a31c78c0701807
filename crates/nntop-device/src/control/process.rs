//! Ending a process: SIGTERM, so that it can put its things in order. Nothing takes that back.

use super::{Control, Place, Seen, refused};
use nntop_core::event::Fault;
use rustix::process::{Pid, Signal, kill_process};

pub(super) const NAME: &str = "end-process";

pub(super) struct EndProcess;

impl Control for EndProcess {
    fn name(&self) -> &'static str {
        NAME
    }

    fn what(&self) -> &'static str {
        "ask a process to end (SIGTERM); cannot be taken back"
    }

    fn look(&self, place: &Place) -> Result<Seen, String> {
        match place.root.is_live() {
            true => Ok(Seen { now: None, choices: Vec::new() }),
            false => Err("a recorded board has no processes to end".into()),
        }
    }

    fn set(&self, _place: &Place, value: &str) -> Result<(), Fault> {
        let number: i32 = value.parse().unwrap_or(0);
        let ours = std::process::id() == number.unsigned_abs();
        let pid = Pid::from_raw(number).filter(|_| number > 1 && !ours).ok_or_else(|| {
            Fault::input(format!("{value} is no process that may be ended"))
                .hint("a number above 1, and not nntop's own")
        })?;
        kill_process(pid, Signal::TERM).map_err(|e| refused(&format!("process {value}"), &e.into()))
    }

    fn remember(&self, _place: &Place) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    fn restore(&self, _place: &Place, _before: &str) -> Result<(), Fault> {
        Err(Fault::run("an ended process does not come back"))
    }
}
