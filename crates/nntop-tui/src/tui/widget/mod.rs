//! What views are painted with. Nothing here knows what is measured.

pub(crate) mod axis;
pub(crate) mod bars;
pub(crate) mod braille;
pub(crate) mod icicle;
pub(crate) mod paint;
pub(crate) mod sparkline;
