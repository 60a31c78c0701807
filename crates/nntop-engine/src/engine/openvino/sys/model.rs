//! `ov_model_t`: a model as it was read.

use super::Library;
use super::api::{Dimension, PartialShape, RawModel, RawPort};
use super::core::Core;
use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::Arc;

/// Which side of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Side {
    Input,
    Output,
}

/// What a model says of an input or output.
pub(in super::super) struct PortFacts {
    /// Tensors need no name.
    pub(in super::super) name: Option<String>,
    /// The number of its element type.
    pub(in super::super) element: u32,
    /// From … to of each axis; `None` where even the number of axes is open.
    pub(in super::super) axes: Option<Vec<(i64, i64)>>,
}

/// A model.
pub(in super::super) struct Model {
    pub(super) raw: NonNull<RawModel>,
    pub(super) core: Arc<Core>,
}

impl Model {
    /// Reads a file; its weights are looked for beside it.
    pub(in super::super) fn read(core: Arc<Core>, path: &CStr) -> Result<Self, String> {
        let mut raw = std::ptr::null_mut();
        let read = core.library.0.ov_core_read_model;
        // SAFETY: the path lives for the call; an out-parameter.
        core.library.check(unsafe { read(core.raw.as_ptr(), path.as_ptr(), std::ptr::null(), &raw mut raw) })?;
        let raw = NonNull::new(raw).ok_or("no model")?;
        Ok(Self { raw, core })
    }

    /// All inputs or outputs.
    pub(in super::super) fn ports(&self, side: Side) -> Result<Vec<PortFacts>, String> {
        let (library, model) = (self.core.library, self.raw.as_ptr());
        let (count, get) = match side {
            Side::Input => (library.0.ov_model_inputs_size, library.0.ov_model_const_input_by_index),
            Side::Output => (library.0.ov_model_outputs_size, library.0.ov_model_const_output_by_index),
        };
        let mut ports = 0;
        // SAFETY: the model is valid; an out-parameter.
        library.check(unsafe { count(model, &raw mut ports) })?;
        let port = |place| {
            let mut raw = std::ptr::null_mut();
            // SAFETY: the model is valid; the port is ours to release.
            library.check(unsafe { get(model, place, &raw mut raw) })?;
            Port { library, raw: NonNull::new(raw).ok_or("no port")? }.facts()
        };
        (0..ports).map(port).collect()
    }

    /// Gives inputs, by their places, these shapes.
    pub(in super::super) fn reshape(&self, shapes: &[(usize, &[u64])]) -> Result<(), String> {
        let fixed = |n: i64| Dimension { min: n, max: n };
        let places: Vec<usize> = shapes.iter().map(|(place, _)| *place).collect();
        let mut dims: Vec<Vec<Dimension>> =
            shapes.iter().map(|(_, shape)| shape.iter().map(|n| fixed(*n as i64)).collect()).collect();
        let partials: Vec<PartialShape> = dims
            .iter_mut()
            .map(|dims| PartialShape { rank: fixed(dims.len() as i64), dims: dims.as_mut_ptr() })
            .collect();
        let reshape = self.core.library.0.ov_model_reshape_by_port_indexes;
        // SAFETY: as many places as shapes, all of which live for the call.
        let status = unsafe { reshape(self.raw.as_ptr(), places.as_ptr(), partials.as_ptr(), partials.len()) };
        self.core.library.check(status)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: a compiled model holds what it needs of the model that it was made from.
        unsafe { (self.core.library.0.ov_model_free)(self.raw.as_ptr()) }
    }
}

/// An input or output.
struct Port {
    library: Library,
    raw: NonNull<RawPort>,
}

impl Port {
    fn facts(&self) -> Result<PortFacts, String> {
        let (api, port) = (self.library.0, self.raw.as_ptr());
        let (mut name, mut element) = (std::ptr::null_mut(), 0);
        // SAFETY: the port is valid; the text is ours to release.
        let name = unsafe {
            match (api.ov_port_get_any_name)(port, &raw mut name) {
                0 => self.library.take(name),
                _ => None,
            }
        };
        // SAFETY: the port is valid; an out-parameter.
        self.library.check(unsafe { (api.ov_port_get_element_type)(port, &raw mut element) })?;
        let mut shape = PartialShape { rank: Dimension { min: 0, max: 0 }, dims: std::ptr::null_mut() };
        // SAFETY: the port is valid; an out-parameter.
        self.library.check(unsafe { (api.ov_port_get_partial_shape)(port, &raw mut shape) })?;
        // SAFETY: OpenVINO has filled the shape in, and it is released once it is copied.
        let axes = unsafe {
            let axes = axes(&shape);
            (api.ov_partial_shape_free)(&raw mut shape);
            axes
        };
        Ok(PortFacts { name, element, axes })
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // SAFETY: it is ours, and released once.
        unsafe { (self.library.0.ov_output_const_port_free)(self.raw.as_ptr()) }
    }
}

/// # Safety
/// The shape must be one that OpenVINO has filled in.
unsafe fn axes(shape: &PartialShape) -> Option<Vec<(i64, i64)>> {
    if shape.rank.min != shape.rank.max {
        return None;
    }
    if shape.dims.is_null() {
        return Some(Vec::new());
    }
    let rank = usize::try_from(shape.rank.min).unwrap_or(0);
    // SAFETY: there are as many as the rank says.
    let axes = unsafe { std::slice::from_raw_parts(shape.dims, rank) };
    Some(axes.iter().map(|axis| (axis.min, axis.max)).collect())
}
