//! What happened to the device, under the latency chart and on its own page.

use super::golden::{SIZES, Scene, THEME, painted, text};
use super::stream::Story;
use crate::tui::{DeviceUi, Page, Panel, Ui};
use nntop_core::event::{Kind, MetricDecl, MetricKey, Part, PartId, Process, Processes, Quantity, Readings};
use nntop_core::unit::Bytes;

/// The first of the numbers that the story's own sensors leave free.
const FREE: u16 = 60;

/// A run during which everything happens that is marked, some seconds apart.
fn eventful() -> Story {
    let mut story = Story::new();
    story.sensors().read();
    let metrics = [
        (Part::Board, Quantity::ThrottleEvents, "over-current"),
        (Part::Board, Quantity::PowerMode, "MAXN_SUPER"),
        (Part::Gpu, Quantity::ClockCap, "GPU cap"),
        (Part::Swap, Quantity::Memory, "swap"),
        (Part::Board, Quantity::ClocksPinned, "clocks"),
    ];
    for (id, (part, quantity, label)) in (FREE..).zip(metrics) {
        let decl = MetricDecl::new(id, MetricKey::new(part, quantity), PartId::only());
        story.say(Kind::Metric(MetricDecl { label: label.into(), ..decl }));
    }
    let mut values = [27_390.0, 2.0, 918e6, 0.0, 0.0];
    let mut read = |story: &mut Story, change: Option<(usize, f64)>| {
        if let Some((place, value)) = change {
            values[place] = value;
        }
        let values = (FREE..).zip(values).map(|(id, value)| (id, Some(value))).collect();
        story.say(Kind::Readings(Readings { values, cost_ns: 0 }));
    };
    let processes = |story: &mut Story, cpu: f64| {
        let heavy =
            Process { pid: 71, name: "make".into(), cpu: Some(cpu), rss: Some(Bytes(9 << 20)), ..Process::default() };
        story.say(Kind::Processes(Processes { list: vec![heavy], total: 1, cost_ns: 0, system: None }));
    };
    story.measure(&[0], 8);
    read(&mut story, None);
    processes(&mut story, 1.0);
    for change in [(0, 27_393.0), (1, 0.0), (2, 612e6), (3, 64e6), (4, 1.0)] {
        story.turns(&[0], 9);
        read(&mut story, Some(change));
    }
    story.turns(&[0], 9);
    processes(&mut story, 97.0);
    story.turns(&[0], 6);
    story
}

pub(super) fn scenes() -> Vec<Scene> {
    vec![Scene::new("marks", eventful().state, Ui::default())]
}

#[test]
fn what_happened_is_marked_where_it_happened() {
    let story = eventful();
    let panel = DeviceUi { open: true, focus: Panel::Throttling, ..DeviceUi::default() };
    let device = |size| Ui { page: Page::Device, size, device: panel.clone(), ..Ui::default() };
    let wide = text(&painted(&story.state, &Ui::default(), &THEME, (200, 60)));
    for words in ["▲ over-current", "▲ power mode 2", "▲ cap 612 MHz", "▲ swapping", "▲ clocks pinned", "▲ make"]
    {
        assert!(wide.contains(words), "{words}: {wide}");
    }
    for size in SIZES {
        let page = text(&painted(&story.state, &device(size), &THEME, size));
        assert!(page.contains("over-current"), "{page}");
    }
}
