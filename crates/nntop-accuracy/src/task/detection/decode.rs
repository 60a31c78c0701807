//! From the outputs of common detectors to boxes: the form is derived from the shapes, and named.

use super::{Found, Rect, suppress};
use nntop_core::event::Fault;

/// Boxes below this score are none. COCO's evaluation wants low ones, too.
const LEAST_SCORE: f64 = 0.001;

/// Boxes of one class that overlap more are one object.
const SAME_OBJECT: f64 = 0.65;

/// Boxes per image.
const MOST: usize = 300;

/// How an image became the model's input: scaled, then moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Letterbox {
    /// Pixels of the input per pixel of the image, across and down.
    pub scale: (f64, f64),
    /// The image's upper left corner in the input.
    pub offset: (f64, f64),
    /// The input's width and height.
    pub input: (f64, f64),
    /// The image's width and height.
    pub image: (f64, f64),
}

impl Letterbox {
    /// A box of the input (its edges) as one of the image, cut at the image's border.
    fn back(&self, x0: f64, y0: f64, x1: f64, y1: f64) -> Rect {
        let across = |x: f64| ((x - self.offset.0) / self.scale.0).clamp(0.0, self.image.0);
        let down = |y: f64| ((y - self.offset.1) / self.scale.1).clamp(0.0, self.image.1);
        let (x0, y0, x1, y1) = (across(x0), down(y0), across(x1), down(y1));
        Rect { x: x0, y: y0, width: x1 - x0, height: y1 - y0 }
    }
}

/// The form of a detector's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoder {
    /// `[1, boxes, 5 + classes]`: centre, size, objectness, a score per class (YOLOv5, v7).
    Yolo5,
    /// `[1, 4 + classes, boxes]`: centre, size, a score per class (YOLOv8, v9, v11).
    Yolo8,
    /// `[1, boxes, 6]`: edges, score, class, without duplicates (YOLOv10, end-to-end heads).
    EndToEnd,
    /// Four outputs: edges as shares of the image (top, left, bottom, right), classes, scores, their number (TensorFlow's SSD).
    Ssd,
    /// `[1, 5 + classes, rows, columns]`: objectness, offsets and sizes per cell, a score per class (FastestDet).
    Grid,
}

/// An output: its shape and values.
pub type Output = (Vec<u64>, Vec<f64>);

impl Decoder {
    /// The form that the shapes have.
    ///
    /// # Errors
    /// When they have none that is known.
    pub fn of(outputs: &[Output]) -> Result<Self, Fault> {
        let shapes: Vec<&[u64]> = outputs.iter().map(|o| o.0.as_slice()).collect();
        match shapes.as_slice() {
            [[1, _, 6]] => Ok(Self::EndToEnd),
            [[1, a, b], ..] if *a >= 5 && a < b => Ok(Self::Yolo8),
            [[1, a, b], ..] if *b >= 6 && b < a && shapes.len() == 1 => Ok(Self::Yolo5),
            [[1, n, 4], [1, m], [1, o], [1]] if n == m && m == o => Ok(Self::Ssd),
            [[1, c, h, w]] if *c >= 6 && *h > 1 && *w > 1 => Ok(Self::Grid),
            _ => {
                let shapes: Vec<String> = shapes.iter().map(|s| format!("{s:?}")).collect();
                Err(Fault::input(format!("no detector that nntop decodes has outputs of {}", shapes.join(", "))).hint(
                    "known are YOLOv5 to v11, end-to-end heads [1, boxes, 6], TensorFlow's SSD with four outputs, and FastestDet; \
                     evaluate saved boxes with --predictions FILE.json",
                ))
            }
        }
    }

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yolo5 => "YOLOv5",
            Self::Yolo8 => "YOLOv8",
            Self::EndToEnd => "end-to-end",
            Self::Ssd => "SSD",
            Self::Grid => "FastestDet",
        }
    }

    /// The objects of one image, in pixels of the image.
    pub fn decode(self, outputs: &[Output], place: &Letterbox) -> Vec<Found> {
        let Some((shape, v)) = outputs.first() else { return Vec::new() };
        let axis = |i: usize| shape.get(i).map_or(0, |n| *n as usize);
        let value = |i: usize| v.get(i).copied().unwrap_or(f64::NAN);
        let centred = |x: f64, y: f64, w: f64, h: f64| place.back(x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0);
        let mut found = Vec::new();
        match self {
            Self::Yolo5 => {
                let each = axis(2);
                for row in 0..axis(1) {
                    let at = |i: usize| value(row * each + i);
                    let sure = at(4);
                    if sure < LEAST_SCORE {
                        continue;
                    }
                    best(
                        each - 5,
                        |class| sure * at(5 + class),
                        |class, score| {
                            found.push(Found { class, score, rect: centred(at(0), at(1), at(2), at(3)) });
                        },
                    );
                }
            }
            Self::Yolo8 => {
                let boxes = axis(2);
                for row in 0..boxes {
                    let at = |i: usize| value(i * boxes + row);
                    best(
                        axis(1) - 4,
                        |class| at(4 + class),
                        |class, score| {
                            found.push(Found { class, score, rect: centred(at(0), at(1), at(2), at(3)) });
                        },
                    );
                }
            }
            Self::EndToEnd => {
                for row in 0..axis(1) {
                    let at = |i: usize| value(row * 6 + i);
                    if at(4) >= LEAST_SCORE && at(5) >= 0.0 {
                        let rect = place.back(at(0), at(1), at(2), at(3));
                        found.push(Found { class: at(5) as usize, score: at(4), rect });
                    }
                }
                return found;
            }
            Self::Ssd => {
                let of =
                    |output: usize, i: usize| outputs.get(output).and_then(|o| o.1.get(i)).copied().unwrap_or(f64::NAN);
                let n = (of(3, 0).max(0.0) as usize).min(axis(1));
                let (wide, high) = place.input;
                for row in 0..n {
                    let edge = |i: usize| value(row * 4 + i);
                    if of(2, row) >= LEAST_SCORE && of(1, row) >= 0.0 {
                        let rect = place.back(edge(1) * wide, edge(0) * high, edge(3) * wide, edge(2) * high);
                        found.push(Found { class: of(1, row) as usize, score: of(2, row), rect });
                    }
                }
                return found;
            }
            Self::Grid => {
                let (rows, columns) = (axis(2), axis(3));
                let (wide, high) = place.input;
                for cell in 0..rows * columns {
                    let at = |channel: usize| value(channel * rows * columns + cell);
                    let sure = at(0);
                    // FastestDet's own: score = objectness^0.6 * class^0.4; x, y by tanh; sizes by the logistic function.
                    best(
                        axis(1) - 5,
                        |class| sure.powf(0.6) * at(5 + class).powf(0.4),
                        |class, score| {
                            let x = ((cell % columns) as f64 + at(1).tanh()) / columns as f64 * wide;
                            let y = ((cell / columns) as f64 + at(2).tanh()) / rows as f64 * high;
                            let size = |v: f64| 1.0 / (1.0 + (-v).exp());
                            found.push(Found {
                                class,
                                score,
                                rect: centred(x, y, size(at(3)) * wide, size(at(4)) * high),
                            });
                        },
                    );
                }
            }
        }
        suppress(found, SAME_OBJECT, MOST)
    }
}

/// The best class, where its score is high enough.
fn best(classes: usize, score: impl Fn(usize) -> f64, mut take: impl FnMut(usize, f64)) {
    let best = (0..classes).map(|class| (score(class), class)).filter(|(score, _)| !score.is_nan());
    let best = best.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    if let Some((score, class)) = best.filter(|(score, _)| *score >= LEAST_SCORE) {
        take(class, score);
    }
}
