//! One JPEG or PNG file as rows of pixels in a wanted size.

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use std::path::Path;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_core::result::DecodingResult;
use zune_jpeg::JpegDecoder;
use zune_png::PngDecoder;

/// Pixels of one picture, at most: what its header says is believed before anything is decoded.
const MOST_PIXELS: usize = 1 << 27;

/// Bytes of a pixel: red, green, blue, and one that means nothing. In this form alone pictures are resized.
const PIXEL: usize = 4;

/// How a picture is brought to another size. All but the nearest pixel average what a target pixel covers, as Pillow does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    /// The nearest pixel.
    Nearest,
    /// Linear.
    #[default]
    Bilinear,
    /// Cubic, with a = -0.5.
    Bicubic,
    /// Lanczos, three lobes.
    Lanczos,
}

/// A decoded picture, row by row; what has an alpha channel is without it, what has 16 bits is rounded to 8.
#[derive(Debug, Clone)]
pub struct Picture {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl Picture {
    /// Reads a file; what it is shows in its first bytes.
    ///
    /// # Errors
    /// The reason why it is no picture.
    pub fn read(path: &Path) -> Result<Self, String> {
        Self::decode(&std::fs::read(path).map_err(|e| e.to_string())?)
    }

    /// The same from the file's content.
    ///
    /// # Errors
    /// The reason why it is no picture.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        let picture = match bytes {
            [0xff, 0xd8, 0xff, ..] => jpeg(bytes),
            [0x89, b'P', b'N', b'G', ..] => png(bytes),
            _ => Err("it is neither a JPEG nor a PNG file".into()),
        };
        picture.map_err(|reason| reason.trim_end().replace('\n', " "))
    }

    /// The picture in another size: each pixel the mean of those around it, the nearest weighted most.
    ///
    /// # Errors
    /// When a side is 0 or there is no memory for it.
    pub fn resized(self, width: usize, height: usize) -> Result<Self, String> {
        self.resized_by(width, height, Filter::Bilinear)
    }

    /// The same by another filter.
    ///
    /// # Errors
    /// When a side is 0 or there is no memory for it.
    pub fn resized_by(self, width: usize, height: usize, filter: Filter) -> Result<Self, String> {
        if (self.width, self.height) == (width, height) {
            return Ok(self);
        }
        let mut bytes = room(width, height)?;
        bytes.resize(width * height * PIXEL, 0);
        let algorithm = match filter {
            Filter::Nearest => ResizeAlg::Nearest,
            Filter::Bilinear => ResizeAlg::Convolution(FilterType::Bilinear),
            Filter::Bicubic => ResizeAlg::Convolution(FilterType::CatmullRom),
            Filter::Lanczos => ResizeAlg::Convolution(FilterType::Lanczos3),
        };
        let image = |width: usize, height: usize, bytes: Vec<u8>| {
            let side = |n: usize| u32::try_from(n).map_err(|e| e.to_string());
            Image::from_vec_u8(side(width)?, side(height)?, bytes, PixelType::U8x4).map_err(|e| e.to_string())
        };
        let mut to = image(width, height, bytes)?;
        let options = ResizeOptions::new().resize_alg(algorithm).use_alpha(false);
        Resizer::new()
            .resize(&image(self.width, self.height, self.bytes)?, &mut to, &options)
            .map_err(|e| e.to_string())?;
        Ok(Self { width, height, bytes: to.into_vec() })
    }

    /// Its width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Red, green and blue of each pixel, row by row.
    pub fn pixels(&self) -> impl ExactSizeIterator<Item = [u8; 3]> + '_ {
        self.bytes.chunks_exact(PIXEL).map(|p| [p[0], p[1], p[2]])
    }

    /// A part of it, or it in the middle of something larger: pixels outside have the color `fill`.
    ///
    /// # Errors
    /// When a side is 0 or there is no memory for it.
    pub fn framed(
        &self,
        (left, top): (isize, isize),
        (width, height): (usize, usize),
        fill: [u8; 3],
    ) -> Result<Self, String> {
        let mut bytes = room(width, height)?;
        let fill = [fill[0], fill[1], fill[2], 0];
        // Columns left of the picture, within it, and right of it.
        let before = usize::try_from(-left).unwrap_or(0).min(width);
        let from = usize::try_from(left).unwrap_or(0);
        let within = self.width.saturating_sub(from).min(width - before);
        for y in 0..height {
            let row = usize::try_from(top + y as isize).ok().filter(|y| *y < self.height && within > 0);
            let Some(row) = row else {
                bytes.extend_from_slice(&fill.repeat(width));
                continue;
            };
            let at = (row * self.width + from) * PIXEL;
            bytes.extend_from_slice(&fill.repeat(before));
            bytes.extend_from_slice(&self.bytes[at..at + within * PIXEL]);
            bytes.extend_from_slice(&fill.repeat(width - before - within));
        }
        Ok(Self { width, height, bytes })
    }

    /// From rows of red, green and blue.
    ///
    /// # Errors
    /// When the values are not those of as many pixels.
    pub fn from_rgb(width: usize, height: usize, values: &[u8]) -> Result<Self, String> {
        Self::of((width, height), 3, values.to_vec())
    }

    /// From rows of grey levels.
    ///
    /// # Errors
    /// When the values are not those of as many pixels.
    pub fn from_grey(width: usize, height: usize, values: &[u8]) -> Result<Self, String> {
        Self::of((width, height), 1, values.to_vec())
    }

    /// Red, green and blue of each pixel.
    pub(super) fn colors(self) -> Vec<u8> {
        self.pixels().flatten().collect()
    }

    /// How bright each pixel is (ITU-R BT.709).
    pub(super) fn greys(self) -> Vec<u8> {
        let grey = |[r, g, b]: [u8; 3]| (2_126 * u32::from(r) + 7_152 * u32::from(g) + 722 * u32::from(b)) / 10_000;
        self.pixels().map(|p| grey(p) as u8).collect()
    }

    /// From values of `channels` a pixel: grey, grey and alpha, colors, colors and alpha.
    fn of((width, height): (usize, usize), channels: usize, values: Vec<u8>) -> Result<Self, String> {
        let most = width.checked_mul(height).filter(|n| *n > 0 && n.checked_mul(channels) == Some(values.len()));
        if most.is_none() {
            return Err(format!("{} values of {width} x {height} pixels", values.len()));
        }
        let bytes = match channels {
            PIXEL => values,
            3 => values.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 0]).collect(),
            _ => values.chunks_exact(channels).flat_map(|p| [p[0], p[0], p[0], 0]).collect(),
        };
        Ok(Self { width, height, bytes })
    }
}

/// Memory for a picture.
fn room(width: usize, height: usize) -> Result<Vec<u8>, String> {
    let all = width.checked_mul(height).and_then(|n| n.checked_mul(PIXEL)).filter(|n| *n > 0);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(all.ok_or("a picture of no size")?).map_err(|e| e.to_string())?;
    Ok(bytes)
}

/// The width and height that a header gives, where that number of pixels is accepted.
fn sides(of: Option<(usize, usize)>) -> Result<(usize, usize), String> {
    let (width, height) = of.ok_or("it has no size")?;
    match width.checked_mul(height) {
        Some(1..=MOST_PIXELS) => Ok((width, height)),
        _ => Err(format!("{width} x {height} pixels are more than are read")),
    }
}

fn options() -> DecoderOptions {
    DecoderOptions::default().set_max_width(usize::MAX).set_max_height(usize::MAX)
}

fn jpeg(bytes: &[u8]) -> Result<Picture, String> {
    let options = options().set_strict_mode(false);
    let head = |form| {
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options.jpeg_set_out_colorspace(form));
        decoder.decode_headers().map(|()| decoder).map_err(|e| e.to_string())
    };
    let mut decoder = head(ColorSpace::RGBA)?;
    let sides = sides(decoder.dimensions())?;
    // The decoder mixes up CMYK's channels when it is asked for four.
    if !matches!(decoder.input_colorspace(), Some(ColorSpace::YCbCr | ColorSpace::RGB | ColorSpace::Luma)) {
        decoder = head(ColorSpace::RGB)?;
    }
    let values = decoder.decode().map_err(|e| e.to_string())?;
    let channels = decoder.output_colorspace().map_or(0, |space| space.num_components());
    Picture::of(sides, channels, values)
}

fn png(bytes: &[u8]) -> Result<Picture, String> {
    let mut decoder = PngDecoder::new_with_options(ZCursor::new(bytes), options().set_strict_mode(true));
    decoder.decode_headers().map_err(|e| e.to_string())?;
    let sides = sides(decoder.dimensions())?;
    let channels = decoder.colorspace().map_or(0, |space| space.num_components());
    let values = match decoder.decode().map_err(|e| e.to_string())? {
        DecodingResult::U8(values) => values,
        DecodingResult::U16(values) => values.into_iter().map(|v| ((u32::from(v) + 128) / 257) as u8).collect(),
        _ => return Err("its values are neither of 8 nor of 16 bits".into()),
    };
    Picture::of(sides, channels, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The files in `pictures/` with a name of many colors have 8 x 6 pixels of these; `grey…` and `deep…` the red one alone.
    fn color(x: usize, y: usize) -> [u8; 3] {
        [x as u8 * 30, y as u8 * 50, 128]
    }

    fn read(name: &str) -> Picture {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/workload/pictures").join(name);
        Picture::read(&path).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    #[test]
    fn every_form_of_png_and_jpeg_has_the_pixels_that_were_saved() {
        let forms = [
            ("colors.png", false, 0),
            ("alpha.png", false, 0),
            ("palette.png", false, 0),
            ("grey.png", true, 0),
            ("deep.png", true, 0),
            ("colors.jpg", false, 3),
            ("progressive.jpg", false, 3),
            ("cmyk.jpg", false, 3),
            ("grey.jpg", true, 3),
        ];
        for (name, grey, near) in forms {
            let picture = read(name);
            assert_eq!((picture.width, picture.height), (8, 6), "{name}");
            for (at, found) in picture.pixels().enumerate() {
                let wanted = color(at % 8, at / 8);
                let wanted = if grey { [wanted[0]; 3] } else { wanted };
                let off = found.iter().zip(wanted).map(|(a, b)| a.abs_diff(b)).max();
                assert!(off <= Some(near), "{name}, pixel {at}: {found:?}, not {wanted:?}");
            }
        }
    }

    #[test]
    fn brightness_is_that_of_the_standard() {
        let of = |r, g, b| Picture::from_rgb(1, 1, &[r, g, b]).unwrap().greys()[0];
        assert_eq!(
            [of(255, 0, 0), of(0, 255, 0), of(0, 0, 255), of(9, 9, 9), of(255, 255, 255)],
            [54, 182, 18, 9, 255]
        );
    }

    #[test]
    fn what_is_no_picture_has_a_reason_of_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let whole =
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/workload/pictures/colors.png")).unwrap();
        // 2^31 - 1 pixels a side in the header, with its checksum.
        let mut huge = whole.clone();
        huge[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        let mut crc = flate2::Crc::new();
        crc.update(&huge[12..29]);
        huge[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        for bytes in [&b"GIF89a"[..], b"", b"\xff\xd8\xff no picture", &whole[..20], &whole[..whole.len() / 2], &huge] {
            let path = dir.path().join("x.png");
            std::fs::write(&path, bytes).unwrap();
            let reason = Picture::read(&path).unwrap_err();
            assert!(!reason.is_empty() && !reason.contains('\n'), "{reason}");
        }
        assert!(read("colors.png").resized(0, 4).is_err());
    }

    #[test]
    fn a_frame_cuts_out_and_fills_up() {
        let rows: Vec<u8> = (1..=6).flat_map(|n| [n, n, n]).collect();
        let of = |corner, size| {
            let framed = Picture::from_rgb(3, 2, &rows).unwrap().framed(corner, size, [9; 3]).unwrap();
            framed.pixels().map(|p| p[0]).collect::<Vec<_>>()
        };
        assert_eq!(of((1, 0), (2, 2)), [2, 3, 5, 6]);
        assert_eq!(of((-1, -1), (5, 3)), [9, 9, 9, 9, 9, 9, 1, 2, 3, 9, 9, 4, 5, 6, 9]);
        assert_eq!(of((2, 1), (3, 2)), [6, 9, 9, 9, 9, 9]);
        assert_eq!(of((-7, 0), (2, 1)), [9, 9]);
        assert_eq!(of((7, 0), (2, 1)), [9, 9]);
    }

    /// The weights of the source's pixels for each of the target's, from the definition.
    fn weights(from: usize, to: usize) -> Vec<Vec<f64>> {
        let ratio = from as f64 / to as f64;
        let wide = ratio.max(1.0);
        let weight = |at: usize, i: usize| (1.0 - ((i as f64 + 0.5 - (at as f64 + 0.5) * ratio) / wide).abs()).max(0.0);
        (0..to)
            .map(|at| {
                let row: Vec<f64> = (0..from).map(|i| weight(at, i)).collect();
                let sum: f64 = row.iter().sum();
                row.iter().map(|w| w / sum).collect()
            })
            .collect()
    }

    proptest! {
        #[test]
        fn a_resized_picture_is_the_weighted_mean_to_a_level(
            (width, height) in (1..24usize, 1..24usize), (to, tall) in (1..24usize, 1..24usize), seed in any::<u32>()
        ) {
            let level = |at: usize| (seed.wrapping_mul(at as u32 + 1).wrapping_mul(2_654_435_761) >> 24) as u8;
            let pixels: Vec<u8> = (0..width * height).flat_map(|at| [level(at), level(at), 7]).collect();
            let picture = Picture::from_rgb(width, height, &pixels).unwrap().resized(to, tall).unwrap();
            let (across, down) = (weights(width, to), weights(height, tall));
            for (at, [red, _, blue]) in picture.pixels().enumerate() {
                let (ws, hs) = (&across[at % to], &down[at / to]);
                let sum = |y: usize| ws.iter().enumerate().map(|(x, w)| w * f64::from(pixels[(y * width + x) * 3])).sum::<f64>();
                let exact: f64 = hs.iter().enumerate().map(|(y, h)| h * sum(y)).sum();
                // Across, then down: each rounds.
                prop_assert!((f64::from(red) - exact).abs() <= 1.05 && blue == 7, "{} for {}", red, exact);
            }
        }
    }
}
