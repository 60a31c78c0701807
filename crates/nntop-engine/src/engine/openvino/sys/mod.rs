//! All that is unsafe about OpenVINO: its C library, and an owning type for each kind of object that it has.
//!
//! The library stays loaded until the process ends, and so do its functions. Each object holds the one that it was made
//! from, and is released before it.
#![allow(unsafe_code, reason = "calls of OpenVINO's C library")]

mod api;
mod compiled;
mod core;
mod model;
mod request;

pub(super) use self::core::Core;
pub(super) use compiled::CompiledModel;
pub(super) use model::{Model, PortFacts, Side};
pub(super) use request::{Counter, Request};

use crate::engine::native;
use api::{Api, CShape, Status, Version};
use nntop_core::event::Fault;
use std::ffi::{CStr, c_char};
use std::path::Path;

/// The functions of a loaded library.
#[derive(Clone, Copy)]
pub(super) struct Library(&'static Api);

impl Library {
    /// Loads it. Of a library that lacks a function: the function's name, and its version if it is one of OpenVINO's.
    ///
    /// # Errors
    /// Why it cannot be loaded.
    pub(super) fn load(path: &Path, hint: &str) -> Result<Result<Self, (&'static str, Option<String>)>, Fault> {
        let library = native::load(path, hint)?;
        Ok(match Api::of(library) {
            Ok(api) => Ok(Self(Box::leak(Box::new(api)))),
            Err(name) => Err((name, told(library))),
        })
    }

    /// `2026.4.1`.
    pub(super) fn version(self) -> String {
        version(self.0.ov_get_openvino_version, self.0.ov_version_free)
    }

    /// How many bytes eight elements of the type with this number have; absent where there is no such type.
    pub(super) fn bytes_of_eight(self, number: u32) -> Option<usize> {
        let mut dims = [8i64];
        let (mut tensor, mut bytes) = (std::ptr::null_mut(), 0);
        // SAFETY: the shape is copied; the tensor is released where there is one. A number that is no type is an error.
        unsafe {
            if (self.0.ov_tensor_create)(number, CShape { rank: 1, dims: dims.as_mut_ptr() }, &raw mut tensor) != 0 {
                return None;
            }
            let status = (self.0.ov_tensor_get_byte_size)(tensor, &raw mut bytes);
            (self.0.ov_tensor_free)(tensor);
            (status == 0).then_some(bytes)
        }
    }

    /// Whether a call went well; else OpenVINO's words.
    #[inline]
    fn check(self, status: Status) -> Result<(), String> {
        if status == 0 { Ok(()) } else { Err(self.said(status)) }
    }

    #[cold]
    fn said(self, status: Status) -> String {
        // SAFETY: the message is a copy for us to release; the other text is static.
        unsafe {
            let said = self.take((self.0.ov_get_last_err_msg)()).unwrap_or_default();
            let words = super::message::clean(&said);
            if !words.is_empty() {
                return words;
            }
            let general = (self.0.ov_get_error_info)(status);
            if general.is_null() {
                format!("status {status}")
            } else {
                CStr::from_ptr(general).to_string_lossy().into()
            }
        }
    }

    /// A string that the library made, copied and released.
    ///
    /// # Safety
    /// It must be null or one that `ov_free` releases.
    unsafe fn take(self, text: *const c_char) -> Option<String> {
        if text.is_null() {
            return None;
        }
        // SAFETY: the caller's promise.
        unsafe {
            let copy = CStr::from_ptr(text).to_string_lossy().into_owned();
            (self.0.ov_free)(text);
            Some(copy)
        }
    }
}

type Tell = unsafe extern "C" fn(*mut Version) -> Status;
type Free = unsafe extern "C" fn(*mut Version);

/// What a library says of itself that lacks some functions; nothing if it is none of OpenVINO's.
fn told(library: &'static libloading::Library) -> Option<String> {
    // SAFETY: the types are those of OpenVINO's headers, in all versions that have these functions.
    unsafe {
        let tell = library.get::<Tell>(b"ov_get_openvino_version\0").ok()?;
        let free = library.get::<Free>(b"ov_version_free\0").ok()?;
        Some(version(*tell, *free))
    }
}

/// `2026.4.1` of `2026.4.1-22982-e213a147257-releases/2026/4`.
fn version(tell: Tell, free: Free) -> String {
    let mut version = Version { build: std::ptr::null(), description: std::ptr::null() };
    // SAFETY: an out-parameter, released after it was copied.
    unsafe {
        if tell(&raw mut version) != 0 || version.build.is_null() {
            return "unknown".into();
        }
        let build = CStr::from_ptr(version.build).to_string_lossy().into_owned();
        free(&raw mut version);
        build.split('-').next().unwrap_or_default().to_owned()
    }
}
