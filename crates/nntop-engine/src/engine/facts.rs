//! What a runtime says about itself when it is asked.

use serde::{Deserialize, Serialize};

/// What a library says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Its version.
    pub version: String,
    /// What it can run on. Of ONNX Runtime the execution providers that it was built with, in its own words: whether
    /// their libraries and devices are there shows only when a session is built. Of the others the devices found here.
    pub providers: Vec<String>,
}
