//! Frames in rows, each below what encloses it: laid out in eighths of a cell, so that widths are what they stand for.

use super::paint;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// A frame's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Which one.
    pub(crate) id: usize,
    /// Its row, from the top.
    pub(crate) row: u16,
    /// Where it begins and ends, in eighths of a cell.
    pub(crate) left: u32,
    pub(crate) right: u32,
}

/// How a frame looks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    /// What stands on it where there is room.
    pub(crate) label: String,
    /// What stands on it where there is not.
    pub(crate) short: String,
    /// The letters, and the area below them.
    pub(crate) style: Style,
}

/// Lays out `top` over the whole width and below it what it encloses, by `weight`; a frame is never wider than what encloses it,
/// and siblings touch. Frames of less than an eighth of a cell have no width and are left out.
pub(crate) fn layout<'a>(
    top: usize,
    (width, rows): (u16, u16),
    weight: impl Fn(usize) -> f64,
    children: impl Fn(usize) -> &'a [usize],
) -> Vec<Frame> {
    let right = u32::from(width) * 8;
    let whole = weight(top);
    let scale = if whole.is_finite() && whole > 0.0 { f64::from(right) / whole } else { 0.0 };
    let mut frames = Vec::new();
    if rows == 0 || right == 0 {
        return frames;
    }
    let mut ahead = vec![(Frame { id: top, row: 0, left: 0, right }, 0.0)];
    while let Some((frame, begin)) = ahead.pop() {
        frames.push(frame);
        if frame.row + 1 >= rows {
            continue;
        }
        let mut from = begin;
        for &id in children(frame.id) {
            let to = from + weight(id).max(0.0) * scale;
            // Edges are rounded, not widths: what touches goes on touching.
            let edge = |at: f64| (at.round() as u32).clamp(frame.left, frame.right);
            let below = Frame { id, row: frame.row + 1, left: edge(from), right: edge(to) };
            if below.right > below.left {
                ahead.push((below, from));
            }
            from = to;
        }
    }
    frames.sort_by_key(|f| (f.row, f.left));
    frames
}

/// The frame that has most of a cell.
pub(crate) fn at(frames: &[Frame], x: u16, row: u16) -> Option<&Frame> {
    frames.iter().filter(|f| f.row == row).max_by_key(|f| overlap(f, x)).filter(|f| overlap(f, x) > 0)
}

fn overlap(frame: &Frame, x: u16) -> u32 {
    let (from, to) = (u32::from(x) * 8, u32::from(x) * 8 + 8);
    frame.right.min(to).saturating_sub(frame.left.max(from))
}

/// Paints frames with coloured areas: edges in eighths.
pub(crate) fn colored(buf: &mut Buffer, area: Rect, frames: &[Frame], look: impl Fn(usize) -> Look) {
    for row in frames.chunk_by(|a, b| a.row == b.row).filter(|row| row[0].row < area.height) {
        let looks: Vec<Look> = row.iter().map(|f| look(f.id)).collect();
        let (mut i, y) = (0, row[0].row);
        for x in 0..u32::from(area.width) {
            let (from, to) = (x * 8, x * 8 + 8);
            while row.get(i).is_some_and(|f| f.right <= from) {
                i += 1;
            }
            let sharing = row[i..].iter().take_while(|f| f.left < to).count();
            if sharing > 0 {
                let (symbol, style) = cell(&row[i..], &looks[i..], sharing, (from, to));
                paint::text(buf, area, x as u16, y, symbol, style);
            }
        }
        for (i, (frame, look)) in row.iter().zip(&looks).enumerate() {
            let notched = divided(row, &looks, i) && frame.right % 8 == 0;
            let end = (frame.right / 8).saturating_sub(u32::from(notched));
            label(buf, area, (frame.left.div_ceil(8), end), y, look);
        }
    }
}

/// A cell that the first `sharing` frames have a part of.
fn cell(frames: &[Frame], looks: &[Look], sharing: usize, (from, to): (u32, u32)) -> (&'static str, Style) {
    let color = |i: usize| looks[i].style.bg.unwrap_or(Color::Reset);
    let first = &frames[0];
    match sharing {
        1 if first.right >= to && !(first.right == to && divided(frames, looks, 0)) => (" ", looks[0].style),
        1 => (EIGHTHS[(first.right.min(to - 1) - from) as usize], Style::new().fg(color(0))),
        // This one's part in front, the other's colour behind.
        2 if color(0) != color(1) => (EIGHTHS[(first.right - from) as usize], Style::new().fg(color(0)).bg(color(1))),
        // Where they look alike a thin gap, at the edge of the cell that is nearer.
        2 if first.right - from >= 4 => (EIGHTHS[7], Style::new().fg(color(0))),
        2 => (EIGHTHS[1], Style::new().fg(color(0)).add_modifier(Modifier::REVERSED)),
        // More cannot be told apart: the widest stands for them.
        n => {
            let part = |i: &usize| frames[*i].right.min(to).saturating_sub(frames[*i].left.max(from));
            let widest = (0..n).max_by_key(part).unwrap_or(0);
            (EIGHTHS[7], Style::new().fg(color(widest)))
        }
    }
}

/// Whether a gap is needed behind a frame: the next one touches it and looks alike.
fn divided(frames: &[Frame], looks: &[Look], i: usize) -> bool {
    let next = frames.get(i + 1).filter(|next| next.left == frames[i].right);
    next.is_some() && looks.get(i + 1).is_some_and(|next| next.style.bg == looks[i].style.bg)
}

/// Paints frames between strokes, for terminals without colours or blocks.
pub(crate) fn plain(buf: &mut Buffer, area: Rect, frames: &[Frame], stroke: Style, look: impl Fn(usize) -> Look) {
    for frame in frames.iter().filter(|f| f.row < area.height) {
        let (first, last) = ((frame.left + 4) / 8, ((frame.right + 4) / 8).min(u32::from(area.width)));
        if last <= first {
            continue;
        }
        let look = look(frame.id);
        let (first, last) = (first as u16, last as u16);
        for x in first + 1..last {
            paint::text(buf, area, x, frame.row, " ", look.style);
        }
        paint::text(buf, area, first, frame.row, "│", stroke);
        label(buf, area, (u32::from(first) + 1, u32::from(last)), frame.row, &look);
    }
}

const EIGHTHS: [&str; 8] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Puts the label into cells that are the frame's alone.
fn label(buf: &mut Buffer, area: Rect, (first, end): (u32, u32), y: u16, look: &Look) {
    let room = end.saturating_sub(first) as u16;
    if first >= u32::from(area.width) {
        return;
    }
    let pad = u16::from([&look.label, &look.short].iter().any(|text| paint::width(text) + 2 <= room));
    let room = room - pad;
    let text = match () {
        () if paint::width(&look.label) <= room => look.label.clone(),
        () if paint::width(&look.short) <= room => look.short.clone(),
        // Less of a name says nothing.
        () if room < 7 => return,
        () => paint::fit_middle(&look.label, room),
    };
    paint::text(buf, area, first as u16 + pad, y, &text, look.style);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A tree as lists of children, weights summed up from the leaves.
    fn tree(shape: &[(usize, u32)]) -> (Vec<Vec<usize>>, Vec<f64>) {
        let mut children = vec![Vec::new(); shape.len() + 1];
        let mut weights = vec![0.0; shape.len() + 1];
        let parents: Vec<usize> = shape.iter().enumerate().map(|(i, (p, _))| p % (i + 1)).collect();
        for i in (0..shape.len()).rev() {
            weights[i + 1] += f64::from(shape[i].1);
            weights[parents[i]] += weights[i + 1];
        }
        for (i, parent) in parents.iter().enumerate() {
            children[*parent].push(i + 1);
        }
        (children, weights)
    }

    proptest! {
        #[test]
        fn children_lie_in_their_parent_and_touch(
            shape in prop::collection::vec((0usize..40, 0u32..10_000), 0..40), width in 0u16..300, rows in 0u16..12,
        ) {
            let (children, weights) = tree(&shape);
            let frames = layout(0, (width, rows), |i| weights[i], |i| &children[i]);
            let of = |id: usize| frames.iter().find(|f| f.id == id);
            for frame in &frames {
                prop_assert!(frame.right > frame.left && frame.right <= u32::from(width) * 8 && frame.row < rows);
                let below: Vec<&Frame> = children[frame.id].iter().filter_map(|c| of(*c)).collect();
                for pair in below.windows(2) {
                    prop_assert_eq!(pair[0].right, pair[1].left, "siblings touch");
                }
                if let (Some(first), Some(last)) = (below.first(), below.last()) {
                    prop_assert!(first.left >= frame.left && last.right <= frame.right);
                    // As wide as they are heavy, to one eighth of a cell.
                    let sum: f64 = children[frame.id].iter().map(|c| weights[*c]).sum();
                    let wide = f64::from(width) * 8.0 * sum / weights[0];
                    prop_assert!((f64::from(last.right - first.left) - wide).abs() <= 1.0 + 1e-6);
                }
            }
        }

        #[test]
        fn any_size_is_painted(width in 0u16..60, height in 0u16..6, shape in prop::collection::vec((0usize..9, 0u32..99), 0..9)) {
            let (children, weights) = tree(&shape);
            let area = Rect::new(1, 1, width, height);
            let frames = layout(0, (width, height), |i| weights[i], |i| &children[i]);
            let mut buf = Buffer::empty(Rect::new(0, 0, 20, 5));
            let look = |id: usize| Look { label: format!("frame {id}"), short: id.to_string(), style: Style::new().bg(Color::Indexed(id as u8 % 3)) };
            colored(&mut buf, area, &frames, look);
            plain(&mut buf, area, &frames, Style::new(), look);
            for x in 0..width {
                prop_assert!(height == 0 || at(&frames, x, 0).is_some());
            }
        }
    }

    #[test]
    fn edges_are_drawn_in_eighths() {
        let children = [vec![1, 2], vec![], vec![]];
        let weights = [8.0, 5.0, 3.0];
        let frames = layout(0, (4, 2), |i| weights[i], |i| &children[i]);
        assert_eq!((frames[1].right, frames[2].left, frames[2].right), (20, 20, 32));
        let mut buf = Buffer::empty(Rect::new(0, 0, 4, 2));
        let colors = [Color::Gray, Color::Red, Color::Blue];
        let look = |id: usize| Look { style: Style::new().bg(colors[id]), ..Look::default() };
        let area = buf.area;
        colored(&mut buf, area, &frames, look);
        let edge = &buf[(2, 1)];
        assert_eq!((edge.symbol(), edge.fg, edge.bg), ("▌", Color::Red, Color::Blue));
        assert_eq!(
            at(&frames, 2, 1).map(|f| f.right - f.left),
            Some(12),
            "the one that has most of the cell, or the last"
        );
    }
}
