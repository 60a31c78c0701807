//! A day of events at 2 000 inferences a second. `cargo bench --bench soak`: how large the recording is, and how long it takes
//! to open and to seek; `-- 2` is two hours, the rest extrapolated from the condensed part. `-- dashboard`: how much memory
//! the dashboard's data takes; ends with 1 when it breaks the limit.

#![allow(
    clippy::unwrap_used,
    clippy::exit,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark talks"
)]

mod dashboard;
mod live;
mod source;

use nntop::event::{Plan, Slot};
use nntop::recording::{FULL_BYTES, Player, Recording, Writer};
use nntop::unit::Nanos;
use source::Source;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: live::Counting = live::Counting;

fn main() {
    let hours: f64 = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(24.0);
    if std::env::args().any(|a| a == "dashboard") {
        std::process::exit(if dashboard::run(hours) { 0 } else { 1 });
    }
    recording(hours);
}

/// How large the recording of `hours` is, and how long it takes to open and to seek.
fn recording(hours: f64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("soak.nntop");
    let mut source = Source::new(1);
    let mut writer = Writer::new(Plan::default(), FULL_BYTES, Box::new(|_| {}), Default::default());
    writer.start(&path);
    let began = Instant::now();
    source.begin().iter().for_each(|e| writer.event(e));
    let (tenths, mut sizes) = ((hours * 36_000.0) as u64, Vec::new());
    for index in 0..tenths {
        source.tenth(index, Slot(0)).iter().for_each(|e| writer.event(e));
        if index % 10 == 9 {
            writer.flush();
        }
        if index % 6_000 == 5_999 {
            sizes.push(std::fs::metadata(&path).unwrap().len() as f64 / 1e6);
            println!(
                "{:5.0} min  {:7.2} MB  {:.0?}",
                (index + 1) as f64 / 600.0,
                sizes[sizes.len() - 1],
                began.elapsed()
            );
        }
    }
    writer.end();

    let began = Instant::now();
    let recording = Recording::open(&path).unwrap();
    println!("opened in {:.1?}: {:?} frames and keyframes", began.elapsed(), recording.frames());
    let mut player = Player::new(&recording);
    let mut worst = 0.0f64;
    for i in 0..40u64 {
        let t = Nanos((i * 7_919 + 13) * recording.end().0 / 40 % recording.end().0.max(1));
        let began = Instant::now();
        player.seek(t).unwrap();
        worst = worst.max(began.elapsed().as_secs_f64());
    }
    println!("the slowest of 40 seeks took {worst:.3} s");
    println!("{hours} h are {:.1} MB", recording.size() as f64 / 1e6);
    if let (Some(condensed), true) = (recording.condensed_from(), hours < 24.0) {
        // From the hour's last half, where everything that is kept has reached its bound.
        let half = sizes.len() / 2;
        let per_hour = (sizes[sizes.len() - 1] - sizes[half]) / ((sizes.len() - 1 - half) as f64 / 6.0);
        let day = recording.size() as f64 / 1e6 + per_hour * (24.0 - hours);
        println!(
            "condensed from {:.0} s on, {per_hour:.2} MB an hour since: {day:.0} MB a day",
            condensed.as_secs_f64()
        );
    }
}
