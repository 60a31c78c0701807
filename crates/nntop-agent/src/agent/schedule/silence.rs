//! How long a step has given no sign of life.

use nntop_core::unit::Nanos;

/// How long a step has been silent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Silence {
    /// When it was looked at last; `None` while nothing is waited for.
    pub(super) looked: Option<Nanos>,
    /// How long it has been silent, as far as nntop itself ran.
    pub(super) silent: Nanos,
    /// It was said what is waited for.
    pub(super) noticed: bool,
}
