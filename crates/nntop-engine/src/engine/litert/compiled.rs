//! A model compiled for the CPU, with its options.

use super::api::{Handle, Layout};
use super::model::File;
use crate::tensor::Tensor;
use nntop_core::event::Fault;
use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::Arc;

/// How a model is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settings {
    /// The builtin kernels instead of XNNPACK's. They use one thread, whatever is said.
    pub(super) builtin: bool,
    pub(super) threads: usize,
    pub(super) profiled: bool,
}

/// A compiled model.
pub(super) struct Compiled {
    pub(super) handle: Handle,
    settings: Settings,
    // After the handle: the file must be released later.
    pub(super) file: Arc<File>,
}

impl Compiled {
    pub(super) fn new(file: Arc<File>, settings: Settings, inputs: &[Tensor]) -> Result<Self, Fault> {
        let api = &file.runtime.api;
        let mut compiled = Self { handle: std::ptr::null_mut(), settings, file: Arc::clone(&file) };
        let options = Options::new(&file, settings)?;
        // SAFETY: all handles are valid; an out-parameter.
        let status = unsafe {
            (api.LiteRtCreateCompiledModel)(
                file.runtime.environment,
                file.handle,
                options.handle,
                &raw mut compiled.handle,
            )
        };
        if status != 0 {
            return Err(file.failed(status));
        }
        inputs.iter().enumerate().try_for_each(|(place, tensor)| compiled.size(place, tensor))?;
        Ok(compiled)
    }

    /// Gives an input its shape, where it is not the one that it has.
    fn size(&self, place: usize, tensor: &Tensor) -> Result<(), Fault> {
        if self.input_layout(place)?.shape() == tensor.shape {
            return Ok(());
        }
        let dims: Vec<i32> = tensor.shape.iter().map(|&n| i32::try_from(n).unwrap_or(i32::MAX)).collect();
        // SAFETY: the sizes live for the call.
        let status = unsafe {
            (self.file.runtime.api.LiteRtCompiledModelResizeInputTensor)(
                self.handle,
                0,
                place,
                dims.as_ptr(),
                dims.len(),
            )
        };
        let why = || format!("LiteRT cannot give it the shape {}: {}", tensor.describe(), super::api::words(status));
        if status != 0 {
            return Err(Fault::input(format!("{}: input {}: {}", self.file.path, tensor.name, why()))
                .hint("leave the size that the model was converted with, or convert it with the one you want"));
        }
        Ok(())
    }

    pub(super) fn input_layout(&self, place: usize) -> Result<Layout, Fault> {
        let mut layout = Layout::EMPTY;
        // SAFETY: the model is valid; an out-parameter.
        let status = unsafe {
            (self.file.runtime.api.LiteRtGetCompiledModelInputTensorLayout)(self.handle, 0, place, &raw mut layout)
        };
        if status == 0 { Ok(layout) } else { Err(self.file.failed(status)) }
    }

    /// The shapes of all outputs, once the inputs have theirs.
    pub(super) fn output_layouts(&self) -> Result<Vec<Layout>, Fault> {
        let mut layouts = vec![Layout::EMPTY; self.file.graph.outputs.len()];
        // SAFETY: there is room for as many as are asked for.
        let status = unsafe {
            (self.file.runtime.api.LiteRtGetCompiledModelOutputTensorLayouts)(
                self.handle,
                0,
                layouts.len(),
                layouts.as_mut_ptr(),
                true,
            )
        };
        if status == 0 { Ok(layouts) } else { Err(self.file.failed(status)) }
    }

    /// Whether XNNPACK runs all operators; not known of builtin kernels.
    pub(super) fn is_all_delegated(&self) -> Option<bool> {
        if self.settings.builtin {
            return None;
        }
        let mut all = false;
        // SAFETY: the model is valid; an out-parameter.
        let status =
            unsafe { (self.file.runtime.api.LiteRtCompiledModelIsFullyAccelerated)(self.handle, &raw mut all) };
        (status == 0).then_some(all)
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // SAFETY: the stream has released its buffers; null is what a failed compilation leaves.
        if !self.handle.is_null() {
            unsafe { (self.file.runtime.api.LiteRtDestroyCompiledModel)(self.handle) }
        }
    }
}

/// Options to compile with.
struct Options<'a> {
    file: &'a File,
    handle: Handle,
}

impl<'a> Options<'a> {
    fn new(file: &'a File, settings: Settings) -> Result<Self, Fault> {
        const CPU: i32 = 1;
        let api = &file.runtime.api;
        let mut options = Self { file, handle: std::ptr::null_mut() };
        let check = |status| if status == 0 { Ok(()) } else { Err(file.failed(status)) };
        // SAFETY: out-parameters and handles that are valid.
        unsafe {
            check((api.LiteRtCreateOptions)(&raw mut options.handle))?;
            check((api.LiteRtSetOptionsHardwareAccelerators)(options.handle, CPU))?;
        }
        let kernels = if settings.builtin { "builtin" } else { "delegate" };
        let xnnpack = format!("num_threads = {}\nkernel_mode = \"{kernels}\"\n", settings.threads);
        check(options.add(c"xnnpack", xnnpack))?;
        if settings.profiled {
            check(options.add(c"runtime_options_string", "enable_profiling = true\n".into()))?;
        }
        Ok(options)
    }

    /// Adds options as the text (TOML) that LiteRT keeps them as; what sets them in C is not exported.
    fn add(&self, name: &'static CStr, text: String) -> i32 {
        unsafe extern "C" fn release(text: *mut c_void) {
            // SAFETY: the pointer came from `into_raw` below, and is released once.
            drop(unsafe { CString::from_raw(text.cast::<c_char>()) });
        }
        let api = &self.file.runtime.api;
        let Ok(text) = CString::new(text) else { return 1 };
        let mut opaque = std::ptr::null_mut();
        // SAFETY: the name is static; the text is LiteRT's from here on, which calls `release`.
        unsafe {
            let made =
                (api.LiteRtCreateOpaqueOptions)(name.as_ptr(), text.into_raw().cast(), Some(release), &raw mut opaque);
            if made != 0 { made } else { (api.LiteRtAddOpaqueOptions)(self.handle, opaque) }
        }
    }
}

impl Drop for Options<'_> {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: a compiled model keeps what it needs of its options.
            unsafe { (self.file.runtime.api.LiteRtDestroyOptions)(self.handle) }
        }
    }
}
