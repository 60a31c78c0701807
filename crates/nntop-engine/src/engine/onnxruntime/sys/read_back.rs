//! What CUDA and TensorRT say that they were set to, defaults included.

use super::super::provider_options::{Settings, parse};
use super::status;
use nntop_core::event::Fault;
use ort::AsPointer;
use ort::memory::Allocator;
use std::ffi::{CStr, CString, c_char};

/// The settings of a provider as ONNX Runtime reads them, with all that it adds; `None` for providers that cannot be
/// asked.
///
/// # Errors
/// When it has no such setting, or no such value for it.
pub(in super::super) fn read_back(provider: &str, settings: &Settings) -> Result<Option<Settings>, Fault> {
    let api = ort::api();
    macro_rules! ask {
        ($create:ident, $update:ident, $text:ident, $release:ident) => {{
            let mut options = std::ptr::null_mut();
            // SAFETY: the structure is made, filled, read and released by the functions that belong to it.
            unsafe {
                check(provider, (api.$create)(&raw mut options))?;
                let read = with_texts(settings, |keys, values| {
                    check(provider, (api.$update)(options, keys, values, settings.len()))
                })
                .and_then(|()| text(provider, |allocator, out| (api.$text)(options, allocator, out)));
                (api.$release)(options);
                read.map(Some)
            }
        }};
    }
    match provider {
        "cuda" => ask!(
            CreateCUDAProviderOptions,
            UpdateCUDAProviderOptions,
            GetCUDAProviderOptionsAsString,
            ReleaseCUDAProviderOptions
        ),
        "tensorrt" => ask!(
            CreateTensorRTProviderOptions,
            UpdateTensorRTProviderOptions,
            GetTensorRTProviderOptionsAsString,
            ReleaseTensorRTProviderOptions
        ),
        _ => Ok(None),
    }
}

fn check(provider: &str, status: ort::sys::OrtStatusPtr) -> Result<(), Fault> {
    status::check(status).map_err(|why| {
        Fault::input(format!("--ep {provider}: ONNX Runtime refuses its options: {why}"))
            .hint("--ep-option KEY=VALUE takes the names of ONNX Runtime's documentation of this execution provider")
    })
}

/// Calls with arrays of C strings.
fn with_texts<T>(
    settings: &Settings,
    call: impl FnOnce(*const *const c_char, *const *const c_char) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let text = |t: &String| CString::new(t.as_str()).map_err(|_| Fault::input(format!("{t:?}: has a zero byte")));
    let keys: Vec<CString> = settings.keys().map(text).collect::<Result<_, _>>()?;
    let values: Vec<CString> = settings.values().map(text).collect::<Result<_, _>>()?;
    let pointers = |texts: &[CString]| texts.iter().map(|t| t.as_ptr()).collect::<Vec<_>>();
    let (keys, values) = (pointers(&keys), pointers(&values));
    call(keys.as_ptr(), values.as_ptr())
}

/// A text that ONNX Runtime makes in memory of the given allocator.
fn text(
    provider: &str,
    call: impl FnOnce(*mut ort::sys::OrtAllocator, *mut *mut c_char) -> ort::sys::OrtStatusPtr,
) -> Result<Settings, Fault> {
    let allocator = Allocator::default();
    let mut read: *mut c_char = std::ptr::null_mut();
    check(provider, call(allocator.ptr().cast_mut(), &raw mut read))?;
    if read.is_null() {
        return Ok(Settings::new());
    }
    // SAFETY: the text ends with a zero; it came from this allocator, and is released by it once it is copied.
    unsafe {
        let settings = parse(&CStr::from_ptr(read).to_string_lossy());
        if let Some(free) = (*allocator.ptr()).Free {
            free(allocator.ptr().cast_mut(), read.cast());
        }
        Ok(settings)
    }
}
