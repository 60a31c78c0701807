//! Trees that no kernel would show: nothing hangs, nothing panics, everything missing has a reason.

use super::*;

/// What stands in a file's place.
const GARBAGE: [&[u8]; 8] = [
    b"",
    b"\xff\xfe\x80 \xc3\x28",
    b"-1",
    b"-9223372036854775809",
    b"18446744073709551615",
    b"99999999999999999999999999999999",
    b"nan",
    b"cpu 1 2 3\ncpu0 -1 -1\nMemTotal: -5 kB\n\0\0\0NPU load: Core0: 900%,\nscheduler[0]: x\nload = 9999%\n",
];

fn every_board() -> Vec<&'static str> {
    vec![
        include_str!("../../sampler/tests/trees/jetson-nano.tree"),
        include_str!("../../sampler/tests/trees/jetson-orin.tree"),
        include_str!("../../sampler/tests/trees/jetson-thor.tree"),
        include_str!("../../sampler/tests/trees/raspberry-pi-4.tree"),
        include_str!("../../sampler/tests/trees/rk3588.tree"),
        include_str!("../../sampler/tests/trees/intel.tree"),
        include_str!("../../sampler/tests/trees/amd.tree"),
    ]
}

/// The paths of a tree that are files.
fn files(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.split_once(" = ").map(|(path, _)| path)).filter(|path| !path.starts_with('#'))
}

fn looked_at(tree: &Tree) -> String {
    let mut samplers = Samplers::probe(&tree.root());
    let first = samplers.sample(Nanos::ZERO);
    let mut snapshot = Snapshot::take(&samplers, &first, &samplers.details());
    let later = samplers.sample(SECOND);
    snapshot.add_rates(&samplers, &later, SECOND);
    snapshot.to_json()
}

#[test]
fn garbage_in_every_file_is_no_reading() {
    for board in every_board() {
        for garbage in GARBAGE {
            let tree = Tree::new(&[]);
            files(board).for_each(|path| tree.write(path, garbage));
            let json = looked_at(&tree);
            for word in ["-1.0", "1.8446744073709552e19", "NaN", "900.0", "9999.0"] {
                assert!(!json.contains(word), "{word} in {json}");
            }
        }
    }
}

#[test]
fn pipes_and_directories_in_place_of_files_hold_nobody_up() {
    for board in every_board() {
        let (pipes, directories) = (Tree::new(&[]), Tree::new(&[]));
        for path in files(board) {
            pipes.pipe(path);
            directories.unreadable(path);
        }
        looked_at(&pipes);
        looked_at(&directories);
    }
}

#[test]
fn a_huge_file_is_read_in_part() {
    let tree = Tree::new(&[("/sys/firmware/devicetree/base/compatible", "raspberrypi,4-model-b\0brcm,bcm2711\0")]);
    for path in ["/proc/stat", "/proc/meminfo", "/proc/cpuinfo", "/sys/class/thermal/thermal_zone0/temp"] {
        // Sparse: it takes no room, but reading it whole would.
        tree.write(path, "");
        fs::File::options().write(true).open(tree.root().path(path)).unwrap().set_len(1 << 36).unwrap();
    }
    tree.write("/sys/class/thermal/thermal_zone0/type", "x\n");
    looked_at(&tree);
}

#[test]
fn a_snapshot_is_what_the_samplers_have_read_and_reads_nothing_itself() {
    for board in every_board() {
        let tree = super::tree(board);
        let mut samplers = Samplers::probe(&tree.root());
        let readings = samplers.sample(Nanos::ZERO);
        let details = samplers.details();
        let before = Snapshot::take(&samplers, &readings, &details).to_json();
        fs::remove_dir_all(tree.root().path("/")).unwrap();
        assert_eq!(Snapshot::take(&samplers, &readings, &details).to_json(), before);
    }
}

#[test]
fn a_reading_that_fails_has_its_reason_until_it_is_back() {
    let chip = "/sys/class/hwmon/hwmon0";
    let tree = Tree::new(&[
        (&format!("{chip}/name"), "ina3221\n"),
        (&format!("{chip}/in1_label"), "VDD_IN\n"),
        (&format!("{chip}/in1_input"), "5000\n"),
        (&format!("{chip}/curr1_input"), "400\n"),
    ]);
    let mut samplers = Samplers::probe(&tree.root());
    let look = |samplers: &mut Samplers, now| -> serde_json::Value {
        let readings = samplers.sample(now);
        serde_json::from_str(&Snapshot::take(samplers, &readings, &samplers.details()).to_json()).unwrap()
    };
    let name = "power.VDD_IN";
    assert!(look(&mut samplers, Nanos::ZERO)["unavailable"][name].is_null());
    tree.write(&format!("{chip}/curr1_input"), "no data\n");
    let why = look(&mut samplers, SECOND)["unavailable"][name].clone();
    assert_eq!(why, format!("{chip}/curr1_input: holds no number"));
    tree.write(&format!("{chip}/curr1_input"), "400\n");
    assert!(look(&mut samplers, Nanos(2 * SECOND.0))["unavailable"][name].is_null());
}
