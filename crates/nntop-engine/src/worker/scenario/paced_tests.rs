//! Paced frames on the virtual clock, against a queue that is computed beside it, frame by frame.

use super::*;
use crate::tensor::Tensor;
use nntop_core::clock::{Clock, VirtualClock};
use proptest::prelude::*;
use std::collections::VecDeque;

const PERIOD: u64 = 1_000_000;

/// Calls that take what is written, then nothing.
struct Scripted(VirtualClock, VecDeque<u64>);

impl Stream for Scripted {
    fn infer(&mut self) -> Result<(), Fault> {
        self.0.advance(Nanos(self.1.pop_front().unwrap_or(0)));
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        Ok(Vec::new())
    }
}

/// A load of these service times, with its clock.
fn paced(services: &[u64], queue: u64, deadline: u64) -> (Paced<VirtualClock>, VirtualClock) {
    let clock = VirtualClock::default();
    clock.advance(Nanos(12_345));
    let stream = Scripted(clock.clone(), services.iter().copied().collect());
    let pace = Pace { period: PERIOD as f64, deadline: Nanos(deadline), queue };
    let mut paced = Paced::new(clock.clone(), Box::new(stream), pace, 1_000, Arc::default());
    paced.begin(BlockKind::Measure);
    (paced, clock)
}

fn limits(inferences: u64, ms: u64) -> BlockLimits {
    BlockLimits { inferences, duration: Nanos::from_millis(ms), both: false }
}

fn room() -> (SampleBuffer, LiveFeed) {
    (SampleBuffer::new(1_000), rtrb::RingBuffer::new(1).0)
}

/// What a queue of this length makes of these service times: the latencies, and how many are dropped.
fn queue(services: &[u64], places: u64) -> (Vec<u64>, u64) {
    let (mut waiting, mut free, mut next, mut dropped) = (VecDeque::new(), 0, PERIOD, 0);
    let latencies = services.iter().map(|service| {
        if waiting.is_empty() {
            waiting.push_back(next);
            next += PERIOD;
        }
        let arrival: u64 = waiting.pop_front().unwrap();
        free = arrival.max(free) + service;
        while next <= free {
            waiting.push_back(next);
            next += PERIOD;
            if waiting.len() as u64 > places {
                waiting.pop_front();
                dropped += 1;
            }
        }
        free - arrival
    });
    let latencies = latencies.collect();
    (latencies, dropped)
}

proptest! {
    #[test]
    fn misses_and_drops_are_those_of_a_queue_computed_by_hand(
        services in prop::collection::vec(1_000u64..4 * PERIOD, 1..60),
        places in 1u64..5,
        deadline in PERIOD / 2..3 * PERIOD,
        (block, between) in (1u64..20, 0u64..5 * PERIOD),
    ) {
        let (mut load, clock) = paced(&services, places, deadline);
        let (mut buffer, mut live) = room();
        let (mut latencies, mut served) = (Vec::new(), Vec::new());
        let (mut missed, mut dropped, mut offered, mut waiting) = (0, 0, 0, 0);
        while latencies.len() < services.len() {
            let n = block.min((services.len() - latencies.len()) as u64);
            load.block(limits(n, 600_000), &mut buffer, &mut live).unwrap();
            latencies.extend_from_slice(buffer.samples());
            served.extend_from_slice(&load.seen.services);
            let queries = load.queries();
            let frames = queries.frames.unwrap();
            missed += frames.missed;
            dropped += frames.dropped;
            offered += queries.offered.unwrap();
            waiting = queries.waiting.unwrap();
            prop_assert!(waiting <= places);
            // What lies between blocks delays nobody.
            clock.advance(Nanos(between));
        }
        let (expected, lost) = queue(&services, places);
        prop_assert_eq!(missed, expected.iter().filter(|latency| **latency > deadline).count() as u64);
        prop_assert_eq!((latencies, dropped, served), (expected, lost, services.clone()));
        prop_assert_eq!(offered, services.len() as u64 + lost + waiting);
    }
}

#[test]
fn a_block_holds_the_idle_time_and_answers_age_until_the_next() {
    let (mut load, clock) = paced(&[PERIOD / 5; 50], 1, PERIOD);
    let (mut buffer, mut live) = room();
    for _ in 0..2 {
        let block = load.block(limits(u64::MAX, 10), &mut buffer, &mut live).unwrap();
        assert_eq!(buffer.samples(), [PERIOD / 5; 10]);
        assert!(block.t1.since(block.t0) >= Nanos(10 * PERIOD), "{block:?}");
    }
    let frames = load.queries().frames.unwrap();
    let age = frames.age.unwrap();
    // From a fifth of a period up to six fifths, evenly.
    assert!((age.mean - 0.7 * PERIOD as f64).abs() < 1.0, "{age:?}");
    assert_eq!((age.max, age.over), (Nanos(PERIOD * 6 / 5), Nanos(10 * PERIOD)));
    assert_eq!((frames.missed, frames.dropped, frames.lateness.unwrap().n), (0, 0, 10));
    assert_eq!(frames.idle_cpu, None, "a virtual clock has no CPU time");
    assert_eq!(clock.now(), Nanos(12_345 + 20 * PERIOD + PERIOD / 5));
}

/// Wakes up late: by three tenths of a period.
#[derive(Clone)]
struct Sleepy(VirtualClock);

impl Clock for Sleepy {
    fn now(&self) -> Nanos {
        self.0.now()
    }
}

impl Wait for Sleepy {
    fn wait_until(&self, t: Nanos, _: &AtomicBool) {
        self.0.advance(t.since(self.0.now()) + Nanos(PERIOD * 3 / 10));
    }

    fn cpu(&self) -> Option<Nanos> {
        // To read it takes a while.
        self.0.advance(Nanos(700));
        Some(self.0.now())
    }
}

#[test]
fn waking_late_is_in_the_latency_and_a_figure_of_its_own_and_reading_the_cpu_time_is_in_neither() {
    let clock = VirtualClock::default();
    let stream = Scripted(clock.clone(), VecDeque::from([PERIOD / 2; 30]));
    let pace = Pace { period: PERIOD as f64, deadline: Nanos(PERIOD * 7 / 10), queue: 1 };
    let mut load = Paced::new(Sleepy(clock), Box::new(stream), pace, 1_000, Arc::default());
    load.begin(BlockKind::Measure);
    let (mut buffer, mut live) = room();
    load.block(limits(10, 600_000), &mut buffer, &mut live).unwrap();
    assert_eq!(buffer.samples(), [PERIOD * 8 / 10; 10]);
    let queries = load.queries();
    assert_eq!(queries.service.unwrap().max, PERIOD / 2);
    let frames = queries.frames.unwrap();
    let late = frames.lateness.unwrap();
    assert_eq!((late.n, late.min, late.max, frames.missed), (10, PERIOD * 3 / 10, PERIOD * 3 / 10, 10));
    // This clock's CPU time is its time: all of the call, and all of what lies between.
    assert_eq!(frames.call_cpu, Some(Nanos(10 * (PERIOD / 2 + 700))));
    assert!(frames.idle_cpu.unwrap() > Nanos(10 * PERIOD / 2));
}

#[test]
fn a_frame_far_away_can_be_given_up() {
    let pace = Pace { period: 1e15, deadline: Nanos(1), queue: 1 };
    let clock = nntop_core::clock::MonotonicClock::start();
    let hold = Arc::new(AtomicBool::new(true));
    let mut load = Paced::new(clock, Box::new(crate::engine::Null), pace, 10, hold);
    let (mut buffer, mut live) = room();
    load.begin(BlockKind::Measure);
    load.block(limits(1, 1), &mut buffer, &mut live).unwrap();
    assert!(buffer.samples().is_empty());
    assert_eq!(load.queries().offered, Some(0));
}
