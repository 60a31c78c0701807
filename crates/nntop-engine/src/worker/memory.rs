//! The worker's own memory, read by itself between blocks: PSS takes milliseconds under the process's lock.

use nntop_core::event::{Memory, Slot};
use nntop_core::unit::Bytes;

/// Reads `/proc/self/smaps_rollup` and the peak from `/proc/self/status`.
pub(super) fn read(variant: Slot, run: u32) -> Memory {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let rss = kilobytes(&status, "VmRSS:");
    Memory {
        variant,
        run,
        pss: kilobytes(&rollup, "Pss:"),
        rss,
        // The kernel updates the peak lazily: it can lag behind what is resident right now.
        peak: kilobytes(&status, "VmHWM:").max(rss),
        anonymous: kilobytes(&status, "RssAnon:"),
        mapped: kilobytes(&status, "RssFile:"),
    }
}

/// Resident memory now.
pub(super) fn resident() -> Option<Bytes> {
    kilobytes(&std::fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// The most that was resident so far. The kernel updates it lazily: it can lag behind what is resident right now.
pub(super) fn peak() -> Option<Bytes> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    kilobytes(&status, "VmHWM:").max(kilobytes(&status, "VmRSS:"))
}

/// Makes the peak start anew (`5` to clear_refs, proc(5)), so that it is the measured phase's own.
/// Where the kernel forbids it, the peak is that of the whole process.
pub(super) fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn kilobytes(text: &str, key: &str) -> Option<Bytes> {
    let line = text.lines().find_map(|l| l.strip_prefix(key))?;
    let kb: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(Bytes(kb * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_line_is_absent_and_not_zero() {
        assert_eq!(kilobytes("Rss: 12 kB\nPss:   7 kB\n", "Pss:"), Some(Bytes(7 * 1024)));
        assert_eq!(kilobytes("Rss: 12 kB\n", "Pss:"), None);
        assert_eq!(kilobytes("Pss: many kB\n", "Pss:"), None);
    }
}
