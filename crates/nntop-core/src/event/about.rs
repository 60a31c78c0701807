//! What the machine has beside its hardware's readings: what people look up before they ask for help.

use serde::{Deserialize, Serialize};

/// A name and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fact {
    /// What: a library, an interface.
    pub name: String,
    /// Its version, its address.
    pub value: String,
}

/// The module's numbers, libraries, addresses. No serial number: streams are passed on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct About {
    /// A Jetson's module by NVIDIA's number: `p3767-0005`.
    #[serde(default)]
    pub module: Option<String>,
    /// The number that is printed on it: `699-13767-0005-300`.
    #[serde(default)]
    pub part_number: Option<String>,
    /// What its GPU's programs are compiled for: `8.7`.
    #[serde(default)]
    pub cuda_arch: Option<String>,
    /// Libraries with their versions, as their files tell.
    #[serde(default)]
    pub libraries: Vec<Fact>,
    /// Network interfaces but loopback, each with its addresses.
    #[serde(default)]
    pub interfaces: Vec<Fact>,
}
