//! What a worker is confined to, as people type it: `0-1,3`.

/// CPUs, ascending, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CpuList(pub(super) Vec<usize>);

/// No machine has more CPUs.
const MOST_CPUS: usize = 4_096;

/// `0-1,3`, and with `+` for the comma where commas separate settings.
pub(super) fn cpus(text: &str) -> Result<CpuList, String> {
    let mut all = Vec::new();
    for part in text.split([',', '+']) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
            (Ok(first), Ok(last)) if first <= last && last < MOST_CPUS => all.extend(first..=last),
            _ => return Err(format!("{part:?} is no CPU: a list looks like 0-1,3")),
        }
    }
    all.sort_unstable();
    all.dedup();
    Ok(CpuList(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpus_are_numbers_and_ranges() {
        assert_eq!(cpus("3,0-1"), Ok(CpuList(vec![0, 1, 3])));
        assert_eq!(cpus("0+2-3+2"), Ok(CpuList(vec![0, 2, 3])));
        for wrong in ["", "all", "2-1", "0-", "-1", "0,,1", "0-99999"] {
            assert!(cpus(wrong).is_err(), "{wrong}");
        }
    }
}
