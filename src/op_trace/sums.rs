//! Sums over a profile's operators: by type, by provider, by module; and what they say about the roofline.

use crate::event::{OpProfile, OpRow};
use crate::unit::Nanos;
use std::collections::HashMap;

/// Operators that have something in common, summed over all profiled inferences.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sum {
    /// What they have in common: a type, a provider, a module. Empty where they have none.
    pub key: String,
    /// How many different operators they are.
    pub operators: u64,
    /// How often they ran.
    pub calls: u64,
    /// Their own time, what they enclose not included.
    pub self_time: Nanos,
    /// Their operations, of those whose operations are known.
    pub flops: u64,
    /// Their own time, of those whose operations are known.
    pub flops_time: Nanos,
    /// Calls of operators whose operations are not known.
    pub unruled: u64,
    /// Their bytes; absent where those of one of them are not known.
    pub bytes: Option<u64>,
}

impl Sum {
    /// Operations per nanosecond, which are GFLOP/s, of those operators whose operations are known.
    pub fn gflops_per_second(&self) -> Option<f64> {
        rate(self.flops, self.flops_time)
    }

    /// Operations per byte; absent unless both are known of all of them.
    pub fn flops_per_byte(&self) -> Option<f64> {
        intensity(Some(self.flops).filter(|_| self.unruled == 0), self.bytes)
    }

    fn add(&mut self, row: &OpRow) {
        self.operators += 1;
        self.calls += row.calls;
        self.self_time = self.self_time + row.self_time;
        match row.flops {
            Some(flops) => {
                self.flops = self.flops.saturating_add(flops);
                self.flops_time = self.flops_time + row.self_time;
            }
            None => self.unruled += row.calls,
        }
        self.bytes = self.bytes.zip(row.bytes).and_then(|(sum, bytes)| sum.checked_add(bytes.0));
    }
}

/// Sums of the operators that ran, by type, the one that took longest first.
pub fn by_type(profile: &OpProfile) -> Vec<Sum> {
    by(profile, |row| row.op_type.clone())
}

/// Sums of the operators that ran, by execution provider, the one that took longest first.
pub fn by_provider(profile: &OpProfile) -> Vec<Sum> {
    by(profile, |row| row.provider.clone().unwrap_or_default())
}

/// Sums of the operators that ran, by the first `depth` parts of their names, the one that took longest first. The last
/// part is the operator's own name and no module: `/layer1/conv1/Conv` is in `layer1` at depth 1, in `layer1/conv1` at
/// any other.
pub fn by_module(profile: &OpProfile, depth: usize) -> Vec<Sum> {
    by(profile, |row| {
        let mut parts: Vec<&str> = row.path().collect();
        parts.pop();
        parts.truncate(depth);
        parts.join("/")
    })
}

/// The sum of all operators that ran; its key is empty.
pub fn all(profile: &OpProfile) -> Sum {
    by(profile, |_| String::new()).pop().unwrap_or_default()
}

fn by(profile: &OpProfile, key: impl Fn(&OpRow) -> String) -> Vec<Sum> {
    let mut sums: HashMap<String, Sum> = HashMap::new();
    for row in profile.executed_ops() {
        let key = key(row);
        let empty = || Sum { key: key.clone(), bytes: Some(0), ..Sum::default() };
        sums.entry(key.clone()).or_insert_with(empty).add(row);
    }
    let mut sums: Vec<Sum> = sums.into_values().collect();
    sums.sort_by(|a, b| b.self_time.cmp(&a.self_time).then_with(|| a.key.cmp(&b.key)));
    sums
}

/// GFLOP/s that an operator achieved in its own time.
pub fn gflops_per_second(row: &OpRow) -> Option<f64> {
    rate(row.flops?, row.self_time)
}

/// An operator's arithmetic intensity: operations for each byte of its tensors.
pub fn flops_per_byte(row: &OpRow) -> Option<f64> {
    intensity(row.flops, row.bytes.map(|bytes| bytes.0))
}

fn rate(flops: u64, time: Nanos) -> Option<f64> {
    (time.0 > 0).then(|| flops as f64 / time.0 as f64)
}

fn intensity(flops: Option<u64>, bytes: Option<u64>) -> Option<f64> {
    let bytes = bytes.filter(|bytes| *bytes > 0)?;
    Some(flops? as f64 / bytes as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::RowKind;
    use crate::unit::Bytes;

    fn op(name: &str, op_type: &str, provider: &str, self_time: u64, flops: Option<u64>) -> OpRow {
        OpRow {
            name: name.into(),
            op_type: op_type.into(),
            provider: Some(provider.into()),
            calls: 10,
            self_time: Nanos(self_time),
            flops,
            bytes: Some(Bytes(50)),
            ..OpRow::default()
        }
    }

    fn profile() -> OpProfile {
        let rows = vec![
            OpRow { name: "model_run".into(), kind: RowKind::Scope, self_time: Nanos(5), ..OpRow::default() },
            op("/layer1/conv1/Conv", "Conv", "cuda", 100, Some(800)),
            op("/layer1/conv2/Conv", "Conv", "cpu", 300, Some(400)),
            op("/layer2/Trees", "TreeEnsemble", "cpu", 150, None),
            op("head", "Relu", "cpu", 10, Some(5)),
        ];
        OpProfile { rows, ..OpProfile::default() }
    }

    fn keys(sums: &[Sum]) -> Vec<(&str, u64)> {
        sums.iter().map(|sum| (sum.key.as_str(), sum.self_time.0)).collect()
    }

    #[test]
    fn the_largest_comes_first_and_scopes_are_no_operators() {
        assert_eq!(keys(&by_type(&profile())), [("Conv", 400), ("TreeEnsemble", 150), ("Relu", 10)]);
        assert_eq!(keys(&by_provider(&profile())), [("cpu", 460), ("cuda", 100)]);
    }

    #[test]
    fn modules_are_the_parts_of_a_name_but_the_last() {
        assert_eq!(keys(&by_module(&profile(), 1)), [("layer1", 400), ("layer2", 150), ("", 10)]);
        let two = by_module(&profile(), 2);
        assert_eq!(keys(&two), [("layer1/conv2", 300), ("layer2", 150), ("layer1/conv1", 100), ("", 10)]);
    }

    #[test]
    fn rates_leave_out_what_is_not_known() {
        let all = all(&profile());
        assert_eq!((all.operators, all.calls, all.unruled, all.flops, all.bytes), (4, 40, 10, 1205, Some(200)));
        assert_eq!(all.gflops_per_second(), Some(1205.0 / 410.0), "the trees' time is not in it");
        assert_eq!(all.flops_per_byte(), None);
        let conv = &by_type(&profile())[0];
        assert_eq!((conv.gflops_per_second(), conv.flops_per_byte()), (Some(3.0), Some(12.0)));
    }

    #[test]
    fn an_operator_without_time_or_bytes_has_no_rate() {
        let row = OpRow { flops: Some(0), ..OpRow::default() };
        assert_eq!((gflops_per_second(&row), flops_per_byte(&row)), (None, None));
        let conv = &profile().rows[1];
        assert_eq!((gflops_per_second(conv), flops_per_byte(conv)), (Some(8.0), Some(16.0)));
    }
}
