//! Folders of photographs as inputs: JPEG and PNG, resized to what the model takes.
//!
//! Values are 0 to 1 for floats, 0 to 255 for integers, and -128 to 127 for `int8`. No mean is subtracted: accuracy is
//! not measured, and time does not depend on it.

use super::WorkloadError;
use super::picture::Picture;
use crate::tensor::{Data, DataType, Shape, Tensor, TensorSpec, elements};
use nntop_core::half::{bf16_bits, f16_bits};
use std::path::{Path, PathBuf};

/// Folders within folders, at most.
const DEEPEST: usize = 16;

/// How an input lays out a batch of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    batch: usize,
    channels: usize,
    height: u32,
    width: u32,
    /// `NCHW`; else `NHWC`.
    planes: bool,
}

impl Layout {
    /// Told from the shape: one or three channels in front, or at the end. `None` where it is no picture.
    fn of(dtype: DataType, shape: &[u64]) -> Option<Self> {
        value(dtype, 0)?;
        let (batch, picture) = match shape {
            [n, picture @ ..] if picture.len() == 3 => (*n, picture),
            picture if picture.len() == 3 => (1, picture),
            _ => return None,
        };
        let (planes, channels, height, width) = match *picture {
            [c @ (1 | 3), h, w] => (true, c, h, w),
            [h, w, c @ (1 | 3)] => (false, c, h, w),
            _ => return None,
        };
        let side = |n: u64| u32::try_from(n).ok().filter(|n| *n > 0);
        let batch = usize::try_from(batch).ok().filter(|n| *n > 0)?;
        Some(Self { batch, channels: channels as usize, height: side(height)?, width: side(width)?, planes })
    }
}

/// Whether a folder holds pictures, itself or in folders within, and no `input_0.pb`.
pub fn holds_images(dir: &Path) -> bool {
    dir.is_dir() && !dir.join("input_0.pb").exists() && first(dir, 1).is_ok_and(|found| !found.is_empty())
}

/// Fills every input that is a picture with the folder's first images, in the order of their paths, over and over where
/// they are fewer than the batch; `other` makes the rest. Also says what was done, in a few words.
///
/// # Errors
/// When no input is a picture, or an image cannot be read.
pub fn images(
    dir: &Path,
    inputs: &[(TensorSpec, Shape)],
    other: impl Fn(usize, &TensorSpec, &Shape) -> Result<Tensor, WorkloadError>,
) -> Result<(Vec<Tensor>, String), WorkloadError> {
    let layouts: Vec<_> = inputs.iter().map(|(spec, shape)| Layout::of(spec.dtype, shape)).collect();
    let Some(most) = layouts.iter().flatten().map(|l| l.batch).max() else {
        let inputs = inputs.iter().map(|(spec, _)| spec.to_string()).collect();
        return Err(WorkloadError::NoPicture { path: dir.into(), inputs });
    };
    let files = first(dir, most)?;
    if files.is_empty() {
        return Err(WorkloadError::NoImages { path: dir.into() });
    }
    let mut said =
        format!("{} {} from {}", files.len(), if files.len() == 1 { "image" } else { "images" }, dir.display());
    if files.len() < most {
        said += &format!(", repeated to a batch of {most}");
    }
    let mut tensors = Vec::with_capacity(inputs.len());
    for (place, ((spec, shape), layout)) in inputs.iter().zip(layouts).enumerate() {
        let Some(layout) = layout else {
            said += &format!(", random values for {}", spec.name);
            tensors.push(other(place, spec, shape)?);
            continue;
        };
        let data = Data::Bytes(fill(spec, shape, layout, &files)?);
        said += &format!(", resized to {} x {}", layout.width, layout.height);
        tensors.push(Tensor { name: spec.name.clone(), dtype: spec.dtype, shape: shape.clone(), data });
    }
    Ok((tensors, said))
}

fn fill(spec: &TensorSpec, shape: &Shape, layout: Layout, files: &[PathBuf]) -> Result<Vec<u8>, WorkloadError> {
    let too_large = || WorkloadError::too_large(&spec.name, shape);
    let bytes = elements(shape).and_then(|n| spec.dtype.byte_len(n)).and_then(|n| usize::try_from(n).ok());
    let mut out = Vec::new();
    out.try_reserve_exact(bytes.ok_or_else(too_large)?).map_err(|_| too_large())?;
    let each = bytes.unwrap_or(0) / layout.batch;
    for i in 0..layout.batch {
        if let Some(before) = i.checked_sub(files.len()) {
            // The same picture again.
            out.extend_from_within(before * each..(before + 1) * each);
            continue;
        }
        let pixels = pixels(&files[i], layout)?;
        let area = pixels.len() / layout.channels;
        let place = |at: usize| match layout.planes {
            true => pixels[at % area * layout.channels + at / area],
            false => pixels[at],
        };
        (0..pixels.len()).for_each(|at| out.extend(value(spec.dtype, place(at)).unwrap_or_default()));
    }
    Ok(out)
}

/// A picture's bytes, row by row, the channels of a pixel side by side.
fn pixels(path: &Path, layout: Layout) -> Result<Vec<u8>, WorkloadError> {
    let broken = |reason: String| WorkloadError::BrokenImage { path: path.into(), reason };
    let picture = Picture::read(path).and_then(|whole| whole.resized(layout.width as usize, layout.height as usize));
    let picture = picture.map_err(broken)?;
    Ok(if layout.channels == 1 { picture.greys() } else { picture.colors() })
}

/// A grey level as an element; `None` for types that no picture comes in.
fn value(dtype: DataType, level: u8) -> Option<Vec<u8>> {
    use DataType::*;
    let share = f32::from(level) / 255.0;
    Some(match dtype {
        F32 => share.to_le_bytes().to_vec(),
        F64 => (f64::from(level) / 255.0).to_le_bytes().to_vec(),
        F16 => f16_bits(share).to_le_bytes().to_vec(),
        BF16 => bf16_bits(share).to_le_bytes().to_vec(),
        U8 => vec![level],
        I8 => vec![level ^ 0x80],
        U16 | I16 => u16::from(level).to_le_bytes().to_vec(),
        U32 | I32 => u32::from(level).to_le_bytes().to_vec(),
        U64 | I64 => u64::from(level).to_le_bytes().to_vec(),
        _ => return None,
    })
}

/// The first `n` pictures below a folder, in the order of their paths. A large data set is not walked to its end.
fn first(dir: &Path, n: usize) -> Result<Vec<PathBuf>, WorkloadError> {
    let mut found = Vec::new();
    walk(dir, n, DEEPEST, &mut found)?;
    Ok(found)
}

fn walk(dir: &Path, n: usize, deep: usize, found: &mut Vec<PathBuf>) -> Result<(), WorkloadError> {
    let broken = |e: std::io::Error| WorkloadError::BrokenImage { path: dir.into(), reason: e.to_string() };
    let entries = std::fs::read_dir(dir).map_err(broken)?.collect::<Result<Vec<_>, _>>();
    let mut entries = entries.map_err(broken)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if found.len() >= n {
            break;
        }
        let path = entry.path();
        // A link to a folder is not followed: it may lead in a circle.
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            if deep > 1 {
                walk(&path, n, deep - 1, found)?;
            }
        } else if is_image(&path) && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

fn is_image(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    matches!(ending.as_str(), "jpg" | "jpeg" | "png")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Dim;
    use nntop_core::half::{bf16_value, f16_value};

    fn input(dtype: DataType, shape: &[u64]) -> (TensorSpec, Shape) {
        let dims = shape.iter().map(|n| Dim::Fixed(*n)).collect();
        (TensorSpec { name: "x".into(), dtype, dims }, shape.to_vec())
    }

    fn made(dir: &Path, dtype: DataType, shape: &[u64]) -> (Vec<u8>, String) {
        let random = |place, spec: &TensorSpec, shape: &Shape| super::super::random(spec, place, shape, 0);
        let (mut tensors, said) = images(dir, &[input(dtype, shape)], random).unwrap();
        match tensors.remove(0).data {
            Data::Bytes(bytes) => (bytes, said),
            Data::Strings(_) => panic!("text"),
        }
    }

    /// `cat/1.png` red over blue, `dog/1.JPG` grey.
    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("cat")).unwrap();
        std::fs::create_dir_all(dir.path().join("dog")).unwrap();
        std::fs::write(dir.path().join("cat/1.png"), include_bytes!("pictures/red_over_blue.png")).unwrap();
        std::fs::write(dir.path().join("dog/1.JPG"), include_bytes!("pictures/all_102.jpg")).unwrap();
        std::fs::write(dir.path().join("labels.csv"), "cat/1.png,cat").unwrap();
        dir
    }

    #[test]
    fn layouts_are_told_from_shapes() {
        let of = |shape: &[u64]| Layout::of(DataType::F32, shape).map(|l| (l.planes, l.channels, l.height, l.width));
        assert_eq!(of(&[8, 3, 224, 200]), Some((true, 3, 224, 200)));
        assert_eq!(of(&[8, 224, 200, 3]), Some((false, 3, 224, 200)));
        assert_eq!(of(&[1, 1, 28, 28]), Some((true, 1, 28, 28)));
        assert_eq!(of(&[28, 28, 1]), Some((false, 1, 28, 28)));
        assert_eq!((of(&[1, 64]), of(&[1, 12, 7, 7]), of(&[1, 3, 0, 7])), (None, None, None));
        assert_eq!(Layout::of(DataType::Bool, &[1, 3, 8, 8]), None);
    }

    #[test]
    fn pictures_come_in_the_order_of_their_paths_and_in_the_models_layout() {
        let dir = folder();
        assert!(holds_images(dir.path()));
        let (planes, said) = made(dir.path(), DataType::U8, &[1, 3, 2, 2]);
        assert_eq!(planes, [255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]);
        assert_eq!(said, format!("1 image from {}, resized to 2 x 2", dir.path().display()));
        let (pixels, _) = made(dir.path(), DataType::U8, &[1, 2, 2, 3]);
        assert_eq!(pixels, [255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255]);
        let (signed, _) = made(dir.path(), DataType::I8, &[2, 2, 2, 1]);
        assert_eq!(signed[4..], [102 ^ 0x80; 4], "the grey one, whatever size it was");
        // Two pictures for a batch of five: the fifth is the first again.
        let (five, said) = made(dir.path(), DataType::F32, &[5, 1, 2, 2]);
        assert_eq!((&five[..16], &five[16..32]), (&five[64..80], &five[48..64]));
        assert_eq!(five[16..20], 0.4f32.to_le_bytes(), "0 to 1");
        assert!(said.contains("2 images from") && said.contains("repeated to a batch of 5"), "{said}");
    }

    #[test]
    fn all_levels_are_as_near_as_their_type_goes() {
        for level in 0..=255u8 {
            let exact = f64::from(level) / 255.0;
            let bytes = value(DataType::F16, level).unwrap();
            let half = f16_value(u16::from_le_bytes([bytes[0], bytes[1]]));
            assert!((half - exact).abs() <= exact / 2048.0, "{level}: {half}");
            let bytes = value(DataType::BF16, level).unwrap();
            let brain = bf16_value(u16::from_le_bytes([bytes[0], bytes[1]]));
            assert!((brain - exact).abs() <= exact / 256.0, "{level}: {brain}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named_with_the_way_out() {
        let dir = folder();
        let random = |place, spec: &TensorSpec, shape: &Shape| super::super::random(spec, place, shape, 0);
        let error = images(dir.path(), &[input(DataType::I64, &[1, 128])], random).unwrap_err();
        assert!(error.to_string().contains("no input is a picture: x: int64[1,128]"), "{error}");
        assert!(error.hint().is_some());
        let picture = [input(DataType::F32, &[1, 3, 4, 4]), input(DataType::I64, &[1, 4])];
        let (tensors, said) = images(dir.path(), &picture, random).unwrap();
        assert!(tensors.len() == 2 && said.ends_with("random values for x"), "{said}");
        std::fs::write(dir.path().join("cat/0.jpeg"), b"\xff\xd8\xff no picture").unwrap();
        let error = images(dir.path(), &picture, random).unwrap_err();
        assert!(error.to_string().contains("cat/0.jpeg: ") && error.hint().is_some(), "{error}");
        let empty = tempfile::tempdir().unwrap();
        assert!(!holds_images(empty.path()) && !holds_images(&dir.path().join("labels.csv")));
        assert!(images(empty.path(), &picture, random).unwrap_err().to_string().contains("no .jpg"));
    }
}
