//! Execution providers by the names that people type: `cuda`, `tensorrt`, `xnnpack`.

/// The name that people type for `TensorrtExecutionProvider`: `tensorrt`.
pub fn short_provider(name: &str) -> String {
    name.strip_suffix("ExecutionProvider").unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtimes_suffix_goes() {
        assert_eq!(short_provider("CPUExecutionProvider"), "cpu");
        assert_eq!(short_provider("NvTensorRTRTXExecutionProvider"), "nvtensorrtrtx");
        assert_eq!(short_provider("cuda"), "cuda");
    }
}
