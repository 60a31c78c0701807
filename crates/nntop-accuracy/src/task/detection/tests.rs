//! Average precision against hand-made cases; against pycocotools on the stored ones of the test data.

use super::*;

fn rect(x: f64, y: f64, width: f64, height: f64) -> Rect {
    Rect { x, y, width, height }
}

fn truth(class: usize, rect: Rect) -> Truth {
    Truth { class, rect, area: rect.area(), crowd: false, difficult: false, id_zero: false }
}

fn found(class: usize, rect: Rect, score: f64) -> Found {
    Found { class, rect, score }
}

#[test]
fn overlap_is_by_area() {
    let (a, b) = (rect(0.0, 0.0, 10.0, 10.0), rect(5.0, 0.0, 10.0, 10.0));
    assert!((a.iou(&b) - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!((a.iou(&a), a.iou(&rect(20.0, 0.0, 5.0, 5.0)), rect(0.0, 0.0, 0.0, 0.0).iou(&a)), (1.0, 0.0, 0.0));
}

#[test]
fn the_surest_of_overlapping_boxes_of_a_class_is_left() {
    let a = rect(0.0, 0.0, 10.0, 10.0);
    let boxes = vec![found(0, a, 0.5), found(0, a, 0.9), found(1, a, 0.3), found(0, a, f64::NAN)];
    let kept = suppress(boxes, 0.5, 10);
    assert_eq!(kept.iter().map(|k| (k.class, k.score)).collect::<Vec<_>>(), [(0, 0.9), (1, 0.3)]);
}

#[test]
fn all_right_is_one_and_nothing_found_is_zero() {
    let a = rect(0.0, 0.0, 100.0, 100.0);
    let mut all = Coco::new(Vec::new());
    all.answer(vec![truth(0, a)], vec![found(0, a, 0.9)]);
    let metrics = all.accuracy().metrics;
    // pycocotools adds an epsilon, too.
    assert!(
        ["map", "map50", "map75", "map_large", "pascal_ap"]
            .iter()
            .all(|name| (metrics[*name].value - 1.0).abs() < 1e-12)
    );
    assert!(!metrics.contains_key("map_small"), "no small object");
    let mut none = Coco::new(Vec::new());
    none.answer(vec![truth(0, a)], Vec::new());
    assert_eq!(none.accuracy().metrics["map"].value, 0.0);
    let mut other = Coco::new(Vec::new());
    other.answer(Vec::new(), vec![found(3, a, 0.9)]);
    assert!(other.accuracy().metrics.is_empty(), "a class without an object has no precision");
}

#[test]
fn what_lies_in_a_crowd_is_neither_right_nor_wrong() {
    let crowd = Truth { crowd: true, ..truth(0, rect(200.0, 0.0, 100.0, 100.0)) };
    let one = rect(0.0, 0.0, 50.0, 50.0);
    let mut coco = Coco::new(Vec::new());
    let in_crowd = (0..5).map(|i| found(0, rect(200.0 + f64::from(i) * 10.0, 10.0, 20.0, 20.0), 0.95));
    coco.answer(vec![truth(0, one), crowd], in_crowd.chain([found(0, one, 0.9)]).collect());
    assert!((coco.accuracy().metrics["map"].value - 1.0).abs() < 1e-12);
}

#[test]
fn a_second_box_of_an_object_is_wrong() {
    let one = rect(0.0, 0.0, 50.0, 50.0);
    let images = vec![(
        vec![truth(0, one), truth(0, rect(100.0, 0.0, 50.0, 50.0))],
        vec![found(0, one, 0.9), found(0, one, 0.8), found(0, rect(100.0, 0.0, 50.0, 50.0), 0.7)],
    )];
    // Precision is 1 up to a recall of one half, then two thirds.
    let ap = average_precision(&images, 0, 0.5).unwrap();
    assert!((ap - (0.5 + 0.5 * 2.0 / 3.0)).abs() < 1e-12, "{ap}");
    assert_eq!(average_precision(&images, 1, 0.5), None);
}

#[test]
fn forms_are_derived_from_shapes_and_boxes_come_back_to_the_image() {
    let place = Letterbox { scale: (0.5, 0.5), offset: (0.0, 80.0), input: (320.0, 320.0), image: (640.0, 320.0) };
    let shape = |s: &[u64]| (s.to_vec(), vec![0.0; s.iter().product::<u64>() as usize]);
    let of = |outputs: &[Output]| Decoder::of(outputs).map(Decoder::name).map_err(|f| f.message);
    assert_eq!(of(&[shape(&[1, 25_200, 85])]), Ok("YOLOv5"));
    assert_eq!(of(&[shape(&[1, 84, 8_400])]), Ok("YOLOv8"));
    assert_eq!(of(&[shape(&[1, 300, 6])]), Ok("end-to-end"));
    assert_eq!(of(&[shape(&[1, 10, 4]), shape(&[1, 10]), shape(&[1, 10]), shape(&[1])]), Ok("SSD"));
    assert_eq!(of(&[shape(&[1, 85, 22, 22])]), Ok("FastestDet"));
    assert!(of(&[shape(&[1, 1000])]).unwrap_err().contains("[1, 1000]"));
    // The middle of the image: 160, 160 in the input, 80 wide and 40 high.
    let mut eight = shape(&[1, 6, 8]);
    for (i, v) in [160.0, 160.0, 80.0, 40.0, 0.1, 0.7].iter().enumerate() {
        eight.1[i * 8 + 3] = *v;
    }
    let boxes = Decoder::Yolo8.decode(&[eight], &place);
    assert_eq!(boxes, [found(1, rect(240.0, 120.0, 160.0, 80.0), 0.7)]);
    let mut five = shape(&[1, 9, 7]);
    five.1[14..21].copy_from_slice(&[160.0, 160.0, 80.0, 40.0, 0.5, 0.1, 0.8]);
    let boxes = Decoder::Yolo5.decode(&[five], &place);
    assert_eq!(boxes, [found(1, rect(240.0, 120.0, 160.0, 80.0), 0.4)]);
    let ssd = [
        (vec![1, 1, 4], vec![0.25, 0.25, 0.75, 0.75]),
        (vec![1, 1], vec![2.0]),
        (vec![1, 1], vec![0.6]),
        (vec![1], vec![1.0]),
    ];
    assert_eq!(Decoder::Ssd.decode(&ssd, &place), [found(2, rect(160.0, 0.0, 320.0, 320.0), 0.6)]);
}

#[test]
fn an_annotation_of_id_zero_is_treated_as_pycocotools_does() {
    let one = rect(0.0, 0.0, 200.0, 200.0);
    let mut coco = Coco::new(Vec::new());
    coco.answer(vec![Truth { id_zero: true, ..truth(0, one) }], vec![found(0, one, 0.9)]);
    let metrics = coco.accuracy().metrics;
    assert_eq!((metrics["map"].value, metrics["pascal_ap"].value), (0.0, 1.0));
}
