//! Screens as stories tell them, keys, and the loop.

mod controls;
mod keys;
mod looped;
mod marks;
mod ops;
mod scenarios;
mod screens;
mod stream;
