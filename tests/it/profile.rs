//! `nntop profile` and `nntop flame` from outside.

use super::support::{Run, demo, file, nntop, run, runtime};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

fn profile(args: &[&str]) -> Run {
    runtime();
    run(nntop().arg("profile").args(args))
}

fn text(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn two_models_leave_every_file_and_their_difference() {
    let folder = TempDir::new().unwrap();
    let dir = format!("{}/new/folder", folder.path().display());
    let (a, b) = (format!("fp32:{}", demo("digits-fp32")), format!("int8:{}", demo("digits-int8")));
    let ran = profile(&[&a, &b, "-n", "20", "--warmup", "5", "--threads", "1", "--save-dir", &dir]);
    ran.ok();
    for said in
        ["fp32 · onnxruntime", "QLinearConv", "placement: ", " on cpu", "int8 against fp32", "profiler overhead: "]
    {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    for name in ["fp32", "int8"] {
        for ending in
            ["ops.txt", "ops.json", "ops.csv", "ops.md", "folded", "trace.json", "speedscope.json", "flame.svg"]
        {
            let path = format!("{dir}/{name}.{ending}");
            assert!(ran.stderr.contains(&format!("written: {path}\n")), "{path}: {}", ran.stderr);
            assert!(!text(&path).is_empty());
        }
    }
    assert!(text(&format!("{dir}/fp32-int8.flame.svg")).contains("int8 against fp32 · onnxruntime"));

    // What was saved opens again, and says the same.
    let json: Value = serde_json::from_str(&text(&format!("{dir}/int8.ops.json"))).unwrap();
    assert_eq!(json["schema"], "nntop.profile/1");
    let again = run(nntop().args(["profile", "--import", &format!("{dir}/int8.ops.json"), "--format", "csv"]));
    assert_eq!(again.ok().stdout, text(&format!("{dir}/int8.ops.csv")));
    // Self times and what no operator accounts for are the whole inference.
    let sum =
        |path: &str| text(path).lines().map(|l| l.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum::<u64>();
    let p = &json["profiles"][0]["profile"];
    let wall = p["wall"].as_u64().unwrap() / p["inferences"].as_u64().unwrap();
    assert!(sum(&format!("{dir}/int8.folded")).abs_diff(wall) <= p["rows"].as_array().unwrap().len() as u64 + 1);
}

#[test]
fn quantized_convolutions_do_the_same_work() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().display();
    profile(&[&demo("digits-fp32"), &demo("digits-int8"), "-n", "20", "--warmup", "5", "--save-dir", &dir.to_string()])
        .ok();
    // The runtime has packed the int8 filters and does not list them; the model file does.
    let convolutions = |model: &str| {
        let json: Value = serde_json::from_str(&text(&format!("{dir}/{model}.ops.json"))).unwrap();
        let profile = &json["profiles"][0]["profile"];
        let rows = profile["rows"].as_array().unwrap().iter();
        let flops = rows.filter(|row| row["op_type"].as_str().is_some_and(|op| op.contains("Conv")));
        let sum: u64 = flops.map(|row| row["flops"].as_u64().unwrap_or_else(|| panic!("no FLOPs: {row}"))).sum();
        sum / profile["inferences"].as_u64().unwrap()
    };
    let fp32 = convolutions("digits-fp32");
    assert!(fp32 > 0);
    assert_eq!(convolutions("digits-int8"), fp32);
}

#[test]
fn the_command_line_of_the_scripts_it_replaces_is_understood() {
    let folder = TempDir::new().unwrap();
    let dir = format!("{}/profile_results", folder.path().display());
    let model = demo("digits-fp32");
    let words = ["--model", &model, "--batch-size", "1", "--num-runs", "5", "--save-dir", &dir, "--profiler", "torch"];
    let ran = profile(&words);
    assert!(ran.ok().stderr.contains("its runtime's own"), "{ran:?}");
    assert!(Path::new(&dir).join("digits-fp32.flame.svg").exists());
    // A PyTorch model is PyTorch's to run: here it is not there, and on most machines neither is PyTorch.
    profile(&["--model", "models/optimized_model.pt", "--profiler", "torch"]).failed(2, "");
    let images = TempDir::new().unwrap();
    file(&images, "a.jpg", "");
    let images = images.path().to_str().unwrap().to_owned();
    profile(&["--model", &model, "--dataset", &images])
        .failed(2, "a.jpg: the image cannot be read")
        .hint("take it out");
    let text = TempDir::new().unwrap();
    file(&text, "a.txt", "");
    let text = text.path().to_str().unwrap().to_owned();
    profile(&["--model", &model, "--dataset", &text]).failed(2, "no .npz and no .npy").hint(".jpg");
    profile(&["--model", &model, "--dataset", "/nowhere"]).failed(2, "not readable as a folder");
    let cuda = profile(&["--model", &model, "-n", "5", "--use-cuda", "--offline"]);
    assert!(cuda.code != Some(0) && cuda.stderr.to_lowercase().contains("cuda"), "{cuda:?}");
}

#[test]
fn a_data_set_of_one_array_is_the_input() {
    let folder = TempDir::new().unwrap();
    file(&folder, "x.npy", super::support::npy("<f4", 4, &[1, 1, 8, 8]));
    let dir = folder.path().to_str().unwrap();
    let ran = profile(&[&demo("digits-fp32"), "--dataset", dir, "-n", "5", "--format", "markdown"]);
    assert!(ran.ok().stdout.contains("operators by time"), "{ran:?}");
    file(&folder, "y.npy", super::support::npy("<f4", 4, &[1, 1, 8, 8]));
    profile(&[&demo("digits-fp32"), "--dataset", dir]).failed(2, "2 .npy files").hint("--input");
}

#[test]
fn folded_stacks_of_others_become_pictures_and_back() {
    let folder = TempDir::new().unwrap();
    let stacks = file(&folder, "perf.txt", "main;infer;conv 30\nmain;infer;relu 5\nmain;load 10\n");
    run(nntop().args(["flame", &stacks])).ok();
    let svg = text(&stacks.replace(".txt", ".svg"));
    assert!(svg.contains("infer (35 samples, 77.78%)") && svg.contains("45 samples"));
    let back = run(nntop().args(["flame", &stacks, "--format", "folded", "-o", "-"]));
    assert_eq!(back.ok().stdout, "main;infer;conv 30\nmain;infer;relu 5\nmain;load 10\n");
    let scope = run(nntop().args(["flame", &stacks, "--format", "speedscope", "-o", "-", "--title", "mine"])).json();
    assert_eq!((&scope["name"], &scope["profiles"][0]["unit"]), (&"mine".into(), &"none".into()));
    let other = file(&folder, "later.txt", "main;infer;conv 20\nmain;infer;relu 5\n");
    let both = run(nntop().args(["flame", &stacks, "--diff", &other, "--format", "folded", "-o", "-"]));
    assert_eq!(both.ok().stdout, "main;infer;conv 30 20\nmain;infer;relu 5 5\nmain;load 10 0\n");
    let table = run(nntop().args(["profile", "--import", &stacks]));
    assert!(table.ok().stdout.contains("66.7 %"), "{}", table.stdout);
}

#[test]
fn what_cannot_be_opened_or_written_says_why() {
    let folder = TempDir::new().unwrap();
    let flame = |args: &[&str]| run(nntop().arg("flame").args(args));
    let made = |name: &str, content: &[u8]| file(&folder, name, content);
    flame(&["/nowhere/x.json"]).failed(2, "No such file").hint("check the path");
    flame(&[&made("empty", b"")]).failed(2, "0 bytes");
    flame(&[&made("prose", b"these are words\nand more words\n")]).failed(2, "at byte 0").hint("folded stacks");
    flame(&[&made("zeros", &[0; 999])]).failed(2, "binary data");
    flame(&[&made("p.svg", b"<svg/>")]).failed(2, "finished flame graph");
    flame(&[&made("cut.json", br#"{"schema":"nntop.profile/1","nntop":"1","profiles":[{"title":"#)])
        .failed(2, "damaged");
    flame(&[&made("new.json", br#"{"schema":"nntop.profile/9","nntop":"9","profiles":[]}"#)])
        .failed(2, "nntop.profile/9");
    flame(&[folder.path().to_str().unwrap()]).failed(2, "a folder");
    flame(&[&made("ort.json", b"[\n{\"cat\":")]).failed(2, "byte");
    let good = made("good.folded", b"a;b 1\n");
    flame(&[&good, "-o", "/nowhere/x.svg"]).failed(2, "cannot be written").hint("folder");
    flame(&[&good, "--format", "folded"]).failed(2, "would replace");
    flame(&[&made("none.folded", b"a;b 0\n")]).failed(2, "no time");
    let half = made("half.folded", b"a;b 1\na;c");
    let ran = flame(&[&half]);
    assert!(ran.ok().stderr.contains("incomplete: ") && ran.stderr.contains("byte 6"), "{}", ran.stderr);
    assert!(text(&half.replace(".folded", ".svg")).contains("PARTIAL"));
}
