//! Input files from anywhere (.npy, .npz, .pb) are read or refused.
//! `cargo +nightly fuzz run tensors -- -rss_limit_mb=1024`
#![no_main]

use libfuzzer_sys::fuzz_target;
use nntop_engine::tensor::{npy, pb};
use std::io::Write;
use std::os::fd::AsRawFd;

fuzz_target!(|data: &[u8]| {
    let mut file = std::fs::File::from(rustix::fs::memfd_create("tensor", rustix::fs::MemfdFlags::empty()).unwrap());
    file.write_all(data).unwrap();
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let _ = npy::read(path.as_ref());
    let _ = npy::read_archive(path.as_ref());
    let _ = pb::read(path.as_ref());
});
