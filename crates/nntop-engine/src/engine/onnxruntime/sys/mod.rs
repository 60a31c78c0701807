//! All that is unsafe about ONNX Runtime: functions of its API table that `ort` does not wrap, each behind a type that owns
//! what it hands over.
#![allow(unsafe_code, reason = "calls of ONNX Runtime's C API")]

mod binding;
mod library;
mod loader;
mod plugin;
mod profiling;
mod read_back;
mod session_options;
mod status;

pub(super) use binding::Binding;
pub(super) use library::{Library, LoadError, available_providers};
pub(super) use loader::load_for_good;
pub(super) use plugin::{Device, Hardware, Plugins};
pub(super) use profiling::EnableProfiling;
pub(super) use read_back::read_back;
pub(super) use session_options::without_arena;

use ort::value::DynTensor;

/// Copies bytes into a tensor in CPU memory.
///
/// # Errors
/// How many bytes it has, where those are not as many.
pub(super) fn fill(value: &mut DynTensor, bytes: &[u8]) -> Result<(), usize> {
    let room = value.size().unwrap_or(0);
    if room != bytes.len() {
        return Err(room);
    }
    if room > 0 {
        // SAFETY: the session's allocator gives CPU memory, and the value has exactly `room` bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), value.data_ptr_mut().cast(), room) };
    }
    Ok(())
}

/// The bytes of a tensor in CPU memory, copied.
pub(super) fn bytes(tensor: &DynTensor) -> Vec<u8> {
    let size = tensor.size().unwrap_or(0);
    let mut bytes = vec![0u8; size];
    if size > 0 {
        // SAFETY: outputs are bound to CPU memory; the value has exactly `size` bytes.
        unsafe { std::ptr::copy_nonoverlapping(tensor.data_ptr().cast(), bytes.as_mut_ptr(), size) };
    }
    bytes
}
