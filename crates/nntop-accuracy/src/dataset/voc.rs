//! Pascal VOC's annotations: one XML file per image.

use super::names::{Numbers, list};
use super::{Dataset, Item, Label, Source, ends, entries};
use crate::task::detection::{Rect, Truth};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::path::{Path, PathBuf};

/// An object before its class has a number.
#[derive(Debug, Default)]
struct Object {
    class: String,
    edges: [Option<f64>; 4],
    difficult: bool,
}

pub(super) fn folder(path: &Path) -> Result<Option<Dataset>, String> {
    let mut places = vec![path.to_owned()];
    places.extend(entries(path, true)?);
    let mut files = Vec::new();
    for place in &places {
        files.extend(entries(place, false)?.into_iter().filter(|p| ends(p, &["xml"])));
    }
    if files.is_empty() {
        return Ok(None);
    }
    let mut images: Vec<(PathBuf, Vec<Object>)> = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let (name, objects) = annotation(&text).map_err(|e| format!("{}: {e}", file.display()))?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = if name.is_empty() { format!("{stem}.jpg") } else { name };
        let found = places.iter().map(|f| f.join(&name)).find(|p| p.is_file());
        images.push((found.unwrap_or_else(|| path.join(&name)), objects));
    }
    let words = images.iter().flat_map(|(_, objects)| objects.iter().map(|o| o.class.as_str()));
    let numbers = Numbers::of(words, list(path));
    let truth = |o: Object| {
        let [Some(x0), Some(y0), Some(x1), Some(y1)] = o.edges else { return None };
        let rect = Rect { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
        Some(Truth {
            class: numbers.get(&o.class)?,
            rect,
            area: rect.area(),
            crowd: false,
            difficult: o.difficult,
            id_zero: false,
        })
    };
    let items = images
        .into_iter()
        .map(|(file, objects)| Item {
            name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            label: Label::Objects(objects.into_iter().filter_map(truth).collect()),
            source: Source::Picture(file),
        })
        .collect();
    Ok(Some(Dataset { kind: "Pascal VOC", classes: numbers.names.clone(), items }))
}

/// The image's file, and the objects.
fn annotation(text: &str) -> Result<(String, Vec<Object>), String> {
    let mut reader = Reader::from_str(text);
    let (mut path, mut name, mut objects) = (Vec::new(), String::new(), Vec::<Object>::new());
    loop {
        match reader.read_event().map_err(|e| e.to_string().replace('\n', " "))? {
            Event::Start(tag) => {
                path.push(String::from_utf8_lossy(tag.name().as_ref()).into_owned());
                if path.len() > 64 {
                    return Err("elements within elements without end".into());
                }
                if path.last().is_some_and(|p| p == "object") {
                    objects.push(Object::default());
                }
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(value) => {
                let value = value.decode().map_err(|e| e.to_string())?;
                let value = value.trim();
                let path: Vec<&str> = path.iter().map(String::as_str).skip(1).collect();
                let object = objects.last_mut();
                match (path.as_slice(), object) {
                    (["filename"], _) => name.push_str(value),
                    (["object", "name"], Some(o)) => o.class.push_str(value),
                    (["object", "difficult"], Some(o)) => o.difficult = value == "1",
                    (["object", "bndbox", edge], Some(o)) => {
                        if let Some(at) = ["xmin", "ymin", "xmax", "ymax"].iter().position(|e| e == edge) {
                            o.edges[at] = value.parse().ok();
                        }
                    }
                    _ => {}
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    Ok((name, objects))
}
