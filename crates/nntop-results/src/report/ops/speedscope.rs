//! speedscope's own format (<https://www.speedscope.app/file-format-schema.json>): stacks and weights.

use super::tree::{Shade, Tree};
use super::{Subject, Weight, mean};
use serde::Serialize;
use std::collections::HashMap;

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    exporter: &'static str,
    name: &'a str,
    #[serde(rename = "activeProfileIndex")]
    active: u32,
    profiles: Vec<Sampled>,
    shared: Shared<'a>,
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: Vec<Frame<'a>>,
}

#[derive(Serialize)]
struct Frame<'a> {
    name: &'a str,
}

/// speedscope's word for stacks with weights, however they came about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sampled {
    r#type: &'static str,
    name: String,
    unit: &'static str,
    start_value: u64,
    end_value: u64,
    samples: Vec<Vec<usize>>,
    weights: Vec<u64>,
}

/// The stacks of one track.
#[derive(Default)]
struct Stacks {
    samples: Vec<Vec<usize>>,
    weights: Vec<u64>,
}

/// A file for <https://www.speedscope.app>; one profile for each subject, and one for each thread and device that worked
/// beside it. Nanoseconds per inference, or samples.
pub fn speedscope(subjects: &[Subject]) -> String {
    let trees: Vec<Tree> = subjects.iter().map(|of| Tree::of(of.profile)).collect();
    let (mut frames, mut numbers) = (Vec::new(), HashMap::new());
    let mut profiles = Vec::new();
    for (of, tree) in subjects.iter().zip(&trees) {
        let mut tracks: Vec<(String, Stacks)> = vec![(of.title.to_owned(), Stacks::default())];
        let mut by_root: HashMap<&str, usize> = HashMap::new();
        tree.stacks(|stack| {
            let weight = stack.last().map_or(0, |own| mean(of.profile, own.weights[0]));
            if weight == 0 {
                return;
            }
            let mut number = |name: &'_ str, all: &mut Vec<String>| {
                *numbers.entry(name.to_owned()).or_insert_with(|| {
                    all.push(name.to_owned());
                    all.len() - 1
                })
            };
            let root = stack.first().filter(|root| root.shade == Shade::Beside);
            let at = root.map_or(0, |root| {
                *by_root.entry(&root.label).or_insert_with(|| {
                    tracks.push((format!("{}: {}", of.title, root.label), Stacks::default()));
                    tracks.len() - 1
                })
            });
            let shown = stack.iter().filter(|node| node.shade != Shade::Beside);
            tracks[at].1.samples.push(shown.map(|node| number(&node.label, &mut frames)).collect());
            tracks[at].1.weights.push(weight);
        });
        let unit = match Weight::of(of.profile) {
            Weight::Counts("bytes") => "bytes",
            Weight::Counts(_) => "none",
            _ => "nanoseconds",
        };
        profiles.extend(tracks.into_iter().map(|(name, Stacks { samples, weights })| {
            let end_value = weights.iter().fold(0u64, |sum, w| sum.saturating_add(*w));
            Sampled { r#type: "sampled", name, unit, start_value: 0, end_value, samples, weights }
        }));
    }
    let file = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        exporter: concat!("nntop ", env!("CARGO_PKG_VERSION")),
        name: subjects.first().map_or("", |of| of.title),
        active: 0,
        profiles,
        shared: Shared { frames: frames.iter().map(|name| Frame { name }).collect() },
    };
    super::json(&file)
}
