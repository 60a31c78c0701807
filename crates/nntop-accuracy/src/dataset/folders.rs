//! Images in folders by class, as torchvision's `ImageFolder`: the classes are the folders' names in order.

use super::names::{Numbers, list};
use super::{Dataset, Item, Label, Source, entries, is_picture, relative};
use std::path::Path;

pub(super) fn folder(path: &Path) -> Result<Option<Dataset>, String> {
    let mut root = path.to_owned();
    // `images/`, `val/` and the like between the data set and its classes.
    loop {
        let classes = entries(&root, true)?;
        match classes.as_slice() {
            [one] if entries(one, true)?.len() > 1 => root.clone_from(one),
            _ => break,
        }
    }
    let classes = entries(&root, true)?;
    let name = |p: &Path| p.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Vec::new();
    for class in &classes {
        let files: Vec<_> = entries(class, false)?.into_iter().filter(|p| is_picture(p)).collect();
        if !files.is_empty() {
            found.push((name(class), files));
        }
    }
    if found.is_empty() {
        return Ok(None);
    }
    let numbers = Numbers::of(found.iter().map(|f| f.0.as_str()), list(path).or_else(|| list(&root)));
    let items = found.into_iter().flat_map(|(class, files)| {
        let label = Label::Class(numbers.get(&class).unwrap_or(0));
        files.into_iter().map(move |file| (label.clone(), file))
    });
    let items =
        items.map(|(label, file)| Item { name: relative(&file, path), label, source: Source::Picture(file) }).collect();
    Ok(Some(Dataset { kind: "images in folders by class", classes: numbers.names, items }))
}
