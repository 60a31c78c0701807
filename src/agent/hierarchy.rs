//! Where this process lies in the kernel's hierarchies of control groups, and where it may make groups of its own.

use crate::sampler::Root;
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
    /// The folder of the group of this process.
    pub(super) fn folder(&self) -> &Path {
        match self {
            Self::V1(folder) | Self::V2(folder) => folder,
        }
    }

    /// The folder that a group with this controller can be made in. In version 2 that may mean to switch the
    /// controller on for children, and to move this process out of the way into a child first: a group with
    /// processes of its own cannot hand controllers on.
    pub(super) fn parent(&self, controller: &str) -> Result<&Path, (PathBuf, io::Error)> {
        let folder = match self {
            Self::V1(folder) => return Ok(folder),
            Self::V2(folder) => folder,
        };
        let control = folder.join("cgroup.subtree_control");
        let on = std::fs::read_to_string(&control).unwrap_or_default();
        if on.split_whitespace().any(|c| c == controller) {
            return Ok(folder);
        }
        let switch_on = || std::fs::write(&control, format!("+{controller}"));
        match switch_on() {
            Err(e) if e.kind() == io::ErrorKind::ResourceBusy => {
                let leaf = folder.join(own_leaf());
                match std::fs::create_dir(&leaf) {
                    Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err((leaf, e)),
                    _ => {}
                }
                let procs = leaf.join("cgroup.procs");
                std::fs::write(&procs, std::process::id().to_string()).map_err(|e| (procs, e))?;
                switch_on()
            }
            other => other,
        }
        .map_err(|e| (control, e))?;
        Ok(folder)
    }
}
