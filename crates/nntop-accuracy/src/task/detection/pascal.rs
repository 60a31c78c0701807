//! Pascal VOC's average precision of one class, over every point of the curve (from 2010 on).

use super::{Found, Truth};

/// The area under precision by recall at one overlap. `None` where the class has no object. Each detection is held against the
/// object that it overlaps most; a second one of the same object is wrong, one of a difficult object does not count.
pub fn average_precision(images: &[(Vec<Truth>, Vec<Found>)], class: usize, overlap: f64) -> Option<f64> {
    let of_class = |t: &&Truth| t.class == class;
    let objects = images.iter().flat_map(|(truths, _)| truths.iter().filter(of_class)).filter(|t| counts(t)).count();
    if objects == 0 {
        return None;
    }
    let mut all: Vec<(f64, usize, &Found)> = Vec::new();
    for (image, (_, found)) in images.iter().enumerate() {
        all.extend(found.iter().filter(|f| f.class == class).map(|f| (f.score, image, f)));
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut taken: Vec<Vec<bool>> = images.iter().map(|(truths, _)| vec![false; truths.len()]).collect();
    let (mut hits, mut misses) = (0.0, 0.0);
    let (mut recalls, mut precisions) = (vec![0.0], vec![0.0]);
    for (_, image, found) in all {
        let truths = images[image].0.iter().enumerate().filter(|(_, t)| t.class == class);
        let best =
            truths.map(|(at, t)| (found.rect.iou(&t.rect), at)).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        match best.filter(|(iou, _)| *iou >= overlap) {
            Some((_, at)) if !counts(&images[image].0[at]) => continue,
            Some((_, at)) if !std::mem::replace(&mut taken[image][at], true) => hits += 1.0,
            _ => misses += 1.0,
        }
        recalls.push(hits / objects as f64);
        precisions.push(hits / (hits + misses));
    }
    recalls.push(1.0);
    precisions.push(0.0);
    for i in (1..precisions.len()).rev() {
        precisions[i - 1] = precisions[i - 1].max(precisions[i]);
    }
    Some((1..recalls.len()).map(|i| (recalls[i] - recalls[i - 1]) * precisions[i]).sum())
}

fn counts(truth: &Truth) -> bool {
    !truth.difficult && !truth.crowd
}
