//! Threads, devices and waits of a trace stand beside the wall time and are never added to it.

use super::*;

/// A trace of Kineto's around these events.
fn trace(events: &[String]) -> String {
    format!(r#"{{"schemaVersion": 1, "deviceProperties": [], "traceEvents": [{}]}}"#, events.join(","))
}

/// A complete event; times in microseconds.
fn event(
    category: &str,
    name: &str,
    (process, thread): (i64, i64),
    ts: impl ToString,
    dur: impl ToString,
    args: &str,
) -> String {
    let (ts, dur) = (ts.to_string(), dur.to_string());
    format!(
        r#"{{"ph": "X", "cat": "{category}", "name": "{name}", "pid": {process}, "tid": {thread}, "ts": {ts}, "dur": {dur}, "args": {{{args}}}}}"#
    )
}

const OWN: (i64, i64) = (42, 42);

fn step(n: u64, ts: u64, dur: u64) -> String {
    event("user_annotation", &format!("ProfilerStep#{n}"), OWN, ts, dur, "")
}

/// A step of 10 ms with an operator of 9 ms in it.
fn small() -> Vec<String> {
    vec![step(1, 1_000, 10_000), event("cpu_op", "aten::conv2d", OWN, 1_100, 9_000, "")]
}

fn with(more: &[String]) -> OpProfile {
    parsed(trace(&[small(), more.to_vec()].concat()).as_bytes())
}

const MS: u64 = 1_000_000;

#[track_caller]
fn track(profile: &OpProfile, name: &str) -> (u64, Option<u64>) {
    let found = profile.beside.iter().find(|track| track.name == name);
    let track = found.unwrap_or_else(|| panic!("{name}: {:?}", profile.beside));
    (track.busy.0, track.overlap.map(|ns| ns.0))
}

#[test]
fn other_threads_stand_beside_a_step_and_are_no_part_of_it() {
    let mut more: Vec<String> =
        (43..46).map(|thread| event("cpu_op", "aten::copy_", (42, thread), 1_500, 8_000, "")).collect();
    more.push(event("user_annotation", "gloo:all_reduce", (42, 46), 10_500, 500_000, ""));
    let p = with(&more);
    assert_eq!((p.inferences, p.wall, p.whole(), p.gap), (1, Nanos(10 * MS), Nanos(10 * MS), Nanos(0)));
    assert_eq!((p.between_operators(), p.overlap()), (Nanos(MS), Nanos(0)));
    assert_eq!(p.executed_ops().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["aten::conv2d"]);
    // Half a millisecond of the call lies in the step, which is how long the thread worked for it.
    let reduce = row(&p, "gloo:all_reduce");
    assert_eq!((reduce.thread.as_deref(), reduce.total.0, reduce.self_time.0), (Some("thread 46"), 500 * MS, MS / 2));
    assert_eq!(p.rows.iter().filter(|row| row.name == "aten::copy_").count(), 3, "each thread has its own rows");
    assert_eq!((track(&p, "thread 43"), track(&p, "thread 46")), ((8 * MS, Some(8 * MS)), (MS / 2, Some(0))));
    assert_eq!(p.elsewhere, Nanos(MS / 2), "of the millisecond between operators");
    assert_eq!(p.idle(), Nanos(MS / 2));
}

#[test]
fn a_thread_is_called_as_the_trace_calls_it_or_by_its_number_and_process() {
    let named = r#"{"ph": "M", "name": "thread_name", "pid": 42, "tid": 43, "args": {"name": "autograd"}}"#.to_owned();
    let on = |process, thread| event("cpu_op", "x", (process, thread), 1_500, 100, "");
    let p = with(&[named, on(42, 43), on(42, 50), on(7, 50)]);
    let mut names: Vec<&str> = p.beside.iter().map(|track| track.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["autograd", "thread 50 of process 42", "thread 50 of process 7"]);
}

#[test]
fn backward_on_a_thread_of_its_own_is_what_the_step_waited_for() {
    let p = with(&[step(2, 12_000, 10_000), event("cpu_op", "autograd::engine", (42, 44), 12_000, 6_000, "")]);
    assert_eq!((p.inferences, p.wall), (2, Nanos(20 * MS)));
    assert_eq!((p.between_operators(), p.elsewhere), (Nanos(11 * MS), Nanos(6 * MS)));
    assert_eq!(track(&p, "thread 44"), (6 * MS, Some(0)));
}

#[test]
fn steps_of_several_ranks_are_inferences_each_and_a_step_in_a_step_is_the_same_one() {
    let rank = event("user_annotation", "ProfilerStep#1", (43, 43), 1_000, 14_000, "");
    let copy = event("cpu_op", "ProfilerStep#1", OWN, 1_000, 9_000, "");
    let p = with(&[rank, copy, event("cpu_op", "aten::conv2d", (43, 43), 2_000, 12_000, "")]);
    assert_eq!((p.inferences, p.wall), (2, Nanos(24 * MS)));
    assert_eq!((times(&p, "aten::conv2d").2, p.beside.len()), (2, 0), "of both ranks");
}

#[test]
fn what_a_device_s_track_holds_is_no_host_s() {
    let device = |category, name, ts, dur, args| event(category, name, (0, 7), ts, dur, args);
    let p = parsed(
        trace(&[
            step(1, 1_000, 10_000),
            event("cpu_op", "aten::mm", OWN, 1_100, 2_000, r#""External id": 2"#),
            event("cuda_runtime", "cudaLaunchKernel", OWN, 1_200, 10, r#""correlation": 7"#),
            device("kernel", "sgemm", 1_300, 8_500, r#""correlation": 7, "device": 0"#),
            event("cuda_runtime", "cudaDeviceSynchronize", OWN, 3_200, 6_700, r#""correlation": 8"#),
            device("cuda_sync", "Context Sync", 3_200, 6_700, r#""correlation": 8"#),
            device("cuda_sync", "Stream Wait Event", 1_300, 8_500, r#""correlation": 9"#),
            device("cuda_profiler_range", "__profile__", 1_000, 9_000, ""),
            device("gpu_user_annotation", "ProfilerStep#1", 1_000, 9_000, ""),
        ])
        .as_bytes(),
    );
    assert_eq!((p.wall, p.whole(), p.partial.as_deref()), (Nanos(10 * MS), Nanos(10 * MS), None));
    let host: u64 = p.rows.iter().filter(|row| !row.is_beside()).map(|row| row.self_time.0).sum();
    assert_eq!(host, 10 * MS, "each moment once");
    let mm = row(&p, "aten::mm");
    assert_eq!((mm.self_time.0, mm.device_time.0, mm.provider.as_deref()), (1_990_000, 8_500_000, Some("cuda")));
    for wait in ["Context Sync", "Stream Wait Event", "__profile__"] {
        assert_eq!((row(&p, wait).kind, row(&p, wait).device.as_deref()), (RowKind::Wait, Some("cuda:0")), "{wait}");
    }
    // The kernel alone, 8.4 ms of which an operator or a call of the runtime went on beside.
    assert_eq!((track(&p, "cuda:0"), p.elsewhere), ((8_500_000, Some(8_400_000)), Nanos(100_000)));
}

#[test]
fn devices_of_other_makers_work_on_their_own_tracks() {
    let p = with(&[
        event("mtia_runtime", "launch", OWN, 1_200, 10, r#""correlation": 3"#),
        event("mtia_ccp_events", "Dispatch", (0, 1), 1_300, 4_000, r#""correlation": 3, "device": 1"#),
        // Two streams at once: the device was busy for 5 ms, not for 8.
        event("mtia_ccp_events", "Dispatch", (0, 2), 2_300, 4_000, r#""correlation": 3, "device": 1"#),
    ]);
    assert_eq!(track(&p, "mtia:1"), (5 * MS, Some(5 * MS)));
    let conv = row(&p, "aten::conv2d");
    assert_eq!((conv.device_time.0, conv.provider.as_deref()), (8 * MS, Some("mtia")));
    assert_eq!((p.whole(), p.beside.len()), (Nanos(10 * MS), 1));
}

#[test]
fn an_operator_that_encloses_the_one_that_started_kernels_is_placed_with_it_and_has_no_time_of_theirs() {
    let p = with(&[
        event("cpu_op", "aten::cudnn_convolution", OWN, 1_200, 5_000, ""),
        event("cuda_runtime", "cudaLaunchKernel", OWN, 1_300, 10, r#""correlation": 3"#),
        event("kernel", "fprop", (0, 7), 2_000, 3_000, r#""correlation": 3"#),
        event("cpu_op", "aten::relu", OWN, 10_200, 500, ""),
    ]);
    let told = |name| (row(&p, name).provider.as_deref(), row(&p, name).device_time.0);
    assert_eq!(told("aten::conv2d"), (Some("cuda"), 0));
    assert_eq!(told("aten::cudnn_convolution"), (Some("cuda"), 3 * MS));
    assert_eq!(told("aten::relu"), (Some("cpu"), 0));
}

#[test]
fn categories_that_are_not_known_are_listed_and_no_functions_of_the_host() {
    let p = with(&[
        event("mtia_insight", "who", OWN, 1_200, 9_500, ""),
        event("mtia_insight", "knows", OWN, 1_300, 500, ""),
        event("quantum_op", "x", (0, 7), 1_200, 9_000, ""),
    ]);
    assert_eq!(p.rows.len(), 2, "{:?}", p.rows);
    assert_eq!(
        p.partial.as_deref(),
        Some(
            r#"left out, of categories that are not known: "mtia_insight" (2 events, 10.0 ms), "quantum_op" (1 event, 9.00 ms)"#
        )
    );
    // In a trace of another program they are its own.
    let own = r#"[{"ph":"X","name":"a","cat":"quantum_op","ts":0,"dur":10,"tid":1}]"#;
    assert_eq!(row(&parsed(own.as_bytes()), "a").kind, RowKind::Function);
}

#[test]
fn time_stamps_that_cannot_be_are_refused_by_name() {
    let kernel = |name: &str, ts: &str, dur: &str| event("kernel", name, (0, 7), ts, dur, r#""correlation": 3"#);
    let p = with(&[
        event("cuda_runtime", "cudaLaunchKernel", OWN, 1_200, 10, r#""correlation": 3"#),
        kernel("sgemm", "0", "5"),
        kernel("sgemm", "0", "0"),
        kernel("early", "-1700000000000000", "5"),
        kernel("back", "1300", "-4"),
        kernel("none", "\"soon\"", "4"),
        event("cpu_op", "aten::late", OWN, "1700000000000000.5", 7, ""),
    ]);
    assert_eq!((p.wall, p.rows.len(), p.beside.len()), (Nanos(10 * MS), 3, 0));
    let why = p.partial.unwrap();
    for told in [
        r#""sgemm" (2 times, begins at 0)"#,
        r#""early" (begins days apart from the others)"#,
        r#""aten::late" (begins days apart from the others)"#,
        r#""back" (ends before it begins)"#,
        "1 more",
    ] {
        assert!(why.contains(told), "{told}: {why}");
    }
    let all = small().join(",").replace("1000,", "0,").replace("1100,", "0,");
    let error = read(trace(&[all]).as_bytes()).unwrap_err().to_string();
    assert!(error.contains("no event with time stamps that can be: ") && error.contains("\"aten::conv2d\""), "{error}");
    let step = trace(&[step(1, 1_000, 0), event("cpu_op", "aten::conv2d", OWN, 1_100, 9_000, "")]);
    let p = parsed(step.as_bytes());
    assert_eq!((p.inferences, p.wall), (0, Nanos(9 * MS)), "without a step the operators are what there is");
    assert!(p.partial.unwrap().contains(r#""ProfilerStep" (a step that lasts for no time)"#));
}

#[test]
fn without_steps_the_thread_of_the_operators_is_the_own_one() {
    let events = [
        event("cpu_op", "aten::conv2d", OWN, 1_100, 9_000, ""),
        event("cpu_op", "aten::copy_", (42, 43), 1_500, 8_000, ""),
        event("user_annotation", "gloo:all_reduce", (42, 46), 1_000, 500_000, ""),
    ];
    let p = parsed(trace(&events).as_bytes());
    assert_eq!((p.inferences, p.wall, p.whole()), (0, Nanos(500 * MS), Nanos(500 * MS)));
    assert_eq!((row(&p, "aten::conv2d").thread.as_deref(), p.gap), (None, Nanos(491 * MS)));
    assert_eq!(track(&p, "thread 46"), (500 * MS, Some(9 * MS)));
}
