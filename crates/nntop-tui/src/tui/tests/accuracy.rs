//! The page of accuracy: while examples are answered, at the end, and of two variants.

use super::golden::Scene;
use super::stream::Story;
use crate::tui::{Page, Ui};
use nntop_core::event::*;
use nntop_core::unit::Nanos;

fn accuracy(right: &[bool], total: u64) -> Accuracy {
    let n = right.len() as u64;
    let hits = right.iter().filter(|r| **r).count() as u64;
    let class = |name: &str, recall| ClassScore {
        class: name.into(),
        n: n / 3,
        precision: Some(0.9),
        recall: Some(recall),
        score: Some(0.9),
    };
    let wrong = |name: &str, value| Example { name: name.into(), label: "dog".into(), answer: "cat".into(), value };
    let mut accuracy = Accuracy {
        task: "classification".into(),
        n,
        total,
        errors: 1,
        first_error: Some("broken.png: it is neither a JPEG nor a PNG file".into()),
        preprocessing: "imagenet: shorter side 256, centre crop, Bilinear".into(),
        metrics: [
            ("top1".to_owned(), Score::share(hits, n).unwrap()),
            ("f1".into(), Score { value: 0.912, low: None, high: None }),
        ]
        .into(),
        classes: vec![class("cat", 0.98), class("dog", 0.71), class("fox", 0.9)],
        worst: vec![wrong("dog/0042.jpg", 0.98), wrong("dog/0007.jpg", 0.91)],
        time: InferenceTime {
            pre: Nanos(2_100_000),
            engine: Nanos(4_500_000),
            post: Nanos(40_000),
            p50: Nanos(6_600_000),
            p99: Nanos(9_900_000),
        },
        done: n + 1 == total,
        ..Accuracy::default()
    };
    accuracy.set_right(right);
    accuracy
}

fn story(all: &[(u16, Vec<bool>)]) -> Story {
    let mut story = Story::new();
    for (slot, right) in all {
        let variant = Slot(*slot as u8);
        let name = ["fp32", "int8"][usize::from(*slot)];
        let evaluation = Some(Box::new(Evaluation { dataset: "photos".into(), ..Evaluation::default() }));
        let model = format!("models/{name}.onnx");
        let spec = VariantSpec {
            name: name.into(),
            model,
            engine: "onnxruntime".into(),
            evaluation,
            ..VariantSpec::default()
        };
        story.say(Kind::Variant { variant, run: 1, spec: Box::new(spec) });
        let accuracy = Box::new(accuracy(right, 121));
        story.say(Kind::Accuracy { variant, run: 1, accuracy });
    }
    story
}

pub(super) fn scenes() -> Vec<Scene> {
    let page = || Ui { page: Page::Accuracy, evaluated: true, ..Ui::default() };
    let right = |every: usize| (0..120).map(|i| i % every != 0).collect::<Vec<_>>();
    vec![
        Scene::new("accuracy_running", story(&[(0, right(9)[..50].to_vec())]).state, page()),
        Scene::new("accuracy_two", story(&[(0, right(12)), (1, right(8))]).state, page()),
    ]
}

#[test]
fn the_page_is_there_where_something_is_evaluated() {
    let plain = Ui::default();
    assert!(!plain.pages().contains(&Page::Accuracy));
    let evaluated = Ui { evaluated: true, ..Ui::default() };
    assert_eq!(evaluated.pages().last(), Some(&Page::Accuracy));
}
