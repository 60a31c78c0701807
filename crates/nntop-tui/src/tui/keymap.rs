//! The one table of keys: what they do, what help says about them, what the footer shows.

use super::{ControlMsg, Msg, OpsMsg, Page, Ui};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use nntop_core::event::Playback;
use nntop_state::State;

/// One row of the table.
pub(crate) struct Binding {
    /// The keys, as help and footer name them.
    pub(crate) label: &'static str,
    /// The keys.
    keys: &'static [KeyCode],
    /// What they do.
    pub(crate) msg: fn() -> Msg,
    /// What help says.
    pub(crate) what: &'static str,
    /// What the footer says; keys without it are only in help.
    pub(crate) short: Option<&'static str>,
    /// The page on which it works; `None` is all.
    pub(crate) page: Option<Page>,
}

const fn key(
    label: &'static str,
    keys: &'static [KeyCode],
    msg: fn() -> Msg,
    short: Option<&'static str>,
    what: &'static str,
) -> Binding {
    Binding { label, keys, msg, what, short, page: None }
}

const fn on(page: Page, binding: Binding) -> Binding {
    Binding { page: Some(page), ..binding }
}

use KeyCode::{BackTab, Char, Down, End, Enter, Esc, Home, Left, PageDown, PageUp, Right, Tab, Up};

/// All keys, in the order of help and footer.
pub(crate) const KEYS: &[Binding] = &[
    key("space", &[Char(' ')], || Msg::TogglePause, Some("pause"), "pause or resume measuring"),
    key("z", &[Char('z')], || Msg::ToggleFreeze, Some("freeze"), "freeze the screen; measuring continues"),
    on(
        Page::Ops,
        key("b", &[Char('b')], || Msg::Ops(OpsMsg::NextBy), Some("by"), "rows by operator, type, provider, module"),
    ),
    on(
        Page::Ops,
        key("/", &[Char('/')], || Msg::Search, Some("filter"), "filter by name, type or provider; Enter keeps it"),
    ),
    on(
        Page::Ops,
        key("Enter", &[Enter], || Msg::Ops(OpsMsg::Enter), Some("zoom"), "zoom into the frame or group; Esc zooms out"),
    ),
    on(
        Page::Ops,
        key(
            "< >",
            &[Char('<'), Char(',')],
            || Msg::Ops(OpsMsg::SortStep(-1)),
            Some("sort"),
            "the column that sorts, also o",
        ),
    ),
    on(Page::Ops, key("", &[Char('>'), Char('.'), Char('o')], || Msg::Ops(OpsMsg::SortStep(1)), None, "")),
    on(
        Page::Ops,
        key(
            "-",
            &[Char('-'), Char('I')],
            || Msg::Ops(OpsMsg::Reverse),
            None,
            "reverse the order; clicking a column sorts, too",
        ),
    ),
    on(
        Page::Ops,
        key("v", &[Char('v')], || Msg::Ops(OpsMsg::NextSide), Some("variant"), "differences, or one variant"),
    ),
    on(
        Page::Ops,
        key("x", &[Char('x')], || Msg::Ops(OpsMsg::SwapWidths), None, "comparing: whose times set the widths"),
    ),
    on(
        Page::Ops,
        key("← →", &[Right], || Msg::Ops(OpsMsg::Frames(1)), None, "the previous or next frame, in order of execution"),
    ),
    on(Page::Ops, key("", &[Left], || Msg::Ops(OpsMsg::Frames(-1)), None, "")),
    on(
        Page::Ops,
        key("K J", &[Char('K')], || Msg::Ops(OpsMsg::Depth(-1)), None, "the parent or child frame (also Shift-↑ ↓)"),
    ),
    on(Page::Ops, key("", &[Char('J')], || Msg::Ops(OpsMsg::Depth(1)), None, "")),
    on(Page::Log, key("/", &[Char('/')], || Msg::Search, Some("search"), "search; Enter keeps it, Esc clears it")),
    on(Page::Log, key("e", &[Char('e')], || Msg::ToggleErrorsFirst, Some("errors first"), "errors first, or by time")),
    on(
        Page::Device,
        key(
            "o",
            &[Char('o')],
            || Msg::NextOrder,
            Some("order"),
            "processes by CPU, memory, GPU memory, pid, as a tree",
        ),
    ),
    on(
        Page::Device,
        key(
            "/",
            &[Char('/')],
            || Msg::Search,
            Some("filter"),
            "filter processes; Enter keeps the filter, Esc clears it",
        ),
    ),
    on(
        Page::Device,
        key(
            "c",
            &[Char('c')],
            || Msg::Control(ControlMsg::Open),
            Some("control"),
            "change the device: power mode, clocks, fan",
        ),
    ),
    on(
        Page::Device,
        key("K", &[Char('K')], || Msg::EndProcess, None, "ask the chosen process to end (↑ ↓ choose in the list)"),
    ),
    on(Page::Device, key("← →", &[Right, Char('l')], || Msg::PanelStep(1), Some("panel"), "the panel in focus")),
    on(Page::Device, key("", &[Left], || Msg::PanelStep(-1), None, "")),
    on(
        Page::Device,
        key("Enter", &[Enter], || Msg::ToggleOpen, Some("open"), "the panel in focus on the whole page, and back"),
    ),
    on(
        Page::Device,
        key("+ -", &[Char('+'), Char('=')], || Msg::Zoom(-1), Some("zoom"), "charts over 1, 5 or 15 minutes"),
    ),
    on(Page::Device, key("", &[Char('-')], || Msg::Zoom(1), None, "")),
    key("↑ ↓", &[Up, Char('k')], || Msg::Scroll(-1), None, "scroll (also j k, PgUp PgDn, Home End)"),
    key("", &[Down, Char('j')], || Msg::Scroll(1), None, ""),
    key("", &[PageUp], || Msg::Scroll(-10), None, ""),
    key("", &[PageDown], || Msg::Scroll(10), None, ""),
    key("", &[Home, Char('g')], || Msg::ScrollTop, None, ""),
    key("", &[End, Char('G')], || Msg::ScrollBottom, None, ""),
    key("Tab", &[Tab], || Msg::PageStep(1), Some("page"), "next page; Shift-Tab the one before, digits directly"),
    key("", &[BackTab], || Msg::PageStep(-1), None, ""),
    key("", &[Char('1')], || Msg::Show(Page::Live), None, ""),
    key("", &[Char('2')], || Msg::Show(Page::Ops), None, ""),
    key("", &[Char('3')], || Msg::Show(Page::Device), None, ""),
    key("", &[Char('4')], || Msg::Show(Page::Compare), None, ""),
    key("", &[Char('5')], || Msg::Show(Page::Log), None, ""),
    key("", &[Char('6')], || Msg::Show(Page::Accuracy), None, ""),
    on(
        Page::Compare,
        key("← →", &[Right], || Msg::FocusStep(1), Some("variant"), "the variant compared with the first"),
    ),
    on(Page::Compare, key("", &[Left], || Msg::FocusStep(-1), None, "")),
    on(
        Page::Live,
        key("+ -", &[Char('+'), Char('=')], || Msg::Zoom(-1), Some("zoom"), "charts over less or more time"),
    ),
    on(Page::Live, key("", &[Char('-')], || Msg::Zoom(1), None, "")),
    on(Page::Live, key("a b", &[Char('a')], || Msg::Focus(0), Some("focus"), "focus a variant, also ← →")),
    on(Page::Live, key("", &[Char('b')], || Msg::Focus(1), None, "")),
    on(Page::Live, key("", &[Left], || Msg::FocusStep(-1), None, "")),
    on(Page::Live, key("", &[Right], || Msg::FocusStep(1), None, "")),
    key("p", &[Char('p')], || Msg::Profile, Some("profile"), "profile the operators now"),
    key("f", &[Char('f')], || Msg::Flame, Some("flame"), "save the flame graph of the newest profile as SVG"),
    key("R", &[Char('R')], || Msg::Restart, Some("restart"), "restart the variant in focus"),
    key("r", &[Char('r')], || Msg::Record, None, "start or stop recording to a file in this folder"),
    key("w", &[Char('w')], || Msg::SaveSeen, None, "save the last minutes as a recording"),
    key("m", &[Char('m')], || Msg::Mark, None, "mark this moment"),
    key("s", &[Char('s')], || Msg::Screenshot, Some("shot"), "save the screen as SVG"),
    key("?", &[Char('?'), Char('h')], || Msg::ToggleHelp, Some("help"), "this help"),
    key("q", &[Char('q')], || Msg::Quit, Some("quit"), "quit, also Ctrl-C"),
    key("Esc", &[Esc], || Msg::Back, None, "close what is open, end a search"),
];

/// Keys that a replay has instead of those that steer the work.
pub(crate) const REPLAY: &[Binding] = &[
    key("space", &[Char(' ')], || Msg::Playback(Playback::Toggle), Some("stop"), "pause or play"),
    key(
        "← →",
        &[Left],
        || Msg::Playback(Playback::By(-1_000)),
        Some("1 s"),
        "one second back or forward; with Shift ten",
    ),
    key("", &[Right], || Msg::Playback(Playback::By(1_000)), None, ""),
    key("[ ]", &[Char('[')], || Msg::Playback(Playback::Slower), Some("speed"), "half or double speed"),
    key("", &[Char(']')], || Msg::Playback(Playback::Faster), None, ""),
    key(".", &[Char('.')], || Msg::Playback(Playback::Step), Some("step"), "the next event, then pause"),
    key("'", &[Char('\'')], || Msg::Playback(Playback::NextMark), Some("mark"), "the next mark"),
    key("Home End", &[Home], || Msg::Playback(Playback::Start), None, "the beginning and the end"),
    key("", &[End], || Msg::Playback(Playback::End), None, ""),
];

/// What a replay says to keys that steer the work.
const STEERING: &[char] = &['p', 'R', 'r', 'w', 'm'];

/// The key in a replay; `None` where it means the same as in a live run.
fn in_replay(key: KeyEvent, ui: &Ui) -> Option<Msg> {
    ui.playhead?;
    let far = key.modifiers.contains(KeyModifiers::SHIFT);
    match key.code {
        Left if far => Some(Msg::Playback(Playback::By(-10_000))),
        Right if far => Some(Msg::Playback(Playback::By(10_000))),
        // There they go from frame to frame, or from panel to panel.
        Left | Right if matches!(ui.page, Page::Ops | Page::Device) => None,
        // There they scroll.
        Home | End if ui.page == Page::Log || ui.help => None,
        Char(c) if STEERING.contains(&c) => Some(Msg::Say("this is a replay: nothing is being measured".into())),
        code => REPLAY.iter().find(|b| b.keys.contains(&code)).map(|b| (b.msg)()),
    }
}

/// Whether a key steers the work, which a replay cannot.
pub(crate) fn steers(binding: &Binding) -> bool {
    binding.keys.iter().any(|k| matches!(k, Char(c) if *c == ' ' || STEERING.contains(c)))
}

/// The keys of a page.
pub(crate) fn of(page: Page) -> impl Iterator<Item = &'static Binding> {
    KEYS.iter().filter(move |b| b.page.is_none_or(|p| p == page))
}

/// The keys that do something now.
pub(crate) fn offered(ui: &Ui, state: &State) -> impl Iterator<Item = &'static Binding> {
    let controls = !state.controls.is_empty();
    working(ui).filter(move |b| controls || !matches!((b.msg)(), Msg::Control(_) | Msg::EndProcess))
}

/// Where only the device is watched there is no work to pause, profile, restart or record.
fn working(ui: &Ui) -> impl Iterator<Item = &'static Binding> {
    let monitor = ui.monitor;
    let work = |msg| {
        use Msg::{Flame, Mark, Profile, Record, Restart, SaveSeen, TogglePause};
        matches!(msg, TogglePause | Profile | Restart | Flame | Record | SaveSeen | Mark)
    };
    of(ui.page).filter(move |b| !(monitor && work((b.msg)())))
}

/// What a key means, here and now.
pub(crate) fn message(key: KeyEvent, ui: &Ui) -> Option<Msg> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            Char('c') => Some(Msg::Quit),
            Char('z') => Some(Msg::Suspend),
            Char('l') => Some(Msg::Redraw),
            _ => None,
        };
    }
    if ui.control.is_some() && ui.page == Page::Device && !ui.help {
        return match key.code {
            Up => Some(Msg::Control(ControlMsg::Step(-1))),
            Down => Some(Msg::Control(ControlMsg::Step(1))),
            Enter => Some(Msg::Control(ControlMsg::Enter)),
            Char('y') => Some(Msg::Control(ControlMsg::Yes { keep: false })),
            Char('k') => Some(Msg::Control(ControlMsg::Yes { keep: true })),
            Char('q') => Some(Msg::Quit),
            Char('s') => Some(Msg::Screenshot),
            Esc | Char('c') => Some(Msg::Back),
            _ => None,
        };
    }
    let typing = match ui.page {
        Page::Log => ui.log.typing,
        Page::Device => ui.device.typing,
        Page::Ops => ui.ops.typing,
        _ => false,
    };
    if typing && !ui.help {
        return match key.code {
            Char(c) => Some(Msg::Type(c)),
            KeyCode::Backspace => Some(Msg::Erase),
            KeyCode::Enter => Some(Msg::Accept),
            Esc => Some(Msg::Back),
            _ => None,
        };
    }
    in_replay(key, ui).or_else(|| {
        // Terminals say Shift with arrows, and a capital with letters.
        let code = match key.code {
            Up if key.modifiers.contains(KeyModifiers::SHIFT) && ui.page == Page::Ops => Char('K'),
            Down if key.modifiers.contains(KeyModifiers::SHIFT) && ui.page == Page::Ops => Char('J'),
            code => code,
        };
        working(ui).find(|b| b.keys.contains(&code)).map(|b| (b.msg)())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_on_a_page() {
        for page in Page::ALL {
            let mut seen: Vec<KeyCode> = of(page).flat_map(|b| b.keys).copied().collect();
            let n = seen.len();
            seen.sort_by_key(|k| format!("{k:?}"));
            seen.dedup();
            assert_eq!(seen.len(), n, "{page:?}");
        }
    }

    #[test]
    fn while_a_search_is_typed_letters_are_letters() {
        let mut ui = Ui { page: Page::Log, ..Ui::default() };
        let q = KeyEvent::new(Char('q'), KeyModifiers::NONE);
        assert_eq!(message(q, &ui), Some(Msg::Quit));
        ui.log.typing = true;
        assert_eq!(message(q, &ui), Some(Msg::Type('q')));
        let ctrl_c = KeyEvent::new(Char('c'), KeyModifiers::CONTROL);
        assert_eq!(message(ctrl_c, &ui), Some(Msg::Quit), "there is always a way out");
    }
}
