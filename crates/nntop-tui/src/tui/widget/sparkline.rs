//! Sparklines of any height. A gap is a gap.

use super::paint;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Paints one column per value, `low` to `high` over the area's height.
pub(crate) fn sparkline(buf: &mut Buffer, area: Rect, values: &[Option<f64>], (low, high): (f64, f64), style: Style) {
    let reach = (high - low).max(f64::MIN_POSITIVE);
    for (x, value) in values.iter().take(area.width as usize).enumerate() {
        let Some(v) = value.filter(|v| v.is_finite()) else { continue };
        let eighths = ((v - low) / reach * f64::from(area.height) * 8.0).round().max(1.0) as u32;
        for row in 0..area.height {
            let below = u32::from(area.height - 1 - row) * 8;
            if eighths > below {
                let share = f64::from((eighths - below).min(8)) / 8.0;
                paint::text(buf, area, x as u16, row, super::bars::standing(share).encode_utf8(&mut [0; 4]), style);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_and_gaps_are_blank() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 4, 2));
        sparkline(
            &mut buf,
            Rect::new(0, 0, 4, 2),
            &[Some(0.0), None, Some(50.0), Some(100.0)],
            (0.0, 100.0),
            Style::new(),
        );
        assert_eq!(buf, Buffer::with_lines(["   █", "▁ ██"]));
    }
}
