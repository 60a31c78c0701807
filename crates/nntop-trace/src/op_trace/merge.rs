//! Several profiles of the same model as one: a file per inference becomes a profile of them all.

use nntop_core::event::{OpProfile, OpRow};
use nntop_core::unit::{Bytes, Nanos};
use std::collections::HashMap;

/// What makes two rows the same: the row that encloses them, what they are, and which of several alike they are.
type Key = (Option<u32>, String, String, Option<String>, u32);

/// Sums profiles of the same session. Rows that are in one only stay; names, shapes and starts are those of the first
/// profile that has the row.
pub fn merge(profiles: impl IntoIterator<Item = OpProfile>) -> OpProfile {
    let mut profiles = profiles.into_iter();
    let Some(mut all) = profiles.next() else { return OpProfile::default() };
    let mut seen = HashMap::new();
    let place = |(i, row): (usize, &OpRow)| (key(row, row.parent, &mut seen), i as u32);
    let mut places: HashMap<Key, u32> = all.rows.iter().enumerate().map(place).collect();
    for next in profiles {
        all.inferences += next.inferences;
        all.wall = all.wall + next.wall;
        all.gap = all.gap + next.gap;
        all.elsewhere = all.elsewhere + next.elsewhere;
        for track in next.beside {
            match all.beside.iter_mut().find(|known| known.name == track.name && known.is_device == track.is_device) {
                Some(known) => {
                    known.busy = known.busy + track.busy;
                    known.overlap = known.overlap.zip(track.overlap).map(|(a, b)| a + b);
                }
                None => all.beside.push(track),
            }
        }
        all.partial = all.partial.take().or_else(|| next.partial.clone());
        // Where each of its rows lies among all: parents come before their children.
        let mut moved: Vec<u32> = Vec::with_capacity(next.rows.len());
        let mut seen: HashMap<Key, u32> = HashMap::new();
        for row in next.rows {
            let parent = row.parent.and_then(|p| moved.get(p as usize).copied());
            let key = key(&row, parent, &mut seen);
            let place = *places.entry(key).or_insert_with(|| {
                all.rows.push(OpRow { parent, ..empty(&row) });
                (all.rows.len() - 1) as u32
            });
            moved.push(place);
            add(&mut all.rows[place as usize], &row);
        }
    }
    all
}

fn key(row: &OpRow, parent: Option<u32>, seen: &mut HashMap<Key, u32>) -> Key {
    let mut key = (parent, row.name.clone(), row.op_type.clone(), row.provider.clone(), 0);
    let nth = seen.entry(key.clone()).or_insert(0);
    key.4 = *nth;
    *nth += 1;
    key
}

/// The row without its sums.
fn empty(row: &OpRow) -> OpRow {
    OpRow {
        calls: 0,
        total: Nanos::ZERO,
        self_time: Nanos::ZERO,
        device_time: Nanos::ZERO,
        flops: None,
        executed_flops: None,
        bytes: None,
        memory: None,
        ..row.clone()
    }
}

fn add(to: &mut OpRow, row: &OpRow) {
    // A sum over all calls is known only where each part is.
    if to.calls == 0 {
        (to.flops, to.bytes) = (row.flops, row.bytes);
    } else {
        to.flops = to.flops.zip(row.flops).map(|(a, b)| a.saturating_add(b));
        to.bytes = to.bytes.zip(row.bytes).map(|(a, b)| Bytes(a.0.saturating_add(b.0)));
    }
    to.memory = to.memory.max(row.memory);
    to.calls += row.calls;
    to.total = to.total + row.total;
    to.self_time = to.self_time + row.self_time;
    to.device_time = to.device_time + row.device_time;
    to.threads = to.threads.max(row.threads);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, parent: Option<u32>, ns: u64, flops: Option<u64>) -> OpRow {
        let (total, self_time) = (Nanos(ns), Nanos(ns));
        OpRow { name: name.into(), parent, calls: 1, total, self_time, flops, ..OpRow::default() }
    }

    fn profile(rows: Vec<OpRow>) -> OpProfile {
        let wall = Nanos(rows.iter().map(|r| r.self_time.0).sum::<u64>() + 1);
        OpProfile { inferences: 1, wall, gap: Nanos(1), rows, ..OpProfile::default() }
    }

    #[test]
    fn rows_are_summed_by_their_place_in_the_tree_and_nothing_is_lost() {
        let a =
            profile(vec![row("run", None, 1, None), row("Conv", Some(0), 10, Some(5)), row("Add", Some(0), 2, None)]);
        // Another order, one operator more, one less, and one name twice.
        let b = profile(vec![
            row("run", None, 2, None),
            row("Loop", Some(0), 3, None),
            row("Add", Some(1), 4, None),
            row("Conv", Some(0), 20, Some(5)),
            row("Conv", Some(0), 7, None),
        ]);
        let all = merge([a, b]);
        let told: Vec<_> = all.rows.iter().map(|r| (r.name.as_str(), r.parent, r.calls, r.self_time.0)).collect();
        assert_eq!(
            told,
            [
                ("run", None, 2, 3),
                ("Conv", Some(0), 2, 30),
                ("Add", Some(0), 1, 2),
                ("Loop", Some(0), 1, 3),
                ("Add", Some(3), 1, 4),
                ("Conv", Some(0), 1, 7),
            ]
        );
        assert_eq!((all.rows[1].flops, all.inferences), (Some(10), 2));
        let own: u64 = all.rows.iter().map(|r| r.self_time.0).sum();
        assert_eq!(own + all.gap.0, all.wall.0);
        assert!(all.rows.iter().enumerate().all(|(i, r)| r.parent.is_none_or(|p| (p as usize) < i)));
        assert_eq!(merge([]), OpProfile::default());
    }
}
