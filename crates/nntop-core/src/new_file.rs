//! Files that nntop writes: made beside their place and moved into it when they are whole, so that a full disk, a kill or an error
//! leaves what was there before.
//!
//! Devices and pipes (`/dev/stdout`) are written as they are. A link stays, and what it leads to is replaced.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that takes its place when it is whole.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    /// Where it is made, and where it goes; absent for what is written in place.
    beside: Option<(PathBuf, PathBuf)>,
}

impl NewFile {
    /// Begins to write what is to lie at `path`.
    ///
    /// # Errors
    /// When it could not be put there: no such folder, a folder, a file or a folder that may not be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let there = fs::metadata(path).ok();
        if there.as_ref().is_some_and(|there| !there.is_file()) || (there.is_none() && path.is_symlink()) {
            let file = File::options().write(true).create(there.is_none()).open(path)?;
            return Ok(Self { file, beside: None });
        }
        // One that may not be written must not be replaced either, as the folder would allow.
        if there.is_some() {
            File::options().append(true).open(path)?;
        }
        let target = if there.is_some() { path.canonicalize()? } else { path.to_owned() };
        let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy().into_owned();
        let folder = target.parent().map(Path::to_owned).unwrap_or_default();
        // Short, so that a long name still fits.
        let short: String = name.chars().take(40).collect();
        for n in 0..100 {
            let beside = folder.join(format!(".{short}.nntop-{}-{n}", std::process::id()));
            match File::options().write(true).create_new(true).open(&beside) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
                Ok(file) => {
                    if let Some(there) = &there {
                        let _ = file.set_permissions(there.permissions());
                    }
                    return Ok(Self { file, beside: Some((beside, target)) });
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// When it cannot be written to the disk; what was there before is still there then.
    pub fn finish(self) -> io::Result<()> {
        self.place().map(drop)
    }

    /// Puts it into its place now, and goes on writing it there: for what has to survive a kill.
    ///
    /// # Errors
    /// As of [`finish`](Self::finish).
    pub fn place(mut self) -> io::Result<File> {
        self.file.flush()?;
        if let Some((beside, target)) = &self.beside {
            self.file.sync_all()?;
            fs::rename(beside, target)?;
            let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            // Some file systems know no such thing for folders.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        self.beside = None;
        self.file.try_clone()
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some((beside, _)) = &self.beside {
            let _ = fs::remove_file(beside);
        }
    }
}

/// Writes a whole file.
///
/// # Errors
/// When it cannot be written; what was there before is still there then.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = NewFile::create(path)?;
    file.write_all(content)?;
    file.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("nntop-new-file-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_old_file_stands_until_the_new_one_is_whole() {
        let folder = folder("whole");
        let path = folder.join("r.json");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let mut new = NewFile::create(&path).unwrap();
        new.write_all(b"half").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        drop(new);
        assert_eq!((fs::read(&path).unwrap(), names(&folder)), (b"old".to_vec(), vec!["r.json".to_owned()]));
        write(&path, b"new").unwrap();
        assert_eq!((fs::read(&path).unwrap(), names(&folder)), (b"new".to_vec(), vec!["r.json".to_owned()]));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn links_stay_devices_are_written_and_what_may_not_be_written_is_refused() {
        let folder = folder("links");
        let (real, link) = (folder.join("real"), folder.join("link"));
        fs::write(&real, "old").unwrap();
        symlink("real", &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        write(Path::new("/dev/null"), b"gone").unwrap();
        assert_eq!(write(Path::new("/dev/full"), b"much").unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(write(&folder, b"x").is_err() && write(&folder.join("no/file"), b"x").is_err());
        fs::set_permissions(&real, fs::Permissions::from_mode(0o400)).unwrap();
        if !rustix::process::geteuid().is_root() {
            assert!(write(&real, b"x").is_err());
            assert_eq!(fs::read(&real).unwrap(), b"new");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_in_place_is_written_on() {
        let folder = folder("place");
        let path = folder.join("run.nntop");
        let mut new = NewFile::create(&path).unwrap();
        new.write_all(b"head").unwrap();
        let mut file = new.place().unwrap();
        file.write_all(b" tail").unwrap();
        assert_eq!((fs::read(&path).unwrap(), names(&folder)), (b"head tail".to_vec(), vec!["run.nntop".to_owned()]));
        fs::remove_dir_all(folder).unwrap();
    }
}
