//! Recordings from anywhere are opened, folded and counted, or refused.
//! `cargo +nightly fuzz run recording -- -rss_limit_mb=1024`
#![no_main]

use libfuzzer_sys::fuzz_target;
use nntop_results::recording::{Info, Recording};
use std::io::Write;
use std::os::fd::AsRawFd;

fuzz_target!(|data: &[u8]| {
    let mut file = std::fs::File::from(rustix::fs::memfd_create("recording", rustix::fs::MemfdFlags::empty()).unwrap());
    file.write_all(data).unwrap();
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    if let Ok(recording) = Recording::open(path.as_ref()) {
        let _ = recording.state_at(recording.end());
        let _ = Info::of(&recording);
    }
});
