//! A panic as a person reads it: one error line. With `RUST_BACKTRACE` set it is the standard library's report, for developers.

use super::output::note;
use std::panic::{PanicHookInfo, set_hook};

/// From here on panics are reported in one line.
pub(super) fn in_one_line() {
    if std::env::var_os("RUST_BACKTRACE").is_none_or(|value| value == "0") {
        set_hook(Box::new(tell));
    }
}

fn tell(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no reason given").split_whitespace().collect::<Vec<_>>().join(" ");
    note(&format!("error: internal error: {text}"));
    note("hint: RUST_BACKTRACE=1 shows where; ulimit -a shows whether threads, files or memory are limited");
}
