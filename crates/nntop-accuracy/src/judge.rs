//! From a model's outputs to an answer, and the answers to figures: one judge per task.

use crate::dataset::{Dataset, Item, Label, Mask};
use crate::task::detection::{Coco, Decoder, Found, Letterbox};
use crate::task::{Anomaly, Classification, Regression, Scores, Segmentation, ranked};
use nntop_core::event::{Accuracy, Fault};
use nntop_engine::tensor::Tensor;
use serde_json::{Value, json};

/// Scores of an answer that are written with it.
const WRITTEN: usize = 5;

/// Elements of an output that are ranked where no task says what they are.
const MOST_RANKED: u64 = 1 << 16;

/// The task where no answer is judged.
pub(crate) const NO_TASK: &str = "none";

/// The judge of a task.
#[derive(Debug)]
pub(crate) enum Judge {
    Classification(Classification),
    Anomaly(Anomaly),
    Regression(Regression),
    Detection(Coco, Option<Decoder>, Vec<String>),
    Segmentation(Segmentation),
    /// Nothing is known to judge by: examples that were answered.
    None(u64),
}

impl Judge {
    /// For the task that was named, else the one that the labels are of.
    pub(crate) fn of(set: &Dataset, task: Option<&str>) -> Result<Self, Fault> {
        let label = set.items.first().map(|item| &item.label);
        let task = task.unwrap_or(match label {
            Some(Label::Objects(_)) => "detection",
            Some(Label::Anomaly(_)) => "anomaly",
            Some(Label::Values(_)) => "regression",
            Some(Label::Mask(_)) => "segmentation",
            Some(Label::None) => NO_TASK,
            _ => "classification",
        });
        let names = set.classes.clone();
        Ok(match task {
            "classification" => Self::Classification(Classification::new(names)),
            "anomaly" => Self::Anomaly(Anomaly::default()),
            "regression" => Self::Regression(Regression::default()),
            "detection" => Self::Detection(Coco::new(names.clone()), None, names),
            "segmentation" => Self::Segmentation(Segmentation::new(names)),
            NO_TASK => Self::None(0),
            other => {
                return Err(Fault::input(format!("--task {other}: no such task"))
                    .hint("tasks: classification, detection, segmentation, anomaly, regression"));
            }
        })
    }

    /// Takes in the outputs of an example's windows, mostly one; returns the answer as JSON.
    pub(crate) fn answer(
        &mut self,
        item: &Item,
        inputs: &[Vec<Tensor>],
        outputs: &[Vec<Tensor>],
        place: Option<&Letterbox>,
        mask: Option<&Mask>,
    ) -> Result<Value, Fault> {
        let numbers = |tensor: &Tensor| {
            tensor.numbers().ok_or_else(|| Fault::input(format!("the output {:?} is no numbers", tensor.name)))
        };
        let first = || {
            outputs.first().and_then(|o| o.first()).ok_or_else(|| Fault::input("the model has no output of numbers"))
        };
        let unfit = |wanted: &str| Err(Fault::input(format!("{}: its label is no {wanted}", item.name)));
        match self {
            Self::None(n) => {
                *n += 1;
                let best = outputs.first().and_then(|o| o.first()).filter(|t| t.elements() <= MOST_RANKED);
                let best = best.and_then(Tensor::numbers).map(|scores| {
                    ranked(&scores).into_iter().take(WRITTEN).map(|c| json!([c, scores[c]])).collect::<Vec<_>>()
                });
                Ok(json!({"name": item.name, "answers": best}))
            }
            Self::Classification(all) => {
                let Label::Class(label) = item.label else { return unfit("class") };
                let scores = numbers(first()?)?;
                all.answer(&item.name, &scores, label);
                let best: Vec<_> =
                    ranked(&scores).into_iter().take(WRITTEN).map(|c| json!([all.name(c), scores[c]])).collect();
                Ok(json!({"name": item.name, "label": all.name(label), "answers": best}))
            }
            Self::Anomaly(all) => {
                let anomaly = match &item.label {
                    Label::Anomaly(anomaly) => *anomaly,
                    Label::Class(class) => *class != 0,
                    _ => return unfit("anomaly"),
                };
                let mut errors = Vec::with_capacity(inputs.len());
                for (inputs, outputs) in inputs.iter().zip(outputs) {
                    let (Some(input), Some(output)) = (inputs.first(), outputs.first()) else {
                        return Err(Fault::input("the model has no output"));
                    };
                    errors.push(Anomaly::error(&numbers(input)?, &numbers(output)?));
                }
                let score = errors.iter().sum::<f64>() / errors.len().max(1) as f64;
                all.answer(&item.name, score, anomaly);
                Ok(json!({"name": item.name, "anomaly": anomaly, "score": score}))
            }
            Self::Regression(all) => {
                let right = match &item.label {
                    Label::Values(values) => values.clone(),
                    Label::Class(class) => vec![*class as f64],
                    _ => return unfit("number"),
                };
                let answer = numbers(first()?)?;
                all.answer(&item.name, &answer, &right);
                Ok(json!({"name": item.name, "label": right, "answer": answer}))
            }
            Self::Segmentation(all) => {
                let (Some(mask), Some(place)) = (mask, place) else { return unfit("mask of a picture") };
                let output = first()?;
                let scores = Scores { values: &numbers(output)?, shape: &output.shape };
                let (accuracy, iou) = all
                    .answer(&item.name, scores, (mask.width, mask.height), &mask.classes, place)
                    .map_err(Fault::input)?;
                Ok(json!({"name": item.name, "pixel_accuracy": accuracy, "miou": iou}))
            }
            Self::Detection(all, decoder, names) => {
                let (Label::Objects(truths), Some(place)) = (&item.label, place) else {
                    return unfit("object in a picture");
                };
                let outputs = outputs.first().map(Vec::as_slice).unwrap_or_default();
                let outputs: Vec<_> =
                    outputs.iter().map(|t| Ok((t.shape.clone(), numbers(t)?))).collect::<Result<_, Fault>>()?;
                let decoder = match *decoder {
                    Some(decoder) => decoder,
                    None => *decoder.insert(Decoder::of(&outputs)?),
                };
                let found = decoder.decode(&outputs, place);
                let name = |class: usize| names.get(class).cloned().unwrap_or_else(|| class.to_string());
                let line = |f: &Found| json!({"class": name(f.class), "score": f.score, "bbox": [f.rect.x, f.rect.y, f.rect.width, f.rect.height]});
                let written: Vec<_> = found.iter().map(line).collect();
                all.answer(truths.to_vec(), found);
                Ok(json!({"name": item.name, "boxes": written}))
            }
        }
    }

    /// The figures until now.
    pub(crate) fn accuracy(&self) -> Accuracy {
        match self {
            Self::Classification(all) => all.accuracy(),
            Self::Anomaly(all) => all.accuracy(),
            Self::Regression(all) => all.accuracy(),
            Self::Detection(all, ..) => all.accuracy(),
            Self::Segmentation(all) => all.accuracy(),
            Self::None(n) => Accuracy { task: NO_TASK.into(), n: *n, ..Accuracy::default() },
        }
    }
}
