//! Attention: the products of queries, keys and values, and the projections where they are part of the operator.

use super::{Call, Work, product};

/// `com.microsoft.Attention` (`[B,S,I]`, weights `[I,3·H]`), and ONNX's own, which takes queries, keys and values.
pub(super) fn attention(call: Call<'_>) -> Option<Work> {
    match (call.input(0)?, call.input(1)?) {
        ([_, _, features], [rows, _]) if features == rows => projected(call),
        // Packed weights leave the bias in their place.
        ([_, _, _], [_]) => projected(call),
        (q, k) if q.len() == k.len() && q.len() >= 3 => separate(call),
        _ => None,
    }
}

/// The projections, and then the products: 2 · B · S · I · 3H + 2 · B · S · T · (H + H).
fn projected(call: Call<'_>) -> Option<Work> {
    let [batch, steps, features] = *call.input(0)? else { return None };
    let weights = call.input(1).filter(|w| w.len() == 2);
    // One bias for each column of the weights.
    let columns = match weights {
        Some(w) => w[1],
        None => *call.inputs.iter().find_map(|t| t.shape.first().filter(|n| t.shape.len() == 1 && **n > 1))?,
    };
    let hidden = *call.output()?.last()?;
    // The past is [2, B, heads, P, H/heads].
    let past = call.inputs.iter().find(|t| t.shape.len() == 5).map_or(0, |t| t.shape[3]);
    let rows = batch.checked_mul(steps)?;
    let projections = rows.checked_mul(features)?.checked_mul(columns)?;
    let width = columns.checked_sub(hidden)? / 2;
    let products = rows.checked_mul(steps.checked_add(past)?)?.checked_mul(width.checked_add(hidden)?)?;
    let flops = projections.checked_add(products)?.checked_mul(2)?;
    Some(Work { flops, unlisted: weights.map(|_| 0) })
}

/// Queries, keys and values apart: `[B,S,H]`, or `[B,heads,S,H/heads]`. What came before shows in the second output.
pub(super) fn separate(call: Call<'_>) -> Option<Work> {
    let (q, k, y) = (call.input(0)?, call.input(1)?, call.output()?);
    let present = call.outputs.get(1).filter(|t| t.shape.len() == 4).map(|t| t.shape[2]);
    let (keys, both) = match (q, k) {
        // 2 · B · S · T · H, and again for the values, whose width is the output's.
        ([_, _, width], [_, keys, _]) => (*keys, width.checked_add(*y.last()?)?.checked_mul(q[0])?.checked_mul(q[1])?),
        ([.., width], [_, _, keys, _]) if q.len() == 4 => {
            let values = product(y)?.checked_add(product(&q[..3])?.checked_mul(*width)?)?;
            (*keys, values)
        }
        _ => return None,
    };
    Some(Work::of(both.checked_mul(present.unwrap_or(keys))?.checked_mul(2)?))
}
