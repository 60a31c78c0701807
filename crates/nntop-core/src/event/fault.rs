//! An error as a person reads it: what was wrong, where, and what to do.

use crate::text;
use serde::{Deserialize, Serialize};

/// Whose move it is: it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// What the user gave cannot be used: exit code 2.
    Input,
    /// The run failed: exit code 1.
    Run,
}

/// An error that crosses processes and ends as `error: …` with a `hint: …` line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// Whose move it is.
    pub blame: Blame,
    /// What was wrong, and where; one line.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The runtime's own words, as printed last before the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub printed: Vec<String>,
}

impl Fault {
    /// What the user gave cannot be used.
    pub fn input(message: impl Into<String>) -> Self {
        Self { blame: Blame::Input, message: one_line(&message.into()), hint: None, printed: Vec::new() }
    }

    /// The run failed.
    pub fn run(message: impl Into<String>) -> Self {
        Self { blame: Blame::Run, ..Self::input(message) }
    }

    /// Puts in front what it is about: a model, a variant; once.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        if self.message.strip_prefix(what).is_some_and(|rest| rest.starts_with(':')) {
            return self;
        }
        self.message = one_line(&format!("{what}: {}", self.message));
        self
    }

    /// Adds what to do, where the error below knows it.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = self.hint.or(hint);
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Runtimes put whole stack traces into a message; the terminal gets one line, and nothing that steers it.
fn one_line(message: &str) -> String {
    let line: String =
        message.split(['\n', '\r']).map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ");
    text::clean(&text::without_os_error(&line)).into_owned()
}
