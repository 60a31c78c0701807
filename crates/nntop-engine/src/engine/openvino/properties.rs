//! What a model is compiled with, and what came of it: every setting is asked for or read back.

use super::core::Core;
use nntop_core::event::{EngineInfo, EngineOptions, Fault, short_provider};
use std::collections::BTreeMap;

/// Devices that share work out among others; no plugin lists them.
pub(super) const VIRTUAL: [&str; 3] = ["AUTO", "HETERO", "MULTI"];

/// What is read back after compiling.
pub(super) const READ_BACK: [&str; 8] = [
    "PERFORMANCE_HINT",
    "EXECUTION_MODE_HINT",
    "INFERENCE_PRECISION_HINT",
    "NUM_STREAMS",
    "INFERENCE_NUM_THREADS",
    "ENABLE_CPU_PINNING",
    "OPTIMAL_NUMBER_OF_INFER_REQUESTS",
    "EXECUTION_DEVICES",
];

const HINTS: [&str; 3] = ["latency", "throughput", "cumulative_throughput"];

const PRECISIONS: [&str; 3] = ["f32", "f16", "bf16"];

/// What a model is compiled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// `CPU`, `AUTO`, `HETERO:GPU,CPU`.
    pub(super) device: String,
    /// Properties by OpenVINO's names.
    pub(super) properties: Vec<(String, String)>,
}

impl Wanted {
    /// From what was asked for; what was not is left to OpenVINO.
    pub(super) fn of(core: &Core, options: &EngineOptions, profiled: bool) -> Result<Self, Fault> {
        let device = options.device.as_deref().unwrap_or("CPU").to_ascii_uppercase();
        let devices = core.sys.devices().map_err(|why| Fault::run(format!("OpenVINO lists no devices: {why}")))?;
        check_device(&device, &devices, &core.version)?;
        let mut properties = options.properties.clone();
        let mut own = |option: &str, key: &str, value: Option<String>| match value {
            // Two options for one property: which of them were to hold?
            Some(_) if options.properties.contains_key(key) => {
                Err(Fault::input(format!("--property {key} and {option} are the same")))
            }
            Some(value) => {
                properties.insert(key.to_owned(), value);
                Ok(())
            }
            None => Ok(()),
        };
        let hint = one_of("--hint", options.hint.as_deref(), &HINTS)?;
        own("--hint", "PERFORMANCE_HINT", hint.map(|hint| hint.to_ascii_uppercase()))?;
        own("--num-streams", "NUM_STREAMS", options.num_streams.map(|n| n.to_string()))?;
        own("--threads", "INFERENCE_NUM_THREADS", options.threads.map(|n| n.to_string()))?;
        let precision = one_of("--precision", options.precision.as_deref(), &PRECISIONS)?;
        own("--precision", "INFERENCE_PRECISION_HINT", precision)?;
        let mut properties: Vec<(String, String)> = properties.into_iter().collect();
        if profiled {
            properties.retain(|(key, _)| key != "PERF_COUNT");
            properties.push(("PERF_COUNT".into(), "YES".into()));
        }
        Ok(Self { device, properties })
    }
}

fn one_of(option: &str, given: Option<&str>, known: &[&str]) -> Result<Option<String>, Fault> {
    let Some(given) = given.map(str::to_ascii_lowercase) else { return Ok(None) };
    if known.contains(&given.as_str()) {
        return Ok(Some(given));
    }
    Err(Fault::input(format!("{option} {given}: OpenVINO has no such value"))
        .hint(format!("it has: {}", known.join(", "))))
}

/// Whether a device is one that was found here; of `AUTO:GPU,CPU` every one that it names.
fn check_device(device: &str, found: &[String], version: &str) -> Result<(), Fault> {
    if found.is_empty() {
        return Err(Fault::input(format!(
            "OpenVINO {version} finds no device at all: libopenvino_intel_cpu_plugin.so is not beside it, or does not load"
        ))
        .hint("an installation that is whole has it: nntop engine install openvino"));
    }
    let (first, rest) = device.split_once(':').unwrap_or((device, ""));
    let named = if VIRTUAL.contains(&first) { rest } else { device };
    // `-GPU` leaves a device out; `GPU` is the first of several; `CPU(4)` has a number of requests.
    let plain = |d: &str| d.trim().trim_start_matches('-').split('(').next().unwrap_or_default().to_owned();
    let is_found =
        |d: &String| found.iter().any(|f| f == d || f.strip_prefix(d.as_str()).is_some_and(|r| r.starts_with('.')));
    let missing = named.split(',').map(plain).filter(|d| !d.is_empty()).find(|d| !is_found(d));
    let Some(missing) = missing else { return Ok(()) };
    let what = if missing == device { String::new() } else { format!(" {missing}") };
    Err(Fault::input(format!("--device {device}: OpenVINO {version} finds no such device{what} here")).hint(format!(
        "it finds: {}, and {} of them; GPU and NPU need Intel's drivers",
        found.join(", "),
        VIRTUAL.join(", ")
    )))
}

/// What the compiled model says of itself, as the engine's facts.
pub(super) fn fill(info: &mut EngineInfo, device: &str, settings: BTreeMap<String, String>) {
    let devices = settings.get("EXECUTION_DEVICES").map(String::as_str).unwrap_or(device);
    // AUTO puts the device that helps out until the other has compiled in parentheses.
    let plain = |d: &str| short_provider(d.trim().trim_matches(['(', ')', '[', ']']));
    info.providers = devices.split([',', ' ']).map(plain).filter(|d| !d.is_empty()).collect();
    info.threads = settings.get("INFERENCE_NUM_THREADS").and_then(|n| n.parse().ok()).filter(|n| *n > 0);
    info.precision = settings.get("INFERENCE_PRECISION_HINT").filter(|p| !p.is_empty() && *p != "dynamic").cloned();
    info.settings = settings;
}

/// Whether all work is on processors, whose counters are means since the model was compiled.
pub(super) fn on_cpu(info: &EngineInfo) -> bool {
    !info.providers.is_empty() && info.providers.iter().all(|p| p.starts_with("cpu"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_before_anything_is_compiled() {
        let found = ["CPU".to_owned(), "GPU.0".to_owned(), "GPU.1".to_owned()];
        for device in ["CPU", "GPU", "GPU.1", "AUTO", "HETERO:GPU,CPU", "AUTO:-GPU.0,CPU", "MULTI:CPU(2)"] {
            assert_eq!(check_device(device, &found, "2026.4.1"), Ok(()), "{device}");
        }
        let error = check_device("HETERO:NPU,CPU", &found, "2026.4.1").unwrap_err();
        assert!(error.message.contains("NPU") && error.hint.unwrap().contains("GPU.1"), "{}", error.message);
        assert!(check_device("TPU", &found, "2026.4.1").is_err());
        let error = check_device("CPU", &[], "2026.4.1").unwrap_err();
        assert!(error.message.contains("intel_cpu_plugin"), "{}", error.message);
    }

    #[test]
    fn what_came_of_it_is_read_back() {
        let mut info = EngineInfo::default();
        let pairs =
            [("EXECUTION_DEVICES", "(CPU)"), ("INFERENCE_NUM_THREADS", "2"), ("INFERENCE_PRECISION_HINT", "bf16")];
        fill(&mut info, "AUTO", pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        assert_eq!(
            (info.providers, info.threads, info.precision.as_deref()),
            (vec!["cpu".to_owned()], Some(2), Some("bf16"))
        );
    }

    #[test]
    fn words_that_openvino_does_not_know_are_refused() {
        assert_eq!(one_of("--hint", Some("Latency"), &HINTS), Ok(Some("latency".into())));
        assert!(one_of("--precision", Some("int4"), &PRECISIONS).unwrap_err().hint.unwrap().contains("bf16"));
    }
}
