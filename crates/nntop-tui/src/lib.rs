//! The dashboard of nntop.

#![doc = include_str!("../README.md")]

pub mod tui;
