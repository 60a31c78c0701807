//! Profiles as ONNX Runtime writes them, small, and everything that can be wrong with them.

use super::*;
use crate::event::OpRow;

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
