//! Operators that move, cut or reinterpret, and those that make shapes.

use super::call::{axes, axis};
use super::elementwise::{broadcast, place};
use super::{Call, Value};
use crate::tensor::{DataType, elements};

/// The outputs of such an operator; absent for others.
pub(super) fn outputs(call: &Call<'_>) -> Option<Vec<Value>> {
    let one = |value: Option<Value>| Some(vec![value.unwrap_or_default()]);
    match call.op() {
        "Constant" => one(constant(call)),
        "Shape" => one(shape(call)),
        "Size" => one(call.shape(0).and_then(elements).map(|n| Value::ints(vec![], vec![n as f64]))),
        "ConstantOfShape" => one(of_shape(call)),
        "Range" => one(range(call)),
        "Reshape" => one(reshape(call)),
        "Flatten" => one(flatten(call)),
        "Squeeze" => one(squeeze(call)),
        "Unsqueeze" => one(unsqueeze(call)),
        "Transpose" => one(transpose(call)),
        "Concat" => one(concat(call, 0, 1)),
        // Scale and zero point of the output stand first, and of each input behind it.
        "QLinearConcat" => one(concat(call, 2, 3)),
        "Split" => Some(split(call).unwrap_or_default()),
        "Slice" => one(slice(call)),
        "Gather" => one(gather(call)),
        "GatherElements" => one(like(call, call.shape(1).map(<[u64]>::to_vec))),
        "GatherND" => one(gather_nd(call)),
        "Expand" => one(expand(call)),
        "Tile" => one(tile(call)),
        "Pad" => one(pad(call)),
        "Resize" | "Upsample" => one(resize(call)),
        "DepthToSpace" => one(blocks(call, true)),
        "SpaceToDepth" => one(blocks(call, false)),
        "TopK" => {
            let shape = top_k(call);
            Some(vec![
                like(call, shape.clone()).unwrap_or_default(),
                Value { shape, dtype: Some(DataType::I64), data: None },
            ])
        }
        "OneHot" => one(one_hot(call)),
        "GridSample" => one(grid(call)),
        "RoiAlign" => one(roi_align(call)),
        "EmbedLayerNormalization" => one(embedded(call)),
        _ => None,
    }
}

/// A shape with the element type of the first input.
fn like(call: &Call<'_>, shape: Option<Vec<u64>>) -> Option<Value> {
    Some(Value { shape, dtype: call.input(0).and_then(|x| x.dtype), data: None })
}

/// The elements of the first input in another shape.
fn reshaped(call: &Call<'_>, shape: Vec<u64>) -> Option<Value> {
    let x = call.input(0)?;
    Some(Value { shape: Some(shape), data: x.data.clone(), dtype: x.dtype })
}

fn sizes(of: &[i64]) -> Option<Vec<u64>> {
    of.iter().map(|n| u64::try_from(*n).ok()).collect()
}

fn constant(call: &Call<'_>) -> Option<Value> {
    if let Some(tensor) = call.node.attribute("value").and_then(|a| a.t.as_deref()) {
        return Some(Value::constant(tensor));
    }
    if let Some(ints) = call.ints("value_ints") {
        return Some(Value::ints(vec![ints.len() as u64], ints.iter().map(|n| *n as f64).collect()));
    }
    if let Some(n) = call.int("value_int") {
        return Some(Value::ints(vec![], vec![n as f64]));
    }
    let floats = |shape: Vec<u64>, of: Vec<f64>| Value::with(shape, of, Some(DataType::F32));
    if let Some(x) = call.node.attribute("value_float").and_then(|a| a.f) {
        return Some(floats(vec![], vec![f64::from(x)]));
    }
    let all = &call.node.attribute("value_floats")?.floats;
    Some(floats(vec![all.len() as u64], all.iter().map(|x| f64::from(*x)).collect()))
}

fn shape(call: &Call<'_>) -> Option<Value> {
    let x = call.shape(0)?;
    let at = |name: &str, otherwise: usize| -> usize {
        let rank = x.len() as i64;
        call.int(name).map_or(otherwise, |n| if n < 0 { n + rank } else { n }.clamp(0, rank) as usize)
    };
    let part = x.get(at("start", 0)..at("end", x.len())).unwrap_or_default();
    Some(Value::ints(vec![part.len() as u64], part.iter().map(|n| *n as f64).collect()))
}

fn of_shape(call: &Call<'_>) -> Option<Value> {
    let shape = sizes(&call.input(0)?.as_ints()?)?;
    let fill = call.node.attribute("value").and_then(|a| a.t.as_deref()).map(Value::constant);
    let dtype = fill.as_ref().map_or(Some(DataType::F32), |fill| fill.dtype);
    let n = shape.iter().try_fold(1u64, |n, d| n.checked_mul(*d))?;
    match fill.map_or(Some(0.0), |fill| fill.scalar()) {
        Some(x) if n <= 4_096 => Some(Value::with(shape, vec![x; n as usize], dtype)),
        _ => Some(Value { shape: Some(shape), dtype, data: None }),
    }
}

fn range(call: &Call<'_>) -> Option<Value> {
    let [start, limit, step] = [0, 1, 2].map(|i| call.input(i).and_then(Value::scalar));
    let (start, step) = (start?, step?);
    let n = ((limit? - start) / step).ceil().max(0.0);
    let dtype = call.input(0)?.dtype;
    if n > 4_096.0 {
        return (n < 1e12).then(|| Value { shape: Some(vec![n as u64]), dtype, data: None });
    }
    (n.is_finite())
        .then(|| Value::with(vec![n as u64], (0..n as u64).map(|i| start + i as f64 * step).collect(), dtype))
}

fn reshape(call: &Call<'_>) -> Option<Value> {
    let x = call.shape(0)?;
    let wanted = call.ints_of(1, "shape").ok()??;
    let keep_zero = call.int("allowzero").unwrap_or(0) != 0;
    let mut shape = Vec::new();
    for (i, n) in wanted.iter().enumerate() {
        shape.push(match n {
            0 if !keep_zero => *x.get(i)?,
            -1 => 1,
            n => u64::try_from(*n).ok()?,
        });
    }
    let (all, given) = (elements(x)?, elements(&shape)?);
    match wanted.iter().position(|n| *n == -1) {
        Some(open) => shape[open] = all.checked_div(given).filter(|n| n.checked_mul(given) == Some(all))?,
        None if all != given => return None,
        None => {}
    }
    reshaped(call, shape)
}

fn flatten(call: &Call<'_>) -> Option<Value> {
    let x = call.shape(0)?;
    let at = call.int("axis").unwrap_or(1);
    let at = usize::try_from(if at < 0 { at + x.len() as i64 } else { at }).ok().filter(|at| *at <= x.len())?;
    reshaped(call, vec![elements(&x[..at])?, elements(&x[at..])?])
}

fn squeeze(call: &Call<'_>) -> Option<Value> {
    let x = call.shape(0)?;
    let gone = match call.ints_of(1, "axes").ok()? {
        Some(of) => axes(&of, x.len())?,
        None => (0..x.len()).filter(|i| x[*i] == 1).collect(),
    };
    reshaped(call, x.iter().enumerate().filter(|(i, _)| !gone.contains(i)).map(|(_, n)| *n).collect())
}

fn unsqueeze(call: &Call<'_>) -> Option<Value> {
    let x = call.shape(0)?;
    let of = call.ints_of(1, "axes").ok()??;
    let rank = x.len() + of.len();
    let new = axes(&of, rank)?;
    let mut old = x.iter();
    let shape: Option<Vec<u64>> =
        (0..rank).map(|i| if new.contains(&i) { Some(1) } else { old.next().copied() }).collect();
    reshaped(call, shape?)
}

fn transpose(call: &Call<'_>) -> Option<Value> {
    let x = call.shape(0)?;
    let order = match call.ints("perm") {
        Some(of) => axes(of, x.len())?,
        None => (0..x.len()).rev().collect(),
    };
    like(call, Some(order.iter().map(|i| x[*i]).collect()))
}

fn concat(call: &Call<'_>, first: usize, step: usize) -> Option<Value> {
    let parts: Vec<&Value> = call.inputs.iter().skip(first).step_by(step).collect();
    let mut shape = parts.first()?.shape.clone()?;
    let at = axis(call.int("axis").unwrap_or(1), shape.len())?;
    shape[at] = 0;
    for part in &parts {
        shape[at] = shape[at].checked_add(*part.shape.as_ref()?.get(at)?)?;
    }
    let dtype = parts[0].dtype;
    let data: Option<Vec<&[f64]>> = parts.iter().map(|part| part.data.as_deref()).collect();
    match data.filter(|_| shape.len() == 1) {
        Some(data) => Some(Value::with(shape, data.concat(), dtype)),
        None => Some(Value { shape: Some(shape), dtype, data: None }),
    }
}

fn split(call: &Call<'_>) -> Option<Vec<Value>> {
    let x = call.shape(0)?;
    let at = axis(call.int("axis").unwrap_or(0), x.len())?;
    let n = call.node.output.len() as u64;
    let parts = match call.ints_of(1, "split").ok()? {
        Some(parts) => sizes(&parts)?,
        // Equal ones, the last of which may be smaller.
        None => {
            let each = x[at].div_ceil(n.max(1));
            (0..n).map(|i| each.min(x[at].saturating_sub(i * each))).collect()
        }
    };
    let data = call.input(0)?.data.as_ref().filter(|_| x.len() == 1);
    let mut from = 0usize;
    let one = |part: u64| {
        let shape: Vec<u64> = x.iter().enumerate().map(|(i, n)| if i == at { part } else { *n }).collect();
        let to = from.saturating_add(part as usize);
        let own = data.and_then(|data| data.get(from..to)).map(<[f64]>::to_vec);
        from = to;
        match own {
            Some(own) => Value::with(shape, own, call.input(0).and_then(|x| x.dtype)),
            None => like(call, Some(shape)).unwrap_or_default(),
        }
    };
    Some(parts.into_iter().map(one).collect())
}

fn slice(call: &Call<'_>) -> Option<Value> {
    let x = call.shape(0)?;
    let starts = call.ints_of(1, "starts").ok()??;
    let ends = call.ints_of(2, "ends").ok()??;
    let of = call.ints_of(3, "axes").ok()?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = match call.input(4) {
        Some(steps) => steps.as_ints()?,
        None => vec![1; starts.len()],
    };
    let mut shape = x.to_vec();
    let mut taken: Option<Vec<f64>> = None;
    for (i, at) in axes(&of, x.len())?.into_iter().enumerate() {
        let (n, step) = (i64::try_from(x[at]).ok()?, *steps.get(i)?);
        let from_front = |at: i64| if at < 0 { at.saturating_add(n) } else { at };
        // Backwards, the place before the first is an end, too.
        let (least, most) = if step < 0 { (-1, n - 1) } else { (0, n) };
        let start = from_front(*starts.get(i)?).clamp(least.max(0), most);
        let end = *ends.get(i)?;
        let end = if step < 0 && end < -n { -1 } else { from_front(end).clamp(least, most) };
        let size = match step {
            0 => return None,
            1.. => (end - start).max(0) as u64,
            _ => (start - end).max(0) as u64,
        };
        shape[at] = size.div_ceil(step.unsigned_abs());
        let data = call.input(0)?.data.as_ref().filter(|_| x.len() == 1 && shape[0] <= x[0]);
        taken = data.and_then(|data| {
            let place = |k: u64| usize::try_from(start.checked_add((k as i64).checked_mul(step)?)?).ok();
            (0..shape[0]).map(|k| data.get(place(k)?).copied()).collect()
        });
    }
    match taken {
        Some(data) => Some(Value::with(shape, data, call.input(0)?.dtype)),
        None => like(call, Some(shape)),
    }
}

fn gather(call: &Call<'_>) -> Option<Value> {
    let (x, indices) = (call.shape(0)?, call.shape(1)?);
    let at = axis(call.int("axis").unwrap_or(0), x.len())?;
    let shape: Vec<u64> = x[..at].iter().chain(indices).chain(&x[at + 1..]).copied().collect();
    let data = call.input(0)?.data.as_ref().filter(|_| x.len() == 1);
    let wanted = call.input(1)?.as_ints();
    let taken: Option<Vec<f64>> = data
        .zip(wanted)
        .and_then(|(data, wanted)| wanted.iter().map(|i| data.get(axis(*i, data.len())?).copied()).collect());
    match taken {
        Some(data) => Some(Value::with(shape, data, call.input(0)?.dtype)),
        None => like(call, Some(shape)),
    }
}

fn gather_nd(call: &Call<'_>) -> Option<Value> {
    let (x, indices) = (call.shape(0)?, call.shape(1)?);
    let batch = usize::try_from(call.int("batch_dims").unwrap_or(0)).ok()?;
    let (deep, rest) = indices.split_last()?;
    let behind = x.get(batch.checked_add(usize::try_from(*deep).ok()?)?..)?;
    like(call, Some(rest.iter().chain(behind).copied().collect()))
}

fn expand(call: &Call<'_>) -> Option<Value> {
    let x = call.input(0)?;
    let (from, wanted) = (x.shape.as_ref()?, sizes(&call.input(1)?.as_ints()?)?);
    let shape = broadcast(from, &wanted)?;
    let n = shape.iter().try_fold(1u64, |n, d| n.checked_mul(*d))?;
    match x.data.as_ref().filter(|_| n <= 4_096) {
        Some(data) => {
            let all: Option<Vec<f64>> = (0..n as usize).map(|i| data.get(place(i, &shape, from)).copied()).collect();
            Some(Value::with(shape, all?, x.dtype))
        }
        None => like(call, Some(shape)),
    }
}

fn tile(call: &Call<'_>) -> Option<Value> {
    let (x, times) = (call.shape(0)?, sizes(&call.input(1)?.as_ints()?)?);
    let shape: Option<Vec<u64>> = x.iter().zip(&times).map(|(n, k)| n.checked_mul(*k)).collect();
    like(call, shape.filter(|_| x.len() == times.len()))
}

fn pad(call: &Call<'_>) -> Option<Value> {
    let x = call.shape(0)?;
    let pads = call.ints_of(1, "pads").ok()?.or_else(|| call.ints("paddings").map(<[i64]>::to_vec))?;
    let of = match call.input(3) {
        Some(of) => axes(&of.as_ints()?, x.len())?,
        None => (0..x.len()).collect(),
    };
    if pads.len() != 2 * of.len() {
        return None;
    }
    let mut shape = x.to_vec();
    for (i, at) in of.iter().enumerate() {
        let n = i64::try_from(shape[*at]).ok()?.checked_add(pads[i])?.checked_add(pads[i + of.len()])?;
        shape[*at] = u64::try_from(n).ok()?;
    }
    like(call, Some(shape))
}

fn resize(call: &Call<'_>) -> Option<Value> {
    let x = call.shape(0)?;
    // Upsample and the first Resize have the scales second; the present one has a region in front of them.
    let scales = match call.node.attribute("scales").filter(|a| !a.floats.is_empty()) {
        Some(scales) => Some(scales.floats.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>()),
        None => {
            let at = if call.op() == "Upsample" || call.inputs.len() == 2 { 1 } else { 2 };
            let scales = call.input(at).filter(|scales| scales.shape.as_deref() != Some(&[0]));
            match scales {
                Some(scales) => Some(scales.data.as_ref()?.to_vec()),
                None => None,
            }
        }
    };
    let of = match call.ints("axes") {
        Some(of) => axes(of, x.len())?,
        None => (0..x.len()).collect(),
    };
    let mut shape = x.to_vec();
    match (scales, call.input(3)) {
        (_, Some(wanted)) => {
            let wanted = sizes(&wanted.as_ints()?)?;
            of.iter().zip(wanted).for_each(|(at, n)| shape[*at] = n);
        }
        (Some(scales), None) if scales.len() == of.len() => {
            of.iter().zip(scales).for_each(|(at, scale)| shape[*at] = (x[*at] as f64 * scale).floor() as u64);
        }
        _ => return None,
    }
    like(call, Some(shape))
}

/// Depth to space and back, by blocks.
fn blocks(call: &Call<'_>, to_space: bool) -> Option<Value> {
    let &[batch, channels, height, width] = call.shape(0)? else { return None };
    let block = u64::try_from(call.int("blocksize")?).ok().filter(|n| *n > 0)?;
    let area = block.checked_mul(block)?;
    like(
        call,
        Some(match to_space {
            true => vec![batch, channels / area, height.checked_mul(block)?, width.checked_mul(block)?],
            false => vec![batch, channels.checked_mul(area)?, height / block, width / block],
        }),
    )
}

fn top_k(call: &Call<'_>) -> Option<Vec<u64>> {
    let mut shape = call.shape(0)?.to_vec();
    let at = axis(call.int("axis").unwrap_or(-1), shape.len())?;
    let k = match call.input(1) {
        Some(k) => k.scalar()? as i64,
        None => call.int("k")?,
    };
    shape[at] = u64::try_from(k).ok()?;
    Some(shape)
}

fn one_hot(call: &Call<'_>) -> Option<Value> {
    let mut shape = call.shape(0)?.to_vec();
    let depth = call.input(1)?.scalar()?;
    let at = call.int("axis").unwrap_or(-1);
    let at = axis(at, shape.len() + 1)?;
    shape.insert(at, depth as u64);
    Some(Value::of(shape))
}

fn grid(call: &Call<'_>) -> Option<Value> {
    let (x, grid) = (call.shape(0)?, call.shape(1)?);
    let places = grid.get(1..grid.len().checked_sub(1)?)?;
    like(call, Some(x.get(..2)?.iter().chain(places).copied().collect()))
}

fn roi_align(call: &Call<'_>) -> Option<Value> {
    let (x, rois) = (call.shape(0)?, call.shape(1)?);
    let size = |name: &str| u64::try_from(call.int(name).unwrap_or(1)).ok();
    like(call, Some(vec![*rois.first()?, *x.get(1)?, size("output_height")?, size("output_width")?]))
}

fn embedded(call: &Call<'_>) -> Option<Value> {
    let (ids, words) = (call.shape(0)?, call.shape(2)?);
    Some(Value::of(ids.iter().chain(words.last()).copied().collect()))
}
