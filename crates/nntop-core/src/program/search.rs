//! Where programs are looked for: in the folders of `PATH`, and never in the current one.
//!
//! An empty or relative entry of `PATH` means the current folder, or one below it. A user who unpacks an archive and measures a
//! model in it must not run a `python3` that came with it.

use std::ffi::{OsStr, OsString};
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where programs lie when `PATH` is not set: what execvp(3) takes, without the current folder.
const USUAL: &str = "/usr/local/bin:/usr/bin:/bin";

/// The absolute folders of a list such as `PATH`; all others lead to the current folder.
pub fn folders(list: &OsStr) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(list).filter(|folder| folder.is_absolute())
}

/// A list such as `PATH` with its absolute folders only.
pub(super) fn absolute(list: &OsStr) -> OsString {
    std::env::join_paths(folders(list)).unwrap_or_default()
}

/// `PATH` as the programs that nntop starts get it.
fn path() -> OsString {
    let given = std::env::var_os("PATH").map(|path| absolute(&path)).filter(|path| !path.is_empty());
    given.unwrap_or_else(|| USUAL.into())
}

/// The program called `name`. A name with a slash is a path, and is taken as it is.
///
/// # Errors
/// When no folder of `PATH` has a program of that name.
pub fn find(name: &Path) -> Result<PathBuf> {
    if name.components().count() > 1 {
        return std::path::absolute(name);
    }
    find_in(name, folders(&path()))
}

/// The first program of that name in `folders`.
fn find_in(name: &Path, mut folders: impl Iterator<Item = PathBuf>) -> Result<PathBuf> {
    let runs = |path: &PathBuf| path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    folders
        .find_map(|folder| Some(folder.join(name)).filter(runs))
        .ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such program in PATH"))
}

/// A command that runs the program called `name`; what it starts itself finds nothing in the current folder either.
///
/// # Errors
/// As of [`find`].
pub fn command(name: impl AsRef<Path>) -> Result<Command> {
    let mut command = Command::new(find(name.as_ref())?);
    command.env("PATH", path());
    Ok(command)
}

/// A command line of the user's, as `sh -c` takes it.
pub fn shell(line: &str) -> Command {
    // Where every Unix but Android has it.
    let sh = Path::new("/bin/sh");
    let sh = if sh.exists() { sh.to_owned() } else { find(Path::new("sh")).unwrap_or_else(|_| sh.to_owned()) };
    let mut command = Command::new(sh);
    command.args(["-c", line]).env("PATH", path());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_folder_is_no_place_for_programs() {
        let list = |text: &str| folders(OsStr::new(text)).map(|f| f.display().to_string()).collect::<Vec<_>>();
        assert_eq!(list(":/usr/bin::.:bin:../x:/bin:"), ["/usr/bin", "/bin"]);
        assert_eq!(absolute(OsStr::new(":/a::b:/c:")), "/a:/c");
        assert_eq!(absolute(OsStr::new(":.")), "");
    }

    #[test]
    fn a_name_is_looked_up_and_a_path_is_taken() {
        let bin = || ["/nonexistent", "/bin"].map(PathBuf::from).into_iter();
        assert_eq!(find_in(Path::new("sh"), bin()).unwrap(), Path::new("/bin/sh"));
        assert_eq!(find_in(Path::new("no such program"), bin()).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(find(Path::new("/opt/python")).unwrap(), Path::new("/opt/python"));
        assert_eq!(find(Path::new("./python")).unwrap(), std::env::current_dir().unwrap().join("python"));
    }
}
