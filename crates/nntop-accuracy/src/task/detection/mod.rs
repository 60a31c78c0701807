//! Detection: boxes, their overlap, suppression of the same object found twice, and average precision.

mod coco;
mod decode;
mod pascal;
#[cfg(test)]
mod tests;

pub use coco::Coco;
pub use decode::{Decoder, Letterbox, Output};
pub use pascal::average_precision;

/// A box in pixels of the image: its upper left corner, its width and height.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// The left edge.
    pub x: f64,
    /// The upper edge.
    pub y: f64,
    /// The width.
    pub width: f64,
    /// The height.
    pub height: f64,
}

impl Rect {
    /// Its area; zero where a side is negative or not a number.
    pub fn area(&self) -> f64 {
        self.width.max(0.0) * self.height.max(0.0)
    }

    fn intersection(&self, other: &Self) -> f64 {
        let side = |a: f64, al: f64, b: f64, bl: f64| ((a + al).min(b + bl) - a.max(b)).max(0.0);
        side(self.x, self.width, other.x, other.width) * side(self.y, self.height, other.y, other.height)
    }

    /// The area of what both cover by the area of what either covers.
    pub fn iou(&self, other: &Self) -> f64 {
        let both = self.intersection(other);
        let either = self.area() + other.area() - both;
        if either > 0.0 { both / either } else { 0.0 }
    }

    /// The same against a crowd: of this box, the share that the crowd covers (COCO).
    fn covered_by(&self, crowd: &Self) -> f64 {
        if self.area() > 0.0 { self.intersection(crowd) / self.area() } else { 0.0 }
    }
}

/// An object that is in an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// Its class.
    pub class: usize,
    /// Where it is.
    pub rect: Rect,
    /// Its area as annotated, of its outline and not of its box.
    pub area: f64,
    /// A crowd: answers within it are neither right nor wrong.
    pub crowd: bool,
    /// Marked as difficult (Pascal VOC): neither right nor wrong.
    pub difficult: bool,
    /// An annotation of COCO with the id 0. pycocotools takes that for "no object": what matches it counts as wrong. Figures are
    /// meant to be comparable with its, so COCO's do the same here; Pascal's do not.
    pub id_zero: bool,
}

/// An object that a model has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its class.
    pub class: usize,
    /// Where it is.
    pub rect: Rect,
    /// How sure the model is.
    pub score: f64,
}

/// Leaves of boxes of one class that overlap by more than `iou` the surest, as torchvision's `batched_nms`. At most `most`, the
/// surest first; a score that is not a number is none.
pub fn suppress(mut found: Vec<Found>, iou: f64, most: usize) -> Vec<Found> {
    found.retain(|f| !f.score.is_nan());
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Found> = Vec::new();
    for one in found {
        if kept.len() == most {
            break;
        }
        if !kept.iter().any(|k| k.class == one.class && k.rect.iou(&one.rect) > iou) {
            kept.push(one);
        }
    }
    kept
}
