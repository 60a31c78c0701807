//! Boards from public reports: the right value in JSON, in the text, in the exporter and on the page, or the reason why there is
//! none. The trees are made here from what the reports say; recorded ones are looked at, too, where they are.

use crate::support::{nntop, run};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A recorded board, where there are some.
fn recorded(case: &str) -> Option<PathBuf> {
    let root = std::env::var_os("NNTOP_TEST_DATA")?;
    Some(PathBuf::from(root).join("field/devices").join(case)).filter(|path| path.is_dir())
}

/// A tree of these files below `root`, and of those a second later below `t1`.
fn tree(files: &[(&str, &str)], later: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (state, files) in [("root", files), ("t1", later)] {
        fs::create_dir(folder.path().join(state)).unwrap();
        for (path, text) in files {
            let path = folder.path().join(state).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    folder
}

/// `nntop monitor --once` of a case, in a format.
#[track_caller]
fn once(case: &Path, format: &str) -> String {
    let mut command = nntop();
    command.args(["monitor", "--once", "--format", format, "--dt", "1s", "--sysroot"]).arg(case.join("root"));
    if case.join("t1").is_dir() {
        command.arg("--sysroot-next").arg(case.join("t1"));
    }
    run(&mut command).ok().stdout.clone()
}

#[track_caller]
fn json(case: &Path) -> Value {
    serde_json::from_str(&once(case, "json")).unwrap()
}

#[track_caller]
fn doctor(case: &Path) -> String {
    run(nntop().args(["doctor", "--sysroot"]).arg(case.join("root"))).ok().stdout.clone()
}

/// The made tree, and the recorded one where it is.
fn cases(made: &TempDir, case: &str) -> Vec<PathBuf> {
    [Some(made.path().to_owned()), recorded(case)].into_iter().flatten().collect()
}

#[track_caller]
fn reason<'a>(found: &'a Value, name: &str) -> &'a str {
    found["unavailable"][name].as_str().unwrap_or_else(|| panic!("no reason for {name}: {:#}", found["unavailable"]))
}

#[test]
fn a_zone_in_whole_degrees_is_read_in_degrees() {
    let made = tree(
        &[
            ("sys/class/thermal/thermal_zone0/type", "cpu_thermal_zone\n"),
            ("sys/class/thermal/thermal_zone0/temp", "31\n"),
        ],
        &[],
    );
    for case in cases(&made, "allwinner-legacy-degrees") {
        assert_eq!(json(&case)["temps_c"]["cpu_thermal_zone"], 31.0);
        assert!(once(&case, "text").contains("cpu_thermal_zone  31.0 °C\n"));
        assert!(doctor(&case).contains("31.0 °C"));
    }
}

#[test]
fn three_units_on_one_board_and_a_charge_that_is_no_temperature() {
    let zone = |n: u32, kind: &str, value: &str| {
        let at = format!("sys/class/thermal/thermal_zone{n}");
        [(format!("{at}/type"), kind.to_owned()), (format!("{at}/temp"), value.to_owned())]
    };
    let zones = [
        zone(0, "soc", "50"),
        zone(1, "cpu-0-0-usr", "36500"),
        zone(2, "xo-therm-usr", "35"),
        zone(3, "gpuss-0-usr", "366"),
    ];
    let mut files: Vec<(&str, &str)> =
        zones.iter().flatten().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.extend([
        ("sys/class/kgsl/kgsl-3d0/gpu_busy_percentage", "12 %\n"),
        ("sys/class/kgsl/kgsl-3d0/gpuclk", "305000000\n"),
        ("sys/class/kgsl/kgsl-3d0/max_gpuclk", "587000000\n"),
    ]);
    let made = tree(&files, &[]);
    for case in cases(&made, "qualcomm-vendor-zones-mixed-units") {
        let found = json(&case);
        let temps = &found["temps_c"];
        assert_eq!(
            (&temps["xo-therm-usr"], &temps["gpuss-0-usr"], &temps["cpu-0-0-usr"]),
            (&35.0.into(), &36.6.into(), &36.5.into())
        );
        assert!(temps["soc"].is_null() && reason(&found, "temp.soc").contains("percent"), "{found:#}");
        let gpu = &found["gpu"];
        assert_eq!(
            (&gpu["load_percent"], &gpu["freq_mhz"], &gpu["max_mhz"]),
            (&12.0.into(), &305.0.into(), &587.0.into())
        );
    }
}

#[test]
fn an_input_that_nothing_is_connected_to_is_in_no_comparison() {
    let made = tree(
        &[
            ("sys/class/hwmon/hwmon0/name", "iwlwifi\n"),
            ("sys/class/hwmon/hwmon0/temp1_input", "38000\n"),
            ("sys/class/hwmon/hwmon2/name", "nct6793\n"),
            ("sys/class/hwmon/hwmon2/temp1_label", "SYSTIN\n"),
            ("sys/class/hwmon/hwmon2/temp1_input", "118000\n"),
            ("sys/class/hwmon/hwmon2/temp2_label", "CPUTIN\n"),
            ("sys/class/hwmon/hwmon2/temp2_input", "28500\n"),
            ("sys/class/hwmon/hwmon2/temp3_label", "AUXTIN0\n"),
            ("sys/class/hwmon/hwmon2/temp3_input", "-60000\n"),
            ("sys/class/hwmon/hwmon2/temp4_label", "AUXTIN1\n"),
            ("sys/class/hwmon/hwmon2/temp4_input", "127000\n"),
            ("sys/class/hwmon/hwmon2/temp9_label", "PCH_CHIP_TEMP\n"),
            ("sys/class/hwmon/hwmon2/temp9_input", "0\n"),
        ],
        &[],
    );
    for case in cases(&made, "asrock-z270-systin-118") {
        let found = json(&case);
        let temps = found["temps_c"].as_object().unwrap();
        let hottest = temps.iter().max_by(|a, b| a.1.as_f64().unwrap().total_cmp(&b.1.as_f64().unwrap())).unwrap();
        assert_eq!((hottest.0.as_str(), hottest.1), ("iwlwifi/temp1", &38.0.into()));
        assert_eq!(temps["nct6793/CPUTIN"], 28.5);
        for open in ["SYSTIN", "AUXTIN0", "AUXTIN1", "PCH_CHIP_TEMP"] {
            assert!(!temps.contains_key(&format!("nct6793/{open}")));
            assert!(reason(&found, &format!("temp.nct6793/{open}")).contains("not connected"), "{open}");
        }
        let csv = once(&case, "csv");
        assert!(!csv.contains("118") && !csv.contains("127"), "{csv}");
    }
}

const NET: &str = "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";

#[test]
fn only_what_has_hardware_is_added_up() {
    let net = |scale: u64| {
        let line = |name: &str, rx: u64, tx: u64| {
            format!("{name}: {} 9 0 0 0 0 0 0 {} 9 0 0 0 0 0 0\n", rx * scale, tx * scale)
        };
        let lines = [
            line("eth0", 10_000_000, 200_000),
            line("docker0", 200_000, 10_000_000),
            line("veth1a2b3c4", 200_000, 10_000_000),
            line("bond0", 10_000_000, 200_000),
            line("eth0.7", 10_000_000, 200_000),
            line("tun0", 10_000_000, 200_000),
        ];
        format!("{NET}{}", lines.concat())
    };
    let disks = |scale: u64| {
        let line = |name: &str| format!(" 8 0 {name} 1 0 {} 1 1 0 {} 1 0 0 0\n", 2_000 * scale, 1_000 * scale);
        ["sda", "sda1", "nvme0c0n1", "nvme0n1", "nvme0n1p1", "dm-0", "md0", "bcache0", "zd0", "drbd0"]
            .map(line)
            .concat()
    };
    let (first, later) = ((net(1), disks(1)), (net(2), disks(2)));
    let made = tree(
        &[("proc/net/dev", &first.0), ("proc/diskstats", &first.1)],
        &[("proc/net/dev", &later.0), ("proc/diskstats", &later.1)],
    );
    for case in cases(&made, "docker-host-network") {
        let rates = &json(&case)["two_samples"]["net_bytes_per_s"];
        assert_eq!((&rates["receive"], &rates["transmit"]), (&10_000_000.0.into(), &200_000.0.into()), "{rates}");
        let said = doctor(&case);
        assert!(said.contains("receive bytes of eth0; not of") && said.contains("docker0"), "{said}");
    }
    let csv = once(made.path(), "csv");
    let mut table = csv::Reader::from_reader(csv.as_bytes());
    let at = |name: &str| csv.lines().next().unwrap().split(',').position(|head| head == name).unwrap();
    let (read, written) = (at("disk.read_bytes_per_second"), at("disk.write_bytes_per_second"));
    let row = table.records().next().unwrap().unwrap();
    assert_eq!((&row[read], &row[written]), ("2048000", "1024000"), "sda and the path of the NVMe: {csv}");
}

#[test]
fn a_driver_s_constant_is_no_load() {
    let files = |load: &'static str| {
        [
            ("sys/firmware/devicetree/base/compatible", "rockchip,rk3588s-orangepi-5\0rockchip,rk3588\0"),
            ("sys/class/devfreq/fdab0000.npu/governor", "rknpu_ondemand\n"),
            ("sys/class/devfreq/fdab0000.npu/load", load),
            ("sys/class/devfreq/fdab0000.npu/cur_freq", "1000000000\n"),
            ("sys/class/devfreq/fdbd0000.rkvenc-core/load", "100@800000000Hz\n"),
            ("sys/class/devfreq/fdbd0000.rkvenc-core/cur_freq", "800000000\n"),
        ]
    };
    let debugfs = "sys/kernel/debug/rknpu/load";
    for (case, load) in [("rk3588-npu-devfreq-always-100", "100@1000000000Hz\n"), ("rk3588-npu-devfreq-empty", "")] {
        let mut first = files(load).to_vec();
        first.push((debugfs, "NPU load:  Core0:  0%, Core1:  0%, Core2:  0%,\n"));
        let made = tree(&first, &[(debugfs, "NPU load:  Core0: 86%, Core1: 84%, Core2: 61%,\n")]);
        for case in cases(&made, case) {
            let found = json(&case);
            assert_eq!(
                (&found["npu"]["load_percent"], &found["two_samples"]["npu_load_percent"]),
                (&0.0.into(), &77.0.into())
            );
            assert_eq!(found["soc"], "rk3588s");
            assert!(found["engines"]["RKVENC"]["load_percent"].is_null(), "{found:#}");
        }
        let without = tree(&files(load), &[]);
        let found = json(without.path());
        assert!(found["npu"]["load_percent"].is_null() && reason(&found, "npu.load").contains(debugfs), "{found:#}");
    }
    // A GPU of another maker that says 100 at its lowest clock, and one that is suspended.
    let gpu = |more: (&'static str, &'static str)| {
        tree(
            &[
                ("sys/class/devfreq/ff9a0000.gpu/load", "100@200000000Hz\n"),
                ("sys/class/devfreq/ff9a0000.gpu/governor", "simple_ondemand\n"),
                ("sys/class/devfreq/ff9a0000.gpu/cur_freq", "200000000\n"),
                ("sys/class/devfreq/ff9a0000.gpu/max_freq", "800000000\n"),
                more,
            ],
            &[],
        )
    };
    for (more, why) in [
        (("sys/class/devfreq/ff9a0000.gpu/min_freq", "200000000\n"), "lowest clock"),
        (("sys/class/devfreq/ff9a0000.gpu/device/power/runtime_status", "suspended\n"), "suspended"),
    ] {
        let found = json(gpu(more).path());
        assert!(found["gpu"]["load_percent"].is_null() && reason(&found, "gpu.load").contains(why), "{found:#}");
    }
    let busy = gpu(("sys/class/devfreq/ff9a0000.gpu/min_freq", "100000000\n"));
    assert_eq!(json(busy.path())["gpu"]["load_percent"], 100.0, "one that has been raised may be busy");
}

#[test]
fn a_raspberry_pi_s_gpu_has_the_load_of_its_busiest_queue() {
    let stats = |time: u64, bin: u64, render: u64| {
        format!("queue\ttimestamp\tjobs\truntime\nbin\t{time}\t5\t{bin}\nrender\t{time}\t5\t{render}\n")
    };
    let path = "sys/class/drm/card0/device/gpu_stats";
    let (first, later) =
        (stats(1_000_000_000_000, 500_000_000, 5_000_000_000), stats(1_001_000_000_000, 560_000_000, 5_600_000_000));
    let made = tree(&[("sys/class/drm/card0/device/uevent", "DRIVER=v3d\n"), (path, &first)], &[(path, &later)]);
    for case in cases(&made, "pi5-v3d-gpu-usage") {
        let found = json(&case);
        assert_eq!(found["two_samples"]["gpu_load_percent"], 60.0, "{found:#}");
        assert!(once(&case, "text").contains("gpu load    60 %\n") || once(&case, "text").contains("gpu load  60 %\n"));
    }
}

#[test]
fn nxp_s_units_and_memory_clock_are_read() {
    let made = tree(
        &[
            ("sys/class/devfreq/3d400000.memory-controller/cur_freq", "4000000000\n"),
            ("sys/class/devfreq/3d400000.memory-controller/max_freq", "4000000000\n"),
            ("sys/kernel/debug/gc/load", "gpu  load  ... core0 : 12%\nnpu core : 83%\n"),
        ],
        &[],
    );
    for case in cases(&made, "imx8mp-galcore-ddr") {
        let found = json(&case);
        assert_eq!(
            (&found["ddr"]["freq_mhz"], &found["npu"]["load_percent"], &found["gpu"]["load_percent"]),
            (&4000.0.into(), &83.0.into(), &12.0.into())
        );
    }
    let shut = tree(&[("sys/module/galcore/version", "6.4\n")], &[]);
    let found = json(shut.path());
    assert!(reason(&found, "npu.load").contains("galcore: /sys/kernel/debug/gc/load"), "{found:#}");
}

#[test]
fn neural_processors_that_tell_no_load_are_named() {
    let made = tree(
        &[
            ("sys/class/accel/accel0/device/uevent", "DRIVER=amdxdna\n"),
            ("sys/class/accel/accel0/device/vbnv", "RyzenAI-npu4\n"),
        ],
        &[],
    );
    for case in cases(&made, "ryzen-ai-amdxdna-96gb") {
        let found = json(&case);
        let why = found["unavailable"].as_object().unwrap().iter().find(|(name, _)| name.starts_with("npu"));
        let why = why.and_then(|(_, why)| why.as_str()).unwrap();
        assert!(["RyzenAI-npu4", "amdxdna", "ioctl"].iter().all(|word| why.contains(word)), "{why}");
        assert!(doctor(&case).contains("RyzenAI-npu4"));
    }
    let made = tree(
        &[
            ("sys/class/hailo_chardev/hailo0/board_location", "0000:01:00.0\n"),
            ("sys/class/apex/apex_0/temp", "45800\n"),
        ],
        &[],
    );
    let said = doctor(made.path());
    assert!(
        ["Hailo at 0000:01:00.0", "hailortcli", "Coral Edge TPU", "45.8 °C"].iter().all(|word| said.contains(word)),
        "{said}"
    );
}

#[test]
fn an_amd_gpu_without_a_clock_in_hwmon_has_that_of_its_state() {
    let made = tree(
        &[
            ("sys/class/drm/card0/device/uevent", "DRIVER=amdgpu\n"),
            ("sys/class/drm/card0/device/gpu_busy_percent", "3\n"),
            ("sys/class/drm/card0/device/pp_dpm_sclk", "0: 300Mhz \n1: 600Mhz *\n2: 1257Mhz \n"),
            ("sys/class/drm/card0/device/pp_dpm_mclk", "0: 300Mhz \n1: 1750Mhz *\n"),
        ],
        &[],
    );
    let gpu = &json(made.path())["gpu"];
    assert_eq!(
        (&gpu["freq_mhz"], &gpu["max_mhz"], &gpu["memory_freq_mhz"]),
        (&600.0.into(), &1257.0.into(), &1750.into())
    );
}

#[test]
fn sensors_that_cannot_be_and_cores_of_risc_v() {
    let made = tree(
        &[
            ("sys/class/hwmon/hwmon8/name", "ctf2301\n"),
            ("sys/class/hwmon/hwmon8/temp1_input", "398800\n"),
            ("sys/class/hwmon/hwmon8/temp2_input", "418800\n"),
            ("proc/cpuinfo", "processor\t: 0\nuarch\t\t: spacemit,x100\nmvendorid\t: 0x710\n"),
        ],
        &[],
    );
    for case in cases(&made, "spacemit-k3-ctf2301") {
        let found = json(&case);
        assert!(found["temps_c"]["ctf2301/temp1"].is_null());
        assert!(reason(&found, "temp.ctf2301/temp1").contains("says 398.8 °C, which cannot be"), "{found:#}");
        assert_eq!(found["cpu"]["model_name"], "SpacemiT X100");
    }
}

#[test]
fn old_drivers_have_their_files_beside_the_class() {
    let made = tree(
        &[
            ("sys/class/hwmon/hwmon0/device/name", "it8728\n"),
            ("sys/class/hwmon/hwmon0/device/temp1_input", "41000\n"),
            ("sys/class/hwmon/hwmon0/device/fan1_input", "1200\n"),
        ],
        &[],
    );
    let found = json(made.path());
    assert_eq!((&found["temps_c"]["it8728/temp1"], &found["fan"]["rpm"]), (&41.0.into(), &1200.into()), "{found:#}");
}

/// Nothing that steers a terminal.
#[track_caller]
fn plain(text: &str, what: &str) {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    assert!(!text.contains(steers), "{what}: {text:?}");
}

#[test]
fn names_from_a_tree_do_not_steer_the_terminal() {
    let made = tree(
        &[
            ("sys/class/hwmon/hwmon0/name", "chip\u{1b}[2J\n"),
            ("sys/class/hwmon/hwmon0/temp1_label", "lab\u{9b}el\u{202e}x\nerror: forged\n"),
            ("sys/class/hwmon/hwmon0/temp1_input", "46000\n"),
            ("sys/class/hwmon/hwmon1/name", "=cmd|' /C calc'!A0\n"),
            ("sys/class/hwmon/hwmon1/temp1_input", "40000\n"),
            ("sys/class/thermal/thermal_zone0/type", "broken\u{7}\u{1b}]0;evil\u{7}\n"),
            ("sys/class/thermal/thermal_zone0/temp", "x\u{1b}[5m\n"),
            ("sys/firmware/devicetree/base/model", "Board\u{1b}[31m\0"),
            ("proc/sys/kernel/hostname", "host\u{1b}c\n"),
            ("proc/cpuinfo", "processor\t: 0\nmodel name\t: x\u{1b}]0;evil\u{7}y\ncpu MHz\t: 1.0\n"),
            ("etc/os-release", "PRETTY_NAME=\"os\u{1b}[0m\"\n"),
        ],
        &[],
    );
    for case in cases(&made, "hostile-names") {
        for format in ["text", "json", "csv", "ndjson"] {
            let text = once(&case, format);
            plain(&text, format);
            assert!(!text.lines().any(|line| line.starts_with("error:")), "{text}");
        }
        plain(&doctor(&case), "doctor");
        plain(
            &run(nntop().args(["doctor", "--format", "json", "--sysroot"]).arg(case.join("root"))).ok().stdout,
            "doctor",
        );
    }
    let hostile = made.path().join("evil\u{1b}[2J\nerror: forged");
    let failed = run(nntop().args(["monitor", "--once", "--sysroot"]).arg(&hostile));
    plain(&failed.stderr, "an error that names a path");
    assert_eq!(failed.stderr.lines().filter(|line| line.starts_with("error:")).count(), 1, "{}", failed.stderr);
}

#[test]
fn a_name_of_any_length_and_thousands_of_parts_are_read() {
    let long = "n".repeat(65_536);
    let made = tree(&[("sys/class/hwmon/hwmon0/name", &long), ("sys/class/hwmon/hwmon0/temp1_input", "46000\n")], &[]);
    assert!(once(made.path(), "text").contains("46.0 °C"));
    assert!(doctor(made.path()).contains("46.0 °C"));
    let mut files = Vec::new();
    for n in 0..2_000 {
        files.push((format!("sys/class/thermal/thermal_zone{n}/type"), format!("zone-{n}\n")));
        files.push((format!("sys/class/thermal/thermal_zone{n}/temp"), "45000\n".to_owned()));
        files.push((format!("sys/devices/system/cpu/cpufreq/policy{n}/related_cpus"), format!("{n}\n")));
        files.push((format!("sys/devices/system/cpu/cpufreq/policy{n}/scaling_cur_freq"), "2000000\n".to_owned()));
    }
    files.push(("sys/devices/system/cpu/present".to_owned(), "0-1999\n".to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let found = json(tree(&files, &[]).path());
    assert_eq!(
        (found["temps_c"].as_object().unwrap().len(), &found["cpu"]["freq_mhz"]["1999"]),
        (2_000, &2000.0.into())
    );
}
