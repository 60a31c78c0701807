//! What an event of a trace stands for, by its category.
//!
//! The names are those of Kineto's `ActivityType`, and of what other makers of accelerators add to it by the same pattern:
//! `mlu_memcpy`, `gcu_sync`.

/// What an event stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cat {
    Op,
    Step,
    Annotation,
    Module,
    Function,
    /// A call of the device's runtime: a launch, a copy, a wait.
    Runtime,
    Kernel,
    Copy,
    /// A wait or a range on a device's track.
    Wait,
    /// A category that is not known, by its place among the names.
    Unknown(u32),
}

impl Cat {
    pub(super) fn is_on_device(self) -> bool {
        matches!(self, Self::Kernel | Self::Copy | Self::Wait)
    }

    /// Whether it only encloses what works.
    pub(super) fn is_scope(self) -> bool {
        matches!(self, Self::Step | Self::Annotation | Self::Module)
    }
}

/// What a category says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// An event of this kind.
    Kind(Cat),
    /// Something of this kind on a device of this name.
    Of(&'static str, Cat),
    /// Nothing that counts: copies of the host's annotations, the profiler's own work, spans that are no work.
    Nothing,
    /// A category of no tool that is known.
    Unknown,
}

/// What events of this category and name are, and the name without what differs from call to call.
pub(super) fn of<'a>(category: &str, name: &'a str) -> (Says, &'a str) {
    if name.starts_with("ProfilerStep") && matches!(category, "user_annotation" | "cpu_op" | "Operator" | "") {
        return (Says::Kind(Cat::Step), "ProfilerStep");
    }
    let kind = match category {
        // Versions before 1.12 of PyTorch write the second.
        "cpu_op" | "Operator" | "operator" => Cat::Op,
        // A PyTorch without Kineto writes no category.
        "" if name.starts_with("aten::") => Cat::Op,
        "user_annotation" => Cat::Annotation,
        "python_function" => match name.strip_prefix("nn.Module: ") {
            Some(module) => return (Says::Kind(Cat::Module), module),
            None => Cat::Function,
        },
        "kernel" | "Kernel" => Cat::Kernel,
        "Memset" => Cat::Kernel,
        "Memcpy" => Cat::Copy,
        "Runtime" => Cat::Runtime,
        // A device of Habana; the events are the host's.
        "hpu_op" => return (Says::Of("hpu", Cat::Runtime), name),
        "mtia_ccp_events" => return (Says::Of("mtia", Cat::Kernel), name),
        "overhead" | "Trace" | "cpu_instant_event" | "external_correlation" => return (Says::Nothing, name),
        _ => return (by_pattern(category), name),
    };
    (Says::Kind(kind), name)
}

/// `cuda_runtime`, `gpu_memcpy`, `xpu_sync`: a device, and what is done with it.
fn by_pattern(category: &str) -> Says {
    const KINDS: [(&str, Option<Cat>); 10] = [
        ("_runtime", Some(Cat::Runtime)),
        ("_driver", Some(Cat::Runtime)),
        ("_memcpy", Some(Cat::Copy)),
        ("_memset", Some(Cat::Kernel)),
        ("_sync", Some(Cat::Wait)),
        ("_event", Some(Cat::Wait)),
        ("_notifier", Some(Cat::Wait)),
        ("_profiler_range", Some(Cat::Wait)),
        ("_scope_profiler", Some(Cat::Wait)),
        ("_user_annotation", None),
    ];
    let lower = category.to_ascii_lowercase();
    let found = KINDS.iter().find_map(|(ending, kind)| Some((lower.strip_suffix(ending)?, kind)));
    match found {
        Some((_, None)) => Says::Nothing,
        Some(("gpu", Some(kind))) => Says::Kind(*kind),
        Some((device, Some(kind))) => device_name(device).map_or(Says::Unknown, |device| Says::Of(device, *kind)),
        None => Says::Unknown,
    }
}

/// Accelerators of which Kineto knows, and its forks.
fn device_name(of: &str) -> Option<&'static str> {
    match of {
        "privateuse1" | "glow" => Some("gpu"),
        of => ["cuda", "xpu", "mtia", "hpu", "mlu", "gcu", "musa", "npu"].into_iter().find(|name| *name == of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_tracks_are_no_host_s_and_what_is_not_known_is_neither() {
        let says = |category| of(category, "x").0;
        for category in ["cuda_sync", "cuda_event", "cuda_profiler_range", "xpu_sync", "GCU_SYNC", "mlu_notifier"] {
            assert!(matches!(says(category), Says::Of(_, Cat::Wait)), "{category}");
        }
        assert_eq!(says("mtia_ccp_events"), Says::Of("mtia", Cat::Kernel));
        assert_eq!((says("mlu_memcpy"), says("gpu_memset")), (Says::Of("mlu", Cat::Copy), Says::Kind(Cat::Kernel)));
        assert_eq!(
            (says("cuda_driver"), says("privateuse1_runtime")),
            (Says::Of("cuda", Cat::Runtime), Says::Of("gpu", Cat::Runtime))
        );
        for category in ["gpu_user_annotation", "overhead", "Trace", "external_correlation"] {
            assert_eq!(says(category), Says::Nothing, "{category}");
        }
        for category in ["mtia_insight", "collective_comm", "fwdbwd", "queue_event", "app_runtime", "io"] {
            assert_eq!(says(category), Says::Unknown, "{category}");
        }
        assert_eq!(of("user_annotation", "ProfilerStep#12"), (Says::Kind(Cat::Step), "ProfilerStep"));
        assert_eq!(of("python_function", "nn.Module: Linear_0"), (Says::Kind(Cat::Module), "Linear_0"));
    }
}
