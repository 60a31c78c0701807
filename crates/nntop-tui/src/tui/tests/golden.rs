//! Golden screens, so arranged that a change shows in few files: parts that many scenes share (header, footer, device,
//! status) have one file each, which says which scene shows what; the part that a scene is about has the scene's own file;
//! and a handful of whole screens show how the parts stand together. Every part of every scene is in one of these.
//!
//! `INSTA_UPDATE=always cargo test -p nntop-tui golden` writes them anew. With `NNTOP_SCREENS=DIR` pictures of all scenes are
//! saved there, to be looked at.

use super::{accuracy, boards, marks, ops, recorded, scenarios, screens};
use crate::tui::view::panes;
use crate::tui::{Background, Colors, MIN_SIZE, Theme, Ui, draw};
use nntop_state::State;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::AssertUnwindSafe;

/// The sizes that people use.
pub(super) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

pub(super) const THEME: Theme = Theme { colors: Colors::True, background: Background::Dark, ascii: false };

/// Parts that many scenes have in common.
const SHARED: [&str; 6] = ["header", "footer", "device", "status", "operators_head", "operators_detail"];

/// What is shown whole.
const WHOLE: [(&str, (u16, u16)); 12] = [
    ("one", MIN_SIZE),
    ("two", MIN_SIZE),
    ("one", (80, 24)),
    ("two", (120, 36)),
    ("four", (200, 60)),
    ("ascii", (80, 24)),
    ("profiled_two", (120, 36)),
    ("compare", (120, 36)),
    ("log", (80, 24)),
    ("help", (80, 24)),
    ("ops_two", (120, 36)),
    ("device_jetson-orin", (120, 36)),
];

/// What is shown with its colours: a part of a scene at a size.
const COLOURED: [(&str, &str, (u16, u16)); 7] = [
    ("two", "header", (80, 24)),
    ("two", "footer", (80, 24)),
    ("two", "variants", (80, 24)),
    ("failed", "status", (120, 36)),
    ("compare", "body", (80, 24)),
    ("ops_two", "table", (80, 24)),
    ("device_jetson-orin", "body", (120, 36)),
];

/// A file's name, and what is in it.
type Snapshot = (String, String);

/// Something to be seen.
pub(super) struct Scene {
    pub(super) name: String,
    pub(super) state: State,
    pub(super) ui: Ui,
    pub(super) theme: Theme,
}

impl Scene {
    pub(super) fn new(name: &str, state: State, ui: Ui) -> Self {
        Self { name: name.into(), state, ui, theme: THEME }
    }

    fn painted(&self, size: (u16, u16)) -> Buffer {
        painted(&self.state, &Ui { size, ..self.ui.clone() }, &self.theme, size)
    }
}

/// All of them; the shared parts list them in this order.
fn scenes() -> Vec<Scene> {
    let live = [screens::scenes(), scenarios::scenes(), marks::scenes(), accuracy::scenes()];
    live.into_iter().chain([ops::scenes(), recorded::scenes(), boards::scenes()]).flatten().collect()
}

fn scene<'a>(scenes: &'a [Scene], name: &str) -> &'a Scene {
    scenes.iter().find(|scene| scene.name == name).unwrap_or_else(|| panic!("there is no scene {name}"))
}

pub(super) fn painted(state: &State, ui: &Ui, theme: &Theme, (w, h): (u16, u16)) -> Buffer {
    let mut buf = Buffer::empty(Rect::new(0, 0, w, h));
    draw(state, ui, theme, buf.area, &mut buf);
    buf
}

pub(super) fn text(buf: &Buffer) -> String {
    part(buf, buf.area)
}

/// A part of the screen, without blanks at the ends of lines.
fn part(buf: &Buffer, area: Rect) -> String {
    let row = |y| (area.left()..area.right()).map(|x| buf[(x, y)].symbol()).collect::<String>();
    (area.top()..area.bottom()).map(|y| row(y).trim_end().to_owned() + "\n").collect()
}

/// `80x24`.
fn by((w, h): (u16, u16)) -> String {
    format!("{w}x{h}")
}

/// Compares with the snapshots, all of them before it fails.
#[test]
fn golden() {
    let scenes = scenes();
    let snapshots = parts(&scenes).into_iter().chain(whole(&scenes)).chain(colours(&scenes));
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut other = Vec::new();
    for (name, text) in snapshots {
        let compare = || settings.bind(|| insta::assert_snapshot!(name.clone(), text));
        let same = std::panic::catch_unwind(AssertUnwindSafe(compare));
        if same.is_err() {
            other.push(name);
        }
    }
    assert!(other.is_empty(), "these look otherwise: {}", other.join(", "));
}

/// A sign that is lost changes a number: `−4.084` must not read `?4.084`.
#[test]
fn ascii_loses_no_sign() {
    let at = |buf: &Buffer| buf.content.iter().map(|c| c.symbol() == "?").collect::<Vec<_>>();
    for scene in scenes() {
        for size in SIZES {
            // What a machine's own names hold is not ours to spell; charts have a form of their own.
            let unicode = scene.painted(size);
            let plain = Scene {
                theme: Theme { ascii: true, ..scene.theme },
                state: scene.state.clone(),
                ui: scene.ui.clone(),
                name: String::new(),
            }
            .painted(size);
            for (i, (lost, was)) in at(&plain).into_iter().zip(at(&unicode)).enumerate() {
                assert!(
                    !lost || was,
                    "{} {}: {:?} has no ASCII form",
                    scene.name,
                    by(size),
                    unicode.content[i].symbol()
                );
            }
            assert!(plain.content.iter().all(|c| c.symbol().is_ascii()), "{}", scene.name);
        }
    }
}

/// The parts of all scenes.
fn parts(scenes: &[Scene]) -> Vec<Snapshot> {
    // Of each shared part what is seen, with the scenes in which it is, in the order of the scenes.
    let mut shared: BTreeMap<&str, Vec<(String, Vec<String>)>> = BTreeMap::new();
    let mut own: Vec<Snapshot> = Vec::new();
    // What was seen first in which scene: a part that is the same to the cell is not shown again.
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for scene in scenes {
        let mut file = String::new();
        for size in SIZES {
            let buf = scene.painted(size);
            let place = format!("{} {}", scene.name, by(size));
            if let Ok(folder) = std::env::var("NNTOP_SCREENS") {
                let path = format!("{folder}/{}_{}.svg", scene.name, by(size));
                std::fs::write(path, crate::tui::svg(&buf)).unwrap();
                let theme = Theme { background: Background::Light, ..scene.theme };
                let light = painted(&scene.state, &Ui { size, ..scene.ui.clone() }, &theme, size);
                let path = format!("{folder}/{}_{}_light.svg", scene.name, by(size));
                std::fs::write(path, crate::tui::screenshot::svg_on(&light, Background::Light)).unwrap();
            }
            for pane in panes(&scene.state, &Ui { size, ..scene.ui.clone() }, &scene.theme, buf.area) {
                let text = part(&buf, pane.area);
                if SHARED.contains(&pane.name) {
                    let all = shared.entry(pane.name).or_default();
                    match all.iter_mut().find(|(seen, _)| *seen == text) {
                        Some((_, places)) => places.push(place.clone()),
                        None => all.push((text, vec![place.clone()])),
                    }
                } else if let Some(first) = seen.get(&text) {
                    writeln!(file, "== {} {}: as in {first}", pane.name, by(size)).unwrap();
                } else {
                    write!(file, "== {} {}\n{text}", pane.name, by(size)).unwrap();
                    seen.insert(text, place.clone());
                }
            }
        }
        own.push((format!("scene_{}", scene.name), file));
    }
    let shared = shared.into_iter().map(|(name, all)| {
        let parts = all.iter().map(|(text, places)| format!("== {}\n{text}", places.join(", ")));
        (format!("part_{name}"), parts.collect())
    });
    own.into_iter().chain(shared).collect()
}

fn whole(scenes: &[Scene]) -> [Snapshot; WHOLE.len()] {
    WHOLE.map(|(name, size)| (format!("whole_{name}_{}", by(size)), text(&scene(scenes, name).painted(size))))
}

/// Each line twice: what stands there, and a letter for each of its cells. The letters are explained below, for true
/// colours, 256, 16 and none.
fn colours(scenes: &[Scene]) -> [Snapshot; COLOURED.len()] {
    COLOURED.map(|(name, part, size)| {
        let scene = scene(scenes, name);
        let palettes = [Colors::True, Colors::Ansi256, Colors::Ansi16, Colors::None];
        let bufs = palettes.map(|colors| {
            let theme = Theme { colors, ..scene.theme };
            painted(&scene.state, &Ui { size, ..scene.ui.clone() }, &theme, size)
        });
        let panes = panes(&scene.state, &Ui { size, ..scene.ui.clone() }, &scene.theme, bufs[0].area);
        let area = panes.iter().find(|pane| pane.name == part).unwrap().area;
        (format!("colours_{name}_{part}"), coloured(&bufs, area))
    })
}

/// What looks are called; the first is plain text.
const LETTERS: &str = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A part of the screen in several palettes.
fn coloured(bufs: &[Buffer; 4], area: Rect) -> String {
    let mut letters: Vec<[String; 4]> = vec![bufs.each_ref().map(|_| "plain".to_owned())];
    let mut out = String::new();
    for y in area.top()..area.bottom() {
        let mut styles = String::new();
        for x in area.left()..area.right() {
            let looks = bufs.each_ref().map(|buf| look(&buf[(x, y)]));
            let at = letters.iter().position(|known| *known == looks).unwrap_or_else(|| {
                letters.push(looks);
                letters.len() - 1
            });
            styles.push(LETTERS.chars().nth(at).unwrap());
        }
        let row = Rect { y, height: 1, ..area };
        writeln!(out, "{}{}", part(&bufs[0], row), styles.trim_end()).unwrap();
        for other in &bufs[1..] {
            assert_eq!(part(other, row), part(&bufs[0], row), "a palette changes no letter");
        }
    }
    for (letter, looks) in LETTERS.chars().zip(&letters).skip(1) {
        writeln!(out, "{letter}  {}", looks.join(" · ")).unwrap();
    }
    out
}

/// A cell's colours and modifiers. Of a blank only what is seen of it.
fn look(cell: &Cell) -> String {
    let blank = cell.symbol() == " ";
    let color = |color: Color| match color {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Indexed(n) => format!("{n}"),
        named => format!("{named:?}").to_lowercase(),
    };
    let mut words = Vec::new();
    if cell.fg != Color::Reset && !blank {
        words.push(color(cell.fg));
    }
    if cell.bg != Color::Reset {
        words.push(format!("on {}", color(cell.bg)));
    }
    let seen = if blank { Modifier::REVERSED | Modifier::UNDERLINED } else { Modifier::all() };
    words.extend((cell.modifier & seen).iter_names().map(|(name, _)| name.to_lowercase()));
    if words.is_empty() { "plain".into() } else { words.join(" ") }
}
