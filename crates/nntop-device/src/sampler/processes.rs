//! The machine's processes: the busiest and the largest, from `/proc/PID/stat`. Only while somebody looks: hundreds of
//! files take milliseconds.

use super::process::system_constant;
use super::sysfile::OpenFile;
use super::system::Whole;
use super::{Root, SysFile};
use nntop_core::event::{Process, Processes, Slot};
use nntop_core::text;
use nntop_core::unit::{Bytes, Nanos};
use std::collections::{HashMap, HashSet};
use std::os::unix::fs::MetadataExt;

/// So many are told of, and of them so many for their CPU time; the others for their memory.
const TOLD: usize = 50;
const BUSIEST: usize = 30;

/// A machine has at most so many: Linux's own limit is 2²² numbers, but a list of them is no picture of a board.
const MOST: usize = 1 << 15;

/// The number of their files that stay open between passes; those of further processes are opened each time. A
/// process may have 1 024 files open, unless somebody raised that.
const OPEN: usize = 256;

/// The most further processes that match the search.
const FOUND: usize = 200;

/// The longest line of `/proc/PID/stat`: 52 numbers and a name.
const LINE: usize = 2_048;

/// So much of a command line is told.
const COMMAND: usize = 160;

/// Memory that processes hold on a GPU, in bytes, by their numbers.
pub type Held = HashMap<u32, f64>;

/// Looks at all processes, pass by pass.
pub(super) struct Table {
    root: Root,
    ticks_per_second: f64,
    page_size: f64,
    known: HashMap<u32, Known>,
    /// How many of `known` have an open file.
    open: usize,
    last: Option<Nanos>,
    buffer: Vec<u8>,
    whole: Whole,
}

/// What is kept of a process between passes.
struct Known {
    file: Option<OpenFile>,
    name: String,
    stat: Counters,
    cpu: Option<f64>,
    command: Option<String>,
    /// The pass in which it was last there.
    seen: Nanos,
}

impl Table {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            root: root.clone(),
            ticks_per_second: system_constant(libc::_SC_CLK_TCK).unwrap_or(100.0),
            page_size: system_constant(libc::_SC_PAGESIZE).unwrap_or(4096.0),
            known: HashMap::new(),
            open: 0,
            last: None,
            buffer: Vec::new(),
            whole: Whole::default(),
        }
    }

    /// One pass. `ours` are the workers; `filter` is what is searched for.
    pub(super) fn look(&mut self, now: Nanos, ours: &[(u32, Slot)], held: &Held, filter: &str) -> Processes {
        self.pass(now);
        let system = self.root.is_live().then(|| self.whole.look(now));
        let own = self.root.is_live().then(std::process::id);
        let mut order: Vec<u32> = self.known.keys().copied().collect();
        let busy = |pid: &u32| self.known[pid].cpu.unwrap_or(0.0);
        let large = |pid: &u32| self.known[pid].stat.pages;
        let special = |pid: &u32| ours.iter().any(|(p, _)| p == pid) || Some(*pid) == own || held.contains_key(pid);
        // Ours and those on the GPU always, then the busiest, then the largest; by number where they are alike, so
        // that idle ones do not change places.
        order.sort_by(|a, b| {
            special(b).cmp(&special(a)).then(busy(b).total_cmp(&busy(a))).then(large(b).cmp(&large(a))).then(a.cmp(b))
        });
        let rest = order.split_off(order.len().min(BUSIEST));
        let mut rest: Vec<u32> = rest;
        rest.sort_by(|a, b| large(b).cmp(&large(a)).then(a.cmp(b)));
        let others = rest.split_off(rest.len().min(TOLD - BUSIEST));
        order.extend(rest);
        order.extend(self.found(others, filter));
        self.add_parents(&mut order);
        let busy = |pid: &u32| self.known[pid].cpu.unwrap_or(0.0);
        let large = |pid: &u32| self.known[pid].stat.pages;
        order.sort_by(|a, b| busy(b).total_cmp(&busy(a)).then(large(b).cmp(&large(a))).then(a.cmp(b)));
        let total = self.known.len() as u32;
        let list = order.into_iter().map(|pid| self.told(pid, ours, own, held)).collect();
        Processes { list, total, cost_ns: 0, system }
    }

    /// Adds what started these, and what started that: a list as a tree needs it.
    fn add_parents(&self, told: &mut Vec<u32>) {
        let mut there: HashSet<u32> = told.iter().copied().collect();
        let mut at = 0;
        while let Some(known) = told.get(at).and_then(|pid| self.known.get(pid)) {
            let parent = known.stat.parent;
            if self.known.contains_key(&parent) && there.insert(parent) {
                told.push(parent);
            }
            at += 1;
        }
    }

    /// Of these the ones whose name, command or number has the letters of `filter`.
    fn found(&mut self, of: Vec<u32>, filter: &str) -> Vec<u32> {
        let wanted = filter.to_lowercase();
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for pid in of {
            let file = self.root.file(format!("/proc/{pid}/cmdline"));
            let Some(known) = self.known.get_mut(&pid) else { continue };
            let line = known.command.get_or_insert_with(|| command(&file, &mut self.buffer));
            let has = |text: &str| text.to_lowercase().contains(&wanted);
            if has(&known.name) || has(line) || has(&pid.to_string()) {
                found.push(pid);
            }
            if found.len() == FOUND {
                break;
            }
        }
        found
    }

    /// Reads the counters of all.
    fn pass(&mut self, now: Nanos) {
        let span = self.last.map(|last| now.since(last)).filter(|span| *span > Nanos::ZERO);
        self.last = Some(now);
        let entries = std::fs::read_dir(self.root.path("/proc")).into_iter().flatten().flatten();
        for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).take(MOST) {
            self.read(pid, now, span);
        }
        self.known.retain(|_, known| known.seen == now);
        self.open = self.known.values().filter(|known| known.file.is_some()).count();
    }

    /// Reads the counters of one. A number that went to another process begins anew.
    fn read(&mut self, pid: u32, now: Nanos, span: Option<Nanos>) {
        let mut line = [0; LINE];
        let known = self.known.get_mut(&pid);
        let kept = known.as_ref().and_then(|known| known.file.as_ref()?.read_again(&mut line).ok());
        let (text, file) = match kept {
            Some(text) => (text, None),
            None => {
                let Ok(file) = self.root.file(format!("/proc/{pid}/stat")).keep_open() else { return };
                let Ok(text) = file.read_again(&mut line) else { return };
                (text, Some(file))
            }
        };
        let Some(stat) = Stat::parse(text) else { return };
        // Who was not there in the pass before has used all its time since.
        let then =
            known.as_ref().filter(|old| old.stat.started == stat.counters.started).map_or(0, |old| old.stat.ticks);
        let used = stat.counters.ticks.saturating_sub(then) as f64 / self.ticks_per_second;
        let cpu = span.map(|span| 100.0 * used / span.as_secs_f64());
        // In a recorded tree another file may take a path's place; in /proc it is the same process for good.
        let opens = file.is_some() && self.open < OPEN && self.root.is_live();
        self.open += usize::from(opens);
        let file = file.filter(|_| opens);
        match known {
            Some(known) if known.stat.started == stat.counters.started => {
                // A command that starts another in its place has another name from then on.
                if known.name != stat.name() {
                    (known.name, known.command) = (stat.name(), None);
                }
                (known.stat, known.cpu, known.seen) = (stat.counters, cpu, now);
                known.file = file.or(known.file.take());
            }
            _ => {
                let (name, stat) = (stat.name(), stat.counters);
                self.known.insert(pid, Known { file, name, stat, cpu, command: None, seen: now });
            }
        }
    }

    fn told(&mut self, pid: u32, ours: &[(u32, Slot)], own: Option<u32>, held: &Held) -> Process {
        let file = self.root.file(format!("/proc/{pid}/cmdline"));
        let Some(known) = self.known.get_mut(&pid) else { return Process::default() };
        let command = known.command.get_or_insert_with(|| command(&file, &mut self.buffer));
        // The files of a recorded tree belong to the user who unpacked it.
        let user = if self.root.is_live() { owner(pid).map(|id| self.whole.user(id)) } else { None };
        Process {
            pid,
            parent: Some(known.stat.parent).filter(|parent| *parent > 0),
            user: user.unwrap_or_default(),
            threads: Some(known.stat.threads),
            name: known.name.clone(),
            cpu: known.cpu,
            rss: (known.stat.pages > 0).then_some(Bytes((known.stat.pages as f64 * self.page_size) as u64)),
            gpu: held.get(&pid).map(|bytes| Bytes(*bytes as u64)),
            command: command.clone(),
            variant: ours.iter().find(|(p, _)| *p == pid).map(|(_, slot)| *slot),
            own: Some(pid) == own,
        }
    }
}

/// Who runs a process: its folder is theirs.
fn owner(pid: u32) -> Option<u32> {
    std::fs::metadata(format!("/proc/{pid}")).ok().map(|folder| folder.uid())
}

/// The words of a command line, as far as they are printable; empty where there is none.
fn command(file: &SysFile, buffer: &mut Vec<u8>) -> String {
    // Bytes that are no UTF-8 make it an error: then its name has to do.
    let text = file.read_into(buffer).unwrap_or_default();
    // Words end with NUL.
    let words: String =
        text.trim_matches(['\0', ' ']).chars().take(COMMAND).map(|c| if c == '\0' { ' ' } else { c }).collect();
    text::clean(&words).into_owned()
}

/// What is wanted of `/proc/PID/stat`, see proc(5).
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stat<'a> {
    name: &'a str,
    counters: Counters,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Counters {
    /// What started it; 0 for the first process and the kernel's own.
    parent: u32,
    ticks: u64,
    started: u64,
    pages: u64,
    threads: u32,
}

impl<'a> Stat<'a> {
    /// `None` for garbage and for a process that has ended.
    fn parse(text: &'a str) -> Option<Self> {
        // The name, in parentheses, may itself hold spaces and parentheses.
        let (begin, end) = (text.find('(')?, text.rfind(')')?);
        let name = text.get(begin + 1..end)?;
        // proc(5) counts from 1, and the state, its third field, is the first one here.
        let mut fields = text[end + 1..].split_ascii_whitespace();
        if matches!(fields.next()?, "Z" | "X" | "x") {
            return None;
        }
        let mut past = 3;
        let mut field = |n: usize| {
            let value = fields.nth(n - past - 1)?.parse::<u64>().ok();
            past = n;
            value
        };
        let parent = field(4).and_then(|pid| u32::try_from(pid).ok())?;
        let ticks = field(14)?.checked_add(field(15)?)?;
        let threads = field(20).and_then(|n| u32::try_from(n).ok())?;
        let started = field(22)?;
        // No process holds more than 2⁴⁰ pages: that is a garbled line.
        let pages = field(24).filter(|pages| *pages < 1 << 40)?;
        Some(Self { name, counters: Counters { parent, ticks, started, pages, threads } })
    }

    /// The name as it can be shown.
    fn name(&self) -> String {
        text::short(self.name, 64).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    const SECOND: Nanos = Nanos::from_millis(1_000);

    fn write(tree: &TempDir, pid: u32, name: &str, ticks: u64, pages: u64) {
        let folder = tree.path().join(format!("proc/{pid}"));
        fs::create_dir_all(&folder).unwrap();
        let line = format!("{pid} ({name}) S 0 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 5 0 77 0 {pages} 0\n");
        fs::write(folder.join("stat"), line).unwrap();
        fs::write(folder.join("cmdline"), format!("/usr/bin/{name}\0--fast\0")).unwrap();
    }

    #[test]
    fn the_busiest_come_first_and_ours_are_known() {
        let tree = TempDir::new().unwrap();
        write(&tree, 10, "idle (very)", 500, 900);
        write(&tree, 11, "busy", 100, 10);
        let mut table = Table::new(&Root::at(tree.path()));
        let first = table.look(SECOND, &[], &Held::new(), "");
        assert!(first.total == 2 && first.list.iter().all(|p| p.cpu.is_none()), "{first:?}");
        write(&tree, 11, "busy", 150, 10);
        write(&tree, 12, "new", 25, 3);
        let held = Held::from([(12, 4096.0)]);
        let next = table.look(Nanos::from_millis(2_000), &[(11, Slot(1))], &held, "");
        let told: Vec<(u32, Option<f64>)> = next.list.iter().map(|p| (p.pid, p.cpu)).collect();
        let per_tick = 100.0 / table.ticks_per_second;
        assert_eq!(told, [(11, Some(50.0 * per_tick)), (12, Some(25.0 * per_tick)), (10, Some(0.0))]);
        assert_eq!((next.list[0].variant, next.list[1].gpu), (Some(Slot(1)), Some(Bytes(4096))));
        assert_eq!((&*next.list[2].name, &*next.list[2].command), ("idle (very)", "/usr/bin/idle (very) --fast"));
        // Its number goes to another.
        fs::remove_dir_all(tree.path().join("proc/10")).unwrap();
        assert_eq!(table.look(Nanos::from_millis(3_000), &[], &held, "").total, 2);
    }

    #[test]
    fn what_started_a_process_is_told_with_it() {
        let tree = TempDir::new().unwrap();
        (1..=120).for_each(|pid| write(&tree, pid, "p", 0, u64::from(pid)));
        // 3 started the largest, and 2 that.
        for (pid, parent) in [(120, 3), (3, 2)] {
            let line = format!("{pid} (p) S {parent} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 5 0 77 0 {pid} 0\n");
            fs::write(tree.path().join(format!("proc/{pid}/stat")), line).unwrap();
        }
        let told = Table::new(&Root::at(tree.path())).look(SECOND, &[], &Held::new(), "");
        let parent = |pid| told.list.iter().find(|p| p.pid == pid).map(|p| p.parent);
        assert_eq!([120, 3, 2].map(parent), [Some(Some(3)), Some(Some(2)), Some(None)]);
        assert_eq!(told.list.len(), TOLD + 2);
    }

    #[test]
    fn of_many_the_busiest_and_the_largest_are_told() {
        let tree = TempDir::new().unwrap();
        (1..=120).for_each(|pid| write(&tree, pid, "p", 0, u64::from(pid)));
        let mut table = Table::new(&Root::at(tree.path()));
        table.look(SECOND, &[], &Held::new(), "");
        (1..=40).for_each(|pid| write(&tree, pid, "p", u64::from(pid), u64::from(pid)));
        let told = table.look(Nanos::from_millis(2_000), &[(50, Slot(0))], &Held::new(), "");
        let pids: Vec<u32> = told.list.iter().map(|p| p.pid).collect();
        assert_eq!((told.total, pids.len()), (120, TOLD));
        let found = table.look(Nanos::from_millis(3_000), &[], &Held::new(), "60");
        assert!(found.list.iter().any(|p| p.pid == 60), "the search covers all processes");
        assert_eq!((found.list.len(), told.list[0].threads, told.system), (TOLD + 1, Some(5), None));
        assert!([40, 120, 50].iter().all(|pid| pids.contains(pid)) && !pids.contains(&60), "{pids:?}");
    }

    #[test]
    fn garbage_is_no_process() {
        for text in ["", "1", "1 (a", ")(", "1 (a) S", "1 (a) Z 1 1 1", "1 (a) S -1 -1 x 99999999999999999999"] {
            assert_eq!(Stat::parse(text), None, "{text:?}");
        }
        let line = "1 (a) S 1 1 1 0 -1 0 0 0 0 0 5 0 0 0 20 0 5 0 77 0 18446744073709551615 0";
        assert_eq!(Stat::parse(line), None, "nobody holds so much");
    }
}
