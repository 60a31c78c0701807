//! Installs from made-up wheels: whole, damaged, foreign, and two at once.

use std::io::Write;

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

use super::super::{elf, manifest::sha256_of, record::base64_url};
use super::*;
use nntop_core::catalog::EngineKind;

/// A small wheel; each test spoils one thing.
struct TestWheel {
    name: &'static str,
    tag: String,
    entries: Vec<(String, Vec<u8>)>,
    unrecorded: Vec<(String, Vec<u8>)>,
    spoil_record_of: Option<&'static str>,
}

const MAIN: &str = "onnxruntime/capi/libonnxruntime.so.1.2.3";

impl TestWheel {
    fn good() -> Self {
        let elf = elf::header_for_tests(None);
        let entry = |name: &str, content: &[u8]| (name.to_owned(), content.to_vec());
        Self {
            name: "onnxruntime",
            tag: format!("linux_{}", Platform::of_this_machine().unwrap().arch),
            entries: vec![
                entry(MAIN, &[&elf[..], &[7; 4096]].concat()),
                entry("onnxruntime/capi/libonnxruntime_providers_shared.so", &elf),
                entry("onnxruntime/capi/onnxruntime_pybind11_state.so", &elf),
                entry("onnxruntime.libs/libgomp-1.so.1", &elf),
                entry("onnxruntime/__init__.py", b"import os"),
                entry("onnxruntime/LICENSE", b"MIT"),
            ],
            unrecorded: Vec::new(),
            spoil_record_of: None,
        }
    }

    fn write(&self, dir: &Path) -> PathBuf {
        let path = dir.join(format!("{}-1.2.3-cp311-cp311-{}.whl", self.name, self.tag));
        let info = format!("{}-1.2.3.dist-info", self.name);
        let mut entries = self.entries.clone();
        let metadata = format!("Metadata-Version: 2.4\nName: {}\nVersion: 1.2.3\n\nText", self.name);
        entries.push((format!("{info}/METADATA"), metadata.into_bytes()));
        entries.push((format!("{info}/WHEEL"), format!("Tag: cp311-cp311-{}\n", self.tag).into_bytes()));
        let mut record = String::new();
        for (name, content) in &entries {
            let spoil = self.spoil_record_of == Some(name.as_str());
            let sum = base64_url(&Sha256::digest(if spoil { b"other" } else { &content[..] }));
            record += &format!("{name},sha256={sum},{}\n", content.len());
        }
        entries.push((format!("{info}/RECORD"), record.into_bytes()));
        entries.extend(self.unrecorded.clone());
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for (name, content) in entries {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&content).unwrap();
        }
        zip.finish().unwrap();
        path
    }
}

fn from_wheel(wheel: &Path, data: &DataDir) -> Result<Installed, InstallError> {
    let request = Request { wheel: Some(wheel.into()), ..Request::new("onnxruntime") };
    install(&request, &Environment::default(), data, &mut |_| {})
}

/// Tries to install `wheel`; nothing may stay behind.
fn refused(wheel: &TestWheel) -> InstallError {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path().join("data"));
    let error = from_wheel(&wheel.write(dir.path()), &data).unwrap_err();
    let left: Vec<_> = std::fs::read_dir(data.engines()).into_iter().flatten().flatten().map(|e| e.path()).collect();
    assert!(left.iter().all(|p| p.ends_with(".lock")), "{left:?}");
    error
}

#[test]
fn a_wheel_is_unpacked_to_what_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path().join("data"));
    let wheel = TestWheel::good().write(dir.path());
    // What an interrupted install has left is removed.
    std::fs::create_dir_all(data.engines().join(".tmp-unpack-1/onnxruntime")).unwrap();

    let mut seen = Vec::new();
    let request = Request { wheel: Some(wheel.clone()), ..Request::new("onnxruntime") };
    let installed = install(&request, &Environment::default(), &data, &mut |p| seen.push(p)).unwrap();
    assert_eq!(installed.dir, data.engines().join("onnxruntime-1.2.3"));
    assert_eq!(installed.library, installed.dir.join(MAIN));
    let manifest = &installed.manifest;
    let paths: Vec<&str> = manifest.files.iter().map(|f| f.path.as_str()).collect();
    let mut sorted = paths.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            "onnxruntime-1.2.3.dist-info/METADATA",
            "onnxruntime.libs/libgomp-1.so.1",
            "onnxruntime/LICENSE",
            MAIN,
            "onnxruntime/capi/libonnxruntime_providers_shared.so",
        ]
    );
    assert_eq!((manifest.source, &manifest.wheel_sha256), (Origin::Wheel, &sha256_of(&wheel).unwrap()));
    assert!(matches!(seen.last(), Some(Progress::Unpacking { done, total }) if done == total && done.0 > 4096));
    verify(&installed).unwrap();
    assert_eq!(Installed::all(&data), std::slice::from_ref(&installed));
    assert!(!data.engines().join(".tmp-unpack-1").exists());

    // Once more: nothing to do.
    let mut seen = 0;
    assert_eq!(install(&request, &Environment::default(), &data, &mut |_| seen += 1).unwrap(), installed);
    assert_eq!(seen, 0);
}

#[test]
fn a_changed_install_is_noticed_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path().join("data"));
    let wheel = TestWheel::good().write(dir.path());
    let installed = from_wheel(&wheel, &data).unwrap();

    let mut content = std::fs::read(&installed.library).unwrap();
    content[1000] ^= 1;
    std::fs::write(&installed.library, &content).unwrap();
    let error = verify(&installed).unwrap_err();
    assert!(error.to_string().ends_with("libonnxruntime.so.1.2.3 has changed since it was installed"), "{error}");
    assert_eq!(error.hint().unwrap(), "install it again: nntop engine install onnxruntime==1.2.3");

    verify(&from_wheel(&wheel, &data).unwrap()).unwrap();
    // One that is cut short is not even taken for an install.
    std::fs::write(&installed.library, "").unwrap();
    assert_eq!(Installed::all(&data), []);
}

#[test]
fn a_wheel_that_contradicts_its_record_is_refused() {
    let error = refused(&TestWheel { spoil_record_of: Some(MAIN), ..TestWheel::good() });
    let text = error.to_string();
    assert!(text.ends_with("1.2.3 does not have the SHA-256 that its RECORD says"), "{text}");
    assert_eq!(error.hint().unwrap(), "download the wheel again");

    let mut wheel = TestWheel::good();
    wheel.unrecorded.push(("onnxruntime/capi/libextra.so".into(), b"x".to_vec()));
    assert!(refused(&wheel).to_string().ends_with("libextra.so is not in its RECORD"));
}

#[test]
fn entries_that_lead_outside_are_refused() {
    for name in ["../../evil.so", "/etc/evil.so", "onnxruntime/capi/../../../evil.so", "onnxruntime\\..\\evil.so"] {
        let mut wheel = TestWheel::good();
        wheel.unrecorded.push((name.into(), b"x".to_vec()));
        let text = refused(&wheel).to_string();
        assert!(text.ends_with("would be written outside of its folder"), "{text}");
    }
}

#[test]
fn wheels_for_other_machines_are_refused() {
    let (arch, machine) = if cfg!(target_arch = "x86_64") { ("aarch64", 183) } else { ("x86_64", 62) };
    // By the tag, and where the tag is wrong, by the library itself.
    let error = refused(&TestWheel { tag: format!("manylinux_2_17_{arch}"), ..TestWheel::good() });
    assert!(error.to_string().contains(&format!("is not for this machine: it is for manylinux_2_17_{arch}, this is")));
    assert!(error.hint().unwrap().contains("manylinux_2_17_"));
    let mut wheel = TestWheel::good();
    wheel.entries[0].1 = elf::header_for_tests(Some(machine));
    assert!(refused(&wheel).to_string().contains(&format!("it is for {arch}, this machine is")));

    let error = refused(&TestWheel { tag: "manylinux_2_190_x86_64".into(), ..TestWheel::good() });
    assert!(error.to_string().contains("with glibc 2."), "{error}");
    let mut wheel = TestWheel::good();
    wheel.entries[0].0 = "onnxruntime/capi/onnxruntime.dll".into();
    assert!(refused(&wheel).to_string().contains("for another system"));
}

#[test]
fn other_files_are_told_from_wheels_of_the_runtime() {
    let mut wheel = TestWheel { name: "numpy", ..TestWheel::good() };
    wheel.entries.retain(|(name, _)| !name.contains("libonnxruntime"));
    assert!(refused(&wheel).to_string().ends_with("holds numpy 1.2.3, not onnxruntime"));
    wheel.name = "onnxruntime";
    let error = refused(&wheel);
    assert!(error.to_string().ends_with("(onnxruntime 1.2.3) holds no onnxruntime/capi/libonnxruntime.so"), "{error}");
    assert!(error.hint().unwrap().starts_with("take version 1.19.0 or newer"));

    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path().join("data"));
    let text = dir.path().join("a.whl");
    std::fs::write(&text, "not a zip").unwrap();
    assert!(from_wheel(&text, &data).unwrap_err().to_string().contains("a.whl is not a wheel: "));
    let gone = from_wheel(&dir.path().join("gone.whl"), &data).unwrap_err();
    assert!(gone.to_string().ends_with("/gone.whl (from --wheel)"), "{gone}");
}

#[test]
fn requests_are_checked_before_anything_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path().join("data"));
    let refuse = |request: Request| {
        let error = install(&request, &Environment::default(), &data, &mut |_| {}).unwrap_err();
        assert!(error.is_input() && !data.path().exists());
        (error.to_string(), error.hint().unwrap())
    };
    let (text, hint) = refuse(Request::new("onnxruntim"));
    assert_eq!(text, "no engine 'onnxruntim' to install");
    assert_eq!(hint, format!("nntop can install: {}", nntop_core::catalog::installable().join(", ")));
    let bad = Request { version: Some(">=1".into()), ..Request::new("onnxruntime") };
    assert_eq!(refuse(bad).0, "'>=1' is not a version of onnxruntime");

    let wheel = TestWheel::good().write(dir.path());
    let other = Request { wheel: Some(wheel), version: Some("1.2.4".into()), ..Request::new("onnxruntime") };
    assert!(refuse(other).0.ends_with("holds onnxruntime 1.2.3, not onnxruntime 1.2.4"));
}

#[test]
fn a_second_install_waits_and_uses_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::new(dir.path().join("data"));
    let wheel = TestWheel::good().write(dir.path());
    let engines = data.engines();
    std::fs::create_dir_all(&engines).unwrap();
    let held = lock(&engines, &mut |_| {}).unwrap();

    let request = Request { wheel: Some(wheel.clone()), ..Request::new("onnxruntime") };
    let (sent, seen) = std::sync::mpsc::channel();
    let second = std::thread::spawn({
        let data = data.clone();
        move || install(&request, &Environment::default(), &data, &mut |p| sent.send(p).unwrap()).unwrap()
    });
    assert_eq!(seen.recv().unwrap(), Progress::Waiting);
    // The first, which has the lock, ends while the second waits.
    let first = put(
        Wheel::open(&wheel, Origin::Wheel, Runtime::of(EngineKind::OnnxRuntime).unwrap()).unwrap(),
        &engines,
        &mut |_| {},
    )
    .unwrap();
    drop(held);
    assert_eq!(second.join().unwrap(), first);
    assert!(seen.recv().is_err(), "the second has nothing to unpack");
}
