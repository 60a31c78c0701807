//! A profile of any tool, packed or not, is read or refused; what is read adds up and can be drawn.
//! `cargo +nightly fuzz run imported_profile CORPUS crates/nntop-trace/src/op_trace/import/tests/excerpts -- -rss_limit_mb=1024`
#![no_main]

use libfuzzer_sys::fuzz_target;
use nntop_results::report::ops;
use nntop_trace::op_trace::{matching, read};

fuzz_target!(|data: &[u8]| {
    match read(data) {
        Err(e) => assert!(!e.to_string().contains('\n'), "an error is one line"),
        // What nntop wrote itself is taken at its word.
        Ok(_) if data.windows(14).any(|w| w == b"nntop.profile/") => {}
        Ok(titled) => {
            let profile = titled.profile;
            let host = profile.rows.iter().filter(|row| !row.is_on_device());
            let own = host.fold(0u64, |sum, row| sum.saturating_add(row.self_time.0));
            assert!(own.saturating_add(profile.gap.0) >= profile.wall.0);
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
