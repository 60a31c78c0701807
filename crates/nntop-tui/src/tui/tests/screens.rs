//! Scenes of the pages Live, Compare and Log; colours, and any size.

use super::golden::{SIZES, Scene, THEME, painted, text};
use super::stream::Story;
use crate::tui::{Colors, Page, Theme, Ui};
use nntop_core::event::{Kind, Part, Quantity, Rail, RailRole, Slot, Stage};
use nntop_core::unit::Bytes;
use nntop_state::State;
use proptest::prelude::*;
use ratatui::style::Color;

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

pub(super) fn scenes() -> Vec<Scene> {
    let compare = Ui { page: Page::Compare, ..Ui::default() };
    let third = |ui: Ui| Ui { focus: Some(Slot(2)), ..ui };
    let log = Ui { page: Page::Log, ..Ui::default() };
    let ascii = Theme { colors: Colors::None, ascii: true, ..Theme::default() };
    vec![
        Scene::new("one", one().state, Ui::default()),
        Scene::new("two", two().state, Ui::default()),
        Scene::new("profiled", profiled().state, Ui::default()),
        Scene::new("profiled_two", profiled_two().state, Ui::default()),
        Scene::new("begun", begun().state, Ui::default()),
        Scene::new("four", four(true).state, third(Ui::default())),
        Scene::new("moved", moved().state, Ui::default()),
        Scene::new("loading", loading().state, Ui::default()),
        Scene::new("failed", failed().state, Ui { focus: Some(Slot(1)), ..Ui::default() }),
        Scene::new("done", done().state, Ui::default()),
        Scene::new("log", printed().state, log),
        Scene::new("compare", two().state, compare.clone()),
        Scene::new("compare_alike", alike().state, compare.clone()),
        Scene::new("compare_four", four(false).state, third(compare.clone())),
        Scene::new("compare_one", one().state, compare),
        Scene::new("help", one().state, Ui { help: true, ..Ui::default() }),
        Scene::new("bare", bare().state, Ui::default()),
        Scene { theme: ascii, ..Scene::new("ascii", two().state, Ui { sweep: true, ..Ui::default() }) },
    ]
}

fn profiled() -> Story {
    let mut story = one();
    story.burst(0, 0).turns(&[0], 3);
    story
}

/// Some of whose operators fell back.
fn profiled_two() -> Story {
    let mut story = two();
    story.burst(0, 2).burst(1, 0).turns(&[0, 1], 3);
    story
}

fn begun() -> Story {
    let mut story = Story::new();
    story.sensors().read().measure(&[0, 1], 4);
    story
}

fn four(sensors: bool) -> Story {
    let mut story = Story::new();
    if sensors {
        story.sensors().read();
    }
    story.measure(&[0, 1, 2, 3], 20);
    story
}

/// A level that moved and one that did not.
fn moved() -> Story {
    let mut story = Story::new();
    let targets = ["p99<5ms", "throughput>100"].map(|t| t.parse().unwrap()).to_vec();
    story.sensors().read().say(Kind::Targets { targets }).measure(&[0, 1], 20);
    story.medians[0] *= 1.12;
    story.turns(&[0, 1], 20);
    story
}

fn loading() -> Story {
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
    story
}

/// One failed, the other goes on.
fn failed() -> Story {
    let mut story = Story::new();
    story.sensors().read().variant(0).variant(1).loading(1, Stage::Session).chatter().fail(1);
    story.measure(&[0], 30);
    story
}

fn done() -> Story {
    let mut story = two();
    story.done(&[0, 1]);
    story
}

fn printed() -> Story {
    let mut story = two();
    story.chatter();
    story
}

fn alike() -> Story {
    let mut story = Story::new();
    story.medians = vec![4.5, 4.5];
    story.measure(&[0, 1], 20);
    story
}

/// Without sensors.
fn bare() -> Story {
    let mut story = Story::new();
    story.measure(&[0], 70);
    story
}

#[test]
fn ascii_without_colours() {
    let theme = Theme { colors: Colors::None, ascii: true, ..Theme::default() };
    let state = two().state;
    for size in SIZES {
        let buf = painted(&state, &Ui::default(), &theme, size);
        assert!(buf.content.iter().all(|c| c.symbol().is_ascii() && c.fg == Color::Reset && c.bg == Color::Reset));
    }
}

/// At [`MIN_SIZE`](crate::tui::MIN_SIZE) there are whole screens in the snapshots.
#[test]
fn below_the_least_size_it_says_so() {
    let small = text(&painted(&State::default(), &Ui::default(), &THEME, (59, 16)));
    let said = small.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(said, "terminal is 59x16: nntop needs at least 60x16. Enlarge it; q quits.");
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
            let theme = Theme { colors: Colors::Ansi256, ascii, ..Theme::default() };
            let first = painted(&story.state, &ui, &theme, (w, h));
            prop_assert_eq!(&first, &painted(&story.state, &ui, &theme, (w, h)));
        }
    }
}

#[test]
fn energy_is_shown_where_it_is_known_and_there_is_room() {
    let mut story = Story::new();
    story.sensors();
    let mut decl = story.state.device.first(Part::Rail, Quantity::Power).unwrap().decl.clone();
    decl.rail = Some(Rail { role: RailRole::Input, scope: "the module".into(), update: None });
    story.say(Kind::Metric(decl)).read().measure(&[0], 70);
    let shows = |state: &State, size| text(&painted(state, &Ui::default(), &THEME, size)).contains("mJ/inf");
    assert!(shows(&story.state, (120, 36)));
    assert!(!shows(&story.state, (80, 24)), "eight figures fill it");
    assert!(!shows(&one().state, (120, 36)), "nobody knows what its rails feed");
}
