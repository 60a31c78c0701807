//! A model's inputs and outputs, as OpenVINO declares them.

use super::api::{Dimension, Handle, PartialShape, Status};
use super::core::Core;
use crate::tensor::{DataType, Dim, TensorSpec};

/// Which side of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Input,
    Output,
}

/// An input or output.
pub(super) struct Port {
    pub(super) spec: TensorSpec,
    /// Whether the model leaves open even how many axes it has.
    pub(super) open: bool,
}

/// All inputs or outputs of a model. Their element types may be ones that nntop does not have.
///
/// # Errors
/// OpenVINO's words.
pub(super) fn of(core: &Core, model: Handle, side: Side) -> Result<Vec<Result<Port, String>>, String> {
    let api = &core.api;
    let (count, get) = match side {
        Side::Input => (api.ov_model_inputs_size, api.ov_model_const_input_by_index),
        Side::Output => (api.ov_model_outputs_size, api.ov_model_const_output_by_index),
    };
    let mut n = 0;
    // SAFETY: the model is valid for the call.
    core.check(unsafe { count(model, &raw mut n) })?;
    (0..n).map(|i| port(core, |port| unsafe { get(model, i, port) }, i, side)).collect()
}

fn port(
    core: &Core,
    get: impl FnOnce(*mut Handle) -> Status,
    place: usize,
    side: Side,
) -> Result<Result<Port, String>, String> {
    let api = &core.api;
    let mut port: Handle = std::ptr::null_mut();
    core.check(get(&raw mut port))?;
    let (mut name, mut number) = (std::ptr::null_mut(), 0);
    let mut shape = PartialShape { rank: Dimension { min: 0, max: 0 }, dims: std::ptr::null_mut() };
    // SAFETY: the port is valid until it is released; what it hands over is copied and released.
    unsafe {
        let name = match (api.ov_port_get_any_name)(port, &raw mut name) {
            0 => core.take(name),
            // Tensors need no name.
            _ => None,
        };
        let name = name.unwrap_or_else(|| match side {
            Side::Input => format!("input_{place}"),
            Side::Output => format!("output_{place}"),
        });
        let type_read = core.check((api.ov_port_get_element_type)(port, &raw mut number));
        let shape_read = core.check((api.ov_port_get_partial_shape)(port, &raw mut shape));
        let open = shape.rank.min != shape.rank.max;
        let dims = if shape_read.is_ok() { dims(&shape) } else { Vec::new() };
        if shape_read.is_ok() {
            (api.ov_partial_shape_free)(&raw mut shape);
        }
        (api.ov_output_const_port_free)(port);
        type_read.and(shape_read)?;
        Ok(match core.elements.data_type(number) {
            Some(dtype) if dtype != DataType::String => Ok(Port { spec: TensorSpec { name, dtype, dims }, open }),
            Some(_) => Err(format!("{name} (strings)")),
            None => Err(format!("{name} (element type {number})")),
        })
    }
}

/// # Safety
/// The shape must be one that OpenVINO has filled in.
unsafe fn dims(shape: &PartialShape) -> Vec<Dim> {
    if shape.rank.min != shape.rank.max {
        return vec![Dim::Rest];
    }
    if shape.dims.is_null() {
        return Vec::new();
    }
    let rank = usize::try_from(shape.rank.min).unwrap_or(0);
    // SAFETY: there are as many as the rank says.
    let axes = unsafe { std::slice::from_raw_parts(shape.dims, rank) };
    let axis = |d: &Dimension| match u64::try_from(d.min) {
        Ok(n) if d.min == d.max => Dim::Fixed(n),
        _ => Dim::Unknown,
    };
    axes.iter().map(axis).collect()
}
