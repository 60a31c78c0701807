//! The server against queueing theory, on the virtual clock: what waits is computed beside it, query by query.

use super::*;
use crate::engine::{Pace, Stream, Synthetic};
use crate::tensor::Tensor;
use crate::worker::{SingleStream, time_block};
use nntop_core::clock::{Clock, VirtualClock};

const MS: u64 = 1_000_000;

/// A constant 1 ms, but for one call that takes 100 ms more.
struct Stalls {
    inner: Box<dyn Stream>,
    clock: VirtualClock,
    until: u64,
}

impl Stream for Stalls {
    fn infer(&mut self) -> Result<(), Fault> {
        self.until = self.until.wrapping_sub(1);
        if self.until == 0 {
            self.clock.advance(Nanos(100 * MS));
        }
        self.inner.infer()
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        self.inner.outputs()
    }
}

/// A stream of a constant time with a clock of its own; call `stall` takes 100 ms more.
fn lane(median: &str, stall: u64) -> Lane<VirtualClock> {
    let clock = VirtualClock::default();
    // Clocks of different streams need not agree.
    clock.advance(Nanos(median.len() as u64 * 12_345));
    let synthetic = format!("synthetic:constant,median={median}");
    let inner = Synthetic::parse(&synthetic, Pace::Virtual(clock.clone())).unwrap().open_stream();
    let stream = Stalls { inner: Box::new(inner), clock: clock.clone(), until: stall };
    Lane::new(clock, Box::new(stream), 4_096)
}

fn server(lanes: Vec<Lane<VirtualClock>>, rate: f64, seed: u64) -> Server<VirtualClock> {
    let mut server = Server::new(Lanes::new(lanes).unwrap(), rate, seed, 4_096, Arc::default());
    server.begin(BlockKind::Measure);
    server
}

fn room() -> (SampleBuffer, LiveFeed) {
    (SampleBuffer::new(16_384), rtrb::RingBuffer::new(1).0)
}

const BLOCK: BlockLimits = BlockLimits { inferences: u64::MAX, duration: Nanos::from_millis(100), both: false };

/// What blocks measured.
#[derive(Default)]
struct Measured {
    latencies: Vec<u64>,
    services: Vec<u64>,
    busy: u64,
    offered: u64,
    waiting: u64,
}

impl Measured {
    fn add(&mut self, server: &mut Server<VirtualClock>, buffer: &SampleBuffer, block: TimedBlock) {
        self.latencies.extend(buffer.samples());
        self.services.extend(server.lanes.services());
        self.busy += block.t1.since(block.t0).0;
        self.offered += server.queries.offered.unwrap();
        self.waiting = server.queries.waiting.unwrap();
    }
}

/// One stream, by the very loop that is used on real clocks; `between` is what else time is spent on between blocks.
fn serve(server: &mut Server<VirtualClock>, blocks: usize, between: u64) -> Measured {
    let (mut buffer, mut live) = room();
    let mut all = Measured::default();
    for _ in 0..blocks {
        let block = server.block(BLOCK, &mut buffer, &mut live).unwrap();
        all.add(server, &buffer, block);
        server.lanes.each().for_each(|lane| lane.clock.advance(Nanos(between)));
    }
    all
}

/// Several streams: threads would take queries in an order of chance, so here whoever is free first takes the next.
fn serve_in_order(server: &mut Server<VirtualClock>, blocks: usize) -> Measured {
    let (mut buffer, mut live) = room();
    let mut all = Measured::default();
    for _ in 0..blocks {
        let shared = server.next_block(BLOCK);
        let mut open: Vec<_> = server.lanes.each().map(|lane| (lane.clock.now(), lane)).collect();
        let zero = open[0].0;
        while let Some(first) = (0..open.len()).min_by_key(|i| open[*i].1.free) {
            let (began, lane) = &mut open[first];
            if !shared.serve(lane, *began) {
                open.remove(first);
            }
        }
        drop(open);
        let limit = shared.limit;
        drop(shared);
        let block = server.finish(limit, zero, &mut buffer, &mut live);
        all.add(server, &buffer, block);
    }
    all
}

/// The latencies of a first-come-first-served queue (Lindley's recursion; Kiefer and Wolfowitz's for several servers):
/// a query begins when it is there and the first of the servers is free. In the order in which they end.
fn queue(rate: f64, seed: u64, services: &[u64], stall: usize, n: usize) -> Vec<u64> {
    let mut free = vec![0; services.len()];
    let mut ended: Vec<(u64, u64)> = Vec::new();
    for (i, arrival) in Schedule::new(rate, seed).take(n).enumerate() {
        let server = (0..free.len()).min_by_key(|s| free[*s]).unwrap();
        let takes = services[server] + if i + 1 == stall { 100 * MS } else { 0 };
        free[server] = free[server].max(arrival.0) + takes;
        ended.push((free[server], free[server] - arrival.0));
    }
    if services.len() > 1 {
        ended.sort_unstable();
    }
    ended.into_iter().map(|(_, latency)| latency).collect()
}

fn percentile(values: &[u64], q: f64) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() as f64 * q).ceil() as usize - 1]
}

#[test]
fn a_stall_delays_all_who_arrive_meanwhile_and_a_closed_loop_hides_it() {
    let mut one = server(vec![lane("1ms", 200)], 500.0, 3);
    let measured = serve(&mut one, 40, 0);
    let expected = queue(500.0, 3, &[MS], 200, measured.latencies.len());
    assert!(measured.latencies == expected);
    let (p99, slowest) = (percentile(&measured.latencies, 0.99), percentile(&measured.latencies, 1.0));
    assert!(p99 > 70 * MS && slowest >= 101 * MS, "p99 {p99}, slowest {slowest}");
    assert_eq!((percentile(&measured.services, 0.5), percentile(&measured.services, 0.99)), (MS, MS));

    // The same engine, asked only when it has answered: one slow inference of 2 000, and a p99 of 1 ms.
    let Lane { clock, mut stream, .. } = lane("1ms", 200);
    let (mut buffer, mut live) = room();
    let limits = BlockLimits { inferences: 2_000, duration: Nanos(u64::MAX), both: false };
    time_block(&clock, stream.as_mut(), limits, &mut buffer, &mut live).unwrap();
    assert_eq!(percentile(buffer.samples(), 0.99), MS);
}

#[test]
fn what_happens_between_blocks_and_turns_delays_nobody() {
    let mut one = server(vec![lane("1ms", 0)], 700.0, 5);
    let first = serve(&mut one, 30, 7 * MS);
    assert!(first.latencies == queue(700.0, 5, &[MS], 0, first.latencies.len()), "a queue goes on in the next block");
    // The process was stopped for a minute, with queries waiting.
    one.lanes.each().for_each(|lane| lane.clock.advance(Nanos(60_000 * MS)));
    one.begin(BlockKind::Measure);
    let second = serve(&mut one, 30, 0);
    assert!(second.latencies == queue(700.0, turn_seed(5, 1), &[MS], 0, second.latencies.len()));
    assert_ne!(first.latencies[..50], second.latencies[..50], "each turn is another part of chance");
}

#[test]
fn warming_up_does_not_change_the_schedule_that_is_measured() {
    let mut one = Server::new(Lanes::new(vec![lane("1ms", 0)]).unwrap(), 700.0, 5, 4_096, Arc::default());
    for blocks in [3, 8] {
        one.begin(BlockKind::Warmup);
        serve(&mut one, blocks, 0);
    }
    one.begin(BlockKind::Measure);
    let measured = serve(&mut one, 5, 0);
    assert!(measured.latencies == queue(700.0, 5, &[MS], 0, measured.latencies.len()));
}

#[test]
fn several_streams_serve_one_queue_and_blocks_leave_no_trace() {
    // Twice 1.7 ms: 1 176/s at most, so that they queue at 1 000/s; blocks end in the middle of calls.
    let mut two = server(vec![lane("1.7ms", 0), lane("1700us", 0)], 1_000.0, 11);
    let measured = serve_in_order(&mut two, 60);
    let expected = queue(1_000.0, 11, &[1_700_000; 2], 0, measured.latencies.len());
    let sorted = |mut v: Vec<u64>| {
        v.sort_unstable();
        v
    };
    assert!(sorted(measured.latencies) == sorted(expected));
    let rate = measured.services.len() as f64 * 1e9 / measured.busy as f64;
    assert!((rate / 1_000.0 - 1.0).abs() < 0.05, "{rate}");
}

#[test]
fn a_constant_service_waits_as_long_as_theory_says() {
    // M/D/1: the mean wait is s·ρ / (2·(1-ρ)) (Pollaczek and Khinchine). 2 500 blocks are 125 000 and 200 000 queries;
    // waits that follow each other are alike, which leaves a standard error of about 1 % and 2 %.
    for (rate, tolerance) in [(500.0, 0.04), (800.0, 0.08)] {
        let mut one = server(vec![lane("1ms", 0)], rate, 42);
        let measured = serve(&mut one, 2_500, 0);
        let mean = measured.latencies.iter().sum::<u64>() as f64 / measured.latencies.len() as f64 / MS as f64;
        let load = rate / 1e3;
        let theory = load / (2.0 * (1.0 - load));
        assert!(((mean - 1.0) / theory - 1.0).abs() < tolerance, "at {rate}/s waits {}, theory {theory}", mean - 1.0);
    }
}

#[test]
fn what_cannot_be_served_waits_and_is_counted() {
    let mut one = server(vec![lane("2ms", 0)], 1_000.0, 9);
    let measured = serve(&mut one, 100, 0);
    let offered = Schedule::new(1_000.0, 9).take_while(|at| at.0 <= measured.busy).count() as u64;
    assert_eq!(measured.offered, offered);
    assert_eq!(measured.waiting, offered - measured.services.len() as u64);
    // More wait than a block can look ahead to.
    assert!(measured.waiting > 4_500, "{}", measured.waiting);
    assert!(measured.latencies == queue(1_000.0, 9, &[2 * MS], 0, measured.latencies.len()));
}

#[test]
fn exactly_as_many_queries_as_asked_and_none_from_nowhere() {
    let (mut buffer, mut live) = room();
    let mut one = server(vec![lane("1ms", 0)], 100.0, 1);
    let ten = BlockLimits { inferences: 10, duration: Nanos::from_millis(60_000), both: false };
    let block = one.block(ten, &mut buffer, &mut live).unwrap();
    assert_eq!(buffer.samples().len(), 10);
    let tenth = Schedule::new(100.0, 1).nth(9).unwrap();
    assert_eq!(block.t1.since(block.t0), tenth + Nanos(MS), "it ends with the tenth");
    // Both: fifty are there when long enough has passed for five.
    let mut one = server(vec![lane("1ms", 0)], 100.0, 1);
    one.block(BlockLimits { inferences: 50, duration: Nanos::from_millis(50), both: true }, &mut buffer, &mut live)
        .unwrap();
    assert!(buffer.samples().len() >= 50, "{}", buffer.samples().len());
}

#[test]
fn a_block_waits_for_its_first_query_however_seldom_they_are() {
    let mut one = server(vec![lane("1ms", 0)], 0.01, 1);
    let measured = serve(&mut one, 5, 0);
    assert!(measured.latencies.len() >= 5);
    assert!(measured.latencies.iter().all(|l| *l == MS));
    assert_eq!(measured.offered, measured.latencies.len() as u64);
    assert!(measured.busy > 100_000 * MS, "minutes, of the virtual clock");
}

#[test]
fn a_server_that_is_told_to_hold_while_it_waits_ends_its_block() {
    let clock = nntop_core::clock::MonotonicClock::start();
    let synthetic = Synthetic::parse("synthetic:constant,median=1us", Pace::Real).unwrap();
    let lanes = (0..2).map(|_| Lane::new(clock, Box::new(synthetic.open_stream()), 8)).collect();
    let hold = Arc::new(AtomicBool::new(true));
    // One query in a quarter of an hour.
    let mut seldom = Server::new(Lanes::new(lanes).unwrap(), 0.001, 1, 16, hold);
    let (mut buffer, mut live) = room();
    seldom.begin(BlockKind::Measure);
    seldom.block(BLOCK, &mut buffer, &mut live).unwrap();
    assert_eq!(buffer.samples().len(), 0);
}

#[test]
fn a_failure_keeps_what_was_measured_before_it() {
    let clock = VirtualClock::default();
    let synthetic = Synthetic::parse("synthetic:constant,fail-at=7", Pace::Virtual(clock.clone())).unwrap();
    let mut one = server(vec![Lane::new(clock, Box::new(synthetic.open_stream()), 64)], 500.0, 1);
    let (mut buffer, mut live) = room();
    let (_, fault) = one.block(BLOCK, &mut buffer, &mut live).unwrap_err();
    assert!(fault.message.contains("inference 7"));
    assert_eq!(buffer.samples().len(), 6);
}

#[test]
fn the_closed_loop_is_the_timed_loop() {
    let clock = VirtualClock::default();
    let synthetic = Synthetic::parse("synthetic:constant,median=1ms", Pace::Virtual(clock.clone())).unwrap();
    let mut load = SingleStream::new(clock, Box::new(synthetic.open_stream()));
    let (mut buffer, mut live) = room();
    load.block(BLOCK, &mut buffer, &mut live).unwrap();
    assert_eq!((buffer.samples().len(), load.queries()), (100, Queries::default()));
}
