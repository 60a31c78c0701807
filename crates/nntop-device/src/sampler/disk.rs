//! Bytes read from and written to disks per second, over all disks with hardware below them, from `/proc/diskstats`.

use super::parse::reason;
use super::{Reading, Registry, Root, Sampler, SysFile, layers};
use nntop_core::event::{MetricId, Part, PartId, Quantity};
use nntop_core::unit::Nanos;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// What a sector is in this file, whatever the disk's own are (the kernel's iostats.rst).
const SECTOR: f64 = 512.0;

/// Sectors read and written since a disk came up.
type Counters = BTreeMap<String, (u64, u64)>;

pub(super) struct Disk {
    root: Root,
    /// All that is listed, and which of it is added up: asked anew when one has come or gone.
    known: BTreeSet<String>,
    counted: BTreeSet<String>,
    file: SysFile,
    buffer: Vec<u8>,
    ids: Option<(MetricId, MetricId)>,
    last: Option<(Nanos, Counters)>,
}

impl Disk {
    pub(super) fn new(root: &Root) -> Self {
        let (known, counted) = (BTreeSet::new(), BTreeSet::new());
        Self {
            root: root.clone(),
            known,
            counted,
            file: root.file("/proc/diskstats"),
            buffer: Vec::new(),
            ids: None,
            last: None,
        }
    }

    fn read(&mut self) -> io::Result<Counters> {
        let mut all = counters(self.file.read_into(&mut self.buffer)?);
        if all.len() != self.known.len() || !all.keys().all(|name| self.known.contains(name)) {
            let names: Vec<&str> = all.keys().map(String::as_str).collect();
            self.counted = layers::disks(&self.root, &names).into_iter().map(str::to_owned).collect();
            self.known = all.keys().cloned().collect();
        }
        all.retain(|name, _| self.counted.contains(name));
        Ok(all)
    }

    /// What is added up and what is not, in words. Partitions are parts of what is.
    fn says(&self) -> String {
        let counted = layers::named(self.counted.iter().map(String::as_str));
        let part = |name: &&str| self.counted.iter().any(|disk| name.starts_with(disk.as_str()));
        let memory = |name: &&str| ["loop", "ram", "zram", "sr"].iter().any(|start| name.starts_with(start));
        let others = self.known.iter().map(String::as_str).filter(|name| !part(name) && !memory(name));
        let others = layers::named(others);
        if others.is_empty() { counted } else { format!("{counted}; not of {others}, which lie on others") }
    }
}

impl Sampler for Disk {
    fn name(&self) -> &'static str {
        "disk"
    }

    fn probe(&mut self, registry: &mut Registry) {
        match self.read() {
            Err(e) => registry.absent(Part::Disk, "disk", format!("/proc/diskstats: {}", reason(&e))),
            Ok(now) if now.is_empty() => registry.absent(Part::Disk, "disk", "/proc/diskstats: no disk"),
            Ok(_) => {
                let says = self.says();
                let mut declare = |quantity, label, field| {
                    let source = format!("/proc/diskstats: sectors {field} x 512, of {says}");
                    registry.declare(Part::Disk, quantity, PartId::only()).label(label).source(source).id()
                };
                self.ids =
                    Some((declare(Quantity::Read, "read", "read"), declare(Quantity::Written, "written", "written")));
            }
        }
    }

    fn sample(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        let Some((read, write)) = self.ids else { return };
        let counters = self.read().ok().filter(|counters| !counters.is_empty());
        let rates = match (&self.last, &counters) {
            (Some((then, before)), Some(counters)) => rates(before, counters, now.since(*then)),
            _ => None,
        };
        self.last = counters.map(|counters| (now, counters));
        out.push((read, rates.map(|(read, _)| read)));
        out.push((write, rates.map(|(_, written)| written)));
    }
}

/// Bytes per second, disk by disk: one that came or was reset in between must not bring its whole past.
fn rates(before: &Counters, after: &Counters, span: Nanos) -> Option<(f64, f64)> {
    if span == Nanos::ZERO {
        return None;
    }
    let (mut read, mut written) = (0.0, 0.0);
    for (name, (r, w)) in after {
        if let Some((r0, w0)) = before.get(name) {
            read += r.saturating_sub(*r0) as f64;
            written += w.saturating_sub(*w0) as f64;
        }
    }
    Some((read * SECTOR / span.as_secs_f64(), written * SECTOR / span.as_secs_f64()))
}

/// Sectors read and written of everything that is listed.
fn counters(text: &str) -> Counters {
    let line = |line: &str| {
        let mut words = line.split_ascii_whitespace().skip(2);
        let name = words.next()?.to_owned();
        let fields: Vec<&str> = words.collect();
        let field = |n: usize| fields.get(n)?.parse::<u64>().ok();
        Some((name, (field(2)?, field(6)?)))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_disks_count_once() {
        let text = "   8       0 sda 100 0 1000 5 50 0 200 5 0 0 0\n\
                    \x20  8       1 sda1 90 0 900 5 50 0 200 5 0 0 0\n\
                    \x20259       0 nvme0n1 1 0 10 5 1 0 20 5 0 0 0\n\
                    \x20259       1 nvme0n1p1 1 0 10 5 1 0 20 5 0 0 0\n\
                    \x20179       0 mmcblk0 1 0 1 5 1 0 2 5 0 0 0\n\
                    \x20  7       0 loop0 1 0 77 5 1 0 77 5 0 0 0\n\
                    \x20253       0 dm-0 1 0 77 5 1 0 77 5 0 0 0\n\
                    garbage\n 8 0 sdb -1 x\n";
        let disks = |text: &str| {
            let mut all = counters(text);
            let names: Vec<String> = all.keys().cloned().collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let hard = layers::disks(&Root::at("/nowhere"), &names);
            all.retain(|name, _| hard.contains(&name.as_str()));
            all
        };
        let found = disks(text);
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(names, ["mmcblk0", "nvme0n1", "sda"]);
        assert_eq!(found["sda"], (1000, 200));
        let later = disks(&text.replace("sda 100 0 1000", "sda 100 0 3000"));
        assert_eq!(rates(&found, &later, Nanos::from_millis(2_000)), Some((512_000.0, 0.0)));
        assert_eq!(rates(&later, &found, Nanos::from_millis(1_000)), Some((0.0, 0.0)), "it was reset");
    }
}
