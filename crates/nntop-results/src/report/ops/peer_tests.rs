//! Stacks of `perf script`, held against inferno's port of `stackcollapse-perf.pl`.

use super::{Subject, folded};
use inferno::collapse::Collapse;
use inferno::collapse::perf::{Folder, Options};
use nntop_trace::op_trace::read;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Stacks and their counts.
fn counts(text: &str) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for (stack, n) in text.lines().filter_map(|line| line.rsplit_once(' ')) {
        *all.entry(stack.replace(' ', "_")).or_default() += n.parse::<u64>().unwrap_or_default();
    }
    all
}

fn sample(process: &str, stack: &[u8], timed: bool) -> String {
    let time = if timed { "[001] 100.5: " } else { "" };
    let mut text = format!("{process} 42/43 {time}cycles:P: \n");
    for frame in stack {
        let line = match frame % 5 {
            0 => "\t   7ffeb2b95000 [unknown] (/usr/lib/libonnxruntime.so.1.23)\n".to_owned(),
            n => format!("\t          55d1{n}0 frame{n}+0x1{n} (/opt/app)\n"),
        };
        text.push_str(&line);
    }
    text + "\n"
}

proptest! {
    #[test]
    fn stacks_of_perf_are_those_of_another_tool(
        all in proptest::collection::vec((0..3usize, proptest::collection::vec(0..20u8, 1..8)), 1..40),
    ) {
        let processes = ["app", "python3", "Web Content"];
        let text = |timed| all.iter().map(|(p, stack)| sample(processes[*p], stack, timed)).collect::<String>();
        let mut peer = Vec::new();
        Folder::from(Options::default()).collapse(text(true).as_bytes(), &mut peer).unwrap();
        let peer = counts(&String::from_utf8(peer).unwrap());
        for timed in [true, false] {
            let profile = read(text(timed).as_bytes()).unwrap().profile;
            let own = folded(Subject { title: "", profile: &profile, overhead: None });
            prop_assert_eq!(counts(&own), peer.clone(), "with a time: {}", timed);
        }
    }
}
