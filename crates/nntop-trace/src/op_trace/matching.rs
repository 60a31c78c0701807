//! Which rows of two profiles are the same operator: for A/B tables and differential flame graphs.

use nntop_core::event::{OpProfile, OpRow};
use std::collections::HashMap;

/// Rows of two profiles, by index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matching {
    /// In both, in the order of A.
    pub pairs: Vec<(usize, usize)>,
    /// In A alone.
    pub only_a: Vec<usize>,
    /// In B alone.
    pub only_b: Vec<usize>,
}

/// Finds the rows that are in both profiles.
///
/// First go those with the same name and type at the same place of the tree; then those with the same name and type
/// anywhere; then those with the same name, whatever their type (a `Conv` that became a `QLinearConv`). Where several fit,
/// they pair up in their order. What a runtime's graph optimizer puts behind names (`_nchwc`, `_quant`, `_token_5`) does
/// not tell them apart.
pub fn matching(a: &OpProfile, b: &OpProfile) -> Matching {
    let mut found: Vec<Option<usize>> = vec![None; a.rows.len()];
    let mut taken = vec![false; b.rows.len()];
    let (places_a, places_b) = (places(a), places(b));
    pair(&mut found, &mut taken, |i| Some(places_a[i]), |i| Some(places_b[i]));
    let typed = |row: &OpRow| Some((plain(&row.name).to_owned(), row.op_type.clone(), row.kind as u8));
    pair(&mut found, &mut taken, |i| typed(&a.rows[i]), |i| typed(&b.rows[i]));
    let named = |row: &OpRow| (!row.op_type.is_empty()).then(|| plain(&row.name).to_owned());
    pair(&mut found, &mut taken, |i| named(&a.rows[i]), |i| named(&b.rows[i]));

    let pairs = found.iter().enumerate().filter_map(|(i, other)| Some((i, (*other)?))).collect();
    let only_a = (0..found.len()).filter(|i| found[*i].is_none()).collect();
    let only_b = (0..taken.len()).filter(|i| !taken[*i]).collect();
    Matching { pairs, only_a, only_b }
}

/// Pairs up what is left and has the same key.
fn pair<K: Eq + std::hash::Hash>(
    found: &mut [Option<usize>],
    taken: &mut [bool],
    key_a: impl Fn(usize) -> Option<K>,
    key_b: impl Fn(usize) -> Option<K>,
) {
    let mut left: HashMap<K, Vec<usize>> = HashMap::new();
    for i in (0..taken.len()).rev().filter(|i| !taken[*i]) {
        if let Some(key) = key_b(i) {
            left.entry(key).or_default().push(i);
        }
    }
    for (i, slot) in found.iter_mut().enumerate().filter(|(_, slot)| slot.is_none()) {
        let other = key_a(i).and_then(|key| left.get_mut(&key)?.pop());
        if let Some(other) = other {
            (*slot, taken[other]) = (Some(other), true);
        }
    }
}

/// Every row's place: a number for the place of what encloses it, its name and its type. Equal places of two profiles
/// have equal keys.
fn places(profile: &OpProfile) -> Vec<u64> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut places: Vec<u64> = Vec::with_capacity(profile.rows.len());
    for row in &profile.rows {
        let mut hasher = DefaultHasher::new();
        let parent = row.parent.and_then(|parent| places.get(parent as usize));
        (parent, plain(&row.name), &row.op_type, row.kind as u8).hash(&mut hasher);
        places.push(hasher.finish());
    }
    places
}

/// A name without what ONNX Runtime's graph optimizer puts behind it.
pub(super) fn plain(name: &str) -> &str {
    let mut name = name;
    loop {
        let without = name
            .strip_suffix("_nchwc")
            .or_else(|| name.strip_suffix("_quant"))
            .or_else(|| name.rsplit_once("_token_").filter(|(_, n)| n.parse::<u32>().is_ok()).map(|(name, _)| name));
        match without {
            Some(rest) if !rest.is_empty() => name = rest,
            _ => return name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::RowKind;

    fn profile(rows: &[(&str, &str, Option<u32>)]) -> OpProfile {
        let row = |&(name, op_type, parent): &(&str, &str, Option<u32>)| OpRow {
            name: name.into(),
            op_type: op_type.into(),
            kind: if op_type.is_empty() { RowKind::Scope } else { RowKind::Op },
            parent,
            ..OpRow::default()
        };
        OpProfile { rows: rows.iter().map(row).collect(), ..OpProfile::default() }
    }

    #[test]
    fn the_same_place_goes_before_the_same_name() {
        let a = profile(&[("run", "", None), ("x", "Add", Some(0)), ("loop", "Loop", Some(0)), ("x", "Add", Some(2))]);
        let b = profile(&[("run", "", None), ("loop", "Loop", Some(0)), ("x", "Add", Some(1)), ("x", "Add", Some(0))]);
        let found = matching(&a, &b);
        assert_eq!(found.pairs, [(0, 0), (1, 3), (2, 1), (3, 2)]);
        assert_eq!((found.only_a, found.only_b), (vec![], vec![]));
    }

    #[test]
    fn a_quantized_operator_is_the_one_it_was_made_of() {
        let a = profile(&[("conv1_nchwc", "Conv", None), ("relu", "Relu", None), ("fc", "Gemm", None)]);
        let b = profile(&[
            ("conv1_quant", "QLinearConv", None),
            ("input_QuantizeLinear", "QuantizeLinear", None),
            ("fc", "Gemm", None),
        ]);
        let found = matching(&a, &b);
        assert_eq!(found.pairs, [(0, 0), (2, 2)]);
        assert_eq!((found.only_a, found.only_b), (vec![1], vec![1]));
    }

    #[test]
    fn of_several_of_one_name_each_has_one_partner() {
        let a = profile(&[("x", "Add", None), ("x", "Add", None), ("x", "Add", None)]);
        let b = profile(&[("x", "Add", None), ("x", "Add", None)]);
        let found = matching(&a, &b);
        assert_eq!((found.pairs, found.only_a), (vec![(0, 0), (1, 1)], vec![2]));
        assert_eq!(matching(&b, &a).only_b, [2]);
    }

    #[test]
    fn scopes_are_not_matched_by_name_alone() {
        let (a, b) = (profile(&[("x", "", None)]), profile(&[("x", "Add", None)]));
        assert_eq!(matching(&a, &b).pairs, []);
    }

    #[test]
    fn what_an_optimizer_adds_goes() {
        assert_eq!(plain("ReLU32_Output_0_nchwc"), "ReLU32_Output_0");
        assert_eq!(plain("stem_token_25"), "stem");
        assert_eq!(plain("a_token_x"), "a_token_x");
        assert_eq!(plain("_nchwc"), "_nchwc");
    }
}
