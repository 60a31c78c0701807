//! `--dataset DIR`: what of a data set can be an input.

use nntop_core::event::Fault;
use nntop_engine::workload;
use std::path::{Path, PathBuf};

/// What is found in a data set's folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// ONNX's own layout, one file of arrays, or a folder of images.
    Input(PathBuf),
    /// Files of which none holds arrays or an image.
    Others(usize),
}

/// Looks into the folder; folders in it count as others.
pub(super) fn look(dir: &Path) -> Result<Found, Fault> {
    let about = |why: String| Fault::input(format!("--dataset {}: {why}", dir.display()));
    let entries = std::fs::read_dir(dir).map_err(|e| {
        about(format!("not readable as a folder: {e}"))
            .hint("a folder of images, with input_0.pb …, or with one .npz or .npy file")
    })?;
    let mut all: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    all.sort();
    let files = || all.iter().filter(|p| p.is_file());
    let with = |ending: &str| files().filter(|p| p.extension().is_some_and(|e| e == ending)).collect::<Vec<_>>();
    if dir.join("input_0.pb").is_file() {
        return Ok(Found::Input(dir.to_owned()));
    }
    match (&with("npz")[..], &with("npy")[..]) {
        ([one], _) | ([], [one]) => Ok(Found::Input((*one).clone())),
        ([], []) if workload::holds_images(dir) => Ok(Found::Input(dir.to_owned())),
        ([], []) => Ok(Found::Others(all.len())),
        ([], many) => Err(about(format!("{} .npy files where one is expected", many.len()))
            .hint(format!("name one of them: --input {}", many[0].display()))),
        (many, _) => Err(about(format!("{} .npz files where one is expected", many.len()))
            .hint(format!("name one of them: --input {}", many[0].display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_inputs_before_pictures() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        let found = || look(dir.path());
        assert_eq!(found(), Ok(Found::Others(0)));
        file("labels.csv");
        assert_eq!(found(), Ok(Found::Others(1)));
        file("cat/1.jpg");
        assert_eq!(found(), Ok(Found::Input(dir.path().to_owned())));
        let x = file("x.npy");
        assert_eq!(found(), Ok(Found::Input(x)));
        let y = file("y.npy");
        assert!(found().unwrap_err().hint.unwrap().contains("x.npy"));
        let z = file("z.npz");
        assert_eq!(found(), Ok(Found::Input(z)), "an archive has an array for each input");
        file("input_0.pb");
        assert_eq!(found(), Ok(Found::Input(dir.path().to_owned())));
        assert!(look(&y).unwrap_err().hint.is_some());
    }
}
