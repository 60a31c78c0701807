//! Unpacking the runtime's libraries from a wheel, each checked against the wheel's own list.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::manifest::{InstalledFile, sha256_of};
use super::platform::Platform;
use super::record::{self, Recorded};
use super::runtime::is_shared;
use super::{InstallError, Manifest, Origin, Progress, Runtime, elf, version};
use nntop_core::unit::Bytes;
use nntop_engine::sha256::hex;

/// Metadata is small; more is an attack or an accident.
const MAX_TEXT: u64 = 64 << 20;
/// The CUDA builds unpack to well below 2 GB.
const MAX_UNPACKED: u64 = 16 << 30;

/// An opened wheel.
pub(super) struct Wheel {
    path: PathBuf,
    /// The path as messages have it.
    shown: PathBuf,
    source: Origin,
    /// What it is taken for.
    runtime: Runtime,
    archive: ZipArchive<File>,
    names: Vec<String>,
    /// The package's name, normalised: `onnxruntime-gpu`.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// `onnxruntime-1.31.1.dist-info`.
    info: String,
    record: HashMap<String, Recorded>,
}

impl Wheel {
    /// Opens the wheel and reads what it says of itself; one from `Pip` is in a folder that no user knows of.
    pub(super) fn open(path: &Path, source: Origin, runtime: Runtime) -> Result<Self, InstallError> {
        let shown = match source {
            Origin::Pip => PathBuf::from(path.file_name().unwrap_or_default()),
            Origin::Wheel => path.to_owned(),
        };
        let not = |why: String| InstallError::NotAWheel { wheel: shown.clone(), why };
        if !path.exists() {
            return Err(InstallError::Missing { path: path.into(), given_by: "--wheel" });
        }
        let file = File::open(path).map_err(InstallError::io("read", path))?;
        let mut archive = ZipArchive::new(file).map_err(|e| not(e.to_string()))?;
        let names: Result<Vec<String>, _> = archive.file_names().map(|n| n.map(|n| n.into_owned())).collect();
        let names = names.map_err(|e| not(e.to_string()))?;
        if let Some(name) = names.iter().find(|n| !stays_inside(n)) {
            let why = "would be written outside of its folder".into();
            return Err(InstallError::DamagedWheel { wheel: shown, file: name.clone(), why });
        }
        let info = names.iter().find_map(|n| n.strip_suffix(".dist-info/METADATA").filter(|n| !n.contains('/')));
        let info = format!("{}.dist-info", info.ok_or_else(|| not("it has no METADATA".into()))?);
        let metadata = text(&mut archive, &format!("{info}/METADATA")).map_err(not)?;
        let field = |key: &str| metadata.lines().take_while(|l| !l.is_empty()).find_map(|l| l.strip_prefix(key));
        let name = field("Name: ").unwrap_or_default().trim().to_lowercase().replace(['_', '.'], "-");
        let found = field("Version: ").unwrap_or_default().trim().to_owned();
        let plain = |n: &str| !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !plain(&name) || !version::is_valid(&found) {
            return Err(not("its METADATA names no package and version".into()));
        }
        let record = record::parse(&text(&mut archive, &format!("{info}/RECORD")).map_err(not)?);
        Ok(Self { path: path.into(), shown, source, runtime, archive, names, name, version: found, info, record })
    }

    /// Package and version, as people say it.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// Unpacks what is needed at run time into `into`.
    pub(super) fn unpack(mut self, into: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Manifest, InstallError> {
        let wanted: Vec<String> = self.names.iter().filter(|n| self.wants(n)).cloned().collect();
        let main = wanted.iter().filter(|n| self.is_main(n)).max_by(|a, b| a.len().cmp(&b.len()));
        let library = main.cloned().ok_or_else(|| self.no_library())?;
        self.check_platform()?;

        let total: u64 = wanted.iter().filter_map(|n| self.archive.by_name(n).ok().map(|e| e.size())).sum();
        if total > MAX_UNPACKED {
            return Err(self.damaged(&library, format!("and the rest would unpack to {}", Bytes(total))));
        }
        let mut files = Vec::with_capacity(wanted.len());
        let mut done = 0;
        for name in &wanted {
            progress(Progress::Unpacking { done: Bytes(done), total: Bytes(total) });
            let file = self.extract(name, into)?;
            done += file.bytes;
            files.push(file);
        }
        progress(Progress::Unpacking { done: Bytes(done), total: Bytes(total) });
        Ok(Manifest {
            name: self.name,
            version: self.version,
            source: self.source,
            wheel: self.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            wheel_sha256: sha256_of(&self.path)?,
            library,
            files,
        })
    }

    /// The libraries but not Python's own module, the licences, and the metadata.
    fn wants(&self, name: &str) -> bool {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        if file.is_empty() {
            return false;
        }
        let module = self.runtime.library().module;
        let licence =
            || ["license", "licence", "thirdparty", "notice"].iter().any(|w| file.to_lowercase().starts_with(w));
        match folder {
            _ if folder == self.runtime.folder() => self.runtime.wants(file),
            // Where wheels keep the libraries that they bring along.
            _ if !folder.contains('/') && folder.starts_with(module) && folder.ends_with(".libs") => is_shared(file),
            _ if folder == module => licence(),
            _ if folder == self.info => file == "METADATA" || licence(),
            _ => folder == format!("{}/licenses", self.info),
        }
    }

    /// Writes one entry, and checks it on the way.
    fn extract(&mut self, name: &str, into: &Path) -> Result<InstalledFile, InstallError> {
        let Some(recorded) = self.record.get(name).cloned() else {
            return Err(self.damaged(name, "is not in its RECORD".into()));
        };
        let is_main = self.is_main(name);
        let target = into.join(name);
        let parent = target.parent().unwrap_or(into);
        std::fs::create_dir_all(parent).map_err(InstallError::io("create", parent))?;
        let wheel = self.shown.clone();
        let damaged = |why: String| InstallError::DamagedWheel { wheel: wheel.clone(), file: name.into(), why };

        let mut entry = self.archive.by_name(name).map_err(|e| damaged(e.to_string()))?;
        if entry.is_symlink() {
            return Err(damaged("is a link".into()));
        }
        let size = entry.size();
        if recorded.bytes.is_some_and(|b| b != size) {
            return Err(damaged("has another size than its RECORD says".into()));
        }
        let mut out = File::create_new(&target).map_err(InstallError::io("create", &target))?;
        let (mut sum, mut written, mut header) = (Sha256::new(), 0, Vec::new());
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let n = entry.read(&mut buffer).map_err(|e| damaged(format!("cannot be unpacked: {e}")))?;
            if n == 0 {
                break;
            }
            written += n as u64;
            if written > size {
                return Err(damaged("unpacks to more than it says".into()));
            }
            header.extend_from_slice(&buffer[..n.min(64_usize.saturating_sub(header.len()))]);
            sum.update(&buffer[..n]);
            out.write_all(&buffer[..n]).map_err(InstallError::io("write", &target))?;
        }
        let sum = sum.finalize();
        if record::base64_url(&sum) != recorded.sha256 {
            return Err(damaged("does not have the SHA-256 that its RECORD says".into()));
        }
        if is_main {
            let other = |why: elf::ElfError| InstallError::OtherMachine { wheel: wheel.clone(), why: why.to_string() };
            elf::check_header(&header).map_err(other)?;
        }
        out.sync_all().map_err(InstallError::io("write", &target))?;
        Ok(InstalledFile { path: name.into(), bytes: written, sha256: hex(&sum) })
    }

    /// The platforms in `WHEEL`'s tags: `cp311-cp311-manylinux_2_28_x86_64`.
    fn check_platform(&mut self) -> Result<(), InstallError> {
        let name = format!("{}/WHEEL", self.info);
        let why = |why| InstallError::NotAWheel { wheel: self.shown.clone(), why };
        let content = text(&mut self.archive, &name).map_err(why)?;
        let tags = content.lines().filter_map(|l| l.strip_prefix("Tag: ")?.trim().rsplit('-').next());
        let platforms: Vec<String> = tags.flat_map(|t| t.split('.')).map(str::to_owned).collect();
        match Platform::of_this_machine().and_then(|p| p.refuses(&platforms)) {
            Some(why) => Err(InstallError::OtherMachine { wheel: self.shown.clone(), why }),
            None => Ok(()),
        }
    }

    /// `onnxruntime/capi/libonnxruntime.so*`, or what the runtime's is.
    fn is_main(&self, name: &str) -> bool {
        let library = format!("{}/{}", self.runtime.folder(), self.runtime.library().file);
        name.strip_prefix(&library).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    fn no_library(&self) -> InstallError {
        let (wheel, found) = (self.shown.clone(), self.title());
        // Other systems' wheels have a library too, of another kind.
        let foreign =
            |n: &String| n.starts_with(&self.runtime.folder()) && (n.ends_with(".dll") || n.ends_with(".dylib"));
        if self.names.iter().any(foreign) {
            let why = format!("it is for another system than {}", std::env::consts::OS);
            return InstallError::OtherMachine { wheel, why };
        }
        let runtime = self.runtime;
        match runtime.has(&self.name) {
            true => InstallError::NoLibraryInWheel { runtime, wheel, found },
            false => InstallError::OtherPackage { wheel, found, wanted: runtime.kind().name().into() },
        }
    }

    fn damaged(&self, file: &str, why: String) -> InstallError {
        InstallError::DamagedWheel { wheel: self.shown.clone(), file: file.into(), why }
    }
}

fn stays_inside(name: &str) -> bool {
    !name.contains('\\') && Path::new(name).components().all(|c| matches!(c, Component::Normal(_)))
}

/// A text file in the archive.
fn text(archive: &mut ZipArchive<File>, name: &str) -> Result<String, String> {
    let entry = archive.by_name(name).map_err(|_| format!("it has no {name}"))?;
    let mut text = String::new();
    entry.take(MAX_TEXT).read_to_string(&mut text).map_err(|e| format!("{name} cannot be read: {e}"))?;
    Ok(text)
}
