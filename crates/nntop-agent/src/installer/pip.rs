//! Fetching a wheel with pip.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::child;
use super::pip_command::{PYTHONS, arguments, requirement};
use super::pip_output::{self, Output};
use super::platform::Platform;
use super::stall::{self, Stall};
use super::{Environment, InstallError, Progress, Runtime, version};
use nntop_core::program::{Heard, python};
use nntop_core::unit::Bytes;

/// From this pip on, `--progress-bar raw` prints numbers.
const RAW_PROGRESS: (u32, u32) = (24, 1);
/// Before this pip, wheels for another Python or platform than its own cannot be asked for.
const OLDEST_PIP: (u32, u32) = (20, 0);
/// From this pip on, `--platform` may be given more than once.
const MANY_PLATFORMS: (u32, u32) = (20, 3);
/// How often the download's size is looked at where pip does not tell it.
const TICK: Duration = Duration::from_millis(250);

/// A pip that works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pip {
    python: PathBuf,
    pip_version: (u32, u32),
    python_version: (u32, u32),
    /// How long nothing may come.
    patience: Duration,
}

/// What to fetch, and where to.
pub(super) struct Wanted<'a> {
    pub(super) package: &'a str,
    pub(super) version: Option<&'a str>,
    pub(super) platform: &'a Platform,
    /// An empty folder of ours: pip works in it, and leaves the wheel there.
    pub(super) dir: &'a Path,
}

enum Attempt {
    Fetched(PathBuf),
    NotOffered(Vec<String>),
}

impl Pip {
    /// The first Python that has pip: the active environment's, else the system's.
    pub(super) fn locate(
        environment: &Environment,
        package: &str,
        version: Option<&str>,
    ) -> Result<Self, InstallError> {
        let (mut without_pip, mut too_old) = (None, None);
        for python in environment.active_python().iter().chain(&environment.pythons) {
            let ended = python::module(python, "pip").and_then(|mut command| {
                command.arg("--version");
                child::program(command).limit(Duration::from_secs(60)).output()
            });
            let printed = ended.as_ref().map(nntop_core::program::Output::text).unwrap_or_default();
            match printed.lines().find_map(pip_output::versions) {
                Some((found, _)) if found < OLDEST_PIP => too_old = too_old.or(Some((python.clone(), found))),
                Some((pip_version, python_version)) => {
                    let (python, patience) = (python.clone(), stall::PATIENCE);
                    return Ok(Self { python, pip_version, python_version, patience });
                }
                None if ended.is_ok() => without_pip = without_pip.or(Some(python.clone())),
                None => {}
            }
        }
        let (package, version) = (package.to_owned(), version.map(str::to_owned));
        Err(match (too_old, without_pip) {
            (Some((python, found)), _) => InstallError::OldPip { python, found, package, version },
            (None, Some(python)) => InstallError::NoPip { python, package, version },
            (None, None) => InstallError::NoPython { package, version },
        })
    }

    /// Fetches the wheel. Without a version: the known-good one, else the newest that this machine can have.
    pub(super) fn fetch(
        &self,
        wanted: &Wanted<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<PathBuf, InstallError> {
        let pinned = wanted.version.or(Runtime::default_version(wanted.package));
        let oldest = Runtime::parse(wanted.package).map_or("", |runtime| runtime.library().oldest);
        let mut offered: Vec<(String, (u32, u32))> = Vec::new();
        for python in self.pythons(pinned.is_some()) {
            match self.attempt(wanted, pinned, python, progress)? {
                Attempt::Fetched(wheel) => return Ok(wheel),
                Attempt::NotOffered(versions) => offered.extend(versions.into_iter().map(|v| (v, python))),
            }
        }
        offered.retain(|(v, _)| version::is_stable(v) && version::compare(v, oldest).is_ge());
        // Stable: of one version, the Python that was asked first.
        offered.sort_by(|a, b| version::compare(&b.0, &a.0));
        offered.dedup_by(|a, b| a.0 == b.0);
        match (wanted.version, offered.first()) {
            (None, Some((version, python))) => {
                if let Attempt::Fetched(wheel) = self.attempt(wanted, Some(version), *python, progress)? {
                    return Ok(wheel);
                }
            }
            (Some(version), Some(_)) => {
                let offered = offered.into_iter().map(|(v, _)| v).collect();
                let (package, version) = (wanted.package.to_owned(), version.to_owned());
                return Err(InstallError::NoSuchVersion { package, version, offered });
            }
            (_, None) => {}
        }
        Err(InstallError::NoWheel {
            package: wanted.package.to_owned(),
            platform: wanted.platform.to_string(),
            version: wanted.version.map(str::to_owned),
        })
    }

    /// A named version: the running Python first, its index may be a mirror made for it. The newest: in the order
    /// of those that get the newest releases.
    fn pythons(&self, pinned: bool) -> Vec<(u32, u32)> {
        let own = [self.python_version].into_iter().filter(|_| pinned);
        let mut pythons: Vec<(u32, u32)> = own.collect();
        for python in PYTHONS {
            // That old a pip takes 3.12 for 3.1.
            let known = self.pip_version >= MANY_PLATFORMS || python < (3, 10);
            if known && !pythons.contains(&python) {
                pythons.push(python);
            }
        }
        pythons
    }

    /// One Python version: one run of pip, or with an old pip one for each platform.
    fn attempt(
        &self,
        wanted: &Wanted<'_>,
        version: Option<&str>,
        python: (u32, u32),
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Attempt, InstallError> {
        let tags = match self.pip_version >= MANY_PLATFORMS {
            true => vec![wanted.platform.tags()],
            false => wanted.platform.short_tags().into_iter().map(|t| vec![t]).collect(),
        };
        let mut offered = Vec::new();
        for tags in tags {
            match self.run(wanted, version, python, &tags, progress)? {
                Attempt::Fetched(wheel) => return Ok(Attempt::Fetched(wheel)),
                Attempt::NotOffered(versions) => offered.extend(versions),
            }
        }
        Ok(Attempt::NotOffered(offered))
    }

    fn run(
        &self,
        wanted: &Wanted<'_>,
        version: Option<&str>,
        python: (u32, u32),
        tags: &[String],
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Attempt, InstallError> {
        let requirement = requirement(wanted.package, version);
        progress(Progress::Asking { requirement: requirement.clone() });
        let dest = wanted.dir.join("wheel");
        let work = wanted.dir.join("pip");
        for dir in [&dest, &work] {
            std::fs::create_dir_all(dir).map_err(InstallError::io("create", dir))?;
        }
        let raw = self.pip_version >= RAW_PROGRESS;
        let run = InstallError::io("run", &self.python);
        let mut command = match python::module(&self.python, "pip") {
            Ok(command) => command,
            Err(e) => return Err(run(e)),
        };
        command.args(arguments(python, tags)).args(["--no-input", "--disable-pip-version-check", "--retries", "2"]);
        command.args(["--progress-bar", if raw { "raw" } else { "off" }]).arg("--dest").arg(&dest).arg(&requirement);
        // Python would keep its output to itself until the end.
        command.current_dir(&work).env("PYTHONUNBUFFERED", "1").env("TMPDIR", &work);
        command.env_remove("PIP_QUIET").env_remove("PIP_VERBOSE").env_remove("PIP_LOG");

        let mut output = Output::default();
        let mut stall = Stall::new(self.patience);
        let end = child::program(command).tick(TICK).lines(|heard| {
            let is_silent = matches!(heard, Heard::Idle);
            let news = match heard {
                Heard::Out(line) => output.hear(&line),
                Heard::Err(line) => output.hear_error(line),
                Heard::Idle if !raw => output.polled(size_of(&work).max(size_of(&dest))),
                Heard::Idle => false,
            };
            if news && let Some(file) = &output.file {
                let (done, total) = (Bytes(output.done), output.total.map(Bytes));
                progress(Progress::Downloading { file: file.clone(), done, total });
            }
            if news || !is_silent {
                stall.went_on();
            }
            !(is_silent && stall.is_over())
        });
        if child::succeeded(end).map_err(InstallError::io("run", &self.python))? {
            let entries = std::fs::read_dir(&dest).map_err(InstallError::io("read", &dest))?;
            let mut files = entries.flatten().map(|e| e.path());
            if let Some(wheel) = files.find(|p| p.extension().is_some_and(|e| e == "whl")) {
                return Ok(Attempt::Fetched(wheel));
            }
        }
        let (package, version) = (wanted.package.to_owned(), version.map(str::to_owned));
        if let Some(silence) = stall.given_up() {
            return Err(InstallError::Stalled { package, version, silence });
        }
        match output {
            // Retries may have succeeded: a list of versions comes from a network that works.
            Output { offered: Some(offered), .. } if !offered.is_empty() => Ok(Attempt::NotOffered(offered)),
            Output { network: Some(printed), .. } => Err(InstallError::NoNetwork { package, version, printed }),
            Output { offered: Some(offered), .. } => Ok(Attempt::NotOffered(offered)),
            output if output.disk_is_full() => {
                let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
                Err(InstallError::io("write", &work)(full))
            }
            output => Err(InstallError::Pip { package, version, printed: output.last_words() }),
        }
    }
}

/// The bytes of all files below `dir`.
pub(super) fn size_of(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let size = |e: std::fs::DirEntry| match e.metadata() {
        Ok(m) if m.is_dir() => size_of(&e.path()),
        Ok(m) => m.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_that_stalls_is_given_up() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let python = dir.path().join("python");
        let fetching = "echo '  Downloading net-1.0-py3-none-any.whl (9.0 MB)'; echo 'Progress 1000 of 9000000'";
        std::fs::write(&python, format!("#!/bin/sh\n{fetching}\nexec sleep 1000\n")).unwrap();
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
        let patience = Duration::from_millis(300);
        let pip = Pip { python, pip_version: (25, 0), python_version: (3, 12), patience };
        let platform = Platform::of_this_machine().unwrap();
        let wanted = Wanted { package: "onnxruntime", version: Some("1.0"), platform: &platform, dir: dir.path() };
        let mut files = Vec::new();
        let fault = pip.fetch(&wanted, &mut |now| {
            if let Progress::Downloading { file, .. } = now {
                files.push(file);
            }
        });
        let fault = fault.unwrap_err();
        assert!(files.iter().any(|file| file == "net-1.0-py3-none-any.whl"), "{files:?}");
        assert_eq!(fault.to_string(), "cannot fetch onnxruntime: nothing has come for 300 ms");
        assert!(fault.hint().unwrap().starts_with("try again"), "{fault:?}");
    }

    #[test]
    fn the_running_python_is_asked_first_for_a_named_version() {
        let pip =
            Pip { python: "python3".into(), pip_version: (24, 1), python_version: (3, 10), patience: stall::PATIENCE };
        assert_eq!(pip.pythons(true)[..2], [(3, 10), (3, 12)]);
        assert_eq!(pip.pythons(true).len(), PYTHONS.len());
        assert_eq!(pip.pythons(false), PYTHONS);
        let old = Pip { pip_version: (20, 0), python_version: (3, 8), ..pip };
        assert_eq!(old.pythons(true), [(3, 8), (3, 9)]);
    }

    #[test]
    fn without_python_or_pip_the_way_out_is_a_wheel() {
        let environment = Environment { pythons: vec!["/nonexistent/python3".into()], ..Default::default() };
        let error = Pip::locate(&environment, "onnxruntime", None).unwrap_err();
        assert_eq!(error.to_string(), "cannot fetch onnxruntime: no python3 found to run pip with");
        let hint = error.hint().unwrap();
        assert!(hint.starts_with("apt install python3-pip; or "), "{hint}");
        assert!(hint.contains(&format!(
            "onnxruntime=={}; then here: nntop engine install",
            Runtime::default_version("onnxruntime").unwrap()
        )));
        assert!(hint.contains("-m pip download --no-deps") && hint.ends_with("onnxruntime --wheel FILE"), "{hint}");

        let environment = Environment { pythons: vec!["false".into()], ..Default::default() };
        let error = Pip::locate(&environment, "onnxruntime", Some("1.2.3")).unwrap_err();
        assert_eq!(error.to_string(), "cannot fetch onnxruntime: false has no pip");
        assert!(error.hint().unwrap().contains("onnxruntime==1.2.3"));
    }

    #[test]
    fn wrong_versions_are_answered_with_the_right_ones() {
        let offered: Vec<String> = (0..12).rev().map(|n| format!("1.{n}.0")).collect();
        let error = InstallError::NoSuchVersion { package: "onnxruntime".into(), version: "9".into(), offered };
        assert_eq!(error.to_string(), "there is no onnxruntime 9 for this machine");
        let hint = error.hint().unwrap();
        assert!(
            hint.starts_with("onnxruntime has 1.11.0, 1.10.0,") && hint.ends_with("1.2.0, … back to 1.0.0"),
            "{hint}"
        );
        assert!(error.is_input());
    }
}
