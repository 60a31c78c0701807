//! Device metrics as views want them: calm values, and columns that do not jitter.

use super::Cx;
use nntop_core::unit::Nanos;
use nntop_state::Metric;

const SECOND: u64 = 1_000_000_000;

/// The mean over the last full second: numbers that can be read. Absent when the newest reading failed.
pub(super) fn value(cx: Cx<'_>, metric: &Metric) -> Option<f64> {
    let last = metric.last()?;
    let end = cx.state.now.0 / SECOND * SECOND;
    let (mut sum, mut n) = (0.0, 0u32);
    for (t, v) in metric.series.iter().rev() {
        if t.0 > end {
            continue;
        }
        if t.0 + SECOND <= end {
            break;
        }
        if let Some(v) = v {
            sum += v;
            n += 1;
        }
    }
    Some(if n > 0 { sum / f64::from(n) } else { last })
}

/// A metric's past in `columns` of whole seconds each; the borders lie on the stream's clock, so that a
/// column keeps its value until it leaves.
pub(super) fn past(cx: Cx<'_>, metric: &Metric, columns: u16) -> Vec<Option<f64>> {
    let columns = u64::from(columns.max(1));
    let each = (60 / columns).clamp(1, 60) * SECOND;
    let end = (cx.state.now.0 / each + 1) * each - 1;
    metric.series.columns(Nanos(end), Nanos(each * columns), columns as usize)
}
