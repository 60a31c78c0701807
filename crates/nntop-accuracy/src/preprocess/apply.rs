//! Carries preprocessing out: pictures to tensors, and the values of tensors of any type.

use super::{Channels, Fit, Preprocess, Resample};
use crate::task::detection::Letterbox;
use nntop_core::half::{bf16_bits, f16_bits};
use nntop_engine::tensor::{Data, DataType, Tensor, TensorSpec};
use nntop_engine::workload::{Filter, Picture};

/// A picture's tensor, and how its place in the picture is found again.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What the model takes, of batch one.
    pub tensor: Tensor,
    /// Where the picture lies in it.
    pub place: Letterbox,
}

/// Where channels, height and width stand in an input of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    channels: usize,
    height: usize,
    width: usize,
    planes: bool,
}

impl Layout {
    fn of(shape: &[u64]) -> Option<Self> {
        let (planes, c, h, w) = match *shape {
            [1, c @ (1 | 3), h, w] | [c @ (1 | 3), h, w] => (true, c, h, w),
            [1, h, w, c @ (1 | 3)] | [h, w, c @ (1 | 3)] => (false, c, h, w),
            [h, w] if h > 1 => (true, 1, h, w),
            _ => return None,
        };
        let side = |n: u64| usize::try_from(n).ok().filter(|n| (1..=1 << 15).contains(n));
        Some(Self { channels: c as usize, height: side(h)?, width: side(w)?, planes })
    }
}

/// The width and height of an input that takes pictures; `None` for others.
pub fn picture_size(shape: &[u64]) -> Option<(usize, usize)> {
    Layout::of(shape).map(|layout| (layout.width, layout.height))
}

impl Preprocess {
    /// A picture as the tensor of an input with this shape (batch one).
    ///
    /// # Errors
    /// When the input takes no picture, or its type is none that can be made.
    pub fn apply(&self, picture: Picture, spec: &TensorSpec, shape: &[u64]) -> Result<Prepared, String> {
        let layout = Layout::of(shape).ok_or_else(|| format!("{spec} takes no picture"))?;
        let (width, height) = picture.size();
        let image = (width as f64, height as f64);
        let input = (layout.width as f64, layout.height as f64);
        let filter = match self.resample {
            Resample::Nearest => Filter::Nearest,
            Resample::Bilinear => Filter::Bilinear,
            Resample::Bicubic => Filter::Bicubic,
            Resample::Lanczos => Filter::Lanczos,
        };
        let rounded = |v: f64| (v.round() as usize).max(1);
        let (picture, place) = match self.fit {
            Fit::Stretch => {
                let scale = (input.0 / image.0, input.1 / image.1);
                let place = Letterbox { scale, offset: (0.0, 0.0), input, image };
                (picture.resized_by(layout.width, layout.height, filter)?, place)
            }
            Fit::Shorter(side) => {
                // torchvision's Resize: the longer side is cut to a whole number.
                let longer = (f64::from(side) * image.0.max(image.1) / image.0.min(image.1)) as usize;
                let (w, h) = if width <= height { (side as usize, longer) } else { (longer, side as usize) };
                let resized = picture.resized_by(w.max(1), h.max(1), filter)?;
                // torchvision's CenterCrop rounds half to even, as Python does.
                let edge = |from: usize, to: usize| ((from as f64 - to as f64) / 2.0).round_ties_even() as isize;
                let corner = (edge(w, layout.width), edge(h, layout.height));
                let scale = (w as f64 / image.0, h as f64 / image.1);
                let place = Letterbox { scale, offset: (-(corner.0 as f64), -(corner.1 as f64)), input, image };
                (resized.framed(corner, (layout.width, layout.height), [0; 3])?, place)
            }
            Fit::Letterbox(level) => {
                let ratio = (input.0 / image.0).min(input.1 / image.1);
                let (w, h) = (rounded(image.0 * ratio), rounded(image.1 * ratio));
                let resized = picture.resized_by(w.min(layout.width), h.min(layout.height), filter)?;
                // Ultralytics': the odd pixel goes to the right and below.
                let edge = |from: usize, to: usize| ((to as f64 - from as f64) / 2.0 - 0.1).round() as isize;
                let corner = (edge(w, layout.width), edge(h, layout.height));
                let place =
                    Letterbox { scale: (ratio, ratio), offset: (corner.0 as f64, corner.1 as f64), input, image };
                (resized.framed((-corner.0, -corner.1), (layout.width, layout.height), [level; 3])?, place)
            }
        };
        let tensor = self.tensor(&picture, layout, spec, shape)?;
        Ok(Prepared { tensor, place })
    }

    fn tensor(&self, picture: &Picture, layout: Layout, spec: &TensorSpec, shape: &[u64]) -> Result<Tensor, String> {
        // Each level of each channel once: a picture has many pixels and few values.
        let channels = layout.channels;
        let table: Vec<Vec<u8>> = (0..channels * 256)
            .map(|i| {
                self.element(spec.dtype, (i % 256) as u8, i / 256).ok_or(format!("{spec}: no picture is of this type"))
            })
            .collect::<Result<_, _>>()?;
        let bytes = match table[0].len() {
            1 => self.laid::<1>(picture, layout, &table),
            2 => self.laid::<2>(picture, layout, &table),
            4 => self.laid::<4>(picture, layout, &table),
            _ => self.laid::<8>(picture, layout, &table),
        };
        Ok(Tensor { name: spec.name.clone(), dtype: spec.dtype, shape: shape.to_vec(), data: Data::Bytes(bytes) })
    }

    /// The elements of a picture, of `N` bytes each, where the layout has them. `table` has those of each level of each channel.
    fn laid<const N: usize>(&self, picture: &Picture, layout: Layout, table: &[Vec<u8>]) -> Vec<u8> {
        let table: Vec<[u8; N]> = table.iter().map(|e| e.as_slice().try_into().unwrap_or([0; N])).collect();
        let area = layout.width * layout.height;
        let mut all = vec![[0; N]; area * layout.channels];
        let step = if layout.planes { 1 } else { layout.channels };
        for (channel, table) in table.chunks_exact(256).enumerate() {
            let first = if layout.planes { channel * area } else { channel };
            let places = all[first..].iter_mut().step_by(step);
            let put = |(place, level): (&mut [u8; N], u8)| *place = table[usize::from(level)];
            match (layout.channels, self.channels) {
                (1, _) => places.zip(picture.pixels().map(grey)).for_each(put),
                (_, Channels::Rgb) => places.zip(picture.pixels().map(|p| p[channel])).for_each(put),
                (_, Channels::Bgr) => places.zip(picture.pixels().map(|p| p[2 - channel])).for_each(put),
            }
        }
        all.into_flattened()
    }

    /// A level as an element of a type; `None` for types that no picture comes in.
    pub(crate) fn element(&self, dtype: DataType, level: u8, channel: usize) -> Option<Vec<u8>> {
        if matches!(dtype, DataType::I8) && self.quantization_scale.is_none() && self.is_neutral() {
            return Some(vec![level ^ 0x80]);
        }
        element(dtype, self.value(level, channel), self.quantization_scale, self.quantization_zero)
    }
}

/// A value as an element; integers by the quantization, else rounded and clamped.
pub(crate) fn element(dtype: DataType, value: f64, scale: Option<f64>, zero: i64) -> Option<Vec<u8>> {
    let whole = (value / scale.unwrap_or(1.0)).round_ties_even() + zero as f64;
    let clamped = |low: i64, high: i64| whole.clamp(low as f64, high as f64) as i64;
    Some(match dtype {
        DataType::F32 => (value as f32).to_le_bytes().to_vec(),
        DataType::F64 => value.to_le_bytes().to_vec(),
        DataType::F16 => f16_bits(value as f32).to_le_bytes().to_vec(),
        DataType::BF16 => bf16_bits(value as f32).to_le_bytes().to_vec(),
        DataType::U8 => vec![clamped(0, 255) as u8],
        DataType::I8 => vec![clamped(-128, 127) as i8 as u8],
        DataType::U16 => (clamped(0, 65_535) as u16).to_le_bytes().to_vec(),
        DataType::I16 => (clamped(-32_768, 32_767) as i16).to_le_bytes().to_vec(),
        DataType::I32 => (whole as i32).to_le_bytes().to_vec(),
        DataType::I64 => (whole as i64).to_le_bytes().to_vec(),
        _ => return None,
    })
}

/// Pillow's `convert("L")`: ITU-R 601-2.
fn grey(p: [u8; 3]) -> u8 {
    ((u32::from(p[0]) * 19_595 + u32::from(p[1]) * 38_470 + u32::from(p[2]) * 7_471 + 0x8000) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_engine::tensor::Dim;

    fn input(dtype: DataType, shape: &[u64]) -> TensorSpec {
        TensorSpec { name: "x".into(), dtype, dims: shape.iter().map(|n| Dim::Fixed(*n)).collect() }
    }

    fn made(how: &Preprocess, picture: Picture, dtype: DataType, shape: &[u64]) -> (Vec<f64>, Letterbox) {
        let prepared = how.apply(picture, &input(dtype, shape), shape).unwrap();
        (prepared.tensor.numbers().unwrap(), prepared.place)
    }

    /// Four pixels wide, two high: red on the left, blue on the right.
    fn flag() -> Picture {
        let row = [[200, 0, 0], [200, 0, 0], [0, 0, 100], [0, 0, 100]].concat();
        Picture::from_rgb(4, 2, &[row.clone(), row].concat()).unwrap()
    }

    #[test]
    fn channels_and_layouts_are_the_model_s() {
        let raw = Preprocess::named("raw").unwrap();
        let (planes, _) = made(&raw, flag(), DataType::F32, &[1, 3, 2, 4]);
        assert_eq!((planes[0], planes[8], planes[16 + 2]), (200.0, 0.0, 100.0));
        let (pixels, _) = made(&raw, flag(), DataType::U8, &[1, 2, 4, 3]);
        assert_eq!(pixels[..3], [200.0, 0.0, 0.0]);
        let (signed, _) = made(&raw, flag(), DataType::I8, &[1, 2, 4, 3]);
        assert_eq!(signed[..3], [72.0, -128.0, -128.0]);
        let caffe = Preprocess { fit: Fit::Stretch, ..Preprocess::named("caffe").unwrap() };
        let (bgr, _) = made(&caffe, flag(), DataType::F64, &[1, 2, 4, 3]);
        assert!((bgr[2] - (200.0 - 123.68)).abs() < 1e-9 && (bgr[0] + 103.939).abs() < 1e-9);
        let (grey, _) = made(&raw, flag(), DataType::F32, &[1, 1, 2, 4]);
        assert_eq!(grey[0], 60.0, "Pillow's L of (200, 0, 0)");
    }

    #[test]
    fn a_letterbox_keeps_the_proportions_and_knows_the_way_back() {
        let yolo = Preprocess { scale: 1.0, ..Preprocess::named("yolo").unwrap() };
        let (v, place) = made(&yolo, flag(), DataType::F32, &[1, 3, 8, 8]);
        assert_eq!((v[0], v[7 * 8], v[2 * 8]), (114.0, 114.0, 200.0));
        assert_eq!((place.scale, place.offset), ((2.0, 2.0), (0.0, 2.0)));
    }

    #[test]
    fn the_shorter_side_is_resized_and_the_middle_cut_out() {
        let how = Preprocess { fit: Fit::Shorter(2), ..Preprocess::named("raw").unwrap() };
        let (v, _) = made(&how, flag(), DataType::F32, &[1, 3, 2, 2]);
        assert_eq!((v[0], v[1], v[8 + 1]), (200.0, 0.0, 100.0), "columns 1 and 2 of 4");
    }

    /// What Pillow 13.0 makes of the same pictures (`pillow/make.py`): a level's mean difference is below one.
    #[test]
    fn pictures_are_prepared_as_pillow_does() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/preprocess/pillow");
        let (stretch, raw) = (Fit::Stretch, Preprocess::named("raw").unwrap());
        let (png, linear) = ("photo.png", Resample::Bilinear);
        let cases = [
            ("down-bilinear", png, stretch, linear, 0.3),
            ("down-bicubic", png, stretch, Resample::Bicubic, 0.3),
            ("down-lanczos", png, stretch, Resample::Lanczos, 0.3),
            ("down-nearest", png, stretch, Resample::Nearest, 0.3),
            ("up-bilinear", png, stretch, linear, 0.3),
            ("up-bicubic", png, stretch, Resample::Bicubic, 0.3),
            ("shorter", png, Fit::Shorter(40), linear, 0.3),
            ("letterbox", png, Fit::Letterbox(114), linear, 0.3),
            ("grey", png, stretch, linear, 0.5),
            ("jpeg", "photo.jpg", stretch, linear, 0.5),
            ("turned", "turned.jpg", stretch, linear, 0.5),
        ];
        for (name, source, fit, resample, most) in cases {
            let wanted = Picture::read(&folder.join(format!("{name}.png"))).unwrap();
            let (width, height) = wanted.size();
            let channels = if name == "grey" { 1 } else { 3 };
            let shape = [1, height as u64, width as u64, channels as u64];
            let how = Preprocess { fit, resample, ..raw.clone() };
            let (found, _) = made(&how, Picture::read(&folder.join(source)).unwrap(), DataType::F32, &shape);
            let wanted: Vec<f64> = wanted.pixels().flat_map(|p| p.into_iter().take(channels)).map(f64::from).collect();
            assert_eq!(found.len(), wanted.len(), "{name}");
            let off = found.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).sum::<f64>() / found.len() as f64;
            assert!(off < most, "{name}: {off} levels from Pillow's");
        }
    }

    #[test]
    fn quantization_rounds_and_clamps() {
        let of = |value, scale, zero| element(DataType::I8, value, Some(scale), zero).unwrap()[0] as i8;
        assert_eq!((of(1.0, 0.5, 3), of(1e9, 0.5, 3), of(-1e9, 0.5, 3)), (5, 127, -128));
        let odd = Preprocess {
            scale: 1.0 / 255.0,
            quantization_scale: Some(1.0 / 255.0),
            quantization_zero: -128,
            ..Preprocess::default()
        };
        let (v, _) = made(&odd, flag(), DataType::I8, &[1, 2, 4, 3]);
        assert_eq!(v[..2], [72.0, -128.0]);
        assert!(Preprocess::default().apply(flag(), &input(DataType::String, &[1, 2, 4, 3]), &[1, 2, 4, 3]).is_err());
        assert!(Preprocess::default().apply(flag(), &input(DataType::F32, &[1, 64]), &[1, 64]).is_err());
    }
}
