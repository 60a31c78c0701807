//! A model file from anywhere is read or refused: no panic, no endless loop, bounded memory.
//! `cargo +nightly fuzz run model assets/demo -- -rss_limit_mb=1024`
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::Write;
use std::os::fd::AsRawFd;

fuzz_target!(|data: &[u8]| {
    let mut file = std::fs::File::from(rustix::fs::memfd_create("model", rustix::fs::MemfdFlags::empty()).unwrap());
    file.write_all(data).unwrap();
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    if let Err(e) = nntop_engine::graph::read(path.as_ref()) {
        assert!(!e.to_string().contains('\n'), "an error is one line");
    }
});
