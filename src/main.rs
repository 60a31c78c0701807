//! The `nntop` program.

fn main() {}
