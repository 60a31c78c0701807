//! The fold, told as stories.

use super::*;
use nntop_core::event::{
    Block, BlockKind, Digest, MetricDecl, MetricKey, Outcome, PartId, Phase, Readings, Scenario, VariantSpec,
};

pub(super) fn told(events: impl IntoIterator<Item = (u64, Kind)>) -> State {
    let mut state = State::default();
    for (i, (ms, kind)) in events.into_iter().enumerate() {
        state.apply(&Event { t: Nanos::from_millis(ms), host: 0, seq: i as u64 + 1, kind });
    }
    state
}

fn begin(run: u32) -> Kind {
    Kind::Variant { variant: Slot(0), run, spec: Box::new(VariantSpec { name: "net".into(), ..Default::default() }) }
}

fn block(run: u32, phase: BlockKind, samples: &[u64]) -> Kind {
    Kind::Block(Block { run, ..Block::of(Slot(0), 0, phase, [Nanos(0), Nanos(samples.iter().sum())], samples) })
}

#[test]
fn only_measured_blocks_count() {
    let state = told([
        (0, begin(1)),
        (1, block(1, BlockKind::Warmup, &[9_000, 9_000])),
        (2, block(1, BlockKind::Settle, &[8_000])),
        (3, block(1, BlockKind::Measure, &[1_000, 3_000])),
    ]);
    let latency = &state.variants[0].latency;
    assert_eq!(latency.measured.n(), 2);
    assert_eq!(latency.percentile(0.99), Some(Nanos(3_000)));
    assert_eq!(latency.throughput(4), Some(8.0 / 4e-6));
    assert_eq!(latency.recent.len(), 4 - 1, "the chart shows what does not count, too");
}

#[test]
fn late_events_of_an_earlier_run_are_dropped_and_its_figures_kept() {
    let state = told([
        (0, begin(1)),
        (1, block(1, BlockKind::Measure, &[5])),
        (2, begin(2)),
        (3, block(1, BlockKind::Measure, &[7])),
        (4, Kind::Finished { variant: Slot(0), run: 1, outcome: Outcome::Interrupted }),
        (5, block(2, BlockKind::Measure, &[9])),
    ]);
    let v = &state.variants[0];
    assert_eq!((v.run, v.latency.measured.max(), v.outcome.clone()), (2, Some(9), None));
    assert_eq!(v.earlier[0].measured.max(), Some(5));
}

#[test]
fn gaps_in_the_numbering_are_counted() {
    let mut state = told([(0, Kind::Paused { paused: true })]);
    state.apply(&Event { t: Nanos(9), host: 0, seq: 5, kind: Kind::Done });
    assert_eq!((state.missed, state.done, state.paused), (3, true, true));
}

#[test]
fn a_failed_reading_is_a_gap_and_not_a_number() {
    let decl = MetricDecl::new(4, MetricKey::new(Part::Zone, Quantity::Temperature), PartId::named("cpu"));
    let state = told([
        (0, Kind::Metric(decl)),
        (1, Kind::Readings(Readings { values: vec![(4, Some(50.0)), (77, Some(1.0))], cost_ns: 3 })),
        (2, Kind::Readings(Readings { values: vec![(4, None)], cost_ns: 4 })),
    ]);
    let metric = state.device.first(Part::Zone, Quantity::Temperature).unwrap();
    assert_eq!((metric.last(), metric.series.iter().count()), (None, 2));
    assert_eq!(state.device.sampling_cost, Nanos(4));
}

#[test]
fn a_phase_remembers_when_it_began() {
    let state = told([(0, begin(1)), (40, Kind::Phase { variant: Slot(0), run: 1, phase: Phase::Measure })]);
    assert_eq!((state.variants[0].phase, state.variants[0].phase_since), (Phase::Measure, Nanos::from_millis(40)));
}

#[test]
fn shown_figures_are_taken_once_a_second_and_when_the_work_rests() {
    let at = |t0: u64, ns: u64| {
        let times = [Nanos::from_millis(t0), Nanos::from_millis(t0 + 100)];
        Kind::Block(Block::of(Slot(0), 0, BlockKind::Measure, times, &[ns, ns]))
    };
    let mut state = told([(0, begin(1)), (0, Kind::Phase { variant: Slot(0), run: 1, phase: Phase::Measure })]);
    let mut tell = |ms, kind| {
        state.apply(&Event { t: Nanos::from_millis(ms), host: 0, seq: 0, kind });
        state.variants[0].latency.figures.clone().map(|f| (f.n, f.max, f.shape))
    };
    assert_eq!(tell(100, at(0, 5)), Some((2, Nanos(5), vec![(5, 2)])));
    assert_eq!(tell(200, at(100, 9)).unwrap().0, 2, "not yet a second");
    assert_eq!(tell(210, Kind::Paused { paused: true }).unwrap().0, 4);
    assert_eq!(tell(1_300, at(1_200, 7)).unwrap().2, [(5, 2), (7, 2), (9, 2)]);
    assert_eq!(state.variants[0].measuring_since, Some(Nanos::ZERO));
}

/// Blocks of two variants in turns, A's around 2 ms and B's `ratio` times faster.
fn turns(state: &mut State, blocks: u64, ratio: f64) {
    let begun = state.now.0;
    for i in 0..blocks {
        for slot in [0u8, 1] {
            let median = if slot == 0 { 2e6 } else { 2e6 / ratio };
            let samples: Vec<u64> =
                (0..20u64).map(|k| (median * (0.98 + ((i * 7 + k * 13) % 41) as f64 * 1e-3)) as u64).collect();
            let (t0, ns) = (state.now, samples.iter().sum::<u64>());
            let t1 = Nanos(t0.0 + ns);
            let kind = Kind::Block(Block::of(Slot(slot), i, BlockKind::Measure, [t0, t1], &samples));
            state.apply(&Event { t: t1, host: 0, seq: 0, kind });
        }
    }
    assert!(blocks == 0 || state.now.0 > begun);
}

fn two() -> State {
    let spec = |name: &str, threads| VariantSpec {
        name: name.into(),
        options: nntop_core::event::EngineOptions { threads, ..Default::default() },
        ..Default::default()
    };
    told([
        (0, Kind::Variant { variant: Slot(0), run: 1, spec: Box::new(spec("a", None)) }),
        (0, Kind::Variant { variant: Slot(1), run: 1, spec: Box::new(spec("b", Some(2))) }),
    ])
}

#[test]
fn blocks_make_intervals_and_pairs_a_verdict() {
    let mut state = two();
    turns(&mut state, 4, 1.5);
    assert!(state.comparisons.is_empty() && state.variants[0].latency.intervals.is_none(), "too few to say");
    turns(&mut state, 36, 1.5);
    for v in 0..2u8 {
        state.apply(&Event {
            t: state.now,
            host: 0,
            seq: 0,
            kind: Kind::Finished { variant: Slot(v), run: 1, outcome: Outcome::Ok },
        });
    }
    let latency = &state.variants[0].latency;
    let of = latency.intervals.unwrap();
    assert!(of.p50.holds(latency.percentile(0.5).unwrap().0 as f64), "{of:?}");
    assert!(of.throughput.holds(latency.throughput(1).unwrap()));
    let c = state.comparison(Slot(1)).unwrap();
    assert_eq!((c.against, c.pairs, c.difference(), c.p_faster), (Slot(0), 40, Difference::Faster, 1.0));
    assert!(c.p50.interval.holds(1.5) && c.throughput.interval.holds(1.5), "{c:?}");
    state.apply(&Event { t: state.now, host: 0, seq: 0, kind: begin(2) });
    assert!(state.comparisons.is_empty(), "a restart begins anew");
}

#[test]
fn long_runs_join_their_blocks_and_lose_none() {
    let mut state = two();
    turns(&mut state, 600, 1.0);
    let latency = &state.variants[1].latency;
    assert!(latency.digests.len() <= stats::MOST_BLOCKS && latency.digest_blocks == 8);
    assert_eq!(latency.digests.iter().map(|d| u64::from(d.blocks())).sum::<u64>(), 600);
    assert_eq!(latency.digests.iter().map(|d| d.n()).sum::<u64>(), latency.measured.n());
    let c = state.comparison(Slot(1)).unwrap();
    assert!(c.difference().is_open());
    assert!(c.pairs > 400 && c.p_faster > 0.2 && c.p_faster < 0.8, "{c:?}");
}

#[test]
fn a_query_of_several_inferences_counts_each_of_them() {
    let spec = VariantSpec { scenario: Scenario::MultiStream { streams: 4 }, ..VariantSpec::default() };
    let mut query = block(1, BlockKind::Measure, &[1_000, 3_000]);
    if let Kind::Block(block) = &mut query {
        block.queries.service = Some(Digest::of(&[1_000, 900, 800, 700, 3_000, 2_000, 900, 800]));
    }
    let state = told([(0, Kind::Variant { variant: Slot(0), run: 1, spec: Box::new(spec) }), (3, query)]);
    let v = &state.variants[0];
    assert_eq!((v.latency.measured.n(), v.samples()), (2, 4));
    assert_eq!(v.latency.throughput(v.samples()), Some(8.0 / 4e-6));
    assert_eq!(v.latency.figures.as_ref().unwrap().service, Some(Nanos(900)));
    assert_eq!(v.latency.levels.points()[0].1, 1_000.0, "its level is that of whole queries");
}
