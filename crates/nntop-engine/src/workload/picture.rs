//! One JPEG or PNG file as rows of pixels in a wanted size.

use resize::px::RGB;
use std::path::Path;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_core::result::DecodingResult;
use zune_jpeg::JpegDecoder;
use zune_png::PngDecoder;

/// Pixels of one picture, at most: what its header says is believed before anything is decoded.
const MOST_PIXELS: usize = 1 << 27;

type Pixel = RGB<u8>;

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
    pixels: Vec<Pixel>,
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
        let mut pixels = Vec::new();
        let all = width.checked_mul(height).filter(|n| *n > 0).ok_or("a picture of no size")?;
        pixels.try_reserve_exact(all).map_err(|e| e.to_string())?;
        pixels.resize(all, Pixel::new(0, 0, 0));
        let filter = match filter {
            Filter::Nearest => resize::Type::Point,
            Filter::Bilinear => resize::Type::Triangle,
            Filter::Bicubic => resize::Type::Catrom,
            Filter::Lanczos => resize::Type::Lanczos3,
        };
        resize::new(self.width, self.height, width, height, resize::Pixel::RGB8, filter)
            .and_then(|mut resizer| resizer.resize(&self.pixels, &mut pixels))
            .map_err(|e| e.to_string())?;
        Ok(Self { width, height, pixels })
    }

    /// Its width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Red, green and blue of each pixel, row by row.
    pub fn pixels(&self) -> impl ExactSizeIterator<Item = [u8; 3]> + '_ {
        self.pixels.iter().map(|p| [p.r, p.g, p.b])
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
        let all = width.checked_mul(height).filter(|n| *n > 0).ok_or("a picture of no size")?;
        let mut pixels = Vec::new();
        pixels.try_reserve_exact(all).map_err(|e| e.to_string())?;
        let inside = |at: isize, side: usize| usize::try_from(at).ok().filter(|at| *at < side);
        for y in 0..height {
            for x in 0..width {
                let place = inside(left + x as isize, self.width).zip(inside(top + y as isize, self.height));
                pixels.push(
                    place.map_or(Pixel::new(fill[0], fill[1], fill[2]), |(x, y)| self.pixels[y * self.width + x]),
                );
            }
        }
        Ok(Self { width, height, pixels })
    }

    /// From rows of red, green and blue.
    ///
    /// # Errors
    /// When the values are not those of as many pixels.
    pub fn from_rgb(width: usize, height: usize, values: &[u8]) -> Result<Self, String> {
        Self::of((width, height), 3, values)
    }

    /// From rows of grey levels.
    ///
    /// # Errors
    /// When the values are not those of as many pixels.
    pub fn from_grey(width: usize, height: usize, values: &[u8]) -> Result<Self, String> {
        Self::of((width, height), 1, values)
    }

    /// Red, green and blue of each pixel.
    pub(super) fn colors(self) -> Vec<u8> {
        self.pixels.into_iter().flat_map(|p| [p.r, p.g, p.b]).collect()
    }

    /// How bright each pixel is (ITU-R BT.709).
    pub(super) fn greys(self) -> Vec<u8> {
        let grey = |p: Pixel| (2_126 * u32::from(p.r) + 7_152 * u32::from(p.g) + 722 * u32::from(p.b)) / 10_000;
        self.pixels.into_iter().map(|p| grey(p) as u8).collect()
    }

    /// From values of `channels` a pixel: grey, grey and alpha, colors, colors and alpha.
    fn of((width, height): (usize, usize), channels: usize, values: &[u8]) -> Result<Self, String> {
        let pixels: Vec<Pixel> = match channels {
            1 | 2 => values.chunks_exact(channels).map(|p| Pixel::new(p[0], p[0], p[0])).collect(),
            3 | 4 => values.chunks_exact(channels).map(|p| Pixel::new(p[0], p[1], p[2])).collect(),
            _ => Vec::new(),
        };
        if pixels.is_empty() || pixels.len() != width * height {
            return Err(format!("{} values of {width} x {height} pixels", values.len()));
        }
        Ok(Self { width, height, pixels })
    }
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
    let options = options().set_strict_mode(false).jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|e| e.to_string())?;
    let sides = sides(decoder.dimensions())?;
    let values = decoder.decode().map_err(|e| e.to_string())?;
    let channels = decoder.output_colorspace().map_or(0, |space| space.num_components());
    Picture::of(sides, channels, &values)
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
    Picture::of(sides, channels, &values)
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
            for (at, found) in picture.pixels.iter().enumerate() {
                let wanted = color(at % 8, at / 8);
                let wanted = if grey { [wanted[0]; 3] } else { wanted };
                let off = [found.r, found.g, found.b].iter().zip(wanted).map(|(a, b)| a.abs_diff(b)).max();
                assert!(off <= Some(near), "{name}, pixel {at}: {found:?}, not {wanted:?}");
            }
        }
    }

    #[test]
    fn brightness_is_that_of_the_standard() {
        let of = |r, g, b| Picture { width: 1, height: 1, pixels: vec![Pixel::new(r, g, b)] }.greys()[0];
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
            let pixels: Vec<Pixel> = (0..width * height).map(|at| Pixel::new(level(at), level(at), 7)).collect();
            let picture = Picture { width, height, pixels: pixels.clone() }.resized(to, tall).unwrap();
            let (across, down) = (weights(width, to), weights(height, tall));
            for (at, found) in picture.pixels.iter().enumerate() {
                let (ws, hs) = (&across[at % to], &down[at / to]);
                let sum = |y: usize| ws.iter().enumerate().map(|(x, w)| w * f64::from(pixels[y * width + x].r)).sum::<f64>();
                let exact: f64 = hs.iter().enumerate().map(|(y, h)| h * sum(y)).sum();
                prop_assert!((f64::from(found.r) - exact).abs() <= 1.0 && found.b == 7, "{} for {}", found.r, exact);
            }
        }
    }
}
