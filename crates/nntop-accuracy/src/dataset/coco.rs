//! COCO's annotations: one JSON file with images, annotations and categories, and the images beside it.

use super::{Dataset, Item, Label, Source, ends, entries};
use crate::task::detection::{Found, Rect, Truth};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct File {
    images: Vec<Image>,
    annotations: Vec<Annotation>,
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Image {
    id: i64,
    file_name: String,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    id: Option<i64>,
    image_id: i64,
    category_id: i64,
    bbox: [f64; 4],
    #[serde(default)]
    area: Option<f64>,
    #[serde(default)]
    iscrowd: u8,
    /// Only answers of a model have one.
    #[serde(default)]
    score: Option<f64>,
}

#[derive(Deserialize)]
struct Category {
    id: i64,
    name: String,
}

fn rect([x, y, width, height]: [f64; 4]) -> Rect {
    Rect { x, y, width, height }
}

pub(super) fn folder(path: &Path) -> Result<Option<Dataset>, String> {
    let mut places = vec![path.to_owned()];
    places.extend(entries(path, true)?.into_iter().filter(|p| {
        let name = p.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        name.contains("annotation") || name.contains("coco") || name.contains("gts")
    }));
    for place in places {
        for file in entries(&place, false)?.into_iter().filter(|p| ends(p, &["json"])) {
            if let Ok(set) = read(&file, path) {
                return Ok(Some(set));
            }
        }
    }
    Ok(None)
}

pub(super) fn file(path: &Path) -> Result<Dataset, String> {
    read(path, path.parent().unwrap_or(Path::new(".")))
}

fn read(path: &Path, root: &Path) -> Result<Dataset, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = std::fs::read(path).map_err(|e| format!("{name}: {e}"))?;
    let file: File = serde_json::from_slice(&bytes).map_err(|e| format!("{name}: no COCO annotations: {e}"))?;
    if file.annotations.iter().any(|a| a.score.is_some()) {
        return Err(format!("{name}: its boxes have scores: they are a model's answers, and no annotations"));
    }
    let classes: BTreeMap<i64, String> = file.categories.into_iter().map(|c| (c.id, c.name)).collect();
    let numbers: HashMap<i64, usize> = classes.keys().enumerate().map(|(i, id)| (*id, i)).collect();
    let mut objects: HashMap<i64, Vec<Truth>> = HashMap::new();
    for a in file.annotations {
        let class = *numbers
            .get(&a.category_id)
            .ok_or_else(|| format!("{name}: an annotation of category {}, which is not in it", a.category_id))?;
        let rect = rect(a.bbox);
        let truth = Truth {
            class,
            rect,
            area: a.area.unwrap_or_else(|| rect.area()),
            crowd: a.iscrowd != 0,
            difficult: false,
            id_zero: a.id == Some(0),
        };
        objects.entry(a.image_id).or_default().push(truth);
    }
    let mut folders: Vec<PathBuf> = vec![root.to_owned(), root.join("images")];
    folders.extend(entries(root, true)?);
    folders.extend(path.parent().and_then(Path::parent).and_then(|p| entries(p, true).ok()).unwrap_or_default());
    let items = file
        .images
        .into_iter()
        .map(|image| {
            let found = folders.iter().map(|f| f.join(&image.file_name)).find(|p| p.is_file());
            let label = Label::Objects(objects.remove(&image.id).unwrap_or_default().into());
            Item {
                name: image.file_name.clone(),
                label,
                source: Source::Picture(found.unwrap_or_else(|| root.join(&image.file_name))),
            }
        })
        .collect();
    Ok(Dataset { kind: "COCO", classes: classes.into_values().collect(), items })
}

/// Saved boxes in COCO's form of results (a list, or a file with `annotations` that have scores), by the names of their images.
///
/// # Errors
/// When the file is no such list, or names an image or a category that the annotations do not have.
pub fn predictions(results: &Path, annotations: &Path) -> Result<HashMap<String, Vec<Found>>, String> {
    #[derive(Deserialize)]
    struct One {
        image_id: i64,
        category_id: i64,
        bbox: [f64; 4],
        score: f64,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Saved {
        List(Vec<One>),
        Within { annotations: Vec<One> },
    }
    let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    let file: File =
        serde_json::from_slice(&read(annotations)?).map_err(|e| format!("{}: {e}", annotations.display()))?;
    let saved = serde_json::from_slice(&read(results)?).map_err(|e| format!("{}: {e}", results.display()))?;
    let (Saved::List(all) | Saved::Within { annotations: all }) = saved;
    let mut ids: Vec<i64> = file.categories.iter().map(|c| c.id).collect();
    ids.sort_unstable();
    let names: HashMap<i64, String> = file.images.into_iter().map(|i| (i.id, i.file_name)).collect();
    let mut found: HashMap<String, Vec<Found>> = HashMap::new();
    for one in all {
        let name = names.get(&one.image_id).ok_or_else(|| format!("image {} is not annotated", one.image_id))?;
        let class = ids
            .binary_search(&one.category_id)
            .map_err(|_| format!("category {} is not annotated", one.category_id))?;
        found.entry(name.clone()).or_default().push(Found { class, rect: rect(one.bbox), score: one.score });
    }
    Ok(found)
}
