//! Bytes received and sent per second, over all interfaces with hardware below them, from `/proc/net/dev`.

use super::parse::reason;
use super::{Reading, Registry, Root, Sampler, SysFile, layers};
use nntop_core::event::{MetricId, Part, PartId, Quantity};
use nntop_core::unit::Nanos;
use std::collections::{BTreeSet, HashMap};
use std::io;

/// Bytes received and sent since an interface came up.
type Counters = HashMap<String, (u64, u64)>;

pub(super) struct Network {
    root: Root,
    counted: Counted,
    file: SysFile,
    buffer: Vec<u8>,
    ids: Option<(MetricId, MetricId)>,
    last: Option<(Nanos, Counters)>,
}

impl Network {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            root: root.clone(),
            counted: Counted::default(),
            file: root.file("/proc/net/dev"),
            buffer: Vec::new(),
            ids: None,
            last: None,
        }
    }

    fn read(&mut self) -> io::Result<Counters> {
        let text = self.file.read_into(&mut self.buffer)?;
        // Only the head tells a file with no interfaces from one with nothing: the latter is no 0 bytes/s.
        if !text.contains("bytes") {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a table of interfaces"));
        }
        let all =
            counters(text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not a table of interfaces"))?;
        Ok(self.counted.of(&self.root, all))
    }
}

/// Which interfaces are added up; asked anew when one has come or gone.
#[derive(Default)]
struct Counted {
    known: BTreeSet<String>,
    counted: BTreeSet<String>,
}

impl Counted {
    fn of(&mut self, root: &Root, mut all: Counters) -> Counters {
        if all.len() != self.known.len() || !all.keys().all(|name| self.known.contains(name)) {
            let counted = layers::interfaces(root, all.keys().map(String::as_str));
            self.counted = counted.into_iter().map(str::to_owned).collect();
            self.known = all.keys().cloned().collect();
        }
        all.retain(|name, _| self.counted.contains(name));
        all
    }

    /// What is added up and what is not, in words.
    fn says(&self) -> String {
        let counted = layers::named(self.counted.iter().map(String::as_str));
        let others = layers::named(self.known.difference(&self.counted).map(String::as_str));
        if others.is_empty() {
            counted
        } else {
            format!("{counted}; not of {others}, which have no hardware of their own")
        }
    }
}

/// Each interface but loopback; `None` when a line is none of the table.
fn counters(text: &str) -> Option<Counters> {
    let interface = |line: &str| {
        let (name, columns) = line.split_once(':')?;
        let columns: Vec<&str> = columns.split_ascii_whitespace().collect();
        // Eight columns of what was received, then eight of what was sent; bytes are the first of each.
        let bytes = |column: usize| columns.get(column)?.parse::<u64>().ok();
        Some((name.trim().to_owned(), (bytes(0)?, bytes(8)?)))
    };
    let lines = text.lines().skip(2).filter(|line| !line.trim().is_empty());
    let mut all = lines.map(interface).collect::<Option<Counters>>()?;
    all.remove("lo");
    Some(all)
}

impl Sampler for Network {
    fn name(&self) -> &'static str {
        "network"
    }

    fn probe(&mut self, registry: &mut Registry) {
        match self.read() {
            Err(e) => registry.absent(Part::Net, "net", format!("/proc/net/dev: {}", reason(&e))),
            Ok(now) if now.is_empty() && self.counted.known.is_empty() => {
                registry.absent(Part::Net, "net", "/proc/net/dev: no interface but loopback");
            }
            Ok(now) if now.is_empty() => {
                let names = layers::named(self.counted.known.iter().map(String::as_str));
                registry.absent(Part::Net, "net", format!("/proc/net/dev: no interface with hardware, only {names}"));
            }
            Ok(_) => {
                let says = self.counted.says();
                let mut declare = |quantity, label, column| {
                    let source = format!("/proc/net/dev: {column} bytes of {says}");
                    registry.declare(Part::Net, quantity, PartId::only()).label(label).source(source).id()
                };
                self.ids = Some((
                    declare(Quantity::Received, "received", "receive"),
                    declare(Quantity::Sent, "sent", "transmit"),
                ));
            }
        }
    }

    fn sample(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        let Some((receive, transmit)) = self.ids else { return };
        let counters = self.read().ok();
        let rates = match (&self.last, &counters) {
            (Some((then, before)), Some(counters)) => rates(before, counters, now.since(*then)),
            _ => None,
        };
        self.last = counters.map(|counters| (now, counters));
        out.push((receive, rates.map(|(received, _)| received)));
        out.push((transmit, rates.map(|(_, sent)| sent)));
    }
}

/// Received and sent bytes per second. By interface: one that came, went or was reset in between must not
/// bring its whole past, or take it away.
fn rates(before: &Counters, after: &Counters, span: Nanos) -> Option<(f64, f64)> {
    if span == Nanos::ZERO {
        return None;
    }
    let (mut received, mut sent) = (0.0, 0.0);
    for (name, (rx, tx)) in after {
        if let Some((rx0, tx0)) = before.get(name) {
            received += rx.saturating_sub(*rx0) as f64;
            sent += tx.saturating_sub(*tx0) as f64;
        }
    }
    Some((received / span.as_secs_f64(), sent / span.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Inter-|   Receive                                                |  Transmit\n \
        face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";

    #[test]
    fn bytes_are_the_first_column_of_each_side() {
        let lines = "    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n  eth0:18446744073709551615 2 0 0 0 0 0 0 77 4 0 0 0 0 0 0\n\
            wlan0.5: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        let all = counters(&format!("{HEAD}{lines}")).unwrap();
        assert_eq!(all.len(), 2, "{all:?}");
        assert_eq!((all["eth0"], all["wlan0.5"]), ((u64::MAX, 77), (1, 9)));
        assert_eq!(counters(HEAD), Some(Counters::new()));
        for broken in ["eth0 1 2", "eth0: 1 2 3", "eth0: x 2 3 4 5 6 7 8 9", "eth0: 1 2 3 4 5 6 7 8 -9"] {
            assert_eq!(counters(&format!("{HEAD}{broken}\n")), None, "{broken}");
        }
    }
}
