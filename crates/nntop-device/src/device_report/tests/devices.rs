//! Every kind of board as a tree with published names and values, and the snapshot that it has to give.

use super::*;
use serde_json::{Value, json};

pub(super) fn snapshot_of(tree: &Tree) -> Value {
    let mut samplers = Samplers::probe(&tree.root());
    let readings = samplers.sample(Nanos::ZERO);
    let snapshot = Snapshot::take(&samplers, &readings, &samplers.details());
    serde_json::from_str(&snapshot.to_json()).unwrap()
}

/// The state of `tree`, and the rates to what it is a second later with these files.
pub(super) fn rates(tree: &Tree, later: &[(&str, &str)]) -> Value {
    let mut samplers = Samplers::probe(&tree.root());
    let readings = samplers.sample(Nanos::ZERO);
    let mut snapshot = Snapshot::take(&samplers, &readings, &samplers.details());
    later.iter().for_each(|(path, text)| tree.write(path, text));
    let readings = samplers.sample(SECOND);
    snapshot.add_rates(&samplers, &readings, SECOND);
    serde_json::from_str(&snapshot.to_json()).unwrap()
}

/// Everything in `expected` is so in `found`.
#[track_caller]
pub(super) fn holds(found: &Value, expected: Value) {
    let Value::Object(map) = expected else {
        return assert_eq!(*found, expected);
    };
    for (key, value) in map {
        match value {
            Value::Object(_) => holds(&found[&key], value),
            value => assert_eq!(found[&key], value, "{key} in {found:#}"),
        }
    }
}

#[test]
fn jetson_nano() {
    let found = snapshot_of(&tree(include_str!("../../sampler/tests/trees/jetson-nano.tree")));
    holds(
        &found,
        json!({
            "board": "jetson-nano", "vendor": "NVIDIA", "soc": "tegra210", "l4t": "32.7.1", "jetpack": "4.6.1",
            "temps_c": { "CPU-therm": 34.0 }, "temps_bogus": { "PMIC-Die": 100.0 },
            "power_rails": { "POM_5V_IN": { "voltage_mv": 4944, "current_ma": 560, "power_mw": 2729 } },
            "power_total": { "source": "POM_5V_IN", "power_mw": 2729 },
            "gpu": { "load_percent": 34.5, "freq_mhz": 921.6, "max_mhz": 921.6, "min_mhz": 76.8 },
            "emc": { "load_percent": 3.0, "freq_mhz": 204.0, "max_mhz": 1600.0 },
            "fan": { "pwm": 80, "rpm": 1200 },
        }),
    );
    assert!(found["temps_c"]["PMIC-Die"].is_null());
}

#[test]
fn jetson_tx2() {
    let found = snapshot_of(&tree(include_str!("../../sampler/tests/trees/jetson-tx2.tree")));
    holds(
        &found,
        json!({
            "board": "jetson-tx2", "soc": "tegra186", "jetpack": "4.6.2", "cpu": { "logical": 6, "online": 4 },
            "power_total": { "source": "VDD_IN", "power_mw": 2746 },
            "gpu": { "load_percent": 12.0, "freq_mhz": 114.75, "max_mhz": 1300.5 },
            "emc": { "load_percent": 10.0, "freq_mhz": 1866.0 },
            "nvpmodel_mode": 3, "nvpmodel_name": "MAXP_CORE_ARM",
        }),
    );
}

#[test]
fn jetson_xavier() {
    let found = snapshot_of(&tree(include_str!("../../sampler/tests/trees/jetson-xavier.tree")));
    holds(
        &found,
        json!({
            "board": "jetson-agx-xavier", "soc": "tegra194", "jetpack": "5.1.2", "clocks_pinned": true,
            "power_total": { "source": "GPU+CPU+SOC+CV+VDDRQ+SYS5V", "power_mw": 6650 },
            "gpu": { "load_percent": 100.0, "freq_mhz": 1377.0 },
            "engines": { "DLA0": { "on": false }, "DLA1": { "on": true }, "NVDEC": { "freq_mhz": 1190.4 },
                "VIC": { "load_percent": 36.0 } },
            "throttle": { "oc1_event_cnt": 2 },
        }),
    );
}

#[test]
fn jetson_orin() {
    let orin = tree(include_str!("../../sampler/tests/trees/jetson-orin.tree"));
    holds(
        &snapshot_of(&orin),
        json!({
            "board": "jetson-orin-nano", "soc": "tegra234", "l4t": "36.4.3", "jetpack": "6.2", "clocks_pinned": null,
            "gpu": { "load_percent": 77.4, "freq_mhz": 918.0, "min_mhz": 306.0, "max_mhz": 918.0,
                "memory_used_bytes": 566_231_040 },
            "emc": { "load_percent": 22.0, "freq_mhz": 3199.0, "cap_mhz": 3199.0 },
            "fan": { "pwm": 88, "pwm_percent": 34.509_803_921_568_626, "rpm": 1893 },
            "nvpmodel_mode": 2, "nvpmodel_name": "MAXN_SUPER",
            "throttle": { "oc1_event_cnt": 0, "oc1_throt_en": 1, "oc3_event_cnt": 27390 },
        }),
    );
    let mut samplers = Samplers::probe(&orin.root());
    samplers.watch(Slot(0), 42);
    assert_eq!(read(&mut samplers, SECOND)["worker.a.gpu"], Some(540_672.0 * 1024.0));
    assert_eq!(metric(&samplers, "throttle.oc3").unwrap().label, "instantaneous over-current (oc3)");
    // A cap of the power mode: the GPU has 1020 MHz.
    assert_eq!(metric(&samplers, "gpu.clock.max").unwrap().limit, Some(1.02e9));
    let often = samplers.sample_rails(SECOND).unwrap().values.len();
    assert_eq!(often, 3, "the over-current counters are read with the rails");
}

#[test]
fn jetson_thor() {
    let found = snapshot_of(&tree(include_str!("../../sampler/tests/trees/jetson-thor.tree")));
    holds(
        &found,
        json!({
            "board": "jetson-agx-thor", "soc": "tegra264", "l4t": "38.2.0", "jetpack": "7.0",
            "power_total": { "source": "VIN", "power_mw": 31500 },
            "power_rails": { "VIN": { "voltage_mv": 19900, "current_ma": 1580 }, "VDD_GPU": { "power_mw": 5520 } },
            "gpu": { "load_percent": null, "freq_mhz": 1386.0, "min_mhz": 315.0, "max_mhz": 1575.0 },
            "emc": { "freq_mhz": 4266.0 }, "engines": { "NVD": { "freq_mhz": 1200.0 } },
        }),
    );
    assert!(found["unavailable"]["gpu.load"].as_str().unwrap().contains("NVML"));
}

#[test]
fn a_gpu_that_comes_late_is_found_and_declared() {
    let thor = tree(include_str!("../../sampler/tests/trees/jetson-thor.tree"));
    let devfreq = thor.root().path("/sys/class/devfreq");
    let aside = thor.root().path("/sys/class/later");
    fs::rename(&devfreq, &aside).unwrap();
    let mut samplers = Samplers::probe(&thor.root());
    samplers.take_new();
    read(&mut samplers, Nanos::ZERO);
    fs::rename(&aside, &devfreq).unwrap();
    read(&mut samplers, SECOND);
    assert!(samplers.take_new().0.is_empty(), "not each second: looking costs");
    let later = read(&mut samplers, Nanos::from_millis(11_000));
    assert_eq!(later["gpu.clock"], Some(1.386e9));
    let names: Vec<String> = samplers.take_new().0.into_iter().map(|metric| metric.name).collect();
    assert!(names.contains(&"gpu.clock".to_owned()) && !names.contains(&"power.VIN".to_owned()), "{names:?}");
}

#[test]
fn raspberry_pi_4_throttled() {
    let pi = tree(include_str!("../../sampler/tests/trees/raspberry-pi-4.tree"));
    let found = snapshot_of(&pi);
    holds(
        &found,
        json!({
            "board": "raspberry-pi-4", "vendor": "Raspberry Pi", "soc": "bcm2711", "temps_c": { "cpu-thermal": 83.25 },
            "cpu": { "freq_mhz": { "0": 600.0, "3": 600.0 }, "max_mhz": 1500.0 },
            "throttle": { "raw": "0x50005", "under_voltage_now": true, "freq_capped_now": false, "throttled_now": true,
                "soft_temp_limit_now": false, "under_voltage_occurred": true, "freq_capped_occurred": false,
                "throttled_occurred": true, "soft_temp_limit_occurred": false },
            "power_rails": {}, "gpu": null,
        }),
    );
    assert_eq!(Samplers::probe(&pi.root()).sample_rails(SECOND).unwrap().values.len(), 8);
}

#[test]
fn raspberry_pi_5_with_a_weak_supply() {
    let found = snapshot_of(&tree(include_str!("../../sampler/tests/trees/raspberry-pi-5.tree")));
    holds(
        &found,
        json!({
            "board": "raspberry-pi-5", "soc": "bcm2712", "l4t": null, "fan": { "pwm": 75, "rpm": 3314 },
            "throttle": { "under_voltage_now": true, "get_throttled": null }, "power_rails": {}, "gpu": null,
        }),
    );
    assert!(found["unavailable"]["throttle.freq_capped"].as_str().unwrap().contains("/dev/vcio"));
}

#[test]
fn rockchip() {
    let found = snapshot_of(&tree(include_str!("../../sampler/tests/trees/rk3588.tree")));
    holds(
        &found,
        json!({
            "board": "radxa-rock-5b", "vendor": "Rockchip", "soc": "rk3588",
            "gpu": { "load_percent": 37.0, "freq_mhz": 300.0, "max_mhz": 1000.0 },
            "npu": { "load_percent": 30.0, "cores_percent": { "0": 60.0, "1": 30.0, "2": 0.0 }, "freq_mhz": 1000.0 },
            "ddr": { "load_percent": 12.0, "freq_mhz": 528.0, "max_mhz": 2112.0 },
            "rga": { "RGA0 (rga3)": { "load_percent": 3.0 }, "RGA1 (rga2)": { "load_percent": 0.0 } },
            "vpu": { "fdbd0000.rkvenc-core": { "load_percent": 1.5 }, "fdc38100.rkvdec-core": { "load_percent": 0.0 } },
            "throttle": { "active": ["heat (thermal-cpufreq-0)"] },
        }),
    );
    let found = snapshot_of(&tree(include_str!("../../sampler/tests/trees/rk3568.tree")));
    holds(&found, json!({ "soc": "rk3568", "npu": { "load_percent": 12.0, "cores_percent": null } }));
    holds(&found, json!({ "gpu": { "load_percent": 0.0, "freq_mhz": 200.0 } }));
    assert!(found["unavailable"]["engine.RGA"].as_str().unwrap().starts_with("/sys/kernel/debug/rkrga/load: "));
    let found = snapshot_of(&tree(include_str!("../../sampler/tests/trees/rk3576.tree")));
    holds(&found, json!({ "soc": "rk3576", "npu": { "load_percent": 10.0, "freq_mhz": 950.0 } }));
}

#[test]
fn intel() {
    let pc = tree(include_str!("../../sampler/tests/trees/intel.tree"));
    let found = rates(
        &pc,
        &[
            ("/sys/class/drm/card1/gt/gt0/rc6_residency_ms", "1900"),
            ("/sys/class/drm/card2/device/tile0/gt0/gtidle/idle_residency_ms", "4250"),
            ("/sys/class/drm/card2/device/hwmon/hwmon7/energy1_input", "31000000"),
            ("/sys/class/accel/accel0/device/npu_busy_time_us", "1420000"),
        ],
    );
    holds(
        &found,
        json!({
            "vendor": "Intel", "gpu": { "freq_mhz": 300.0, "max_mhz": 1150.0 },
            "npu": { "freq_mhz": 1400.0, "max_mhz": 1800.0, "memory_used_bytes": 10_485_760 },
            "throttle": { "cpu0_core_throttle_count": 10084, "cpu0_package_throttle_count": 34818,
                "cpu0_core_throttle_total_time_ms": 5000, "active": ["GPU held back (pl1)"] },
            "rapl": { "zones": { "intel-rapl:0": "package-0" }, "energy_uj": { "intel-rapl:0": null } },
            "two_samples": { "gpu_load_percent": 10.0, "npu_load_percent": 42.0, "power_mw": { "Intel card2": 30000.0 } },
        }),
    );
    assert_eq!(found["gpus"][1]["freq_mhz"], json!(2000.0));
    assert!(found["unavailable"]["power.package-0"].as_str().unwrap().contains("energy_uj"));
    let samplers = Samplers::probe(&pc.root());
    let counters: Vec<&str> = samplers
        .declarations()
        .iter()
        .filter(|m| m.key.quantity == Quantity::ThrottleEvents)
        .map(|m| m.name.as_str())
        .collect();
    assert_eq!(counters, ["throttle.core.0.events", "throttle.package.0.events"], "two threads of a core are one");
}

#[test]
fn amd() {
    let found = rates(
        &tree(include_str!("../../sampler/tests/trees/amd.tree")),
        &[("/sys/class/powercap/intel-rapl:0/energy_uj", "26000000")],
    );
    holds(
        &found,
        json!({
            "vendor": "AMD", "temps_c": { "amdgpu/edge": 58.0 },
            "gpu": { "load_percent": 63.0, "freq_mhz": 1900.0, "max_mhz": 2700.0, "memory_used_bytes": 1_073_741_824,
                "memory_total_bytes": 8_589_934_592_u64, "gtt_used_bytes": 52_428_800, "memory_load_percent": 21 },
            "two_samples": { "power_mw": { "package-0": 25000.0 }, "power_total_mw_packages_only": 25000.0 },
        }),
    );
}
