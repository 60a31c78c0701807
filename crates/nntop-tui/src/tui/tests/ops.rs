//! The Ops page: scenes, keys, the mouse, and any profile at any size.

use super::golden::{SIZES, Scene, THEME, painted, text};
use super::stream::Story;
use crate::tui::ops::Data;
use crate::tui::{By, Colors, Column, Msg, OpsMsg, OpsUi, Page, Side, Theme, Ui, mouse, update};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use nntop_core::event::*;
use nntop_core::unit::{Bytes, Nanos};
use proptest::prelude::*;

/// A residual network in five inferences. Quantised, its convolutions have other types, names and times, and it has operators more.
fn network(quantised: bool, fallen: usize) -> OpProfile {
    let scope = |name: &str, parent| OpRow {
        name: name.into(),
        kind: RowKind::Scope,
        calls: 5,
        parent,
        self_time: Nanos(90_000),
        ..OpRow::default()
    };
    let mut rows = vec![scope("model_run", None), scope("SequentialExecutor", Some(0))];
    let mut op = |name: &str, op_type: &str, us: u64, shape: [u64; 4], flops: Option<u64>| {
        let tensor = |shape: &[u64]| TensorSig { dtype: "float32".into(), shape: shape.to_vec() };
        rows.push(OpRow {
            name: name.into(),
            op_type: op_type.into(),
            parent: Some(1),
            provider: Some("cuda".into()),
            calls: 5,
            total: Nanos(us * 5_000),
            self_time: Nanos(us * 5_000),
            inputs: vec![tensor(&shape), tensor(&[shape[1], shape[1], 3, 3])],
            outputs: vec![tensor(&shape)],
            flops: flops.map(|f| f * 5),
            bytes: Some(Bytes(shape.iter().product::<u64>() * 4 * 2 * 5)),
            ..OpRow::default()
        });
    };
    if quantised {
        op("input_QuantizeLinear", "QuantizeLinear", 110, [1, 3, 224, 224], None);
    }
    let (conv, behind, num) = if quantised { ("QLinearConv", "_quant", 6) } else { ("Conv", "", 10) };
    op(&format!("/conv1/Conv{behind}"), conv, 39 * num, [1, 64, 112, 112], Some(236_027_904));
    op("/maxpool/MaxPool", "MaxPool", 160, [1, 64, 56, 56], None);
    for (layer, blocks) in [(1u64, 2u64), (2, 2), (3, 3), (4, 2)] {
        let (channels, size) = (32 << layer, 112 >> layer);
        for block in 0..blocks {
            for n in 1..=2 {
                let name = format!("/layer{layer}/layer{layer}.{block}/conv{n}/Conv{behind}");
                let us = (14 + layer * 2 + 3 * (n % 2) - block) * num;
                op(&name, conv, us, [1, channels, size, size], Some(115_605_504));
                op(
                    &format!("/layer{layer}/layer{layer}.{block}/relu{n}/Relu"),
                    "Relu",
                    12,
                    [1, channels, size, size],
                    Some(50_176),
                );
            }
            op(
                &format!("/layer{layer}/layer{layer}.{block}/Add"),
                "Add",
                17 + layer,
                [1, channels, size, size],
                Some(100_352),
            );
        }
    }
    op("/fc/Gemm", "Gemm", 210, [1, 512, 1, 1], Some(1_024_000));
    op("/TopK", "TopK", 48, [1, 1000, 1, 1], None);
    rows.iter_mut().rev().take(fallen).for_each(|row| row.provider = Some("cpu".into()));
    let own: u64 = rows.iter().map(|row| row.self_time.0).sum();
    let gap = Nanos(150_000);
    OpProfile { source: "onnxruntime".into(), inferences: 5, wall: Nanos(own) + gap, gap, rows, ..OpProfile::default() }
}

fn burst(story: &mut Story, slot: u8, n: u64, profile: &OpProfile) {
    let wobble = [100, 104, 99, 101, 108, 100, 97, 102][n as usize % 8];
    let mut profile = profile.clone();
    for row in &mut profile.rows {
        row.self_time = Nanos(row.self_time.0 * wobble / 100);
    }
    profile.wall = Nanos(profile.rows.iter().map(|row| row.self_time.0).sum()) + profile.gap;
    story.say(Kind::Ops(Burst { variant: Slot(slot), run: 1, burst: n, profile }));
}

fn one(fallen: usize) -> Story {
    let mut story = Story::new();
    story.sensors().read().measure(&[0], 20);
    (1..=12).for_each(|n| burst(&mut story, 0, n, &network(false, fallen)));
    story.turns(&[0], 3);
    story
}

fn two() -> Story {
    let mut story = Story::new();
    story.sensors().read().measure(&[0, 1], 20);
    for n in 1..=8 {
        burst(&mut story, 0, n, &network(false, 0));
        burst(&mut story, 1, n, &network(true, 2));
    }
    story.turns(&[0, 1], 3);
    story
}

fn page(ops: OpsUi) -> Ui {
    Ui { page: Page::Ops, ops, ..Ui::default() }
}

fn press(ui: &mut Ui, story: &Story, msgs: impl IntoIterator<Item = Msg>) {
    msgs.into_iter().for_each(|m| drop(update(ui, m, &story.state)));
}

/// The selected row's name.
fn selected(ui: &Ui, story: &Story) -> Option<String> {
    let data = Data::of(&story.state, &ui.ops)?;
    data.selected_row(&ui.ops).map(|at| data.rows[at].name.clone())
}

pub(super) fn scenes() -> Vec<Scene> {
    let shown = |name: &str, story: Story, ops: OpsUi| Scene::new(name, story.state, page(ops));
    let relu = OpsUi { by: By::Type, group: Some("Relu".into()), ..OpsUi::default() };
    let filter = OpsUi { filter: "conv1".into(), typing: true, ..OpsUi::default() };
    let mut zoomed = page(OpsUi::default());
    let path = "model_run;SequentialExecutor;layer3;layer3.1".to_string();
    press(&mut zoomed, &one(0), [Msg::Ops(OpsMsg::Frame(path)), Msg::Ops(OpsMsg::Enter)]);
    let mono = |ascii| Theme { colors: Colors::None, ascii, ..Theme::default() };
    vec![
        shown("ops", one(0), OpsUi::default()),
        shown("ops_fallen", one(2), OpsUi { reverse: true, ..OpsUi::default() }),
        shown("ops_type", one(0), relu),
        shown("ops_module", one(0), OpsUi { by: By::Module, ..OpsUi::default() }),
        shown("ops_filter", one(0), filter),
        Scene::new("ops_zoom", one(0).state, zoomed),
        shown("ops_two", two(), OpsUi::default()),
        shown("ops_two_type", two(), OpsUi { by: By::Type, ..OpsUi::default() }),
        Scene { theme: mono(false), ..shown("ops_mono", one(2), OpsUi::default()) },
        Scene { theme: mono(true), ..shown("ops_ascii", two(), OpsUi::default()) },
        shown("ops_empty", unprofiled(), OpsUi::default()),
    ]
}

/// Measuring, before the first burst.
fn unprofiled() -> Story {
    let mut story = Story::new();
    story.variant(0).loading(0, Stage::Session).ready(0);
    profiler(&mut story, Profiler::Inference);
    story.say(Kind::Phase { variant: Slot(0), run: 1, phase: Phase::Measure });
    story
}

fn profiler(story: &mut Story, profiler: Profiler) {
    let mut ready = story.state.variants[0].ready.clone().unwrap();
    ready.engine.profiler = profiler;
    story.say(Kind::Ready(ready));
}

#[test]
fn without_colours_and_in_ascii() {
    let ascii = Theme { colors: Colors::None, ascii: true, ..Theme::default() };
    for size in SIZES {
        let buf = painted(&two().state, &page(OpsUi::default()), &ascii, size);
        assert!(buf.content.iter().all(|c| c.symbol().is_ascii()));
    }
}

#[test]
fn before_the_first_profile_it_says_what_comes_and_when() {
    let shown = |story: &Story| text(&painted(&story.state, &page(OpsUi::default()), &THEME, (120, 36)));
    let mut story = Story::new();
    story.variant(0).loading(0, Stage::Session);
    assert!(shown(&story).contains("the first burst comes after the warm-up"));
    story.ready(0);
    assert!(shown(&story).contains("onnxruntime 1.23.0 has no profiler that nntop supports"));
    profiler(&mut story, Profiler::Inference);
    assert!(shown(&story).contains("the first burst comes when that is over"), "{}", shown(&story));
    story.say(Kind::Phase { variant: Slot(0), run: 1, phase: Phase::Measure });
    assert!(shown(&story).contains("p asks for one now"));
}

#[test]
fn rows_and_frames_have_one_selection() {
    let (mut ui, story) = (page(OpsUi::default()), one(0));
    assert_eq!(selected(&ui, &story).unwrap(), "/conv1/Conv", "the dearest");
    press(&mut ui, &story, [Msg::Scroll(1)]);
    assert_eq!(selected(&ui, &story).unwrap(), "/layer4/layer4.0/conv1/Conv");
    press(&mut ui, &story, [Msg::Ops(OpsMsg::Depth(-1))]);
    assert_eq!(selected(&ui, &story), None, "a module is no row");
    assert!(text(&painted(&story.state, &ui, &THEME, (120, 36))).contains("layer4 ▸ layer4.0   5 operators"));
    press(&mut ui, &story, [Msg::Ops(OpsMsg::Depth(1)), Msg::Ops(OpsMsg::Frames(1))]);
    assert_eq!(selected(&ui, &story).unwrap(), "/layer4/layer4.0/relu1/Relu", "what ran next");
    press(&mut ui, &story, [Msg::ScrollBottom]);
    assert!(selected(&ui, &story).unwrap().ends_with("Relu"), "the cheapest");
}

#[test]
fn a_group_opens_and_escape_leads_back() {
    let (mut ui, story) = (page(OpsUi::default()), one(0));
    press(&mut ui, &story, [Msg::Ops(OpsMsg::NextBy), Msg::Scroll(1)]);
    assert_eq!((ui.ops.by, selected(&ui, &story).unwrap().as_str()), (By::Type, "Relu"));
    press(&mut ui, &story, [Msg::Ops(OpsMsg::Enter)]);
    let data = Data::of(&story.state, &ui.ops).unwrap();
    assert!(data.rows.len() == 18 && data.rows.iter().all(|row| row.op_type == "Relu"));
    press(&mut ui, &story, [Msg::Search, Msg::Type('4'), Msg::Accept]);
    assert_eq!(Data::of(&story.state, &ui.ops).unwrap().rows.len(), 4);
    press(&mut ui, &story, [Msg::Back, Msg::Back]);
    assert_eq!((ui.ops.by, ui.ops.filter.as_str()), (By::Type, ""));
}

#[test]
fn columns_sort_and_the_same_again_the_other_way_round() {
    let (mut ui, story) = (page(OpsUi::default()), one(0));
    let names = |ui: &Ui| -> Vec<String> {
        Data::of(&story.state, &ui.ops).unwrap().rows.iter().take(2).map(|r| r.op_type.clone()).collect()
    };
    press(&mut ui, &story, [Msg::Ops(OpsMsg::Sort(Column::Type))]);
    assert_eq!(names(&ui), ["Add", "Add"]);
    press(&mut ui, &story, [Msg::Ops(OpsMsg::Sort(Column::Type))]);
    assert_eq!(names(&ui), ["TopK", "Relu"]);
    press(&mut ui, &story, [Msg::Ops(OpsMsg::SortStep(1))]);
    assert_eq!(ui.ops.sorted_by(false), Column::Name);
    press(&mut ui, &story, [Msg::Ops(OpsMsg::SortStep(1))]);
    assert_eq!(ui.ops.sorted_by(false), Column::Time, "around the end");
}

#[test]
fn a_zoom_narrows_to_a_frame_and_escape_widens_it() {
    let (mut ui, story) = (page(OpsUi::default()), one(0));
    press(&mut ui, &story, [Msg::Scroll(1), Msg::Ops(OpsMsg::Enter)]);
    let zoomed = |ui: &Ui| ui.ops.zoom.as_deref().and_then(|zoom| zoom.rsplit(';').next()).map(str::to_owned);
    assert_eq!(zoomed(&ui).as_deref(), Some("layer4.0"), "an operator is first seen in what encloses it");
    press(&mut ui, &story, [Msg::Ops(OpsMsg::Enter)]);
    assert_eq!(zoomed(&ui).as_deref(), Some("Conv"));
    press(&mut ui, &story, [Msg::Back]);
    assert_eq!(zoomed(&ui).as_deref(), Some("layer4.0"));
    press(&mut ui, &story, [Msg::Back, Msg::Back]);
    assert_eq!(zoomed(&ui), None);
}

#[test]
fn what_is_searched_for_is_shown_where_it_lies_outside_of_the_zoom() {
    let (mut ui, story) = (page(OpsUi::default()), one(0));
    press(&mut ui, &story, [Msg::Scroll(1), Msg::Ops(OpsMsg::Enter)]);
    let top = |ui: &Ui, filter: &str| {
        let ui = OpsUi { filter: filter.into(), ..ui.ops.clone() };
        let data = Data::of(&story.state, &ui).unwrap();
        data.paths[data.zoomed(&ui)].rsplit(';').next().unwrap().to_owned()
    };
    assert_eq!(top(&ui, ""), "layer4.0");
    assert_eq!(top(&ui, "layer4.0"), "layer4.0", "what lies within it needs no wider picture");
    assert_eq!(top(&ui, "maxpool"), "", "the whole network");
    assert_eq!(top(&ui, "no such operator"), "layer4.0");
}

#[test]
fn two_variants_differ_by_operator_and_each_is_shown_alone() {
    let (mut ui, story) = (page(OpsUi::default()), two());
    let data = Data::of(&story.state, &ui.ops).unwrap();
    let row = |name: &str| data.rows.iter().find(|r| r.name.contains(name)).unwrap();
    assert!(
        row("/layer4/layer4.0/conv1").time.iter().all(Option::is_some),
        "a quantised operator is the one it was made of"
    );
    assert_eq!(row("input_QuantizeLinear").time[0], None);
    let shares: f64 = data.rows.iter().filter_map(|r| r.time[0]).sum();
    assert!((shares - data.own[0]).abs() < 1.0, "every operator of A is in one row");
    let mut sides = Vec::new();
    for _ in 0..3 {
        press(&mut ui, &story, [Msg::Ops(OpsMsg::NextSide)]);
        sides.push(ui.ops.side.unwrap());
    }
    assert_eq!(sides, [Side::One(Slot(0)), Side::One(Slot(1)), Side::Both(Slot(0), Slot(1))]);
}

#[test]
fn a_click_is_what_is_under_it() {
    let (mut ui, story) = (page(OpsUi::default()), one(0));
    let size = (120, 36);
    let click = |ui: &Ui, x: usize, y: usize| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let event = MouseEvent { kind, column: x as u16, row: y as u16, modifiers: KeyModifiers::NONE };
        mouse::message(event, &story.state, ui, &THEME, size)
    };
    let shown = text(&painted(&story.state, &ui, &THEME, size));
    let find = |what: &str| {
        let (y, line) = shown.lines().enumerate().find(|(_, l)| l.contains(what)).unwrap();
        (line[..line.find(what).unwrap()].chars().count(), y)
    };
    let at = find("/layer4/layer4.0/conv1/Conv");
    let clicked = click(&ui, at.0, at.1);
    press(&mut ui, &story, clicked);
    assert_eq!(selected(&ui, &story).unwrap(), "/layer4/layer4.0/conv1/Conv");
    let at = find("GFLOP/s");
    assert_eq!(click(&ui, at.0, at.1), Some(Msg::Ops(OpsMsg::Sort(Column::Rate))));
    let at = find("provider");
    assert_eq!(click(&ui, at.0, at.1), Some(Msg::Ops(OpsMsg::By(By::Provider))));
    let at = find("5 Log");
    assert_eq!(click(&ui, at.0, at.1), Some(Msg::Show(Page::Log)));
    let at = find("layer3 ");
    let frame = Some(Msg::Ops(OpsMsg::Frame("model_run;SequentialExecutor;layer3".into())));
    assert_eq!(click(&ui, at.0, at.1), frame);
    press(&mut ui, &story, frame.clone());
    assert_eq!(ui.ops.zoom, None, "the first click selects");
    press(&mut ui, &story, frame);
    assert!(ui.ops.zoom.as_deref().is_some_and(|zoom| zoom.ends_with("layer3")), "the second zooms");
    let wheel = MouseEvent { kind: MouseEventKind::ScrollDown, column: 3, row: 9, modifiers: KeyModifiers::NONE };
    assert_eq!(mouse::message(wheel, &story.state, &ui, &THEME, size), Some(Msg::Scroll(3)));
}

/// Any rows, their parents anywhere before them.
fn any_profile() -> impl Strategy<Value = OpProfile> {
    let row = (0usize..40, 0usize..6, 0usize..7, 0u64..5_000_000, 0u8..4);
    prop::collection::vec(row, 0..40).prop_map(|rows| {
        let types = ["Conv", "Relu", "", "日本", "MatMul", "Loop"];
        let names = ["/a/b/c", "x", "", "/very/long/module/path/of/an/operator/with/a/name", "run;1", "/a", "a//b"];
        let rows: Vec<OpRow> = rows
            .into_iter()
            .enumerate()
            .map(|(i, (parent, of, name, ns, kind))| OpRow {
                name: names[name].into(),
                op_type: types[of].into(),
                parent: (parent < i).then_some(parent as u32),
                kind: [RowKind::Op, RowKind::Op, RowKind::Scope, RowKind::Kernel][usize::from(kind)],
                provider: (of > 2).then(|| "cuda".into()),
                calls: ns % 9,
                self_time: Nanos(ns),
                flops: (of % 2 == 0).then_some(ns),
                ..OpRow::default()
            })
            .collect();
        let wall = Nanos(rows.iter().map(|r| r.self_time.0).sum());
        OpProfile { inferences: 3, wall, rows, ..OpProfile::default() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_profile_fits_any_size(
        a in any_profile(), b in any_profile(), w in 1u16..220, h in 1u16..70, by in 0usize..4, keys in prop::collection::vec(0u8..14, 0..12),
    ) {
        let mut story = Story::new();
        story.measure(&[0, 1], 0);
        burst(&mut story, 0, 1, &a);
        burst(&mut story, 1, 1, &b);
        let mut ui = page(OpsUi { by: By::ALL[by], ..OpsUi::default() });
        for key in keys {
            let msg = match key {
                0 => Msg::Scroll(1),
                1 => Msg::Scroll(-10),
                2 => Msg::ScrollBottom,
                3 => Msg::Ops(OpsMsg::Enter),
                4 => Msg::Ops(OpsMsg::Depth(1)),
                5 => Msg::Ops(OpsMsg::Depth(-1)),
                6 => Msg::Ops(OpsMsg::Frames(1)),
                7 => Msg::Ops(OpsMsg::NextSide),
                8 => Msg::Ops(OpsMsg::SwapWidths),
                9 => Msg::Ops(OpsMsg::SortStep(1)),
                10 => Msg::Type('a'),
                11 => Msg::Ops(OpsMsg::NextBy),
                12 => Msg::Ops(OpsMsg::Reverse),
                _ => Msg::Back,
            };
            press(&mut ui, &story, [msg]);
            let kind = MouseEventKind::Down(MouseButton::Left);
            let event = MouseEvent { kind, column: w / 2, row: h / 2, modifiers: KeyModifiers::NONE };
            mouse::message(event, &story.state, &ui, &THEME, (w, h));
        }
        for (colors, ascii) in [(Colors::True, false), (Colors::None, true)] {
            painted(&story.state, &ui, &Theme { colors, ascii, ..Theme::default() }, (w, h));
        }
        // Every operator of the newest profile is in one row, whatever the rows stand for.
        let unfiltered = OpsUi { filter: String::new(), within: None, side: None, ..ui.ops };
        let data = Data::of(&story.state, &unfiltered).unwrap();
        let members: usize = data.rows.iter().map(|row| row.members[1].len()).sum();
        prop_assert_eq!(members, data.operators);
    }
}

#[test]
fn time_that_no_operator_took_is_marked_and_its_reason_told() {
    let mut story = Story::new();
    story.sensors().read().measure(&[0], 20);
    let mut profile = network(false, 0);
    profile.gap = profile.wall;
    profile.wall = profile.wall + profile.gap;
    profile.partial = Some("OpenVINO's whole microseconds hide up to 40.0 µs".into());
    burst(&mut story, 0, 1, &profile);
    story.turns(&[0], 3);
    let mut ui = page(OpsUi::default());
    let screen = |ui: &Ui| text(&painted(&story.state, ui, &THEME, (120, 36)));
    assert!(screen(&ui).contains("% between operators"), "{}", screen(&ui));
    press(&mut ui, &story, [Msg::Ops(OpsMsg::Frame("between operators".into()))]);
    assert!(screen(&ui).contains("hide up to 40.0 µs"), "{}", screen(&ui));
    // A tenth is what clocks and the runtime's own steps take.
    assert!(!text(&painted(&one(0).state, &ui, &THEME, (120, 36))).contains("% between operators"));
}

/// The network on a device: its convolutions are launched in a hundredth of what their kernels take.
fn on_device() -> OpProfile {
    let mut profile = network(false, 2);
    let mut kernels = Vec::new();
    for (i, row) in profile.rows.iter_mut().enumerate().filter(|(_, row)| row.op_type == "Conv") {
        let time = row.self_time;
        row.self_time = Nanos(time.0 / 100);
        profile.gap = profile.gap + time.since(row.self_time);
        kernels.push(OpRow {
            name: format!("implicit_gemm_{i}"),
            kind: RowKind::Kernel,
            parent: Some(i as u32),
            provider: Some("cuda".into()),
            calls: 5,
            total: time,
            self_time: time,
            ..OpRow::default()
        });
    }
    let busy = kernels.iter().fold(Nanos::ZERO, |sum, kernel| sum + kernel.self_time);
    profile.rows.extend(kernels);
    profile.add_device_times();
    profile.beside = vec![Track { name: "cuda".into(), is_device: true, busy, overlap: None }];
    profile.elsewhere = busy.min(profile.between_operators());
    profile
}

#[test]
fn host_and_device_have_a_column_each_and_rates_are_those_of_the_unit_that_computed() {
    let mut story = Story::new();
    story.sensors().read().measure(&[0], 20);
    burst(&mut story, 0, 1, &on_device());
    story.turns(&[0], 3);
    let ui = page(OpsUi::default());
    for (w, h) in [(120, 36), (80, 24)] {
        let screen = text(&painted(&story.state, &ui, &THEME, (w, h)));
        for words in ["host µs  device µs", "3.98 ms device of 9.03 ms", "605", "on the device, beside it"] {
            // The narrow screen has no room for the rate, and cuts labels.
            assert!(screen.contains(words) || (w == 80 && !words.starts_with("host")), "{words}:\n{screen}");
        }
        let conv: Vec<&str> = screen.lines().find(|l| l.contains("/conv1/Conv")).unwrap().split_whitespace().collect();
        assert_eq!(conv[1..4], ["4.1", "390.0", "4.3"], "host, device, and the share of the longer one: {screen}");
        assert!(!screen.contains("% between operators"), "the device worked meanwhile:\n{screen}");
    }
    let data = Data::of(&story.state, &ui.ops).unwrap();
    assert_eq!((data.rows[0].name.as_str(), data.rows[0].host < data.rows[0].device), ("/conv1/Conv", true));
    assert!((data.rows[0].rate.unwrap() - 605.0).abs() < 1.0, "{:?}", data.rows[0]);
}
