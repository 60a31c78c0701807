//! The order of processes by CPU time, calm: the kernel counts in ticks, so that idle ones would change places every second, which
//! nobody can read and every byte of which a slow line has to carry.

use nntop_core::event::{Process, Processes};
use serde::{Deserialize, Serialize};

/// Who is to pass another needs so much more in the long run, in percent of a core: a tick now and then is less.
const MARGIN: f64 = 0.5;

/// … and so much of the other's use: on a busy machine shares of a core go up and down by a fifth from second to second.
const SHARE: f64 = 0.2;

/// So much of a difference is taken over with each look.
const WEIGHT: f64 = 0.15;

/// A difference of so much is one, and taken over at once.
const JUMP: f64 = 20.0;

/// Processes by their numbers, the busiest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Busiest(Vec<(u32, f64)>);

impl Busiest {
    /// The numbers in their order.
    pub fn pids(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().map(|(pid, _)| *pid)
    }

    /// Takes in a new look at them.
    pub(super) fn look(&mut self, processes: &Processes) {
        let cpu = |p: &Process| p.cpu.unwrap_or(0.0);
        let mut new: Vec<&Process> = processes.list.iter().filter(|p| self.pids().all(|pid| pid != p.pid)).collect();
        new.sort_by(|a, b| cpu(b).total_cmp(&cpu(a)).then(b.rss.cmp(&a.rss)).then(a.pid.cmp(&b.pid)));
        let mut new = new.into_iter();
        self.0.retain_mut(|(pid, use_)| {
            if let Some(process) = processes.list.iter().find(|p| p.pid == *pid) {
                let difference = cpu(process) - *use_;
                *use_ = if difference.abs() > JUMP { cpu(process) } else { *use_ + WEIGHT * difference };
                return true;
            }
            // Who comes takes the place of who has gone, so that those below stay where they are.
            let next = new.next();
            (*pid, *use_) = next.map_or((0, 0.0), |process| (process.pid, cpu(process)));
            next.is_some()
        });
        self.0.extend(new.map(|process| (process.pid, cpu(process))));
        // Before the first that is clearly less busy, however near to it those in between are.
        for at in 1..self.0.len() {
            if let Some(first) = (0..at).find(|first| passes(self.0[at].1, self.0[*first].1)) {
                self.0[first..=at].rotate_right(1);
            }
        }
    }
}

fn passes(lower: f64, upper: f64) -> bool {
    lower > upper + MARGIN.max(SHARE * upper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::unit::Bytes;

    fn look(busiest: &mut Busiest, uses: &[(u32, f64)]) -> Vec<u32> {
        let process = |(pid, cpu): &(u32, f64)| Process {
            pid: *pid,
            cpu: Some(*cpu),
            rss: Some(Bytes(u64::from(100 - *pid))),
            ..Process::default()
        };
        busiest.look(&Processes { list: uses.iter().map(process).collect(), total: 9, cost_ns: 0, system: None });
        busiest.pids().collect()
    }

    #[test]
    fn a_tick_more_or_less_changes_no_places() {
        let mut busiest = Busiest::default();
        let first = look(&mut busiest, &[(1, 0.0), (2, 40.0), (3, 1.0), (4, 0.0)]);
        assert_eq!(first, [2, 3, 1, 4], "the larger first where they are alike");
        for tick in 0..20 {
            let other = f64::from(tick % 2);
            let uses = [(1, other), (2, 39.0 + 2.0 * other), (3, 1.0 - other), (4, 1.0 - other)];
            assert_eq!(look(&mut busiest, &uses), first);
        }
    }

    #[test]
    fn small_differences_add_up() {
        let mut busiest = Busiest::default();
        look(&mut busiest, &[(1, 0.0), (2, 0.0), (3, 0.0), (4, 0.0), (5, 0.0), (6, 0.0)]);
        for _ in 0..30 {
            look(&mut busiest, &[(1, 0.0), (2, 0.4), (3, 0.8), (4, 1.2), (5, 1.6), (6, 2.0)]);
        }
        let order: Vec<u32> = busiest.pids().collect();
        let place = |pid| order.iter().position(|p| *p == pid);
        assert!(place(6) < place(4) && place(4) < place(2) && place(3) < place(1), "{order:?}");
    }

    #[test]
    fn who_is_clearly_busier_goes_up_at_once_and_who_is_a_little_after_a_while() {
        let mut busiest = Busiest::default();
        look(&mut busiest, &[(1, 5.0), (2, 0.0), (3, 0.0)]);
        assert_eq!(look(&mut busiest, &[(1, 5.0), (2, 0.0), (3, 60.0), (9, 30.0)]), [3, 9, 1, 2]);
        assert_eq!(look(&mut busiest, &[(1, 5.0), (2, 0.0), (3, 60.0), (8, 31.0)]), [3, 8, 1, 2], "in 9's place");
        let mut looks = 0;
        while look(&mut busiest, &[(1, 5.0), (2, 8.0), (3, 60.0)]) != [3, 2, 1] {
            looks += 1;
            assert!(looks < 20, "a lasting difference shows");
        }
        assert!(looks > 0);
    }
}
