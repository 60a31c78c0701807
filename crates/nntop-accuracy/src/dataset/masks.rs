//! Segmentation: images in one folder, masks of the same names in another; a mask is a PNG whose values are class numbers.

use super::names::list;
use super::{Dataset, Item, Label, Source, ends, entries, is_picture, relative};
use nntop_engine::workload::Picture;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What folders of masks are called, in lower case.
const MASKS: [&str; 7] = ["masks", "mask", "labels", "annotations", "segmentationclass", "gt", "ground_truth"];

/// What folders of images are called, in lower case.
const IMAGES: [&str; 5] = ["images", "image", "imgs", "jpegimages", "photos"];

/// The classes of an image's pixels, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The class of each pixel.
    pub classes: Vec<u8>,
}

pub(super) fn folder(path: &Path) -> Result<Option<Dataset>, String> {
    let folders = entries(path, true)?;
    let called = |names: &[&str]| {
        let name = |p: &Path| p.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        folders.iter().find(|p| names.contains(&name(p).as_str()))
    };
    let (Some(images), Some(masks)) = (called(&IMAGES), called(&MASKS)) else { return Ok(None) };
    let stem = |p: &Path| p.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let masks: HashMap<String, PathBuf> =
        entries(masks, false)?.into_iter().filter(|p| ends(p, &["png"])).map(|p| (stem(&p), p)).collect();
    if masks.is_empty() {
        return Ok(None);
    }
    let mut items = Vec::new();
    for file in entries(images, false)?.into_iter().filter(|p| is_picture(p)) {
        // Pascal VOC has masks for some of its images only.
        if let Some(mask) = masks.get(&stem(&file)) {
            let name = relative(&file, path);
            items.push(Item { name, label: Label::Mask(mask.clone()), source: Source::Picture(file) });
        }
    }
    Ok(Some(Dataset { kind: "images and masks", classes: list(path).unwrap_or_default(), items }))
}

impl Mask {
    /// Reads a mask: grey values are classes; of a PNG with a palette its indices are.
    ///
    /// # Errors
    /// The reason why it is none.
    pub fn read(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|e| format!("its mask: {e}"))?;
        Self::decode(&bytes).map_err(|why| format!("its mask {}: {why}", path.display()))
    }

    fn decode(bytes: &[u8]) -> Result<Self, String> {
        // IHDR is the first chunk of every PNG: depth and type of its colours stand at fixed places.
        let (Some(depth), Some(kind)) = (bytes.get(24), bytes.get(25)) else { return Err("no PNG file".into()) };
        let picture = Picture::decode(bytes)?;
        let (width, height) = picture.size();
        let classes = match (*kind, *depth) {
            (0 | 4, 16) => return Err("16 bits per pixel: class numbers have 8".into()),
            (3, _) => {
                let palette = palette(bytes).ok_or("a palette that is not there")?;
                let mut numbers = HashMap::new();
                for (i, colour) in palette.chunks_exact(3).enumerate().rev() {
                    numbers.insert([colour[0], colour[1], colour[2]], i as u8);
                }
                let number = |pixel| numbers.get(&pixel).copied().ok_or("a colour that is not in its palette");
                picture.pixels().map(number).collect::<Result<_, _>>()?
            }
            (0 | 4, depth @ (1 | 2 | 4)) => {
                // The decoder has stretched the levels to 255.
                let step = 255 / ((1 << depth) - 1);
                picture.pixels().map(|p| p[0] / step).collect()
            }
            _ if picture.pixels().all(|p| p[0] == p[1] && p[1] == p[2]) => picture.pixels().map(|p| p[0]).collect(),
            _ => return Err("it has colours, and no class numbers".into()),
        };
        Ok(Self { width, height, classes })
    }
}

/// The colours of a PNG's palette: the content of its chunk PLTE.
fn palette(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.get(8..)?;
    loop {
        let (head, more) = rest.split_at_checked(8)?;
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if &head[4..] == b"PLTE" {
            return more.get(..length);
        }
        rest = more.get(length.checked_add(4)?..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(hex: &str) -> Vec<u8> {
        let digit = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(digit).collect()
    }

    #[test]
    fn masks_are_read_as_pillow_reads_their_values() {
        // Written by Pillow 12 with these values: 8 bits of grey, a palette of 2 bits, 1 bit of grey.
        let grey = "89504e470d0a1a0a0000000d4948445200000003000000020800000000b81f39c6000000104944415478da6364606464facffc1f0004250207c34640280000000049454e44ae426082";
        let palette = "89504e470d0a1a0a0000000d4948445200000003000000020203000000e01a8e8900000009504c5445000000800000008000a65065530000000c4944415478da639060ca010000bc0087b90dfe5b0000000049454e44ae426082";
        let bits = "89504e470d0a1a0a0000000d4948445200000003000000020100000000b50f5bb70000000c4944415478da634860fe0000021a0154f09f14e80000000049454e44ae426082";
        let read = |hex: &str| Mask::decode(&png(hex)).unwrap();
        assert_eq!(read(grey), Mask { width: 3, height: 2, classes: vec![0, 1, 2, 255, 4, 1] });
        assert_eq!(read(palette).classes, [0, 1, 2, 2, 0, 1]);
        assert_eq!(read(bits).classes, [0, 1, 1, 0, 0, 1]);
        let colours = "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63e0e4600700003600195048f9860000000049454e44ae426082";
        assert!(Mask::decode(&png(colours)).unwrap_err().contains("no class numbers"));
        assert!(Mask::decode(b"").is_err());
    }

    #[test]
    fn images_have_the_masks_of_their_names() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["JPEGImages/a.jpg", "JPEGImages/b.jpg", "SegmentationClass/b.png", "SegmentationClass/c.png"] {
            std::fs::create_dir_all(dir.path().join(file).parent().unwrap()).unwrap();
            std::fs::write(dir.path().join(file), "x").unwrap();
        }
        std::fs::write(dir.path().join("classes.txt"), "background\ncat\n").unwrap();
        let set = Dataset::open(dir.path()).unwrap();
        assert_eq!((set.kind, set.items.len()), ("images and masks", 1));
        assert_eq!((set.items[0].name.as_str(), set.classes.len()), ("JPEGImages/b.jpg", 2));
    }
}
