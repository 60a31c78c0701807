//! tract, in builds that have it: the answers that the test vectors expect, from start to end through the program.

use crate::native::{answer, difference};
use crate::support::{demo, file, nntop, run, runtime, test_models};
use nntop::event::VariantSpec;
use nntop::tensor::pb;
use std::path::Path;

fn spec(model: &Path) -> VariantSpec {
    VariantSpec { model: model.to_str().unwrap().into(), engine: "tract".into(), ..VariantSpec::default() }
}

#[test]
fn it_gives_the_outputs_that_the_test_vectors_expect() {
    let Some(folder) = test_models() else { return };
    let (mut compared, mut refused) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        let (model, vector) = (entry.join("model.onnx"), entry.join("test_data_set_0"));
        if !model.exists() || !vector.exists() {
            continue;
        }
        let spec = spec(&model);
        let loaded = nntop::engine::open(&spec).unwrap().load(&spec);
        let ready = loaded.and_then(|m| {
            let fault = |e: nntop::workload::WorkloadError| nntop::event::Fault::input(e.to_string());
            m.stream(&nntop::workload::from_file(&vector, m.inputs()).map_err(fault)?).map(drop)
        });
        if let Err(fault) = ready {
            refused.push(format!("{name}: {}", fault.message));
            continue;
        }
        for (i, got) in answer(&spec, Some(&vector)).iter().enumerate() {
            let expected = pb::read(&vector.join(format!("output_{i}.pb"))).unwrap();
            let apart = difference(got, &expected);
            // As for OpenVINO: constant weights, and an older exporter's vector that ONNX Runtime does not meet either.
            let allowed = match name.as_str() {
                n if n.starts_with("light_") => f64::INFINITY,
                "tiny-bert-mrpc" => 0.15,
                _ => 1e-3,
            };
            assert!(apart <= allowed, "{name}: {} is off by {apart}", got.name);
            compared.push(name.clone());
        }
    }
    println!("compared: {compared:?}\nrefused: {refused:#?}");
    assert!(compared.len() >= 5, "only {compared:?} were compared; {refused:#?}");
}

#[test]
fn a_run_has_the_figures_of_any_other_and_its_operators_add_up() {
    runtime();
    let model = demo("digits-fp32");
    let both = [format!("{model},engine=tract"), model];
    let args = ["-n", "20", "--warmup", "3", "--threads", "1", "--offline", "--format", "json"];
    let result = run(nntop().arg("bench").args(&both).args(args)).ok().json();
    let v = &result["variants"][0];
    assert_eq!((&v["engine"]["name"], &v["engine"]["threads"]), (&"tract".into(), &1.into()), "{v}");
    // The other variant's answers to the same inputs.
    let outputs = &result["variants"][1]["outputs"];
    assert!(outputs["max_relative"].as_f64().is_some_and(|e| e < 1e-3), "{outputs}");
    let profile = &v["profile"];
    let (wall, gap) = (profile["wall_ns"].as_u64().unwrap(), profile["gap_ns"].as_u64().unwrap());
    assert!(wall > 0 && gap * 2 < wall && v["operators"].as_array().unwrap().len() > 3, "{profile}");
    let batch =
        run(nntop().arg("bench").arg(&both[0]).args(["-b", "4", "--threads", "2"]).args(&args[..4]).args(&args[6..]));
    let v = batch.ok().json()["variants"][0].clone();
    assert_eq!((&v["batch_size"], &v["engine"]["threads"]), (&4.into(), &2.into()), "{v}");
}

#[test]
fn what_it_does_not_run_is_one_clear_line() {
    let dir = tempfile::tempdir().unwrap();
    let bench = |model: &str, args: &[&str]| {
        run(nntop().args(["bench", model, "--engine", "tract", "-n", "3", "--warmup", "1"]).args(args))
    };
    bench(&demo("digits-int8"), &[]).failed(2, "is quantised").hint("onnxruntime");
    bench(&file(&dir, "text.onnx", "this is no model at all"), &[]).failed(2, "text.onnx");
    bench(&demo("digits-fp32"), &["--ep", "cuda"]).failed(2, "--ep is not for tract").hint("CPU");
    let list = run(nntop().args(["engine", "list"])).ok().stdout.clone();
    assert!(list.contains("* tract 0."), "{list}");
}
