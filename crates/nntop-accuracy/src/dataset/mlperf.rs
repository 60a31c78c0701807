//! MLPerf Tiny's `y_labels.csv`: `file,classes,class` with files of the very bytes that the model takes; anomaly detection adds
//! the window's width and stride in bytes.

use super::{Dataset, Item, Label, Source};
use std::path::Path;

/// Names of the classes of ic01 (CIFAR-10), recognised by its ten classes and files of 3,072 bytes.
const CIFAR10: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

pub(super) fn folder(path: &Path) -> Result<Option<Dataset>, String> {
    let labels = path.join("y_labels.csv");
    if labels.is_file() { file(&labels).map(Some) } else { Ok(None) }
}

pub(super) fn file(path: &Path) -> Result<Dataset, String> {
    let root = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|e| format!("{name}: {e}"))?;
    let mut items = Vec::new();
    let mut classes = 0;
    for (i, row) in reader.records().enumerate() {
        let row = row.map_err(|e| format!("{name}: {e}"))?;
        let number = |at: usize| row.get(at).and_then(|cell| cell.parse::<usize>().ok());
        let (Some(file), Some(of), Some(class)) = (row.get(0), number(1), number(2)) else {
            return Err(format!("{name}: line {}: not file,classes,class", i + 1));
        };
        classes = classes.max(of);
        let windows = match (number(3), number(4)) {
            (Some(width), Some(stride)) if width > 0 && stride > 0 => Some((width, stride)),
            (None, _) => None,
            _ => return Err(format!("{name}: line {}: a window of no width or stride", i + 1)),
        };
        let label = if windows.is_some() { Label::Anomaly(class == 1) } else { Label::Class(class) };
        items.push(Item { name: file.to_owned(), label, source: Source::Bytes(root.join(file), windows) });
    }
    let is_cifar = classes == 10
        && items.iter().find_map(|i| match &i.source {
            Source::Bytes(path, None) => path.metadata().ok().map(|m| m.len()),
            _ => None,
        }) == Some(3_072);
    let names = if is_cifar { CIFAR10.map(str::to_owned).to_vec() } else { Vec::new() };
    Ok(Dataset { kind: "MLPerf Tiny's y_labels.csv", classes: names, items })
}
