//! Load scenarios from outside: with ONNX Runtime and a bundled model, and what an agent says of them.

use crate::support::{LIMIT, bench, demo, nntop, run};
use nntop::agent::connect;
use nntop::event::{Block, Event, Kind, Order, Outcome, Phase, Plan, Scenario, Stop, VariantSpec, Warmup};
use nntop::unit::Nanos;
use serde_json::{Value, json};

/// Measures `runs` queries of a bundled model; every scenario has these.
fn measured(runs: u64, scenario: &[&str]) -> Value {
    let (path, n) = (demo("digits-fp32"), runs.to_string());
    let quick = ["-n", &n, "--warmup", "2", "--threads", "1", "--format", "json"];
    let result = run(bench([&path]).args(quick).args(scenario)).ok().json();
    let v = result["variants"][0].clone();
    assert_eq!((&v["status"], &v["stopped_by"], &v["latency_ns"]["n"]), (&json!("ok"), &json!("runs"), &json!(runs)));
    let order = ["min", "p50", "p90", "p95", "p99", "p999", "max"].map(|key| v["latency_ns"][key].as_u64().unwrap());
    assert!(order.is_sorted() && order[0] > 0, "{order:?}");
    assert!(v["throughput_ips"].as_f64().unwrap() > 0.0 && v["loop_overhead_ns"].is_u64(), "{v:#}");
    v
}

/// Samples per second that the latencies add up to, one after the other.
fn one_by_one(v: &Value) -> f64 {
    1e9 / v["latency_ns"]["mean"].as_f64().unwrap()
}

#[test]
fn single_stream_is_what_nobody_has_to_ask_for() {
    for args in [&[][..], &["--scenario", "single-stream"]] {
        let v = measured(20, args);
        assert_eq!(v["scenario"], json!({"name": "single_stream"}));
        assert_eq!((&v["service_ns"], &v["queue"]), (&Value::Null, &Value::Null));
    }
}

#[test]
fn multi_stream_counts_queries_and_their_inferences() {
    let v = measured(30, &["--scenario", "multi-stream", "--streams", "3"]);
    assert_eq!(v["scenario"], json!({"name": "multi_stream", "streams": 3}));
    assert_eq!(v["service_ns"]["n"], 90);
    assert!(v["service_ns"]["max"].as_u64() <= v["latency_ns"]["max"].as_u64(), "{v:#}");
    assert!(v["service_ns"]["p50"].as_u64() <= v["latency_ns"]["p50"].as_u64(), "{v:#}");
    // Three inferences in a query's time, less what lies between queries.
    let per_query = v["throughput_ips"].as_f64().unwrap() / one_by_one(&v);
    assert!(per_query > 1.0 && per_query <= 3.001, "{per_query}");
    assert_eq!(v["queue"], Value::Null);
}

#[test]
fn server_says_what_was_offered_and_what_the_engine_took() {
    let v = measured(60, &["--scenario", "server", "--rate", "50", "--seed", "3"]);
    assert_eq!(v["scenario"], json!({"name": "server", "rate": 50.0, "concurrency": 1}));
    assert_eq!((&v["service_ns"]["n"], &v["queue"]["completed"]), (&json!(60), &json!(60)));
    for figure in ["min", "p50", "p99", "max"] {
        let of = |what: &str| v[what][figure].as_u64().unwrap();
        assert!(of("service_ns") <= of("latency_ns"), "{figure} of {v:#}");
    }
    let queue = &v["queue"];
    let number = |key: &str| queue[key].as_u64().unwrap();
    assert!(number("offered") >= 60 && number("offered") - 60 == number("waiting"), "{queue}");
    assert!(v["findings"].as_array().unwrap().iter().any(|f| f["id"] == "keeps_up"), "{v:#}");
}

#[test]
fn paced_frames_have_a_deadline_an_age_and_a_penalty() {
    let (path, quick) = (demo("digits-fp32"), ["-n", "60", "--warmup", "2", "--threads", "1", "--no-history"]);
    let paced = ["--fps", "100", "--deadline", "1h", "--queue", "2"];
    let result = run(bench([&path]).args(quick).args(paced).args(["--format", "json"])).ok().json();
    let (v, twin) = (&result["variants"][0], &result["variants"][1]);
    assert_eq!(v["scenario"], json!({"name": "paced", "rate": 100.0, "deadline": 3_600_000_000_000_u64, "queue": 2}));
    assert_eq!((&twin["scenario"]["name"], &twin["paced"]), (&json!("single_stream"), &Value::Null));
    let p = &v["paced"];
    assert_eq!((&p["rate_hz"], &p["answered"], &p["missed"]), (&json!(100.0), &json!(60), &json!(0)));
    // An answer is at least as old as its frame is late, and some ten milliseconds old before the next.
    assert!(p["age_mean_ns"].as_f64() > v["latency_ns"]["min"].as_f64(), "{p:#}");
    assert!(p["age_max_ns"].as_u64().unwrap() >= 10_000_000, "{p:#}");
    assert!(p["wakeup_ns"]["n"].as_u64().unwrap() > 0 && p["idle_cpu_ns_per_frame"].is_u64(), "{p:#}");
    assert!(v["cpu_ns_per_inference"].as_u64().unwrap() > 0);
    for figure in ["min", "p50", "max"] {
        assert!(v["service_ns"][figure].as_u64() <= v["latency_ns"][figure].as_u64(), "{figure} of {v:#}");
    }
    // No more than was offered, less what nobody waited for.
    let rate = v["throughput_ips"].as_f64().unwrap();
    assert!(rate > 0.0 && rate < 110.0, "{rate}");
    assert!(p["penalty"].is_object() != p["penalty_absent"].is_string(), "{p:#}");

    let alone = [&paced[..], &["--no-pace-penalty"]].concat();
    let text = run(bench([&path]).args(quick).args(alone)).ok().stdout.clone();
    for words in [
        "paced at 100/s",
        "deadline 3600 s: 0 of 60",
        "age of the newest answer",
        "woken late by",
        "CPU time per frame",
    ] {
        assert!(text.contains(words), "{words:?} in {text}");
    }
    assert!(text.contains("pace penalty: not known, the same model was not measured back to back"), "{text}");
}

#[test]
fn server_serves_on_several_streams() {
    let v = measured(40, &["--scenario", "server", "--rate", "200", "--concurrency", "2"]);
    assert_eq!((&v["scenario"]["concurrency"], &v["service_ns"]["n"]), (&json!(2), &json!(40)));
}

#[test]
fn offline_is_as_much_as_goes_through() {
    let v = measured(50, &["--scenario", "offline", "--concurrency", "2", "--batch-size", "4"]);
    assert_eq!(v["scenario"], json!({"name": "offline", "concurrency": 2}));
    let streams = v["throughput_ips"].as_f64().unwrap() / one_by_one(&v) / 4.0;
    assert!(streams > 0.5 && streams <= 2.001, "{streams} streams were busy");
}

#[test]
fn the_table_says_what_latency_is_made_of() {
    let path = demo("digits-fp32");
    let args = ["-n", "20", "--warmup", "1", "--scenario", "server", "--rate", "100"];
    let text = run(bench([&path]).args(args)).ok().stdout.clone();
    for words in ["server at 100/s", "service time: p50 ", "offered ", " · completed ", " waiting at the end"] {
        assert!(text.contains(words), "{words:?} in {text}");
    }
}

#[test]
fn options_that_do_not_go_together_are_refused_before_anything_runs() {
    let path = demo("digits-fp32");
    let refused = |args: &[&str], words: &str, hint: &str| {
        run(bench([&path]).args(args)).failed(2, words).hint(hint);
    };
    refused(&["--rate", "5"], "--rate has no effect with --scenario single-stream", "--scenario server or paced");
    refused(&["--scenario", "server"], "needs a rate", "--rate 100");
    refused(&["--scenario", "offline", "--streams", "2"], "--streams has no effect", "multi-stream");
    run(bench([&path]).args(["--scenario", "server", "--rate", "0"])).failed(2, "number above zero");
    run(bench([&path]).args(["--scenario", "rush-hour"])).failed(2, "rush-hour");
    run(nntop().args(["compare", &path, &path, "--concurrency", "2"])).failed(2, "--concurrency has no effect");
}

/// A plan of synthetic servers of 1 ms.
fn servers(names: &[&str], rate: f64, stop: Stop) -> Plan {
    let engine = || "synthetic:constant,median=1ms".to_owned();
    let scenario = Scenario::Server { rate, concurrency: 1 };
    let variant = |name: &&str| VariantSpec {
        name: name.to_string(),
        model: engine(),
        engine: engine().into(),
        scenario,
        ..VariantSpec::default()
    };
    Plan {
        variants: names.iter().map(variant).collect(),
        stop,
        warmup: Warmup { runs: 0, duration: Nanos::ZERO, steady: false },
        sample_every: Nanos::from_millis(1_000),
        ..Plan::default()
    }
}

#[test]
fn in_turns_no_query_waits_for_the_other_variants_turn() {
    let (events, commander, ending) = connect(nntop().args(["agent", "--stdio"])).unwrap().split();
    // About as much as can be served, so that there is a queue at the end of a turn.
    commander.send(Order::Start(servers(&["a", "b"], 950.0, Stop { runs: Some(700), ..Stop::default() })));
    // Since when each variant has had its turn.
    let mut begun = [None; 2];
    let (mut turns, mut measured) = (0, [0; 2]);
    loop {
        match events.recv_timeout(LIMIT).unwrap().kind {
            Kind::Block(Block { variant, t0, t1, latency, .. }) => {
                let i = usize::from(variant.0);
                let since = *begun[i].get_or_insert(t0);
                assert!(Nanos(latency.max) <= t1.since(since), "{variant} waited {} ns in its turn", latency.max);
                measured[i] += latency.n;
            }
            Kind::TurnDone { variant, .. } => {
                begun[usize::from(variant.0)] = None;
                turns += 1;
            }
            Kind::Done => break,
            _ => {}
        }
    }
    drop(commander);
    ending.wait();
    assert!(turns > 4 && measured.iter().all(|n| *n >= 700), "{turns} turns, {measured:?} queries");
}

#[test]
fn a_server_that_waits_for_its_next_query_can_be_stopped() {
    let (events, commander, ending) = connect(nntop().args(["agent", "--stdio"])).unwrap().split();
    // The first query comes in a quarter of an hour.
    commander.send(Order::Start(servers(&["seldom"], 0.001, Stop { runs: Some(5), ..Stop::default() })));
    let mut outcome = None;
    loop {
        let event: Event = events.recv_timeout(LIMIT).unwrap();
        match event.kind {
            Kind::Phase { phase: Phase::Measure, .. } => {
                commander.send(Order::Stop);
            }
            Kind::Log(line) => assert!(!line.text.contains("killed"), "{}", line.text),
            Kind::Finished { outcome: how, .. } => outcome = Some(how),
            Kind::Done => break,
            _ => {}
        }
    }
    drop(commander);
    ending.wait();
    assert_eq!(outcome, Some(Outcome::Interrupted));
}
