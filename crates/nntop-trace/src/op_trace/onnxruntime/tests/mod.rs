//! Profiles as ONNX Runtime writes them, small, and everything that can be wrong with them.

mod broken;
mod forms;

use super::*;
use nntop_core::event::{OpRow, RowKind};

/// An event as ONNX Runtime 1.31 writes it.
fn session(thread: u64, name: &str, begin: u64, duration: u64) -> String {
    format!(
        r#"{{"cat" : "Session","pid" :7,"tid" :{thread},"dur" :{duration},"ts" :{begin},"ph" : "X","name" :"{name}","args" : {{}}}}"#
    )
}

fn node(thread: u64, name: &str, index: u32, op: &str, begin: u64, duration: u64) -> String {
    node_with(thread, name, index, op, begin, duration, r#"[{"float":[1,2]}]"#, 280)
}

#[expect(clippy::too_many_arguments, reason = "it is a line of a file")]
fn node_with(
    thread: u64,
    name: &str,
    index: u32,
    op: &str,
    begin: u64,
    duration: u64,
    inputs: &str,
    memory: u64,
) -> String {
    format!(
        r#"{{"cat" : "Node","pid" :7,"tid" :{thread},"dur" :{duration},"ts" :{begin},"ph" : "X","name" :"{name}_kernel_time","args" : {{"op_name" : "{op}","input_type_shape" : {inputs},"mem_arena_held_delta" : "0","mem_bytes_in_use" : "{memory}","thread_scheduling_stats" : "","node_index" : "{index}","provider" : "CPUExecutionProvider","output_type_shape" : [{{"float":[1,2]}}],"parameter_size" : "0"}}}}"#
    )
}

fn file(events: &[String]) -> String {
    format!("[\n{}\n]\n", events.join(",\n"))
}

fn profile(events: &[String]) -> OpProfile {
    read(file(events).as_bytes()).unwrap()
}

/// What adds up does.
#[track_caller]
fn adds_up(profile: &OpProfile) {
    let own: u64 = profile.rows.iter().map(|row| row.self_time.0).sum();
    assert_eq!(own + profile.gap.0, profile.wall.0);
}

fn row<'a>(profile: &'a OpProfile, name: &str) -> &'a OpRow {
    profile.rows.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("{name}: {:#?}", profile.rows))
}

/// Two runs of two nodes, after what happens before any run.
fn two_runs() -> Vec<String> {
    vec![
        session(7, "model_loading_uri", 1, 126),
        session(7, "session_initialization", 142, 296),
        node(7, "conv", 0, "Conv", 1000, 30),
        node(7, "relu", 1, "Relu", 1032, 4),
        session(7, "SequentialExecutor::Execute", 998, 40),
        session(7, "model_run", 996, 44),
        node(7, "conv", 0, "Conv", 2000, 20),
        node(7, "relu", 1, "Relu", 2022, 5),
        session(7, "SequentialExecutor::Execute", 1998, 30),
        session(7, "model_run", 1996, 33),
    ]
}

#[test]
fn calls_of_all_runs_are_folded_into_rows() {
    let profile = profile(&two_runs());
    adds_up(&profile);
    assert_eq!((profile.inferences, profile.wall, profile.gap), (2, Nanos(77_000), Nanos(0)));
    assert_eq!(profile.partial, None);
    let names: Vec<&str> = profile.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["model_run", "SequentialExecutor::Execute", "conv", "relu"]);
    let conv = row(&profile, "conv");
    assert_eq!((conv.op_type.as_str(), conv.provider.as_deref(), conv.parent), ("Conv", Some("cpu"), Some(1)));
    assert_eq!((conv.calls, conv.total, conv.self_time), (2, Nanos(50_000), Nanos(50_000)));
    assert_eq!(conv.start, Some(Nanos(4_000)), "from the begin of the first run");
    assert_eq!(conv.memory.unwrap().0, 280);
    assert_eq!(profile.between_operators(), Nanos(18_000));
}

/// A loop whose body runs twice, between two nodes; in the body is a node with the index of one outside.
fn with_a_loop() -> Vec<String> {
    vec![
        node(7, "first", 0, "Relu", 1010, 5),
        node(7, "inner", 0, "Add", 1021, 4),
        session(7, "SequentialExecutor::Execute", 1020, 6),
        node(7, "inner", 0, "Add", 1029, 3),
        session(7, "SequentialExecutor::Execute", 1028, 5),
        node(7, "loop", 1, "Loop", 1018, 17),
        node(7, "last", 2, "Relu", 1040, 2),
        session(7, "SequentialExecutor::Execute", 1005, 40),
        session(7, "model_run", 1000, 50),
    ]
}

#[test]
fn bodies_lie_below_their_node_folded_over_iterations() {
    let profile = profile(&with_a_loop());
    adds_up(&profile);
    let shown: Vec<_> = profile.rows.iter().map(|r| (r.name.as_str(), r.parent, r.calls, r.self_time.0)).collect();
    assert_eq!(
        shown,
        [
            ("model_run", None, 1, 10_000),
            ("SequentialExecutor::Execute", Some(0), 1, 16_000),
            ("first", Some(1), 1, 5_000),
            ("loop", Some(1), 1, 6_000),
            ("SequentialExecutor::Execute", Some(3), 2, 4_000),
            ("inner", Some(4), 2, 7_000),
            ("last", Some(1), 1, 2_000),
        ]
    );
}

#[test]
fn what_takes_less_than_a_microsecond_is_no_child_of_what_follows() {
    let profile = profile(&[
        node(7, "quick", 0, "Shape", 1010, 0),
        node(7, "slow", 1, "Conv", 1010, 9),
        session(7, "SequentialExecutor::Execute", 1005, 20),
        session(7, "model_run", 1000, 30),
    ]);
    assert_eq!(row(&profile, "quick").parent, row(&profile, "slow").parent);
}

#[test]
fn rounding_lets_a_child_end_after_its_parent_without_harm() {
    // 1004.9 to 1020.0 in 1004.2 to 1020.1 is 1004 + 15 in 1004 + 15; a microsecond later it ends later.
    let profile = profile(&[
        node(7, "conv", 0, "Conv", 1005, 15),
        session(7, "SequentialExecutor::Execute", 1004, 15),
        session(7, "model_run", 1004, 15),
    ]);
    adds_up(&profile);
    assert_eq!(profile.partial, None);
    assert_eq!(row(&profile, "conv").self_time, Nanos(15_000));
}

#[test]
fn children_longer_than_their_parent_are_cut_and_it_says_so() {
    let profile = profile(&[
        node(7, "a", 0, "Conv", 1001, 30),
        node(7, "b", 1, "Conv", 1002, 30),
        session(7, "model_run", 1000, 40),
    ]);
    adds_up(&profile);
    assert!(profile.partial.as_ref().unwrap().contains("20.0 µs more than what encloses them"), "{profile:?}");
}

#[test]
fn operators_on_other_threads_belong_to_the_run_meanwhile() {
    let profile = profile(&[
        node(8, "left", 0, "Conv", 1010, 30),
        node(9, "right", 1, "Conv", 1020, 30),
        session(7, "SequentialExecutor::Execute", 1002, 60),
        session(7, "model_run", 1000, 70),
        node(8, "left", 0, "Conv", 2010, 10),
        node(9, "right", 1, "Conv", 2030, 10),
        session(7, "SequentialExecutor::Execute", 2002, 60),
        session(7, "model_run", 2000, 70),
    ]);
    assert_eq!((profile.inferences, profile.wall, profile.gap), (2, Nanos(140_000), Nanos(0)));
    let (left, right) = (row(&profile, "left"), row(&profile, "right"));
    assert_eq!((left.calls, left.total, left.parent), (2, Nanos(40_000), Some(1)));
    assert_eq!((right.total, right.parent), (Nanos(40_000), Some(1)));
    // 40 and 20 µs are covered by operators: they overlap by 20 µs, by which all self times exceed the wall time.
    assert_eq!(row(&profile, "SequentialExecutor::Execute").self_time, Nanos(60_000));
    let own: u64 = profile.rows.iter().map(|row| row.self_time.0).sum();
    assert_eq!(own, profile.wall.0 + 20_000);
    assert_eq!(profile.partial, None);
}

#[test]
fn runs_at_the_same_time_keep_their_own_operators() {
    let profile = profile(&[
        node(7, "conv", 0, "Conv", 1010, 30),
        node(8, "conv", 0, "Conv", 1015, 30),
        session(7, "model_run", 1000, 50),
        session(8, "model_run", 1005, 50),
    ]);
    adds_up(&profile);
    assert_eq!((profile.inferences, profile.wall), (2, Nanos(100_000)));
    assert_eq!(row(&profile, "conv").calls, 2);
}

#[test]
fn kernels_lie_below_the_node_that_started_them_beside_the_wall_time() {
    let kernel = r#"{"cat" : "Kernel","pid" :7,"tid" :3,"dur" :500,"ts" :1011,"ph" : "X","name" :"sgemm","args" : {"op_name" : "Conv"}}"#;
    let profile = profile(&[
        session(7, "model_run", 1000, 50),
        node(7, "conv", 0, "Conv", 1010, 30),
        kernel.into(),
        kernel.into(),
        session(7, "model_run", 2000, 50),
    ]);
    let sgemm = row(&profile, "sgemm");
    assert_eq!((sgemm.kind, sgemm.calls, sgemm.total), (RowKind::Kernel, 2, Nanos(1_000_000)));
    assert_eq!(profile.rows[sgemm.parent.unwrap() as usize].name, "conv");
    assert_eq!((profile.wall, profile.gap, row(&profile, "conv").self_time), (Nanos(100_000), Nanos(0), Nanos(30_000)));
}

#[test]
fn flops_follow_the_shapes_of_every_call() {
    let call = |begin, rows: u32| {
        node_with(7, "product", 0, "MatMul", begin, 9, &format!(r#"[{{"float":[{rows},4]}}]"#), 1000 + u64::from(rows))
    };
    let profile =
        profile(&[call(1001, 3), session(7, "model_run", 1000, 50), call(2001, 5), session(7, "model_run", 2000, 50)]);
    let product = row(&profile, "product");
    // Outputs are [1,2] here, whatever comes in.
    assert_eq!(product.flops, Some(2 * (2 * 2 * 4)));
    assert_eq!(product.bytes.unwrap().0, 4 * (3 * 4 + 2 + 4 * 2) + 4 * (5 * 4 + 2 + 4 * 2));
    assert_eq!(product.inputs[0].shape, [3, 4], "those of its first call");
    assert_eq!(product.memory.unwrap().0, 1005, "the most of all calls");
}

#[test]
fn an_operator_without_a_rule_has_no_operations() {
    let profile = profile(&[node(7, "trees", 0, "TreeEnsemble", 1001, 9), session(7, "model_run", 1000, 50)]);
    assert_eq!(row(&profile, "trees").flops, None);
}

#[test]
fn the_fences_around_the_operators_of_older_versions_are_no_operators() {
    let fence = |name: &str, begin: u64| {
        format!(
            r#"{{"cat" : "Node","pid" :7,"tid" :7,"dur" :0,"ts" :{begin},"ph" : "X","name" :"{name}","args" : {{"op_name" : "Conv"}}}}"#
        )
    };
    let mut events = two_runs();
    for (at, begin) in [(2, 999), (7, 1999)] {
        events.insert(at, fence("conv_fence_before", begin));
        events.insert(at + 2, fence("conv_fence_after", begin + 31));
    }
    let (with, without) = (profile(&events), profile(&two_runs()));
    assert_eq!(with.executed_ops().count(), 2, "{:#?}", with.rows);
    assert_eq!(with, without);
}
