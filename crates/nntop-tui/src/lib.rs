//! The dashboard of nntop.

pub mod tui;
