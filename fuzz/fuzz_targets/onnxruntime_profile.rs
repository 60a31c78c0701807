//! A profile from anywhere is read or refused; what is read adds up.
//! `cargo +nightly fuzz run onnxruntime_profile -- -rss_limit_mb=1024`
#![no_main]

use libfuzzer_sys::fuzz_target;
use nntop_results::report::ops;
use nntop_trace::op_trace::{matching, onnxruntime};

fuzz_target!(|data: &[u8]| {
    match onnxruntime::read(data) {
        Err(e) => assert!(!e.to_string().contains('\n'), "an error is one line"),
        Ok(profile) => {
            let host = profile.rows.iter().filter(|row| !row.is_on_device());
            let own: u64 = host.map(|row| row.self_time.0).sum();
            assert!(own + profile.gap.0 >= profile.wall.0);
            for (i, row) in profile.rows.iter().enumerate() {
                assert!(row.self_time <= row.total);
                assert!(row.parent.is_none_or(|parent| (parent as usize) < i));
            }
            let subject = ops::Subject { title: "", profile: &profile, overhead: None };
            let _ = (ops::text(subject, 10, 80), ops::folded(subject), ops::flame(subject));
            assert!(matching::matching(&profile, &profile).only_a.is_empty());
        }
    }
});
