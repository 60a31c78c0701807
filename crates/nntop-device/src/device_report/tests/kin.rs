//! Boards that are kin to those of public reports: made here, so that every machine tests them. What they say is by the
//! kernel's documentation; the values are plain ones.

use super::devices::{holds, rates, snapshot_of};
use super::*;
use crate::device_report::{PartState, parts};
use serde_json::json;

#[test]
fn a_machine_s_power_is_the_sum_of_all_that_adds_up() {
    let pc = tree(
        "/sys/class/powercap/intel-rapl:0/name = package-0\n\
         /sys/class/powercap/intel-rapl:0/energy_uj = 1000000\n\
         /sys/class/powercap/intel-rapl:0/max_energy_range_uj = 262143328850\n\
         /sys/class/powercap/intel-rapl:0:0/name = core\n\
         /sys/class/powercap/intel-rapl:0:0/energy_uj = 500000\n\
         /sys/class/powercap/intel-rapl:0:0/max_energy_range_uj = 262143328850\n\
         /sys/class/drm/card0/device/uevent = DRIVER=amdgpu\\nPCI_SLOT_NAME=0000:03:00.0\\n\n\
         /sys/class/drm/card0/device/gpu_busy_percent = 50\n\
         /sys/class/drm/card0/device/hwmon/hwmon4/name = amdgpu\n\
         /sys/class/drm/card0/device/hwmon/hwmon4/power1_average = 200000000\n\
         /sys/class/drm/card0/device/hwmon/hwmon4/power1_cap = 300000000\n\
         /sys/class/drm/card0/device/hwmon/hwmon4/fan1_input = 1500\n\
         /sys/class/hwmon/hwmon4 -> ../drm/card0/device/hwmon/hwmon4\n",
    );
    let found = rates(
        &pc,
        &[
            ("/sys/class/powercap/intel-rapl:0/energy_uj", "51000000"),
            ("/sys/class/powercap/intel-rapl:0:0/energy_uj", "30500000"),
        ],
    );
    let total = &found["two_samples"]["power_total"];
    assert_eq!(total["power_mw"], 250_000, "the cores are within their package: {total}");
    assert_eq!(total["source"], "amdgpu card0 power1+package-0");
    // Before there is a second reading, the sum is not the part that is known.
    assert!(found["power_total"].is_null() && found["unavailable"]["power_total"].is_string());
    holds(&found, json!({ "gpu": { "pci": "0000:03:00.0", "power_mw": 200_000, "fan_rpm": 1500 } }));
}

#[test]
fn a_processor_s_graphics_are_within_its_package() {
    let apu = "/sys/class/powercap/intel-rapl:0/name = package-0\n\
         /sys/class/powercap/intel-rapl:0/energy_uj = 1000000\n\
         /sys/class/powercap/intel-rapl:0/max_energy_range_uj = 262143328850\n\
         /sys/class/drm/card1/device/uevent = DRIVER=amdgpu\\n\n\
         /sys/class/drm/card1/device/hwmon/hwmon4/name = amdgpu\n\
         /sys/class/drm/card1/device/hwmon/hwmon4/power1_input = 9000000\n\
         /sys/class/drm/card1/device/hwmon/hwmon4/in1_label = vddnb\n\
         /sys/class/hwmon/hwmon4 -> ../drm/card1/device/hwmon/hwmon4\n";
    let found = rates(&tree(apu), &[("/sys/class/powercap/intel-rapl:0/energy_uj", "13000000")]);
    let total = json!({ "two_samples": { "power_total": { "source": "package-0", "power_mw": 12_000 } } });
    holds(&found, total);
}

#[test]
fn rails_of_a_whole_module_add_up_however_many() {
    let rail = |n: u32, label: &str, ma: u32| {
        format!(
            "/sys/class/hwmon/hwmon3/in{n}_label = {label}\n/sys/class/hwmon/hwmon3/in{n}_input = 20000\n\
             /sys/class/hwmon/hwmon3/curr{n}_input = {ma}\n"
        )
    };
    let orin = format!(
        "/sys/class/hwmon/hwmon3/name = ina3221\n{}{}{}",
        rail(1, "VDD_GPU_SOC", 500),
        rail(2, "VDD_CPU_CV", 250),
        rail(3, "VIN_SYS_5V0", 100)
    );
    let found = snapshot_of(&tree(&orin));
    let total = json!({ "source": "VDD_GPU_SOC+VDD_CPU_CV+VIN_SYS_5V0", "power_mw": 17_000 });
    holds(&found, json!({ "power_total": total }));
}

#[test]
fn a_battery_is_no_rail_whatever_its_chip_is_called() {
    for chip in ["BAT0", "CMB0", "macsmc_battery", "sbs_5_000b", "max17042_battery", "ucsi_source_psy_USBC000:001"] {
        let found = snapshot_of(&tree(&format!(
            "/sys/class/hwmon/hwmon1/name = {chip}\n/sys/class/hwmon/hwmon1/power1_input = 8500000\n"
        )));
        assert_eq!(found["power_rails"], json!({}), "{chip}");
    }
    // One of no known name, by the class that it stands in.
    let found = snapshot_of(&tree(
        "/sys/devices/platform/gauge/power_supply/main/hwmon/hwmon1/name = main\n\
         /sys/devices/platform/gauge/power_supply/main/hwmon/hwmon1/power1_input = 8500000\n\
         /sys/class/hwmon/hwmon1 -> ../../devices/platform/gauge/power_supply/main/hwmon/hwmon1\n",
    ));
    assert_eq!(found["power_rails"], json!({}));
}

/// Two batteries: one gives, the other one rests.
const TWO: &str = "/sys/class/power_supply/BAT0/type = Battery\n\
    /sys/class/power_supply/BAT0/status = Not charging\n\
    /sys/class/power_supply/BAT0/capacity = 90\n\
    /sys/class/power_supply/BAT0/energy_now = 18000000\n\
    /sys/class/power_supply/BAT0/energy_full = 20000000\n\
    /sys/class/power_supply/BAT0/power_now = 0\n\
    /sys/class/power_supply/BAT1/type = Battery\n\
    /sys/class/power_supply/BAT1/status = Discharging\n\
    /sys/class/power_supply/BAT1/capacity = 10\n\
    /sys/class/power_supply/BAT1/energy_now = 6000000\n\
    /sys/class/power_supply/BAT1/energy_full = 60000000\n\
    /sys/class/power_supply/BAT1/power_now = 0\n\
    /sys/class/power_supply/BAT1/current_now = -700000\n\
    /sys/class/power_supply/BAT1/voltage_now = 11800000\n";

#[test]
fn each_battery_has_its_own_charge_and_its_own_watts() {
    let found = snapshot_of(&tree(TWO));
    holds(
        &found,
        json!({ "battery": {
            "power_w": 8.26, "capacity_percent": 30, "status": "Discharging",
            "batteries": {
                "BAT0": { "capacity_percent": 90, "power_w": 0.0, "status": "Not charging" },
                "BAT1": { "capacity_percent": 10, "power_w": 8.26 },
            },
        } }),
    );
    holds(&found, json!({ "power_total": { "source": "battery BAT0+battery BAT1", "power_mw": 8260 } }));
    let two = tree(TWO);
    let mut samplers = Samplers::probe(&two.root());
    let now = read(&mut samplers, SECOND);
    assert_eq!((now["battery.BAT1.charge"], now["power.battery.BAT0"]), (Some(10.0), Some(0.0)));
}

#[test]
fn a_battery_that_charges_says_why_it_tells_nothing() {
    let found = snapshot_of(&tree(
        "/sys/class/power_supply/BAT0/type = Battery\n/sys/class/power_supply/BAT0/status = Charging\n\
         /sys/class/power_supply/BAT0/power_now = 30000000\n",
    ));
    assert!(found["battery"]["power_w"].is_null());
    let why = found["unavailable"]["power.battery"].as_str().unwrap();
    assert!(why.contains("Charging") && why.contains("while a battery discharges"), "{why}");
}

/// A card of Intel's with these counters.
fn arc(counters: &str) -> Tree {
    let chip = "/sys/class/drm/card1/device/hwmon/hwmon7";
    let counters = counters.replace("CHIP", chip);
    tree(&format!("/sys/class/drm/card1/device/uevent = DRIVER=xe\\n\n{chip}/name = xe\n{counters}"))
}

#[test]
fn a_card_that_counts_its_package_alone_has_that_power() {
    let card = arc("CHIP/energy2_input = 1000000\nCHIP/energy2_label = pkg\n");
    let counter = "/sys/class/drm/card1/device/hwmon/hwmon7/energy2_input";
    let found = rates(&card, &[(counter, "31000000")]);
    holds(&found, json!({ "two_samples": { "power_total": { "source": "Intel card1", "power_mw": 30_000 } } }));
    let scope = found["two_samples"]["power_total"]["scope"].as_str().unwrap();
    assert!(scope.contains("package"), "{scope}");
}

#[test]
fn a_card_s_package_is_within_the_card() {
    let card =
        arc("CHIP/energy1_input = 0\nCHIP/energy1_label = card\nCHIP/energy2_input = 0\nCHIP/energy2_label = pkg\n");
    let directory = "/sys/class/drm/card1/device/hwmon/hwmon7";
    let (one, two) = (format!("{directory}/energy1_input"), format!("{directory}/energy2_input"));
    let found = rates(&card, &[(&one, "100000000"), (&two, "70000000")]);
    holds(
        &found,
        json!({ "two_samples": {
            "power_total": { "source": "Intel card1", "power_mw": 100_000 },
            "power_mw": { "Intel card1": 100_000.0, "Intel card1 pkg": 70_000.0 },
        } }),
    );
}

#[test]
fn what_exceeds_the_limit_beside_it_is_no_reading_and_no_energy() {
    let card = arc("CHIP/energy1_input = 0\nCHIP/power1_crit = 328000000\n");
    let path = "/sys/class/drm/card1/device/hwmon/hwmon7/energy1_input";
    let mut samplers = Samplers::probe(&card.root());
    let mut at = |second: u64, microjoules: &str| {
        card.write(path, microjoules);
        let now = read(&mut samplers, Nanos::from_millis(second * 1000));
        (now["gpu.card1.power"], now["gpu.card1.energy"])
    };
    assert_eq!(at(0, "0"), (None, Some(0.0)));
    assert_eq!(at(1, "100000000"), (Some(100.0), Some(100.0)));
    assert_eq!(at(2, "3968000000"), (None, None), "3868 W where the hardware shuts down at 328");
    assert_eq!(at(3, "4068000000"), (Some(100.0), Some(200.0)), "what could not be is in no sum");
    let absent = samplers.absences().iter().find(|absent| absent.name == "gpu.card1.power").unwrap();
    for word in ["3868 W", "328 W", "power1_crit"] {
        assert!(absent.reason.contains(word), "{}", absent.reason);
    }
}

#[test]
fn a_sensor_in_another_unit_is_caught_by_its_own_limit() {
    let chip = |watts: &str| {
        tree(&format!(
            "/sys/class/hwmon/hwmon0/name = ina226\n/sys/class/hwmon/hwmon0/power1_max = 20000000\n\
             /sys/class/hwmon/hwmon0/power1_input = {watts}\n"
        ))
    };
    holds(&snapshot_of(&chip("12000000")), json!({ "power_rails": { "ina226/power1": { "power_mw": 12_000 } } }));
    // A little above what it is held to can be.
    holds(&snapshot_of(&chip("24000000")), json!({ "power_rails": { "ina226/power1": { "power_mw": 24_000 } } }));
    let found = snapshot_of(&chip("12000000000"));
    assert!(found["power_rails"]["ina226/power1"]["power_mw"].is_null());
    assert!(found["unavailable"]["power.ina226/power1"].as_str().unwrap().contains("power1_max"));
}

#[test]
fn channels_without_names_go_by_number_and_two_chips_by_their_addresses() {
    let chip = |address: &str, n: u32| {
        let directory = format!("/sys/devices/platform/i2c/i2c-1/{address}/hwmon/hwmon{n}");
        format!(
            "{directory}/name = ina3221\n{directory}/in1_input = 5000\n{directory}/curr1_input = {n}00\n\
             /sys/class/hwmon/hwmon{n} -> ../../devices/platform/i2c/i2c-1/{address}/hwmon/hwmon{n}\n"
        )
    };
    let one = snapshot_of(&tree(&chip("1-0040", 1)));
    holds(&one, json!({ "power_rails": { "ina3221/channel 1": { "power_mw": 500, "current_ma": 100 } } }));
    let two = snapshot_of(&tree(&format!("{}{}", chip("1-0040", 1), chip("1-0041", 2))));
    holds(
        &two,
        json!({ "power_rails": {
            "ina3221/channel 1 (1-0040)": { "power_mw": 500, "current_ma": 100 },
            "ina3221/channel 1 (1-0041)": { "power_mw": 1000, "current_ma": 200 },
        } }),
    );
}

#[test]
fn figures_of_one_card_come_from_that_card() {
    let card = |n: u32, pci: &str| {
        let directory = format!("/sys/class/drm/card{n}/device");
        format!(
            "{directory}/uevent = DRIVER=amdgpu\\nPCI_SLOT_NAME={pci}\\n\n{directory}/product_name = Radeon\n\
             {directory}/gpu_busy_percent = {n}0\n{directory}/hwmon/hwmon{n}/name = amdgpu\n\
             {directory}/hwmon/hwmon{n}/temp1_label = edge\n{directory}/hwmon/hwmon{n}/temp1_input = {n}0000\n\
             {directory}/hwmon/hwmon{n}/fan1_input = {n}000\n{directory}/hwmon/hwmon{n}/pwm1 = 51\n\
             {directory}/hwmon/hwmon{n}/power1_average = {n}0000000\n\
             {directory}/hwmon/hwmon{n}/power1_label = PPT\n\
             /sys/class/hwmon/hwmon{n} -> ../drm/card{n}/device/hwmon/hwmon{n}\n"
        )
    };
    let pc = tree(&format!("{}{}", card(1, "0000:03:00.0"), card(2, "0000:2f:00.0")));
    let found = snapshot_of(&pc);
    for (at, n, pci) in [(0, 1, "0000:03:00.0"), (1, 2, "0000:2f:00.0")] {
        let card = format!("card{n}");
        holds(
            &found["gpus"][at],
            json!({
                "card": card, "pci": pci, "name": format!("Radeon ({card})"), "load_percent": f64::from(n * 10),
                "power_mw": n * 10_000, "fan_rpm": n * 1000, "fan_percent": 20.0,
                "temps_c": { "edge": f64::from(n * 10) },
            }),
        );
        holds(&found["power_rails"][format!("amdgpu {card} PPT")], json!({ "power_mw": n * 10_000 }));
    }
    holds(&found, json!({ "power_total": { "source": "amdgpu card1 PPT+amdgpu card2 PPT", "power_mw": 30_000 } }));
    holds(&found["fans"], json!({ "amdgpu card2/fan1": { "rpm": 2000 } }));
    let mut samplers = Samplers::probe(&pc.root());
    let readings = samplers.sample(SECOND);
    let text = openmetrics(&host_info(&pc.root()), &samplers, &readings, SECOND);
    assert!(text.contains("nntop_power_watts{rails=\"amdgpu card1 PPT+amdgpu card2 PPT\""), "{text}");
    for line in ["nntop_fan_speed_rpm{fan=\"amdgpu card1/fan1\"} 1000", "{fan=\"amdgpu card2/fan1\"} 2000"] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[test]
fn the_fan_that_turns_is_the_machine_s() {
    let board = tree(
        "/sys/class/hwmon/hwmon2/name = nct6793\n/sys/class/hwmon/hwmon2/fan1_input = 0\n\
         /sys/class/hwmon/hwmon2/pwm1 = 128\n/sys/class/hwmon/hwmon2/fan2_input = 857\n\
         /sys/class/hwmon/hwmon2/pwm2 = 96\n",
    );
    let found = snapshot_of(&board);
    holds(&found, json!({ "fan": { "rpm": 857, "pwm": 96 } }));
    holds(&found["fans"], json!({ "nct6793/fan1": { "rpm": 0, "pwm": 128 } }));
}

/// A container with half a CPU and 512 MiB on a machine with four CPUs, its files those of the cgroup's version.
fn container(files: &str) -> Tree {
    let cpus: String = (0..4).map(|n| format!("cpu{n} 100 0 0 100 0 0 0 0 0 0\\n")).collect();
    tree(&format!(
        "/proc/stat = cpu 400 0 0 400 0 0 0 0 0 0\\n{cpus}\n/sys/devices/system/cpu/online = 0-3\n\
         /proc/meminfo = MemTotal: 8000000 kB\\nMemFree: 1000000 kB\\nMemAvailable: 4000000 kB\\n\n{files}"
    ))
}

#[test]
fn a_container_is_measured_by_what_it_may_use() {
    let unified = "/sys/fs/cgroup/cgroup.controllers = cpu memory\n/sys/fs/cgroup/cpu.max = 50000 100000\n\
        /sys/fs/cgroup/cpu.stat = usage_usec 1000000\\nnr_periods 100\\nnr_throttled 7\\nthrottled_usec 5000\\n\n\
        /sys/fs/cgroup/memory.max = 536870912\n/sys/fs/cgroup/memory.current = 300000000\n\
        /sys/fs/cgroup/memory.stat = anon 1\\ninactive_file 100000000\\n\n";
    let older = "/sys/fs/cgroup/cpu/cpu.cfs_quota_us = 50000\n/sys/fs/cgroup/cpu/cpu.cfs_period_us = 100000\n\
        /sys/fs/cgroup/cpu/cpu.stat = nr_periods 100\\nnr_throttled 7\\nthrottled_time 5000000\\n\n\
        /sys/fs/cgroup/cpuacct/cpuacct.usage = 1000000000\n\
        /sys/fs/cgroup/memory/memory.limit_in_bytes = 536870912\n\
        /sys/fs/cgroup/memory/memory.usage_in_bytes = 300000000\n\
        /sys/fs/cgroup/memory/memory.stat = total_inactive_file 100000000\\n\n";
    let on_the_machine = "/proc/self/cgroup = 0::/system.slice/docker-0123.scope\n\
        /sys/fs/cgroup/cgroup.controllers = cpu memory\n\
        /sys/fs/cgroup/system.slice/docker-0123.scope/cpu.max = 50000 100000\n\
        /sys/fs/cgroup/system.slice/docker-0123.scope/cpu.stat = usage_usec 1000000\\nnr_periods 100\\nnr_throttled 7\\n\n\
        /sys/fs/cgroup/system.slice/docker-0123.scope/memory.max = 536870912\n\
        /sys/fs/cgroup/system.slice/docker-0123.scope/memory.current = 200000000\n";
    let later = [
        (
            unified,
            "/sys/fs/cgroup/cpu.stat",
            "usage_usec 1400000\nnr_periods 110\nnr_throttled 9\nthrottled_usec 5000\n",
        ),
        (older, "/sys/fs/cgroup/cpuacct/cpuacct.usage", "1400000000"),
        (
            on_the_machine,
            "/sys/fs/cgroup/system.slice/docker-0123.scope/cpu.stat",
            "usage_usec 1400000\nnr_periods 100\nnr_throttled 7\n",
        ),
    ];
    for (files, path, text) in later {
        let found = rates(&container(files), &[(path, text)]);
        holds(
            &found,
            json!({
                "cpu": { "limit": 0.5 },
                "memory": { "limit_bytes": 536_870_912, "used_bytes": 200_000_000, "total_bytes": 8_192_000_000_u64 },
                "throttle": { "cgroup_event_cnt": 7 },
            }),
        );
        let load = found["two_samples"]["cpu_load_percent"]["all"].as_f64().unwrap();
        assert!((load - 80.0).abs() < 1e-6, "0.4 of 0.5 CPUs: {load} with {files}");
    }
}

#[test]
fn a_machine_without_limits_is_no_container() {
    let free = "/sys/fs/cgroup/cgroup.controllers = cpu memory\n/sys/fs/cgroup/cpuset.cpus.effective = 0-3\n\
        /proc/self/cgroup = 0::/user.slice/run.scope\n/sys/fs/cgroup/user.slice/run.scope/cpu.max = 10000 100000\n";
    let older = "/sys/fs/cgroup/cpu/cpu.cfs_quota_us = -1\n/sys/fs/cgroup/cpu/cpu.cfs_period_us = 100000\n\
        /sys/fs/cgroup/memory/memory.limit_in_bytes = 9223372036854771712\n\
        /sys/fs/cgroup/memory/memory.usage_in_bytes = 1\n";
    for files in [free, older] {
        let found = snapshot_of(&container(files));
        assert!(found["cpu"]["limit"].is_null() && found["memory"]["limit_bytes"].is_null());
        assert_eq!(found["memory"]["used_bytes"], 4_096_000_000_u64);
    }
}

#[test]
fn a_pinned_container_has_as_many_cpus_as_its_set() {
    let set = "/sys/fs/cgroup/cgroup.controllers = cpuset cpu\n/sys/fs/cgroup/cpuset.cpus.effective = 1-2\n\
        /sys/fs/cgroup/cpu.stat = usage_usec 1000000\n";
    let found = rates(&container(set), &[("/sys/fs/cgroup/cpu.stat", "usage_usec 2000000\n")]);
    holds(&found, json!({ "cpu": { "limit": 2.0 }, "two_samples": { "cpu_load_percent": { "all": 50.0 } } }));
}

#[test]
fn a_jetson_in_a_container_is_known_by_its_own_files() {
    for (gpu, load) in [("17000000.gv11b", "257"), ("17000000.ga10b", "774"), ("17000000.gpu", "0")] {
        let found = snapshot_of(&tree(&format!(
            "/sys/class/devfreq/{gpu}/cur_freq = 918000000\n/sys/class/devfreq/{gpu}/device/load = {load}\n\
             /sys/devices/soc0/family = Tegra\n/sys/devices/soc0/soc_id = 35\n\
             /sys/devices/soc0/machine = NVIDIA Jetson Orin Nano\n"
        )));
        let percent = load.parse::<f64>().unwrap() / 10.0;
        holds(&found, json!({ "gpu": { "load_percent": percent, "freq_mhz": 918.0 }, "vendor": "NVIDIA" }));
        holds(&found, json!({ "soc": "tegra234", "model": "NVIDIA Jetson Orin Nano" }));
    }
}

#[test]
fn a_pi_in_a_container_shows_its_flags() {
    // The file lies below different parents, by the kernel's age.
    for parent in ["soc/soc:firmware", "soc@0/soc:firmware", "soc@107c000000/soc@107c000000:firmware"] {
        let found = snapshot_of(&tree(&format!("/sys/devices/platform/{parent}/get_throttled = 50005\n")));
        holds(&found, json!({ "throttle": { "raw": "0x50005", "under_voltage_now": true, "throttled_now": true } }));
    }
    let found =
        snapshot_of(&tree("/proc/cpuinfo = processor\\t: 0\\n\\nModel\\t\\t: Raspberry Pi 5 Model B Rev 1.0\\n\n"));
    holds(
        &found,
        json!({ "vendor": "Raspberry Pi", "board": "raspberry-pi-5", "throttle": { "get_throttled": null } }),
    );
    let why = found["unavailable"]["throttle.throttled"].as_str().unwrap();
    assert!(why.contains("--device /dev/vcio"), "{why}");
}

/// How each kind of part stands on a machine.
fn stands(tree: &Tree) -> BTreeMap<&'static str, (PartState, String)> {
    let mut samplers = Samplers::probe(&tree.root());
    let readings = samplers.sample(SECOND);
    let value = |id| readings.values.iter().find(|(of, _)| *of == id).and_then(|(_, value)| *value);
    let lines = parts(&samplers, value);
    lines.into_iter().map(|line| (line.name, (line.state, [line.read, line.lacks].concat().join("; ")))).collect()
}

#[test]
fn every_kind_of_part_has_one_of_three_answers_or_a_reading() {
    let none = stands(&tree("/proc/stat = cpu 1 0 0 1\\n\n"));
    assert_eq!(none.len(), 14);
    for name in ["GPU", "neural processor", "power rails", "battery", "fan", "throttling", "temperatures"] {
        let (state, why) = &none[name];
        assert!(*state == PartState::Absent && why.contains("/sys/") || name == "throttling", "{name}: {why}");
    }
    let there = stands(&tree(
        "/sys/class/accel/accel0/device/uevent = DRIVER=amdxdna\\n\n/sys/class/accel/accel0/device/vbnv = RyzenAI-npu4\n\
         /sys/class/drm/card0/device/uevent = DRIVER=nouveau\\n\n/sys/class/drm/card0/device/vendor = 0x10de\n\
         /sys/class/drm/card1/device/uevent = DRIVER=ast\\n\n/sys/class/drm/card1/device/vendor = 0x1a03\n\
         /sys/class/powercap/intel-rapl:0/name = package-0\n/sys/class/powercap/intel-rapl:0/energy_uj !\n\
         /sys/class/hwmon/hwmon0/name = ina219\n/sys/class/hwmon/hwmon0/power1_input = 176000\n",
    ));
    let unsupported = |name: &str, words: &[&str]| {
        let (state, why) = &there[name];
        assert_eq!(*state, PartState::Unsupported, "{name}: {why}");
        words.iter().for_each(|word| assert!(why.contains(word), "{name}: {why}"));
    };
    unsupported("GPU", &["card0", "nouveau"]);
    unsupported("neural processor", &["amdxdna", "RyzenAI-npu4", "ioctl"]);
    assert!(!there["GPU"].1.contains("ast"), "a display controller is no GPU: {}", there["GPU"].1);
    assert_eq!(there["processor energy"].0, PartState::Unreadable, "{}", there["processor energy"].1);
    assert_eq!(there["power rails"].0, PartState::Read);
}
