//! Reports of made-up results.
