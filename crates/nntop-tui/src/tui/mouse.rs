//! What the mouse means: a click is what is under it, the wheel scrolls.

use super::{Msg, Page, Theme, Ui, view};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use nntop_state::State;
use ratatui::layout::Rect;

/// Rows for each step of the wheel.
const STEP: isize = 3;

/// What the mouse did to what is on the screen.
pub(super) fn message(mouse: MouseEvent, state: &State, ui: &Ui, theme: &Theme, (w, h): (u16, u16)) -> Option<Msg> {
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            view::clicked(state, ui, theme, Rect::new(0, 0, w, h), (mouse.column, mouse.row))
        }
        MouseEventKind::Down(MouseButton::Right) if ui.page == Page::Ops && ui.ops.zoom.is_some() => Some(Msg::Back),
        MouseEventKind::ScrollDown => Some(Msg::Scroll(STEP)),
        MouseEventKind::ScrollUp => Some(Msg::Scroll(-STEP)),
        _ => None,
    }
}
