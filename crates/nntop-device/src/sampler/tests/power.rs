//! Power rails and energy counters, on trees with documented names and values.

use super::*;
use nntop_core::event::RailRole;

fn role(samplers: &Samplers, name: &str) -> Option<RailRole> {
    metric(samplers, name)?.rail.as_ref().map(|rail| rail.role)
}

/// The sensor of a Jetson Orin Nano under JetPack 6: its documented labels, one channel not connected.
fn orin() -> Tree {
    Tree::new(&[
        ("/sys/class/hwmon/hwmon1/name", "ina3221\n"),
        ("/sys/class/hwmon/hwmon1/update_interval", "40\n"),
        ("/sys/class/hwmon/hwmon1/in1_label", "VDD_IN\n"),
        ("/sys/class/hwmon/hwmon1/in1_input", "5000\n"),
        ("/sys/class/hwmon/hwmon1/curr1_input", "1000\n"),
        ("/sys/class/hwmon/hwmon1/in2_label", "VDD_CPU_GPU_CV\n"),
        ("/sys/class/hwmon/hwmon1/in2_enable", "1\n"),
        ("/sys/class/hwmon/hwmon1/in2_input", "5000\n"),
        ("/sys/class/hwmon/hwmon1/curr2_input", "400\n"),
        ("/sys/class/hwmon/hwmon1/in3_label", "NC\n"),
        ("/sys/class/hwmon/hwmon1/in3_input", "0\n"),
        ("/sys/class/hwmon/hwmon1/curr3_input", "0\n"),
        ("/sys/class/hwmon/hwmon1/curr4_input", "1400\n"),
        ("/sys/class/hwmon/hwmon1/in7_label", "sum of shunt voltages\n"),
        ("/sys/class/hwmon/hwmon1/in7_input", "7840\n"),
    ])
}

#[test]
fn a_jetson_measures_its_input_and_parts_of_it() {
    let tree = orin();
    let mut samplers = Samplers::probe(&tree.root());
    let now = read(&mut samplers, SECOND);
    let power: Vec<_> = now.iter().filter(|(name, _)| name.starts_with("power")).collect();
    assert_eq!(power, [(&"power.VDD_CPU_GPU_CV".to_owned(), &Some(2.0)), (&"power.VDD_IN".to_owned(), &Some(5.0))]);
    assert_eq!(role(&samplers, "power.VDD_IN"), Some(RailRole::Input));
    assert_eq!(role(&samplers, "power.VDD_CPU_GPU_CV"), Some(RailRole::Part));
    let rail = metric(&samplers, "power.VDD_IN").unwrap().rail.clone().unwrap();
    assert_eq!((rail.scope.as_str(), rail.update), ("the module; not its carrier board", Some(Nanos::from_millis(40))));

    // The frequent pass has the rails alone.
    assert_eq!(samplers.sample_rails(SECOND).unwrap().values.len(), 2);
    tree.write("/sys/class/hwmon/hwmon1/curr1_input", "garbage\n");
    assert_eq!(read(&mut samplers, SECOND)["power.VDD_IN"], None);
}

#[test]
fn jetpack_4_has_a_driver_of_its_own() {
    let device = "/sys/bus/i2c/devices/6-0040/iio:device0";
    let tree = Tree::new(&[]);
    for (n, (name, milliwatts)) in [("POM_5V_IN", 933), ("POM_5V_GPU", 0), ("POM_5V_CPU", 84)].into_iter().enumerate() {
        tree.write(&format!("{device}/rail_name_{n}"), format!("{name}\n"));
        tree.write(&format!("{device}/in_power{n}_input"), format!("{milliwatts}\n"));
    }
    let mut samplers = Samplers::probe(&tree.root());
    let now = read(&mut samplers, SECOND);
    assert_eq!((now["power.POM_5V_IN"], now["power.POM_5V_GPU"]), (Some(0.933), Some(0.0)));
    assert_eq!(role(&samplers, "power.POM_5V_IN"), Some(RailRole::Input));
}

#[test]
fn chips_that_measure_watts_go_by_their_labels() {
    let tree = Tree::new(&[
        ("/sys/class/hwmon/hwmon0/name", "ina238\n"),
        ("/sys/class/hwmon/hwmon0/label", "VIN\n"),
        ("/sys/class/hwmon/hwmon0/power1_input", "31500000\n"),
        ("/sys/class/hwmon/hwmon1/name", "amdgpu\n"),
        ("/sys/class/hwmon/hwmon1/power1_label", "PPT\n"),
        ("/sys/class/hwmon/hwmon1/power1_average", "12000000\n"),
        ("/sys/class/hwmon/hwmon2/name", "BAT0\n"),
        ("/sys/class/hwmon/hwmon2/power1_input", "9000000\n"),
    ]);
    let mut samplers = Samplers::probe(&tree.root());
    let now = read(&mut samplers, SECOND);
    assert_eq!((now["power.VIN"], now["power.PPT"], now.len()), (Some(31.5), Some(12.0), 2));
    assert_eq!(role(&samplers, "power.VIN"), Some(RailRole::Input));
    assert_eq!(role(&samplers, "power.PPT"), Some(RailRole::Part), "on some machines it holds the processor, too");
}

#[test]
fn packages_are_added_and_their_parts_are_not() {
    let zones = "/sys/class/powercap";
    let tree = Tree::new(&[]);
    for (zone, name) in [("0", "package-0"), ("0:0", "core"), ("0:1", "dram"), ("1", "package-1"), ("1:0", "core")] {
        tree.write(&format!("{zones}/intel-rapl:{zone}/name"), format!("{name}\n"));
        tree.write(&format!("{zones}/intel-rapl:{zone}/max_energy_range_uj"), "262143328850\n");
        tree.write(&format!("{zones}/intel-rapl:{zone}/energy_uj"), "1000000\n");
    }
    // The same package by another way.
    tree.write(&format!("{zones}/intel-rapl-mmio:0/name"), "package-0\n");
    tree.write(&format!("{zones}/intel-rapl-mmio:0/energy_uj"), "1000000\n");
    fs::remove_file(tree.root().path(format!("{zones}/intel-rapl:0:1/energy_uj"))).unwrap();
    tree.unreadable(&format!("{zones}/intel-rapl:0:1/energy_uj"));

    let mut samplers = Samplers::probe(&tree.root());
    let names: Vec<_> = samplers.declarations().iter().map(|metric| metric.name.clone()).collect();
    let zones_found = ["package-0", "package-0/core", "package-1", "package-1/core"];
    let expected: Vec<_> =
        zones_found.iter().flat_map(|zone| [format!("power.{zone}"), format!("energy.{zone}")]).collect();
    assert_eq!(names, expected);
    assert!(why_absent(&samplers, "power.dram").starts_with("/sys/class/powercap/intel-rapl:0:1/energy_uj: "));
    assert_eq!(role(&samplers, "energy.package-1"), Some(RailRole::Share));
    assert_eq!(role(&samplers, "energy.package-1/core"), Some(RailRole::Part));

    assert_eq!(read(&mut samplers, SECOND)["power.package-0"], None, "power needs two samples");
    tree.write(&format!("{zones}/intel-rapl:0/energy_uj"), "4000000\n");
    // Too soon for a difference; the energy is exact at once.
    let soon = read(&mut samplers, Nanos::from_millis(1_010));
    assert_eq!((soon["power.package-0"], soon["energy.package-0"]), (None, Some(4.0)));
    let later = read(&mut samplers, Nanos::from_millis(1_500));
    assert_eq!((later["power.package-0"], later["power.package-1"]), (Some(6.0), Some(0.0)));
}

#[test]
fn a_battery_tells_only_while_it_empties() {
    let battery = "/sys/class/power_supply/BAT0";
    let tree = Tree::new(&[
        ("/sys/class/power_supply/AC/type", "Mains\n"),
        ("/sys/class/power_supply/hidpp_battery_0/type", "Battery\n"),
        ("/sys/class/power_supply/hidpp_battery_0/scope", "Device\n"),
        ("/sys/class/power_supply/hidpp_battery_0/status", "Discharging\n"),
        ("/sys/class/power_supply/hidpp_battery_0/power_now", "5\n"),
    ]);
    for (file, text) in [("type", "Battery"), ("status", "Discharging"), ("power_now", "4830000")] {
        tree.write(&format!("{battery}/{file}"), format!("{text}\n"));
    }
    let mut samplers = Samplers::probe(&tree.root());
    assert_eq!(read(&mut samplers, SECOND)["power.battery"], Some(4.83));
    assert_eq!(samplers.sample_rails(SECOND), None, "batteries are too slow to be asked often");
    // Others count charge.
    fs::remove_file(tree.root().path(format!("{battery}/power_now"))).unwrap();
    tree.write(&format!("{battery}/current_now"), "-500000\n");
    tree.write(&format!("{battery}/voltage_now"), "12000000\n");
    assert_eq!(read(&mut samplers, SECOND)["power.battery"], Some(6.0));
    tree.write(&format!("{battery}/status"), "Charging\n");
    assert_eq!(read(&mut samplers, SECOND)["power.battery"], None);
}
