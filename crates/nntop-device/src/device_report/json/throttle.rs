//! Throttling: flags, counters, and what holds clocks down at this moment.

use super::super::view::{View, field, whole};
use crate::sampler::Details;
use nntop_core::event::{Part, Quantity};
use serde_json::{Map, Value, json};

/// The Raspberry Pi's flags in the order of their bits.
const FLAGS: [&str; 4] = ["under_voltage", "freq_capped", "throttled", "soft_temp_limit"];

pub(super) fn write(out: &mut Map<String, Value>, details: &Details, view: &View<'_>) {
    let mut throttle = Map::new();
    flags(&mut throttle, details, view);
    // Each CPU as the kernel shows it; as metrics, those that share a counter are one.
    for (cpu, file, count) in &details.throttle_counts {
        throttle.insert(format!("cpu{cpu}_{file}"), whole(*count));
    }
    for event in view.of(Part::Board, Quantity::ThrottleEvents) {
        let metric = event.0;
        let Some(key) = metric.row().and_then(|row| row.json) else { continue };
        throttle.insert(format!("{}_{}", metric.detail, key.name), field(&event));
        if let Some((_, on)) = details.throttling_enabled.iter().find(|(id, _)| *id == metric.id) {
            throttle.insert(format!("{}_throt_en", metric.detail), whole(*on));
        }
    }
    let now: Vec<&str> = view
        .quantity(Quantity::Throttled)
        .filter(|(_, on)| on.is_some_and(|on| on > 0.0))
        .map(|(m, _)| m.label.as_str())
        .collect();
    if view.quantity(Quantity::Throttled).next().is_some() {
        throttle.insert("active".into(), json!(now));
    }
    let value = if throttle.is_empty() { Value::Null } else { Value::Object(throttle) };
    out.insert("throttle".into(), value);
}

fn flags(out: &mut Map<String, Value>, details: &Details, view: &View<'_>) {
    let mut raw = Some(0u32);
    for (bit, flag) in FLAGS.into_iter().enumerate() {
        for (quantity, key, bit) in [(Quantity::Throttled, "now", bit), (Quantity::ThrottledEver, "occurred", bit + 16)]
        {
            let found = view.of(Part::Board, quantity).find(|(metric, _)| metric.detail == flag);
            let on = found.and_then(|(_, on)| on).map(|on| on != 0.0);
            raw = raw.zip(on).map(|(raw, on)| raw | u32::from(on) << bit);
            if let Some(on) = on {
                out.insert(format!("{flag}_{key}"), json!(on));
            }
        }
    }
    if let Some(raw) = raw {
        out.insert("raw".into(), json!(format!("{raw:#x}")));
    } else if details.machine.is_raspberry_pi {
        out.insert("get_throttled".into(), Value::Null);
    }
}
