//! COCO's figures, as pycocotools 2.0 computes them: average precision over ten overlaps and 101 recalls.

use super::{Found, Rect, Truth};
use nntop_core::event::{Accuracy, ClassScore, Score};
use std::collections::{BTreeMap, BTreeSet};

/// Overlaps from 0.5 to 0.95.
const OVERLAPS: usize = 10;

/// Recalls from 0 to 1 at which precision is read.
const RECALLS: usize = 101;

/// Detections of a class in an image that count, the surest.
const MOST: usize = 100;

/// Areas in pixels: all, small, medium, large.
const AREAS: [(&str, f64, f64); 4] =
    [("map", 0.0, 1e10), ("map_small", 0.0, 1_024.0), ("map_medium", 1_024.0, 9_216.0), ("map_large", 9_216.0, 1e10)];

fn overlap(i: usize) -> f64 {
    0.5 + 0.05 * i as f64
}

/// All images until now.
#[derive(Debug, Default)]
pub struct Coco {
    names: Vec<String>,
    images: Vec<(Vec<Truth>, Vec<Found>)>,
}

impl Coco {
    /// For classes of these names; further ones are called by their number.
    pub fn new(names: Vec<String>) -> Self {
        Self { names, images: Vec::new() }
    }

    /// Takes in an image: what is in it, and what was found.
    pub fn answer(&mut self, truths: Vec<Truth>, found: Vec<Found>) {
        self.images.push((truths, found.into_iter().filter(|f| !f.score.is_nan()).collect()));
    }

    /// The figures until now: `map`, `map50`, `map75`, those by area, and `pascal_ap`. A class without an object is left out.
    pub fn accuracy(&self) -> Accuracy {
        let classes: BTreeSet<usize> =
            self.images.iter().flat_map(|(truths, _)| truths.iter().map(|t| t.class)).collect();
        let mut metrics = BTreeMap::new();
        let mut by_class = Vec::new();
        for (place, (name, low, high)) in AREAS.iter().enumerate() {
            let mut all: Vec<f64> = Vec::new();
            let (mut at50, mut at75) = (Vec::new(), Vec::new());
            for class in &classes {
                let Some(precisions) = self.class(*class, (*low, *high)) else { continue };
                all.extend(&precisions);
                at50.push(precisions[0]);
                at75.push(precisions[5]);
                if place == 0 {
                    by_class.push(ClassScore {
                        class: self.names.get(*class).cloned().unwrap_or_else(|| class.to_string()),
                        n: self.count(*class),
                        precision: None,
                        recall: None,
                        score: mean(&precisions),
                    });
                }
            }
            let mut add = |name: &str, values: &[f64]| {
                if let Some(value) = mean(values) {
                    metrics.insert(name.to_owned(), Score { value, low: None, high: None });
                }
            };
            add(name, &all);
            if place == 0 {
                add("map50", &at50);
                add("map75", &at75);
            }
        }
        let pascal: Vec<f64> =
            classes.iter().filter_map(|class| super::average_precision(&self.images, *class, 0.5)).collect();
        if let Some(value) = mean(&pascal) {
            metrics.insert("pascal_ap".into(), Score { value, low: None, high: None });
        }
        Accuracy {
            task: "detection".into(),
            n: self.images.len() as u64,
            metrics,
            classes: by_class,
            ..Accuracy::default()
        }
    }

    fn count(&self, class: usize) -> u64 {
        self.images.iter().flat_map(|(truths, _)| truths).filter(|t| t.class == class && !t.crowd).count() as u64
    }

    /// The average precision of a class at each overlap; `None` where no object of it counts.
    fn class(&self, class: usize, area: (f64, f64)) -> Option<[f64; OVERLAPS]> {
        let outside = |a: f64| a < area.0 || a > area.1;
        let mut objects = 0;
        // Of each detection: its score, and per overlap whether it is right (true), wrong (false) or does not count.
        let mut judged: Vec<(f64, [Option<bool>; OVERLAPS])> = Vec::new();
        for (truths, found) in &self.images {
            let mut truths: Vec<(&Truth, bool)> =
                truths.iter().filter(|t| t.class == class).map(|t| (t, t.crowd || outside(t.area))).collect();
            // Those that count first, as pycocotools sorts them.
            truths.sort_by_key(|(_, ignored)| *ignored);
            objects += truths.iter().filter(|(_, ignored)| !ignored).count();
            let mut found: Vec<&Found> = found.iter().filter(|f| f.class == class).collect();
            found.sort_by(|a, b| b.score.total_cmp(&a.score));
            found.truncate(MOST);
            judge(&truths, &found, outside, &mut judged);
        }
        if objects == 0 {
            return None;
        }
        // A stable sort, as pycocotools' mergesort.
        judged.sort_by(|a, b| b.0.total_cmp(&a.0));
        Some(std::array::from_fn(|t| interpolated(judged.iter().filter_map(|(_, right)| right[t]), objects)))
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Matches the detections of one image, the surest first, each to the object that it overlaps most.
fn judge(
    truths: &[(&Truth, bool)],
    found: &[&Found],
    outside: impl Fn(f64) -> bool,
    judged: &mut Vec<(f64, [Option<bool>; OVERLAPS])>,
) {
    let iou = |found: &Rect, truth: &Truth| {
        if truth.crowd { found.covered_by(&truth.rect) } else { found.iou(&truth.rect) }
    };
    let mut taken = vec![[false; OVERLAPS]; truths.len()];
    for one in found {
        let right = std::array::from_fn(|t| {
            let mut least = overlap(t).min(1.0 - 1e-10);
            let mut best: Option<usize> = None;
            for (at, (truth, ignored)) in truths.iter().enumerate() {
                if taken[at][t] && !truth.crowd {
                    continue;
                }
                // Once matched to one that counts, those that do not are no better.
                if best.is_some_and(|best| !truths[best].1) && *ignored {
                    break;
                }
                let now = iou(&one.rect, truth);
                if now >= least {
                    (least, best) = (now, Some(at));
                }
            }
            match best {
                Some(at) => {
                    taken[at][t] = true;
                    (!truths[at].1).then_some(!truths[at].0.id_zero)
                }
                None => (!outside(one.rect.area())).then_some(false),
            }
        });
        judged.push((one.score, right));
    }
}

/// Precision read at 101 recalls, each the best at that recall or a higher one.
fn interpolated(right: impl Iterator<Item = bool>, objects: usize) -> f64 {
    let (mut hits, mut all) = (0u64, 0u64);
    let (mut recalls, mut precisions) = (Vec::new(), Vec::new());
    for right in right {
        hits += u64::from(right);
        all += 1;
        recalls.push(hits as f64 / objects as f64);
        precisions.push(hits as f64 / (all as f64 + f64::EPSILON));
    }
    for i in (1..precisions.len()).rev() {
        precisions[i - 1] = precisions[i - 1].max(precisions[i]);
    }
    // numpy.linspace(0, 1, 101) and searchsorted(side="left").
    let at = |r: usize| recalls.partition_point(|recall| *recall < r as f64 * 0.01);
    (0..RECALLS).filter_map(|r| precisions.get(at(r))).sum::<f64>() / RECALLS as f64
}
