//! What the machine has: its module's numbers, libraries with their versions, interfaces with their addresses.

use super::super::Cx;
use super::Section;
use super::parts::{Room, at_most, dim, facts};
use crate::tui::Panel;

/// Lines that it has beside others.
const LINES: usize = 3;

pub(super) fn section(cx: Cx<'_>, width: u16, room: Room) -> Option<Section> {
    let about = cx.state.about.as_ref()?;
    let mut known: Vec<(String, String)> = Vec::new();
    let mut know =
        |name: &str, value: &Option<String>| known.extend(value.iter().map(|v| (name.to_owned(), v.clone())));
    know("module", &about.module);
    know("part", &about.part_number);
    know("CUDA arch", &about.cuda_arch);
    let lists = about.libraries.iter().chain(&about.interfaces);
    known.extend(lists.map(|fact| (fact.name.clone(), fact.value.clone())));
    if known.is_empty() {
        return None;
    }
    let lines = at_most(cx, facts(cx, known, width), LINES, room.full);
    Some(Section { panel: Panel::About, title: vec![dim(cx, "about this machine")], lines, pinned: 0 })
}
