//! A recorded `/proc` and `/sys` that reads like the machine it is of: links stay inside, layers lie on top of each
//! other, and nothing is copied.
//!
//! The tree is laid out anew in a temporary directory: directories as such, files as links to the recorded ones, and
//! directories in which nothing is a link as one link.
//! A link that led out of the tree leads to the same place inside; a file that holds nothing but a relative path is
//! a link that its store could not keep.

use super::Root;
use nntop_core::scratch::Scratch;
use std::collections::HashSet;
use std::fs;
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

/// A tree has at most so many entries: one that has more is no recording of `/proc` and `/sys`.
const MOST: usize = 200_000;

/// Directories are at most so deep.
const DEEPEST: usize = 40;

/// The longest text that may be a link.
const LONGEST_LINK: u64 = 512;

/// A recorded tree. The layout is removed with it.
#[derive(Debug)]
pub struct RecordedTree {
    layout: Scratch,
    base: PathBuf,
}

impl RecordedTree {
    /// Lays out the tree at `path`.
    ///
    /// # Errors
    /// When it is no directory, when it is too large, or when there is no room for temporary files.
    pub fn open(path: &Path) -> Result<Self> {
        let base = path.canonicalize()?;
        fs::read_dir(&base)?;
        let tree = Self { layout: Scratch::for_a_tree()?, base };
        tree.lay_all(&tree.base)?;
        Ok(tree)
    }

    /// Goes on to a later state: a whole tree, or a layer that holds only what has changed.
    ///
    /// # Errors
    /// As [`RecordedTree::open`].
    pub fn next(&mut self, path: &Path) -> Result<()> {
        let path = path.canonicalize()?;
        if is_whole(&self.base, &path) {
            // The folder itself stays: it is locked.
            for entry in fs::read_dir(self.layout.path())? {
                clear(&entry?.path())?;
            }
        }
        self.lay_all(&path)
    }

    /// Where to read it.
    pub fn root(&self) -> Root {
        Root::at(self.layout.path())
    }

    /// Lays a whole tree or a layer over what there is.
    fn lay_all(&self, from: &Path) -> Result<()> {
        let mut plain = HashSet::new();
        survey(from, 0, &mut 0, &mut plain)?;
        self.lay(from, Path::new(""), self.layout.path(), &plain)
    }

    /// Lays the entries of `from` over those in `to`, a folder of the layout that is `below` in the tree.
    fn lay(&self, from: &Path, below: &Path, to: &Path, plain: &HashSet<PathBuf>) -> Result<()> {
        if below.components().count() > DEEPEST {
            return Ok(());
        }
        for entry in fs::read_dir(from)?.flatten() {
            let (source, inside, target) = (entry.path(), below.join(entry.file_name()), to.join(entry.file_name()));
            let kind = entry.file_type()?;
            if kind.is_dir() && fs::read_dir(&source).is_ok() {
                // The top is always a folder of the layout, so that paths inside are paths of the layout.
                if plain.contains(&source) && below != Path::new("") && fs::symlink_metadata(&target).is_err() {
                    symlink(&source, &target)?;
                    continue;
                }
                let folder = self.folder(target, 0)?;
                self.lay(&source, &inside, &folder, plain)?;
                continue;
            }
            clear(&target)?;
            let link = if kind.is_symlink() { fs::read_link(&source).ok() } else { written_link(&source) };
            match link {
                Some(link) => symlink(self.layout.path().join(within(below, &link)), &target)?,
                None => symlink(&source, &target)?,
            }
        }
        Ok(())
    }

    /// A folder of the layout at `path`, to be laid over: what is a link to a recorded folder becomes a folder of links,
    /// so that nothing is ever written into a recording.
    fn folder(&self, path: PathBuf, hops: usize) -> Result<PathBuf> {
        match fs::symlink_metadata(&path) {
            Ok(there) if there.is_dir() => return Ok(path),
            Ok(there) if there.is_symlink() && path.is_dir() => {
                let leads_to = fs::read_link(&path)?;
                if let Ok(inside) = leads_to.strip_prefix(self.layout.path()) {
                    if hops > DEEPEST {
                        return Err(ErrorKind::InvalidInput.into());
                    }
                    let mut folder = self.layout.path().to_owned();
                    for part in inside.components() {
                        folder = self.folder(folder.join(part), hops + 1)?;
                    }
                    return Ok(folder);
                }
                fs::remove_file(&path)?;
                fs::create_dir(&path)?;
                for entry in fs::read_dir(&leads_to)?.flatten() {
                    symlink(entry.path(), path.join(entry.file_name()))?;
                }
                return Ok(path);
            }
            Ok(_) => fs::remove_file(&path)?,
            Err(_) => {}
        }
        fs::create_dir(&path)?;
        Ok(path)
    }
}

/// A layout that another thread reads: it goes with this, whatever becomes of that thread.
#[derive(Debug)]
pub(crate) struct Kept(PathBuf);

impl RecordedTree {
    /// Removes the layout when the program ends before the owner of the tree.
    pub(crate) fn kept(&self) -> Kept {
        Kept(self.layout.path().to_owned())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Finds the folders below which no file is a link: they are laid out by one link, however much is in them.
fn survey(folder: &Path, depth: usize, count: &mut usize, plain: &mut HashSet<PathBuf>) -> Result<bool> {
    if depth > DEEPEST {
        return Ok(false);
    }
    let mut all = true;
    for entry in fs::read_dir(folder)?.flatten() {
        *count += 1;
        if *count > MOST {
            return Err(Error::new(ErrorKind::InvalidInput, format!("more than {MOST} files: no recorded tree")));
        }
        let (source, kind) = (entry.path(), entry.file_type()?);
        all &= match kind.is_dir() {
            true if fs::read_dir(&source).is_ok() => survey(&source, depth + 1, count, plain)?,
            true => true,
            false => !kind.is_symlink() && written_link(&source).is_none(),
        };
    }
    if all {
        plain.insert(folder.to_owned());
    }
    Ok(all)
}

/// Makes room for an entry.
fn clear(target: &Path) -> Result<()> {
    match fs::symlink_metadata(target) {
        Ok(there) if there.is_dir() => fs::remove_dir_all(target),
        Ok(_) => fs::remove_file(target),
        Err(_) => Ok(()),
    }
}

/// Whether `next` is a whole tree rather than a layer: it has all that `base` has at the top.
fn is_whole(base: &Path, next: &Path) -> bool {
    let names = |path: PathBuf| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names(base.to_owned()).all(|top| {
        next.join(&top).exists()
            && names(base.join(&top)).all(|name| fs::symlink_metadata(next.join(&top).join(name)).is_ok())
    })
}

/// The link that a small file stands for.
fn written_link(source: &Path) -> Option<PathBuf> {
    let metadata = fs::symlink_metadata(source).ok()?;
    if !metadata.is_file() || metadata.len() > LONGEST_LINK {
        return None;
    }
    let mut text = String::new();
    fs::File::open(source).ok()?.take(LONGEST_LINK).read_to_string(&mut text).ok()?;
    (text.starts_with("../") && !text.contains(['\n', '\0', ' '])).then(|| PathBuf::from(text))
}

/// Where a link in directory `below` leads, inside the tree: `..` at the top stays there, as for a system of its own.
fn within(below: &Path, link: &Path) -> PathBuf {
    let mut path = if link.is_absolute() { PathBuf::new() } else { below.to_owned() };
    for part in link.components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_inside() {
        let inside = |below: &str, link: &str| within(Path::new(below), Path::new(link));
        assert_eq!(inside("sys/class/hwmon", "../../devices/x"), Path::new("sys/devices/x"));
        assert_eq!(inside("proc", "/sys/firmware"), Path::new("sys/firmware"));
        assert_eq!(inside("proc", "../../../etc/passwd"), Path::new("etc/passwd"));
    }

    #[test]
    fn a_layer_changes_the_layout_and_never_the_recording() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        // All of it plain but the link in the class, through which the layer lies over the device, too.
        write("root/sys/devices/pci/card/hwmon/temp", "5");
        write("root/sys/devices/pci/card/hwmon/fan", "7");
        write("root/sys/class/card0", "../devices/pci/card");
        write("root/proc/stat", "cpu");
        write("layer/sys/class/card0/hwmon/temp", "6");
        write("layer/sys/devices/pci/other/name", "new");
        let mut tree = RecordedTree::open(&folder.path().join("root")).unwrap();
        assert!(fs::symlink_metadata(tree.layout.path().join("sys/devices")).unwrap().is_symlink(), "one link for all");
        tree.next(&folder.path().join("layer")).unwrap();
        let read = |path: &str| tree.root().text(path);
        assert_eq!(read("/sys/devices/pci/card/hwmon/temp"), Some("6".into()));
        assert_eq!(read("/sys/class/card0/hwmon/fan"), Some("7".into()));
        assert_eq!(read("/sys/devices/pci/other/name"), Some("new".into()));
        let recorded = |path: &str| fs::read_to_string(folder.path().join("root").join(path)).unwrap();
        assert_eq!(recorded("sys/devices/pci/card/hwmon/temp"), "5");
        assert!(!folder.path().join("root/sys/devices/pci/other").exists());
        assert!(!folder.path().join("root/sys/class/card0/hwmon").exists());
    }

    #[test]
    fn a_layer_lies_over_a_tree_and_a_whole_tree_replaces_it() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("root/proc/stat", "1");
        write("root/sys/devices/a/temp", "5");
        write("root/sys/class/a", "../devices/a");
        write("layer/sys/devices/a/temp", "6");
        write("whole/proc/stat", "2");
        write("whole/sys/devices/b", "7");
        write("whole/sys/class/c", "8");
        let mut tree = RecordedTree::open(&folder.path().join("root")).unwrap();
        let read = |tree: &RecordedTree, path: &str| tree.root().text(path);
        assert_eq!((read(&tree, "/proc/stat"), read(&tree, "/sys/class/a/temp")), (Some("1".into()), Some("5".into())));
        tree.next(&folder.path().join("layer")).unwrap();
        assert_eq!((read(&tree, "/proc/stat"), read(&tree, "/sys/class/a/temp")), (Some("1".into()), Some("6".into())));
        tree.next(&folder.path().join("whole")).unwrap();
        assert_eq!((read(&tree, "/proc/stat"), read(&tree, "/sys/class/a/temp")), (Some("2".into()), None));
        assert!(!folder.path().join("root/sys/devices/b").exists(), "nothing is written into a recording");
        let layout = tree.layout.path().to_owned();
        drop(tree);
        assert!(!layout.exists() && folder.path().join("root/proc/stat").exists());
    }
}
