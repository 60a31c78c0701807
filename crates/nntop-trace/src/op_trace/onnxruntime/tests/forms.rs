//! The same events, written differently: spaced otherwise, in another order of keys or of events, without line breaks.

use super::*;
use proptest::prelude::*;

/// An operator of a made-up model: how long it takes, and its body, if it has one.
#[derive(Debug, Clone)]
struct Node {
    name: usize,
    took: u64,
    memory: u64,
    rows: u64,
    threads: usize,
    body: Vec<Node>,
}

fn nodes() -> impl Strategy<Value = Vec<Node>> {
    let leaf = (0..6usize, 1..50u64, 0..1u64 << 40, 1..4u64, 0..3usize)
        .prop_map(|(name, took, memory, rows, threads)| Node { name, took, memory, rows, threads, body: Vec::new() });
    let tree = leaf.prop_recursive(3, 20, 4, |inner| {
        (inner.clone(), prop::collection::vec(inner, 0..4)).prop_map(|(node, body)| Node { body, ..node })
    });
    prop::collection::vec(tree, 0..6)
}

struct Event {
    begin: u64,
    duration: u64,
    depth: usize,
    fields: Vec<(&'static str, String)>,
    args: Vec<(&'static str, String)>,
}

struct Recorder {
    now: u64,
    events: Vec<Event>,
}

impl Recorder {
    fn end(&mut self, begin: u64, depth: usize, category: &str, name: &str, args: Vec<(&'static str, String)>) {
        let text = |text: &str| format!("\"{text}\"");
        let duration = self.now - begin;
        let fields = vec![
            ("cat", text(category)),
            ("pid", "7".into()),
            ("tid", "7".into()),
            ("dur", duration.to_string()),
            ("ts", begin.to_string()),
            ("ph", text("X")),
            ("name", text(name)),
        ];
        self.events.push(Event { begin, duration, depth, fields, args });
        self.now += 1;
    }

    fn execute(&mut self, nodes: &[Node], depth: usize) {
        let begin = self.now;
        self.now += 1;
        for (index, node) in nodes.iter().enumerate() {
            let begin = self.now;
            self.now += node.took;
            if !node.body.is_empty() {
                self.execute(&node.body, depth + 2);
            }
            let stats = match node.threads {
                0 => "\"\"".to_owned(),
                n => {
                    let sub: Vec<String> = (1..n).map(|i| format!(r#""{i}": {{"num_run": {i}, "core": 0}}"#)).collect();
                    format!(
                        r#"{{"main_thread": {{"thread_id": "1", "block_size": [1, 2]}}, "sub_threads": {{{}}}}}"#,
                        sub.join(", ")
                    )
                }
            };
            let args = vec![
                ("op_name", "\"MatMul\"".into()),
                ("provider", "\"CPUExecutionProvider\"".into()),
                ("node_index", format!("\"{index}\"")),
                ("input_type_shape", format!(r#"[{{"float":[{},8]}},{{"float":[8,2]}}]"#, node.rows)),
                ("output_type_shape", format!(r#"[{{"float":[{},2]}}]"#, node.rows)),
                ("mem_bytes_in_use", format!("\"{}\"", node.memory)),
                ("thread_scheduling_stats", stats),
                ("note", r#""ä ü {[ }] , :""#.into()),
            ];
            self.end(begin, depth + 1, "Node", &format!("/layer/{}_kernel_time", node.name), args);
        }
        self.end(begin, depth, "Session", "SequentialExecutor::Execute", Vec::new());
    }

    fn record(runs: usize, nodes: &[Node]) -> Vec<Event> {
        let mut this = Self { now: 100, events: Vec::new() };
        for _ in 0..runs {
            let begin = this.now;
            this.now += 2;
            this.execute(nodes, 1);
            this.end(begin, 0, "Session", "model_run", Vec::new());
            this.now += 10;
        }
        this.events
    }
}

/// As ONNX Runtime spaces it.
fn as_written(events: &[Event]) -> String {
    let member = |(key, value): &(&str, String)| format!("\"{key}\" : {value}");
    let lines: Vec<String> = events
        .iter()
        .map(|event| {
            let args: Vec<String> = event.args.iter().map(member).collect();
            let of = |key: &str| &event.fields.iter().find(|(k, _)| *k == key).unwrap().1;
            format!(
                r#"{{"cat" : {},"pid" :{},"tid" :{},"dur" :{},"ts" :{},"ph" : "X","name" :{},"args" : {{{}}}}}"#,
                of("cat"),
                of("pid"),
                of("tid"),
                of("dur"),
                of("ts"),
                of("name"),
                args.join(",")
            )
        })
        .collect();
    file(&lines)
}

/// Spaced and ordered by chance; `chance` gives a number below its argument.
fn otherwise(events: &[Event], chance: &mut impl FnMut(usize) -> usize) -> String {
    fn space(out: &mut String, chance: &mut impl FnMut(usize) -> usize) {
        for _ in 0..chance(3) {
            out.push([' ', '\n', '\t', '\r'][chance(4)]);
        }
    }
    fn object(out: &mut String, members: &[(&str, String)], chance: &mut impl FnMut(usize) -> usize) {
        let mut left: Vec<_> = members.iter().collect();
        out.push('{');
        space(out, chance);
        while !left.is_empty() {
            let (key, value) = left.swap_remove(chance(left.len()));
            out.push_str(&format!("\"{key}\""));
            space(out, chance);
            out.push(':');
            space(out, chance);
            // Space inside of lists, too.
            if value.starts_with('[') {
                for c in value.chars() {
                    out.push(c);
                    if "[]{},:".contains(c) {
                        space(out, chance);
                    }
                }
            } else {
                out.push_str(value);
            }
            space(out, chance);
            if !left.is_empty() {
                out.push(',');
                space(out, chance);
            }
        }
        out.push('}');
    }
    let mut out = String::from("[");
    for (i, event) in events.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        space(&mut out, chance);
        let mut args = String::new();
        object(&mut args, &event.args, chance);
        let mut fields = event.fields.clone();
        fields.push(("args", args));
        object(&mut out, &fields, chance);
        space(&mut out, chance);
    }
    out.push(']');
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spacing_and_order_of_keys_change_nothing(nodes in nodes(), runs in 1..4usize, seed in any::<u64>()) {
        let events = Recorder::record(runs, &nodes);
        let straight = read(as_written(&events).as_bytes()).unwrap();
        adds_up(&straight);
        prop_assert_eq!(straight.inferences, runs as u64);
        prop_assert_eq!(&straight.partial, &None);
        let mut state = seed | 1;
        let mut chance = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        prop_assert_eq!(&read(otherwise(&events, &mut chance).as_bytes()).unwrap(), &straight);
        let solid = otherwise(&events, &mut |_| 0);
        prop_assert!(!solid.contains('\n'));
        let solid = read(solid.as_bytes()).unwrap();
        prop_assert_eq!(&solid, &straight);
    }

    #[test]
    fn sorted_by_begin_or_by_end_it_is_the_same(nodes in nodes(), runs in 1..4usize) {
        let mut events = Recorder::record(runs, &nodes);
        let by_end = read(as_written(&events).as_bytes()).unwrap();
        events.sort_by_key(|event| (event.begin, event.depth));
        let by_begin = read(as_written(&events).as_bytes()).unwrap();
        prop_assert_eq!(by_begin.wall, by_end.wall);
        // What a row shows of its first call is that of the first in the file, which may be another.
        let shown = |profile: &OpProfile| -> Vec<_> {
            profile.rows.iter().map(|r| (r.name.clone(), r.parent, r.calls, r.total, r.self_time, r.memory, r.flops)).collect()
        };
        prop_assert_eq!(shown(&by_begin), shown(&by_end));
        prop_assert!(events.iter().all(|event| event.duration > 0));
    }

    #[test]
    fn it_comes_in_pieces_of_any_size(nodes in nodes(), size in 1..200usize) {
        let text = as_written(&Recorder::record(2, &nodes));
        let whole = read(text.as_bytes()).unwrap();
        let pieces = text.as_bytes().chunks(size).fold(
            Box::new(std::io::empty()) as Box<dyn Read>,
            |all, piece| Box::new(all.chain(piece)),
        );
        prop_assert_eq!(read(pieces).unwrap(), whole);
    }
}
