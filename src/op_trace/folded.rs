//! Folded stacks.

/// The source of a profile that was read from folded stacks: what they count nobody says.
pub const FOLDED: &str = "folded";
