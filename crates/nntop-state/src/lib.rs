//! What is known after a stream of nntop's events: a pure fold.

#![doc = include_str!("../README.md")]

mod state;

pub use state::*;
