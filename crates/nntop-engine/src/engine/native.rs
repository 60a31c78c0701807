//! Runtimes that are plain C libraries: loading one, and finding its functions by name.
#![allow(unsafe_code, reason = "libraries are loaded, and their functions taken for what the headers say")]

use libloading::Library;
use nntop_core::event::Fault;
use std::ffi::CStr;
use std::path::Path;

/// Loads a library. It stays loaded until the process ends: runtimes keep threads, and code that a thread runs must not
/// go away.
///
/// # Errors
/// The loader's own words: which file, or which dependency of it, is missing or of another machine.
pub(super) fn load(path: &Path, hint: &str) -> Result<&'static Library, Fault> {
    // The text that helps is in the source: "dlopen failed" alone names nothing.
    let why = |e: &libloading::Error| std::error::Error::source(e).map_or_else(|| e.to_string(), ToString::to_string);
    // SAFETY: loading runs the library's initialisers: the user named this library to be run.
    let library = unsafe { Library::new(path) }
        .map_err(|e| Fault::input(format!("{}: cannot be loaded: {}", path.display(), why(&e))).hint(hint))?;
    Ok(Box::leak(Box::new(library)))
}

/// Whether a library has a function, or anything else, of this name.
pub(super) fn has(library: &Library, name: &CStr) -> bool {
    // SAFETY: only whether the symbol is there is asked.
    unsafe { library.get::<*const ()>(name.to_bytes_with_nul()) }.is_ok()
}

/// A table of C functions, each found by the name of its field.
macro_rules! functions {
    ($(#[$doc:meta])* $table:ident { $($name:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[allow(non_snake_case, reason = "the names are the library's")]
        pub(super) struct $table {
            $(pub(super) $name: $type,)*
        }

        impl $table {
            /// Finds all of them; the name of the first that is not there otherwise.
            pub(super) fn of(library: &'static libloading::Library) -> Result<Self, &'static str> {
                // SAFETY: the types are those of the library's own headers, in all versions that have these functions.
                unsafe {
                    Ok(Self {
                        $($name: *library
                            .get::<$type>(concat!(stringify!($name), "\0").as_bytes())
                            .map_err(|_| stringify!($name))?,)*
                    })
                }
            }
        }
    };
}

/// Types of which only pointers are known here.
macro_rules! objects {
    ($($(#[$doc:meta])* $object:ident,)*) => {
        $(
            $(#[$doc])*
            #[repr(C)]
            pub(super) struct $object([u8; 0]);
        )*
    };
}

pub(super) use {functions, objects};
