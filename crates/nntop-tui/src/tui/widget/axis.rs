//! Axes with round numbers: steps of 1, 2 or 5 times a power of ten, ticks in the middle of a row.

/// A linear axis over rows of text. Its lowest tick lies in the lowest row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    /// The lowest tick.
    low: f64,
    /// From tick to tick.
    pub(crate) step: f64,
    /// Rows from tick to tick.
    pitch: u16,
    rows: u16,
}

impl Axis {
    /// The axis that holds both values and wastes the least room. It starts at zero where that costs little,
    /// and never magnifies less than a tenth of the greater value: noise is not to look like news.
    pub(crate) fn holding(low: f64, high: f64, rows: u16) -> Self {
        let rows = rows.max(2);
        let high = if high.is_finite() && high > 0.0 { high } else { 1.0 };
        let low = if low.is_finite() && low > high * 0.25 { low.min(high * 0.95) } else { 0.0 };
        let pitches = if rows < 5 { 1..=1 } else { 2..=5u16.min(rows - 1) };
        let best =
            pitches.map(|pitch| Self::pitched(low, high, rows, pitch)).min_by(|a, b| a.reach().total_cmp(&b.reach()));
        best.unwrap_or(Self { low, step: high.max(1.0), pitch: 1, rows })
    }

    fn pitched(low: f64, high: f64, rows: u16, pitch: u16) -> Self {
        let ticks = f64::from(rows - 1) / f64::from(pitch);
        let mut step = round_up((high - low).max(high * 0.1) / ticks);
        loop {
            let axis = Self { low: (low / step).floor() * step, step, pitch, rows };
            if axis.top() >= high {
                return axis;
            }
            step = round_up(step * 1.01);
        }
    }

    /// How much it spans from its lowest to its highest row.
    fn reach(&self) -> f64 {
        self.step * f64::from(self.rows - 1) / f64::from(self.pitch)
    }

    /// The value of its highest row.
    pub(crate) fn top(&self) -> f64 {
        self.low + self.reach()
    }

    /// The row of dots, four to a row of text, in which a value lies, from the top; at the edge where it is
    /// beyond it.
    pub(crate) fn dot(&self, value: f64) -> u16 {
        let up = (value - self.low) / self.step * f64::from(self.pitch);
        let dots = (f64::from(self.rows - 1) - up) * 4.0 + 1.5;
        (dots.round().max(0.0) as u16).min(self.rows * 4 - 1)
    }

    /// The ticks, lowest first: the row and the value.
    pub(crate) fn ticks(&self) -> impl Iterator<Item = (u16, f64)> + '_ {
        (0..=(self.rows - 1) / self.pitch)
            .map(|i| (self.rows - 1 - i * self.pitch, self.low + f64::from(i) * self.step))
    }
}

/// The next 1, 2 or 5 times a power of ten.
pub(crate) fn round_up(value: f64) -> f64 {
    if !(value.is_finite() && value > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    let lead = value / power;
    let nice = [1.0, 2.0, 5.0].into_iter().find(|n| lead <= n * (1.0 + 1e-9)).unwrap_or(10.0);
    nice * power
}

/// A tick's number: as many decimals as its step needs.
pub(crate) fn label(value: f64, step: f64) -> String {
    let decimals = (-(step * (1.0 + 1e-9)).log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_lie_in_rows() {
        let a = Axis::holding(4.4, 9.02, 13);
        assert_eq!(a.ticks().map(|t| t.1).collect::<Vec<_>>(), [4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
        assert_eq!((a.dot(4.0), a.dot(10.0)), (12 * 4 + 2, 2), "in the middle of their rows");
        let a = Axis::holding(1.0, 9.0, 8);
        assert_eq!(a.ticks().next(), Some((7, 0.0)), "near enough to zero, so it starts there");
        assert_eq!(label(0.5, 0.5), "0.5");
        assert_eq!(label(20.0, 10.0), "20");
    }

    #[test]
    fn any_two_numbers_make_an_axis() {
        for (low, high) in [(0.0, 0.0), (f64::NAN, f64::INFINITY), (5.0, 5.0), (1e9, 1.0001e9), (7.0, 1.0)] {
            for rows in 0..40 {
                let a = Axis::holding(low, high, rows);
                assert!(a.step > 0.0 && a.ticks().count() <= 21, "{low} {high} {a:?}");
                assert!(a.dot(low) < rows.max(2) * 4 && a.dot(high) < rows.max(2) * 4);
            }
        }
    }
}
