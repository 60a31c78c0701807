//! Operators whose work is multiplying and adding: convolutions, matrix products, recurrent layers.

use super::{Call, Work, bytes_of, product};

/// 2 · outputs · (inputs that each output is made of): `W` is `[M, C/group, k…]`, so it is what one filter has,
/// grouped or not.
pub(super) fn conv(call: Call<'_>) -> Option<Work> {
    conv_with(call, 1)
}

/// As [`conv`]; scale and zero point of the input stand before the weights.
pub(super) fn conv_quantized(call: Call<'_>) -> Option<Work> {
    conv_with(call, 3)
}

fn conv_with(call: Call<'_>, weights: usize) -> Option<Work> {
    let (x, w, y) = (call.input(0)?, call.input(weights)?, call.output()?);
    let filters = *w.first()?;
    // Channels come second, or last in NHWC. Where weights are packed, something else stands in their place.
    let is_weight = w.len() == x.len() && w.len() >= 3 && (y.get(1) == Some(&filters) || y.last() == Some(&filters));
    if !is_weight || filters == 0 {
        return None;
    }
    let each = product(&w[1..])?;
    Some(Work::of(product(y)?.checked_mul(each)?.checked_mul(2)?))
}

/// 2 · inputs · (outputs that each input adds to): `W` is `[C, M/group, k…]`.
pub(super) fn conv_transposed(call: Call<'_>) -> Option<Work> {
    let (x, w) = (call.input(0)?, call.input(1)?);
    if w.len() != x.len() || w.len() < 3 || w.first() != x.get(1) {
        return None;
    }
    Some(Work::of(product(x)?.checked_mul(product(&w[1..])?)?.checked_mul(2)?))
}

/// 2 · outputs · K, `A` being `[…, M, K]`.
pub(super) fn matmul(call: Call<'_>) -> Option<Work> {
    let (a, y) = (call.input(0)?, call.output()?);
    let k = *a.last()?;
    product_of(call, k, y, 1)
}

/// As [`matmul`]; scale and zero point of `A` stand before `B`.
pub(super) fn matmul_quantized(call: Call<'_>) -> Option<Work> {
    let (a, y) = (call.input(0)?, call.output()?);
    product_of(call, *a.last()?, y, 3)
}

/// As [`matmul`], but `A` may be transposed: K is what M does not account for.
pub(super) fn matmul_fused(call: Call<'_>) -> Option<Work> {
    let (a, y) = (call.input(0)?, call.output()?);
    let ([.., rows, columns], [.., m, _]) = (a, y) else { return matmul(call) };
    let k = inner(rows.checked_mul(*columns)?, *m)?;
    // With batches transposed, too, the last two axes are others.
    let fits = match call.input(1) {
        Some([.., rows, columns]) => k == *rows || k == *columns,
        _ => true,
    };
    if fits { product_of(call, k, y, 1) } else { None }
}

/// 2 · M · N · K; `A` is `[M, K]` or transposed.
pub(super) fn gemm(call: Call<'_>) -> Option<Work> {
    gemm_with(call, 1)
}

/// As [`gemm`]; scale and zero point of `A` stand before `B`.
pub(super) fn gemm_quantized(call: Call<'_>) -> Option<Work> {
    gemm_with(call, 3)
}

fn gemm_with(call: Call<'_>, weights: usize) -> Option<Work> {
    let (a, y) = (call.input(0)?, call.output()?);
    let ([rows, columns], [m, _]) = (a, y) else { return None };
    product_of(call, inner(rows.checked_mul(*columns)?, *m)?, y, weights)
}

fn inner(elements: u64, m: u64) -> Option<u64> {
    match elements.checked_rem(m) {
        Some(0) => Some(elements / m),
        // No rows: no work, whatever K is.
        None => Some(0),
        Some(_) => None,
    }
}

/// The work of a product whose inner axis is `k`, and the bytes of its second factor where it is not listed.
fn product_of(call: Call<'_>, k: u64, y: &[u64], second: usize) -> Option<Work> {
    let flops = product(y)?.checked_mul(k)?.checked_mul(2)?;
    let columns = *y.last().unwrap_or(&1);
    // Beside a packed B, a bias or a scale may stand in its place: those have one axis, or other lengths.
    let is_factor = |shape: &[u64]| match shape {
        [.., a, b] => (*a == k || *b == k) && (*a == columns || *b == columns),
        [only] => *only == k && call.input(0).is_some_and(|a| y.len() + 1 == a.len()),
        [] => false,
    };
    let listed = call.input(second).is_some_and(is_factor);
    let element =
        |a: &nntop_core::event::TensorSig| bytes_of(&nntop_core::event::TensorSig { shape: vec![1], ..a.clone() });
    let packed = || k.checked_mul(columns)?.checked_mul(element(call.inputs.first()?)?);
    // Only in a plain product are both factors of one type.
    let unlisted = if listed { Some(0) } else { packed().filter(|_| second == 1) };
    Some(Work { flops, unlisted })
}

/// As [`matmul`], with `B` in a type of its own that shapes do not tell.
pub(super) fn matmul_packed(call: Call<'_>) -> Option<Work> {
    let (a, y) = (call.input(0)?, call.output()?);
    let flops = product(y)?.checked_mul(*a.last()?)?.checked_mul(2)?;
    // `B` in bits, its scales: listed, or gone with the zero points.
    let listed = call.inputs.len() > 1 && call.input(1).is_some_and(|b| b.len() >= 2);
    Some(Work { flops, unlisted: listed.then_some(0) })
}

/// The matrix products of all gates: 2 · steps · batch · directions · gates · H · (I + H).
pub(super) fn lstm(call: Call<'_>) -> Option<Work> {
    recurrent(call, 4)
}

/// As [`lstm`], with three gates.
pub(super) fn gru(call: Call<'_>) -> Option<Work> {
    recurrent(call, 3)
}

/// As [`lstm`], without gates.
pub(super) fn rnn(call: Call<'_>) -> Option<Work> {
    recurrent(call, 1)
}

fn recurrent(call: Call<'_>, gates: u64) -> Option<Work> {
    let x = call.input(0)?;
    let [steps, batch, features] = *x else { return None };
    let hidden = *call.output()?.last()?;
    // W is [directions, gates · H, I]; packed weights are not listed, then the output says it.
    let w = call.input(1).filter(|w| w.len() == 3 && w.get(2) == Some(&features));
    let w = w.filter(|w| gates.checked_mul(hidden) == w.get(1).copied());
    let directions = match (w, call.output()?) {
        (Some(w), _) => w[0],
        (None, y @ [_, _, _, _]) => inner(product(y)?, steps.checked_mul(batch)?.checked_mul(hidden)?)?,
        (None, [directions, n, _]) if *n == batch => *directions,
        _ => return None,
    };
    let gates = gates.checked_mul(hidden)?.checked_mul(directions)?;
    let each = features.checked_add(hidden)?.checked_mul(gates)?;
    let flops = steps.checked_mul(batch)?.checked_mul(each)?.checked_mul(2)?;
    Some(Work { flops, unlisted: w.map(|_| 0) })
}
