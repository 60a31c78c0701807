//! Screens of load scenarios: what was offered, what was answered, and the engine's own time beside latency.

use super::golden::Scene;
use super::stream::Story;
use crate::tui::Ui;
use nntop_core::event::*;
use nntop_core::unit::Nanos;

/// A server of constant 4.5 ms under `rate` queries per second, for so many seconds.
fn served(rate: f64, seconds: u64) -> Story {
    let mut story = Story::new();
    story.sensors().read();
    let spec = VariantSpec {
        name: "squeezenet-fp32.onnx".into(),
        model: "models/squeezenet-fp32.onnx".into(),
        engine: "onnxruntime".into(),
        scenario: Scenario::Server { rate, concurrency: 1 },
        ..VariantSpec::default()
    };
    story.say(Kind::Variant { variant: Slot(0), run: 1, spec: Box::new(spec) });
    story.ready(0).say(Kind::Phase { variant: Slot(0), run: 1, phase: Phase::Measure });
    // All in nanoseconds since the beginning.
    let (begin, end) = (Nanos::from_millis(story.t), seconds as f64 * 1e9);
    let mut arrivals: Vec<f64> = Vec::new();
    while arrivals.last().is_none_or(|last| *last < end + 1e9) {
        let gap = -(1.0 - story.random()).ln() / rate * 1e9;
        arrivals.push(arrivals.last().unwrap_or(&0.0) + gap);
    }
    let arrived = |until: f64| arrivals.partition_point(|at| *at <= until) as u64;
    let (mut next, mut free, mut now) = (0, 0.0f64, 0.0f64);
    while now < end {
        let t0 = now;
        let (mut latency, mut service) = (Vec::new(), Vec::new());
        while arrivals[next].max(free) < t0 + 1e8 {
            let takes = 4.5e6 * (0.99 + 0.02 * story.random());
            free = arrivals[next].max(free) + takes;
            latency.push((free - arrivals[next]) as u64);
            service.push(takes as u64);
            next += 1;
        }
        now = free.max(t0 + 1e8);
        let queries = Queries {
            service: Some(Digest::of(&service)),
            offered: Some(arrived(now) - arrived(t0)),
            waiting: Some(arrived(now) - next as u64),
            frames: None,
        };
        let at = |ns: f64| begin + Nanos(ns as u64);
        let (t0, t1, latency, phase) = (at(t0), at(now), Digest::of(&latency), BlockKind::Measure);
        story.t = t1.0 / 1_000_000;
        story.say(Kind::Block(Block { variant: Slot(0), run: 1, index: 0, phase, t0, t1, drops: 0, latency, queries }));
    }
    story.read();
    story
}

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        Scene::new("server", served(120.0, 60).state, Ui::default()),
        Scene::new("overload", served(400.0, 10).state, Ui::default()),
    ]
}
