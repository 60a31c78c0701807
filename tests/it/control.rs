//! Changing the device from outside: what has to be allowed, asked, and taken back. This machine's own settings stay as they
//! are: what is changed are made boards in the tests beside the code, and here a process of the test.

use crate::support::{nntop, run};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

#[test]
fn nothing_is_changed_unless_it_is_allowed_and_meant() {
    let mut child = Killed(Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap());
    let pid = child.0.id().to_string();
    run(nntop().args(["control", "set", "end-process", &pid, "--yes"])).failed(2, "--allow-control");
    let unasked = run(nntop().args(["control", "set", "end-process", &pid, "--allow-control"]));
    unasked.failed(2, "terminal").hint("--yes");
    assert!(child.0.try_wait().unwrap().is_none(), "it still runs");
    let done = run(nntop().args(["control", "set", "end-process", &pid, "--allow-control", "--yes"]));
    assert!(done.ok().stderr.contains("was asked to end"), "{done:?}");
    assert_eq!(child.0.wait().unwrap().signal(), Some(15));
    run(nntop().args(["control", "set", "end-process", "1", "--allow-control", "--yes"]))
        .failed(2, "end-process")
        .hint("above 1");
    run(nntop().args(["control", "set", "warp", "9", "--allow-control", "--yes"])).failed(2, "warp").hint("governor");
}

#[test]
fn controls_are_listed_with_their_reasons() {
    let told = run(nntop().args(["control", "list", "--format", "json"])).ok().json();
    assert_eq!(told["schema"], "nntop.control/1");
    let controls = told["controls"].as_array().unwrap();
    assert_eq!(controls.len(), 5);
    for control in controls {
        let usable = control["choices"].as_array().is_some_and(|choices| !choices.is_empty());
        let named = control["name"] == "end-process" || control["absent"].is_string();
        assert!(usable || named, "{control}");
    }
    let back = run(nntop().args(["control", "restore", "--allow-control"]));
    assert!(back.ok().stdout.contains("nothing to restore"), "{back:?}");
    run(nntop().args(["monitor", "--allow-control"])).failed(2, "--allow-control").hint("--yes");
}

/// A process that does not outlive the test.
struct Killed(std::process::Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
