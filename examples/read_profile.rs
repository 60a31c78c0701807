//! Opens an operator profile that another tool wrote, and prints where the time goes; with a second argument it also writes a
//! flame graph.
//!
//! `cargo run --example read_profile -- PROFILE [FLAME.svg]`. The format is recognised by the file's content: ONNX Runtime, PyTorch,
//! TensorRT, OpenVINO, LiteRT, cProfile, pyinstrument, `perf script`, and nntop's own.

#![allow(clippy::print_stdout, reason = "an example prints")]

use nntop::op_trace;
use nntop::report::ops::{self, Subject};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let path = arguments.next().ok_or("read_profile PROFILE [FLAME.svg]")?;
    let titled = op_trace::open(Path::new(&path))?;

    // Every format becomes the same rows: an operator, how long it took by itself, and how often it ran.
    let profile = &titled.profile;
    println!("{}: {} operators", titled.title, profile.rows.len());
    let mut rows: Vec<_> = profile.rows.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.self_time));
    for row in rows.iter().take(10) {
        println!("{:>10}  {:<12} {}", row.self_time.to_string(), row.op_type, row.name);
    }

    if let Some(out) = arguments.next() {
        let subject = Subject { title: &titled.title, profile, overhead: titled.overhead };
        std::fs::write(out, ops::flame(subject)?)?;
    }
    Ok(())
}
