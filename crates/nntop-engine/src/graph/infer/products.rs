//! Matrix products, recurrent layers, attention and einsum.

use super::elementwise::broadcast;
use super::{Call, Value};
use std::collections::BTreeMap;

/// The outputs of a product; absent for other operators.
pub(super) fn outputs(call: &Call<'_>) -> Option<Vec<Value>> {
    let one = |shape: Option<Vec<u64>>| Some(vec![Value { shape, ..Value::default() }]);
    match call.op() {
        "MatMul" | "MatMulInteger" | "MatMulIntegerToFloat" | "DynamicQuantizeMatMul" => one(matmul(call, 1)),
        "FusedMatMul" | "TransposeMatMul" if call.int("transBatchA").is_none() => one(matmul(call, 1)),
        "QLinearMatMul" => one(matmul(call, 3)),
        "MatMulNBits" => one(packed(call)),
        "Gemm" | "FusedGemm" => one(gemm(call, 1)),
        "QGemm" => one(gemm(call, 3)),
        "LSTM" | "GRU" | "RNN" => Some(recurrent(call).unwrap_or_default()),
        "Einsum" => one(einsum(call)),
        "Attention" if call.node.domain.as_deref() == Some("com.microsoft") => one(attention(call)),
        "MultiHeadAttention" => one(call.shape(0).filter(|q| q.len() == 3).map(<[u64]>::to_vec)),
        _ => None,
    }
}

fn matmul(call: &Call<'_>, second: usize) -> Option<Vec<u64>> {
    let (mut a, mut b) = (call.shape(0)?.to_vec(), call.shape(second)?.to_vec());
    // A vector is a row on the left and a column on the right, and the axis that was added goes again.
    let (row, column) = (a.len() == 1, b.len() == 1);
    if row {
        a.insert(0, 1);
    }
    if column {
        b.push(1);
    }
    let transposed = |name: &str| call.int(name).unwrap_or(0) != 0;
    let (rank_a, rank_b) = (a.len().checked_sub(2)?, b.len().checked_sub(2)?);
    if transposed("transA") {
        a.swap(rank_a, rank_a + 1);
    }
    if transposed("transB") {
        b.swap(rank_b, rank_b + 1);
    }
    if a[rank_a + 1] != b[rank_b] {
        return None;
    }
    let mut shape = broadcast(&a[..rank_a], &b[..rank_b])?;
    shape.extend((!row).then_some(a[rank_a]));
    shape.extend((!column).then_some(b[rank_b + 1]));
    Some(shape)
}

/// `B` lies in bits; how many columns it has is an attribute.
fn packed(call: &Call<'_>) -> Option<Vec<u64>> {
    let (_, rest) = call.shape(0)?.split_last()?;
    let columns = u64::try_from(call.int("N")?).ok()?;
    Some(rest.iter().copied().chain([columns]).collect())
}

fn gemm(call: &Call<'_>, second: usize) -> Option<Vec<u64>> {
    let (&[a0, a1], &[b0, b1]) = (call.shape(0)?, call.shape(second)?) else { return None };
    let transposed = |name: &str| call.int(name).unwrap_or(0) != 0;
    Some(vec![if transposed("transA") { a1 } else { a0 }, if transposed("transB") { b0 } else { b1 }])
}

fn recurrent(call: &Call<'_>) -> Option<Vec<Value>> {
    let &[first, second, _] = call.shape(0)? else { return None };
    let by_batch = call.int("layout").unwrap_or(0) == 1;
    let (steps, batch) = if by_batch { (second, first) } else { (first, second) };
    let directions = if call.text("direction") == Some("bidirectional") { 2 } else { 1 };
    let hidden = match call.int("hidden_size") {
        Some(n) => u64::try_from(n).ok()?,
        None => *call.shape(2)?.get(2)?,
    };
    let (all, last) = match by_batch {
        false => (vec![steps, directions, batch, hidden], vec![directions, batch, hidden]),
        true => (vec![batch, steps, directions, hidden], vec![batch, directions, hidden]),
    };
    Some(vec![Value::of(all), Value::of(last.clone()), Value::of(last)])
}

/// The letters of an equation stand for axes.
fn einsum(call: &Call<'_>) -> Option<Vec<u64>> {
    let equation: String = call.text("equation")?.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, output) = match equation.split_once("->") {
        Some((inputs, output)) => (inputs.to_owned(), output.to_owned()),
        None => {
            // Letters that occur once, in the order of the alphabet.
            let mut times: BTreeMap<char, usize> = BTreeMap::new();
            equation.chars().filter(char::is_ascii_alphabetic).for_each(|c| *times.entry(c).or_default() += 1);
            (equation.clone(), times.into_iter().filter(|(_, n)| *n == 1).map(|(c, _)| c).collect())
        }
    };
    if inputs.contains('.') {
        return None;
    }
    let mut sizes: BTreeMap<char, u64> = BTreeMap::new();
    for (i, term) in inputs.split(',').enumerate() {
        let shape = call.shape(i)?;
        if shape.len() != term.len() {
            return None;
        }
        for (letter, n) in term.chars().zip(shape) {
            let size = sizes.entry(letter).or_insert(*n);
            *size = (*size).max(*n);
        }
    }
    output.chars().map(|letter| sizes.get(&letter).copied()).collect()
}

/// Projections of queries, keys and values in one; the values' width is what comes out.
fn attention(call: &Call<'_>) -> Option<Vec<u64>> {
    let &[batch, steps, _] = call.shape(0)? else { return None };
    let &[_, columns] = call.shape(1)? else { return None };
    let width = match call.ints("qkv_hidden_sizes") {
        Some(sizes) => u64::try_from(*sizes.get(2)?).ok()?,
        None => columns / 3,
    };
    Some(vec![batch, steps, width])
}
