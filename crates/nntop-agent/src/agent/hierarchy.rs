//! Where this process lies in the kernel's hierarchies of control groups, and where it may make groups of its own.

use nntop_device::sampler::Root;
use std::io;
use std::path::{Path, PathBuf};

/// The group of this process in one hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hierarchy {
    /// Version 2: one hierarchy for all controllers that are not mounted as version 1.
    V2(PathBuf),
    /// Version 1: a hierarchy per controller, or for a few together.
    V1(PathBuf),
}

/// All hierarchies that are mounted, with the controllers that each of them has.
#[derive(Debug, Default)]
pub(super) struct Hierarchies(Vec<(Vec<String>, Hierarchy)>);

impl Hierarchies {
    /// Reads `/proc/self/cgroup`, and from `/proc/self/mountinfo` where that lies.
    pub(super) fn read(root: &Root) -> Self {
        let groups = root.read("/proc/self/cgroup").unwrap_or_default();
        let mounts = root.read("/proc/self/mountinfo").unwrap_or_default();
        let mut all: Vec<_> = mounts.lines().filter_map(|line| hierarchy(root, line, &groups)).collect();
        // Version 2 first: where both have a controller it is the one that works.
        all.sort_by_key(|(_, h)| matches!(h, Hierarchy::V1(_)));
        Self(all)
    }

    /// The hierarchy of each of `controllers`, or why there is none.
    pub(super) fn for_controllers(&self, controllers: &[&str]) -> Result<Vec<Hierarchy>, String> {
        let find = |wanted: &&str| {
            let has = |(names, _): &&(Vec<String>, Hierarchy)| names.iter().any(|n| n == wanted);
            self.0.iter().find(has).map(|(_, h)| h.clone()).ok_or_else(|| match self.0.is_empty() {
                true => "no control groups are mounted here".to_owned(),
                false => format!("no control group of this process has the {wanted} controller"),
            })
        };
        controllers.iter().map(find).collect()
    }
}

/// A line of mountinfo that is a hierarchy: `36 25 0:28 ROOT MOUNTPOINT options - TYPE source OPTIONS`.
fn hierarchy(root: &Root, line: &str, groups: &str) -> Option<(Vec<String>, Hierarchy)> {
    let (left, right) = line.split_once(" - ")?;
    let (mut left, mut right) = (left.split(' ').skip(3), right.split(' '));
    let (mount_root, mount_point) = (left.next()?, left.next()?);
    let (kind, options) = (right.next()?, right.nth(1)?);
    // `ID:CONTROLLERS:PATH`, without controllers for version 2.
    let own = |matching: &dyn Fn(&str) -> bool| {
        let fields = |l: &str| l.split_once(':')?.1.split_once(':').map(|(c, p)| (c.to_owned(), p.to_owned()));
        groups.lines().filter_map(fields).find(|(controllers, _)| matching(controllers)).map(|(_, path)| path)
    };
    let folder = |path: &str| {
        // In a container the mount may begin at its own group.
        let below = path.strip_prefix(mount_root).unwrap_or(path);
        root.path(mount_point).join(below.trim_start_matches('/'))
    };
    match kind {
        "cgroup2" => {
            let mut folder = folder(&own(&str::is_empty)?);
            if folder.file_name().is_some_and(|name| name.to_string_lossy() == own_leaf()) {
                folder.pop();
            }
            let names = std::fs::read_to_string(folder.join("cgroup.controllers")).ok()?;
            Some((names.split_whitespace().map(String::from).collect(), Hierarchy::V2(folder)))
        }
        "cgroup" => {
            let names: Vec<String> = options.split(',').map(String::from).collect();
            let path = own(&|listed: &str| listed.split(',').any(|c| names.iter().any(|n| n == c)))?;
            Some((names, Hierarchy::V1(folder(&path))))
        }
        _ => None,
    }
}

/// Where this process goes when its own group has to become a parent.
fn own_leaf() -> String {
    format!("nntop-{}-agent", std::process::id())
}

impl Hierarchy {
    /// Makes the group `name` for a process of this one's, with all of `controllers`.
    ///
    /// In version 2 it is made in the nearest group that hands the controllers on and lets us: the own one, or one
    /// above it. Where there is none, the own one is made to hand them on.
    pub(super) fn make(&self, root: &Root, name: &str, controllers: &[&str]) -> Result<PathBuf, Refusal> {
        let own = match self {
            Self::V1(folder) => return make(root, folder, name),
            Self::V2(folder) => folder,
        };
        let hands_on = |folder: &&Path| {
            let on = std::fs::read_to_string(folder.join(SUBTREE)).unwrap_or_default();
            controllers.iter().all(|wanted| on.split_whitespace().any(|c| c == *wanted))
        };
        if let Some(made) = own.ancestors().filter(hands_on).find_map(|folder| make(root, folder, name).ok()) {
            return Ok(made);
        }
        hand_on(own, controllers)?;
        make(root, own, name)
    }
}

/// What could not be written, and why.
pub(super) type Refusal = (PathBuf, io::Error);

/// The controllers that a group hands on to its children.
const SUBTREE: &str = "cgroup.subtree_control";

fn make(root: &Root, parent: &Path, name: &str) -> Result<PathBuf, Refusal> {
    sweep(root, parent);
    let folder = parent.join(name);
    std::fs::create_dir(&folder).map_err(|e| (folder.clone(), e))?;
    Ok(folder)
}

/// Makes the own group hand controllers on. A group with processes cannot: this one goes into a child, if it is the
/// only one.
fn hand_on(own: &Path, controllers: &[&str]) -> Result<(), Refusal> {
    let control = own.join(SUBTREE);
    let text = controllers.iter().map(|c| format!("+{c}")).collect::<Vec<_>>().join(" ");
    let switch_on = || std::fs::write(&control, &text).map_err(|e| (control.clone(), e));
    let Err((path, e)) = switch_on() else { return Ok(()) };
    let pid = std::process::id().to_string();
    let processes = std::fs::read_to_string(own.join("cgroup.procs")).unwrap_or_default();
    if e.kind() != io::ErrorKind::ResourceBusy || processes.trim() != pid {
        return Err((path, e));
    }
    let leaf = own.join(own_leaf());
    std::fs::create_dir(&leaf).map_err(|e| (leaf.clone(), e))?;
    let procs = leaf.join("cgroup.procs");
    std::fs::write(&procs, pid).map_err(|e| (procs, e))?;
    switch_on()
}

/// Removes the groups of agents that were killed and could not do it themselves.
fn sweep(root: &Root, parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|n| n.strip_prefix("nntop-")?.split('-').next()?.parse::<u32>().ok());
        if pid.is_some_and(|pid| !root.path(format!("/proc/{pid}")).exists()) {
            // One with processes stays: the kernel removes empty ones only.
            let _ = std::fs::remove_dir(entry.path());
        }
    }
}
