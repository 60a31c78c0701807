//! Preprocessing as data: from a picture, or raw bytes, to the tensor that a model takes.
//!
//! Nothing is guessed silently: where a preset is derived from a model's shapes, [`Preprocess::derived`] says from what.

mod apply;
mod preset;

pub(crate) use apply::element;
pub use apply::{Prepared, picture_size};

use nntop_core::event::Fault;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;

/// How a picture is fitted to the model's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Both sides are brought to the input's, whatever becomes of the proportions.
    Stretch,
    /// The shorter side is brought to this many pixels, then the middle is cut out.
    Shorter(u32),
    /// The whole picture in the middle, the rest filled with this grey level (YOLO).
    Letterbox(u8),
}

/// What resizes, by Pillow's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resample {
    /// `NEAREST`
    Nearest,
    /// `BILINEAR`
    #[default]
    Bilinear,
    /// `BICUBIC`
    Bicubic,
    /// `LANCZOS`
    Lanczos,
}

/// The order of a pixel's channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channels {
    /// Red first.
    #[default]
    Rgb,
    /// Blue first (OpenCV).
    Bgr,
}

/// From levels of 0 to 255 to the values of a tensor: `(level * scale - mean) / std`, per channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Preprocess {
    /// What it is called: a preset's name, or the file's.
    #[serde(skip)]
    pub name: String,
    /// From what it was derived, where nobody chose it.
    #[serde(skip)]
    pub derived: Option<String>,
    /// How a picture is fitted.
    pub fit: Fit,
    /// What resizes.
    pub resample: Resample,
    /// The order of the channels.
    pub channels: Channels,
    /// The factor of a level.
    pub scale: f64,
    /// What is subtracted, one value or one per channel.
    pub mean: Vec<f64>,
    /// What is divided by, one value or one per channel.
    pub std: Vec<f64>,
    /// The quantization of an integer input: `value / quantization-scale + quantization-zero`, rounded and clamped.
    /// Absent: of `int8` the level less 128, of other integers the level, where scale, mean and std are neutral.
    pub quantization_scale: Option<f64>,
    /// See `quantization-scale`.
    pub quantization_zero: i64,
}

impl Default for Preprocess {
    fn default() -> Self {
        preset::raw()
    }
}

impl Preprocess {
    /// A preset by name, or the content of a TOML file.
    ///
    /// # Errors
    /// When there is neither, or the file has a key that is not known or a value that cannot be used.
    pub fn named(name: &str) -> Result<Self, Fault> {
        if let Some(preset) = preset::of(name) {
            return Ok(preset);
        }
        let path = Path::new(name);
        if path.extension().is_none_or(|e| e != "toml") {
            return Err(Fault::input(format!("--preprocess {name}: no such preset"))
                .hint(format!("presets: {}; or a file with the ending .toml", preset::NAMES.join(", "))));
        }
        let text = std::fs::read_to_string(path)
            .map_err(|e| Fault::input(format!("--preprocess {name}: cannot be read: {e}")).hint("check the path"))?;
        let mut read: Self = toml::from_str(&text).map_err(|e| {
            let reason = e.message().replace('\n', " ");
            let line = e.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            Fault::input(format!("--preprocess {name}: line {line}: {reason}"))
                .hint("nntop help accuracy lists the keys")
        })?;
        if let Some(wrong) = read.wrong() {
            return Err(Fault::input(format!("--preprocess {name}: {wrong}")));
        }
        read.name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(read)
    }

    fn wrong(&self) -> Option<&'static str> {
        match self {
            p if !matches!(p.mean.len(), 1 | 3) || !matches!(p.std.len(), 1 | 3) => {
                Some("mean and std have one value, or one per channel")
            }
            p if p.std.contains(&0.0) || !p.scale.is_finite() => {
                Some("std must not be zero, and scale must be a number")
            }
            p if p.quantization_scale.is_some_and(|s| !(s > 0.0 && s.is_finite())) => {
                Some("quantization-scale must be above zero")
            }
            p if matches!(p.fit, Fit::Shorter(0)) => Some("shorter must be above zero"),
            _ => None,
        }
    }

    fn of_channel(values: &[f64], channel: usize) -> f64 {
        values.get(channel).or(values.first()).copied().unwrap_or(0.0)
    }

    /// A level of a channel as a value, before any quantization.
    pub fn value(&self, level: u8, channel: usize) -> f64 {
        (f64::from(level) * self.scale - Self::of_channel(&self.mean, channel)) / Self::of_channel(&self.std, channel)
    }

    /// Whether levels are left as they are.
    pub fn is_neutral(&self) -> bool {
        self.scale == 1.0 && self.mean.iter().all(|m| *m == 0.0) && self.std.iter().all(|s| *s == 1.0)
    }
}

impl fmt::Display for Preprocess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fit = match self.fit {
            Fit::Stretch => "stretched".to_owned(),
            Fit::Shorter(n) => format!("shorter side {n}, centre crop"),
            Fit::Letterbox(level) => format!("letterbox {level}"),
        };
        let channels = if self.channels == Channels::Bgr { ", BGR" } else { "" };
        write!(f, "{}: {fit}, {:?}{channels}", self.name, self.resample)?;
        if self.is_neutral() {
            write!(f, ", values 0-255")?;
        } else {
            let list = |v: &[f64]| v.iter().map(|v| format!("{v:.4}")).collect::<Vec<_>>().join(" ");
            write!(f, ", (v*{:.6} - {}) / {}", self.scale, list(&self.mean), list(&self.std))?;
        }
        match &self.derived {
            Some(from) => write!(f, " (derived from {from})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_and_its_mistakes_have_a_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mine.toml");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Preprocess::named(path.to_str().unwrap())
        };
        let mine =
            read("fit = { shorter = 256 }\nresample = \"bicubic\"\nscale = 0.5\nmean = [1.0, 2.0, 3.0]\n").unwrap();
        assert_eq!((mine.fit, mine.resample, mine.value(10, 2)), (Fit::Shorter(256), Resample::Bicubic, 2.0));
        assert_eq!(mine.name, "mine.toml");
        let wrong = |text: &str| read(text).unwrap_err().message;
        assert!(
            wrong("fit = \"stretch\"\nsize = 3\n").contains("line 2: unknown field `size`"),
            "{}",
            wrong("fit = \"stretch\"\nsize = 3\n")
        );
        assert!(wrong("std = [0.0]").contains("std must not be zero"));
        assert!(Preprocess::named("imagenett").unwrap_err().hint.unwrap().contains("imagenet"));
    }
}
