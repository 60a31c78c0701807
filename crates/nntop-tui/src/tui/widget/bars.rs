//! Bars in eighths of a cell.

const LYING: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const STANDING: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A lying bar, `share` of `width` columns long. What is more than nothing shows.
pub(crate) fn lying(share: f64, width: u16) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let mut eighths = (share * f64::from(width) * 8.0).round() as usize;
    if share > 0.0 {
        eighths = eighths.max(1);
    }
    "█".repeat(eighths / 8) + LYING[eighths % 8]
}

/// A lying bar that grows to the left. There are blocks for halves of a cell only.
pub(crate) fn lying_left(share: f64, width: u16) -> String {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let mut halves = (share * f64::from(width) * 2.0).round() as usize;
    if share > 0.0 {
        halves = halves.max(1);
    }
    "▐".repeat(halves % 2) + &"█".repeat(halves / 2)
}

/// One standing bar; zero is the lowest, so that it can be told from a gap.
pub(crate) fn standing(share: f64) -> char {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    STANDING[((share * 8.0).ceil() as usize).clamp(1, 8) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!(lying(0.5, 4), "██");
        assert_eq!(lying(0.0, 4), "");
        assert_eq!(lying(1e-6, 4), "▏", "more than nothing shows");
        assert_eq!(lying(f64::NAN, 4), "");
        assert_eq!((lying_left(0.5, 4), lying_left(0.3, 4)), ("██".into(), "█".into()));
        assert_eq!((lying_left(0.4, 4), lying_left(1e-6, 4)), ("▐█".into(), "▐".into()));
        assert_eq!((standing(0.0), standing(0.5), standing(7.0)), ('▁', '▄', '█'));
    }
}
