//! Axes with round numbers: steps of 1, 2 or 5 times a power of ten.

/// A linear axis whose ends are multiples of its step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    /// Its lower end.
    pub(crate) low: f64,
    /// Its upper end.
    pub(crate) high: f64,
    /// From tick to tick.
    pub(crate) step: f64,
}

impl Axis {
    /// The axis with at most `ticks` steps that holds both values. It starts at zero where that costs
    /// little room.
    pub(crate) fn holding(low: f64, high: f64, ticks: u16) -> Self {
        let high = if high.is_finite() && high > 0.0 { high } else { 1.0 };
        let low = if low.is_finite() && low > high * 0.25 { low.min(high) } else { 0.0 };
        let mut step = round_up((high - low).max(high * 1e-3) / f64::from(ticks.max(1)));
        // Rounding the ends outwards may need a step more than there is room for.
        for _ in 0..3 {
            let (l, h) = ((low / step).floor() * step, (high / step).ceil() * step);
            if (h - l) / step <= f64::from(ticks.max(1)) + 0.01 {
                break;
            }
            step = round_up(step * 1.01);
        }
        let low = (low / step).floor() * step;
        let high = ((high / step).ceil() * step).max(low + step);
        Self { low, high, step }
    }

    /// The ticks, lowest first.
    pub(crate) fn ticks(&self) -> impl Iterator<Item = f64> + '_ {
        let n = ((self.high - self.low) / self.step).round() as u32;
        (0..=n).map(|i| self.low + f64::from(i) * self.step)
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
    let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_ends() {
        let a = Axis::holding(4.4, 9.02, 4);
        assert_eq!((a.low, a.high, a.step), (4.0, 10.0, 2.0));
        let a = Axis::holding(2.0, 9.0, 4);
        assert_eq!((a.low, a.high), (0.0, 10.0), "near enough to zero, so it starts there");
        assert_eq!(label(0.5, 0.5), "0.5");
        assert_eq!(label(20.0, 10.0), "20");
    }

    #[test]
    fn any_two_numbers_make_an_axis() {
        for (low, high) in [(0.0, 0.0), (f64::NAN, f64::INFINITY), (5.0, 5.0), (1e9, 1.0001e9), (7.0, 1.0)] {
            let a = Axis::holding(low, high, 3);
            assert!(a.high > a.low && a.step > 0.0, "{low} {high} {a:?}");
            assert!(a.ticks().count() <= 8, "{a:?}");
        }
    }
}
