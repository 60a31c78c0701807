//! Labelled data sets, recognised by what they hold: images in folders by class, images with a table of labels, COCO, Pascal VOC,
//! masks of segmentation, MNIST's IDX, MLPerf Tiny's `y_labels.csv`, NumPy arrays.

pub(crate) mod arrays;
mod coco;
mod folders;
mod idx;
mod masks;
mod mlperf;
mod names;
mod table;
mod unlabelled;
mod voc;

pub use coco::predictions;
pub use masks::Mask;

use crate::task::detection::Truth;
use nntop_core::event::Fault;
use nntop_engine::tensor::Tensor;
use nntop_engine::workload::Picture;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is right about an example.
#[derive(Debug, Clone, PartialEq)]
pub enum Label {
    /// It is of this class.
    Class(usize),
    /// It holds these objects.
    Objects(Arc<[Truth]>),
    /// Whether it is an anomaly.
    Anomaly(bool),
    /// Its values.
    Values(Vec<f64>),
    /// The classes of its pixels, in this file.
    Mask(PathBuf),
    /// Not known.
    None,
}

/// Where an example's input is.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A picture in a file.
    Picture(PathBuf),
    /// Grey levels in memory: all pictures, this one's number, width and height.
    Levels(Arc<[u8]>, usize, usize, usize),
    /// Bytes of a file, as the model takes them; the width and the stride of its windows in bytes, where it has windows.
    Bytes(PathBuf, Option<(usize, usize)>),
    /// The rows of arrays, one per input of the model.
    Rows(Arc<[Tensor]>, usize),
    /// Random values of this seed.
    Random(u64),
}

/// An example.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its file relative to the data set, or its number.
    pub name: String,
    /// What is right.
    pub label: Label,
    pub(crate) source: Source,
}

/// An example's input, read.
#[derive(Debug)]
pub enum Input {
    /// A picture.
    Picture(Picture),
    /// Bytes as the model takes them, one window or several.
    Bytes(Vec<Vec<u8>>),
    /// Rows of arrays, without the batch axis: one per input of the model.
    Rows(Vec<Tensor>),
    /// Random values of this seed.
    Random(u64),
}

impl Item {
    /// Reads the input.
    ///
    /// # Errors
    /// The reason why it cannot be read.
    pub fn read(&self) -> Result<Input, String> {
        match &self.source {
            Source::Picture(path) => Picture::read(path).map(Input::Picture),
            Source::Levels(all, at, width, height) => {
                let size = width * height;
                Picture::from_grey(*width, *height, &all[at * size..(at + 1) * size]).map(Input::Picture)
            }
            Source::Bytes(path, windows) => {
                let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
                let Some((width, stride)) = *windows else { return Ok(Input::Bytes(vec![bytes])) };
                if bytes.len() < width {
                    return Err(format!("{} bytes, less than a window of {width}", bytes.len()));
                }
                let starts = (0..=bytes.len() - width).step_by(stride);
                Ok(Input::Bytes(starts.map(|at| bytes[at..at + width].to_vec()).collect()))
            }
            Source::Rows(all, at) => {
                all.iter().map(|array| arrays::row(array, *at)).collect::<Result<_, _>>().map(Input::Rows)
            }
            Source::Random(seed) => Ok(Input::Random(*seed)),
        }
    }
}

/// Recognises a folder of one form; `None` where it is of another.
type Form = fn(&Path) -> Result<Option<Dataset>, String>;

/// A labelled data set.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// What it was recognised as: `images in folders by class`, `COCO`.
    pub kind: &'static str,
    /// The names of its classes in the order of their numbers, where they are known.
    pub classes: Vec<String>,
    /// Its examples, in the order of their files.
    pub items: Vec<Item>,
}

impl Dataset {
    /// Opens a folder or a file.
    ///
    /// # Errors
    /// When it holds no labels that are understood: what was looked for.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let about = |why: String| {
            Fault::input(format!("--dataset {}: {why}", path.display())).hint(
                "labelled data: images in folders by class, labels.csv (file,label), COCO JSON, Pascal VOC XML, images/ with masks/, IDX files, \
                 y_labels.csv, or an .npz with x and y",
            )
        };
        if !path.exists() {
            return Err(about("no such file or folder".into())
                .hint("check the path; it is taken relative to the current folder"));
        }
        let found = if path.is_dir() { Self::of_folder(path) } else { Self::of_file(path) };
        match found {
            Ok(Some(set)) if set.items.is_empty() => Err(about(format!("{}, but no example in it", set.kind))),
            Ok(Some(set)) => Ok(set),
            Ok(None) => Err(about("no labels were found in it".into())),
            Err(why) => Err(about(why)),
        }
    }

    /// The same, or examples without labels: the images of a folder and of the folders in it, or arrays with a row for each.
    ///
    /// # Errors
    /// As of [`open`](Self::open), where there are no such examples either.
    pub fn open_unlabelled(path: &Path) -> Result<Self, Fault> {
        Self::open(path).or_else(|fault| unlabelled::open(path).ok_or(fault))
    }

    /// Random inputs, each by a seed of its own.
    pub(crate) fn random(n: u64, seed: u64) -> Self {
        let item =
            |i: u64| Item { name: i.to_string(), label: Label::None, source: Source::Random(seed.wrapping_add(i)) };
        Self { kind: "random inputs", classes: Vec::new(), items: (0..n).map(item).collect() }
    }

    fn of_folder(path: &Path) -> Result<Option<Self>, String> {
        // The most particular form first: a table of labels beats the folders that its files lie in.
        let forms: [Form; 8] = [
            masks::folder,
            mlperf::folder,
            table::folder,
            coco::folder,
            voc::folder,
            idx::folder,
            arrays::folder,
            folders::folder,
        ];
        for form in forms {
            if let Some(set) = form(path)? {
                return Ok(Some(set));
            }
        }
        Ok(None)
    }

    fn of_file(path: &Path) -> Result<Option<Self>, String> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).as_deref() {
            Some("json") => coco::file(path).map(Some),
            Some("npz") => arrays::archive(path).map(Some),
            _ if name.starts_with("y_labels") => mlperf::file(path).map(Some),
            Some("csv" | "txt") => table::file(path).map(Some),
            _ if name.contains("idx") => idx::file(path).map(Some),
            _ => Ok(None),
        }
    }

    /// At most `limit` examples, chosen and ordered by the seed.
    #[must_use]
    pub fn limited(mut self, limit: Option<u64>, seed: u64) -> Self {
        if let Some(limit) = limit.and_then(|n| usize::try_from(n).ok()).filter(|n| *n < self.items.len()) {
            self.shuffle(seed);
            self.items.truncate(limit);
        }
        self
    }

    /// Without the examples that [`Dataset::limited`] chooses with the limit `leave_out`; of the rest `limit` at most.
    #[must_use]
    pub fn without(mut self, leave_out: u64, limit: Option<u64>, seed: u64) -> Self {
        let Some(used) = usize::try_from(leave_out).ok().filter(|n| (1..self.items.len()).contains(n)) else {
            return self.limited(limit, seed);
        };
        self.shuffle(seed);
        self.items.drain(..used);
        self.items.truncate(limit.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX));
        self
    }

    fn shuffle(&mut self, seed: u64) {
        self.items.shuffle(&mut Pcg64Mcg::seed_from_u64(seed));
    }
}

/// The files of a folder, in the order of their names; folders among them only where `folders` says so.
pub(crate) fn entries(path: &Path, folders: bool) -> Result<Vec<PathBuf>, String> {
    let about = |e: std::io::Error| format!("{}: {e}", path.display());
    let mut all = Vec::new();
    for entry in std::fs::read_dir(path).map_err(about)? {
        let path = entry.map_err(about)?.path();
        if path.is_dir() == folders {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

/// Whether a file's ending is one of these, in any case.
pub(crate) fn ends(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|e| endings.iter().any(|ending| e.eq_ignore_ascii_case(ending)))
}

/// Whether a file is called like a picture that can be read.
pub(crate) fn is_picture(path: &Path) -> bool {
    ends(path, &["jpg", "jpeg", "png"])
}

/// A file's name relative to the data set.
pub(crate) fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests;
