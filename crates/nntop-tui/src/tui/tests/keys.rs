//! What keys do, without a terminal.

use super::stream::Story;
use crate::tui::{Effect, Msg, Page, Ui, update};
use nntop_core::event::{Kind, Order, Slot};

fn press(ui: &mut Ui, story: &Story, msgs: impl IntoIterator<Item = Msg>) -> Vec<Effect> {
    msgs.into_iter().flat_map(|m| update(ui, m, &story.state)).collect()
}

#[test]
fn pause_stops_the_work_and_freeze_the_picture() {
    let (mut ui, mut story) = (Ui::default(), Story::new());
    assert_eq!(press(&mut ui, &story, [Msg::TogglePause]), [Effect::Send(Order::Pause)]);
    story.say(Kind::Paused { paused: true });
    assert_eq!(press(&mut ui, &story, [Msg::TogglePause]), [Effect::Send(Order::Resume)]);
    assert_eq!(press(&mut ui, &story, [Msg::ToggleFreeze]), []);
    assert!(ui.frozen);
    story.say(Kind::Done);
    assert_eq!(press(&mut ui, &story, [Msg::TogglePause]), [], "there is nothing to pause");
    assert!(ui.message.is_some(), "and it says so");
}

#[test]
fn operators_are_profiled_on_demand_while_something_is_measured() {
    let (mut ui, mut story) = (Ui::default(), Story::new());
    assert_eq!(press(&mut ui, &story, [Msg::Profile]), [Effect::Send(Order::Profile { variant: None })]);
    for end in [Kind::Paused { paused: true }, Kind::Done, Kind::Parallel] {
        story = Story::new();
        story.say(end);
        assert_eq!(press(&mut ui, &story, [Msg::Profile]), []);
        assert!(ui.message.is_some(), "and it says why");
    }
}

#[test]
fn restart_is_about_the_variant_in_focus() {
    let (mut ui, mut story) = (Ui::default(), Story::new());
    assert_eq!(press(&mut ui, &story, [Msg::Restart]), []);
    story.variant(0).variant(1);
    assert_eq!(press(&mut ui, &story, [Msg::Restart]), [Effect::Send(Order::Restart { variant: Slot(0) })]);
    let effects = press(&mut ui, &story, [Msg::FocusStep(-1), Msg::Restart]);
    assert_eq!(effects, [Effect::Send(Order::Restart { variant: Slot(1) })], "around the end");
    press(&mut ui, &story, [Msg::Focus(7)]);
    assert_eq!(ui.focused(&story.state), Some(Slot(1)), "there is no such variant");
}

#[test]
fn escape_closes_the_innermost_thing_first() {
    let (mut ui, story) = (Ui::default(), Story::new());
    press(&mut ui, &story, [Msg::Show(Page::Log), Msg::Search, Msg::Type('x'), Msg::Accept, Msg::ToggleHelp]);
    assert_eq!(ui.log.search, "x");
    assert_eq!(press(&mut ui, &story, [Msg::Back]), []);
    assert!(!ui.help && !ui.log.search.is_empty());
    assert_eq!(press(&mut ui, &story, [Msg::Back]), []);
    assert!(ui.log.search.is_empty());
    assert_eq!(press(&mut ui, &story, [Msg::Back]), [], "Esc never quits");
    assert!(ui.message.is_some_and(|said| said.contains("q quits")));
}

#[test]
fn the_log_scrolls_away_from_home_and_not_beyond_its_end() {
    let (mut ui, mut story) = (Ui { page: Page::Log, ..Ui::default() }, Story::new());
    story.chatter();
    press(&mut ui, &story, [Msg::Scroll(1)]);
    assert_eq!(ui.log.scroll, 0, "the newest line is home");
    press(&mut ui, &story, [Msg::Scroll(-2)]);
    assert_eq!(ui.log.scroll, 2);
    press(&mut ui, &story, [Msg::ScrollTop]);
    assert_eq!(ui.log.scroll, 4);
    press(&mut ui, &story, [Msg::ToggleErrorsFirst]);
    assert_eq!(ui.log.scroll, 0, "the top is home");
    press(&mut ui, &story, [Msg::Scroll(1), Msg::ScrollBottom]);
    assert_eq!(ui.log.scroll, 4);
}

#[test]
fn pages_go_round() {
    let (mut ui, story) = (Ui::default(), Story::new());
    for page in [Page::Ops, Page::Device, Page::Compare, Page::Log, Page::Live] {
        press(&mut ui, &story, [Msg::PageStep(1)]);
        assert_eq!(ui.page, page);
    }
    press(&mut ui, &story, [Msg::PageStep(-1)]);
    assert_eq!(ui.page, Page::Log);
}

#[test]
fn where_only_the_device_is_watched_there_are_two_pages_and_nothing_to_pause() {
    let story = Story::new();
    let mut ui = Ui { page: Page::Device, monitor: true, ..Ui::default() };
    press(&mut ui, &story, [Msg::Show(Page::Compare)]);
    assert!(ui.page == Page::Device && ui.message.is_some(), "there is nothing to compare, and it says so");
    press(&mut ui, &story, [Msg::PageStep(1), Msg::PageStep(1)]);
    assert_eq!(ui.page, Page::Device);
    let key = |c| crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Char(c));
    assert_eq!(crate::tui::keymap::message(key(' '), &ui), None);
    assert_eq!(crate::tui::keymap::message(key('q'), &ui), Some(Msg::Quit));
}

#[test]
fn a_process_is_chosen_by_a_cursor_and_ended_after_a_question() {
    let mut story = Story::new();
    let process = |pid, name: &str, cpu, own| nntop_core::event::Process {
        pid,
        name: name.into(),
        user: "ada".into(),
        threads: Some(3),
        cpu: Some(cpu),
        own,
        ..Default::default()
    };
    let list = vec![process(7, "busy", 90.0, false), process(8, "nntop", 3.0, true), process(9, "calm", 2.0, false)];
    let disk = nntop_core::event::DiskSpace {
        mount: "/data".into(),
        total: nntop_core::unit::Bytes(64_000_000_000),
        free: nntop_core::unit::Bytes(16_000_000_000),
    };
    let up = nntop_core::unit::Nanos::from_millis((3 * 24 * 60 + 2 * 60 + 11) * 60_000);
    let system = Some(nntop_core::event::System { load: [1.25, 0.5, 0.25], up, disks: vec![disk] });
    story.sensors().read().say(Kind::Processes(nntop_core::event::Processes { list, total: 3, cost_ns: 1, system }));
    let mut ui = Ui { page: Page::Device, size: (120, 36), ..Ui::default() };
    let shown = |ui: &Ui, story: &Story| {
        let mut buf = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 120, 36));
        crate::tui::draw(&story.state, ui, &Default::default(), buf.area, &mut buf);
        let reversed = |c: &&ratatui::buffer::Cell| c.modifier.contains(ratatui::style::Modifier::REVERSED);
        let chosen: String = buf.content.iter().filter(reversed).map(|c| c.symbol()).collect();
        (buf.content.iter().map(|c| c.symbol()).collect::<String>(), chosen)
    };
    let (text, chosen) = shown(&ui, &story);
    assert!(
        ["load 1.25 0.50 0.25", "up 3 d 02:11", "/data", "48.0 GB of 64.0 GB", "user", "ada", "thr"]
            .iter()
            .all(|w| text.contains(w)),
        "{text}"
    );
    assert!(chosen.contains("busy"), "{chosen}");
    press(&mut ui, &story, [Msg::Scroll(2)]);
    assert!(shown(&ui, &story).1.contains("calm"));
    assert_eq!(press(&mut ui, &story, [Msg::EndProcess]), [], "not allowed, and it says so");
    assert!(ui.control.is_none() && ui.message.is_some());
    let control = nntop_core::event::ControlState { name: "end-process".into(), ..Default::default() };
    story.say(Kind::Controls { controls: vec![control] });
    press(&mut ui, &story, [Msg::Scroll(-1), Msg::EndProcess]);
    assert!(ui.control.is_none() && ui.message.is_some(), "nntop does not end itself");
    press(&mut ui, &story, [Msg::Scroll(1), Msg::EndProcess]);
    assert!(shown(&ui, &story).0.contains("end 9 calm (ada)?"));
    let yes = Msg::Control(crate::tui::ControlMsg::Yes { keep: false });
    let order = Order::Control { name: "end-process".into(), value: "9".into(), keep: false };
    assert_eq!(press(&mut ui, &story, [yes]), [Effect::Send(order)]);
    // What is searched for is looked for among all, on the machine that has them.
    press(&mut ui, &story, [Msg::Search, Msg::Type('x'), Msg::Type('y')]);
    assert_eq!(ui.watch().1, "xy");
}

#[test]
fn processes_are_filtered_sorted_and_opened() {
    let mut story = Story::new();
    let process = |pid, name: &str, cpu, rss| nntop_core::event::Process {
        pid,
        name: name.into(),
        cpu: Some(cpu),
        rss: Some(nntop_core::unit::Bytes(rss)),
        ..Default::default()
    };
    let list = vec![process(7, "busy", 90.0, 1_000), process(9, "large", 2.0, 9_000_000)];
    story.sensors().read().say(Kind::Processes(nntop_core::event::Processes {
        list,
        total: 2,
        cost_ns: 1,
        system: None,
    }));
    let mut ui = Ui { page: Page::Device, size: (120, 36), ..Ui::default() };
    let shown = |ui: &Ui, story: &Story| {
        let mut buf = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, 120, 36));
        crate::tui::draw(&story.state, ui, &Default::default(), buf.area, &mut buf);
        buf.content.iter().map(|c| c.symbol()).collect::<String>()
    };
    let order = |text: &str| text.find("busy").zip(text.find("large")).map(|(a, b)| a < b);
    assert_eq!(order(&shown(&ui, &story)), Some(true));
    press(&mut ui, &story, [Msg::NextOrder]);
    assert_eq!(order(&shown(&ui, &story)), Some(false), "by memory");
    press(&mut ui, &story, [Msg::Search, Msg::Type('L'), Msg::Type('a'), Msg::Accept]);
    let text = shown(&ui, &story);
    assert!(text.contains("large") && !text.contains("busy") && ui.device.open, "{text}");
    press(&mut ui, &story, [Msg::Back]);
    assert!(ui.device.filter.is_empty() && ui.device.open);
    press(&mut ui, &story, [Msg::Back, Msg::PanelStep(1)]);
    assert!(!ui.device.open && ui.device.focus == crate::tui::Panel::Cpu, "around the end");
    press(&mut ui, &story, [Msg::Zoom(1), Msg::Zoom(1), Msg::Zoom(1)]);
    assert!(shown(&ui, &story).contains("charts over 15 min"));
}
