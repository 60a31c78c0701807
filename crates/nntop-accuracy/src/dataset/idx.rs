//! MNIST's IDX files: `…-images-idx3-ubyte` with `…-labels-idx1-ubyte` beside it (yann.lecun.com/exdb/mnist).

use super::{Dataset, Item, Label, Source, entries};
use std::path::Path;
use std::sync::Arc;

pub(super) fn folder(path: &Path) -> Result<Option<Dataset>, String> {
    let images: Vec<_> = entries(path, false)?.into_iter().filter(|p| is_images(p)).collect();
    // The test set of two.
    let chosen = images.iter().find(|p| p.to_string_lossy().contains("t10k")).or(images.first());
    chosen.map(|p| file(p)).transpose()
}

fn is_images(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.contains("idx3-ubyte") && !name.ends_with(".gz")
}

pub(super) fn file(path: &Path) -> Result<Dataset, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if !is_images(path) {
        return Err(format!("{name}: give the file of images, …-images-idx3-ubyte, unpacked"));
    }
    let labels = path.with_file_name(name.replace("images", "labels").replace("idx3", "idx1"));
    let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let (images, labels) = (read(path)?, read(&labels)?);
    let number =
        |bytes: &[u8], at: usize| bytes.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let head = |bytes: &[u8], magic: usize| (number(bytes, 0) == Some(magic)).then(|| number(bytes, 4)).flatten();
    let (Some(n), Some(height), Some(width)) = (head(&images, 0x803), number(&images, 8), number(&images, 12)) else {
        return Err(format!("{name}: no IDX file of images"));
    };
    let levels: Arc<[u8]> = images.get(16..).unwrap_or_default().into();
    let size = width.saturating_mul(height);
    if size == 0 || n.checked_mul(size) != Some(levels.len()) {
        return Err(format!("{name}: {} bytes, not {n} pictures of {width} x {height}", levels.len()));
    }
    if head(&labels, 0x801) != Some(n) || labels.len() != 8 + n {
        return Err(format!("{name}: its file of labels has not {n} of them"));
    }
    let item = |i: usize| Item {
        name: i.to_string(),
        label: Label::Class(labels[8 + i].into()),
        source: Source::Levels(Arc::clone(&levels), i, width, height),
    };
    Ok(Dataset { kind: "IDX", classes: Vec::new(), items: (0..n).map(item).collect() })
}
