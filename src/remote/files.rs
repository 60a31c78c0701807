//! The files that a plan names: which belong together, and where they lie on the board, by what they hold.

use super::Say;
use super::shell::Shell;
use nntop_core::event::{Evaluation, Fault, VariantSpec};
use nntop_engine::graph;
use nntop_engine::sha256::{sha256_hex, sha256_hex_of};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Digits of a sum that tell contents apart, in the names of folders.
const DIGITS: usize = 32;

/// Files that were read, so that each is summed up once.
#[derive(Debug, Default)]
pub(super) struct Sums(BTreeMap<PathBuf, String>);

/// A model or an input with what belongs to it.
#[derive(Debug)]
pub(super) struct Bundle {
    /// The name that the plan has for it.
    pub(super) here: String,
    /// The file or folder itself, as its name in the bundle.
    main: String,
    /// All files: (name in the bundle, where it is).
    files: Vec<(String, PathBuf)>,
}

/// Everything that the variants name.
///
/// # Errors
/// What is not there, or cannot be copied, by name.
pub(super) fn of_plan(variants: &[VariantSpec]) -> Result<Vec<Bundle>, Fault> {
    let mut all: Vec<Bundle> = Vec::new();
    let mut add = |name: &str, bundle: &dyn Fn(&str) -> Result<Bundle, Fault>| {
        if all.iter().all(|known| known.here != name) {
            all.push(bundle(name)?);
        }
        Ok::<(), Fault>(())
    };
    for spec in variants {
        // An engine that reads no files has none to bring.
        if spec.engine.kind().is_none_or(|kind| !kind.entry().formats.is_empty()) {
            add(&spec.model, &model)?;
        }
        if let Some(input) = &spec.options.input {
            add(input, &|path| any(path, "--input"))?;
        }
        if let Some(evaluation) = spec.evaluation.as_deref() {
            add(&evaluation.dataset, &dataset)?;
            let own = evaluation.preprocess.as_ref().filter(|file| Path::new(file).is_file());
            own.map_or(Ok(()), |file| add(file, &|path| any(path, "--preprocess")))?;
            refuse_predictions(evaluation)?;
        }
    }
    Ok(all)
}

fn refuse_predictions(evaluation: &Evaluation) -> Result<(), Fault> {
    match &evaluation.predictions {
        None => Ok(()),
        Some(_) => {
            Err(Fault::input("--save-predictions: not with --host, where the file would be written on the board")
                .hint("leave it out, or run nntop eval on the board itself"))
        }
    }
}

/// A model's file and those beside it that hold its weights.
fn model(path: &str) -> Result<Bundle, Fault> {
    let file = Path::new(path);
    match std::fs::metadata(file) {
        Ok(about) if about.is_file() => {}
        Ok(_) => return Err(Fault::input("is no file, and with --host models are files").about(path)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(Fault::input("no such file")
                .about(path)
                .hint("with --host models are files of this machine, which are copied to the board"));
        }
        Err(e) => return Err(Fault::input(e.to_string()).about(path)),
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    let ending = file.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let beside = |ending: &str| Some(file.with_extension(ending)).filter(|f| f.is_file()).into_iter().collect();
    let others: Vec<PathBuf> = match ending.as_str() {
        // A model that is not sound is refused by the board's engine, in the words that it has here.
        "onnx" => graph::read(file).map(|model| model.data_files).unwrap_or_default(),
        "xml" => beside("bin"),
        "pdmodel" => beside("pdiparams"),
        _ => Vec::new(),
    };
    let mut files = vec![(name(file, path)?, file.to_owned())];
    for other in others {
        let within = other.strip_prefix(folder).or_else(|_| other.strip_prefix(".")).unwrap_or(&other);
        files.push((text(within, path)?, other.clone()));
    }
    Ok(Bundle { here: path.to_owned(), main: files[0].0.clone(), files })
}

/// A file, or a folder with all that is in it.
fn any(path: &str, option: &str) -> Result<Bundle, Fault> {
    let given = Path::new(path);
    let cannot = |e: std::io::Error| Fault::input(e.to_string()).about(&format!("{option} {path}"));
    let about = std::fs::metadata(given).map_err(cannot)?;
    let main = name(&given.canonicalize().map_err(cannot)?, path)?;
    if about.is_file() {
        return Ok(Bundle { here: path.to_owned(), files: vec![(main.clone(), given.to_owned())], main });
    }
    let mut files = Vec::new();
    let mut folders = vec![(given.to_owned(), main.clone())];
    while let Some((folder, at)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(cannot)? {
            let file = entry.map_err(cannot)?.path();
            let inside = format!("{at}/{}", name(&file, path)?);
            // A link to a folder may lead round in a circle: only what lies here is copied.
            if file.is_dir() && !file.is_symlink() {
                folders.push((file, inside));
            } else if file.is_file() {
                files.push((inside, file));
            }
        }
    }
    files.sort();
    Ok(Bundle { here: path.to_owned(), main, files })
}

/// A labelled data set: a folder, or one file that holds all of it.
fn dataset(path: &str) -> Result<Bundle, Fault> {
    let ending = Path::new(path).extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    if Path::new(path).is_file() && !matches!(ending.as_str(), "npz" | "npy") {
        return Err(Fault::input(format!("--dataset {path}: with --host a file that names others is not copied"))
            .hint("name the folder that holds it and its files"));
    }
    any(path, "--dataset")
}

fn name(file: &Path, about: &str) -> Result<String, Fault> {
    text(Path::new(file.file_name().unwrap_or_default()), about)
}

/// A path as the board's shell takes it.
fn text(path: &Path, about: &str) -> Result<String, Fault> {
    match path.to_str() {
        Some(text) if !text.is_empty() && !text.contains(char::is_control) => Ok(text.to_owned()),
        _ => Err(Fault::input(format!("{}: a name that cannot be copied", path.display())).about(about)),
    }
}

impl Sums {
    fn of(&mut self, file: &Path) -> Result<String, Fault> {
        if let Some(sum) = self.0.get(file) {
            return Ok(sum.clone());
        }
        let sum = std::fs::File::open(file)
            .and_then(sha256_hex)
            .map_err(|e| Fault::input(e.to_string()).about(&file.display().to_string()))?;
        self.0.insert(file.to_owned(), sum.clone());
        Ok(sum)
    }
}

impl Bundle {
    /// Brings to the board what is not there. Gives its name there, and how many bytes were copied.
    pub(super) fn bring(&self, shell: &mut Shell, sums: &mut Sums, say: &mut Say<'_>) -> Result<(String, u64), Fault> {
        let listed = self.files.iter().map(|(name, file)| Ok((name, file, sums.of(file)?)));
        let listed = listed.collect::<Result<Vec<_>, Fault>>()?;
        let list: String = listed.iter().map(|(name, _, sum)| format!("{sum} {name}\n")).collect();
        let folder = format!("files/{}", &sha256_hex_of(list.as_bytes())[..DIGITS]);
        let (there, whole) = (format!("{}/{folder}/{}", shell.cache, self.main), format!("{folder}.whole"));
        if shell.has(&whole)? {
            return Ok((there, 0));
        }
        let mut copied = 0;
        for (name, file, sum) in &listed {
            let to = format!("{folder}/{name}");
            // What arrived before a link was lost is not copied again.
            if shell.sum(&to)? != *sum {
                copied += shell.put(file, sum, "600", &to, say)?;
            }
        }
        shell.mark(&whole)?;
        Ok((there, copied))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_model_goes_with_it() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["net.xml", "net.bin", "other.bin"] {
            std::fs::write(dir.path().join(file), file).unwrap();
        }
        let bundle = model(dir.path().join("net.xml").to_str().unwrap()).unwrap();
        assert_eq!(bundle.files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["net.xml", "net.bin"]);
        assert_eq!(bundle.main, "net.xml");
    }

    #[test]
    fn a_folder_goes_with_all_that_is_in_it_and_no_loop() {
        let dir = tempfile::tempdir().unwrap();
        let inputs = dir.path().join("photos");
        std::fs::create_dir_all(inputs.join("cats")).unwrap();
        std::fs::write(inputs.join("cats/1.png"), "x").unwrap();
        std::os::unix::fs::symlink(&inputs, inputs.join("again")).unwrap();
        let bundle = any(inputs.to_str().unwrap(), "--input").unwrap();
        assert_eq!(bundle.files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["photos/cats/1.png"]);
    }

    #[test]
    fn what_cannot_go_is_refused_by_name() {
        let refused = |result: Result<Bundle, Fault>| result.unwrap_err().message;
        assert_eq!(refused(model("/nonexistent.onnx")), "/nonexistent.onnx: no such file");
        assert!(refused(model("/")).contains("is no file"));
        let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
        assert!(refused(dataset(file.path().to_str().unwrap())).contains("names others"));
    }
}
