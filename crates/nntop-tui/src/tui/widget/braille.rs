//! A canvas of braille dots, two by four in every cell, in layers: the upper layer gives a cell its style.

use super::paint;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// One layer's look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer {
    /// Its colour.
    pub(crate) style: Style,
    /// Its character where braille cannot be shown.
    pub(crate) ascii: char,
}

/// Dots, with the topmost layer of each cell.
#[derive(Debug, Clone)]
pub(crate) struct Dots {
    width: u16,
    height: u16,
    cells: Vec<(u8, u8)>,
}

/// Bits of a braille character by row and column.
const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Dots {
    /// An empty canvas of so many cells.
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self { width, height, cells: vec![(0, 0); width as usize * height as usize] }
    }

    /// Sets a dot, counted from the upper left corner. Higher layers win a cell's style.
    pub(crate) fn set(&mut self, x: u16, y: u16, layer: u8) {
        if x / 2 < self.width && y / 4 < self.height {
            let cell = &mut self.cells[(y / 4) as usize * self.width as usize + (x / 2) as usize];
            cell.0 |= BITS[(y % 4) as usize][(x % 2) as usize];
            cell.1 = cell.1.max(layer);
        }
    }

    /// Sets the dots of a column between two heights, both included.
    pub(crate) fn rise(&mut self, x: u16, from: u16, to: u16, layer: u8) {
        (from.min(to)..=from.max(to)).for_each(|y| self.set(x, y, layer));
    }

    /// Paints the canvas.
    pub(crate) fn paint(&self, buf: &mut Buffer, area: Rect, layers: &[Layer], ascii: bool) {
        for (i, (bits, layer)) in self.cells.iter().enumerate().filter(|(_, c)| c.0 != 0) {
            let Some(look) = layers.get(*layer as usize) else { continue };
            let c = match ascii {
                true => look.ascii,
                false => char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' '),
            };
            let (x, y) = ((i % self.width as usize) as u16, (i / self.width as usize) as u16);
            paint::text(buf, area, x, y, c.encode_utf8(&mut [0; 4]), look.style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_fall_into_their_cells() {
        let mut dots = Dots::new(2, 1);
        dots.set(0, 0, 0);
        dots.rise(3, 3, 1, 1);
        dots.set(99, 99, 1);
        let layers = ['.', '*'].map(|ascii| Layer { style: Style::new(), ascii });
        let mut buf = Buffer::empty(Rect::new(0, 0, 2, 1));
        dots.paint(&mut buf, Rect::new(0, 0, 2, 1), &layers, false);
        assert_eq!(buf, Buffer::with_lines(["⠁⢰"]));
        dots.paint(&mut buf, Rect::new(0, 0, 2, 1), &layers, true);
        assert_eq!(buf, Buffer::with_lines([".*"]));
    }
}
