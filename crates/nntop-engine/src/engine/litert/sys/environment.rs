//! `LiteRtEnvironment`: the loaded library, started.

use super::super::status::Status;
use super::api::{self, Api, EnvironmentOption, RawEnvironment};
use super::{check, handed_over};
use crate::engine::native;
use nntop_core::event::Fault;
use std::path::Path;
use std::ptr::NonNull;

/// Why a library that loads cannot be used.
pub(in super::super) enum StartError {
    /// It is another library.
    NotLiteRt,
    /// It has no function of this name.
    Lacks(&'static str),
    /// LiteRT's reason.
    Refused(Status),
}

/// LiteRT's environment. Everything else is made from it.
pub(in super::super) struct Environment {
    pub(super) api: Api,
    pub(super) raw: NonNull<RawEnvironment>,
}

// SAFETY: the environment holds options and accelerators, and is only read once it is made.
unsafe impl Send for Environment {}
// SAFETY: as above.
unsafe impl Sync for Environment {}

impl Environment {
    /// Loads the library and starts it.
    ///
    /// # Errors
    /// Why it cannot be loaded.
    pub(in super::super) fn load(path: &Path, hint: &str) -> Result<Result<Self, StartError>, Fault> {
        let library = native::load(path, hint)?;
        Ok(match api::of(library) {
            Ok(api) => Self::new(api).map_err(StartError::Refused),
            Err(_) if !native::has(library, c"LiteRtCreateEnvironment") => Err(StartError::NotLiteRt),
            Err(name) => Err(StartError::Lacks(name)),
        })
    }

    fn new(api: Api) -> Result<Self, Status> {
        // Errors only, and no look for accelerators other than the CPU's, which prints and takes time.
        let option = |tag, value| EnvironmentOption { tag, pad: 0, any_type: 2, any_pad: 0, value };
        const MIN_LOG_SEVERITY: i32 = 25;
        const AUTO_REGISTER_ACCELERATORS: i32 = 24;
        let options = [option(MIN_LOG_SEVERITY, 3), option(AUTO_REGISTER_ACCELERATORS, 1)];
        let mut raw = std::ptr::null_mut();
        // SAFETY: the options live for the call; an out-parameter.
        check(unsafe { (api.LiteRtCreateEnvironment)(options.len() as i32, options.as_ptr(), &raw mut raw) })?;
        Ok(Self { raw: handed_over(raw)?, api })
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        // SAFETY: whatever was made from the environment holds it, so nothing is left.
        unsafe { (self.api.LiteRtDestroyEnvironment)(self.raw.as_ptr()) }
    }
}
