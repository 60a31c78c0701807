//! The surroundings in which runtimes are looked for, and the folder where nntop keeps its own.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::{InstallError, Runtime};
use nntop_core::catalog::EngineKind;
use std::collections::BTreeMap;

/// Everything outside the command line that decides where runtimes are found; tests make their own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// `NNTOP_DATA_DIR`.
    pub nntop_data_dir: Option<PathBuf>,
    /// The user's data folder: `~/.local/share`.
    pub user_data: Option<PathBuf>,
    /// Libraries that environment variables name, such as `ORT_DYLIB_PATH`.
    pub libraries: BTreeMap<EngineKind, PathBuf>,
    /// `VIRTUAL_ENV`.
    pub virtual_env: Option<PathBuf>,
    /// `CONDA_PREFIX`.
    pub conda_prefix: Option<PathBuf>,
    /// Interpreters outside of any virtual environment, in the order to try.
    pub pythons: Vec<PathBuf>,
    /// Folders for system libraries.
    pub library_dirs: Vec<PathBuf>,
    /// The program that lists the loader's cache.
    pub ldconfig: Option<PathBuf>,
}

impl Environment {
    /// That of this process.
    pub fn of_this_process() -> Self {
        let var = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let triplet = match std::env::consts::ARCH {
            "arm" => "arm-linux-gnueabihf".into(),
            "x86" => "i386-linux-gnu".into(),
            arch => format!("{arch}-linux-gnu"),
        };
        Self {
            nntop_data_dir: var("NNTOP_DATA_DIR"),
            user_data: etcetera::choose_base_strategy().ok().map(|s| s.data_dir()),
            libraries: Runtime::all().filter_map(|r| Some((r.kind(), var(r.library().variable)?))).collect(),
            virtual_env: var("VIRTUAL_ENV"),
            conda_prefix: var("CONDA_PREFIX"),
            pythons: vec!["python3".into(), "/usr/bin/python3".into()],
            library_dirs: vec![
                "/usr/local/lib".into(),
                Path::new("/usr/lib").join(triplet),
                "/usr/lib".into(),
                "/usr/lib64".into(),
            ],
            ldconfig: ["/sbin/ldconfig", "/usr/sbin/ldconfig"].map(PathBuf::from).into_iter().find(|p| p.exists()),
        }
    }

    /// The library that a variable names for a runtime.
    pub(super) fn library(&self, runtime: Runtime) -> Option<&Path> {
        self.libraries.get(&runtime.kind()).map(PathBuf::as_path)
    }

    /// The interpreter of the active virtual environment.
    pub(super) fn active_python(&self) -> Option<PathBuf> {
        // A relative one would be found in whatever folder one happens to be in.
        [&self.virtual_env, &self.conda_prefix]
            .into_iter()
            .flatten()
            .filter(|prefix| prefix.is_absolute())
            .flat_map(|prefix| [prefix.join("bin/python"), prefix.join("bin/python3")])
            .find(|p| p.exists())
    }
}

/// The folder that holds nntop's own installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// This very folder.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// `NNTOP_DATA_DIR`, else `nntop` in the user's data folder.
    pub fn of(environment: &Environment) -> Result<Self, InstallError> {
        let own = || environment.user_data.as_ref().map(|d| d.join("nntop"));
        let path = environment.nntop_data_dir.clone().or_else(own).ok_or(InstallError::NoDataDir)?;
        std::path::absolute(&path).map(Self).map_err(InstallError::io("find", path))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where execution providers keep what they compile for this machine.
    pub fn cache(&self) -> PathBuf {
        self.0.join("cache")
    }

    /// Where the runtimes are, one folder each.
    pub fn engines(&self) -> PathBuf {
        self.0.join("engines")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_wins_over_the_users_data_folder() {
        let mut environment = Environment { user_data: Some("/home/u/.local/share".into()), ..Default::default() };
        assert_eq!(DataDir::of(&environment).unwrap().path(), Path::new("/home/u/.local/share/nntop"));
        environment.nntop_data_dir = Some("/mnt/nntop".into());
        assert_eq!(DataDir::of(&environment).unwrap().engines(), Path::new("/mnt/nntop/engines"));
        let none = DataDir::of(&Environment::default()).unwrap_err();
        assert!(none.hint().unwrap().contains("NNTOP_DATA_DIR"));
    }
}
