//! The table is whole, and what is typed comes out where it belongs.

use super::*;
use crate::unit::Bytes;

fn set(parts: &[(&str, &str)]) -> Result<VariantSpec, String> {
    let mut spec = VariantSpec::default();
    for (key, value) in parts {
        let (row, name) = Row::of_key(key).ok_or("unknown key")?;
        row.set(&mut spec, name, value)?;
    }
    Ok(spec)
}

#[test]
fn rows_stand_in_the_order_of_the_settings_and_are_complete() {
    for (i, row) in ROWS.iter().enumerate() {
        assert_eq!(row.setting as usize, i, "{:?}", row.setting);
        let words = [row.flag, row.key, row.value_name, row.help, row.title, row.default];
        assert!(words.iter().all(|word| !word.is_empty()), "{:?}", row.setting);
        assert_eq!(Row::of_key(&format!("{}.x", row.key)).is_some(), row.values.is_named(), "{:?}", row.setting);
    }
    let mut names: Vec<&str> =
        ROWS.iter().flat_map(|r| [r.flag].into_iter().chain(r.alias).chain(r.hidden.iter().copied())).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a name means one setting: {names:?}");
}

#[test]
fn nothing_is_set_at_first_and_every_setting_shows_what_it_was_set_to() {
    let mut options = EngineOptions::default();
    assert_eq!(ROWS.iter().filter_map(|row| row.shown(&options)).collect::<Vec<_>>(), Vec::<String>::new());
    for (key, value, shown) in [
        ("engine-path", "lib.so", "lib.so"),
        ("threads", "2", "2"),
        ("ep", "cuda+cpu", "cuda+cpu"),
        ("ep-option.trt_dla_enable", "1", "trt_dla_enable=1"),
        ("ep-library.openvino", "/lib/ov.so", "openvino=/lib/ov.so"),
        ("session-option.session.set_denormal_as_zero", "1", "session.set_denormal_as_zero=1"),
        ("property.ENABLE_CPU_PINNING", "NO", "ENABLE_CPU_PINNING=NO"),
        ("device", "HETERO:GPU+CPU", "HETERO:GPU,CPU"),
        ("hint", "latency", "latency"),
        ("num-streams", "4", "4"),
        ("infer-precision", "bf16", "bf16"),
        ("kernels", "builtin", "builtin"),
        ("graph-opt", "basic", "basic"),
        ("batch-size", "8", "8"),
        ("dim.N", "3", "N=3"),
        ("shape.x", "1x3x8x8", "x:1×3×8×8"),
        ("input", "a.npy", "a.npy"),
        ("seed", "7", "7"),
        ("cpus", "0+2-3", "0,2-3"),
        ("cpu-quota", "7%", "7 %"),
        ("edge", "pi4", "pi4 (simulation)"),
        ("memory-limit", "256M", "268 MB"),
    ] {
        let spec = set(&[(key, value)]).unwrap();
        let rows: Vec<(Setting, String)> =
            ROWS.iter().filter_map(|row| Some((row.setting, row.shown(&spec.options)?))).collect();
        let (row, _) = Row::of_key(key).unwrap();
        assert_eq!(rows, [(row.setting, shown.to_owned())], "{key}={value}");
        assert!(row.setting.is_set(&spec.options));
        options = spec.options;
    }
    assert_eq!(options.memory_limit, Some(Bytes(256 << 20)));
    assert_eq!(phrases(&options), ["at most 268 MB"]);
    assert_eq!(
        set(&[("engine", "openvino")]).unwrap().engine,
        VariantSpec { engine: "openvino".into(), ..Default::default() }.engine
    );
}

#[test]
fn what_cannot_be_is_refused_with_what_is_expected() {
    let wrong = |key: &str, value: &str| set(&[(key, value)]).unwrap_err();
    assert_eq!(wrong("threads", "0"), "expected a number of threads from 1 to 1024");
    assert_eq!(wrong("num-streams", "many"), "expected a number of streams from 1 to 1024");
    assert_eq!(wrong("batch", "0"), "expected a number of samples above zero");
    assert_eq!(wrong("graph-opt", "some"), "expected one of disable, basic, extended, all");
    assert!(
        wrong("cpu-quota", "0%").contains("at least 1") && wrong("memory-limit", "1X").contains("not a unit of size")
    );
    for (key, value) in
        [("cpus", "3-1"), ("cpus", "0-99999"), ("ep", "cuda,"), ("device", ""), ("seed", "-1"), ("dim.N", "x")]
    {
        assert!(set(&[(key, value)]).is_err(), "{key}={value}");
    }
    assert!(["colour", "dim", "dim.", "ep-option", "ep-option."].iter().all(|key| Row::of_key(key).is_none()));
    assert!(keys().starts_with("engine, engine-path, threads") && keys().contains("dim.NAME"));
}

#[test]
fn options_have_names_and_several_values_where_the_row_says_so() {
    let read = |setting: Setting, typed: &'static str| setting.row().read(typed);
    assert_eq!(read(Setting::Batch, "1,8"), Ok(("", vec!["1", "8"])));
    assert_eq!(read(Setting::Dim, "a=b=1,8"), Ok(("a=b", vec!["1", "8"])));
    assert_eq!(read(Setting::Shape, "input:0:1,3,8,8"), Ok(("input:0", vec!["1,3,8,8"])));
    assert_eq!(read(Setting::ProviderOptions, "cuda:use_tf32=0"), Ok(("cuda:use_tf32", vec!["0"])));
    assert_eq!(read(Setting::ProviderOptions, "device_id|1"), Ok(("device_id", vec!["1"])));
    assert_eq!(read(Setting::SessionOptions, "a.b=c=d;e"), Ok(("a.b", vec!["c=d;e"])));
    assert!(read(Setting::SessionOptions, "a.b=").is_err() && read(Setting::Properties, "A").is_err());
    assert_eq!(read(Setting::Device, "HETERO:GPU,CPU"), Ok(("", vec!["HETERO:GPU,CPU"])));
    for (setting, typed) in [
        (Setting::Batch, "1,"),
        (Setting::Threads, "1;2"),
        (Setting::Dim, "batch"),
        (Setting::Dim, "batch="),
        (Setting::Dim, "batch=1,"),
        (Setting::Shape, "1,3,8,8"),
        (Setting::ProviderOptions, "=1"),
    ] {
        assert!(read(setting, typed).is_err(), "{setting:?} {typed}");
    }
}
