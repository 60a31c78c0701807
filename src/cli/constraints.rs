//! What a worker is confined to, as people type it: `0-1,3`, `50%`, `256M`.

use nntop_core::unit::Bytes;

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

/// `50%`: percent of one CPU. Less than one the kernel does not take.
pub(super) fn quota(text: &str) -> Result<f64, String> {
    match text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>() {
        Ok(percent) if (1.0..=100.0 * MOST_CPUS as f64).contains(&percent) => Ok(percent),
        _ => Err("percent of one CPU, at least 1, as in 50% or 150%".into()),
    }
}

/// `256M`: powers of 1024, as Docker and systemd read it.
pub(super) fn memory(text: &str) -> Result<Bytes, String> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let shift = match unit.to_ascii_uppercase().trim_end_matches("B").trim_end_matches('I') {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err(format!("{unit:?} is no unit of memory (K, M, G)")),
    };
    match number.trim().parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift)) {
        Some(bytes @ 1..) => Ok(Bytes(bytes)),
        _ => Err("a size looks like 256M or 1G".into()),
    }
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

    #[test]
    fn quotas_and_sizes_read_as_elsewhere() {
        assert_eq!((quota("50%"), quota("150")), (Ok(50.0), Ok(150.0)));
        assert!(["0%", "half", "-3%", "nan", "inf"].iter().all(|wrong| quota(wrong).is_err()));
        assert_eq!((memory("256M"), memory("1GiB")), (Ok(Bytes(256 << 20)), Ok(Bytes(1 << 30))));
        assert_eq!((memory("64kb"), memory("4096")), (Ok(Bytes(64 << 10)), Ok(Bytes(4_096))));
        assert!(["0", "M", "1T", "-1M", "99999999999999G"].iter().all(|wrong| memory(wrong).is_err()));
    }
}
