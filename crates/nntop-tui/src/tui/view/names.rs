//! Words for variants: what runs, on what, how.

use super::Cx;
use nntop_core::event::Ready;
use nntop_state::Variant;
use ratatui::text::Span;

/// `CUDAExecutionProvider` is `CUDA` to people.
pub(super) fn provider(name: &str) -> &str {
    name.strip_suffix("ExecutionProvider").unwrap_or(name)
}

/// The provider that runs, first choice of those in use.
pub(super) fn provider_of(ready: &Ready) -> Option<&str> {
    ready.engine.providers.first().map(|p| provider(p))
}

/// Engine, provider, precision, threads, batch, input shape: as far as known.
pub(super) fn facts(v: &Variant) -> Vec<String> {
    let mut facts = Vec::new();
    let scenario = (!v.spec.scenario.is_default()).then(|| v.spec.scenario.to_string());
    let engine = |name: &str, version: &str| format!("{name} {version}").trim().to_string();
    match &v.ready {
        Some(r) => {
            let provider = provider_of(r).unwrap_or_default();
            facts.push(format!("{} {provider}", engine(&r.engine.name, &r.engine.version)).trim().to_string());
            // A runtime with two interfaces says which one ran where it is not the usual one.
            facts.extend(r.engine.settings.get("api").cloned());
        }
        None => facts.push(v.spec.engine.to_string()),
    }
    // How it is loaded says more about the figures than what it is made of.
    facts.extend(scenario);
    let stored = v.model.as_ref().and_then(|m| m.precision.clone());
    let computed = v.ready.as_ref().and_then(|r| r.engine.precision.clone());
    facts.extend(match (stored, computed) {
        (Some(stored), Some(computed)) if !same_type(&stored, &computed) => Some(format!("{stored} in {computed}")),
        (stored, computed) => stored.or(computed),
    });
    if let Some(r) = &v.ready {
        facts.extend(r.engine.threads.map(|n| if n == 1 { "1 thread".into() } else { format!("{n} threads") }));
        facts.push(format!("b{}", r.batch));
        facts.extend(r.inputs.first().map(|p| match r.inputs.len() {
            1 => p.shape.join("×"),
            n => format!("{} inputs", n),
        }));
    }
    facts
}

/// Whether a runtime's `f32` is the file's `float32`.
fn same_type(stored: &str, computed: &str) -> bool {
    stored == computed || stored.replace("bfloat", "bf").replace("float", "f") == computed
}

/// The variant's letter in its hue, where there are several.
pub(super) fn letter(cx: Cx<'_>, v: &Variant) -> Vec<Span<'static>> {
    if cx.several() {
        let style = cx.theme.variant(v.slot).add_modifier(ratatui::style::Modifier::BOLD);
        vec![Span::styled(v.slot.to_string(), style), Span::raw("  ")]
    } else {
        Vec::new()
    }
}
