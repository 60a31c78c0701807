//! How far a fetch is: a bar where its size is known, else a sign that turns and what has come. Without a terminal a line for
//! each thing that is done.

use indicatif::{ProgressBar, ProgressStyle};
use nntop_core::unit::Bytes;
use std::cell::RefCell;
use std::io::Write;
use std::time::Duration;

/// Shows it on standard error.
#[derive(Debug)]
pub struct FetchBar {
    /// The line; hidden without a terminal.
    pub bar: ProgressBar,
    /// What was said last.
    said: RefCell<String>,
}

impl Default for FetchBar {
    fn default() -> Self {
        Self::new()
    }
}

impl FetchBar {
    /// An empty line.
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar, said: RefCell::default() }
    }

    /// Shows how much of what is here; of how much, where that is known.
    pub fn show(&self, what: &str, done: Bytes, total: Option<Bytes>) {
        if self.bar.is_hidden() && *self.said.borrow() != what {
            // Nobody is there to read it where this cannot be written.
            let _ = writeln!(std::io::stderr(), "{what}");
        }
        what.clone_into(&mut self.said.borrow_mut());
        let style = ProgressStyle::with_template(template(done, total));
        self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
        self.bar.set_message(what.to_owned());
        self.bar.set_length(total.unwrap_or(done).0);
        self.bar.set_position(done.0);
    }
}

/// A bar without a size would look full, and one of nothing stuck.
pub(super) fn template(done: Bytes, total: Option<Bytes>) -> &'static str {
    match (total, done) {
        (Some(total), _) if total.0 > 0 => {
            " {msg:40!} {bar:20} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}"
        }
        (_, Bytes(0)) => " {spinner} {msg}  {elapsed}",
        _ => " {spinner} {msg}  {binary_bytes} {binary_bytes_per_sec}  {elapsed}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_size_has_a_bar() {
        let bar = |done, total: Option<u64>| template(Bytes(done), total.map(Bytes)).contains("{bar");
        assert!(bar(5, Some(10)) && bar(0, Some(10)));
        assert!(!bar(0, None) && !bar(5, None) && !bar(0, Some(0)));
        assert!(!template(Bytes(0), None).contains("bytes"), "no zero where nothing has come");
    }
}
