//! Events that are left out for their time stamps, counted by name.

use nntop_core::unit::grouped;
use std::collections::BTreeMap;

/// The number of names that are listed.
const TOLD: usize = 4;

/// Names that are kept; more are counted together.
const KEPT: usize = 1_000;

/// Events that are left out for their time stamps, by name.
#[derive(Debug, Default)]
pub(super) struct Broken {
    by_name: BTreeMap<String, (u64, &'static str)>,
    more: u64,
}

impl Broken {
    /// One more of that name; `why` is what is wrong with its time stamps.
    pub(super) fn add(&mut self, name: &str, why: &'static str) {
        if self.by_name.len() >= KEPT && !self.by_name.contains_key(name) {
            self.more += 1;
            return;
        }
        self.by_name.entry(name.to_owned()).or_insert((0, why)).0 += 1;
    }

    /// What is said of them: `"sgemm" (2 times, begins at 0)`.
    pub(super) fn told(&self) -> Option<String> {
        if self.by_name.is_empty() {
            return None;
        }
        let mut named: Vec<_> = self.by_name.iter().collect();
        named.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
        let one = |(name, (n, why)): &(&String, &(u64, &'static str))| match n {
            1 => format!("\"{name}\" ({why})"),
            n => format!("\"{name}\" ({} times, {why})", grouped(*n)),
        };
        let mut text: Vec<String> = named.iter().take(TOLD).map(one).collect();
        let rest = self.more + named.iter().skip(TOLD).map(|(_, (n, _))| n).sum::<u64>();
        if rest > 0 {
            text.push(format!("{} more", grouped(rest)));
        }
        Some(text.join(", "))
    }
}
