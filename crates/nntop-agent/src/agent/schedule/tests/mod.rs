//! The scheduler with simulated workers: what it does in given situations, and what holds in all of them.

mod laws;
mod rules;
mod situations;
mod world;
