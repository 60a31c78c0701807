//! Throttling, told as runs of blocks and readings.

use super::tests::told;
use super::*;
use nntop_core::event::*;

const METRICS: [(Part, Quantity, &str, Option<f64>); 5] = [
    (Part::Board, Quantity::ThrottleEvents, "instantaneous over-current (oc3)", None),
    (Part::Board, Quantity::Throttled, "under-voltage", Some(1.0)),
    (Part::Core, Quantity::ThrottleTime, "core too hot", None),
    (Part::Policy, Quantity::ClockCap, "policy0", Some(1.5e9)),
    (Part::Gpu, Quantity::Throttled, "GPU too hot (hardware)", Some(1.0)),
];

/// Ten seconds in which two variants measure by turns of a second, A first; readings ten times a second.
fn run(readings: impl Fn(u64) -> [f64; 5]) -> State {
    let mut story: Vec<(u64, Kind)> = Vec::new();
    for (id, (part, quantity, label, limit)) in METRICS.into_iter().enumerate() {
        let decl = MetricDecl::new(id as MetricId, MetricKey::new(part, quantity), PartId::only());
        story.push((0, Kind::Metric(MetricDecl { label: label.into(), limit, ..decl })));
    }
    for slot in 0..2 {
        story.push((0, Kind::Variant { variant: Slot(slot), run: 1, spec: Box::default() }));
        story.push((0, Kind::Ready(ready(slot))));
        story.push((0, Kind::Phase { variant: Slot(slot), run: 1, phase: Phase::Measure }));
    }
    for tenth in 0..=100u64 {
        let ms = tenth * 100;
        if tenth > 0 {
            let (t0, t1) = (Nanos::from_millis(ms - 100), Nanos::from_millis(ms));
            let variant = Slot(u8::from((tenth - 1) / 10 % 2 == 1));
            story.push((ms, Kind::Block(Block::of(variant, tenth, BlockKind::Measure, [t0, t1], &[4_500_000; 20]))));
        }
        let values = readings(ms).into_iter().enumerate().map(|(id, value)| (id as MetricId, Some(value))).collect();
        story.push((ms, Kind::Readings(Readings { values, cost_ns: 1 })));
    }
    for slot in 0..2 {
        story.push((10_001, Kind::Finished { variant: Slot(slot), run: 1, outcome: Outcome::Ok }));
    }
    told(story)
}

fn ready(slot: u8) -> Ready {
    let engine = EngineInfo { providers: vec!["CPUExecutionProvider".into()], ..EngineInfo::default() };
    Ready { clock_precision: Nanos(1), loop_overhead: Nanos(1), ..Ready::of(Slot(slot), 1, engine) }
}

const CALM: [f64; 5] = [27_390.0, 0.0, 5e9, 1.5e9, 0.0];

fn verdicts(state: &State) -> Vec<(Verdict, String)> {
    let verdict = |v: &Variant| state.health.verdict(v).map(|(verdict, finding)| (verdict, finding.text.clone()));
    state.variants.iter().filter_map(verdict).collect()
}

#[test]
fn what_was_before_the_run_throttles_nobody() {
    let state = run(|_| CALM);
    let words: Vec<_> = verdicts(&state).into_iter().map(|(verdict, _)| verdict).collect();
    assert_eq!(words, [Verdict::Stable; 2]);
    assert_eq!(state.variants[0].throttling.span, Nanos::from_millis(5_000));
    let looked = state.health.about(Some(Slot(0))).find(|f| f.id == FindingId::Throttled).unwrap();
    assert_eq!((looked.level, looked.text.as_str()), (FindingLevel::Ok, "no throttling seen"));
}

#[test]
fn events_are_of_the_variant_in_whose_blocks_they_fell() {
    // Three events between 3.2 s and 3.3 s: B's turn.
    let state = run(|ms| [27_390.0 + if ms >= 3_300 { 3.0 } else { 0.0 }, 0.0, 5e9, 1.5e9, 0.0]);
    let verdicts = verdicts(&state);
    assert_eq!(verdicts[0].0, Verdict::Stable);
    let text = "3 instantaneous over-current (oc3) events, 2.00 % of the run affected";
    assert_eq!(verdicts[1], (Verdict::Throttled, text.to_owned()));
    assert!((state.variants[1].throttling.share() - 0.02).abs() < 1e-9);
}

#[test]
fn flags_clocks_and_caps_say_how_long() {
    // Under-voltage for A's first second; a clock of 100 ms in B's first; a cap lowered in A's last.
    let state = run(|ms| {
        let volts = f64::from(u8::from(ms <= 1_000));
        let hot = 5e9 + if ms > 1_500 { 1e8 } else { 0.0 };
        [27_390.0, volts, hot, if ms >= 8_500 { 1.2e9 } else { 1.5e9 }, 0.0]
    });
    let verdicts = verdicts(&state);
    assert_eq!(verdicts.len(), 2);
    let shares: Vec<_> = state.variants.iter().map(|v| &v.throttling).collect();
    assert_eq!(shares[0].causes["under-voltage"].affected, Nanos::from_millis(1_000));
    assert_eq!(shares[0].causes["lowered clock cap (policy0)"].affected, Nanos::from_millis(550));
    assert_eq!(shares[1].causes["core too hot"].affected, Nanos::from_millis(100));
    assert!(verdicts[0].1.contains("under-voltage, 20.0 % of the run affected"), "{verdicts:?}");
    let capped = state.health.about(None).find(|f| f.id == FindingId::ClockCapped).unwrap();
    assert_eq!(capped.text, "clock of policy0 capped at 1.20 GHz of 1.50 GHz");
}

#[test]
fn a_gpu_held_back_is_nothing_to_a_model_on_the_processor() {
    let state = run(|_| [0.0, 0.0, 0.0, 1.5e9, 1.0]);
    assert!(state.variants.iter().all(|v| !v.throttling.any()), "{:?}", state.variants[0].throttling);
}

#[test]
fn without_a_sign_of_throttling_nothing_is_said() {
    let mut story = vec![(0, Kind::Variant { variant: Slot(0), run: 1, spec: Box::default() })];
    story.push((
        100,
        Kind::Block(Block::of(
            Slot(0),
            0,
            BlockKind::Measure,
            [Nanos::ZERO, Nanos::from_millis(100)],
            &[4_500_000; 20],
        )),
    ));
    story.push((200, Kind::Finished { variant: Slot(0), run: 1, outcome: Outcome::Ok }));
    let state = told(story);
    assert!(state.health.findings.iter().all(|f| f.id != FindingId::Throttled));
}

/// A machine with these metrics, read once a second while a model measures on the processor.
fn machine(
    kinds: &[(Part, Quantity, &str, Option<f64>)],
    readings: impl Fn(u64) -> Vec<f64>,
) -> Vec<(FindingId, FindingLevel, String)> {
    let mut story = vec![(0, Kind::Variant { variant: Slot(0), run: 1, spec: Box::default() })];
    story.push((0, Kind::Ready(ready(0))));
    story.push((0, Kind::Phase { variant: Slot(0), run: 1, phase: Phase::Measure }));
    for (id, (part, quantity, label, limit)) in kinds.iter().enumerate() {
        let (key, detail) = (MetricKey::new(*part, *quantity), "long_term".to_owned());
        let decl = MetricDecl::with_detail(id as MetricId, key, PartId::named("package-0"), detail);
        story.push((0, Kind::Metric(MetricDecl { label: (*label).into(), limit: *limit, ..decl })));
    }
    for s in 0..=12 {
        let values = readings(s).into_iter().enumerate().map(|(id, value)| (id as MetricId, Some(value))).collect();
        story.push((s * 1_000, Kind::Readings(Readings { values, cost_ns: 1 })));
    }
    story.push((12_001, Kind::Finished { variant: Slot(0), run: 1, outcome: Outcome::Ok }));
    told(story).health.about(None).map(|f| (f.id, f.level, f.text.clone())).collect()
}

#[test]
fn the_board_is_looked_at_while_it_measures() {
    let kinds = [
        (Part::Board, Quantity::ClocksPinned, "all clocks", Some(1.0)),
        (Part::Mains, Quantity::On, "plugged in", Some(1.0)),
        (Part::Battery, Quantity::Charge, "battery", Some(100.0)),
        (Part::Gpu, Quantity::Load, "GPU", Some(100.0)),
        (Part::Board, Quantity::ThrottledEver, "under-voltage", Some(1.0)),
        (Part::Rapl, Quantity::PowerLimit, "package-0 long_term", None),
        (Part::Rapl, Quantity::Power, "package-0", None),
    ];
    use FindingId::*;
    let calm = machine(&kinds, |_| vec![1.0, 1.0, 80.0, 2.0, 0.0, 15.0, 9.0]);
    assert_eq!(calm, [(ClocksUnpinned, FindingLevel::Ok, "clocks are pinned".to_owned())]);
    let found = machine(&kinds, |s| vec![f64::from(u8::from(s < 5)), 0.0, 80.0, 35.0, 1.0, 15.0, 14.9]);
    let texts: Vec<_> = found.iter().map(|(id, level, text)| (*id, *level, text.as_str())).collect();
    assert_eq!(
        texts,
        [
            (ThrottledBefore, FindingLevel::Note, "before this run, since boot: under-voltage"),
            (ClocksUnpinned, FindingLevel::Warning, "clocks were unpinned 5 s into the run"),
            (OnBattery, FindingLevel::Warning, "runs on its battery, 80 % left"),
            (BusyGpu, FindingLevel::Note, "other processes use 35 % of GPU"),
            (PowerLimited, FindingLevel::Note, "package-0 draws 14.9 W of its 15.0 W limit"),
        ]
    );
}
