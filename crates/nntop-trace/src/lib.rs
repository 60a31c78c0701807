//! Reads operator profiles: ONNX Runtime, PyTorch, TensorRT, OpenVINO, LiteRT, perf and others.

#![doc = include_str!("../README.md")]

pub mod op_trace;
