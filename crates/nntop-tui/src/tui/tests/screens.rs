//! Golden screens at the three sizes that people use, colours, and any other size.

use super::stream::Story;
use crate::tui::{Colors, Page, Theme, Ui, draw};
use nntop_core::event::{Group, Kind, Rail, RailRole, Slot, Stage};
use nntop_core::unit::Bytes;
use nntop_results::state::State;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

pub(super) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];
pub(super) const THEME: Theme = Theme { colors: Colors::True, ascii: false };

pub(super) fn painted(state: &State, ui: &Ui, theme: &Theme, (w, h): (u16, u16)) -> Buffer {
    let mut buf = Buffer::empty(Rect::new(0, 0, w, h));
    draw(state, ui, theme, buf.area, &mut buf);
    buf
}

pub(super) fn text(buf: &Buffer) -> String {
    let rows = buf.content.chunks(buf.area.width.max(1) as usize);
    rows.map(|row| row.iter().map(|c| c.symbol()).collect::<String>().trim_end().to_string() + "\n").collect()
}

/// Compares with the snapshots; with `NNTOP_SCREENS=DIR` also saves pictures there, to be looked at.
pub(super) fn golden(name: &str, state: &State, ui: &Ui, theme: &Theme) {
    for size in SIZES {
        let buf = painted(state, ui, theme, size);
        let name = format!("{name}_{}x{}", size.0, size.1);
        if let Ok(dir) = std::env::var("NNTOP_SCREENS") {
            std::fs::write(format!("{dir}/{name}.svg"), crate::tui::svg(&buf)).unwrap();
        }
        insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, text(&buf));
        });
    }
}

fn one() -> Story {
    let mut story = Story::new();
    story.sensors().read().measure(&[0], 70);
    story
}

fn two() -> Story {
    let mut story = Story::new();
    story.sensors().read().measure(&[0, 1], 70);
    story
}

#[test]
fn one_variant_measuring() {
    golden("one", &one().state, &Ui::default(), &THEME);
}

#[test]
fn two_variants_measuring() {
    golden("two", &two().state, &Ui::default(), &THEME);
}

#[test]
fn one_variant_profiled() {
    let mut story = one();
    story.burst(0, 0).turns(&[0], 3);
    golden("profiled", &story.state, &Ui::default(), &THEME);
}

#[test]
fn two_variants_profiled_and_operators_fell_back() {
    let mut story = two();
    story.burst(0, 2).burst(1, 0).turns(&[0, 1], 3);
    golden("profiled_two", &story.state, &Ui::default(), &THEME);
}

#[test]
fn two_variants_just_begun() {
    let mut story = Story::new();
    story.sensors().read().measure(&[0, 1], 4);
    golden("begun", &story.state, &Ui::default(), &THEME);
}

#[test]
fn four_variants() {
    let mut story = Story::new();
    story.sensors().read().measure(&[0, 1, 2, 3], 20);
    golden("four", &story.state, &Ui { focus: Some(Slot(2)), ..Ui::default() }, &THEME);
}

#[test]
fn a_level_that_moved_and_one_that_did_not() {
    let mut story = Story::new();
    let targets = ["p99<5ms", "throughput>100"].map(|t| t.parse().unwrap()).to_vec();
    story.sensors().read().say(Kind::Targets { targets }).measure(&[0, 1], 20);
    story.medians[0] *= 1.12;
    story.turns(&[0, 1], 20);
    golden("moved", &story.state, &Ui::default(), &THEME);
}

#[test]
fn loading_with_progress() {
    let mut story = Story::new();
    story.sensors().read().variant(0).loading(0, Stage::Describe);
    story.t = 300;
    story.loading(0, Stage::Library).say(Kind::Progress {
        what: "fetching onnxruntime 1.31.1".into(),
        done: Bytes(0),
        total: None,
        finished: false,
    });
    story.t = 4_700;
    story.read().say(Kind::Progress {
        what: "fetching onnxruntime 1.31.1".into(),
        done: Bytes(12_400_000),
        total: Some(Bytes(61_000_000)),
        finished: false,
    });
    golden("loading", &story.state, &Ui::default(), &THEME);
}

#[test]
fn one_failed_the_other_goes_on() {
    let mut story = Story::new();
    story.sensors().read().variant(0).variant(1).loading(1, Stage::Session).chatter().fail(1);
    story.measure(&[0], 30);
    golden("failed", &story.state, &Ui { focus: Some(Slot(1)), ..Ui::default() }, &THEME);
}

#[test]
fn done() {
    let mut story = two();
    story.done(&[0, 1]);
    golden("done", &story.state, &Ui::default(), &THEME);
}

#[test]
fn log_page() {
    let mut story = two();
    story.chatter();
    golden("log", &story.state, &Ui { page: Page::Log, ..Ui::default() }, &THEME);
}

#[test]
fn compare_page() {
    let compare = Ui { page: Page::Compare, ..Ui::default() };
    golden("compare", &two().state, &compare, &THEME);
    let mut alike = Story::new();
    alike.medians = vec![4.5, 4.5];
    alike.measure(&[0, 1], 20);
    golden("compare_alike", &alike.state, &compare, &THEME);
    let mut four = Story::new();
    four.measure(&[0, 1, 2, 3], 20);
    golden("compare_four", &four.state, &Ui { focus: Some(Slot(2)), ..compare.clone() }, &THEME);
    golden("compare_one", &one().state, &compare, &THEME);
}

#[test]
fn help_overlay() {
    golden("help", &one().state, &Ui { help: true, ..Ui::default() }, &THEME);
}

#[test]
fn no_sensors_at_all() {
    let mut story = Story::new();
    story.measure(&[0], 70);
    golden("bare", &story.state, &Ui::default(), &THEME);
}

#[test]
fn ascii_without_colours() {
    let theme = Theme { colors: Colors::None, ascii: true };
    let state = two().state;
    golden("ascii", &state, &Ui { sweep: true, ..Ui::default() }, &theme);
    for size in SIZES {
        let buf = painted(&state, &Ui::default(), &theme, size);
        assert!(buf.content.iter().all(|c| c.symbol().is_ascii() && c.fg == Color::Reset && c.bg == Color::Reset));
    }
}

#[test]
fn the_least_size_is_useful() {
    let buf = painted(&two().state, &Ui::default(), &THEME, crate::tui::MIN_SIZE);
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("two_60x16", text(&buf));
        insta::assert_snapshot!("one_60x16", text(&painted(&one().state, &Ui::default(), &THEME, crate::tui::MIN_SIZE)));
    });
    let small = text(&painted(&State::default(), &Ui::default(), &THEME, (59, 16)));
    assert!(small.starts_with("terminal is 59x16: nntop needs at least 60x16\n"), "{small}");
}

#[test]
fn a_is_blue_and_b_is_orange() {
    let buf = painted(&two().state, &Ui::default(), &THEME, (120, 36));
    let braille = |range: std::ops::Range<u16>| -> Vec<Color> {
        let mut colors: Vec<Color> = (0..36)
            .flat_map(|y| range.clone().map(move |x| (x, y)))
            .filter(|at| buf[*at].symbol().chars().all(|c| ('\u{2801}'..='\u{28ff}').contains(&c)))
            .map(|at| buf[at].fg)
            .collect();
        colors.dedup();
        colors.retain(|c| *c != Color::Rgb(88, 92, 100));
        colors.dedup();
        colors
    };
    assert_eq!(braille(0..60), [Color::Rgb(82, 145, 245)]);
    assert_eq!(braille(60..120), [Color::Rgb(240, 135, 50)]);
}

#[test]
fn a_paused_picture_stands_still() {
    let mut story = one();
    story.say(Kind::Paused { paused: true });
    let before = painted(&story.state, &Ui::default(), &THEME, (120, 36));
    story.t += 5_000;
    story.say(Kind::Paused { paused: true });
    let after = painted(&story.state, &Ui::default(), &THEME, (120, 36));
    let device = text(&after).lines().position(|l| l.contains("CPU")).unwrap();
    assert_eq!(
        text(&before).lines().take(device).collect::<Vec<_>>(),
        text(&after).lines().take(device).collect::<Vec<_>>()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_state_fits_any_size(
        w in 0u16..260, h in 0u16..90, variants in 0u8..5, seconds in 0u64..2, scale in -1i32..6,
        flags in 0u32..1024,
    ) {
        let flag = |bit: u32| flags & (1 << bit) != 0;
        let mut story = Story::new();
        story.medians = story.medians.iter().map(|m| (m * 10f64.powi(scale)).max(0.05)).collect();
        if flag(0) {
            story.sensors().read();
        }
        let slots: Vec<u8> = (0..variants).collect();
        if flag(1) {
            story.measure(&slots, seconds);
        } else {
            for s in &slots {
                story.variant(*s).loading(*s, Stage::Session);
            }
        }
        if flag(2) { story.chatter(); }
        if flag(3) && variants > 0 { story.fail(0); }
        if flag(4) { story.done(&[]); }
        let ui = Ui {
            help: flag(5), frozen: flag(6), page: Page::ALL[(flags >> 7 & 1) as usize * 2 + (flags >> 9 & 1) as usize], sweep: flag(8),
            ..Ui::default()
        };
        for ascii in [false, true] {
            let theme = Theme { colors: Colors::Ansi256, ascii };
            let first = painted(&story.state, &ui, &theme, (w, h));
            prop_assert_eq!(&first, &painted(&story.state, &ui, &theme, (w, h)));
        }
    }
}

#[test]
fn energy_is_shown_where_it_is_known_and_there_is_room() {
    let mut story = Story::new();
    story.sensors();
    let mut decl = story.state.device.first(Group::Power).unwrap().decl.clone();
    decl.rail = Some(Rail { role: RailRole::Input, scope: "the module".into(), update: None });
    story.say(Kind::Metric(decl)).read().measure(&[0], 70);
    let shows = |state: &State, size| text(&painted(state, &Ui::default(), &THEME, size)).contains("mJ/inf");
    assert!(shows(&story.state, (120, 36)));
    assert!(!shows(&story.state, (80, 24)), "eight figures fill it");
    assert!(!shows(&one().state, (120, 36)), "nobody knows what its rails feed");
}
