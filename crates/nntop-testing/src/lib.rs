//! What the tests of all crates share. Its own tests check the source: layers, circles, the form of files.

/// What `nntop agent --stdio` said while it measured two synthetic engines: events, one a line.
pub const TWO_SYNTHETIC: &str = include_str!("../data/two-synthetic.ndjson");
