//! A runtime that leaks: the growth is found and has its size; one that does not is not accused.

use crate::support::{nntop, run};

#[test]
fn a_leak_is_found_with_its_size() {
    // In turns, since each turn's end brings a reading.
    let leaky = "leaky:synthetic:constant,median=1ms,leak=20kB";
    let command = ["bench", leaky, "tight:synthetic:constant,median=1ms", "-t", "2500ms", "--warmup", "5"];
    let json = run(nntop().args(command).args(["--format", "json"])).ok().json();
    let memory = |v: usize| {
        let findings = json["variants"][v]["findings"].as_array().unwrap();
        findings.iter().find(|f| f["id"] == "memory_grows").unwrap_or_else(|| panic!("{findings:#?}")).clone()
    };
    assert_eq!(memory(0)["level"], "warning", "{}", memory(0));
    // 20 kB an inference; the allocator and whole pages add a little.
    let text = memory(0)["text"].as_str().unwrap().to_owned();
    let size = text.strip_prefix("memory grows by ").and_then(|t| t.split_once(" MB per 1,000 inferences")).unwrap().0;
    assert!((18.0..24.0).contains(&size.parse::<f64>().unwrap()), "{text}");
    assert_eq!(memory(1)["level"], "ok", "{}", memory(1));
}
