//! Lines from an agent that may be any version, or no agent at all: folded without a panic, and shown.
//! `cargo +nightly fuzz run events -- -rss_limit_mb=1024`
#![no_main]

use libfuzzer_sys::fuzz_target;
use nntop_core::event::Event;
use nntop_state::State;
use nntop_tui::tui::{Theme, Ui, draw};

fuzz_target!(|data: &[u8]| {
    let mut state = State::default();
    for line in String::from_utf8_lossy(data).lines() {
        if let Ok(event) = Event::from_line(line) {
            state.apply(&event);
        }
    }
    let area = ratatui::layout::Rect::new(0, 0, 80, 24);
    draw(&state, &Ui::default(), &Theme::default(), area, &mut ratatui::buffer::Buffer::empty(area));
});
