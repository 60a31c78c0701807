//! A day of an A/B run through what the dashboard keeps: the state, the screen, and the recorder's ring.

use crate::live;
use crate::source::Source;
use nntop::event::{Plan, Slot};
use nntop::recording::{FULL_BYTES, Writer};
use nntop::state::State;
use nntop::tui::{Background, Colors, Theme, Ui, draw};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The dashboard's data may hold this much, whatever the length of the run. docs/develop/budgets.md states it.
pub(crate) const LIMIT_MB: f64 = 40.0;

/// Runs `hours` of events through and prints the live bytes of each hour. False where they break the limit.
pub(crate) fn run(hours: f64) -> bool {
    let mut source = Source::new(2);
    let mut state = State::default();
    let mut writer = Writer::new(Plan::default(), FULL_BYTES, Box::new(|_| {}), Default::default());
    let area = Rect::new(0, 0, 200, 60);
    let (mut picture, theme) =
        (Buffer::empty(area), Theme { colors: Colors::True, background: Background::Dark, ascii: false });
    for event in source.begin() {
        state.apply(&event);
        writer.event(&event);
    }
    let mut most = 0.0f64;
    for index in 0..(hours * 36_000.0) as u64 {
        // Turns of a second, in the order A B B A.
        let slot = Slot([0, 1, 1, 0][(index / 10 % 4) as usize]);
        for event in source.tenth(index, slot) {
            state.apply(&event);
            writer.event(&event);
        }
        if index % 10 == 9 {
            writer.flush();
            picture.reset();
            draw(&state, &Ui::default(), &theme, area, &mut picture);
            most = most.max(live::megabytes());
        }
        if index % 6_000 == 5_999 {
            println!("{:5.0} min  {:7.2} MB live, {most:.2} at most", (index + 1) as f64 / 600.0, live::megabytes());
        }
    }
    let held = most <= LIMIT_MB;
    println!("at most {most:.1} MB of {LIMIT_MB} MB: {}", if held { "within the limit" } else { "OVER THE LIMIT" });
    held
}
