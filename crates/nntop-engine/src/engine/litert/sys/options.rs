//! `LiteRtOptions`: what a model is compiled with.

use super::super::status::Status;
use super::api::RawOptions;
use super::environment::Environment;
use super::{check, handed_over};
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::NonNull;

/// Options for the CPU.
pub(in super::super) struct Options<'a> {
    environment: &'a Environment,
    pub(super) raw: NonNull<RawOptions>,
}

impl<'a> Options<'a> {
    pub(in super::super) fn for_cpu(environment: &'a Environment) -> Result<Self, Status> {
        const CPU: i32 = 1;
        let api = &environment.api;
        let mut raw = std::ptr::null_mut();
        // SAFETY: an out-parameter.
        check(unsafe { (api.LiteRtCreateOptions)(&raw mut raw) })?;
        let options = Self { environment, raw: handed_over(raw)? };
        // SAFETY: the options are valid.
        check(unsafe { (api.LiteRtSetOptionsHardwareAccelerators)(options.raw.as_ptr(), CPU) })?;
        Ok(options)
    }

    /// Adds options as the text (TOML) that LiteRT keeps them as; what sets them in C is not exported.
    pub(in super::super) fn add(&mut self, name: &'static CStr, text: String) -> Result<(), Status> {
        unsafe extern "C" fn release(text: *mut c_void) {
            // SAFETY: the pointer came from `into_raw` below, and is released once.
            drop(unsafe { CString::from_raw(text.cast::<c_char>()) });
        }
        let api = &self.environment.api;
        let text = CString::new(text).map_err(|_| Status(1))?;
        let mut opaque = std::ptr::null_mut();
        // SAFETY: the name is static; the text is LiteRT's from here on, which calls `release`.
        check(unsafe {
            (api.LiteRtCreateOpaqueOptions)(name.as_ptr(), text.into_raw().cast(), Some(release), &raw mut opaque)
        })?;
        // SAFETY: both are valid; the added ones are these options' from here on.
        check(unsafe { (api.LiteRtAddOpaqueOptions)(self.raw.as_ptr(), opaque) })
    }
}

impl Drop for Options<'_> {
    fn drop(&mut self) {
        // SAFETY: a compiled model keeps what it needs of its options.
        unsafe { (self.environment.api.LiteRtDestroyOptions)(self.raw.as_ptr()) }
    }
}
