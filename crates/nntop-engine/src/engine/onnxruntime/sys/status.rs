//! The outcome of a call.

use super::super::message;
use ort::sys::OrtStatusPtr;
use std::ffi::CStr;

/// Whether a call went well; else what ONNX Runtime says.
#[inline]
pub(super) fn check(status: OrtStatusPtr) -> Result<(), String> {
    if status.0.is_null() { Ok(()) } else { Err(said(status)) }
}

/// What a status that is not null says. Releases it.
#[cold]
fn said(status: OrtStatusPtr) -> String {
    let api = ort::api();
    // SAFETY: the status is not null, and it is released after its message was copied.
    let text = unsafe {
        let text = CStr::from_ptr((api.GetErrorMessage)(status.0)).to_string_lossy().into_owned();
        (api.ReleaseStatus)(status.0);
        text
    };
    message::clean(&text)
}
