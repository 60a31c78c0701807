//! OpenVINO's C API, the part that is used: `openvino/c/*.h`, the same from 2024 to 2026.4.

use crate::engine::native::{functions, objects};
use std::ffi::{c_char, c_void};

objects! {
    /// `ov_core_t`.
    RawCore,
    /// `ov_model_t`.
    RawModel,
    /// `ov_output_const_port_t`.
    RawPort,
    /// `ov_compiled_model_t`.
    RawCompiled,
    /// `ov_infer_request_t`.
    RawRequest,
    /// `ov_tensor_t`.
    RawTensor,
}

/// 0 is success, anything else is an error whose words `ov_get_last_err_msg` has.
pub(super) type Status = i32;

/// `ov_version_t`.
#[repr(C)]
pub(super) struct Version {
    pub(super) build: *const c_char,
    pub(super) description: *const c_char,
}

/// `ov_available_devices_t`.
#[repr(C)]
pub(super) struct Devices {
    pub(super) names: *mut *mut c_char,
    pub(super) count: usize,
}

/// `ov_dimension_t`: from … to; -1 is without end.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Dimension {
    pub(super) min: i64,
    pub(super) max: i64,
}

/// `ov_partial_shape_t`: the rank is a dimension, too.
#[repr(C)]
pub(super) struct PartialShape {
    pub(super) rank: Dimension,
    pub(super) dims: *mut Dimension,
}

/// `ov_shape_t`.
#[repr(C)]
pub(super) struct CShape {
    pub(super) rank: i64,
    pub(super) dims: *mut i64,
}

/// `ov_profiling_info_t`. The status is no enum here: a newer version may have another.
#[repr(C)]
pub(super) struct Counter {
    pub(super) status: i32,
    /// Microseconds, whole ones.
    pub(super) real_time: i64,
    pub(super) cpu_time: i64,
    pub(super) node_name: *const c_char,
    pub(super) exec_type: *const c_char,
    pub(super) node_type: *const c_char,
}

/// `ov_profiling_info_list_t`.
#[repr(C)]
pub(super) struct Counters {
    pub(super) list: *mut Counter,
    pub(super) count: usize,
}

/// The most strings that a model is compiled with: two per property.
pub(super) const MOST_STRINGS: usize = 12;

/// The last arguments are strings, as many as the number before them says; there may be more than it reads.
pub(super) type Compile =
    unsafe extern "C" fn(*mut RawCore, *mut RawModel, *const c_char, usize, *mut *mut RawCompiled, ...) -> Status;

functions! {
    /// What is used of `libopenvino_c.so`.
    Api {
        ov_get_openvino_version: unsafe extern "C" fn(*mut Version) -> Status,
        ov_version_free: unsafe extern "C" fn(*mut Version),
        ov_get_last_err_msg: unsafe extern "C" fn() -> *const c_char,
        ov_get_error_info: unsafe extern "C" fn(Status) -> *const c_char,
        ov_free: unsafe extern "C" fn(*const c_char),
        ov_core_create: unsafe extern "C" fn(*mut *mut RawCore) -> Status,
        ov_core_free: unsafe extern "C" fn(*mut RawCore),
        ov_core_get_available_devices: unsafe extern "C" fn(*mut RawCore, *mut Devices) -> Status,
        ov_available_devices_free: unsafe extern "C" fn(*mut Devices),
        ov_core_get_property: unsafe extern "C" fn(*mut RawCore, *const c_char, *const c_char, *mut *mut c_char) -> Status,
        ov_core_read_model: unsafe extern "C" fn(*mut RawCore, *const c_char, *const c_char, *mut *mut RawModel) -> Status,
        ov_core_compile_model: Compile,
        ov_model_free: unsafe extern "C" fn(*mut RawModel),
        ov_model_inputs_size: unsafe extern "C" fn(*mut RawModel, *mut usize) -> Status,
        ov_model_outputs_size: unsafe extern "C" fn(*mut RawModel, *mut usize) -> Status,
        ov_model_const_input_by_index: unsafe extern "C" fn(*mut RawModel, usize, *mut *mut RawPort) -> Status,
        ov_model_const_output_by_index: unsafe extern "C" fn(*mut RawModel, usize, *mut *mut RawPort) -> Status,
        ov_model_reshape_by_port_indexes:
            unsafe extern "C" fn(*mut RawModel, *const usize, *const PartialShape, usize) -> Status,
        ov_output_const_port_free: unsafe extern "C" fn(*mut RawPort),
        ov_port_get_any_name: unsafe extern "C" fn(*mut RawPort, *mut *mut c_char) -> Status,
        ov_port_get_element_type: unsafe extern "C" fn(*mut RawPort, *mut u32) -> Status,
        ov_port_get_partial_shape: unsafe extern "C" fn(*mut RawPort, *mut PartialShape) -> Status,
        ov_partial_shape_free: unsafe extern "C" fn(*mut PartialShape),
        ov_compiled_model_free: unsafe extern "C" fn(*mut RawCompiled),
        ov_compiled_model_get_property: unsafe extern "C" fn(*mut RawCompiled, *const c_char, *mut *mut c_char) -> Status,
        ov_compiled_model_create_infer_request: unsafe extern "C" fn(*mut RawCompiled, *mut *mut RawRequest) -> Status,
        ov_infer_request_free: unsafe extern "C" fn(*mut RawRequest),
        ov_infer_request_infer: unsafe extern "C" fn(*mut RawRequest) -> Status,
        ov_infer_request_get_input_tensor_by_index: unsafe extern "C" fn(*mut RawRequest, usize, *mut *mut RawTensor) -> Status,
        ov_infer_request_get_output_tensor_by_index: unsafe extern "C" fn(*mut RawRequest, usize, *mut *mut RawTensor) -> Status,
        ov_infer_request_get_profiling_info: unsafe extern "C" fn(*mut RawRequest, *mut Counters) -> Status,
        ov_profiling_info_list_free: unsafe extern "C" fn(*mut Counters),
        ov_tensor_create: unsafe extern "C" fn(u32, CShape, *mut *mut RawTensor) -> Status,
        ov_tensor_free: unsafe extern "C" fn(*mut RawTensor),
        ov_tensor_data: unsafe extern "C" fn(*mut RawTensor, *mut *mut c_void) -> Status,
        ov_tensor_get_byte_size: unsafe extern "C" fn(*mut RawTensor, *mut usize) -> Status,
        ov_tensor_get_element_type: unsafe extern "C" fn(*mut RawTensor, *mut u32) -> Status,
        ov_tensor_get_shape: unsafe extern "C" fn(*mut RawTensor, *mut CShape) -> Status,
        ov_shape_free: unsafe extern "C" fn(*mut CShape) -> Status,
    }
}
