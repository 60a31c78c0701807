//! Profiling bursts: where they stand among the blocks, what they find, what is left of them.

use crate::support::{LIMIT, Run, bench, data_dir, demo, nntop, run, runtime, test_models};
use nntop::agent::{Commander, connect};
use nntop::event::{
    Block, BlockKind, Bursts, EngineOptions, Event, Kind, OpProfile, Order, Outcome, Plan, Reply, Slot, Stop,
    VariantSpec, Warmup,
};
use nntop::unit::Nanos;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const RUNS: u64 = 200;

fn plan(bursts: Bursts, variants: &[(&str, &str)]) -> Plan {
    let variant = |(engine, model): &(&str, &str)| VariantSpec {
        name: "v".into(),
        model: (*model).into(),
        engine: (*engine).into(),
        options: EngineOptions { threads: Some(1), ..EngineOptions::default() },
        ..VariantSpec::default()
    };
    Plan {
        variants: variants.iter().map(variant).collect(),
        stop: Stop { runs: Some(RUNS), ..Stop::default() },
        warmup: Warmup { runs: 10, duration: Nanos::ZERO, steady: false },
        bursts,
        sample_every: Nanos::from_millis(1_000),
        ..Plan::default()
    }
}

const SYNTHETIC: (&str, &str) = ("synthetic:constant,median=1ms", "synthetic:constant,median=1ms");

/// `nntop` whose temporary files go into a folder of the test's own.
fn in_folder(mut command: Command, folder: &TempDir) -> Command {
    command.env("TMPDIR", folder.path());
    command
}

/// Nothing of nntop's is left. (ONNX Runtime 1.31 itself leaves a file `.ses` in the folder for temporary files.)
#[track_caller]
fn empty(folder: &TempDir) {
    let entries = std::fs::read_dir(folder.path()).unwrap().flatten();
    let left: Vec<_> = entries.map(|e| e.path()).filter(|path| !path.ends_with(".ses")).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

/// All that an agent behind pipes says about a plan, and nothing is left in its temporary folder. `each` may give
/// orders.
#[track_caller]
fn events(plan: Plan, mut each: impl FnMut(&Event, &Commander)) -> Vec<Event> {
    let folder = TempDir::new().unwrap();
    let mut agent = nntop();
    // Which library profiles is what these tests choose.
    agent.args(["agent", "--stdio", "--allow-path"]);
    let (events, commander, ending) = connect(&mut in_folder(agent, &folder)).unwrap().split();
    commander.send(Order::Start(plan));
    let mut all: Vec<Event> = Vec::new();
    while !matches!(all.last(), Some(Event { kind: Kind::Done, .. })) {
        all.push(events.recv_timeout(LIMIT).unwrap());
        each(all.last().unwrap(), &commander);
    }
    drop(commander);
    ending.wait();
    empty(&folder);
    all
}

fn blocks(events: &[Event], slot: u8) -> Vec<&Block> {
    let block = |e| match e {
        &Event { kind: Kind::Block(ref b), .. } if b.variant.0 == slot => Some(b),
        _ => None,
    };
    events.iter().filter_map(block).collect()
}

fn profiles(events: &[Event], slot: u8) -> Vec<&OpProfile> {
    let profile = |e| match e {
        &Event { kind: Kind::Ops(ref burst), .. } if burst.variant.0 == slot => Some(&burst.profile),
        _ => None,
    };
    events.iter().filter_map(profile).collect()
}

/// The rows of a profile account for all of its time, to the nanosecond, and hang together.
#[track_caller]
fn complete(profile: &OpProfile, inferences: u64) {
    assert_eq!(profile.inferences, inferences);
    assert_eq!(profile.partial, None);
    let own: u64 = profile.rows.iter().map(|row| row.self_time.0).sum();
    assert_eq!(own + profile.gap.0, profile.wall.0);
    for (i, row) in profile.rows.iter().enumerate() {
        assert!(row.parent.is_none_or(|p| (p as usize) < i), "{row:?} before what encloses it");
        assert!(row.calls > 0 && row.total >= row.self_time, "{row:?}");
    }
    assert!(profile.executed_ops().count() > 0);
}

fn ended_ok(events: &[Event]) -> bool {
    events.iter().any(|e| matches!(&e.kind, Kind::Finished { outcome: Outcome::Ok, .. }))
}

#[test]
fn at_the_end_each_variant_is_profiled_once_and_nothing_is_measured_after() {
    let all = events(plan(Bursts::AtEnd, &[SYNTHETIC, SYNTHETIC]), |_, _| {});
    for slot in [0, 1] {
        let blocks = blocks(&all, slot);
        let measured: u64 = blocks.iter().filter(|b| b.phase == BlockKind::Measure).map(|b| b.latency.n).sum();
        assert_eq!(measured, RUNS);
        let (last, before) = blocks.split_last().unwrap();
        assert_eq!(last.phase, BlockKind::Profile);
        assert!(before.iter().all(|b| b.phase != BlockKind::Profile));
        let [profile] = profiles(&all, slot)[..] else { panic!("one burst") };
        complete(profile, last.latency.n);
        assert_eq!(last.drops, 0);
    }
    assert!(!all.iter().any(|e| matches!(e.kind, Kind::Profiled(_))), "that is between worker and agent");
}

#[test]
fn while_it_measures_bursts_stand_beside_measured_blocks_and_settling_follows() {
    // More than a first block holds, so that the variant still measures when it is asked.
    let runs = 5 * RUNS;
    let stop = Stop { runs: Some(runs), ..Stop::default() };
    let plan = Plan { stop, ..plan(Bursts::Regular, &[SYNTHETIC, SYNTHETIC]) };
    let mut measured = 0;
    let mut answers = Vec::new();
    let all = events(plan, |event, commander| match &event.kind {
        Kind::Block(b) if b.phase == BlockKind::Measure => {
            measured += 1;
            if measured == 1 {
                commander.send(Order::Profile { variant: Some(Slot(0)) });
                commander.send(Order::Profile { variant: Some(Slot(7)) });
            }
        }
        Kind::Answer(answer) => answers.push(answer.reply.clone()),
        _ => {}
    });
    assert_eq!(answers, [Reply::Done, Reply::Done, Reply::Refused("there is no variant H".into())]);
    assert_eq!((profiles(&all, 0).len(), profiles(&all, 1).len()), (2, 1), "one by itself, one was asked for");
    for slot in [0, 1] {
        let blocks = blocks(&all, slot);
        let kinds: Vec<BlockKind> = blocks.iter().map(|b| b.phase).collect();
        let first = kinds.iter().position(|k| *k == BlockKind::Profile).unwrap();
        assert!(kinds[..first].iter().all(|k| *k == BlockKind::Warmup), "soon: {kinds:?}");
        for pair in kinds.windows(2).filter(|pair| pair[0] == BlockKind::Profile) {
            assert_eq!(pair[1], BlockKind::Settle, "{kinds:?}");
        }
        let measured: u64 = blocks.iter().filter(|b| b.phase == BlockKind::Measure).map(|b| b.latency.n).sum();
        assert_eq!(measured, runs, "no profiled inference is counted");
    }
    // The chart's samples are those of the other blocks.
    let shown: u64 = all.iter().map(|e| if let Kind::Samples(s) = &e.kind { s.of } else { 0 }).sum();
    let unprofiled =
        |slot| blocks(&all, slot).iter().filter(|b| b.phase != BlockKind::Profile).map(|b| b.latency.n).sum::<u64>();
    assert!(shown <= unprofiled(0) + unprofiled(1));
}

#[test]
fn in_parallel_they_are_profiled_before_anything_is_measured() {
    let mut refused = None;
    let plan = Plan { parallel: true, ..plan(Bursts::AtEnd, &[SYNTHETIC, SYNTHETIC]) };
    let all = events(plan, |event, commander| match &event.kind {
        Kind::Ready(ready) if ready.variant == Slot(0) => {
            commander.send(Order::Profile { variant: None });
        }
        Kind::Answer(answer) => refused = Some(answer.reply.clone()),
        _ => {}
    });
    assert!(matches!(refused, Some(Reply::Refused(why)) if why.contains("--parallel")));
    let of = |kind| move |b: &&&Block| b.phase == kind;
    let both = || [blocks(&all, 0), blocks(&all, 1)].concat();
    let profiled = both().iter().filter(of(BlockKind::Profile)).map(|b| b.t1).max().unwrap();
    let measured = both().iter().filter(of(BlockKind::Measure)).map(|b| b.t0).min().unwrap();
    assert!(profiled < measured);
    assert_eq!((profiles(&all, 0).len(), profiles(&all, 1).len()), (1, 1));
}

/// Profiles a model with ONNX Runtime through an agent behind pipes.
#[track_caller]
fn onnx(model: &str, library: &Path) -> (OpProfile, u64) {
    let mut plan = plan(Bursts::AtEnd, &[("onnxruntime", model)]);
    plan.variants[0].options.library = Some(library.to_str().unwrap().into());
    let all = events(plan, |_, _| {});
    assert!(ended_ok(&all), "{all:?}");
    let [profile] = profiles(&all, 0)[..] else { panic!("one burst: {all:?}") };
    let profiled = blocks(&all, 0).iter().filter(|b| b.phase == BlockKind::Profile).map(|b| b.latency.n).sum();
    (profile.clone(), profiled)
}

fn types(profile: &OpProfile) -> Vec<&str> {
    profile.executed_ops().map(|row| row.op_type.as_str()).collect()
}

#[test]
fn onnx_runtime_says_where_the_time_of_a_model_goes() {
    let (profile, n) = onnx(&demo("digits-fp32"), runtime());
    complete(&profile, n);
    assert!(types(&profile).contains(&"Conv"), "{:?}", types(&profile));
    assert!(profile.executed_ops().all(|row| row.provider.as_deref() == Some("cpu")));
    // One call of each operator per inference: there is no subgraph.
    assert!(profile.executed_ops().all(|row| row.calls == n));
}

#[test]
fn operators_of_subgraphs_lie_in_what_runs_them() {
    let Some(folder) = test_models() else { return };
    for (model, outer) in [("loop-subgraph", "Loop"), ("if-subgraph", "If")] {
        let (profile, n) = onnx(folder.join(model).join("model.onnx").to_str().unwrap(), runtime());
        complete(&profile, n);
        let at = profile.rows.iter().position(|row| row.op_type == outer).unwrap();
        let within = |mut i: usize| loop {
            match profile.rows[i].parent {
                Some(p) if p as usize == at => return true,
                Some(p) => i = p as usize,
                None => return false,
            }
        };
        let inner = (0..profile.rows.len()).filter(|&i| profile.rows[i].is_executed_op() && within(i)).count();
        assert!(inner > 0, "{model}: {:?}", profile.rows);
    }
}

/// Runtimes before 1.25 only profile whole sessions: a second one, in a worker of its own.
#[test]
fn an_older_runtime_is_profiled_in_a_session_of_its_own() {
    let older = data_dir().with_file_name("nntop-data-older");
    let installed = run(nntop().args(["engine", "install", "onnxruntime==1.19.2"]).env("NNTOP_DATA_DIR", older));
    let (_, library) = installed.ok().stdout.trim_end().split_once(" is installed: ").unwrap();
    let (profile, n) = onnx(&demo("digits-fp32"), Path::new(library));
    complete(&profile, n);
    assert!(types(&profile).contains(&"Conv"), "{:?}", types(&profile));
}

fn variant(run: &Run) -> Value {
    run.json()["variants"][0].clone()
}

fn bench_in(folder: &TempDir, args: &[&str]) -> Run {
    let mut command = nntop();
    command.args(["bench", "--warmup", "5", "--format", "json"]).args(args);
    run(&mut in_folder(command, folder))
}

#[test]
fn a_result_says_where_the_time_goes_and_what_it_cost_to_know() {
    let folder = TempDir::new().unwrap();
    let v = variant(bench_in(&folder, &["synthetic:constant,median=2ms", "-n", "50"]).ok());
    let profile = &v["profile"];
    assert_eq!((&profile["source"], &profile["partial"]), (&"synthetic".into(), &Value::Null));
    assert!(profile["overhead_percent"].is_f64(), "{profile}");
    let (wall, gap) = (profile["wall_ns"].as_u64().unwrap(), profile["gap_ns"].as_u64().unwrap());
    let operators = v["operators"].as_array().unwrap();
    let own: u64 = operators.iter().map(|o| o["self_ns"].as_u64().unwrap()).sum();
    assert!(wall - (own + gap) <= operators.len() as u64, "all but what rounding leaves");
    let add = operators.iter().find(|o| o["type"] == "Add").unwrap();
    assert_eq!(
        (&add["calls"], &operators[add["parent"].as_u64().unwrap() as usize]["type"]),
        (&4.0.into(), &"Loop".into())
    );
    assert_eq!(v["placement"]["by_provider"], serde_json::json!({ "synthetic": operators.len() }));
    assert_eq!(v["latency_ns"]["n"], 50);
    empty(&folder);
}

#[test]
fn without_profiling_a_result_says_that_there_is_none() {
    let folder = TempDir::new().unwrap();
    let v = variant(bench_in(&folder, &["synthetic:constant,median=1ms", "-n", "50", "--no-profile"]).ok());
    assert_eq!((&v["profile"], &v["operators"]), (&Value::Null, &serde_json::json!([])));
    assert!(v["profile_absent"].is_string());
}

#[test]
fn operators_on_another_provider_are_a_failure_where_that_is_asked_for() {
    let folder = TempDir::new().unwrap();
    let options = ["--ep", "synthetic", "--require-ep", "-n", "50"];
    let fallen = "net:synthetic:constant,median=1ms,fallback=2";
    let result = bench_in(&folder, &[&[fallen][..], &options].concat());
    let words = "net: --require-ep: 2 of 8 operators did not run on synthetic: 1 MatMul on cpu, 1 Softmax on cpu";
    let v = variant(result.failed(1, words).hint("without --require-ep"));
    assert!(v["latency_ns"].is_null(), "found before anything is measured");
    assert_eq!(v["placement"]["elsewhere"], "1 MatMul, 1 Softmax on cpu");
    bench_in(&folder, &[&["net:synthetic:constant,median=1ms"][..], &options].concat()).ok();

    let cold = run(nntop().args(["bench", fallen, "--warmup", "0"]).args(options));
    cold.failed(1, "2 of 8 operators did not run on synthetic");

    // Without it, it is said loudly.
    let loud = run(nntop().args(["bench", fallen, "-n", "50", "--warmup", "5"]));
    assert!(
        loud.ok().stdout.contains("! net: only 6 of 8 operators on synthetic: 1 MatMul, 1 Softmax on cpu"),
        "{loud:?}"
    );
    let none = run(nntop().args(["bench", fallen, "-n", "50", "--require-ep"]));
    none.failed(2, "--require-ep").hint("--ep cuda");
    empty(&folder);
}

#[test]
fn a_worker_that_dies_in_the_burst_at_the_end_takes_no_figure_with_it() {
    let folder = TempDir::new().unwrap();
    // The first inference, 5 to warm up, 10 that are measured: the 18th is the burst's second.
    let v = variant(bench_in(&folder, &["synthetic:constant,median=1ms,abort-at=18", "-n", "10"]).ok());
    assert_eq!((&v["status"], &v["latency_ns"]["n"]), (&"ok".into(), &10.into()));
    assert!(v["profile_absent"].as_str().unwrap().contains("SIGABRT"), "{v}");
    empty(&folder);
}

#[test]
fn a_worker_that_dies_in_a_burst_while_it_measures_is_a_failed_run() {
    let variant = "synthetic:constant,median=1ms,abort-at=13";
    let all = events(plan(Bursts::Regular, &[(variant, variant)]), |_, _| {});
    let fault = all.iter().find_map(|e| match &e.kind {
        Kind::Finished { outcome: Outcome::Failed { error }, .. } => Some(error),
        _ => None,
    });
    let fault = fault.unwrap();
    assert!(fault.message.contains("while its operators were profiled"), "{fault:?}");
    assert!(fault.hint.as_ref().unwrap().contains("--no-profile"));
}

#[test]
fn where_a_runtime_cannot_write_its_profile_the_figures_stand() {
    runtime();
    let mut command = bench([&demo("digits-fp32"), "-n", "20", "--warmup", "1", "--format", "json"]);
    let result = run(command.env("TMPDIR", "/nonexistent"));
    let v = variant(result.ok());
    assert_eq!((&v["latency_ns"]["n"], &v["profile"]), (&20.into(), &Value::Null));
    assert!(v["profile_absent"].as_str().unwrap().contains("/nonexistent"), "{v}");
}
