//! Operators with a window: convolutions and pooling.

use super::{Call, Value};

/// The outputs of an operator with a window; absent for others.
pub(super) fn outputs(call: &Call<'_>) -> Option<Vec<Value>> {
    let one = |shape: Option<Vec<u64>>| Some(vec![Value { shape, ..Value::default() }]);
    match call.op() {
        "Conv" | "FusedConv" | "ConvInteger" => one(conv(call, 1)),
        "QLinearConv" => one(conv(call, 3)),
        "ConvTranspose" => one(transposed(call)),
        "MaxPool" | "AveragePool" | "LpPool" => {
            let shape = pool(call);
            // MaxPool's indices have the same shape.
            Some(vec![Value { shape, ..Value::default() }; 2])
        }
        "QLinearAveragePool" if call.int("channels_last").unwrap_or(0) == 0 => one(pool(call)),
        "GlobalAveragePool" | "GlobalMaxPool" | "GlobalLpPool" | "QLinearGlobalAveragePool"
            if call.int("channels_last").unwrap_or(0) == 0 =>
        {
            one(call
                .shape(0)
                .filter(|x| x.len() > 2)
                .map(|x| x.iter().enumerate().map(|(i, n)| if i < 2 { *n } else { 1 }).collect()))
        }
        _ => None,
    }
}

/// How a window moves over one axis.
struct Window {
    kernel: u64,
    stride: u64,
    dilation: u64,
    begin: i64,
    end: i64,
}

impl Window {
    /// What the window covers.
    fn reach(&self) -> Option<u64> {
        self.kernel.checked_sub(1)?.checked_mul(self.dilation)?.checked_add(1)
    }
}

/// The windows of all axes behind the first two.
fn windows(call: &Call<'_>, kernel: &[u64]) -> Option<Vec<Window>> {
    let sizes = |name: &str| -> Option<Vec<u64>> {
        match call.ints(name) {
            Some(of) => of.iter().map(|n| u64::try_from(*n).ok().filter(|n| *n > 0)).collect(),
            None => Some(vec![1; kernel.len()]),
        }
    };
    let (strides, dilations) = (sizes("strides")?, sizes("dilations")?);
    let pads = call.ints("pads").map_or_else(|| vec![0; kernel.len() * 2], <[i64]>::to_vec);
    let fits = strides.len() == kernel.len() && dilations.len() == kernel.len() && pads.len() == 2 * kernel.len();
    let one = |i: usize| Window {
        kernel: kernel[i],
        stride: strides[i],
        dilation: dilations[i],
        begin: pads[i],
        end: pads[i + kernel.len()],
    };
    fits.then(|| (0..kernel.len()).map(one).collect())
}

fn conv(call: &Call<'_>, weights: usize) -> Option<Vec<u64>> {
    let (x, w) = (call.shape(0)?, call.shape(weights)?);
    if x.len() != w.len() || x.len() < 3 {
        return None;
    }
    let mut shape = vec![x[0], w[0]];
    for (n, window) in x[2..].iter().zip(windows(call, &w[2..])?) {
        shape.push(places(call, *n, &window, false)?);
    }
    Some(shape)
}

fn pool(call: &Call<'_>) -> Option<Vec<u64>> {
    let x = call.shape(0)?;
    let kernel: Vec<u64> = call.ints("kernel_shape")?.iter().map(|n| u64::try_from(*n).ok()).collect::<Option<_>>()?;
    if x.len() != kernel.len() + 2 {
        return None;
    }
    let ceil = call.int("ceil_mode").unwrap_or(0) != 0;
    let mut shape = x[..2].to_vec();
    for (n, window) in x[2..].iter().zip(windows(call, &kernel)?) {
        shape.push(places(call, *n, &window, ceil)?);
    }
    Some(shape)
}

/// At how many places a window fits.
fn places(call: &Call<'_>, n: u64, window: &Window, ceil: bool) -> Option<u64> {
    match call.text("auto_pad") {
        Some("SAME_UPPER" | "SAME_LOWER") => return Some(n.div_ceil(window.stride)),
        Some("VALID") => return Some((n.checked_sub(window.reach()?)? / window.stride) + 1),
        _ => {}
    }
    let padded = i64::try_from(n).ok()?.checked_add(window.begin)?.checked_add(window.end)?;
    let room = u64::try_from(padded).ok()?.checked_sub(window.reach()?)?;
    if !ceil {
        return Some(room / window.stride + 1);
    }
    let places = room.div_ceil(window.stride) + 1;
    // A window that begins in the padding behind the last element does not count.
    let starts_behind = (places - 1).checked_mul(window.stride)? >= n.checked_add(u64::try_from(window.begin).ok()?)?;
    Some(if starts_behind { places - 1 } else { places })
}

fn transposed(call: &Call<'_>) -> Option<Vec<u64>> {
    let (x, w) = (call.shape(0)?, call.shape(1)?);
    if x.len() != w.len() || x.len() < 3 {
        return None;
    }
    let groups = u64::try_from(call.int("group").unwrap_or(1)).ok()?;
    let mut shape = vec![x[0], w[1].checked_mul(groups)?];
    let given = call.ints("output_shape");
    let more = call.ints("output_padding").map_or_else(|| vec![0; x.len() - 2], <[i64]>::to_vec);
    for (i, (n, window)) in x[2..].iter().zip(windows(call, &w[2..])?).enumerate() {
        let spatial = x.len() - 2;
        let same = matches!(call.text("auto_pad"), Some("SAME_UPPER" | "SAME_LOWER"));
        let n = match given {
            Some(given) => u64::try_from(*given.get(given.len().checked_sub(spatial)? + i)?).ok()?,
            None if same => n.checked_mul(window.stride)?,
            None => {
                let spread = n.checked_sub(1)?.checked_mul(window.stride)?.checked_add(window.reach()?)?;
                let pads =
                    if call.text("auto_pad") == Some("VALID") { 0 } else { window.begin.checked_add(window.end)? };
                let n = i64::try_from(spread).ok()?.checked_add(*more.get(i)?)?.checked_sub(pads)?;
                u64::try_from(n).ok()?
            }
        };
        shape.push(n);
    }
    Some(shape)
}
