//! The programs that the installer runs: they end when it is asked to stop.

use nntop_core::program::{End, Program};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether what runs is to end: [`stop`].
static STOP: AtomicBool = AtomicBool::new(false);

/// Ends whatever the installer has running, as soon as may be, and all that it would run after. Safe in a signal's handler.
pub fn stop() {
    STOP.store(true, Ordering::Relaxed);
}

/// Whether that was asked for.
pub fn is_stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// A program that ends with [`stop`].
pub(super) fn program(command: Command) -> Program<'static> {
    Program::new(command).stop(&is_stopped)
}

/// Whether it went well.
///
/// # Errors
/// When it could not be run, or was ended by [`stop`].
pub(super) fn succeeded(end: std::io::Result<End>) -> std::io::Result<bool> {
    match end? {
        End::Stopped => Err(std::io::ErrorKind::Interrupted.into()),
        end => Ok(end.is_success()),
    }
}
