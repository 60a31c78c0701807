//! What the tests of all crates share: test data, and what becomes of a test that cannot run here.
//!
//! A test that needs something which a machine need not have asks for it here, and returns where there is none:
//!
//! ```no_run
//! # fn test() {
//! let Some(models) = nntop_testing::required_data("models") else { return };
//! # }
//! ```
//!
//! No such test ends green in silence. Each skip is printed, past the test harness, which would keep it to itself; with
//! `NNTOP_TEST_SKIPS=FILE` it is also a line of that file. With `NNTOP_REQUIRE_DATA` set a missing datum fails the test.
//!
//! The crate's own tests check the source: layers, circles, the form of files.

pub mod schema;
mod skip;

pub use skip::{required_data, skip, skip_unless_required};

/// What `nntop agent --stdio` said while it measured two synthetic engines: events, one a line.
pub const TWO_SYNTHETIC: &str = include_str!("../data/two-synthetic.ndjson");
