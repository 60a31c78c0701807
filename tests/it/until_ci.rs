//! `--until-ci`: a run ends when its medians are known as well as was asked, and not before.

use crate::support::{nntop, run};
use serde_json::Value;

fn bench(args: &[&str]) -> crate::support::Run {
    run(nntop().arg("bench").args(args).args(["--warmup", "1", "--format", "json"]))
}

/// Half the width of the median's interval, as a share of it.
fn width(v: &Value) -> f64 {
    let [low, p50, high] = ["/latency_ns/p50_interval/low", "/latency_ns/p50", "/latency_ns/p50_interval/high"]
        .map(|path| v.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}: {v:#}")));
    (high - low) / 2.0 / p50
}

#[test]
fn it_ends_when_the_median_is_known() {
    let said = bench(&["net:synthetic:uniform,median=200us,sigma=0.1", "--until-ci", "20%"]);
    let json = said.ok().json();
    let v = &json["variants"][0];
    assert_eq!((&v["stopped_by"], &v["status"]), (&"ci".into(), &"ok".into()), "{v:#}");
    assert!(width(v) <= 0.2 && v["blocks"].as_u64() >= Some(30), "{v:#}");
    assert_eq!(json["settings"]["until_ci"], 0.2);
    assert_eq!(json["settings"]["duration_ns"], 300_000_000_000_u64, "what bounds it");
    let lines: Vec<&str> = said.stderr.lines().filter(|l| l.contains(" of ±20 %")).collect();
    assert!(lines.first().is_some_and(|l| l.starts_with("net: p50 ±")), "{said:?}");
}

#[test]
fn two_go_on_until_both_are_known() {
    let (a, b) = ("a:synthetic:constant,median=100us", "b:synthetic:constant,median=200us");
    let json = bench(&[a, b, "--until-ci", "30%"]).ok().json();
    for v in json["variants"].as_array().unwrap() {
        assert_eq!(v["stopped_by"], "ci", "{v:#}");
        assert!(width(v) <= 0.3, "{v:#}");
    }
    let blocks = [0, 1].map(|i| json["variants"][i]["blocks"].as_u64().unwrap());
    assert!(blocks[0].abs_diff(blocks[1]) <= 2, "side by side to the end: {blocks:?}");
}

#[test]
fn the_first_rule_that_fires_ends_it() {
    let json = bench(&["synthetic:constant,median=1ms", "--until-ci", "0.1%", "-n", "20"]).ok().json();
    assert_eq!(json["variants"][0]["stopped_by"], "runs");
    assert!(json["settings"]["duration_ns"].is_null(), "{json:#}");
    let json = bench(&["synthetic:constant,median=1ms", "--until-ci", "0.1%", "-t", "200ms"]).ok().json();
    assert_eq!(json["variants"][0]["stopped_by"], "duration");
}

#[test]
fn below_the_resolution_nothing_is_promised() {
    bench(&["synthetic", "--until-ci", "0.05%"]).failed(2, "0.05%").hint("0.1%");
    bench(&["synthetic", "--until-ci", "narrow"]).failed(2, "such as 1% or 0.5%").hint("--help");
}

#[test]
fn the_draws_can_be_made_again() {
    let json = bench(&["synthetic:constant,median=1ms", "-n", "3"]).ok().json();
    let bootstrap = &json["settings"]["bootstrap"];
    assert_eq!(bootstrap["draws"], 2_000);
    assert_eq!(bootstrap["seed"].as_u64(), Some(nntop::stats::SEED));
    assert!(json["settings"]["until_ci"].is_null());
}
