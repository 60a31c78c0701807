//! Removing a runtime that nntop has installed.

use std::path::PathBuf;

use super::{DataDir, InstallError, Installed, Runtime, python_installs, version};
use nntop_core::catalog;

/// Removes one install: `NAME==VERSION`, or `NAME` where there is one version of it only.
///
/// # Errors
/// When nothing of this name is installed, or several versions are and none is named.
pub fn remove(engine: &str, wanted: Option<&str>, data: &DataDir) -> Result<(String, PathBuf), InstallError> {
    if let Some(package) = catalog::python_package(engine) {
        return remove_python(package.environment, wanted, data);
    }
    let vendors = || Runtime::of_package(engine).map(|runtime| (runtime, engine));
    let Some((_, package)) = Runtime::package(engine).or_else(vendors) else {
        return Err(InstallError::UnknownEngine { engine: engine.to_owned() });
    };
    let all: Vec<Installed> = Installed::all(data).into_iter().filter(|i| i.manifest.name == package).collect();
    let fits = |i: &&Installed| wanted.is_none_or(|v| version::satisfies(&i.manifest.version, v));
    let fitting: Vec<&Installed> = all.iter().filter(fits).collect();
    let [one] = fitting.as_slice() else {
        let versions = all.iter().map(|i| i.manifest.version.clone()).collect();
        let (package, wanted) = (engine.to_owned(), wanted.map(String::from));
        return Err(InstallError::NotInstalled { package, wanted, versions });
    };
    // Its manifest first: what is interrupted is no install any more.
    let manifest = one.dir.join(super::manifest::MANIFEST);
    std::fs::remove_file(&manifest).map_err(InstallError::io("remove", &manifest))?;
    std::fs::remove_dir_all(&one.dir).map_err(InstallError::io("remove", &one.dir))?;
    Ok((format!("{} {}", one.manifest.name, one.manifest.version), one.dir.clone()))
}

/// An environment of Python's.
fn remove_python(package: &str, wanted: Option<&str>, data: &DataDir) -> Result<(String, PathBuf), InstallError> {
    let all = python_installs(package, data);
    let fitting: Vec<_> = all.iter().filter(|i| wanted.is_none_or(|v| version::satisfies(&i.version, v))).collect();
    let [one] = fitting.as_slice() else {
        let versions = all.iter().map(|i| i.version.clone()).collect();
        let (package, wanted) = (package.to_owned(), wanted.map(String::from));
        return Err(InstallError::NotInstalled { package, wanted, versions });
    };
    let dir = data.engines().join(format!("{package}-{}", one.version));
    std::fs::remove_dir_all(&dir).map_err(InstallError::io("remove", &dir))?;
    Ok((format!("{package} {}", one.version), dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(data: &DataDir, package: &str, version: &str) -> PathBuf {
        let dir = data.engines().join(format!("{package}-{version}"));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("lib.so"), "x").unwrap();
        let manifest = serde_json::json!({
            "name": package, "version": version, "source": "pip", "wheel": "w.whl", "wheel_sha256": "",
            "library": "lib.so", "files": [{ "path": "lib.so", "bytes": 1, "sha256": "" }],
        });
        std::fs::write(dir.join("manifest.json"), manifest.to_string()).unwrap();
        dir
    }

    #[test]
    fn one_version_goes_and_the_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        let (old, new) = (install(&data, "ai-edge-litert", "2.2.0"), install(&data, "ai-edge-litert", "2.3.0"));
        let several = remove("litert", None, &data).unwrap_err();
        assert!(several.is_input() && several.hint().unwrap().contains("litert==2.3.0"), "{several:?}");
        assert_eq!(remove("litert", Some("2.2.0"), &data).unwrap().0, "ai-edge-litert 2.2.0");
        assert!(!old.exists() && new.exists());
        assert!(remove("litert", None, &data).is_ok());
        assert!(remove("litert", None, &data).unwrap_err().to_string().contains("not installed by nntop"));
        assert!(remove("nosuch", None, &data).is_err());
        let vendors = install(&data, "onnxruntime-webgpu", "1.27.0");
        assert!(remove("onnxruntime-webgpu", None, &data).is_ok() && !vendors.exists());
    }
}
