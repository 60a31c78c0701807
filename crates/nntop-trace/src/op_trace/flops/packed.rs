//! The work of convolutions whose filters a runtime has packed: its profile does not list them, the model file does.

use super::{product, sum};
use crate::op_trace::matching::plain;
use nntop_core::event::{OpProfile, OpRow};
use nntop_core::unit::Bytes;
use std::collections::BTreeMap;

/// Completes rows of convolutions without FLOPs by the model's own filters: shapes `[M, C/group, k…]` by the node's name.
///
/// A row's shapes must hold for all its calls, as they do where inputs stay the same: in a profile of one's own run.
pub fn fill(profile: &mut OpProfile, filters: &BTreeMap<String, Vec<u64>>) {
    if filters.is_empty() {
        return;
    }
    for row in profile.rows.iter_mut().filter(|row| row.flops.is_none() && row.op_type.contains("Conv")) {
        if let Some(filter) = filters.get(plain(&row.name)).or_else(|| filters.get(&row.name)) {
            complete(row, filter);
        }
    }
}

fn complete(row: &mut OpRow, filter: &[u64]) {
    let Some(output) = row.outputs.first().map(|t| t.shape.as_slice()) else { return };
    let [filters, each @ ..] = filter else { return };
    // Channels come second, or last in NHWC. A node that only has the name of a convolution has other channels.
    let fits = output.len() == filter.len() && (output.get(1) == Some(filters) || output.last() == Some(filters));
    if !fits {
        return;
    }
    let operations = || product(output)?.checked_mul(product(each)?)?.checked_mul(2)?.checked_mul(row.calls);
    // Narrow integers: a byte each.
    let moved =
        || sum(&row.inputs)?.checked_add(sum(&row.outputs)?)?.checked_add(product(filter)?)?.checked_mul(row.calls);
    (row.flops, row.bytes) = (operations(), row.bytes.or_else(|| moved().map(Bytes)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::TensorSig;

    fn convolution(name: &str, output: &[u64]) -> OpProfile {
        let tensor = |dtype: &str, shape: &[u64]| TensorSig { dtype: dtype.into(), shape: shape.into() };
        let inputs = vec![tensor("uint8", &[1, 12, 12, 16]), tensor("float32", &[]), tensor("int32", &[32])];
        let row = OpRow {
            name: name.into(),
            op_type: "QLinearConv".into(),
            calls: 3,
            inputs,
            outputs: vec![tensor("uint8", output)],
            ..OpRow::default()
        };
        OpProfile { rows: vec![row], ..OpProfile::default() }
    }

    #[test]
    fn a_packed_filter_is_taken_from_the_model() {
        let filters = BTreeMap::from([("stem".to_owned(), vec![32, 16, 3, 3])]);
        let mut profile = convolution("stem_token_25", &[1, 10, 10, 32]);
        fill(&mut profile, &filters);
        assert_eq!(profile.rows[0].flops, Some(3 * 2 * 10 * 10 * 32 * 16 * 9));
        let each = 12 * 12 * 16 + 4 + 32 * 4 + 10 * 10 * 32 + 32 * 16 * 9;
        assert_eq!(profile.rows[0].bytes, Some(Bytes(3 * each)));
    }

    #[test]
    fn what_does_not_fit_stays_unknown() {
        let filters = BTreeMap::from([("stem".to_owned(), vec![32, 16, 3, 3]), ("odd".to_owned(), vec![])]);
        for (name, output) in
            [("stem", &[1, 10, 10, 31][..]), ("stem", &[32]), ("other", &[1, 10, 10, 32]), ("odd", &[])]
        {
            let mut profile = convolution(name, output);
            fill(&mut profile, &filters);
            assert_eq!(profile.rows[0].flops, None, "{name} {output:?}");
        }
    }
}
