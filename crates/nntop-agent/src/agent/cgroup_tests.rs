//! Control groups in made-up trees: which files get which values, and what is refused.

use super::*;
use tempfile::TempDir;

const V2_MOUNT: &str = "30 23 0:26 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

/// A tree of `(path, content)`; a path that ends in `/` is a folder.
fn tree(files: &[(&str, &str)]) -> (TempDir, Root) {
    let dir = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let at = dir.path().join(path);
        if path.ends_with('/') {
            std::fs::create_dir_all(at).unwrap();
        } else {
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, content).unwrap();
        }
    }
    let root = Root::at(dir.path());
    (dir, root)
}

const BOTH: Limits = Limits { quota: Some(50.0), memory: Some(Bytes(256 << 20)) };

#[test]
fn version_2_is_one_group_below_the_own_one() {
    let (_dir, root) = tree(&[
        ("proc/self/cgroup", "0::/user.slice/run-1.scope\n"),
        ("proc/self/mountinfo", V2_MOUNT),
        ("sys/fs/cgroup/user.slice/run-1.scope/cgroup.controllers", "cpu memory pids\n"),
        ("sys/fs/cgroup/user.slice/run-1.scope/cgroup.subtree_control", "cpu\n"),
    ]);
    let group = Group::make(&root, "nntop-7-A-1", BOTH).unwrap();
    group.enter(42).unwrap();
    let read = |file: &str| root.read(format!("/sys/fs/cgroup/user.slice/run-1.scope/{file}")).unwrap();
    assert_eq!(read("cgroup.subtree_control"), "+cpu +memory");
    assert_eq!(read("nntop-7-A-1/cpu.max"), "50000 100000");
    assert_eq!(read("nntop-7-A-1/memory.max"), "268435456");
    assert_eq!(read("nntop-7-A-1/memory.swap.max"), "0");
    assert_eq!(read("nntop-7-A-1/cgroup.procs"), "42");

    let events = root.path("/sys/fs/cgroup/user.slice/run-1.scope/nntop-7-A-1/memory.events");
    std::fs::write(&events, "max 12\noom 1\noom_kill 0\n").unwrap();
    assert!(!group.starved());
    std::fs::write(&events, "max 12\noom 1\noom_kill 1\n").unwrap();
    assert!(group.starved());
}

#[test]
fn version_2_takes_the_nearest_group_above_that_hands_the_controllers_on() {
    let (_dir, root) = tree(&[
        ("proc/self/cgroup", "0::/user/app/terminal\n"),
        ("proc/self/mountinfo", V2_MOUNT),
        ("sys/fs/cgroup/cgroup.subtree_control", "cpu memory\n"),
        ("sys/fs/cgroup/user/cgroup.subtree_control", "cpu memory pids\n"),
        ("sys/fs/cgroup/user/app/cgroup.subtree_control", "memory\n"),
        ("sys/fs/cgroup/user/app/terminal/cgroup.controllers", "memory cpu\n"),
        ("sys/fs/cgroup/user/app/terminal/cgroup.procs", "41\n"),
    ]);
    let _group = Group::make(&root, "nntop-7-A-1", BOTH).unwrap();
    assert_eq!(root.text("/sys/fs/cgroup/user/nntop-7-A-1/cpu.max").as_deref(), Some("50000 100000"));
}

#[test]
fn version_1_is_a_group_per_controller() {
    let mounts = "33 30 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
                  34 30 0:31 /docker/ab /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                  35 30 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    let (_dir, root) = tree(&[
        ("proc/self/cgroup", "9:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab\n0::/docker/ab\n"),
        ("proc/self/mountinfo", mounts),
        ("sys/fs/cgroup/unified/docker/ab/cgroup.controllers", "hugetlb\n"),
        ("sys/fs/cgroup/cpu,cpuacct/docker/ab/", ""),
        ("sys/fs/cgroup/memory/", ""),
    ]);
    let group = Group::make(&root, "nntop-7-A-1", Limits { quota: Some(150.0), ..BOTH }).unwrap();
    group.enter(42).unwrap();
    let cpu = |file: &str| root.read(format!("/sys/fs/cgroup/cpu,cpuacct/docker/ab/nntop-7-A-1/{file}")).unwrap();
    // This container's mount of the memory controller begins at its own group.
    let memory = |file: &str| root.read(format!("/sys/fs/cgroup/memory/nntop-7-A-1/{file}")).unwrap();
    assert_eq!((cpu("cpu.cfs_quota_us"), cpu("cpu.cfs_period_us")), ("150000".into(), "100000".into()));
    assert_eq!(memory("memory.limit_in_bytes"), "268435456");
    assert_eq!((cpu("cgroup.procs"), memory("cgroup.procs")), ("42".into(), "42".into()));
}

#[test]
fn groups_of_agents_that_are_gone_are_removed() {
    let (_dir, root) = tree(&[
        ("proc/8/", ""),
        ("proc/self/cgroup", "0::/\n"),
        ("proc/self/mountinfo", V2_MOUNT),
        ("sys/fs/cgroup/cgroup.controllers", "cpu memory\n"),
        ("sys/fs/cgroup/cgroup.subtree_control", "cpu memory\n"),
        ("sys/fs/cgroup/nntop-8-B-1/", ""),
        ("sys/fs/cgroup/nntop-9-A-1/", ""),
        ("sys/fs/cgroup/nntop-home/", ""),
    ]);
    let _group = Group::make(&root, "nntop-8-A-1", BOTH).unwrap();
    let there = root.list("/sys/fs/cgroup").into_iter().filter(|n| n.starts_with("nntop")).collect::<Vec<_>>();
    assert_eq!(there, ["nntop-8-A-1", "nntop-8-B-1", "nntop-home"]);
}

#[test]
fn what_cannot_be_done_is_refused_with_the_reason() {
    let refused = |files: &[(&str, &str)]| {
        let (_dir, root) = tree(files);
        let fault = Group::make(&root, "g", BOTH).unwrap_err();
        assert!(fault.hint.unwrap().contains("systemd-run --user --scope"));
        fault.message
    };
    assert!(refused(&[]).contains("no control groups are mounted"));
    let own = ("proc/self/cgroup", "0::/a\n");
    let mount = ("proc/self/mountinfo", V2_MOUNT);
    let only_cpu = refused(&[own, mount, ("sys/fs/cgroup/a/cgroup.controllers", "cpu")]);
    assert!(only_cpu.contains("has the memory controller"), "{only_cpu}");
    // Its own group holds a file of the name of the group to be made.
    let on = ("sys/fs/cgroup/a/cgroup.subtree_control", "cpu memory");
    let taken =
        refused(&[own, mount, on, ("sys/fs/cgroup/a/cgroup.controllers", "cpu memory"), ("sys/fs/cgroup/a/g", "")]);
    assert!(taken.contains("/sys/fs/cgroup/a/g: "), "{taken}");
}
