//! What a row of the catalogue says about an engine.

use super::{EngineKind, Setting};
use crate::unit::Bytes;
use serde::{Deserialize, Serialize};

/// An engine, as far as it is known without loading it.
#[derive(Debug)]
pub struct Entry {
    /// Which engine.
    pub kind: EngineKind,
    /// What is typed and stored.
    pub name: &'static str,
    /// Other names for it, which are understood and not stored.
    pub aliases: &'static [&'static str],
    /// What it calls itself.
    pub title: &'static str,
    /// Where it is described, for reports.
    pub link: Option<&'static str>,
    /// The model files that it reads.
    pub formats: &'static [Format],
    /// The settings that it takes besides those that all engines take.
    pub settings: &'static [Setting],
    /// Why it takes neither `--ep` nor `--device`, for those that do not.
    pub runs_on: Option<&'static str>,
    /// How its operators are profiled.
    pub profile: OperatorProfile,
    /// What its worker is written in.
    pub worker: WorkerLanguage,
    /// Where it comes from.
    pub source: Source,
    /// What may follow its name and a colon.
    pub argument: Option<&'static str>,
}

impl Entry {
    /// Whether it takes a setting that only some engines take. One that runs no model files takes all: there is nothing that they could change.
    pub fn takes(&self, setting: Setting) -> bool {
        self.formats.is_empty() || self.settings.contains(&setting)
    }

    /// The files that it reads, in words: `.onnx, .xml with .bin, .tflite`.
    pub fn reads(&self) -> String {
        let one = |f: &Format| match f.note {
            "" => format!(".{}", f.extension),
            note => format!(".{} {note}", f.extension),
        };
        self.formats.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// How this version of it is profiled, in words.
    pub fn profiles(&self, version: &str) -> String {
        match (self.profile.of(version), &self.profile) {
            (Profiler::Inference, _) => "operators, within the running session".into(),
            (Profiler::Session, OperatorProfile::Session { reason }) => {
                format!("operators, in a second session: {reason}")
            }
            (Profiler::Session, _) => "operators, in a second session".into(),
            (Profiler::None | Profiler::Other, _) => "no operators".into(),
        }
    }
}

/// A format of model files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// The ending of its files, lower-case, without the dot.
    pub extension: &'static str,
    /// Whether a file of this ending is for this engine where none is named.
    pub is_own: bool,
    /// What has to be said about it: `with .bin`.
    pub note: &'static str,
}

/// How a runtime can be profiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profiler {
    /// Not at all, as far as nntop knows.
    #[default]
    None,
    /// Single inferences of the running session.
    Inference,
    /// Only a whole session from its begin: it takes a second one, in a process of its own.
    Session,
    /// A way of a newer version.
    #[serde(other)]
    Other,
}

/// How the operators of an engine are profiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorProfile {
    /// Not at all.
    None,
    /// Within the running session.
    Inference,
    /// Within the running session from this version (major, minor) on; before it, in a session of its own.
    InferenceSince(u32, u32),
    /// In a session of its own.
    Session {
        /// Why not within the running one.
        reason: &'static str,
    },
}

impl OperatorProfile {
    /// How this version is profiled.
    pub fn of(&self, version: &str) -> Profiler {
        match *self {
            Self::None => Profiler::None,
            Self::Inference => Profiler::Inference,
            Self::Session { .. } => Profiler::Session,
            Self::InferenceSince(major, minor) => {
                let mut parts = version.split(['.', '-', '+']).map(|p| p.parse::<u32>().unwrap_or(0));
                let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
                if found >= (major, minor) { Profiler::Inference } else { Profiler::Session }
            }
        }
    }
}

/// What the worker of an engine is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerLanguage {
    /// The program itself is the worker.
    Rust,
    /// An interpreter that has the engine's package runs the worker.
    Python,
}

/// Where an engine comes from.
#[derive(Debug)]
pub enum Source {
    /// A library that is loaded at run time.
    Library(Library),
    /// A Python package.
    Python(PythonPackage),
    /// Part of the program.
    BuiltIn {
        /// The Cargo feature that it takes.
        feature: Option<&'static str>,
    },
}

impl Source {
    /// Whether a package of this name brings it, a vendor's own build included.
    pub fn has_package(&self, name: &str) -> bool {
        match self {
            Self::Library(library) => library.package(name).is_some() || library.is_vendors_build(name),
            Self::Python(package) => package.name == name,
            Self::BuiltIn { .. } => false,
        }
    }

    /// The library, where it is one.
    pub const fn library(&self) -> Option<&Library> {
        match self {
            Self::Library(library) => Some(library),
            _ => None,
        }
    }

    /// The Python package, where it is one.
    pub const fn python(&self) -> Option<&PythonPackage> {
        match self {
            Self::Python(package) => Some(package),
            _ => None,
        }
    }
}

/// A runtime's library, and the packages of PyPI that bring it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Library {
    /// The packages that bring it, and no look-alikes; the plain one first.
    pub packages: &'static [Package],
    /// Whether vendors publish builds of it as the first package's name, `-` and a name of theirs. They are used where
    /// they are found and installed from a wheel that is given; they are not fetched.
    pub has_vendor_builds: bool,
    /// The first version whose wheel holds a library that nntop can load.
    pub oldest: &'static str,
    /// The library's name up to its version.
    pub file: &'static str,
    /// The environment variable that names a library.
    pub variable: &'static str,
    /// The Python module of its packages.
    pub module: &'static str,
    /// The folder of the libraries in the module's; empty where they lie in it.
    pub subfolder: &'static str,
    /// Folders in one that a person names, where the library may lie.
    pub places: &'static [&'static str],
    /// What of a wheel is unpacked.
    pub unpack: Unpack,
}

impl Library {
    /// The package of this name.
    pub fn package(&self, name: &str) -> Option<&'static Package> {
        self.packages.iter().find(|p| p.name == name)
    }

    /// Whether a package of this name is a vendor's build of it, or one of its own packages.
    pub fn is_vendors_build(&self, name: &str) -> bool {
        let plain = self.packages.first().map_or("", |p| p.name);
        self.has_vendor_builds && name.strip_prefix(plain).is_some_and(|rest| rest.starts_with('-'))
    }

    /// The package that brings an execution provider, where the plain one does not.
    pub fn bringing(&self, provider: &str) -> Option<&'static Package> {
        self.packages.iter().find(|p| p.providers.contains(&provider))
    }
}

/// A package of PyPI.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Package {
    /// Its name.
    pub name: &'static str,
    /// The version that is installed where none is named: one that was tried. `None` is the newest.
    pub version: Option<&'static str>,
    /// Execution providers that it brings and the plain package does not.
    pub providers: &'static [&'static str],
}

/// Which files of a wheel, in the folder of its libraries, run models outside of Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unpack {
    /// All shared libraries, but none whose name begins like this.
    Libraries {
        /// The beginning of the names of Python's own modules; empty where there are none.
        but: &'static str,
    },
    /// The runtime's library alone.
    LibraryOnly,
}

/// A Python package that drives a runtime, or is a tool of nntop's.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct PythonPackage {
    /// Its name.
    pub name: &'static str,
    /// What the environment is called that it is installed into: what people type to install it.
    pub environment: &'static str,
    /// The newest version that is installed where none is asked for; absent where that is the newest there is.
    pub newest: Option<&'static str>,
    /// Packages that it needs and does not ask for.
    pub also: &'static [&'static str],
    /// A line of Python that fails where it cannot run models.
    pub try_out: &'static str,
    /// What installing it takes, about, in words.
    pub needs: &'static str,
    /// What installing it takes on the disk, at most, about.
    pub space: Bytes,
}
