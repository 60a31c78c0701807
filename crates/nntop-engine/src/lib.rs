//! Runs models on ONNX Runtime, OpenVINO, LiteRT and others, and times them.

pub mod engine;
pub mod graph;
pub mod tensor;
pub mod worker;
pub mod workload;
