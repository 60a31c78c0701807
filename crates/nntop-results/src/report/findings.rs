//! Below the table: a verdict per variant, targets, and what there is to know about the figures.

use crate::result::{Finding, FindingLevel, RunResult, VariantResult};
use std::fmt::Write;

/// Verdicts, then targets, then findings that are more than well.
pub(super) fn write(out: &mut String, result: &RunResult) {
    for v in result.variants.iter().filter(|v| v.latency_ns.is_some()) {
        if let Some(verdict) = v.verdict {
            let reason = v.verdict_reason.as_deref().unwrap_or_default();
            let _ = writeln!(out, " {}: {verdict}, {reason}", v.name);
        }
    }
    for t in &result.targets {
        let _ = writeln!(out, " {} {t}", if t.met { "✓" } else { "✗" });
    }
    result.findings.iter().for_each(|f| line(out, None, f));
    for v in result.variants.iter().filter(|v| v.latency_ns.is_some()) {
        // What is the verdict's reason has been said.
        let unsaid = v.findings.iter().filter(|f| v.verdict_reason.as_ref() != Some(&f.text));
        unsaid.for_each(|f| line(out, Some(v), f));
    }
}

/// A finding that is more than well, as a line of its own.
pub(super) fn line(out: &mut String, of: Option<&VariantResult>, f: &Finding) {
    let sign = match f.level {
        FindingLevel::Ok => return,
        FindingLevel::Note => "·",
        FindingLevel::Warning => "!",
        FindingLevel::Invalid => "✗",
    };
    let name = of.map_or_else(String::new, |v| format!("{}: ", v.name));
    let hint = f.hint.as_ref().map_or_else(String::new, |h| format!(" ({h})"));
    let _ = writeln!(out, " {sign} {name}{}{hint}", f.text);
}
