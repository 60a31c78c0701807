//! The terminal's state: raw mode and the alternate screen while the dashboard runs, and restored however
//! it ends, panics included.

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::execute;
use crossterm::style::ResetColor;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};
use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal is ours now. Global because a panic hook has no other way to know.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether a panic gave it back.
static PANICKED: AtomicBool = AtomicBool::new(false);
/// Whether the mouse is to be ours, too.
static MOUSE: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Whether the terminal was lost to a panic, in whatever thread.
pub(crate) fn panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}

/// Holds the terminal; gives it back when dropped.
pub(crate) struct Guard(());

impl Guard {
    /// Takes the terminal, and the mouse where that is wanted; `asks` it for its background, which it answers as keys.
    pub(crate) fn take(mouse: bool, asks: bool) -> io::Result<Self> {
        MOUSE.store(mouse, Ordering::SeqCst);
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                // First the terminal, or the message goes to a screen that is about to vanish.
                if TAKEN.load(Ordering::SeqCst) {
                    restore();
                    PANICKED.store(true, Ordering::SeqCst);
                    // Wakes the loop, which may wait for a key: it must not go on painting.
                    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::CONT);
                }
                before(info);
            }));
        });
        enter()?;
        if asks {
            // OSC 11. Terminals that do not know it stay silent.
            io::stdout().write_all(b"\x1b]11;?\x07")?;
            io::stdout().flush()?;
        }
        Ok(Self(()))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, Hide)?;
    if MOUSE.load(Ordering::SeqCst) { execute!(io::stdout(), EnableMouseCapture) } else { Ok(()) }
}

/// Gives the terminal back. Errors have nowhere to go: it is restored as far as possible.
fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        if MOUSE.load(Ordering::SeqCst) {
            let _ = execute!(io::stdout(), DisableMouseCapture);
        }
        let _ = execute!(io::stdout(), EndSynchronizedUpdate, ResetColor, LeaveAlternateScreen, Show);
        // An answer that comes only now is none for the shell.
        let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
        let _ = disable_raw_mode();
    }
}

/// Stops this process as the shell's job control expects, with the terminal restored meanwhile; returns the
/// terminal's size afterwards.
pub(crate) fn suspend() -> io::Result<(u16, u16)> {
    restore();
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
    // Continued by the shell.
    enter()?;
    size()
}
