//! The agent behind pipes: commands in on standard input, events out on standard output, a line each.
//!
//! This is the agent's side; the front end's is in [`super::pipes`].

use super::{Surroundings, spawn};
use nntop_core::event::{Command, line};
use std::io::Write;

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
