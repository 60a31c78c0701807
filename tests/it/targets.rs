//! Targets and verdicts as gates: exit codes, and where the answer is written.

use crate::support::{nntop, run};

/// An engine that takes at least 2 ms.
const NET: &str = "net:synthetic:constant,median=2ms";

fn gated<const N: usize>(options: [&str; N]) -> std::process::Command {
    let mut command = nntop();
    command.args(["bench", NET, "-n", "20", "--warmup", "0"]).args(options);
    command
}

#[test]
fn targets_that_are_met_end_with_0() {
    let limits = ["--target", "p99<1MB", "--target", "p50 >= 2ms"];
    run(&mut gated(limits)).failed(2, "\"MB\" is not a unit of time");
    let limits = ["--target", "p99<1000s", "--target", "p50 >= 2ms", "--target", "throughput<=500", "--strict"];
    let result = run(&mut gated(limits));
    assert!(result.ok().stdout.contains(" ✓ net: p50>=2ms met with "), "{result:?}");
}

#[test]
fn a_missed_target_ends_with_3_and_says_which() {
    let result = run(&mut gated(["--target", "p50<1ms", "--target", "startup<1000s", "--format", "json", "--quiet"]));
    assert_eq!(result.code, Some(3), "{result:?}");
    assert!(result.stderr.starts_with("net: p50<1ms missed with ") && result.stderr.lines().count() == 1, "{result:?}");
    let json = result.json();
    let targets = json["targets"].as_array().unwrap();
    let told = |i: usize| (&targets[i]["text"], &targets[i]["variant"], &targets[i]["met"]);
    assert_eq!(told(0), (&"p50<1ms".into(), &"net".into(), &false.into()));
    assert_eq!(told(1), (&"startup<1000s".into(), &"net".into(), &true.into()));
    assert_eq!(targets[0]["value"].as_f64(), json["variants"][0]["latency_ns"]["p50"].as_f64());
}

#[test]
fn every_variant_has_to_meet_them() {
    let fast = "fast:synthetic:constant,median=100us";
    let mut command = gated(["--target", "mean<1.5ms"]);
    let result = run(command.arg(fast));
    assert_eq!(result.code, Some(3), "{result:?}");
    assert!(result.stdout.contains(" ✗ net: mean<1.5ms missed with "), "{result:?}");
    assert!(result.stdout.contains(" fast: mean<1.5ms m"), "{result:?}");
}

#[test]
fn what_is_no_target_ends_with_2() {
    for (text, words) in [
        ("p99<25", "the unit is missing"),
        ("p42<1ms", "cannot have a target"),
        ("fast", "looks like p99<25ms"),
        ("memory<-1MB", "not above zero"),
    ] {
        run(&mut gated(["--target", text])).failed(2, words);
    }
}

#[test]
fn a_failed_run_is_a_failure_before_it_is_a_missed_target() {
    let mut command = nntop();
    command.args(["bench", "net:synthetic:constant,median=1ms,fail-at=5", "-n", "20", "--target", "p50<1ns"]);
    run(&mut command).failed(1, "failed at inference 5");
}

#[test]
fn strict_refuses_figures_that_are_about_the_loop() {
    // An inference that takes next to nothing: the clock is most of what is measured.
    let bench = |strict: &[&str]| {
        let nothing = "net:synthetic:constant,median=1ns";
        run(nntop().args(["bench", nothing, "-n", "20000", "--warmup", "0", "--target", "p50<1ns"]).args(strict))
    };
    assert_eq!(bench(&[]).code, Some(3));
    let strict = bench(&["--strict"]);
    assert_eq!(strict.code, Some(4), "{strict:?}");
    assert!(strict.stdout.contains(" net: INVALID, "), "{strict:?}");
}
