//! How a worker's events leave: whole lines on a descriptor of their own.

use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Event, Kind, Samples, Slot};
use nntop_core::unit::Nanos;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

/// Batches of live samples are at most this frequent.
const LIVE_PERIOD: Duration = Duration::from_millis(50);

/// A batch is thinned to about so many samples: the chart has fewer columns.
const LIVE_BATCH: usize = 100;

/// Writes events. Clones share the descriptor.
#[derive(Debug, Clone)]
pub struct Emitter {
    out: Arc<Mutex<File>>,
    clock: MonotonicClock,
}

impl Emitter {
    /// Over `out`, stamping with `clock`.
    pub fn new(out: File, clock: MonotonicClock) -> Self {
        Self { out: Arc::new(Mutex::new(out)), clock }
    }

    /// Says it. When nobody listens any more, the orders' end of file is about to end the process; an
    /// error here has nobody to be told to.
    pub fn say(&self, kind: Kind) {
        let line = Event::new(self.clock.now(), kind).to_line();
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = out.write_all(line.as_bytes());
    }

    /// Sends what the ring holds, in batches, until the returned sender is dropped.
    pub fn feed_live(
        &self,
        slot: Slot,
        run: u32,
        mut ring: rtrb::Consumer<(Nanos, Nanos)>,
    ) -> std::io::Result<mpsc::Sender<()>> {
        let (alive, ended) = mpsc::channel::<()>();
        let emitter = self.clone();
        std::thread::Builder::new().name("nntop-live".into()).spawn(move || {
            while let Err(mpsc::RecvTimeoutError::Timeout) = ended.recv_timeout(LIVE_PERIOD) {
                if let Some(batch) = batch(slot, run, &mut ring) {
                    emitter.say(Kind::Samples(batch));
                }
            }
        })?;
        Ok(alive)
    }
}

/// All that the ring holds, thinned: the slowest of each stride stays, since spikes are what one looks for.
fn batch(variant: Slot, run: u32, ring: &mut rtrb::Consumer<(Nanos, Nanos)>) -> Option<Samples> {
    let chunk = ring.read_chunk(ring.slots()).ok().filter(|c| !c.is_empty())?;
    let all: Vec<(Nanos, Nanos)> = chunk.into_iter().collect();
    let stride = all.len().div_ceil(LIVE_BATCH).max(1);
    let kept = all.chunks(stride).filter_map(|c| c.iter().max_by_key(|(_, latency)| *latency).copied());
    let (at, latency) = kept.unzip();
    Some(Samples { variant, run, at, latency, of: all.len() as u64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_spikes_and_says_how_many_it_stands_for() {
        let (mut feed, mut ring) = rtrb::RingBuffer::new(1_000);
        for i in 0..1_000u64 {
            feed.push((Nanos(i), Nanos(if i == 617 { 99 } else { 1 }))).unwrap();
        }
        let got = batch(Slot(0), 1, &mut ring).unwrap();
        assert_eq!((got.of, got.at.len()), (1_000, 100));
        assert!(got.at.contains(&Nanos(617)));
        assert_eq!(batch(Slot(0), 1, &mut ring), None, "an empty ring says nothing");
    }
}
