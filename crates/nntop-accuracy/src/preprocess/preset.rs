//! Presets, and the one that a model's input is given where nobody chose.

use super::{Channels, Fit, Preprocess, Resample};
use nntop_engine::tensor::DataType;

/// The names.
pub(super) const NAMES: [&str; 7] = ["raw", "unit", "imagenet", "imagenet-tf", "caffe", "yolo", "mlperf-tiny"];

/// Inputs with a side up to this are those of small data sets, whose models mostly take levels as they are.
const SMALL: usize = 96;

/// A preset by its name.
pub(super) fn of(name: &str) -> Option<Preprocess> {
    let made = match name {
        "raw" | "mlperf-tiny" => raw(),
        "unit" => Preprocess { scale: 1.0 / 255.0, ..raw() },
        // torchvision's: ImageNet1K weights, transforms of ResNet.
        "imagenet" => Preprocess {
            fit: Fit::Shorter(256),
            scale: 1.0 / 255.0,
            mean: vec![0.485, 0.456, 0.406],
            std: vec![0.229, 0.224, 0.225],
            ..raw()
        },
        // Keras' mode "tf": -1 to 1 (MobileNet, Inception).
        "imagenet-tf" => Preprocess { fit: Fit::Shorter(256), scale: 1.0 / 127.5, mean: vec![1.0], ..raw() },
        // Keras' mode "caffe": BGR less the means (VGG, ResNet 50).
        "caffe" => Preprocess {
            fit: Fit::Shorter(256),
            channels: Channels::Bgr,
            mean: vec![103.939, 116.779, 123.68],
            ..raw()
        },
        "yolo" => Preprocess { fit: Fit::Letterbox(114), scale: 1.0 / 255.0, ..raw() },
        _ => return None,
    };
    Some(Preprocess { name: name.into(), ..made })
}

/// Levels as they are.
pub(super) fn raw() -> Preprocess {
    Preprocess {
        name: "raw".into(),
        derived: None,
        fit: Fit::Stretch,
        resample: Resample::Bilinear,
        channels: Channels::Rgb,
        scale: 1.0,
        mean: vec![0.0],
        std: vec![1.0],
        quantization_scale: None,
        quantization_zero: 0,
    }
}

impl Preprocess {
    /// For an input of this type and size where nobody chose: `detection` is a letterbox of 0 to 1; integers and small pictures
    /// are levels; other floats are ImageNet's.
    pub fn derived(dtype: DataType, width: usize, height: usize, detection: bool) -> Self {
        let float = matches!(dtype, DataType::F32 | DataType::F16 | DataType::BF16 | DataType::F64);
        let name = match (float, detection) {
            (true, true) => "yolo",
            (true, false) if width.max(height) > SMALL => "imagenet",
            _ => "raw",
        };
        let made = of(name).unwrap_or_default();
        // The shorter side is to the input's as 256 to 224.
        let fit = match made.fit {
            Fit::Shorter(_) => Fit::Shorter((width.min(height) * 256).div_ceil(224) as u32),
            Fit::Stretch if detection => Fit::Letterbox(114),
            fit => fit,
        };
        Self { fit, derived: Some(format!("the input, {dtype} {width}x{height}")), ..made }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_its_name() {
        assert!(NAMES.iter().all(|name| of(name).is_some_and(|p| p.name == *name)));
    }

    #[test]
    fn what_is_derived_says_from_what() {
        let of = |dtype, side, detection| Preprocess::derived(dtype, side, side, detection).to_string();
        assert!(
            of(DataType::F32, 28, false)
                .starts_with("raw: stretched, Bilinear, values 0-255 (derived from the input, float32 28x28)")
        );
        assert!(of(DataType::F32, 224, false).starts_with("imagenet: shorter side 256, centre crop"));
        assert!(of(DataType::F32, 299, false).contains("shorter side 342"));
        assert!(of(DataType::U8, 224, false).starts_with("raw"));
        assert!(of(DataType::F32, 640, true).starts_with("yolo: letterbox 114"));
    }
}
