//! The OpenMetrics text and the table of boards, held against the rules of their formats.

use super::*;
use std::collections::BTreeSet;
use std::time::Duration;

/// What is wrong with a text by the rules of OpenMetrics 1.0, else its samples.
fn parse(text: &str) -> BTreeMap<String, f64> {
    let name_is_well = |name: &str| {
        name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') && name.starts_with("nntop_")
    };
    assert_eq!(text.matches("# EOF").count(), 1);
    let text = text.strip_suffix("# EOF\n").expect("it ends with its end");
    let mut families = BTreeSet::new();
    let (mut family, mut kind) = (String::new(), String::new());
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (what, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            match what {
                "TYPE" => {
                    assert!(families.insert(name.to_owned()), "{name} comes in one piece");
                    assert!(name_is_well(name) && !name.ends_with("_total") && !name.ends_with("_info"), "{name}");
                    (family, kind) = (name.to_owned(), rest.to_owned());
                }
                "UNIT" => assert!(name == family && name.ends_with(&format!("_{rest}")), "{line}"),
                "HELP" => assert!(name == family && !rest.is_empty(), "{line}"),
                other => panic!("{other} is no keyword"),
            }
            continue;
        }
        let suffix = match kind.as_str() {
            "gauge" => "",
            "counter" => "_total",
            "info" => "_info",
            other => panic!("{other}: {line}"),
        };
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert_eq!(series.split('{').next().unwrap(), format!("{family}{suffix}"), "{line}");
        let value: f64 = value.parse().unwrap();
        assert!(value.is_finite() && (kind != "counter" || value >= 0.0), "{line}");
        if family.ends_with("_ratio") {
            assert!((0.0..=1.0).contains(&value), "{line}");
        }
        assert_eq!(samples.insert(series.to_owned(), value), None, "{series} is there once");
    }
    samples
}

fn text(tree: &Tree) -> String {
    let mut samplers = Samplers::probe(&tree.root());
    samplers.sample(Nanos::ZERO);
    let readings = samplers.sample(SECOND);
    openmetrics(&host_info(&tree.root()), &samplers, &readings, Nanos(2_500_000))
}

#[test]
fn every_board_keeps_the_rules() {
    let boards = [
        include_str!("../../sampler/tests/trees/amd.tree"),
        include_str!("../../sampler/tests/trees/intel.tree"),
        include_str!("../../sampler/tests/trees/jetson-nano.tree"),
        include_str!("../../sampler/tests/trees/jetson-orin.tree"),
        include_str!("../../sampler/tests/trees/jetson-thor.tree"),
        include_str!("../../sampler/tests/trees/jetson-tx2.tree"),
        include_str!("../../sampler/tests/trees/jetson-xavier.tree"),
        include_str!("../../sampler/tests/trees/raspberry-pi-4.tree"),
        include_str!("../../sampler/tests/trees/raspberry-pi-5.tree"),
        include_str!("../../sampler/tests/trees/rk3568.tree"),
        include_str!("../../sampler/tests/trees/rk3576.tree"),
        include_str!("../../sampler/tests/trees/rk3588.tree"),
    ];
    for board in boards {
        let samples = parse(&text(&tree(board)));
        assert!(samples.len() > 10, "{samples:?}");
    }
    [raspberry_pi_5(), jetson_orin_nano(), laptop()].iter().for_each(|tree| drop(parse(&text(tree))));
}

#[test]
fn a_jetson_is_told_with_units() {
    let samples = parse(&text(&tree(include_str!("../../sampler/tests/trees/jetson-orin.tree"))));
    let counted = samples.iter().find(|(name, _)| name.starts_with("nntop_throttle_events_total{cause="));
    assert!(samples.values().any(|value| *value == 27_390.0), "{counted:?}");
    assert_eq!(samples["nntop_sample_duration_seconds"], 0.0025);
    assert!(samples.keys().any(|name| name.starts_with("nntop_device_info{model=\"NVIDIA Jetson Orin Nano")));
    let clock = samples.iter().find(|(name, _)| name.starts_with("nntop_memory_controller_clock_hertz{"));
    assert_eq!(clock.map(|(_, hertz)| *hertz), Some(3.199e9));
}

#[test]
fn what_cannot_be_read_is_left_out_and_said() {
    let tree = jetson_orin_nano();
    let samples = parse(&text(&tree));
    assert_eq!(samples["nntop_temperature_celsius{zone=\"cpu-thermal\"}"], 53.968);
    assert!(!samples.contains_key("nntop_temperature_celsius{zone=\"cv0-thermal\"}"), "it is off");
    let down = |source: &str| {
        let start = format!("nntop_source_up{{source=\"{source}\",reason=\"");
        samples.iter().find(|(name, _)| name.starts_with(&start)).map(|(name, up)| (name.len() > start.len() + 2, *up))
    };
    assert_eq!(down("temp.cv0-thermal"), Some((true, 0.0)));
    assert_eq!(down("temp"), Some((false, 1.0)));
    assert_eq!(down("power.rail"), Some((true, 0.0)));
    // It comes on.
    let mut samplers = Samplers::probe(&tree.root());
    let zone = "/sys/class/thermal/thermal_zone2/temp";
    fs::remove_dir(tree.root().path(zone)).unwrap();
    tree.write(zone, "40000\n");
    let readings = samplers.sample(SECOND);
    let samples = parse(&openmetrics(&HostInfo::default(), &samplers, &readings, Nanos::ZERO));
    assert_eq!(samples["nntop_temperature_celsius{zone=\"cv0-thermal\"}"], 40.0);
    assert!(!samples.keys().any(|name| name.contains("temp.cv0-thermal")), "it is no longer missing");
}

#[test]
fn labels_are_escaped() {
    let zone = "/sys/class/thermal/thermal_zone0";
    let tree = Tree::new(&[(&format!("{zone}/type"), "a\"b\\c\n"), (&format!("{zone}/temp"), "42500\n")]);
    let samples = parse(&text(&tree));
    assert_eq!(samples["nntop_temperature_celsius{zone=\"a\\\"b\\\\c\"}"], 42.5);
}

#[test]
fn a_table_keeps_its_columns() {
    let tree = laptop();
    let mut samplers = Samplers::probe(&tree.root());
    let mut out = Vec::new();
    let mut table = Table::begin(samplers.declarations(), &mut out).unwrap();
    table.row(Duration::from_millis(1_500), &samplers.sample(Nanos::ZERO)).unwrap();
    fs::remove_file(tree.root().path("/sys/class/hwmon/hwmon1/temp1_input")).unwrap();
    table.row(Duration::from_millis(2_500), &samplers.sample(SECOND)).unwrap();
    drop(table);
    let mut rows = csv::Reader::from_reader(&out[..]);
    let head: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let of = |row: usize, name: &str| rows[row][head.iter().position(|column| column == name).unwrap()].to_owned();
    assert_eq!((of(0, "time_unix_s"), of(1, "time_unix_s")), ("1.500".into(), "2.500".into()));
    assert_eq!(
        (of(0, "temp.nvme/Composite_celsius"), of(1, "temp.nvme/Composite_celsius")),
        ("38.85".into(), "".into())
    );
    assert_eq!(of(0, "cpu.load_percent"), "", "absent is not 0");
}
