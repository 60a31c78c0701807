//! What was asked for is kept apart from what came out different.

use super::*;
use crate::state::State;
use nntop_core::event::{
    Block, BlockKind, EngineInfo, Event, Kind, MetricDecl, MetricKey, ModelInfo, Part, PartId, Port, Quantity,
    Readings, Slot,
};
use nntop_core::unit::Nanos;

/// A state with two variants of one model, both ready.
fn two() -> State {
    let mut state = State::default();
    for slot in [0, 1] {
        let spec = VariantSpec { model: "a.onnx".into(), engine: "onnxruntime".into(), ..VariantSpec::default() };
        let (variant, run) = (Slot(slot), 1);
        state.apply(&Event::new(Nanos::ZERO, Kind::Variant { variant, run, spec: Box::new(spec) }));
        let model = ModelInfo { precision: Some("float32".into()), ..ModelInfo::default() };
        state.apply(&Event::new(Nanos::ZERO, Kind::Model { variant, run, model }));
        let engine = EngineInfo {
            name: "onnxruntime".into(),
            version: "1.23.2".into(),
            providers: vec!["cpu".into()],
            threads: Some(4),
            ..EngineInfo::default()
        };
        let ready = Ready {
            inputs: vec![Port { name: "x".into(), dtype: "float32".into(), shape: vec!["1".into(), "3".into()] }],
            ..Ready::of(variant, run, engine)
        };
        state.apply(&Event::new(Nanos::ZERO, Kind::Ready(ready)));
    }
    state
}

fn found(state: &State) -> Differences {
    between(&state.variants[0], &state.variants[1])
}

fn ready(state: &mut State) -> &mut Ready {
    state.variants[1].ready.as_mut().unwrap()
}

#[test]
fn what_was_asked_for_is_no_surprise() {
    let mut state = two();
    assert_eq!(found(&state), Differences::default());
    state.variants[1].spec.options.session_options = [("arena".into(), "off".into())].into();
    assert_eq!(found(&state).asked, ["session option (default, arena=off)"]);
    state.variants[1].spec.options.session_options.clear();
    state.variants[1].spec.options.threads = Some(2);
    state.variants[1].spec.model = "b.onnx".into();
    state.variants[1].model.as_mut().unwrap().precision = Some("int8".into());
    ready(&mut state).engine.threads = Some(2);
    let of = found(&state);
    assert_eq!(of.asked, ["threads (4, 2)", "precision (float32, int8)"]);
    assert_eq!(of.unlike, [""; 0]);
    // Another graph level shows in nothing but the spec.
    state.variants[1].spec.options.graph_optimization = nntop_core::event::GraphOptimization::Basic;
    assert!(found(&state).asked.contains(&"graph optimisation (all, basic)".into()));
}

#[test]
fn what_came_out_different_is_listed() {
    let mut state = two();
    let r = ready(&mut state);
    r.engine.version = "1.19.2".into();
    r.engine.threads = Some(2);
    r.inputs[0].dtype = "uint8".into();
    r.inputs[0].shape[1] = "4".into();
    let of = found(&state);
    assert_eq!(of.asked, [""; 0]);
    assert_eq!(
        of.unlike,
        [
            "engine (onnxruntime 1.23.2, onnxruntime 1.19.2)",
            "threads (4, 2)",
            "input types (float32, uint8)",
            "input shapes (1×3, 1×4)"
        ]
    );
}

#[test]
fn what_came_out_otherwise_than_asked_is_listed_too() {
    let mut state = two();
    state.variants[1].spec.options.threads = Some(8);
    ready(&mut state).engine.threads = Some(2);
    state.variants[1].spec.options.providers = vec!["cuda".into()];
    ready(&mut state).engine.providers = vec!["tensorrt".into(), "cpu".into()];
    assert_eq!(found(&state).unlike, ["providers (cpu, tensorrt+cpu)", "threads (4, 2)"]);
    ready(&mut state).engine.threads = Some(8);
    ready(&mut state).engine.providers[0] = "cuda".into();
    assert_eq!(found(&state).unlike, [""; 0]);
    assert_eq!(found(&state).asked, ["providers (cpu, cuda+cpu)", "threads (4, 8)"]);
}

/// Measures both in turns, a reading within each block; `hertz` and `celsius` by slot.
fn under(hertz: [f64; 2], celsius: [f64; 2], blocks: u64) -> Vec<String> {
    let mut state = two();
    let (clock, heat) =
        (MetricKey::new(Part::Core, Quantity::Clock), MetricKey::new(Part::Zone, Quantity::Temperature));
    for (id, key, name) in [(0, clock, "0"), (1, clock, "1"), (2, heat, "cpu"), (3, heat, "wifi")] {
        let decl = MetricDecl::new(id, key, PartId::named(name));
        state.apply(&Event::new(Nanos::ZERO, Kind::Metric(decl)));
    }
    for i in 0..2 * blocks {
        let slot = i as usize % 2;
        let (t0, t1) = (Nanos::from_millis(i * 1_000), Nanos::from_millis(i * 1_000 + 900));
        let idle = (0, Some(0.4e9));
        let values = vec![idle, (1, Some(hertz[slot])), (2, Some(celsius[slot])), (3, Some(30.0))];
        state.apply(&Event::new(t0 + Nanos::from_millis(500), Kind::Readings(Readings { values, cost_ns: 0 })));
        // Between the turns the machine rests: that is neither's.
        let values = vec![idle, (1, Some(9e9)), (2, Some(99.0))];
        state.apply(&Event::new(t0 + Nanos::from_millis(950), Kind::Readings(Readings { values, cost_ns: 0 })));
        state.apply(&Event::new(
            t1,
            Kind::Block(Block::of(Slot(slot as u8), i, BlockKind::Measure, [t0, t1], &[900_000; 10])),
        ));
    }
    found(&state).unlike
}

#[test]
fn clock_and_heat_of_each_ones_own_blocks_are_compared() {
    assert_eq!(
        under([2.4e9, 2.3e9], [61.0, 66.5], 6),
        ["CPU clock (2.40 GHz, 2.30 GHz)", "temperature (61.0 °C, 66.5 °C)"]
    );
    assert_eq!(under([2.4e9, 2.37e9], [61.0, 63.0], 6), [""; 0], "within the thresholds");
    assert_eq!(under([2.4e9, 1.2e9], [61.0, 90.0], 4), [""; 0], "four readings are a moment");
}
