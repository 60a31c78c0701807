//! Findings and verdicts, told as runs of blocks and readings.

use super::super::tests::told;
use super::*;
use nntop_core::event::*;
use nntop_core::unit::Bytes;
use rand::SeedableRng;
use rand_distr::{Distribution, Normal};
use rand_pcg::Pcg64Mcg;

fn begin(slot: u8) -> Kind {
    Kind::Variant { variant: Slot(slot), run: 1, spec: Box::default() }
}

fn measure(slot: u8) -> Kind {
    Kind::Phase { variant: Slot(slot), run: 1, phase: Phase::Measure }
}

/// A block of a tenth of a second that ends at `end` milliseconds, every inference taking `ns`.
fn block(slot: u8, end: u64, ns: f64) -> Kind {
    let times = [Nanos::from_millis(end - 100), Nanos::from_millis(end)];
    Kind::Block(Block::of(Slot(slot), 0, BlockKind::Measure, times, &[ns as u64; 20]))
}

fn finished(slot: u8) -> Kind {
    Kind::Finished { variant: Slot(slot), run: 1, outcome: Outcome::Ok }
}

/// A run of 100 blocks around 4.5 ms: each with noise of 1 %, and `level(share of the run)`.
fn run(seed: u64, noise: f64, level: impl Fn(f64) -> f64) -> State {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let normal = Normal::new(1.0, noise).unwrap();
    let mut story = vec![(0, begin(0)), (0, measure(0))];
    for i in 0..100 {
        let end = (i + 1) * 100;
        story.push((end, block(0, end, 4.5e6 * level(i as f64 / 100.0) * normal.sample(&mut random))));
    }
    story.push((10_000, finished(0)));
    told(story)
}

fn verdict(state: &State) -> Option<(Verdict, FindingId)> {
    state.health.verdict(&state.variants[0]).map(|(v, f)| (v, f.id))
}

fn level_of(state: &State, id: FindingId) -> Option<FindingLevel> {
    state.health.findings.iter().find(|f| f.id == id).map(|f| f.level)
}

#[test]
fn a_steady_run_is_called_stable() {
    let stable = |seed: &u64| verdict(&run(*seed, 0.01, |_| 1.0)) == Some((Verdict::Stable, FindingId::Steady));
    let times = (0..200).filter(stable).count();
    assert!(times >= 190, "{times} of 200");
}

#[test]
fn each_trouble_has_its_name() {
    let two = |x: f64| if (x * 6.0) as u64 % 2 == 1 { 1.08 } else { 1.0 };
    for seed in 0..20 {
        let named = |noise, level: fn(f64) -> f64| verdict(&run(seed, noise, level));
        assert_eq!(named(0.01, |x| 1.0 + 0.05 * x), Some((Verdict::Drifting, FindingId::Drift)));
        let step = |x| if x < 0.4 { 1.0 } else { 1.1 };
        assert_eq!(named(0.01, step), Some((Verdict::Drifting, FindingId::NotSteady)));
        assert_eq!(named(0.01, two), Some((Verdict::Noisy, FindingId::Bimodal)));
        assert_eq!(named(0.12, |_| 1.0), Some((Verdict::Noisy, FindingId::Noisy)));
    }
    let drift = run(1, 0.0, |x| 1.0 + 0.05 * x);
    let (_, reason) = drift.health.verdict(&drift.variants[0]).unwrap();
    assert_eq!(reason.text, "latency rises by 4.9 %, ±0.0 over the run");
}

#[test]
fn in_turns_a_variant_is_judged_by_its_own_blocks() {
    let mut story = vec![(0, begin(0)), (0, begin(1)), (0, measure(0)), (0, measure(1))];
    for i in 0..60u64 {
        let (a, b) = (i * 200 + 100, i * 200 + 200);
        story.push((a, block(0, a, 4.5e6)));
        story.push((b, block(1, b, 3.0e6 * (1.0 + i as f64 * 0.001))));
    }
    story.push((12_000, Kind::Done));
    let state = told(story);
    let words: Vec<_> = state.variants.iter().filter_map(|v| state.health.verdict(v)).map(|(v, _)| v).collect();
    assert_eq!(words, [Verdict::Stable, Verdict::Drifting]);
}

#[test]
fn too_few_blocks_and_failures_have_no_verdict() {
    let few = told([(0, begin(0)), (0, measure(0)), (100, block(0, 100, 5e6)), (200, finished(0))]);
    assert_eq!((verdict(&few), level_of(&few, FindingId::TooFewBlocks)), (None, Some(FindingLevel::Note)));
    assert_eq!(level_of(&few, FindingId::TooFewSamples), Some(FindingLevel::Warning));
    let mut failed = run(1, 0.01, |_| 1.0);
    let outcome = Outcome::Failed { error: Fault::run("it broke") };
    let kind = Kind::Finished { variant: Slot(0), run: 1, outcome };
    failed.apply(&Event { t: Nanos::from_millis(10_001), host: 0, seq: 0, kind });
    assert_eq!(verdict(&failed), None);
}

#[test]
fn findings_are_taken_once_a_second() {
    let mut state = told([(0, begin(0)), (0, measure(0)), (100, block(0, 100, 5e6))]);
    let mut at = |ms| {
        state.apply(&Event { t: Nanos::from_millis(ms), host: 0, seq: 0, kind: block(0, ms, 5e6) });
        state.health.findings.iter().find(|f| f.id == FindingId::TooFewBlocks).map(|f| f.text.clone())
    };
    assert!(at(600).unwrap().starts_with("1 of"), "not yet a second");
    assert!(at(1_100).unwrap().starts_with("3 of"));
}

#[test]
fn an_inference_shorter_than_what_measures_it_is_invalid() {
    let ready = |ns: u64| {
        let engine = EngineInfo { providers: vec!["CPUExecutionProvider".into()], ..EngineInfo::default() };
        Kind::Ready(Ready { clock_precision: Nanos(ns / 4), loop_overhead: Nanos(ns), ..Ready::of(Slot(0), 1, engine) })
    };
    let with = |overhead: u64| {
        let mut story = vec![(0, begin(0)), (0, ready(overhead)), (0, measure(0))];
        story.extend((1..=20).map(|i| (i * 100, block(0, i * 100, 1_000.0))));
        story.push((2_000, finished(0)));
        let state = told(story);
        (level_of(&state, FindingId::LoopOverhead).unwrap(), verdict(&state).unwrap())
    };
    assert_eq!(with(5), (FindingLevel::Ok, (Verdict::Stable, FindingId::Steady)));
    assert_eq!(with(50), (FindingLevel::Warning, (Verdict::Stable, FindingId::Steady)));
    assert_eq!(with(300), (FindingLevel::Invalid, (Verdict::Invalid, FindingId::LoopOverhead)));
}

/// A machine of two cores with these readings, the same at every second of a run.
fn machine(readings: impl Fn(u64) -> Vec<f64>) -> State {
    let kinds = [
        (Part::Cpu, Quantity::Load, "", None),
        (Part::Core, Quantity::Load, "0", None),
        (Part::Core, Quantity::Load, "1", None),
        (Part::Core, Quantity::Clock, "0", Some(2.4e9)),
        (Part::Worker, Quantity::Load, "a", None),
        (Part::Memory, Quantity::Memory, "", Some(8e9)),
        (Part::Swap, Quantity::Memory, "", Some(4e9)),
    ];
    let mut story = vec![(0, begin(0)), (0, measure(0))];
    for (id, (part, quantity, name, limit)) in kinds.into_iter().enumerate() {
        let decl = MetricDecl::new(id as MetricId, MetricKey::new(part, quantity), PartId::named(name));
        story.push((0, Kind::Metric(MetricDecl { limit, ..decl })));
    }
    for s in 1..=12 {
        let values = readings(s).into_iter().enumerate().map(|(i, v)| (i as MetricId, Some(v))).collect();
        story.push((s * 1_000, Kind::Readings(Readings { values, cost_ns: 1 })));
        story.push((s * 1_000, block(0, s * 1_000, 5e6)));
    }
    told(story)
}

#[test]
fn the_machine_is_looked_at_while_it_measures() {
    use FindingId::*;
    let calm = machine(|_| vec![50.0, 99.0, 1.0, 2.4e9, 99.0, 3e9, 1e6]);
    assert!(calm.health.about(None).all(|f| f.level == FindingLevel::Ok), "{:#?}", calm.health.findings);
    assert_eq!(level_of(&calm, BusyNeighbours), Some(FindingLevel::Ok));

    let busy = machine(|s| vec![80.0, 99.0, 61.0, 1.5e9, 99.0, 7.8e9, 1e6 * s as f64]);
    assert_eq!(
        [BusyNeighbours, MemoryNearLimit, Swapping].map(|id| level_of(&busy, id)),
        [Some(FindingLevel::Warning); 3]
    );
    let texts: Vec<_> = busy.health.about(None).map(|f| f.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "other processes use 61 % of a core",
            "swap grew by 11.0 MB while measuring",
            "memory was 98 % full",
            "clock 1.50 GHz of 2.40 GHz under load",
        ]
    );
    assert_eq!(level_of(&busy, ClockBelowMaximum), Some(FindingLevel::Note));
}

#[test]
fn one_cpu_is_shared_with_a_dashboard_only() {
    let hello = Hello {
        protocol: PROTOCOL,
        nntop: String::new(),
        wall_unix_ns: 0,
        info: HostInfo { cpus: 1, governor: Some("powersave".into()), ..HostInfo::default() },
    };
    let story = |tick| {
        let mut story = vec![(0, Kind::Hello(hello.clone())), (0, begin(0)), (0, measure(0))];
        story.extend(tick);
        story.push((100, block(0, 100, 5e6)));
        story.push((200, finished(0)));
        told(story)
    };
    assert_eq!(level_of(&story(None), FindingId::SharesCore), None);
    assert_eq!(
        level_of(&story(Some((1, Kind::Tick(Tick::default())))), FindingId::SharesCore),
        Some(FindingLevel::Warning)
    );
    assert_eq!(level_of(&story(None), FindingId::Governor), Some(FindingLevel::Warning));
}

/// Ten seconds of a server that is offered `rate` queries per second and answers each in `service` milliseconds.
fn served(rate: u64, service: u64) -> State {
    let answers = rate.min(1_000 / service);
    let mut story = vec![(0, begin(0)), (0, measure(0))];
    for i in 1..=100u64 {
        let (t0, t1) = (Nanos::from_millis((i - 1) * 100), Nanos::from_millis(i * 100));
        let waiting = (rate - answers) * i / 10;
        // What waits makes the next one later: latency grows with the queue, service time does not.
        let latency = Digest::of(&vec![(service + waiting * service) * 1_000_000; (answers / 10) as usize]);
        let queries = Queries {
            service: Some(Digest::of(&vec![service * 1_000_000; (answers / 10) as usize])),
            offered: Some(rate / 10),
            waiting: Some(waiting),
            ..Queries::default()
        };
        let phase = BlockKind::Measure;
        let block = Block { variant: Slot(0), run: 1, index: 0, phase, t0, t1, drops: 0, latency, queries };
        story.push((i * 100, Kind::Block(block)));
    }
    story.push((10_000, finished(0)));
    told(story)
}

#[test]
fn a_server_is_judged_by_its_service_time_and_by_its_queue() {
    let text =
        |state: &State| state.health.findings.iter().find(|f| f.id == FindingId::KeepsUp).map(|f| f.text.clone());
    let well = served(200, 2);
    assert_eq!(verdict(&well), Some((Verdict::Stable, FindingId::Steady)));
    assert_eq!(text(&well).unwrap(), "keeps up with 200/s, busy 40 %");

    let overloaded = served(800, 2);
    assert_eq!(verdict(&overloaded), Some((Verdict::Invalid, FindingId::KeepsUp)));
    assert_eq!(text(&overloaded).unwrap(), "the queue grows, offered 800/s, completed 500/s");
    // Latency went from 2 ms to seconds, but the engine's level has not moved.
    let steady = overloaded.health.findings.iter().find(|f| f.id == FindingId::Steady).unwrap();
    assert!(steady.text.starts_with("service time steady at 2.00 ms"), "{}", steady.text);
    assert_eq!(level_of(&served(510, 2), FindingId::KeepsUp), Some(FindingLevel::Warning));
    assert_eq!(level_of(&run(1, 0.01, |_| 1.0), FindingId::KeepsUp), None, "a closed loop has no queue");
}

#[test]
fn operators_that_fell_back_are_a_warning_and_a_profile_outweighs_the_session() {
    let ready = || {
        let engine = EngineInfo { providers: vec!["cuda".into(), "cpu".into()], ..EngineInfo::default() };
        Kind::Ready(Ready { clock_precision: Nanos(30), loop_overhead: Nanos(60), ..Ready::of(Slot(0), 1, engine) })
    };
    let ops = |on: [&str; 3]| {
        let row = |on: &str| OpRow { op_type: "Conv".into(), provider: Some(on.into()), ..OpRow::default() };
        let profile = OpProfile { rows: on.map(row).to_vec(), inferences: 1, ..OpProfile::default() };
        Kind::Ops(Burst { variant: Slot(0), run: 1, burst: 1, profile })
    };
    let finding = |kinds: Vec<Kind>| {
        let story = [begin(0), ready(), measure(0)].into_iter().chain(kinds).map(|kind| (0, kind));
        let state = told(story.chain([(100, block(0, 100, 5e6)), (200, finished(0))]));
        let found = state.health.findings.iter().find(|f| f.id == FindingId::OtherProvider).unwrap();
        (found.level, found.text.clone())
    };
    assert_eq!(finding(vec![]), (FindingLevel::Ok, "runs on cuda".into()), "as far as the session says");
    assert_eq!(finding(vec![ops(["cuda"; 3])]), (FindingLevel::Ok, "3 of 3 operators on cuda".into()));
    let fell = finding(vec![ops(["cuda", "cpu", "cpu"])]);
    assert_eq!(fell, (FindingLevel::Warning, "only 1 of 3 operators on cuda: 2 Conv on cpu".into()));
}

#[test]
fn memory_that_grows_is_said_with_its_size() {
    let memory = |bytes: u64| {
        let (anonymous, none) = (Some(Bytes(bytes)), None);
        Kind::Memory(Memory { variant: Slot(0), run: 1, pss: none, rss: none, peak: none, anonymous, mapped: none })
    };
    // A reading after every block of 20 inferences.
    let found = |grows: u64| {
        let mut story = vec![(0, begin(0)), (0, measure(0))];
        for i in 1..=100 {
            story.extend([(i * 100, block(0, i * 100, 5e6)), (i * 100, memory(80_000_000 + i * grows))]);
        }
        story.push((10_000, finished(0)));
        let state = told(story);
        let found = state.health.findings.iter().find(|f| f.id == FindingId::MemoryGrows).unwrap();
        (found.level, found.text.clone(), verdict(&state).unwrap().0)
    };
    let text = "memory grows by 1.20 MB per 1,000 inferences, 2.38 MB since the start".to_owned();
    assert_eq!(found(24_000), (FindingLevel::Warning, text, Verdict::Stable));
    assert_eq!(found(0), (FindingLevel::Ok, "memory stable at 80.0 MB".into(), Verdict::Stable));
}
