//! `nntop compare`: what differs is found, and what is said about it is whole.

use crate::support::{nntop, run};
use serde_json::Value;

fn compare(args: &[&str]) -> crate::support::Run {
    run(nntop().arg("compare").args(args).args(["--warmup", "1", "-q"]))
}

/// Low, value, high.
fn ratio(of: &Value) -> [f64; 3] {
    [&of["interval"]["low"], &of["value"], &of["interval"]["high"]].map(|v| v.as_f64().unwrap())
}

#[test]
fn a_faster_one_is_found() {
    // Far apart: a busy machine that halves the pace of one for a while must not hide it.
    let (slow, fast) = ("slow:synthetic:constant,median=8ms", "fast:synthetic:constant,median=1ms");
    let json = compare(&[slow, fast, "-t", "1800ms", "--format", "json"]).ok().json();
    let c = &json["comparison"][0];
    assert_eq!((&c["variant"], &c["against"]), (&Value::from("fast"), &Value::from("slow")));
    assert_eq!(c["verdict"], "faster", "{c:#}");
    assert_eq!((c["p_faster"].as_f64(), c["unlike"].as_array().map(Vec::len)), (Some(1.0), Some(0)), "{c:#}");
    assert!(c["block_pairs"].as_u64().unwrap() >= 5, "{c:#}");
    assert!(c["text"].as_str().unwrap().starts_with("fast is "), "{c:#}");
    for figure in ["p50", "p99", "throughput"] {
        assert!(ratio(&c[figure]).is_sorted(), "{c:#}");
    }
    for v in json["variants"].as_array().unwrap() {
        let of = &v["latency_ns"]["p50_interval"];
        let ends = [&of["low"], &v["latency_ns"]["p50"], &of["high"]].map(|v| v.as_f64().unwrap());
        assert!(ends.is_sorted() && ends[0] > 0.0, "{v:#}");
    }
}

#[test]
fn the_verdict_comes_first_and_three_are_ranked() {
    let args =
        ["a:synthetic:constant,median=2ms", "b:synthetic:constant,median=4ms", "c:synthetic:constant,median=1ms"];
    let said = compare(&[args[0], args[1], args[2], "-t", "1800ms"]);
    let lines: Vec<&str> = said.ok().stdout.lines().collect();
    assert!(lines[0].starts_with(" b is ") && lines[0].contains("slower than a"), "{}", said.stdout);
    let ranked: Vec<&str> = lines.iter().skip_while(|l| !l.starts_with(" rank")).take(4).copied().collect();
    let names: Vec<_> = ranked[1..].iter().filter_map(|l| l.split_whitespace().nth(1)).collect();
    assert_eq!(names, ["c", "a", "b"], "{}", said.stdout);
}

#[test]
fn a_thing_and_itself_are_compared_without_a_claim_that_is_not_there() {
    let same = "synthetic:lognormal,median=1ms,sigma=0.05,seed=3";
    let json = compare(&[&format!("a:{same}"), &format!("b:{same}"), "-t", "1800ms", "--format", "json"]).ok().json();
    let c = &json["comparison"][0];
    let [low, _, high] = ratio(&c["p50"]);
    let verdict = if low > 1.0 {
        "faster"
    } else if high < 1.0 {
        "slower"
    } else {
        "no_difference"
    };
    assert_eq!(c["verdict"], verdict, "{c:#}");
    assert!((0.0..=1.0).contains(&c["p_faster"].as_f64().unwrap()), "{c:#}");
}

#[test]
fn too_little_is_no_comparison_and_one_is_none_at_all() {
    let (a, b) = ("a:synthetic:constant,median=1ms", "b:synthetic:constant,median=1ms");
    let json = compare(&[a, b, "-n", "5", "--format", "json"]).ok().json();
    assert_eq!(json["comparison"], serde_json::json!([]));
    assert!(json["variants"][0]["latency_ns"]["p50_interval"].is_null(), "{json:#}");
    let said = compare(&[a, b, "-n", "5"]);
    assert!(said.ok().stdout.starts_with(" too few blocks"), "{}", said.stdout);
    compare(&[a]).failed(2, "only one variant given").hint("two or more");
}
