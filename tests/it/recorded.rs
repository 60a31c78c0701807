//! A recorded stream, folded and drawn: the same events give the same figures, screens and result, byte for byte.
//!
//! The recording is what `nntop agent --stdio` said while it measured two synthetic engines.

use nntop::event::{Event, Kind, Plan, Stop, Warmup};
use nntop::result::{RunResult, Status};
use nntop::state::State;
use nntop::tui::{Colors, Theme, Ui, draw};
use nntop::unit::Nanos;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const RECORDING: &str = include_str!("recordings/two-synthetic.ndjson");

fn events() -> impl Iterator<Item = Event> {
    RECORDING.lines().map(|line| Event::from_line(line).unwrap())
}

fn folded(until: impl Fn(&Event) -> bool) -> State {
    let mut state = State::default();
    events().take_while(|e| !until(e)).for_each(|e| state.apply(&e));
    state
}

fn painted(state: &State, width: u16, height: u16) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw(state, &Ui::default(), &Theme { colors: Colors::True, ascii: false }, area, &mut buffer);
    buffer
}

fn text(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(buffer.area.width.into());
    let row = |cells: &[ratatui::buffer::Cell]| {
        cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned()
    };
    rows.map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_recording_is_drawn_as_it_was_at_three_sizes() {
    let during = folded(|e| e.t > Nanos::from_millis(3_000));
    let after = folded(|_| false);
    for (width, height) in [(80, 24), (120, 36), (200, 60)] {
        insta::assert_snapshot!(format!("during_{width}x{height}"), text(&painted(&during, width, height)));
        insta::assert_snapshot!(format!("after_{width}x{height}"), text(&painted(&after, width, height)));
    }
}

#[test]
fn folding_again_gives_the_same_cells() {
    let once = painted(&folded(|_| false), 120, 36);
    assert_eq!(once, painted(&folded(|_| false), 120, 36));
}

#[test]
fn the_result_is_that_of_the_blocks_and_of_nothing_else() {
    let plan = Plan {
        variants: Vec::new(),
        stop: Stop { runs: Some(700), ..Stop::default() },
        warmup: Warmup::default(),
        sample_every: Nanos::from_millis(1_000),
        ..Plan::default()
    };
    let whole = RunResult::of(&folded(|_| false), &plan);
    for v in &whole.variants {
        assert_eq!((v.status, v.latency_ns.unwrap().n), (Status::Ok, 700), "{}", v.name);
    }
    let (slow, fast) = (whole.variants[0].latency_ns.unwrap(), whole.variants[1].latency_ns.unwrap());
    // The engines' own medians, 4 ms and 1.5 ms, which the machine can only exceed.
    assert!((3_900_000..4_400_000).contains(&slow.p50) && (1_460_000..1_700_000).contains(&fast.p50));
    assert!(slow.max > 2 * slow.p50, "one in a hundred takes three times as long");
    assert_eq!(whole.variants[1].batch_size, 4);

    // The live feed may be lost; no figure changes.
    let mut without_samples = State::default();
    events().filter(|e| !matches!(e.kind, Kind::Samples(_))).for_each(|e| without_samples.apply(&e));
    assert_eq!(RunResult::of(&without_samples, &plan), whole);
}

#[test]
fn events_survive_writing_and_reading() {
    for event in events() {
        assert_eq!(Event::from_line(&event.to_line()).unwrap(), event);
    }
}
