//! Memory that the GPU and the engines hold. It is the machine's own: there is no other.

use crate::sampler::Root;
use crate::sampler::nodes::{Finds, Found, parsed, scaled, why_not};
use crate::sampler::parse::kilobytes;
use nntop_core::event::{Part, PartId, Quantity};

const MEMINFO: &str = "/proc/meminfo";
const TOTAL: &str = "/sys/kernel/debug/nvmap/stats/total_memory";

/// Who holds how much, for root.
pub(super) const CLIENTS: &str = "/sys/kernel/debug/nvmap/iovmm/clients";

pub(super) fn find(root: &Root, finds: &mut Finds) {
    let meminfo = root.read(MEMINFO).unwrap_or_default();
    let limit = kilobytes(&meminfo, "MemTotal");
    let named = |read, source: &str| {
        let found: Found = read;
        found.label("shared with the CPU").limit(limit).source(source)
    };
    if kilobytes(&meminfo, "NvMapMemUsed").is_some() {
        let read = parsed(root.file(MEMINFO), |text| kilobytes(text, "NvMapMemUsed"));
        let found = Found::new(Part::Gpu, Quantity::SharedMemory, PartId::only(), read);
        finds.push(named(found, "/proc/meminfo: NvMapMemUsed"));
    } else if root.exists(TOTAL) {
        let found = Found::new(Part::Gpu, Quantity::SharedMemory, PartId::only(), scaled(root.file(TOTAL), 1.0));
        finds.push(named(found, TOTAL));
    } else {
        let why = why_not(TOTAL, &root.why_not(TOTAL));
        finds.absent(Part::Gpu, "gpu.memory", format!("{MEMINFO}: no line NvMapMemUsed; {TOTAL}: {why}"));
    }
}

/// What each process holds, in bytes, by its number.
pub(super) fn clients(root: &Root) -> std::io::Result<Vec<(u32, f64)>> {
    Ok(parse_clients(&root.read(CLIENTS)?))
}

/// Lines `user   gpu_burn   7979   23525644K`; the process's number is the third word.
fn parse_clients(text: &str) -> Vec<(u32, f64)> {
    let client = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        // A name may hold spaces: number and size are the last two.
        let [.., pid, size] = words[..] else { return None };
        let (number, scale) = match size.char_indices().next_back()? {
            (at, 'K') => (&size[..at], 1024.0),
            (at, 'M') => (&size[..at], 1024.0 * 1024.0),
            (at, 'G') => (&size[..at], 1024.0 * 1024.0 * 1024.0),
            _ => (size, 1.0),
        };
        (words.len() >= 4).then_some(())?;
        Some((pid.parse().ok()?, number.parse::<u32>().ok().map(f64::from)? * scale))
    };
    text.lines().filter_map(client).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_read_by_column() {
        let text = "CLIENT                        PROCESS      PID        SIZE\n\
                    user                         gpu_burn     7979   23525644K\n\
                    user                         my tool      12     3M\n\
                    total                                            23549320K\n";
        assert_eq!(parse_clients(text), [(7979, 23_525_644.0 * 1024.0), (12, 3.0 * 1024.0 * 1024.0)]);
    }
}
