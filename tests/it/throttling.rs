//! Throttling of a made-up board, through the real agent, workers and all: from a counter to the printed verdict.

use nntop::agent::{Allowed, Surroundings, spawn};
use nntop::event::{Kind, Order, Plan, Stop, VariantSpec, Warmup};
use nntop::installer::Environment;
use nntop::report;
use nntop::result::{FindingId, FindingLevel, RunResult, Verdict};
use nntop::sampler::Root;
use nntop::state::State;
use nntop::unit::Nanos;

#[test]
fn over_current_while_measuring_is_the_verdict() {
    let board = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = board.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("sys/firmware/devicetree/base/compatible", "nvidia,p3767-0005\0nvidia,tegra234\0");
    write("sys/class/hwmon/hwmon1/name", "soctherm_oc\n");
    write("sys/class/hwmon/hwmon1/oc3_event_cnt", "27390\n");
    let model = "synthetic:constant,median=2ms";
    let plan = Plan {
        variants: vec![VariantSpec {
            name: "m".into(),
            model: model.into(),
            engine: model.into(),
            ..Default::default()
        }],
        stop: Stop { duration: Some(Nanos::from_millis(2_500)), ..Stop::default() },
        warmup: Warmup { runs: 1, duration: Nanos::ZERO, steady: false },
        sample_every: Nanos::from_millis(1_000),
        ..Plan::default()
    };
    let surroundings = Surroundings {
        program: env!("CARGO_BIN_EXE_nntop").into(),
        root: Root::at(board.path()),
        environment: Environment::of_this_process(),
        allowed: Allowed::ALL,
    };
    let (events, commander, ending) = spawn(surroundings).unwrap().split();
    commander.send(Order::Start(plan.clone()));
    let (mut state, mut blocks) = (State::default(), 0);
    for event in events {
        state.apply(&event);
        if matches!(event.kind, Kind::Block(_)) {
            blocks += 1;
            // Three events while the third measured block runs.
            if blocks == 4 {
                write("sys/class/hwmon/hwmon1/oc3_event_cnt", "27393\n");
            }
        }
    }
    drop(commander);
    ending.wait();

    let result = RunResult::of(&state, &plan);
    let variant = &result.variants[0];
    assert_eq!(variant.verdict, Some(Verdict::Throttled), "{variant:#?}");
    let finding = variant.findings.iter().find(|f| f.id == FindingId::Throttled).unwrap();
    assert_eq!(finding.level, FindingLevel::Warning);
    assert!(finding.text.starts_with("3 instantaneous over-current (oc3) events, "), "{}", finding.text);
    assert!(result.to_json().contains("\"verdict\": \"throttled\""));
    assert!(
        report::text(&result, usize::MAX).contains("m: THROTTLED, 3 instantaneous over-current"),
        "{}",
        report::text(&result, usize::MAX)
    );
}
