//! `LiteRtModel`: a model as it was read.

use super::super::status::Status;
use super::api::RawModel;
use super::environment::Environment;
use super::{check, handed_over};
use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::Arc;

/// A model.
pub(in super::super) struct Model {
    pub(super) raw: NonNull<RawModel>,
    pub(super) environment: Arc<Environment>,
}

// SAFETY: the model is only read once it is loaded.
unsafe impl Send for Model {}
// SAFETY: as above.
unsafe impl Sync for Model {}

impl Model {
    pub(in super::super) fn read(environment: Arc<Environment>, path: &CStr) -> Result<Self, Status> {
        let mut raw = std::ptr::null_mut();
        let read = environment.api.LiteRtCreateModelFromFile;
        // SAFETY: the path lives for the call; an out-parameter.
        check(unsafe { read(environment.raw.as_ptr(), path.as_ptr(), &raw mut raw) })?;
        Ok(Self { raw: handed_over(raw)?, environment })
    }

    /// What it was read with.
    pub(in super::super) fn environment(&self) -> &Environment {
        &self.environment
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: compiled models hold the model, so none is left.
        unsafe { (self.environment.api.LiteRtDestroyModel)(self.raw.as_ptr()) }
    }
}
