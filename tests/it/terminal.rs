//! A program in a pseudo-terminal: keys go in, the screen comes out, as a person would see it.

use crate::support::{LIMIT, data_dir};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

/// How often the screen may change while something is waited for: ten frames a second, two chunks each, for 15 minutes.
const LOOKS: u32 = 20_000;

/// An open terminal with nntop in it. Dropping it closes the terminal, which ends the program.
pub(crate) struct Terminal {
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    chunks: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// All bytes that the program has written.
    pub(crate) written: Vec<u8>,
    // Keeps the terminal open.
    master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts `nntop` with `args` in `folder`, on a terminal of `columns` x `rows`.
    pub(crate) fn open(args: &[&str], folder: &Path, columns: u16, rows: u16) -> Self {
        Self::open_with(args, folder, columns, rows, &[])
    }

    /// The same with variables of its environment.
    pub(crate) fn open_with(args: &[&str], folder: &Path, columns: u16, rows: u16, variables: &[(&str, &str)]) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_nntop"));
        command.args(args);
        command.cwd(folder);
        command.env("HOME", folder);
        command.env("NNTOP_DATA_DIR", data_dir());
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        for variable in ["ORT_DYLIB_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "NO_COLOR"] {
            command.env_remove(variable);
        }
        variables.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, chunks) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0u8; 1 << 14];
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap(), 0);
        Self { keys, child, chunks, screen, written: Vec::new(), master: pair.master }
    }

    /// The program's process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Makes the terminal larger or smaller.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        self.screen.screen_mut().set_size(NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap());
    }

    /// The screen as text.
    pub(crate) fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Reads until the screen is as wished.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, what: &str, wished: impl Fn(&str) -> bool) {
        // A screen that never rests is looked at no more often than any test needs: one that is animated and wrong has an end.
        for _ in 0..LOOKS {
            if wished(&self.text()) {
                return;
            }
            match self.chunks.recv_timeout(LIMIT) {
                Ok(chunk) => self.take(&chunk),
                Err(RecvTimeoutError::Timeout) => panic!("waited in vain for {what}:\n{}", self.text()),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended before {what}:\n{}", self.text()),
            }
        }
        panic!("it has changed {LOOKS} times without {what}:\n{}", self.text());
    }

    /// Reads until the screen shows `words`.
    #[track_caller]
    pub(crate) fn shows(&mut self, words: &str) {
        self.wait_for(words, |screen| screen.contains(words));
    }

    /// Reads to the program's end and returns its exit code.
    #[track_caller]
    pub(crate) fn end(&mut self) -> u32 {
        loop {
            match self.chunks.recv_timeout(LIMIT) {
                Ok(chunk) => self.take(&chunk),
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().unwrap().exit_code(),
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{}", self.text()),
            }
        }
    }

    /// Whether the program has given the terminal back as it was: normal screen, cursor shown, the mouse its own.
    pub(crate) fn is_restored(&self) -> bool {
        let screen = self.screen.screen();
        let mouse = screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None;
        !screen.alternate_screen() && !screen.hide_cursor() && !mouse
    }

    fn take(&mut self, chunk: &[u8]) {
        self.screen.process(chunk);
        self.written.extend_from_slice(chunk);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
