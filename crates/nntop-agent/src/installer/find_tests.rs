//! Where libraries are found, in made-up surroundings.

use super::*;
use crate::installer::elf;
use nntop_core::catalog::EngineKind;
use std::collections::BTreeMap;

fn library(path: &Path) -> PathBuf {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, elf::header_for_tests(None)).unwrap();
    path.to_owned()
}

fn own_install(data: &DataDir, package: &str, version: &str) -> PathBuf {
    let dir = data.engines().join(format!("{package}-{version}"));
    let name = format!("onnxruntime/capi/libonnxruntime.so.{version}");
    let path = library(&dir.join(&name));
    let manifest = serde_json::json!({
        "name": package, "version": version, "source": "pip", "wheel": "w.whl", "wheel_sha256": "", "library": name,
        "files": [{ "path": name, "bytes": path.metadata().unwrap().len(), "sha256": "" }],
    });
    std::fs::write(dir.join("manifest.json"), manifest.to_string()).unwrap();
    path
}

/// Writes an executable script. A shell does it: a file that is open for writing in this process, and for a moment
/// in what other tests start, could not be run.
fn script(path: &Path, content: &str) {
    let write = "printf '%s\n' '#!/bin/sh' \"$2\" > \"$1\" && chmod +x \"$1\"";
    assert!(Command::new("sh").args(["-c", write, "sh"]).arg(path).arg(content).status().unwrap().success());
}

/// A stand-in for a Python with the package installed below `site`.
fn fake_python(venv: &Path, site: &Path) {
    std::fs::create_dir_all(venv.join("bin")).unwrap();
    script(&venv.join("bin/python"), &format!("echo '{}/onnxruntime'", site.display()));
}

#[test]
fn places_are_searched_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let data = DataDir::new(root.join("data"));
    let older = own_install(&data, "onnxruntime", "1.9.2");
    let newer = own_install(&data, "onnxruntime", "1.20.0");
    let variant = own_install(&data, "onnxruntime-gpu", "1.20.0");
    // Neither an interrupted install nor one without a manifest counts.
    library(&data.engines().join(".tmp-1/onnxruntime/capi/libonnxruntime.so.9.9.9"));
    library(&data.engines().join("onnxruntime-8.0.0/onnxruntime/capi/libonnxruntime.so.8.0.0"));

    let site = root.join("venv/site");
    fake_python(&root.join("venv"), &site);
    let python = library(&site.join("onnxruntime/capi/libonnxruntime.so"));
    std::fs::create_dir(site.join("onnxruntime_gpu-1.18.1.dist-info")).unwrap();

    let system = library(&root.join("lib/libonnxruntime.so.1.17.0"));
    std::os::unix::fs::symlink("libonnxruntime.so.1.17.0", root.join("lib/libonnxruntime.so")).unwrap();
    let named = library(&root.join("mine/lib/libonnxruntime.so"));
    let by_variable = library(&root.join("var/libonnxruntime.so.1.23.0"));

    let environment = Environment {
        libraries: [(EngineKind::OnnxRuntime, by_variable.clone())].into(),
        virtual_env: Some(root.join("venv")),
        library_dirs: vec![root.join("lib"), root.join("lib64")],
        ..Default::default()
    };
    let mine = root.join("mine");
    let search = Search {
        runtime: Runtime::of(EngineKind::OnnxRuntime).unwrap(),
        engine_path: Some(&mine),
        environment: &environment,
        data: Some(&data),
        package: None,
        version: None,
    };
    let all = search.all().unwrap();
    let short: Vec<_> = all.iter().map(|f| (f.source, f.path.clone(), f.version.as_deref())).collect();
    assert_eq!(
        short,
        [
            (Source::EnginePath, named.clone(), None),
            (Source::Variable, by_variable.clone(), Some("1.23.0")),
            (Source::Install, variant.clone(), Some("1.20.0")),
            (Source::Install, newer, Some("1.20.0")),
            (Source::Install, older, Some("1.9.2")),
            (Source::Python, python.clone(), Some("1.18.1")),
            (Source::System, system.clone(), Some("1.17.0")),
        ]
    );
    assert_eq!(all[5].package.as_deref(), Some("onnxruntime-gpu"));

    let first = |search: Search<'_>| search.first().unwrap().map(|f| f.path);
    assert_eq!(first(search), Some(named));
    assert_eq!(first(Search { engine_path: None, ..search }), Some(by_variable));
    let environment = Environment { libraries: BTreeMap::new(), ..environment.clone() };
    let search = Search { engine_path: None, environment: &environment, ..search };
    assert_eq!(first(search), Some(variant));
    let search = Search { data: None, ..search };
    assert_eq!(first(search), Some(python));
    let environment = Environment { virtual_env: None, ..environment.clone() };
    assert_eq!(first(Search { environment: &environment, ..search }), Some(system));
    assert_eq!(first(Search { environment: &Environment::default(), ..search }), None);
}

#[test]
fn a_library_for_another_machine_is_passed_over_unless_named() {
    let dir = tempfile::tempdir().unwrap();
    let foreign = dir.path().join("libonnxruntime.so.1.30.0");
    std::fs::write(&foreign, elf::header_for_tests(Some(if cfg!(target_arch = "x86_64") { 183 } else { 62 }))).unwrap();
    let environment = Environment { library_dirs: vec![dir.path().into()], ..Default::default() };
    let search = Search {
        runtime: Runtime::of(EngineKind::OnnxRuntime).unwrap(),
        engine_path: None,
        environment: &environment,
        data: None,
        package: None,
        version: None,
    };
    assert_eq!(search.first().unwrap(), None);

    for named in [dir.path(), &foreign] {
        let error = Search { engine_path: Some(named), ..search }.first().unwrap_err();
        let text = error.to_string();
        assert!(text.contains("libonnxruntime.so.1.30.0 cannot be loaded: it is for "), "{text}");
        assert!(error.is_input() && error.hint().unwrap().contains("nntop engine install onnxruntime"));
    }
    let loadable = library(&dir.path().join("libonnxruntime.so.1.29.0"));
    assert_eq!(search.first().unwrap().unwrap().path, loadable);
}

#[test]
fn what_the_user_names_must_exist() {
    let dir = tempfile::tempdir().unwrap();
    let environment =
        Environment { libraries: [(EngineKind::OnnxRuntime, dir.path().join("gone.so"))].into(), ..Default::default() };
    let search = Search {
        runtime: Runtime::of(EngineKind::OnnxRuntime).unwrap(),
        engine_path: None,
        environment: &environment,
        data: None,
        package: None,
        version: None,
    };
    let error = search.first().unwrap_err();
    assert!(error.to_string().ends_with("/gone.so (from ORT_DYLIB_PATH)"), "{error}");
    assert!(error.hint().unwrap().ends_with("or unset it"));

    let error = Search { engine_path: Some(dir.path()), ..search }.all().unwrap_err();
    assert!(error.to_string().starts_with("no libonnxruntime.so in /"), "{error}");
}

#[test]
fn a_real_python_is_asked_without_importing_the_package() {
    let dir = tempfile::tempdir().unwrap();
    // Importing this would end the interpreter without a line.
    let package = dir.path().join("onnxruntime");
    std::fs::create_dir(&package).unwrap();
    std::fs::write(package.join("__init__.py"), "import os; os._exit(1)").unwrap();
    let python = dir.path().join("python");
    script(&python, &format!("PYTHONPATH='{}' exec python3 \"$@\"", dir.path().display()));
    // Without any Python there is nothing to ask, and nothing is found.
    let found = package_folder(Runtime::of(EngineKind::OnnxRuntime).unwrap(), &python);
    assert!(found.is_none() || found == Some(package));
}
