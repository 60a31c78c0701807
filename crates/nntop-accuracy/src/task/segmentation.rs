//! Segmentation: intersection over union by class, over the pixels of all images, and its mean.

use super::classification::NAMED;
use super::detection::Letterbox;
use nntop_core::event::{Accuracy, ClassScore, Example, Score};
use std::collections::BTreeMap;

/// The class of pixels that count for nothing (Pascal VOC, Cityscapes, ADE20K).
const IGNORED: u8 = 255;

/// Beyond this many classes no confusion matrix is shown.
const MOST_SHOWN: usize = 64;

/// What is known after the answers until now.
#[derive(Debug, Default)]
pub struct Segmentation {
    names: Vec<String>,
    n: u64,
    /// Pixels by right class (row) and answer (column).
    matrix: Vec<Vec<u64>>,
    worst: Vec<Example>,
}

/// A model's answer: scores or classes, at the size that the model has.
#[derive(Debug, Clone, Copy)]
pub struct Scores<'a> {
    /// The output's elements.
    pub values: &'a [f64],
    /// Its shape.
    pub shape: &'a [u64],
}

/// Where the output's classes, rows and columns are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    classes: usize,
    height: usize,
    width: usize,
    planes: bool,
}

impl Layout {
    fn of(shape: &[u64], input: (f64, f64)) -> Option<Self> {
        let mut dims: Vec<usize> = shape.iter().map(|n| *n as usize).collect();
        while dims.len() > 2 && dims[0] == 1 {
            dims.remove(0);
        }
        let [a, b, c] = match *dims.as_slice() {
            [height, width] => [1, height, width],
            [a, b, c] => [a, b, c],
            _ => return None,
        };
        // Rows and columns have the proportions of the input; where both readings do, there are fewer classes than pixels.
        let fits = |h: usize, w: usize| (h as f64 * input.0 - w as f64 * input.1).abs() < input.0.max(input.1);
        let planes = match (fits(b, c), fits(a, b)) {
            (true, false) => true,
            (false, true) => false,
            _ => a <= c,
        };
        let (classes, height, width) = if planes { (a, b, c) } else { (c, a, b) };
        (classes * height * width > 0).then_some(Self { classes, height, width, planes })
    }

    fn at(&self, class: usize, y: usize, x: usize) -> usize {
        if self.planes {
            (class * self.height + y) * self.width + x
        } else {
            (y * self.width + x) * self.classes + class
        }
    }
}

impl Segmentation {
    /// For classes of these names; further ones are called by their number.
    pub fn new(names: Vec<String>) -> Self {
        Self { names, ..Self::default() }
    }

    /// Takes in a model's answer and the right classes, row by row: each pixel's scores are interpolated (bilinear, as an upscaling
    /// to the mask's size does), and the highest is the answer. Pixels outside of what the model saw are left out. Gives the share of
    /// pixels that are right, and the image's mean intersection over union.
    ///
    /// # Errors
    /// When the output has another form.
    pub fn answer(
        &mut self,
        example: &str,
        scores: Scores<'_>,
        (width, height): (usize, usize),
        right: &[u8],
        place: &Letterbox,
    ) -> Result<(Option<f64>, Option<f64>), String> {
        let layout = Layout::of(scores.shape, place.input)
            .filter(|l| l.classes * l.height * l.width == scores.values.len())
            .ok_or_else(|| format!("an output of shape {:?} is no segmentation", scores.shape))?;
        let answer = Answer::of(scores.values, layout);
        let mut own: Vec<Vec<u64>> = Vec::new();
        for (i, &truth) in right.iter().enumerate().filter(|(_, class)| **class != IGNORED) {
            let at = |i: usize, n: usize, image: f64, scale: f64, offset: f64, input: f64, size: usize| {
                let in_input = (i as f64 + 0.5) * (image / n as f64) * scale + offset;
                (0.0..input).contains(&in_input).then(|| in_input * size as f64 / input - 0.5)
            };
            let (image, scale, offset, input) = (place.image, place.scale, place.offset, place.input);
            let x = at(i % width, width, image.0, scale.0, offset.0, input.0, layout.width);
            let y = at(i / width, height, image.1, scale.1, offset.1, input.1, layout.height);
            let (Some(x), Some(y)) = (x, y) else { continue };
            count(&mut own, usize::from(truth), answer.at(y, x));
        }
        self.n += 1;
        for (truth, row) in own.iter().enumerate() {
            for (answer, &n) in row.iter().enumerate().filter(|(_, n)| **n > 0) {
                count(&mut self.matrix, truth, answer);
                self.matrix[truth][answer] += n - 1;
            }
        }
        let (accuracy, iou) = (right_share(&own), mean_iou(&own));
        if let Some(iou) = iou.filter(|iou| *iou < 1.0) {
            let at = self.worst.partition_point(|e| e.value >= 1.0 - iou);
            if at < NAMED {
                let answer = format!("IoU {:.1} %", 100.0 * iou);
                self.worst
                    .insert(at, Example { name: example.into(), label: "its mask".into(), answer, value: 1.0 - iou });
                self.worst.truncate(NAMED);
            }
        }
        Ok((accuracy, iou))
    }

    /// The figures until now.
    pub fn accuracy(&self) -> Accuracy {
        let plain = |value| Score { value, low: None, high: None };
        let figures = [("miou", mean_iou(&self.matrix)), ("pixel_accuracy", right_share(&self.matrix))];
        let metrics: BTreeMap<_, _> =
            figures.into_iter().filter_map(|(name, value)| Some((name.to_owned(), plain(value?)))).collect();
        let class = |class: usize| {
            let [n, named, both] = sums(&self.matrix, class);
            let share = |all: u64| (all > 0).then(|| both as f64 / all as f64);
            ClassScore {
                class: self.names.get(class).cloned().unwrap_or_else(|| class.to_string()),
                n,
                precision: share(named),
                recall: share(n),
                score: iou(&self.matrix, class),
            }
        };
        Accuracy {
            task: "segmentation".into(),
            n: self.n,
            metrics,
            classes: (0..self.matrix.len()).map(class).filter(|c| c.score.is_some()).collect(),
            confusion: if self.matrix.len() <= MOST_SHOWN { self.matrix.clone() } else { Vec::new() },
            worst: self.worst.clone(),
            ..Accuracy::default()
        }
    }
}

fn count(matrix: &mut Vec<Vec<u64>>, truth: usize, answer: usize) {
    let classes = matrix.len().max(truth + 1).max(answer + 1);
    if classes > matrix.len() {
        matrix.iter_mut().for_each(|row| row.resize(classes, 0));
        matrix.resize(classes, vec![0; classes]);
    }
    matrix[truth][answer] += 1;
}

/// Pixels of a class, pixels that were given it, and those that are both.
fn sums(matrix: &[Vec<u64>], class: usize) -> [u64; 3] {
    [matrix[class].iter().sum(), matrix.iter().map(|row| row[class]).sum(), matrix[class][class]]
}

/// Intersection by union; `None` for a class that is neither there nor was answered.
fn iou(matrix: &[Vec<u64>], class: usize) -> Option<f64> {
    let [n, named, both] = sums(matrix, class);
    (n + named > 0).then(|| both as f64 / (n + named - both) as f64)
}

/// The mean over the classes that are there or were answered: scikit-learn's `jaccard_score(average="macro")`.
fn mean_iou(matrix: &[Vec<u64>]) -> Option<f64> {
    let all: Vec<f64> = (0..matrix.len()).filter_map(|class| iou(matrix, class)).collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

fn right_share(matrix: &[Vec<u64>]) -> Option<f64> {
    let all: u64 = matrix.iter().flatten().sum();
    let right: u64 = (0..matrix.len()).map(|class| matrix[class][class]).sum();
    (all > 0).then(|| right as f64 / all as f64)
}

/// How the class of a place is found.
enum Answer<'a> {
    /// The highest of the interpolated scores.
    Scores(&'a [f64], Layout),
    /// Class numbers: the nearest.
    Map(&'a [f64], Layout),
    /// One score for the class 1: above this.
    Above(&'a [f64], Layout, f64),
}

impl<'a> Answer<'a> {
    fn of(values: &'a [f64], layout: Layout) -> Self {
        if layout.classes > 1 {
            return Self::Scores(values, layout);
        }
        let is_share = values.iter().all(|v| (0.0..=1.0).contains(v));
        if values.iter().all(|v| v.fract() == 0.0 && *v >= 0.0) {
            Self::Map(values, layout)
        } else {
            // A sigmoid's output, or what goes into one.
            Self::Above(values, layout, if is_share { 0.5 } else { 0.0 })
        }
    }

    fn at(&self, y: f64, x: f64) -> usize {
        match *self {
            Self::Scores(values, layout) => {
                let mut best = (0, f64::NEG_INFINITY);
                for class in 0..layout.classes {
                    let score = interpolated(values, layout, class, y, x);
                    if score > best.1 {
                        best = (class, score);
                    }
                }
                best.0
            }
            Self::Map(values, layout) => {
                let near = |v: f64, n: usize| (v.round().max(0.0) as usize).min(n - 1);
                values[layout.at(0, near(y, layout.height), near(x, layout.width))] as usize
            }
            Self::Above(values, layout, limit) => usize::from(interpolated(values, layout, 0, y, x) > limit),
        }
    }
}

/// Bilinear between the middles of pixels, the border's value beyond them (`align_corners=False`).
fn interpolated(values: &[f64], layout: Layout, class: usize, y: f64, x: f64) -> f64 {
    let split = |v: f64, n: usize| {
        let v = v.clamp(0.0, (n - 1) as f64);
        let low = v.floor();
        (low as usize, (low as usize + 1).min(n - 1), v - low)
    };
    let (y0, y1, dy) = split(y, layout.height);
    let (x0, x1, dx) = split(x, layout.width);
    let at = |y, x| values[layout.at(class, y, x)];
    let row = |y| if dx == 0.0 { at(y, x0) } else { at(y, x0) * (1.0 - dx) + at(y, x1) * dx };
    if dy == 0.0 { row(y0) } else { row(y0) * (1.0 - dy) + row(y1) * dy }
}

#[cfg(test)]
mod tests;
