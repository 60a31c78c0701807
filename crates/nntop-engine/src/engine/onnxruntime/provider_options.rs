//! The options of an execution provider: by `--ep-option` word for word, by `--precision` in its own words, and where it may
//! keep what it has compiled.

use crate::graph;
use crate::sha256::hex;
use nntop_core::event::{EngineOptions, Fault};
use sha2::Digest as _;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Keys and values, by the provider's own names.
pub(super) type Settings = BTreeMap<String, String>;

/// The settings of the provider at this place of `--ep`, without a cache.
///
/// # Errors
/// When it takes none, or cannot compute in the precision that was asked for.
pub(super) fn of(provider: &str, place: usize, options: &EngineOptions) -> Result<Settings, Fault> {
    let mut settings = Settings::new();
    if let Some(precision) = &options.precision {
        match in_words(provider, &precision.to_ascii_lowercase()) {
            Some(own) => settings.extend(own.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))),
            // Those behind the first take what it leaves, as they are.
            None if place > 0 => {}
            None => return Err(no_precision(provider, precision)),
        }
    }
    let own = options.provider_options.iter().filter_map(|(key, value)| match key.split_once(':') {
        Some((whose, key)) => (whose == provider).then(|| (key.to_owned(), value.clone())),
        None => (place == 0).then(|| (key.clone(), value.clone())),
    });
    settings.extend(own);
    match settings.keys().next() {
        Some(key) if !TAKES_NONE.contains(&provider) || (provider, key.as_str()) == ("acl", FAST_MATH) => Ok(settings),
        Some(key) => {
            Err(Fault::input(format!("--ep-option {key}: the execution provider {provider} takes no options")))
        }
        None => Ok(settings),
    }
}

/// Providers that ONNX Runtime's C interface registers without settings, or with numbers that have no names.
const TAKES_NONE: [&str; 6] = ["acl", "migraphx", "nnapi", "rknpu", "tvm", "vsinpu"];

/// The one setting of Arm's Compute Library.
pub(super) const FAST_MATH: &str = "enable_fast_math";

/// A precision in the words of a provider; `None` where it has none for it.
fn in_words(provider: &str, precision: &str) -> Option<&'static [(&'static str, &'static str)]> {
    Some(match (provider, precision) {
        // Its own choice: float32, where the GPU has it on tensor cores with 10 bits of mantissa (TF32).
        ("tensorrt", "f32") => &[("trt_fp16_enable", "0"), ("trt_int8_enable", "0")],
        ("tensorrt", "f16") => &[("trt_fp16_enable", "1")],
        ("tensorrt", "bf16") => &[("trt_bf16_enable", "1")],
        ("tensorrt", "int8") => &[("trt_int8_enable", "1")],
        // Without it products of float32 are TF32 where the GPU has tensor cores for them.
        ("cuda", "f32") => &[("use_tf32", "0")],
        ("cuda", "tf32") => &[("use_tf32", "1")],
        ("openvino", "f32") => &[("precision", "FP32")],
        ("openvino", "f16") => &[("precision", "FP16")],
        ("qnn", "f32") => &[("enable_htp_fp16_precision", "0")],
        ("qnn", "f16") => &[("enable_htp_fp16_precision", "1")],
        _ => return None,
    })
}

fn no_precision(provider: &str, precision: &str) -> Fault {
    const ALL: [&str; 5] = ["f32", "tf32", "f16", "bf16", "int8"];
    let has: Vec<&str> = ALL.into_iter().filter(|p| in_words(provider, p).is_some()).collect();
    let hint = match has.as_slice() {
        [] => "it computes in the model's own types: convert the model, or see --ep-option for its own settings".into(),
        has => format!("it has: {}", has.join(", ")),
    };
    Fault::input(format!("--precision {precision}: the execution provider {provider} has no such precision")).hint(hint)
}

/// The precision that settings say, for the first provider; absent where they do not.
pub(super) fn precision(provider: &str, settings: &Settings) -> Option<String> {
    let on = |key: &str| settings.get(key).is_some_and(|v| v == "1" || v.eq_ignore_ascii_case("true"));
    let named = match provider {
        "tensorrt" if on("trt_int8_enable") => "int8",
        "tensorrt" if on("trt_fp16_enable") => "f16",
        "tensorrt" if on("trt_bf16_enable") => "bf16",
        "qnn" if on("enable_htp_fp16_precision") => "f16",
        "openvino" => match settings.get("precision").map(String::as_str) {
            Some("FP16") => "f16",
            Some("FP32") => "f32",
            _ => return None,
        },
        _ => return None,
    };
    Some(named.to_owned())
}

/// The folder where a provider keeps what it compiles of this model: another for each content of its files and each version
/// of ONNX Runtime. TensorRT's own names for its files do not follow the weights.
pub(super) fn cache_folder(cache: &Path, provider: &str, model: &str, version: &str) -> Option<PathBuf> {
    let file = graph::read(Path::new(model)).ok()?;
    let mut hasher = sha2::Sha256::new();
    hasher.update(version);
    hasher.update(&file.sha256);
    for data in &file.data_files {
        // Gigabytes: their size and time stand for them.
        let about = std::fs::metadata(data).ok()?;
        let changed = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        hasher.update(about.len().to_le_bytes());
        hasher.update(changed.as_nanos().to_le_bytes());
    }
    let digest = hasher.finalize();
    let short = hex(&digest[..8]);
    let stem = Path::new(model).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Some(cache.join(provider).join(format!("{stem}-{short}")))
}

/// TensorRT's caches: engines take minutes to build, and the times of its kernels make even a new build shorter. What was
/// said by hand stays.
pub(super) fn keep(settings: &mut Settings, folder: &Path) {
    let folder = folder.display().to_string();
    for (key, value) in [
        ("trt_engine_cache_enable", "1"),
        ("trt_engine_cache_path", &folder),
        ("trt_timing_cache_enable", "1"),
        ("trt_timing_cache_path", &folder),
    ] {
        settings.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    }
}

/// Whether TensorRT has kept an engine in this folder.
pub(super) fn has_engine(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| path.extension().is_some_and(|e| e == "engine"))
}

/// `a=1;b=2`, as ONNX Runtime writes settings.
pub(super) fn parse(text: &str) -> Settings {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(precision: Option<&str>, own: &[(&str, &str)]) -> EngineOptions {
        let provider_options = own.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        EngineOptions { precision: precision.map(String::from), provider_options, ..EngineOptions::default() }
    }

    fn pairs(settings: &Settings) -> Vec<(&str, &str)> {
        settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect()
    }

    #[test]
    fn a_precision_is_said_in_the_providers_words() {
        let of = |provider, precision| of(provider, 0, &asked(Some(precision), &[]));
        assert_eq!(pairs(&of("tensorrt", "F16").unwrap()), [("trt_fp16_enable", "1")]);
        assert_eq!(pairs(&of("tensorrt", "int8").unwrap()), [("trt_int8_enable", "1")]);
        assert_eq!(pairs(&of("cuda", "f32").unwrap()), [("use_tf32", "0")]);
        assert_eq!(pairs(&of("openvino", "f16").unwrap()), [("precision", "FP16")]);
        let fault = of("cuda", "int8").unwrap_err();
        assert!(fault.message.contains("--precision int8") && fault.hint.unwrap().contains("f32, tf32"));
        assert!(of("xnnpack", "f16").unwrap_err().hint.unwrap().contains("the model's own types"));
    }

    #[test]
    fn options_go_to_the_first_provider_or_to_the_one_that_is_named() {
        let options = asked(Some("f16"), &[("trt_dla_enable", "1"), ("cuda:device_id", "1")]);
        let first = of("tensorrt", 0, &options).unwrap();
        assert_eq!(pairs(&first), [("trt_dla_enable", "1"), ("trt_fp16_enable", "1")]);
        assert_eq!(pairs(&of("cuda", 1, &options).unwrap()), [("device_id", "1")]);
        // What is said word for word wins.
        let word = asked(Some("f16"), &[("trt_fp16_enable", "0")]);
        assert_eq!(pairs(&of("tensorrt", 0, &word).unwrap()), [("trt_fp16_enable", "0")]);
    }

    #[test]
    fn a_provider_without_options_says_so() {
        let fault = of("rknpu", 0, &asked(None, &[("core", "1")])).unwrap_err();
        assert!(fault.message.contains("--ep-option core") && fault.message.contains("rknpu"), "{fault:?}");
        assert!(of("acl", 0, &asked(None, &[(FAST_MATH, "1")])).is_ok());
        assert!(of("acl", 0, &asked(None, &[("threads", "1")])).is_err());
    }

    #[test]
    fn what_settings_mean_is_read_from_them() {
        let said = parse("device_id=0;trt_fp16_enable=1;trt_engine_cache_path=/a b;empty=;");
        assert_eq!(precision("tensorrt", &said).as_deref(), Some("f16"));
        assert_eq!((said["trt_engine_cache_path"].as_str(), said["empty"].as_str()), ("/a b", ""));
        assert_eq!(precision("tensorrt", &parse("trt_fp16_enable=0")), None);
        assert_eq!(precision("cuda", &parse("use_tf32=1")), None, "not every GPU has it");
    }

    #[test]
    fn engines_are_kept_by_the_content_of_the_model_and_the_version() {
        let model = format!("{}/../../assets/demo/digits-fp32.onnx", env!("CARGO_MANIFEST_DIR"));
        let other = model.replace("fp32", "int8");
        let folder = |model: &str, version| cache_folder(Path::new("/cache"), "tensorrt", model, version).unwrap();
        let a = folder(&model, "1.31.1");
        assert!(a.starts_with("/cache/tensorrt") && a == folder(&model, "1.31.1"));
        assert!(a != folder(&model, "1.30.0") && a != folder(&other, "1.31.1"));
        let mut settings = parse("trt_engine_cache_enable=0");
        keep(&mut settings, &a);
        assert_eq!(
            (settings["trt_engine_cache_enable"].as_str(), settings["trt_timing_cache_enable"].as_str()),
            ("0", "1")
        );
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_engine(folder.path()));
        std::fs::write(folder.path().join("graph_0_fp16_sm87.engine"), "x").unwrap();
        assert!(has_engine(folder.path()));
    }
}
