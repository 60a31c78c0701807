//! Excerpts of every format.
