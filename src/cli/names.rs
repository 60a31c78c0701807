//! The name in front of a model or a result: `NAME:PATH`.

use nntop_core::catalog::{EngineId, EngineKind};
use std::path::Path;

/// Whether this names an engine that runs no model file, and so stands in a model's place.
pub(super) fn is_synthetic(text: &str) -> bool {
    EngineId::from(text).is(EngineKind::Synthetic)
}

/// A name before the first colon, unless that is part of a path that exists.
pub(super) fn split_name(text: &str) -> (Option<String>, &str) {
    if Path::new(text).exists() || is_synthetic(text) {
        return (None, text);
    }
    match text.split_once(':') {
        Some((name, rest)) if !name.is_empty() && !name.contains(['/', ',', '=']) && !rest.is_empty() => {
            (Some(name.to_owned()), rest)
        }
        _ => (None, text),
    }
}
