//! Several streams on real threads: counts, not times.

use super::*;
use crate::engine::{Pace, Synthetic};
use nntop_core::clock::MonotonicClock;
use nntop_core::unit::Nanos;

fn under(scenario: Scenario, synthetic: &str) -> Box<dyn Load> {
    let synthetic = Synthetic::parse(synthetic, Pace::Real).unwrap();
    let streams = (0..scenario.streams()).map(|_| Box::new(synthetic.open_stream()) as Box<dyn Stream>).collect();
    let setting = Setting { clock: MonotonicClock::start(), seed: 1, capacity: 1_000, hold: Arc::default() };
    load(scenario, streams, setting).unwrap()
}

fn room() -> (SampleBuffer, LiveFeed) {
    (SampleBuffer::new(1_000), rtrb::RingBuffer::new(10).0)
}

fn limits(inferences: u64, ms: u64, both: bool) -> BlockLimits {
    BlockLimits { inferences, duration: Nanos::from_millis(ms), both }
}

const FAST: &str = "synthetic:constant,median=20us";

#[test]
fn offline_streams_do_exactly_as_much_as_asked_together() {
    let mut offline = under(Scenario::Offline { concurrency: 3 }, FAST);
    let (mut buffer, mut live) = room();
    for n in [1, 2, 100, 301] {
        let block = offline.block(limits(n, 60_000, false), &mut buffer, &mut live).unwrap();
        assert_eq!(buffer.samples().len() as u64, n);
        // Wall time: no stream can have done more than its calls fit into.
        assert!(block.t1.since(block.t0).0 * 3 >= buffer.samples().iter().sum::<u64>());
        assert!(buffer.samples().iter().all(|ns| *ns >= 20_000));
    }
    assert_eq!(offline.queries(), Queries::default());
}

#[test]
fn an_offline_block_ends_when_its_time_is_up_or_its_room_full() {
    let mut offline = under(Scenario::Offline { concurrency: 2 }, FAST);
    let (mut buffer, mut live) = room();
    let block = offline.block(limits(u64::MAX, 3, false), &mut buffer, &mut live).unwrap();
    assert!(block.t1.since(block.t0) >= Nanos::from_millis(3) && !buffer.samples().is_empty());
    offline.block(limits(u64::MAX, 600_000, false), &mut buffer, &mut live).unwrap();
    assert_eq!(buffer.samples().len(), 1_000, "two streams with room for 500 each");
    offline.block(limits(40, 0, true), &mut buffer, &mut live).unwrap();
    assert!(buffer.samples().len() >= 40, "both limits were to be reached");
}

#[test]
fn a_query_of_several_streams_ends_with_the_last() {
    let mut multi = under(Scenario::MultiStream { streams: 3 }, FAST);
    let (mut buffer, mut live) = room();
    for n in [1, 60] {
        let block = multi.block(limits(n, 60_000, false), &mut buffer, &mut live).unwrap();
        assert_eq!(buffer.samples().len() as u64, n);
        let service = multi.queries().service.unwrap();
        assert_eq!(service.n, 3 * n);
        assert!(service.min >= 20_000);
        let (slowest, queries) = (buffer.samples().iter().max().unwrap(), buffer.samples().iter().sum::<u64>());
        assert!(*slowest >= service.max, "no query is shorter than its slowest part");
        assert!(block.t1.since(block.t0).0 >= queries, "one query at a time");
    }
    let open = multi.queries();
    assert_eq!((open.offered, open.waiting), (None, None), "nothing waits in a closed loop");
}

#[test]
fn a_server_on_threads_serves_each_query_once() {
    let mut server = under(Scenario::Server { rate: 20_000.0, concurrency: 3 }, FAST);
    let (mut buffer, mut live) = room();
    server.begin(BlockKind::Measure);
    for n in [1, 5, 200] {
        server.block(limits(n, 60_000, false), &mut buffer, &mut live).unwrap();
        assert_eq!(buffer.samples().len() as u64, n);
        let queries = server.queries();
        assert_eq!(queries.service.unwrap().n, n);
        assert!(buffer.samples().iter().all(|ns| *ns >= 20_000));
    }
}

#[test]
fn one_streams_failure_ends_the_block_for_all() {
    let (mut buffer, mut live) = room();
    for scenario in [
        Scenario::Offline { concurrency: 3 },
        Scenario::MultiStream { streams: 3 },
        Scenario::Server { rate: 20_000.0, concurrency: 3 },
        Scenario::Paced { rate: 20_000.0, deadline: None, queue: 1 },
    ] {
        let mut load = under(scenario, "synthetic:constant,median=20us,fail-at=5");
        load.begin(BlockKind::Measure);
        let (_, fault) = load.block(limits(u64::MAX, 600_000, false), &mut buffer, &mut live).unwrap_err();
        assert!(fault.message.contains("inference 5"), "{scenario}: {}", fault.message);
        assert!(buffer.samples().len() <= 3 * 4, "{scenario}");
        if scenario.per_query() > 1 {
            assert_eq!((buffer.samples().len(), load.queries().service.unwrap().n), (4, 12), "whole queries only");
        }
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let with = || Setting { clock: MonotonicClock::start(), seed: 1, capacity: 10, hold: Arc::default() };
    let stream = || vec![Box::new(crate::engine::Null) as Box<dyn Stream>];
    let wrong = |scenario| load(scenario, stream(), with()).err().map(|fault| fault.message).unwrap();
    assert!(wrong(Scenario::Other).contains("newer version"));
    assert!(wrong(Scenario::Server { rate: 0.0, concurrency: 1 }).contains("0 queries/s"));
    let paced = |rate| Scenario::Paced { rate, deadline: None, queue: 1 };
    assert!(wrong(paced(f64::NAN)).contains("NaN times per second"));
    assert!(load(paced(30.0), Vec::new(), with()).is_err());
    assert!(load(Scenario::SingleStream, Vec::new(), with()).is_err());
}
