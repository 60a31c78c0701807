//! The rest before everything else, which shows the machine's idle power.
//!
//! A reading has to precede its begin and follow its end: energy is integrated between readings.

use super::contract::Do;
use nntop_core::event::Kind;
use nntop_core::unit::Nanos;

/// How far the rest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rest {
    /// There is none, or it is over.
    #[default]
    Over,
    /// It lasts this long once a reading is taken.
    Asked(Nanos),
    /// It goes on.
    UnderWay {
        /// Since when.
        begin: Nanos,
        /// Until when.
        until: Nanos,
    },
    /// It has ended; a reading is being taken.
    Ended {
        /// Its begin and its end.
        span: [Nanos; 2],
    },
}

impl Rest {
    pub(super) fn is_over(self) -> bool {
        self == Self::Over
    }

    /// When it ends, while it goes on.
    pub(super) fn deadline(self) -> Option<Nanos> {
        match self {
            Self::UnderWay { until, .. } => Some(until),
            _ => None,
        }
    }

    /// A reading was taken.
    pub(super) fn sampled(&mut self, now: Nanos) -> Option<Do> {
        match *self {
            Self::Asked(length) => {
                *self = Self::UnderWay { begin: now, until: now + length };
                None
            }
            Self::Ended { span: [begin, end] } => {
                *self = Self::Over;
                Some(Do::Report(Box::new(Kind::Idle { begin, end })))
            }
            Self::Over | Self::UnderWay { .. } => None,
        }
    }

    /// Time has passed.
    pub(super) fn passed(&mut self, now: Nanos) -> Option<Do> {
        match *self {
            Self::UnderWay { begin, until } if now >= until => {
                *self = Self::Ended { span: [begin, now] };
                Some(Do::Sample)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_surround_it() {
        let at = Nanos::from_millis;
        let mut rest = Rest::Asked(at(500));
        assert_eq!((rest.passed(at(900)), rest.deadline()), (None, None), "it begins with a reading");
        assert_eq!(rest.sampled(at(10)), None);
        assert_eq!((rest.passed(at(509)), rest.deadline()), (None, Some(at(510))));
        assert_eq!(rest.passed(at(520)), Some(Do::Sample));
        assert!(!rest.is_over() && rest.deadline().is_none());
        assert_eq!(rest.sampled(at(530)), Some(Do::Report(Box::new(Kind::Idle { begin: at(10), end: at(520) }))));
        assert!(rest.is_over());
    }
}
