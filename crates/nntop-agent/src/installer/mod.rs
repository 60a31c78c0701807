//! Finds, fetches and checks runtimes.
//!
//! Runtimes are never linked: a library is loaded from wherever there is one ([`Search`]), and where there is none,
//! [`install`] fetches the published Python package with pip, takes only the libraries out of it, checks each one
//! against the package's own list and keeps them in the user's data folder:
//!
//! ```text
//! ~/.local/share/nntop/engines/
//!   .lock                      one install at a time
//!   onnxruntime-1.31.1/
//!     manifest.json            written last: a folder without it is no install
//!     onnxruntime/capi/libonnxruntime.so.1.31.1
//! ```
//!
//! Whether the network may be used is the caller's business: `--offline` shows [`command_to_type`].

mod child;
mod data_dir;
mod elf;
mod error;
mod find;
mod install;
pub mod interpreter;
mod library;
mod manifest;
mod pip;
mod pip_command;
mod pip_output;
mod platform;
mod python_installs;
mod record;
mod remove;
mod runtime;
mod stall;
mod venv;
mod version;
mod wheel;

pub use child::{is_stopped, stop};
pub use data_dir::{DataDir, Environment};
pub use elf::{ElfError, machine_of};
pub use error::InstallError;
pub use find::{Found, Search, Source};
pub use install::{Request, install};
pub use library::check as check_library;
pub use manifest::{Installed, InstalledFile, Manifest, Origin, verify};
pub use python_installs::{PythonInstall, python_installs};
pub use remove::remove;
pub use runtime::{Runtime, python_engines};
pub use venv::install_python;

use nntop_core::unit::Bytes;

/// How far an install is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Another nntop is installing; this one goes on after it.
    Waiting,
    /// pip looks for a package: `onnxruntime==1.31.1`.
    Asking {
        /// Package and version as pip writes them.
        requirement: String,
    },
    /// pip fetches a file.
    Downloading {
        /// The wheel's name.
        file: String,
        /// How much is here.
        done: Bytes,
        /// How much there is, when known.
        total: Option<Bytes>,
    },
    /// pip unpacks what it has fetched into an environment.
    Installing {
        /// How much is there.
        done: Bytes,
    },
    /// Libraries are unpacked and checked.
    Unpacking {
        /// How much is done.
        done: Bytes,
        /// How much there is.
        total: Bytes,
    },
}

/// What a person types to install an engine.
pub fn command_to_type(engine: &str, version: Option<&str>) -> String {
    let version = version.map(|v| format!("=={v}")).unwrap_or_default();
    format!("nntop engine install {engine}{version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_to_type_names_the_version_only_when_asked() {
        assert_eq!(command_to_type("onnxruntime", None), "nntop engine install onnxruntime");
        assert_eq!(command_to_type("onnxruntime", Some("1.19.2")), "nntop engine install onnxruntime==1.19.2");
    }
}
