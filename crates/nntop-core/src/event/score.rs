//! A figure of accuracy, and how it is shown.

use crate::stats;
use crate::unit::significant;
use serde::{Deserialize, Serialize};

/// Whether the figure of this name is a share: from 0 to 1, shown in percent. Errors and scores are not.
pub fn is_share(metric: &str) -> bool {
    !["mae", "rmse", "bleu", "cosine", "max_error", "mean_error"].contains(&metric)
}

/// Whether less of the figure of this name is better: of errors it is.
pub fn is_lower_better(metric: &str) -> bool {
    ["error_rate", "mae", "rmse", "wer", "max_error", "mean_error"].contains(&metric)
}

/// A figure of accuracy with its 95 % interval, where one is known. Shares are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The figure.
    pub value: f64,
    /// The interval's lower end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// The interval's upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

impl Score {
    /// A share with its interval; `None` without any example.
    pub fn share(hits: u64, n: u64) -> Option<Self> {
        stats::share(hits, n).map(|(value, i)| Self { value, low: Some(i.low), high: Some(i.high) })
    }

    /// As the figure of this name: `97.78 %`; what is no share as it is.
    pub fn shown(self, metric: &str) -> String {
        match metric {
            "cosine" => format!("{:.6}", self.value),
            "max_error" | "mean_error" => error_shown(self.value),
            _ if is_share(metric) => format!("{:.2} %", 100.0 * self.value),
            _ => significant(self.value),
        }
    }

    /// Its interval, where there is one, in the same unit: `95.68–98.87`.
    pub fn interval_shown(self, metric: &str) -> Option<String> {
        let bare = |value| Self { value, low: None, high: None }.shown(metric).trim_end_matches(" %").to_owned();
        Some(format!("{}–{}", bare(self.low?), bare(self.high?)))
    }
}

/// An error in words: small ones with their power of ten.
pub fn error_shown(value: f64) -> String {
    if value == 0.0 || value.abs() >= 0.01 { significant(value) } else { format!("{value:.1e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_shown_in_percent_where_it_is_a_share() {
        let score = Score { value: 0.977_78, low: Some(0.956_8), high: Some(0.988_7) };
        assert_eq!((score.shown("top1"), score.interval_shown("top1")), ("97.78 %".into(), Some("95.68–98.87".into())));
        let score = Score { value: 31.5, low: None, high: None };
        assert_eq!((score.shown("bleu"), score.interval_shown("bleu")), ("31.5".into(), None));
    }

    #[test]
    fn small_errors_keep_their_digits() {
        assert_eq!([0.0, 0.25, 0.000_031_4].map(error_shown), ["0.00", "0.25", "3.1e-5"]);
        let score = Score { value: 0.999_616_3, low: None, high: None };
        assert_eq!((score.shown("cosine"), score.shown("max_error")), ("0.999616".into(), "1.00".into()));
    }
}
