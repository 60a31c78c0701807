//! Segmentation's figures against scikit-learn's, and outputs of every form.

use super::*;

/// Numbers that Python makes in the same way: `x = (x * 1103515245 + 12345) % 2**31`, then `x >> 16`.
fn numbers(seed: u64, n: usize) -> Vec<u64> {
    let mut x = seed;
    let mut next = || {
        x = (x * 1_103_515_245 + 12_345) % (1 << 31);
        x >> 16
    };
    (0..n).map(|_| next()).collect()
}

/// The model took the image as it is.
fn whole(width: f64, height: f64) -> Letterbox {
    Letterbox { scale: (1.0, 1.0), offset: (0.0, 0.0), input: (width, height), image: (width, height) }
}

#[test]
fn the_mean_over_classes_is_scikit_learn_s() {
    // y = lcg(1) % 5, 255 where lcg(4) % 11 == 0; p = lcg(3) % 4 where lcg(2) % 3 == 0, else y before that. scikit-learn 1.9.1,
    // jaccard_score of the pixels that are not 255, labels 0 to 4; accuracy_score of the same 370.
    let (first, second, third, fourth) = (numbers(1, 400), numbers(2, 400), numbers(3, 400), numbers(4, 400));
    let answer: Vec<f64> =
        (0..400).map(|i| if second[i] % 3 == 0 { third[i] % 4 } else { first[i] % 5 } as f64).collect();
    let right: Vec<u8> = (0..400).map(|i| if fourth[i] % 11 == 0 { 255 } else { (first[i] % 5) as u8 }).collect();
    let mut all = Segmentation::new(vec!["sky".into()]);
    let scores = Scores { values: &answer, shape: &[1, 1, 20, 20] };
    all.answer("a", scores, (20, 20), &right, &whole(20.0, 20.0)).unwrap();
    let found = all.accuracy();
    assert!((found.metrics["miou"].value - 0.600_651_075_977_162_9).abs() < 1e-12, "{found:?}");
    assert!((found.metrics["pixel_accuracy"].value - 0.748_648_648_648_648_7).abs() < 1e-12, "{found:?}");
    let classes = [0.59375, 0.626_262_626_262_626_3, 0.510_416_666_666_666_6, 0.597_826_086_956_521_7, 0.675];
    for (class, right) in found.classes.iter().zip(classes) {
        assert!((class.score.unwrap() - right).abs() < 1e-12, "{class:?}");
    }
    assert_eq!((found.classes[0].class.as_str(), found.classes[1].class.as_str()), ("sky", "1"));
    assert_eq!(found.confusion.iter().flatten().sum::<u64>(), 370);
}

#[test]
fn scores_are_read_in_every_order_and_scaled_to_the_mask() {
    // Two classes on two by three: the left column is class 1. The mask is twice as large.
    let planes = [0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    let pixels = [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0];
    let right: Vec<u8> = [1, 1, 0, 0, 0, 0].repeat(4);
    let place = Letterbox { scale: (0.5, 0.5), offset: (0.0, 0.0), input: (3.0, 2.0), image: (6.0, 4.0) };
    for (values, shape) in [(planes, [1, 2, 2, 3]), (pixels, [1, 2, 3, 2])] {
        let mut all = Segmentation::default();
        let scores = Scores { values: &values, shape: &shape };
        let (accuracy, iou) = all.answer("a", scores, (6, 4), &right, &place).unwrap();
        assert_eq!((accuracy, iou), (Some(1.0), Some(1.0)), "{shape:?}");
    }
    // One score: a sigmoid's, and what goes into one.
    for values in [[0.9, 0.1, 0.1, 0.9, 0.1, 0.1], [2.5, -1.0, -1.0, 2.5, -1.0, -1.0]] {
        let mut all = Segmentation::default();
        let found = all.answer("a", Scores { values: &values, shape: &[1, 1, 2, 3] }, (6, 4), &right, &place).unwrap();
        assert!(found.0.unwrap() > 0.8, "{found:?}");
    }
    let wrong = Scores { values: &[0.0; 4], shape: &[4] };
    assert!(Segmentation::default().answer("a", wrong, (6, 4), &right, &place).is_err());
}

#[test]
fn what_the_model_did_not_see_counts_for_nothing() {
    // The middle two of four columns were cut out: what is wrong at the sides is not the model's fault.
    let place = Letterbox { scale: (1.0, 1.0), offset: (-1.0, 0.0), input: (2.0, 2.0), image: (4.0, 2.0) };
    let mut all = Segmentation::default();
    let scores = Scores { values: &[3.0; 4], shape: &[1, 2, 2] };
    all.answer("a", scores, (4, 2), &[0, 3, 3, 0, 0, 3, 3, 0], &place).unwrap();
    let found = all.accuracy();
    assert_eq!((found.metrics["miou"].value, found.classes.len(), found.classes[0].n), (1.0, 1, 4));
    // Nothing but ignored pixels: no figure, and no division by zero.
    let mut none = Segmentation::default();
    none.answer("a", scores, (4, 2), &[255; 8], &place).unwrap();
    assert!(none.accuracy().metrics.is_empty());
}
