//! What is still found where the usual place has it not: containers that hide the device tree, drivers with files of their own.

use super::boards::Tree;
use super::read;
use crate::sampler::{Samplers, host_info};
use nntop_core::unit::Nanos;

/// A Jetson Orin in Docker: `/sys/firmware` is masked and no driver of the chip shows itself.
#[test]
fn a_chip_is_told_by_its_devices_where_a_container_hides_the_device_tree() {
    let device = |name: &str, made_for: &str| {
        (
            format!("sys/bus/platform/devices/{name}/uevent"),
            format!("DRIVER=x\nOF_NAME={name}\nOF_COMPATIBLE_0={made_for}\nOF_COMPATIBLE_N=1\n"),
        )
    };
    let files = [
        device("3400000.mmc", "nvidia,tegra234-sdhci"),
        device("3460000.mmc", "nvidia,tegra234-sdhci"),
        device("c240000.i2c", "nvidia,tegra194-i2c"),
        device("fixed", "regulator-fixed"),
        device("psci", "arm,psci-1.0"),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let host = host_info(&Tree::new(&files).root());
    assert_eq!(host.soc.as_deref(), Some("tegra234"));
    assert_eq!(host.board.as_deref(), Some("NVIDIA Tegra board (tegra234)"));
    let rockchip = device("fdab0000.npu", "rockchip,rk3588-rknpu");
    let host = host_info(&Tree::new(&[(&rockchip.0, &rockchip.1)]).root());
    assert_eq!((host.soc.as_deref(), host.board), (Some("rk3588"), None));
    assert_eq!(host_info(&Tree::new(&[]).root()).soc, None);
}

/// A power sensor whose driver made its files in the device's folder, and its class device by hand.
#[test]
fn readings_in_the_devices_folder_are_found() {
    let tree = Tree::new(&[
        ("sys/class/hwmon/hwmon2/name", "ina230\n"),
        ("sys/class/hwmon/hwmon2/device/power1_input", "4340000\n"),
        ("sys/class/hwmon/hwmon2/device/power1_label", "VDD_IN\n"),
        // One that has its own keeps to them.
        ("sys/class/hwmon/hwmon3/name", "ina226\n"),
        ("sys/class/hwmon/hwmon3/power1_input", "1000000\n"),
        ("sys/class/hwmon/hwmon3/device/power1_input", "9000000\n"),
    ]);
    let mut samplers = Samplers::probe(&tree.root());
    let now = read(&mut samplers, Nanos::ZERO);
    let watts: Vec<f64> = now.iter().filter(|(name, _)| name.starts_with("power.")).filter_map(|(_, v)| *v).collect();
    assert!(watts.contains(&4.34) && watts.contains(&1.0) && !watts.contains(&9.0), "{now:?}");
}
