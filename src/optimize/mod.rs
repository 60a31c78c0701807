//! Writing variants of a model: quantized, pruned, fused, in half precision. ONNX Runtime's own tools do it, in Python; here is what
//! they are asked, what they are fed with, and what they answer.

mod request;
mod samples;
mod script;
mod staging;
mod written;

pub use request::{Method, Pattern, Quantization, Settings, Step, Wanted, wanted};
pub use samples::{InputSource, Samples};
pub use script::{Failed, Heard, run};
pub use staging::Staging;
pub use written::{Agreement, Layer, Original, Refused, Variant, Written};
