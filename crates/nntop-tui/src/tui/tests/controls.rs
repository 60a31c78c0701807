//! The menu of controls, key by key.

use super::stream::Story;
use crate::tui::{ControlMenu, Effect, Page, Ui, keymap, update};
use crossterm::event::{KeyCode, KeyEvent};
use nntop_core::event::{ControlState, Kind, Order, Process, Processes};

fn controls() -> Vec<ControlState> {
    let governor = ControlState {
        name: "governor".into(),
        what: "how the CPUs' clocks are chosen".into(),
        now: Some("schedutil".into()),
        choices: vec!["performance".into(), "schedutil".into()],
        undoable: true,
        ..ControlState::default()
    };
    let fan =
        ControlState { name: "fan".into(), absent: Some("no chip drives a fan".into()), ..ControlState::default() };
    let end =
        ControlState { name: "end-process".into(), what: "ask a process to end".into(), ..ControlState::default() };
    vec![governor, fan, end]
}

fn story() -> Story {
    let mut story = Story::new();
    let process = |pid, name: &str, own| Process { pid, name: name.into(), cpu: Some(5.0), own, ..Process::default() };
    let list = vec![process(7, "busy", false), process(9, "nntop", true)];
    story.sensors().read().say(Kind::Processes(Processes { list, total: 2, cost_ns: 1, system: None }));
    story.say(Kind::Controls { controls: controls() });
    story
}

/// Presses keys as a person does; what they ask for.
fn keys(ui: &mut Ui, story: &Story, codes: &[KeyCode]) -> Vec<Effect> {
    let press = |ui: &mut Ui, code: &KeyCode| {
        let msg = keymap::message(KeyEvent::from(*code), ui);
        msg.map_or_else(Vec::new, |msg| update(ui, msg, &story.state))
    };
    codes.iter().flat_map(|code| press(ui, code)).collect()
}

const C: KeyCode = KeyCode::Char('c');
const Y: KeyCode = KeyCode::Char('y');

fn page() -> Ui {
    Ui { page: Page::Device, monitor: true, size: (80, 24), ..Ui::default() }
}

#[test]
fn a_change_is_chosen_asked_and_sent() {
    let (story, mut ui) = (story(), page());
    assert_eq!(keys(&mut ui, &story, &[C, KeyCode::Enter, KeyCode::Enter, KeyCode::Enter]), [], "Enter is no yes");
    assert!(matches!(ui.control, Some(ControlMenu::Confirm { .. })));
    let order = |keep| Order::Control { name: "governor".into(), value: "performance".into(), keep };
    assert_eq!(keys(&mut ui, &story, &[Y]), [Effect::Send(order(false))]);
    assert_eq!(ui.control, None);
    let kept = keys(&mut ui, &story, &[C, KeyCode::Enter, KeyCode::Enter, KeyCode::Char('k')]);
    assert_eq!(kept, [Effect::Send(order(true))]);
    let ended = keys(&mut ui, &story, &[C, KeyCode::Down, KeyCode::Down, KeyCode::Enter, KeyCode::Enter, Y]);
    let order = Order::Control { name: "end-process".into(), value: "7".into(), keep: false };
    assert_eq!(ended, [Effect::Send(order)], "nntop itself is not offered");
}

#[test]
fn escape_changes_nothing_and_what_is_not_there_says_why() {
    let (story, mut ui) = (story(), page());
    let esc = KeyCode::Esc;
    assert_eq!(keys(&mut ui, &story, &[C, KeyCode::Enter, KeyCode::Enter, esc, esc, Y]), []);
    assert_eq!(ui.control, None);
    keys(&mut ui, &story, &[C, KeyCode::Down, KeyCode::Enter]);
    assert_eq!(ui.message.as_deref(), Some("no chip drives a fan"));
    let mut ui = page();
    keys(&mut ui, &Story::new(), &[C]);
    assert!(ui.control.is_none() && ui.message.unwrap().contains("--allow-control"));
}

#[test]
fn the_question_names_what_changes_and_what_comes_back() {
    let (story, mut ui) = (story(), page());
    let shown = |ui: &Ui| {
        let mut buf = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 80, 24));
        crate::tui::draw(&story.state, ui, &Default::default(), buf.area, &mut buf);
        let rows = buf.content.chunks(80).map(|row| row.iter().map(|c| c.symbol()).collect::<String>());
        rows.collect::<Vec<_>>().join("\n")
    };
    keys(&mut ui, &story, &[C]);
    let menu = shown(&ui);
    assert!(menu.contains("▸ governor       schedutil") && menu.contains("– no chip drives a fan"), "{menu}");
    keys(&mut ui, &story, &[KeyCode::Enter, KeyCode::Enter]);
    let question = shown(&ui);
    assert!(question.contains("set governor to performance, now schedutil?"), "{question}");
    assert!(question.contains("y  yes, and restore it when nntop ends"), "{question}");
}
