//! Screens as stories tell them, keys, and the loop.

mod accuracy;
mod boards;
mod controls;
mod golden;
mod keys;
mod looped;
mod marks;
mod ops;
mod recorded;
mod scenarios;
mod screens;
mod stream;
