//! Reads operator profiles: ONNX Runtime, PyTorch, TensorRT, OpenVINO, LiteRT, perf and others.

pub mod op_trace;
