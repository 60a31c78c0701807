//! Energy from the rails of a made-up board, through the real agent, workers and all.

use crate::support::{bench, run};
use nntop::agent::{Allowed, Surroundings, spawn};
use nntop::event::{Event, Kind, Order, Plan, Stop, VariantSpec, Warmup};
use nntop::installer::Environment;
use nntop::report;
use nntop::result::RunResult;
use nntop::sampler::Root;
use nntop::state::State;
use nntop::unit::Nanos;
use std::path::Path;

/// Measures two synthetic engines on the machine that `root` describes.
fn measured(root: &Path, idle: Nanos, time: Nanos) -> (Plan, Vec<Event>, State) {
    let variant = |name: &str, engine: &str| VariantSpec {
        name: name.into(),
        model: engine.into(),
        engine: engine.into(),
        ..VariantSpec::default()
    };
    let plan = Plan {
        targets: vec!["energy<1000J".parse().unwrap(), "energy<0.001uJ".parse().unwrap()],
        variants: vec![
            variant("slow", "synthetic:constant,median=4ms"),
            variant("fast", "synthetic:constant,median=1ms"),
        ],
        stop: Stop { duration: Some(time), ..Stop::default() },
        warmup: Warmup { runs: 1, duration: Nanos::ZERO, steady: false },
        sample_every: Nanos::from_millis(1_000),
        idle,
        ..Plan::default()
    };
    let surroundings = Surroundings {
        program: env!("CARGO_BIN_EXE_nntop").into(),
        root: Root::at(root),
        environment: Environment::of_this_process(),
        allowed: Allowed::ALL,
    };
    let (events, commander, ending) = spawn(surroundings).unwrap().split();
    commander.send(Order::Start(plan.clone()));
    let events: Vec<Event> = events.iter().collect();
    let mut state = State::default();
    events.iter().for_each(|event| state.apply(event));
    drop(commander);
    ending.wait();
    (plan, events, state)
}

fn board() -> tempfile::TempDir {
    let board = tempfile::tempdir().unwrap();
    let chip = board.path().join("sys/class/hwmon/hwmon1");
    std::fs::create_dir_all(&chip).unwrap();
    let files = [
        ("name", "ina3221"),
        ("in1_label", "VDD_IN"),
        ("in1_input", "5000"),
        ("curr1_input", "1200"),
        ("in2_label", "VDD_SOC"),
        ("in2_input", "5000"),
        ("curr2_input", "300"),
    ];
    for (file, text) in files {
        std::fs::write(chip.join(file), format!("{text}\n")).unwrap();
    }
    board
}

#[test]
fn a_board_of_six_watts_takes_six_joules_a_second() {
    let board = board();
    let (plan, events, state) = measured(board.path(), Nanos::from_millis(300), Nanos::from_millis(4_000));
    let rest = events.iter().position(|e| matches!(e.kind, Kind::Idle { .. })).unwrap();
    let begun = events.iter().position(|e| matches!(e.kind, Kind::Loading { .. })).unwrap();
    assert!(rest < begun, "nothing starts before the machine has rested");

    let result = RunResult::of(&state, &plan);
    for v in &result.variants {
        let energy = v.energy.as_ref().unwrap_or_else(|| panic!("{}: {:?}", v.name, v.energy_absent));
        assert_eq!((energy.rails.as_slice(), v.energy_absent.as_ref()), (&["VDD_IN".to_owned()][..], None));
        // Power never changes: whatever the machine does to times, energy is six watts times the blocks' own time.
        let per_inference = 6.0 * 1e3 / v.throughput_ips.unwrap();
        assert_eq!(energy.inferences, v.latency_ns.unwrap().n);
        assert!((energy.gross_mj_per_inf / per_inference - 1.0).abs() < 1e-6, "{energy:?}");
        assert!(energy.net_mj_per_inf.unwrap().abs() < 1e-6 * energy.gross_mj_per_inf, "{energy:?}");
    }
    // The same power: energies are to each other as the times that inferences take.
    let c = &result.comparison[0];
    let energy = c.energy.unwrap_or_else(|| panic!("{:?}", c.energy_absent));
    assert!((energy.value / c.throughput.value - 1.0).abs() < 1e-3, "{c:?}");
    assert!(energy.interval.low > 1.0, "fast takes less: {energy:?}");
    let met: Vec<bool> = result.targets.iter().map(|t| t.met).collect();
    assert_eq!(met, [true, false, true, false], "{:?}", result.targets);
    let text = report::text(&result, usize::MAX);
    assert!(text.contains(" · energy ") && text.contains("energy<1000J met with "), "{text}");
    assert!(text.contains("mJ/inf") && text.contains("of VDD_IN (the module; not its carrier board)"), "{text}");
}

#[test]
fn without_rails_the_result_says_why() {
    let engine = "synthetic:constant,median=1ms";
    let json = run(&mut bench([engine, "-n", "5", "--warmup", "0", "--idle", "20ms", "--format", "json"])).ok().json();
    let v = &json["variants"][0];
    let missed = run(&mut bench([engine, "-n", "5", "--warmup", "0", "--target", "energy<1J"]));
    assert_eq!(missed.code, Some(3), "{missed:?}");
    assert!(missed.stderr.contains("energy<1J missed, ") && !missed.stderr.contains("not available"), "{missed:?}");
    // Machines that run tests may have rails; five inferences are too few for them in any case.
    assert!(v["energy"].is_null() && v["energy_absent"].as_str().is_some_and(|reason| !reason.is_empty()), "{v:#}");
    let text = run(&mut bench([engine, "-n", "5", "--warmup", "0"])).ok().stdout.clone();
    assert!(!text.contains("mJ"), "{text}");
}
