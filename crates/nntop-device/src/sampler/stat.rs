//! `/proc/stat`: where the CPUs' time went, and the loads between two counts.

use super::parse::index;
use std::collections::BTreeMap;

/// Percent of the time that was not idle.
#[derive(Default)]
pub(super) struct Loads {
    /// All CPUs together.
    pub(super) total: Option<f64>,
    /// Each by its number.
    pub(super) cores: BTreeMap<u32, f64>,
}

/// Ticks spent in user, nice, system, idle, iowait, irq, softirq and steal. What follows in the file,
/// guest and guest_nice, is already part of user and nice.
pub(super) type Ticks = [u64; 8];

/// The CPUs' part of the file.
#[derive(Default)]
pub(super) struct Stat {
    /// All CPUs together; `None` where the file does not say.
    pub(super) total: Option<Ticks>,
    /// Each CPU that is on, by its number.
    pub(super) cores: BTreeMap<u32, Ticks>,
}

impl Stat {
    /// By number, as the file has it: cores that are off are left out, so that places would shift.
    pub(super) fn parse(text: &str) -> Self {
        let mut stat = Self::default();
        for line in text.lines().take_while(|line| line.starts_with("cpu")) {
            let mut words = line.split_ascii_whitespace();
            let name = words.next().unwrap_or_default();
            let mut ticks = Ticks::default();
            let mut count = 0;
            for (place, word) in ticks.iter_mut().zip(words) {
                let Ok(n) = word.parse() else { break };
                *place = n;
                count += 1;
            }
            // The first four have always been there; the others came with Linux 2.6.
            match (count >= 4, name, index(name, "cpu", "")) {
                (true, "cpu", _) => stat.total = Some(ticks),
                (true, _, Some(number)) => drop(stat.cores.insert(number, ticks)),
                _ => {}
            }
        }
        stat
    }

    /// The loads between `before` and this count, for every CPU that was on both times.
    pub(super) fn loads_since(&self, before: &Self) -> Loads {
        let core = |(number, ticks): (&u32, &Ticks)| Some((*number, load(before.cores.get(number)?, ticks)?));
        Loads {
            total: before.total.zip(self.total).and_then(|(before, after)| load(&before, &after)),
            cores: self.cores.iter().filter_map(core).collect(),
        }
    }
}

/// Percent of the time between two counts that was not idle; `None` when no time has passed.
fn load(before: &Ticks, after: &Ticks) -> Option<f64> {
    // iowait and idle may run backwards a little (proc(5)); that is no reason for a load beyond 100 %.
    let spent: Ticks = std::array::from_fn(|i| after[i].saturating_sub(before[i]));
    // As floats, in which no garbled count overflows.
    let all: f64 = spent.iter().map(|ticks| *ticks as f64).sum();
    let idle = spent[3] as f64 + spent[4] as f64;
    (all > 0.0).then(|| 100.0 * (all - idle) / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_are_part_of_user_and_waiting_is_idle() {
        let stat = |line: &str| Stat::parse(line).total.unwrap();
        let before = stat("cpu  100 0 50 800 50 0 0 0 40 0\n");
        // 30 ticks of user (all of it a guest's), 20 of idle, 50 of waiting for a disk.
        let after = stat("cpu  130 0 50 820 100 0 0 0 70 0\n");
        assert_eq!(load(&before, &after), Some(30.0));
        assert_eq!(load(&after, &after), None);
        // iowait ran backwards: the other fields alone count.
        assert_eq!(load(&before, &stat("cpu  110 0 50 890 40 0 0 0\n")), Some(10.0));
    }

    #[test]
    fn garbled_counts_do_not_overflow() {
        let line = format!("cpu {0} {0} {0} {0} {0} {0} {0} {0}\n", u64::MAX);
        let loads = Stat::parse(&line).loads_since(&Stat::parse("cpu 0 0 0 0\n"));
        assert_eq!(loads.total, Some(75.0));
    }

    #[test]
    fn cores_go_by_their_numbers() {
        let stat = Stat::parse("cpu  4 4 4 4\ncpu0 1 2 3 4\ncpu3 5 6 7 8 9\ncpu4 1 2\ncpux 1 2 3 4\nintr 1\n");
        assert_eq!(stat.cores.keys().collect::<Vec<_>>(), [&0, &3]);
        assert_eq!(stat.cores[&3], [5, 6, 7, 8, 9, 0, 0, 0]);
    }
}
