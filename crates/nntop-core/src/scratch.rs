//! Folders for the time of a run, in the system's folder for temporary files: only this user may look into them, and those of
//! an nntop that was killed are removed by the next one.
//!
//! A folder is called `PREFIX-PID-N` and locked (flock(2)) while it is in use. It is stale when no process has that number *and*
//! nobody holds the lock: containers share a `/tmp` without sharing numbers of processes.

use rustix::fs::{FlockOperation, flock};
use std::fs::{self, DirBuilder, File};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// What the names of nntop's own folders begin with.
const PREFIXES: [&str; 2] = ["nntop-profile", "nntop-tree"];

/// A folder that goes when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// The lock.
    _held: File,
}

impl Scratch {
    /// A folder for runtimes to write profiles into.
    ///
    /// # Errors
    /// When none can be made in the folder for temporary files.
    pub fn for_profiles() -> Result<Self> {
        Self::make(&std::env::temp_dir(), PREFIXES[0])
    }

    /// A folder to lay out a recorded tree in.
    ///
    /// # Errors
    /// As of [`for_profiles`](Self::for_profiles).
    pub fn for_a_tree() -> Result<Self> {
        Self::make(&std::env::temp_dir(), PREFIXES[1])
    }

    /// Where it is: the real path, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn make(below: &Path, prefix: &str) -> Result<Self> {
        sweep_in(below);
        let below = below.canonicalize()?;
        for n in 0..1_000 {
            let path = below.join(format!("{prefix}-{}-{n}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => continue,
                made => made?,
            }
            let held = File::open(&path)?;
            // Somebody sweeps just now, in a container where this process has no such number.
            if flock(&held, FlockOperation::NonBlockingLockExclusive).is_ok() && path.exists() {
                return Ok(Self { path, _held: held });
            }
        }
        Err(Error::new(ErrorKind::AlreadyExists, "all names are taken"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes what killed processes of nntop have left in the folder for temporary files.
pub fn sweep() {
    sweep_in(&std::env::temp_dir());
}

fn sweep_in(below: &Path) {
    let mine = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(below).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(owner) else { continue };
        // Not what a link leads to, and nobody else's.
        let own = fs::symlink_metadata(entry.path()).is_ok_and(|m| m.is_dir() && m.uid() == mine);
        if !own || Path::new("/proc").join(pid.to_string()).exists() {
            continue;
        }
        if let Ok(held) = File::open(entry.path())
            && flock(&held, FlockOperation::NonBlockingLockExclusive).is_ok()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The process that a folder's name tells of.
fn owner(name: &str) -> Option<u32> {
    let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)?.strip_prefix('-'))?;
    let (pid, n) = rest.split_once('-')?;
    n.parse::<u32>().ok().and(pid.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn below(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("nntop-scratch-test-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn only_this_user_may_look_into_it_and_it_goes_when_it_is_dropped() {
        let below = below("drop");
        let (one, two) = (Scratch::make(&below, PREFIXES[0]).unwrap(), Scratch::make(&below, PREFIXES[0]).unwrap());
        assert_ne!(one.path(), two.path());
        assert_eq!(fs::metadata(one.path()).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(one.path().join("trace.json"), "{}").unwrap();
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists() && two.path().exists());
        drop(two);
        fs::remove_dir(below).unwrap();
    }

    #[test]
    fn what_killed_processes_left_is_swept_and_nothing_else() {
        let below = below("sweep");
        // No process has a number above the kernel's largest, 2^22.
        let make = |name: &str| {
            let path = below.join(name);
            fs::create_dir_all(path.join("inside")).unwrap();
            path
        };
        let stale = [make("nntop-profile-4194999-0"), make("nntop-tree-4194999-7")];
        let locked = make("nntop-profile-4194999-1");
        let held = File::open(&locked).unwrap();
        flock(&held, FlockOperation::LockExclusive).unwrap();
        let kept = ["nntop-profile-x7Gh2k", "nntop-tree-1-0", "nntop-tree-4194999", "other-4194999-0"].map(make);
        std::os::unix::fs::symlink(&kept[3], below.join("nntop-tree-4194999-8")).unwrap();
        sweep_in(&below);
        assert!(stale.iter().all(|path| !path.exists()));
        assert!(locked.exists() && kept.iter().all(|path| path.exists()));
        fs::remove_dir_all(below).unwrap();
    }
}
