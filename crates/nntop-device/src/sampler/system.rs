//! The whole machine as the operating system counts it: load, uptime, space on disks, and the names of users. Through the crate
//! `sysinfo`, which reads Linux and other systems. Of the live machine only: a recorded tree has no disks to ask.

use nntop_core::event::{DiskSpace, System};
use nntop_core::unit::{Bytes, Nanos};
use std::collections::HashMap;
use sysinfo::{DiskRefreshKind, Disks, Users};

/// How old the space of disks and the names of users may get: both change slowly, and every file system is asked.
const AGE: Nanos = Nanos::from_millis(10_000);

/// More file systems are no picture of a board.
const MOST: usize = 16;

/// What is kept between two looks.
#[derive(Default)]
pub(super) struct Whole {
    disks: Vec<DiskSpace>,
    users: HashMap<u32, String>,
    read: Option<Nanos>,
}

impl Whole {
    /// Reads what is due.
    pub(super) fn look(&mut self, now: Nanos) -> System {
        if self.read.is_none_or(|then| now.since(then) >= AGE) {
            self.read = Some(now);
            self.disks = disks();
            let named = |user: &sysinfo::User| (**user.id(), user.name().to_owned());
            self.users = Users::new_with_refreshed_list().iter().map(named).collect();
        }
        let load = sysinfo::System::load_average();
        System {
            load: [load.one, load.five, load.fifteen],
            up: Nanos::from_millis(sysinfo::System::uptime().saturating_mul(1_000)),
            disks: self.disks.clone(),
        }
    }

    /// A user by name, or by number.
    pub(super) fn user(&self, id: u32) -> String {
        self.users.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

/// File systems that lie on disks, each once, the largest first. `sysinfo` leaves out those of the kernel and of the network.
fn disks() -> Vec<DiskSpace> {
    let found = Disks::new_with_refreshed_list_specifics(DiskRefreshKind::nothing().with_storage());
    // One device may be mounted in many places (containers, snaps): the shortest path is the one that people know.
    let mut by_device: HashMap<String, DiskSpace> = HashMap::new();
    for disk in found.list().iter().filter(|disk| disk.total_space() > 0 && !disk.is_read_only()) {
        let mount: String = disk.mount_point().to_string_lossy().chars().filter(|c| !c.is_control()).collect();
        let space = DiskSpace { mount, total: Bytes(disk.total_space()), free: Bytes(disk.available_space()) };
        let name = disk.name().to_string_lossy().into_owned();
        match by_device.get_mut(&name) {
            Some(known) if known.mount.len() <= space.mount.len() => {}
            Some(known) => *known = space,
            None => drop(by_device.insert(name, space)),
        }
    }
    let mut all: Vec<DiskSpace> = by_device.into_values().collect();
    all.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.mount.cmp(&b.mount)));
    all.truncate(MOST);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_been_up_for_a_while() {
        let mut whole = Whole::default();
        let seen = whole.look(Nanos::ZERO);
        let since_boot: f64 =
            std::fs::read_to_string("/proc/uptime").unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!((seen.up.as_secs_f64() - since_boot).abs() < 60.0, "{seen:?} {since_boot}");
        assert!(seen.load.iter().all(|load| load.is_finite() && *load >= 0.0), "{seen:?}");
        assert!(seen.disks.iter().all(|disk| disk.free <= disk.total && disk.mount.starts_with('/')), "{seen:?}");
        assert_eq!(whole.user(0), "root");
        assert_eq!(whole.user(u32::MAX - 7), (u32::MAX - 7).to_string(), "a number where there is no name");
    }
}
