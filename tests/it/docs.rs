//! README and docs: links lead somewhere, every page is in the table of contents, and the commands run.

use super::support::{demo, nntop, run, runtime};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The README is one page.
const LONGEST_README: usize = 200;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown file of the documentation, the README first.
fn pages() -> Vec<PathBuf> {
    fn below(folder: &Path, pages: &mut Vec<PathBuf>) {
        for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                below(&path, pages);
            } else if path.extension().is_some_and(|e| e == "md") {
                pages.push(path);
            }
        }
    }
    let mut pages = Vec::new();
    below(&root().join("docs"), &mut pages);
    pages.sort();
    pages.insert(0, root().join("README.md"));
    pages
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A page without its fenced blocks: what looks like a link there is none.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The targets of `[text](target)`.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// What a heading is called in links: `## What "settle" means` is `what-settle-means`.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text
        .split("```")
        .step_by(2)
        .flat_map(str::lines)
        .filter_map(|line| line.split_once("# "))
        .filter(|(before, _)| before.chars().all(|c| c == '#'));
    let name = |heading: &str| -> String {
        heading
            .trim()
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                c if c.is_whitespace() => Some('-'),
                c if c.is_alphanumeric() || matches!(c, '-' | '_') => Some(c),
                _ => None,
            })
            .collect()
    };
    headings.map(|(_, heading)| name(heading)).collect()
}

#[test]
fn every_link_leads_to_a_file_and_to_a_heading_of_it() {
    let others = ["CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(|name| root().join(name));
    let mut broken = Vec::new();
    for page in pages().into_iter().chain(others) {
        for link in links(&read(&page)).iter().filter(|l| !l.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            if !target.exists() || !heading.is_empty() && !anchors(&read(&target)).contains(heading) {
                broken.push(format!("{}: {link}", page.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(anchors("# A\n```sh\n# no\n```\n### What \"settle\" means\n").contains("what-settle-means"));
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let docs = root().join("docs");
    let listed: BTreeSet<PathBuf> = links(&read(&docs.join("SUMMARY.md"))).iter().map(|l| docs.join(l)).collect();
    let there: BTreeSet<PathBuf> = pages().into_iter().skip(1).filter(|p| !p.ends_with("SUMMARY.md")).collect();
    assert_eq!(there.difference(&listed).collect::<Vec<_>>(), Vec::<&PathBuf>::new(), "not in docs/SUMMARY.md");
    assert_eq!(listed.difference(&there).collect::<Vec<_>>(), Vec::<&PathBuf>::new(), "only in docs/SUMMARY.md");
}

#[test]
fn the_readme_is_one_page() {
    let lines = read(&root().join("README.md")).lines().count();
    assert!(lines <= LONGEST_README, "README.md has {lines} lines: what belongs into docs/?");
}

/// `UPDATE_DOCS=1 cargo test --test it docs` writes the page anew.
#[test]
fn the_page_of_the_command_line_is_that_of_the_program() {
    let page = root().join("docs/reference/cli.md");
    let now = nntop::cli::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &now).unwrap();
    }
    assert!(read(&page) == now, "docs/reference/cli.md is stale: UPDATE_DOCS=1 cargo test --test it docs");
}

/// The command lines of a page's `sh` blocks that start nntop, without their comments.
fn commands(text: &str) -> Vec<String> {
    let blocks = text.split("```").skip(1).step_by(2).filter_map(|b| b.strip_prefix("sh\n").map(str::to_owned));
    let lines = blocks.flat_map(|b| b.lines().map(str::to_owned).collect::<Vec<_>>());
    let bare = |line: String| line.split(" #").next().unwrap_or_default().trim().to_owned();
    lines.map(bare).filter(|l| l.starts_with("nntop ")).collect()
}

/// A line's words, quotes taken off.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (c, quote) {
            (c, Some(q)) if c == q => quote = None,
            ('\'' | '"', None) => quote = Some(c),
            (' ', None) if word.is_empty() => {}
            (' ', None) => words.push(std::mem::take(&mut word)),
            _ => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Why a documented command cannot be run by the tests. What is not listed is run.
fn cannot_run(line: &str) -> Option<&'static str> {
    let reasons = [
        (&["--ep cuda", "--ep tensorrt", "ep=cuda", "--device GPU"][..], "needs a GPU"),
        (&["ssh ", "docker "], "needs another machine"),
        (&[".tflite", ".pt", ".xml", "engine tract", "openvino", "--engine all"], "needs a runtime of its own"),
        (&["engine install", "engine remove"], "changes what is installed"),
        (&["--allow-control", "control set"], "changes the device"),
        (&["nntop exporter"], "serves until it is stopped"),
        (&["--cpu-quota"], "needs control groups"),
        (&["jq ", "trace.json", "before.json --diff", "times.json"], "needs another program, or its file"),
        (
            &["sequence=128", "input:1,3,224,224", "photos/", "sample.npz", "monday.json"],
            "needs a model or file of yours",
        ),
        (&["soak:synthetic"], "goes on until it is stopped"),
        (&["runs show 1", "runs label 12", "runs delete", "--baseline golden", "variant=int8"], "needs runs of yours"),
    ];
    reasons.iter().find(|(signs, _)| signs.iter().any(|s| line.contains(s))).map(|(_, why)| *why)
}

/// Where the documentation's names of models and results exist.
fn workplace() -> TempDir {
    let folder = TempDir::new().unwrap();
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(demo(from), to).unwrap();
    };
    for name in ["model.onnx", "net.onnx", "a.onnx", "base/model.onnx", "change.onnx", "assets/demo/digits-fp32.onnx"] {
        copy("digits-fp32", name);
    }
    let labels = format!("{}/assets/demo/digits-test.npz", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(labels, folder.path().join("assets/demo/digits-test.npz")).unwrap();
    for name in ["b.onnx", "assets/demo/digits-int8.onnx"] {
        copy("digits-int8", name);
    }
    let labelled = "assets/demo/digits-test.npz";
    std::fs::copy(root().join(labelled), folder.path().join(labelled)).unwrap();
    for name in ["result.json", "before.json", "after.json"] {
        let saved = run(nntop().args(["bench", "fp32:a.onnx", "-n", "50", "-o", name]).current_dir(folder.path()));
        saved.ok();
    }
    run(nntop().args(["bench", "net.onnx", "-n", "200", "--record", "run.nntop"]).current_dir(folder.path())).ok();
    folder
}

/// Measuring commands stop soon; their own limits are for readers, not for tests.
fn shortened(mut words: Vec<String>) -> Vec<String> {
    let measures = match words[1].as_str() {
        "bench" | "compare" | "profile" => true,
        other => other.contains(".onnx") || other.contains("synthetic:"),
    };
    let saved_only = words[1] == "compare" && !words.iter().any(|w| w.contains(".onnx") || w.contains("synthetic:"));
    if measures && !saved_only {
        for (option, value) in [("-t", "300ms"), ("-n", "50")] {
            match words.iter().position(|w| w == option) {
                Some(at) => words[at + 1] = value.to_owned(),
                None if option == "-t" => words.extend([option.to_owned(), value.to_owned()]),
                None => {}
            }
        }
    }
    if words[1] == "monitor" && !words.iter().any(|w| w == "--once" || w == "--count") {
        let streams = words.iter().any(|w| w == "--format");
        words.extend(if streams { vec!["--count".into(), "1".into()] } else { vec!["--once".into()] });
    }
    words
}

#[test]
fn the_documented_commands_run() {
    runtime();
    let folder = workplace();
    let (mut ran, mut failed) = (0, Vec::new());
    let pages = pages();
    for page in pages.iter().filter(|p| !p.to_string_lossy().contains("/develop/")) {
        for line in commands(&read(page)) {
            if cannot_run(&line).is_some() {
                continue;
            }
            let (command, target) = line.split_once(" > ").unwrap_or((&line, ""));
            let words = shortened(words(command));
            // The board of the pages is this machine.
            let board = r#"sh -c 'exec sh -c "$2"' sh"#;
            let done = run(nntop().args(&words[1..]).current_dir(folder.path()).env("NNTOP_SSH_COMMAND", board));
            if !target.is_empty() {
                std::fs::write(folder.path().join(target), &done.stdout).unwrap();
            }
            ran += 1;
            // A target that a busy machine misses, or a gate that noise leaves open, is no fault of the page.
            if !matches!(done.code, Some(0 | 3)) {
                let place = page.strip_prefix(root()).unwrap().display();
                failed.push(format!("{place}: {line}\n  ran as {words:?}: exit {:?}\n  {}", done.code, done.stderr));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(ran > 30, "only {ran} commands were found");
}

#[test]
fn comments_quotes_and_blocks_are_understood() {
    assert_eq!(commands("```sh\nnntop a # b\ncargo test\n```\n```\nnntop c\n```"), ["nntop a"]);
    assert_eq!(words("nntop bench --target 'p99 < 5ms'"), ["nntop", "bench", "--target", "p99 < 5ms"]);
    assert_eq!(links("[a](b.md#c) `x` [d](https://e)\n```\n[f](g)\n```"), ["b.md#c", "https://e"]);
}
